/** The whole program, as a process: the packed, installed package. */
import { type SpawnSyncOptions, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { installedCommand } from '../support/installed.ts';

const program = installedCommand();
const folder = mkdtempSync(join(tmpdir(), 'pcapdiag-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

const environment = { ...process.env, NO_COLOR: undefined, FORCE_COLOR: undefined };

function run(argv: readonly string[], options: SpawnSyncOptions = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...argv], { env: environment, ...options });
  return { status, stdout: String(stdout), stderr: String(stderr) };
}

/** Classic pcap of SYNs (Ethernet, IPv4) at these times, and of one from another port after `otherAt`. */
function synCapture(times: readonly number[], otherAt?: number): Buffer {
  const header = Buffer.from('d4c3b2a1020004000000000000000000ffff000001000000', 'hex');
  const record = (time: number, port: number): Buffer => {
    const packet = Buffer.from(
      '02000000000202000000000108004500002800004000400626ce0a0000010a0000029c40005000000001000000005002faf000000000',
      'hex',
    );
    packet.writeUInt16BE(port, 34);
    const head = Buffer.alloc(16);
    head.writeUInt32LE(1_700_000_000 + time, 0);
    head.writeUInt32LE(packet.length, 8);
    head.writeUInt32LE(packet.length, 12);
    return Buffer.concat([head, packet]);
  };
  const other = otherAt === undefined ? [] : [record(otherAt, 40001)];
  return Buffer.concat([header, ...times.map((time) => record(time, 40000)), ...other]);
}

const file = (name: string, bytes: Uint8Array | string): string => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};
const silent = file('silent.pcap', synCapture([0, 1, 3, 7, 15], 20));
const quiet = file('quiet.pcap', synCapture([0]));
const healthy = 'test/pcaps/healthy-pmtud/client__eth0.pcap';
const cut = file('cut.pcap', readFileSync(healthy).subarray(0, -10));
const broken = file('broken.pcap', 'this is no capture at all, whatever its name says');

describe('exit status', () => {
  test('0 without findings, 1 with an error, and --fail-on never', () => {
    expect(run(['analyze', healthy]).status).toBe(0);
    const found = run(['analyze', silent]);
    expect(found.stdout).toMatch(/^FAULT/);
    expect(found.status).toBe(1);
    expect(run(['analyze', '--fail-on', 'never', silent]).status).toBe(0);
  });

  test('2 for a file that is not a capture, named on standard error, with nothing on standard output', () => {
    const { status, stdout, stderr } = run(['analyze', broken]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(broken);
    expect(stderr).not.toContain('    at ');
  });

  test('2 when one of several files cannot be read, with the report of the rest', () => {
    const { status, stdout, stderr } = run(['analyze', '--format', 'json', quiet, join(folder, 'missing.pcap')]);
    expect(status).toBe(2);
    expect(JSON.parse(stdout).captures).toHaveLength(1);
    expect(stderr).toMatch(/missing\.pcap.*ENOENT/);
  });

  test('2 when none of several files can be read', () => {
    expect(run(['analyze', broken, join(folder, 'missing.pcap')])).toMatchObject({ status: 2, stdout: '' });
  });

  test.each([
    [['analyze']],
    [['analyze', quiet, '--format', 'xml']],
    [['analyze', healthy, '--point', 'other.pcap=node1/eth0']],
    [['analyze', quiet, '--nonsense']],
    [[]],
    [['explain', 'nonsense']],
  ])('2 for %j, and no report', (argv) => {
    const { status, stdout, stderr } = run(argv);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^pcapdiag: .+\n$/);
  });

  test('a damaged capture is analysed without --strict, and is an error with it', () => {
    const lenient = run(['analyze', cut]);
    expect(lenient.status).toBe(0);
    expect(lenient.stdout).toContain('damaged');
    expect(run(['analyze', '--strict', cut]).status).toBe(2);
  });

  test.each([[quiet], [file('nothing.pcap', synCapture([]))]])(
    '2 when there is nothing to judge in %s, with the report',
    (path) => {
      const { status, stdout, stderr } = run(['analyze', '--format', 'json', path]);
      expect(status).toBe(2);
      expect(JSON.parse(stdout).verdict).toBeNull();
      expect(stderr).toMatch(/^pcapdiag: (nothing could be judged|there are no packets to judge) .*--allow-nothing/);
      expect(run(['analyze', '--allow-nothing', path])).toMatchObject({ status: 0, stderr: '' });
      expect(run(['analyze', '--allow-nothing', '--strict', path])).toMatchObject({ status: 0, stderr: '' });
    },
  );

  test('0 for help and version', () => {
    expect(run(['--help'])).toMatchObject({ status: 0, stdout: expect.stringContaining('analyze') });
    expect(run(['analyze', '--help']).stdout).toContain('--fail-on');
    expect(run(['--version']).stdout.trim()).toBe(
      JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version,
    );
  });
});

describe('output', () => {
  test('standard input gives the same findings as the file', () => {
    const fromFile = JSON.parse(run(['analyze', '--format', 'json', silent]).stdout);
    const fromInput = JSON.parse(run(['analyze', '--format', 'json', '-'], { input: readFileSync(silent) }).stdout);
    expect(fromInput.findings).toEqual(fromFile.findings);
    expect(fromInput.captures[0].packets).toBe(6);
  });

  test('goes to a file instead of standard output', () => {
    const path = join(folder, 'report.json');
    expect(run(['analyze', '--format', 'json', '--output', path, healthy])).toMatchObject({ status: 0, stdout: '' });
    expect(JSON.parse(readFileSync(path, 'utf8')).schemaVersion).toBe(1);
    expect(run(['analyze', '--output', join(folder, 'no/such/x'), quiet]).status).toBe(2);
  });

  test('has colours on request, but not in a pipe or with NO_COLOR', () => {
    expect(run(['analyze', silent]).stdout).not.toContain('\x1b');
    expect(run(['analyze', '--color', silent]).stdout).toContain('\x1b[');
    const both = { ...environment, FORCE_COLOR: '1', NO_COLOR: '1' };
    expect(run(['analyze', silent], { env: both }).stdout).not.toContain('\x1b');
    expect(run(['analyze', silent], { env: { ...environment, FORCE_COLOR: '1' } }).stdout).toContain('\x1b[');
  });

  test('has the same bytes each time', () => {
    expect(run(['analyze', silent, quiet]).stdout).toBe(run(['analyze', silent, quiet]).stdout);
  });

  test('a reader that stops early causes no error', async () => {
    const child = spawn(process.execPath, [program, 'explain', '--list'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  test('SIGINT while waiting for input ends with 130', async () => {
    const child = spawn(process.execPath, [program, 'analyze', '-'], { stdio: ['pipe', 'pipe', 'pipe'] });
    // More than a pipe holds (64 KiB, pipe(7)): once all is written, the program reads.
    const seconds = Array.from({ length: 5000 }, (_, second) => second);
    await new Promise((resolve) => child.stdin.write(synCapture(seconds), resolve));
    child.kill('SIGINT');
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect(status).toBe(130);
  });
});

describe('explain', () => {
  test('lists all rules, and prints the page of one', () => {
    const rules = run(['explain', '--list']).stdout.trim().split('\n');
    expect(rules.length).toBeGreaterThan(5);
    const id = rules[0].split(' ')[0];
    expect(run(['explain', id]).stdout).toMatch(new RegExp(`^# ${id}\n`));
  });

  test('suggests a rule with a similar name', () => {
    expect(run(['explain', 'mtu-blackhole']).stderr).toContain('mtu-black-hole');
  });
});
