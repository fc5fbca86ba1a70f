import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { analyze } from '../../src/analyze.ts';
import { type CaptureParts, type NamedCapture, sourceName } from '../../src/decode/files/capture-source.ts';
import { digestCapture } from '../../src/flows/digest/digest-capture.ts';
import { digestAll } from '../../src/pipeline/digest-all.ts';
import { joinRotated } from '../../src/pipeline/rotated-captures.ts';
import { pcapFile } from '../support/capture-bytes.ts';
import { filesOf, readSet } from '../support/merged-captures.ts';

const frame = new Uint8Array(60);
/** A capture of that name with one packet at that second. */
const at = (name: string, seconds: number): NamedCapture => ({ name, data: pcapFile([{ frame, seconds }]) });
const joinedNames = async (...captures: NamedCapture[]): Promise<(string | string[])[]> =>
  (await joinRotated(captures)).map((source) =>
    typeof source === 'object' && 'parts' in source
      ? source.parts.map((part) => sourceName(part) ?? '')
      : (sourceName(source) ?? ''),
  );

const folder = mkdtempSync(join(tmpdir(), 'pcapdiag-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('files that are one capture', () => {
  it.each<[string, NamedCapture[], (string | string[])[]]>([
    [
      'tcpdump -C',
      [at('a.pcap', 1), at('a.pcap1', 2), at('a.pcap10', 4), at('a.pcap2', 3)],
      [['a.pcap', 'a.pcap1', 'a.pcap2', 'a.pcap10']],
    ],
    [
      'a ring (-W): the oldest is not the first',
      [at('a.pcap0', 9), at('a.pcap1', 4), at('a.pcap2', 7)],
      [['a.pcap1', 'a.pcap2', 'a.pcap0']],
    ],
    [
      'dumpcap -b',
      [at('n_00001_20261123101500.pcapng', 1), at('n_00002_20261123102500.pcapng', 2)],
      [['n_00001_20261123101500.pcapng', 'n_00002_20261123102500.pcapng']],
    ],
    [
      'two captures, each rotated',
      [at('a.pcap', 1), at('b.pcap', 1), at('a.pcap1', 2), at('b.pcap1', 2)],
      [
        ['a.pcap', 'a.pcap1'],
        ['b.pcap', 'b.pcap1'],
      ],
    ],
    [
      'other folders, interfaces and kinds are others',
      [at('x/a.pcap', 1), at('y/a.pcap1', 2), at('x/a.cap', 3), at('x/b.pcap', 4)],
      ['x/a.pcap', 'y/a.pcap1', 'x/a.cap', 'x/b.pcap'],
    ],
    [
      'numbers of nodes are no parts',
      [at('01.pcap', 1), at('02.pcap', 2), at('node_1.pcap', 1), at('node_2.pcap', 2)],
      ['01.pcap', '02.pcap', 'node_1.pcap', 'node_2.pcap'],
    ],
    ['the same file twice', [at('a.pcap', 1), at('a.pcap', 1)], ['a.pcap', 'a.pcap']],
  ])('%s', async (_, captures, expected) => {
    expect(await joinedNames(...captures)).toEqual(expected);
  });

  it('a source that can be read only once is not changed', async () => {
    const once = { name: 'a.pcap1', data: (async function* () {})() };
    expect(await joinRotated([at('a.pcap', 1), once])).toHaveLength(2);
  });
});

describe('a capture in several files', () => {
  const parts = (...data: Uint8Array[]): CaptureParts => ({
    name: 'a.pcap',
    parts: data.map((bytes, nth) => ({ name: `a.pcap${nth || ''}`, data: bytes })),
  });
  const records = [1, 2, 3, 4].map((seconds) => ({ frame, seconds, nanoseconds: 0 }));

  it('numbers packets through all files, with any compression', async () => {
    const { capture } = await digestCapture(parts(pcapFile(records.slice(0, 1)), gzipSync(pcapFile(records.slice(1)))));
    expect(capture).toMatchObject({ packets: 4, duration: 3, parts: ['a.pcap', 'a.pcap1'], problemsTotal: 0 });
  });

  it('reports a part that cannot be read and reads the others; without any readable part it throws', async () => {
    const broken = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    const { capture } = await digestCapture(parts(pcapFile(records), broken));
    expect(capture).toMatchObject({ packets: 4, problems: [{ kind: 'corrupt' }] });
    expect(capture.problems[0].message).toContain('a.pcap1');
    await expect(digestCapture(parts(broken, broken))).rejects.toThrow('a.pcap');
  });

  it('two rotated captures, read from files, stay two captures', async () => {
    const paths = ['t.pcap', 't.pcap1', 'u.pcap', 'u.pcap1'].map((name) => join(folder, name));
    for (const [nth, path] of paths.entries())
      writeFileSync(path, pcapFile(nth % 2 === 0 ? records.slice(0, 3) : records.slice(3)));
    const digests = await digestAll(await joinRotated(paths), {});
    expect(digests.map(({ digest }) => digest?.capture.packets)).toEqual([4, 4]);
  });

  it('has its faults reported for the whole capture, and the report names the files', async () => {
    const set = await readSet('test/pcaps/case-1');
    const halves = set.flatMap(({ name, records: all }) => [
      { name, records: all.slice(0, all.length / 2) },
      { name: `${name}1`, records: all.slice(all.length / 2) },
    ]);
    const named = halves.map((half) => ({ ...filesOf([half])[0], name: half.name }));
    const [whole, rotated] = [await analyze(filesOf(set)), await analyze(named)];
    const tellings = [whole, rotated].map(({ findings }) =>
      findings.map(({ ruleId, location }) => [ruleId, location.text]),
    );
    expect(tellings[1]).toEqual(tellings[0]);
    expect(rotated.unseen.join()).toMatch(/together with 1 further file of the same capture/);
  });
});
