import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface Ran {
  /** Exit status; 2 when the process was killed. */
  status: number;
  out: string;
  /** What it told on standard error. */
  told: string;
}

/** Characters of messages that are kept. */
const MOST_TOLD = 4_000;
const KILLED = 2;

/**
 * Runs `pcapdiag` in a process of its own: captures are read and joined there, so that this one renews the locks of its
 * jobs meanwhile, and a capture that takes too much memory ends that process alone.
 */
export function runPcapdiag(words: readonly string[]): Promise<Ran> {
  const root = dirname(createRequire(import.meta.url).resolve('pcapdiag/package.json'));
  // It needs no Redis, so it learns no password; and who and when is in its words.
  const { PCAPDIAG_REDIS_PASSWORD: _password, PCAPDIAG_HOST: _host, NODE_NAME: _node, ...env } = process.env;
  const child = spawn(process.execPath, [join(root, 'bin/pcapdiag.js'), ...words], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const out: Buffer[] = [];
  let told = '';
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    told = (told + text).slice(-MOST_TOLD);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status: status ?? KILLED, out: Buffer.concat(out).toString(), told }));
  });
}
