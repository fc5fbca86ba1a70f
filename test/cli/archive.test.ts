import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { analyze } from '../../src/analyze.ts';
import { expandSources } from '../../src/cli/expand-sources.ts';
import { isTarHeader, peekTar, tarMembers } from '../../src/decode/files/tar-archive.ts';
import { PcapdiagError } from '../../src/text/pcapdiag-error.ts';
import { hasProgram } from '../support/shared-captures.ts';

const folder = mkdtempSync(join(tmpdir(), 'pcapdiag-tar-'));
afterAll(() => rmSync(folder, { recursive: true }));
const deep = `${'deep-'.repeat(15)}/${'deep-'.repeat(12)}`;
const long = `${deep}/name.pcap`;
mkdirSync(join(folder, 'set/sub', deep), { recursive: true });
writeFileSync(join(folder, 'set/a.pcap'), 'first');
writeFileSync(join(folder, 'set/notes.txt'), 'no capture');
writeFileSync(join(folder, 'set/sub', long), 'x'.repeat(1500));
writeFileSync(join(folder, 'set/sub/b.pcapng.gz'), '');
mkdirSync(join(folder, 'nothing'));

describe.each(['gnu', 'pax', 'ustar'])('tar --format=%s', (format) => {
  const path = join(folder, `${format}.tar`);
  execFileSync('tar', [`--format=${format}`, '--sort=name', '-cf', path, '-C', folder, 'set']);
  const archive = readFileSync(path);

  test('holds the files, long names included', async () => {
    const members = (await membersOf(archive)).map(({ name, length }) => [name, length]);
    expect(members).toEqual([
      ['set/a.pcap', 5],
      ['set/notes.txt', 10],
      ['set/sub/b.pcapng.gz', 0],
      [`set/sub/${long}`, 1500],
    ]);
  });

  test('a cut archive gives whole members and what is there of the last one', async () => {
    let most = 0;
    for (let end = 512; end < archive.length; end += 271) {
      let members: Awaited<ReturnType<typeof membersOf>> = [];
      try {
        members = await membersOf(archive.subarray(0, end));
      } catch (error) {
        expect(error).toBeInstanceOf(PcapdiagError);
      }
      for (const { size, length } of members.slice(0, -1)) expect(length).toBe(size);
      most = Math.max(most, members.length);
    }
    expect(most).toBeGreaterThan(1);
  });
});

async function membersOf(source: Parameters<typeof tarMembers>[0]) {
  const members: { name: string; size: number; length: number }[] = [];
  for await (const { name, size, body } of tarMembers(source)) {
    let length = 0;
    for await (const chunk of body) length += chunk.length;
    members.push({ name, size, length });
  }
  return members;
}

test('a capture is not a tar archive', async () => {
  expect(isTarHeader(new Uint8Array(512).fill(0xa1))).toBe(false);
  await expect(membersOf(readFileSync('test/pcaps/case-1/node1__enp26s0f0.pcap'))).rejects.toMatchObject({
    code: 'not-a-capture',
  });
});

describe('packed by every program that is here', () => {
  execFileSync('tar', ['-cf', join(folder, 'case.tar'), '-C', 'test/pcaps', 'case-1']);
  const programs = [
    ['.tar', []],
    ['.tar.gz', ['gzip']],
    ['.tar.zst', ['zstd', '-q']],
    ['.tar.xz', ['xz']],
  ] as const;
  for (const [extension, command] of programs) {
    test.runIf(command.length === 0 || hasProgram(command[0]))(extension, async () => {
      const path = join(folder, `packed${extension}`);
      const plain = readFileSync(join(folder, 'case.tar'));
      const [program, ...options] = command;
      writeFileSync(path, program === undefined ? plain : execFileSync(program, [...options, '-c'], { input: plain }));
      const { sources, damages, notices } = await expandSources([path]);
      expect([sources.length, damages, notices]).toEqual([5, [], []]);
      const { captures } = await analyze(sources);
      const unpacked = await analyze((await expandSources(['test/pcaps/case-1'])).sources);
      expect(captures.map(({ packets }) => packets)).toEqual(unpacked.captures.map(({ packets }) => packets));
      // From standard input, told by its content.
      const peeked = await peekTar(pieces(readFileSync(path)));
      expect(peeked.isTar).toBe(true);
      const again = await membersOf({ name: 'standard input', data: peeked.chunks });
      expect(again.map(({ length }) => length)).toEqual((await membersOf(plain)).map(({ length }) => length));
    });
  }

  test('what is no archive passes through', async () => {
    const bytes = readFileSync('test/pcaps/case-1/node1__enp26s0f0.pcap');
    for (const some of [bytes, bytes.subarray(0, 30), bytes.subarray(0, 0)]) {
      const { isTar, chunks } = await peekTar(pieces(some));
      expect(isTar).toBe(false);
      const got: Uint8Array[] = [];
      for await (const chunk of chunks) got.push(chunk);
      expect(Buffer.concat(got).equals(some)).toBe(true);
    }
  });
});

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 777) yield bytes.subarray(at, at + 777);
}

