/** The command as one file that needs no Node: it says, byte for byte, what the installed package says. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installedCommand } from '../support/installed.ts';
import { isLong } from '../support/long-run.ts';
import { hasProgram } from '../support/shared-captures.ts';
import { INPUT_FORMS, inputOf, whatIsWrong, writeInputs } from './input-forms.mjs';

/** Node looks for this in itself; where a distribution left it out, no single file can be made of its Node. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
const hasPlace = readFileSync(process.execPath).includes(FUSE);
const why = hasPlace ? '' : ` (skipped: ${process.execPath} has no place for an application)`;

const scratch = mkdtempSync(join(tmpdir(), 'pcapdiag-single-'));
const program = join(scratch, 'alone/pcapdiag');
afterAll(() => rmSync(scratch, { recursive: true }));

/** All forms with PCAPDIAG_LONG=1: a minute. Else the first two, as the matrix tries all of them with the same bundle. */
const FORMS = INPUT_FORMS.filter((form) => form.program === undefined).filter((_, at) => isLong() || at < 2);

/** What tells, loaded before the program, that it starts a thread. */
const WATCH = `const threads = require('node:worker_threads');
threads.Worker = class extends threads.Worker {
  constructor(...words) {
    super(...words);
    console.error('a thread was started');
  }
};`;

/** Nothing of the project lies beside it, and no folder of the PATH has a Node. */
const environment = { PATH: join(scratch, 'nothing'), HOME: scratch, NO_COLOR: '1' };

function outcomeOf(words: readonly string[], cwd: string, input: Uint8Array | string = '') {
  const [command, ...argv] = words;
  const { status, signal, stdout, stderr } = spawnSync(command, argv, {
    cwd,
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: environment,
  });
  return { status, signal, stdout, stderr };
}

describe.runIf(hasPlace)(`the single file${why}`, () => {
  /** One each, since forms write files. */
  const folders = { alone: join(scratch, 'of-one'), package: join(scratch, 'of-two') };
  const command = { alone: [program], package: [process.execPath, installedCommand()] };

  beforeAll(() => {
    execFileSync(process.execPath, ['build/single-file.mjs', '--output', program]);
    for (const folder of Object.values(folders)) {
      mkdirSync(folder);
      writeInputs(resolve('test/pcaps'), folder);
    }
  });

  const both = (argv: readonly string[], input?: Uint8Array | string) =>
    [
      outcomeOf([...command.alone, ...argv], folders.alone, input),
      outcomeOf([...command.package, ...argv], folders.package, input),
    ] as const;

  test.each(FORMS.map((form) => [form.name, form] as const))('%s', (_, form) => {
    const [alone, other] = both(form.argv, inputOf(form, folders.alone));
    expect(whatIsWrong(form, alone, folders.alone)).toBeUndefined();
    expect(alone).toEqual(other);
  });

  test('writes the same page', () => {
    const [alone, other] = both(['-f', 'html', 'captures/']);
    expect(alone.stdout).toMatch(/^<!doctype html>/);
    expect(alone).toEqual(other);
  });

  test.runIf(hasProgram('xz'))('reads xz, by the WebAssembly inside', () => {
    const packed = execFileSync('xz', ['-c', resolve('test/pcaps/case-2/client__eth0.pcap')]);
    const [alone, other] = both(['--format', 'json', '-'], packed);
    expect(JSON.parse(alone.stdout).verdict.ruleId).toBe('mtu-black-hole');
    expect(alone).toEqual(other);
  });

  test.runIf(availableParallelism() > 1)('reads large captures in threads, which begin in the file as well', () => {
    const watch = join(scratch, 'watch.cjs');
    writeFileSync(watch, WATCH);
    const form = INPUT_FORMS.find(({ threads }) => threads)!;
    const env = { ...environment, NODE_OPTIONS: `--require ${watch}` };
    const seen = spawnSync(program, form.argv, { cwd: folders.alone, encoding: 'utf8', maxBuffer: 2 ** 28, env });
    expect(seen.status).toBe(form.status);
    expect(seen.stderr).toMatch(/^(?:a thread was started\n)+$/);
  });

  test('serves the Model Context Protocol with the SDK inside', async () => {
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(
      new StdioClientTransport({ command: program, args: ['mcp', '--root', folders.alone], env: environment }),
    );
    try {
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name)).toContain('analyze');
      const answer = await client.callTool({ name: 'analyze', arguments: { captures: ['pod.pcap'] } });
      expect(JSON.stringify(answer)).toContain('mtu-black-hole');
    } finally {
      await client.close();
    }
  });

  test('holds no path of who built it, and comes with the licences of what is inside', () => {
    const bytes = readFileSync(program);
    expect([resolve('.'), join(tmpdir(), 'pcapdiag-')].filter((path) => bytes.includes(path))).toEqual([]);
    const licenses = readFileSync(`${program}.LICENSES.txt`, 'utf8');
    for (const name of ['yargs', 'fzstd', '@modelcontextprotocol/sdk', 'Node.js']) expect(licenses).toContain(name);
  });
});

test('a program that has no place for an application is refused', () => {
  const fake = join(scratch, 'node');
  writeFileSync(fake, `#!/bin/sh\ncase "$1" in -p) echo ${fake};; *) echo v20.19.0;; esac\n`, { mode: 0o755 });
  const { status, stderr } = spawnSync(process.execPath, ['build/single-file.mjs', '--node', fake], {
    encoding: 'utf8',
  });
  expect(status).toBe(1);
  expect(stderr).toContain(`${fake} (v20.19.0) has no place for an application`);
});
