/** Signals and standard input, of the whole program as a process: the packed, installed package. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { installedCommand } from '../support/installed.ts';

const program = installedCommand();
const folder = mkdtempSync(join(tmpdir(), 'pcapdiag-signals-'));
afterAll(() => rmSync(folder, { recursive: true }));
const capture = readFileSync('test/pcaps/case-1/node1__enp26s0f0.pcap');
/** More than a pipe or a pair of sockets holds: once all is written, the program reads. */
const long = Buffer.concat([capture, ...Array.from({ length: 300 }, () => capture.subarray(24))]);

const start = (...argv: string[]): ChildProcess =>
  spawn(process.execPath, [program, 'analyze', ...argv], { stdio: ['pipe', 'pipe', 'pipe'] });

async function ended(child: ChildProcess) {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (text) => (stdout += text));
  child.stderr?.on('data', (text) => (stderr += text));
  const [status, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.on('close', (...end) => resolve(end)),
  );
  return { status, signal, stdout, stderr };
}

const written = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => child.stdin?.write(long, () => resolve()));

/** Whether the process has the file open (Linux). */
const hasOpen = (child: ChildProcess, path: string): boolean =>
  readdirSync(`/proc/${child.pid}/fd`).some((fd) => {
    try {
      return readlinkSync(`/proc/${child.pid}/fd/${fd}`) === path;
    } catch {
      return false;
    }
  });

describe.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s', (signal, expected) => {
  test('while standard input waits: what is known so far, marked partial', async () => {
    const child = start('--format', 'json', '-');
    const end = ended(child);
    await written(child);
    child.kill(signal);
    const { status, stdout } = await end;
    expect(status).toBe(expected);
    const report = JSON.parse(stdout);
    expect(report.partial).toEqual({ because: signal, whole: 0, inPart: 1, unread: 0, compared: true });
    expect(report.captures).toMatchObject([{ partial: true }]);
    const { packets } = report.captures[0];
    expect(packets).toBeGreaterThan(0);
    expect(report.unseen[0]).toBe(`standard input was read in part, up to packet ${packets}: stopped by ${signal}`);
  });

  test.skipIf(process.platform !== 'linux')(
    'while a named pipe has no writer: nothing is known, and the process ends',
    async () => {
      const pipe = join(folder, `${signal}.pcap`);
      execFileSync('mkfifo', [pipe]);
      const child = start(pipe);
      const end = ended(child);
      while (!hasOpen(child, pipe)) await nextTurn();
      child.kill(signal);
      expect(await end).toMatchObject({ status: expected, stdout: '', stderr: expect.stringContaining('stopped') });
    },
  );

  test('the text says so before everything else, and a report in a file is whole', async () => {
    const report = join(folder, `${signal}.txt`);
    const child = start('--output', report, '-');
    const end = ended(child);
    await written(child);
    child.kill(signal);
    expect((await end).status).toBe(expected);
    expect(readFileSync(report, 'utf8')).toMatch(
      new RegExp(`^PARTIAL {2}Stopped by ${signal}: 0 captures read to the end, 1 in part`),
    );
    expect(readdirSync(folder).filter((name) => name.startsWith('.pcapdiag'))).toEqual([]);
  });
});

test('the second signal, of another kind, ends at once', async () => {
  // The report is larger than the pipe that it goes to, which nobody reads.
  const pipe = join(folder, 'unread');
  execFileSync('mkfifo', [pipe]);
  const unread = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
  const files = readdirSync('test/pcaps', { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.pcap'),
  );
  const some = files
    .sort()
    .slice(0, 40)
    .map((name) => join('test/pcaps', name));
  const child = spawn(process.execPath, [program, 'analyze', '--format', 'json', ...some, '-'], {
    stdio: ['pipe', unread, 'pipe'],
  });
  const end = ended(child);
  await written(child);
  child.kill('SIGINT');
  // The report begins: as nobody takes on the rest of it, the program waits.
  const first = Buffer.alloc(1);
  for (let length = 0; length === 0; await nextTurn()) length = readIfThere(unread, first);
  child.kill('SIGTERM');
  expect(await end).toMatchObject({ status: null, signal: 'SIGTERM' });
  closeSync(unread);
});

function readIfThere(descriptor: number, into: Buffer): number {
  try {
    return readSync(descriptor, into);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw error;
  }
}

describe('standard input', () => {
  const analyze = (stdin: number | 'ignore') =>
    spawnSync(process.execPath, [program, 'analyze', '-'], { stdio: [stdin, 'pipe', 'pipe'], encoding: 'utf8' });

  test('a directory is called so', () => {
    expect(analyze(openSync(folder, 'r'))).toMatchObject({
      status: 2,
      stdout: '',
      stderr: 'pcapdiag: standard input: is a directory, not a capture\n',
    });
  });

  test('closed, it is called so', () => {
    const { status, stderr } = spawnSync('sh', ['-c', `'${process.execPath}' '${program}' analyze - <&-`], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: 'pcapdiag: standard input: it is closed, or the null device: nothing can be read from it\n',
    });
  });

  test('the file that it comes from is no target', () => {
    const path = join(folder, 'a.pcap');
    writeFileSync(path, capture);
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', `'${process.execPath}' '${program}' analyze - --output '${path}' < '${path}'`],
      {
        encoding: 'utf8',
      },
    );
    expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining('which is read') });
    expect(readFileSync(path)).toEqual(capture);
  });
});
