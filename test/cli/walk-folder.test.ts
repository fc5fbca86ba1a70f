import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expandSources } from '../../src/cli/expand-sources.ts';
import { analyze } from '../../src/index.ts';

const CAPTURE = 'test/pcaps/idle-reset';
const folder = mkdtempSync(join(tmpdir(), 'pcapdiag-walk-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (...names: string[]): string => join(folder, ...names);
const bytes = readFileSync('test/pcaps/case-1/node1__enp26s0f0.pcap');
/** `node\xff.pcap`: no UTF-8. */
const ODD = Buffer.concat([Buffer.from(at('set/node')), Buffer.of(0xff), Buffer.from('.pcap')]);

beforeAll(() => {
  mkdirSync(at('set/sub'), { recursive: true });
  mkdirSync(at('outside'));
  writeFileSync(at('set/a.pcap'), bytes);
  writeFileSync(at('set/sub/b.pcap'), bytes);
  writeFileSync(at('set/sub/data.bin'), bytes);
  writeFileSync(at('outside/c.pcap'), bytes);
  writeFileSync(ODD, bytes);
  symlinkSync('a.pcap', at('set/again.pcap'));
  symlinkSync('sub/data.bin', at('set/named.pcap'));
  symlinkSync('..', at('set/sub/up'));
  symlinkSync('sub', at('set/twice'));
  symlinkSync('loop.pcap', at('set/loop.pcap'));
  symlinkSync('absent', at('set/nothing.pcap'));
  symlinkSync(at('outside'), at('set/out'));
  symlinkSync(at('outside/c.pcap'), at('set/out.pcap'));
  execFileSync('mkfifo', [at('set/pipe.pcap')]);
});

describe('a folder', () => {
  test('links are followed once and inside, names that are no UTF-8 are read, the rest is told', async () => {
    const { sources, notices } = await expandSources([at('set')]);
    expect(sources.map((source) => (typeof source === 'string' ? source : (source as { name: string }).name))).toEqual([
      at('set/a.pcap'),
      at('set/named.pcap'),
      at('set/node\\xff.pcap'),
      at('set/sub/b.pcap'),
    ]);
    expect(notices).toEqual([
      ...[
        'again.pcap is passed over: it is a link to what is read already',
        'loop.pcap is passed over: it is a link that leads in a circle',
        'nothing.pcap is passed over: it is a link to nothing',
        'out is passed over: it is a link out of the folder',
        'out.pcap is passed over: it is a link out of the folder',
        'pipe.pcap is passed over: it is a named pipe',
        'sub/up is passed over: it is a link to what is read already',
        'twice is passed over: it is a link to what is read already',
      ].map((notice) => `${at('set')}/${notice}`),
      `folder ${at('set')}: not read, as the name is not that of a capture: sub/data.bin`,
    ]);
  });

  test('a file whose name is no UTF-8 is analysed, in a folder and as an argument', async () => {
    const { sources } = await expandSources([at('set')]);
    const odd = sources.filter((source) => typeof source !== 'string');
    expect((await analyze(odd)).captures).toMatchObject([{ path: at('set/node\\xff.pcap'), packets: 36 }]);
    const given = await expandSources([at('set/node\ufffd.pcap')]);
    expect((await analyze(given.sources)).captures[0].packets).toBe(36);
  });

  test('without captures it is an error that says what was passed over', async () => {
    mkdirSync(at('empty'));
    execFileSync('mkfifo', [at('empty/pipe.pcap')]);
    await expect(expandSources([at('empty')])).rejects.toThrow(/no captures.*named pipe/);
  });
});

describe('an archive', () => {
  test('that is broken or cut gives what came before, and says so', async () => {
    cpSync(CAPTURE, at('tar'), { recursive: true });
    execFileSync('tar', ['-cf', at('all.tar'), '-C', folder, 'tar', 'set/a.pcap']);
    const archive = readFileSync(at('all.tar'));
    const packed = gzipSync(archive);
    packed[packed.length - 6] ^= 1;
    writeFileSync(at('crc.tar.gz'), packed);
    writeFileSync(at('cut.tar'), archive.subarray(0, archive.indexOf('set/a.pcap') + 1000));
    const whole = await expandSources([at('all.tar')]);
    const crc = await expandSources([at('crc.tar.gz')]);
    const cut = await expandSources([at('cut.tar')]);
    expect(whole.damages).toEqual([]);
    expect(crc.damages).toEqual([expect.stringMatching(/crc\.tar\.gz|data check|broken/)]);
    expect(cut.damages).toEqual([expect.stringContaining('ends inside set/a.pcap')]);
    expect([crc, cut].map(({ sources }) => sources.length)).toEqual(Array(2).fill(whole.sources.length));
    const { captures } = await analyze(cut.sources);
    expect(captures.filter(({ problems }) => problems.length > 0).map(({ path }) => path)).toEqual([
      at('cut.tar/set/a.pcap'),
    ]);
  });
});
