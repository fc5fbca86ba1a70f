import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { expandSources } from '../../src/cli/expand-sources.ts';
import { isTarHeader, tarMembers } from '../../src/cli/tar-members.ts';

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

  test('holds the files, long names included', () => {
    const members = [...tarMembers(archive)].map(({ name, data }) => [name, data.length]);
    expect(members).toEqual([
      ['set/a.pcap', 5],
      ['set/notes.txt', 10],
      ['set/sub/b.pcapng.gz', 0],
      [`set/sub/${long}`, 1500],
    ]);
  });

  test('a cut archive gives whole members and what is there of the last one, and never throws', () => {
    for (let end = 0; end < archive.length; end += 97)
      for (const { data, isCut } of tarMembers(archive.subarray(0, end)))
        expect(isCut === true || [5, 10, 0, 1500].includes(data.length)).toBe(true);
  });
});

test('a capture is not a tar archive', () => expect(isTarHeader(new Uint8Array(512).fill(0xa1))).toBe(false));

describe('sources', () => {
  test('a folder stands for the captures in it, by name', async () => {
    expect((await expandSources([join(folder, 'set'), '-', 'x.bin'])).sources).toEqual([
      join(folder, 'set/a.pcap'),
      join(folder, 'set/sub/b.pcapng.gz'),
      join(folder, 'set/sub', long),
      '-',
      'x.bin',
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
