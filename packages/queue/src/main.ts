/** The command `pcapdiag-queue`. */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { collectRun } from './collect.ts';
import type { CaptureOfNode } from './jobs.ts';
import { QueueError } from './queue-error.ts';
import type { RedisAddress } from './redis.ts';
import { submitRun } from './submit.ts';
import { workNode } from './work.ts';

const HELP = `pcapdiag-queue work --node NODE --captures FOLDER --digests FOLDER [--jobs 1] [--host-in-name] [-- words for pcapdiag digest]
pcapdiag-queue submit --run ID [--wait 3600] NODE/CAPTURE...
pcapdiag-queue collect --run ID --digests FOLDER [-- words for pcapdiag correlate]

  --host-in-name          captures of several nodes lie here, and their names say of which (node1__eth0.pcap)
  --redis HOST:PORT       where Redis is (default: PCAPDIAG_REDIS, or localhost:6379)
  --user NAME             user of its access list
  --password-file FILE    its password (default: PCAPDIAG_REDIS_PASSWORD)
  --tls, --tls-ca FILE    encrypt; the second believes the certificates of a file
  --lock-seconds 30       after so long without a sign of life a job is given to another worker
`;
const UNUSABLE = 2;

const OPTIONS = {
  node: { type: 'string' },
  captures: { type: 'string' },
  digests: { type: 'string' },
  jobs: { type: 'string' },
  'host-in-name': { type: 'boolean' },
  run: { type: 'string' },
  wait: { type: 'string' },
  redis: { type: 'string' },
  user: { type: 'string' },
  'password-file': { type: 'string' },
  tls: { type: 'boolean' },
  'tls-ca': { type: 'string' },
  'lock-seconds': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;
type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>>['values'];

/** Runs a command. @returns its exit status: that of pcapdiag, 2 when it could not be done */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    return await run(argv);
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    if (!(error instanceof QueueError) && !code?.startsWith('ERR_PARSE_ARGS') && !code?.startsWith('E')) throw error;
    tell(message);
    return UNUSABLE;
  }
}

async function run(argv: readonly string[]): Promise<number> {
  const end = argv.indexOf('--');
  const [own, words] = end < 0 ? [argv, []] : [argv.slice(0, end), argv.slice(end + 1)];
  const { values, positionals } = parseArgs({ args: [...own], options: OPTIONS, allowPositionals: true });
  const [command, ...operands] = positionals;
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const lockSeconds = numberOf(values, 'lock-seconds', 30);
  switch (command) {
    case 'work':
      return work(values, words, lockSeconds);
    case 'submit': {
      const run = needed(values, 'run');
      const captures = operands.map(captureOf);
      const isNew = await submitRun({
        redis: await redisOf(values),
        run,
        captures,
        waitSeconds: numberOf(values, 'wait', 3600),
      });
      if (!isNew) tell(`run ${run} was submitted before`);
      return 0;
    }
    case 'collect': {
      const [run, digests] = [needed(values, 'run'), needed(values, 'digests')];
      const redis = await redisOf(values);
      const { out, status } = await collectRun({
        redis,
        run,
        digests,
        correlateWords: words,
        lockSeconds,
        onTold: tellNews(),
      });
      process.stdout.write(out);
      return status;
    }
    default:
      throw new QueueError(
        `${command === undefined ? 'name a command' : `"${command}" is no command`}: work, submit or collect (--help)`,
      );
  }
}

async function work(values: Values, digestWords: readonly string[], lockSeconds: number): Promise<number> {
  const worker = await workNode({
    node: needed(values, 'node'),
    captures: needed(values, 'captures'),
    digests: needed(values, 'digests'),
    redis: await redisOf(values),
    jobs: numberOf(values, 'jobs', 1),
    lockSeconds,
    digestWords,
    isHostInName: values['host-in-name'] ?? false,
    onTold: tellNews(),
  });
  tell(`${values.node} waits for captures`);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await worker.close();
  return 0;
}

async function redisOf(values: Values): Promise<RedisAddress> {
  const place = values.redis ?? process.env.PCAPDIAG_REDIS ?? 'localhost:6379';
  const [, host, port] = /^(\[[^\]]+\]|[^:@/]+)(?::(\d{1,5}))?$/.exec(place) ?? [];
  if (host === undefined)
    throw new QueueError(
      `--redis: "${place}" is no HOST:PORT; a password goes into a file, or PCAPDIAG_REDIS_PASSWORD`,
    );
  const file = values['password-file'];
  const password = file === undefined ? process.env.PCAPDIAG_REDIS_PASSWORD : (await readFile(file, 'utf8')).trim();
  const authorities = values['tls-ca'];
  return {
    host: host.replace(/^\[|\]$/g, ''),
    ...(port !== undefined && { port: Number(port) }),
    ...(values.user !== undefined && { username: values.user }),
    ...(password && { password }),
    ...(authorities !== undefined ? { tls: { ca: await readFile(authorities) } } : values.tls && { tls: {} }),
  };
}

function captureOf(operand: string): CaptureOfNode {
  const at = operand.indexOf('/');
  if (at < 1) throw new QueueError(`"${operand}" is no NODE/CAPTURE`);
  return { node: operand.slice(0, at), capture: operand.slice(at + 1) };
}

function needed(values: Values, name: 'node' | 'captures' | 'digests' | 'run'): string {
  const value = values[name];
  if (value === undefined || value === '') throw new QueueError(`--${name} is needed`);
  return value;
}

function numberOf(values: Values, name: 'jobs' | 'wait' | 'lock-seconds', otherwise: number): number {
  const value = Number(values[name] ?? otherwise);
  if (!Number.isInteger(value) || value < 1) throw new QueueError(`--${name} must be a whole number from 1`);
  return value;
}

/** Control characters could come from the name of a file, and signs that turn the direction of a line. */
function tell(line: string): void {
  process.stderr.write(`pcapdiag-queue: ${line.replace(/[^\n\P{Cc}]|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '?')}\n`);
}

/** Says a thing once in a row: a Redis that is away is told at every attempt. */
function tellNews(): (line: string) => void {
  let last = '';
  return (line) => {
    if (line !== last) tell(line);
    last = line;
  };
}
