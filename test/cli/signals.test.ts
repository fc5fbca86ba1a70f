/** Signals and standard input, of the whole program as a process. Needs dist (npm test builds it). */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';

const program = fileURLToPath(new URL('../../bin/pcapdiag.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'pcapdiag-signals-'));
afterAll(() => rmSync(folder, { recursive: true }));
const capture = readFileSync('test/pcaps/case-1/node1__enp26s0f0.pcap');

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

/** Waits until the child has read what was written to it, as its standard input is empty then. */
const written = (child: ChildProcess, bytes: Uint8Array): Promise<void> =>
  new Promise((resolve) => child.stdin?.write(bytes, () => setTimeout(resolve, 1500)));

describe.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s', (signal, expected) => {
  test('while standard input waits: what is known so far, marked partial', async () => {
    const child = start('--format', 'json', '-');
    const end = ended(child);
    await written(child, capture);
    child.kill(signal);
    const { status, stdout } = await end;
    expect(status).toBe(expected);
    const report = JSON.parse(stdout);
    expect(report.partial).toEqual({ because: signal, whole: 0, inPart: 1, unread: 0 });
    expect(report.captures).toMatchObject([{ packets: 36, partial: true }]);
    expect(report.unseen[0]).toBe(`standard input was read in part, up to packet 36: stopped by ${signal}`);
  });

  test('while a named pipe has no writer: nothing is known, and the process ends', async () => {
    const pipe = join(folder, `${signal}.pcap`);
    execFileSync('mkfifo', [pipe]);
    const child = start(pipe);
    const end = ended(child);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    child.kill(signal);
    expect(await end).toMatchObject({ status: expected, stdout: '', stderr: expect.stringContaining('stopped') });
  });

  test('the text says so before everything else, and a report in a file is whole', async () => {
    const report = join(folder, `${signal}.txt`);
    const child = start('--output', report, '-');
    const end = ended(child);
    await written(child, capture);
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
  const unread = openSync(pipe, constants.O_RDWR);
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
  let isOver = false;
  const end = ended(child).finally(() => {
    isOver = true;
  });
  await written(child, capture);
  await new Promise((resolve) => setTimeout(resolve, 3000));
  child.kill('SIGINT');
  await new Promise((resolve) => setTimeout(resolve, 3000));
  expect(isOver).toBe(false);
  child.kill('SIGTERM');
  expect(await end).toMatchObject({ status: null, signal: 'SIGTERM' });
  closeSync(unread);
});

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