describe.runIf(hasProgram('xz'))('xz', () => {
  const capture = readFileSync('test/pcaps/case-1/node1__enp26s0f0.pcap');
  const pack = (bytes: Uint8Array): Buffer => execFileSync('xz', ['-c'], { input: bytes });
  const packetsOf = async (data: Uint8Array) => (await analyze({ name: 'x.pcap.xz', data })).captures[0];

  test('a capture, one stream or two', async () => {
    expect(await packetsOf(pack(capture))).toMatchObject({ packets: 36, problems: [] });
    const two = Buffer.concat([pack(capture.subarray(0, 5000)), pack(capture.subarray(5000))]);
    expect(await packetsOf(two)).toMatchObject({ packets: 36, problems: [] });
  });

  test('a cut one is read up to the cut, and one that gives nothing is an error', async () => {
    const records = capture.subarray(24);
    const large = Buffer.concat([capture, ...Array<Buffer>(400).fill(records)]);
    const cut = await packetsOf(pack(large).subarray(0, -40));
    expect(cut.problems.length).toBeGreaterThan(0);
    expect(cut.packets).toBeGreaterThan(36);
    await expect(packetsOf(pack(capture).subarray(0, 40))).rejects.toMatchObject({ name: 'PcapdiagError' });
  });

  test('several captures in one thread, and one that is left early, do not wait for each other', async () => {
    for (const name of ['r.pcap.xz', 'r.pcap1.xz', 'r.pcap2.xz']) writeFileSync(join(folder, name), pack(capture));
    const paths = ['r.pcap.xz', 'r.pcap1.xz', 'r.pcap2.xz'].map((name) => join(folder, name));
    // Files of one capture are opened for their first packet before they are read.
    expect((await analyze(paths)).captures.map(({ packets }) => packets)).toEqual([108]);
  });
});

describe('sources', () => {
  test('a folder stands for the captures in it, by name', async () => {
    expect((await expandSources([join(folder, 'set'), 'x.bin'])).sources).toEqual([
      join(folder, 'set/a.pcap'),
      join(folder, 'set/sub/b.pcapng.gz'),
      join(folder, 'set/sub', long),
      'x.bin',
    ]);
  });

  test('files that are not read because of their names are named', async () => {
    expect((await expandSources([join(folder, 'set')])).notices).toEqual([
      `folder ${join(folder, 'set')}: not read, as the name is not that of a capture: notes.txt`,
    ]);
  });

  test('an archive is replaced by its captures, compressed or not', async () => {
    const path = join(folder, 'all.tar.gz');
    execFileSync('tar', ['-czf', path, '-C', folder, 'set']);
    const { sources } = await expandSources([path]);
    expect(sources.map((source) => (source as { name: string }).name)).toEqual([
      `${path}/set/a.pcap`,
      `${path}/set/sub/b.pcapng.gz`,
      `${path}/set/sub/${long}`,
    ]);
  });

  test.each([
    ['nothing', 'no captures in folder'],
    ['missing.tar', 'ENOENT'],
  ])('%s is reported', async (name, message) => {
    await expect(expandSources([join(folder, name)])).rejects.toThrow(message);
  });

  test('a file that is called tar and is none', async () => {
    const path = join(folder, 'fake.tar');
    writeFileSync(path, 'x'.repeat(600));
    await expect(expandSources([path])).rejects.toMatchObject({ name: 'PcapdiagError', code: 'not-a-capture' });
  });
});
