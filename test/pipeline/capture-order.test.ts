import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isLittleEndianPcap, madeSet, ordersOf, type PcapFile } from '../../benchmarks/lib/permutations.mjs';
import { analyze } from '../../src/analyze.ts';
import { type CaptureSource, formatJson } from '../../src/index.ts';
import { isLong } from '../support/long-run.ts';
import { SHARED } from '../support/shared-captures.ts';

const PCAPS = 'test/pcaps';

/** The JSON, or the error, and what was said of sources that cannot be read. */
async function outcomeOf(sources: readonly CaptureSource[]): Promise<string> {
  const said: string[] = [];
  try {
    const report = await analyze(sources, { onUnreadable: ({ message }) => said.push(message) });
    return [...said, formatJson(report)].join('\n');
  } catch (error) {
    return [...said, String(error)].join('\n');
  }
}

async function expectOneOutcome(sources: readonly CaptureSource[], most?: number): Promise<void> {
  const expected = await outcomeOf(sources);
  for (const order of ordersOf(sources, { ...(most !== undefined && { most }) }))
    expect(await outcomeOf(order)).toBe(expected);
}

const setsUnder = (root: string): [string, string[]][] =>
  (readdirSync(root, { recursive: true, withFileTypes: true }) as import('node:fs').Dirent[])
    .filter((entry) => entry.isDirectory())
    .map(({ parentPath, name }): [string, string[]] => {
      const folder = join(parentPath, name);
      const captures = readdirSync(folder).filter((file) => /\.pcap(ng)?$/.test(file));
      return [folder, captures.sort().map((file) => join(folder, file))];
    })
    .filter(([, captures]) => captures.length > 1);

const namedBytes = (path: string, name = path.split('/').at(-1) ?? path): PcapFile => ({
  name,
  data: new Uint8Array(readFileSync(path)),
});

const CASE_1 = readdirSync(join(PCAPS, 'case-1')).filter((file) => file.endsWith('.pcap'));
const case1 = (): PcapFile[] => CASE_1.map((file) => namedBytes(join(PCAPS, 'case-1', file)));

describe('the order of the sources', () => {
  const sets = setsUnder(PCAPS);

  it.each(sets)('changes no byte of the report of %s', async (_, captures) => {
    await expectOneOutcome(captures, 5);
  });

  it('changes nothing where captures begin at one time, are cut to a few packets, or show one direction', async () => {
    const cuttable = sets
      .map(([, captures]) => captures.map((path) => namedBytes(path)).filter(({ data }) => isLittleEndianPcap(data)))
      .filter((captures) => captures.length > 1);
    expect(cuttable.length).toBeGreaterThan(10);
    for (let seed = 1; seed <= (isLong() ? 150 : 50); seed++)
      await expectOneOutcome(madeSet(cuttable[seed % cuttable.length], seed), 3);
  });

  it('changes nothing for bytes without a name, streams, and one capture named twice', async () => {
    const [first, second] = case1();
    const streamOf = ({ name, data }: PcapFile) => ({
      name,
      data: (async function* () {
        yield data;
      })(),
    });
    const expected = await outcomeOf([streamOf(first), streamOf(second)]);
    expect(await outcomeOf([streamOf(second), streamOf(first)])).toBe(expected);
    await expectOneOutcome([first.data, second.data]);
    await expectOneOutcome([first, second, first]);
    await expectOneOutcome([first, { ...first, name: 'a copy.pcap' }, { ...first, name: 'b copy.pcap' }, second], 8);
  });

  it('changes nothing of what is said of sources that cannot be read, and which error is thrown', async () => {
    const [first, second] = case1();
    const broken = ['x', 'y'].map((name) => ({ name, data: new TextEncoder().encode('no capture') }));
    await expectOneOutcome([first, ...broken, second], 8);
    const thrown = async (sources: CaptureSource[]) => analyze(sources).catch(String);
    expect(await thrown([broken[1], first, broken[0]])).toBe(await thrown([broken[0], first, broken[1]]));
  });

  it('changes no copied packet of --export-missing', async () => {
    const exported = async (sources: CaptureSource[]): Promise<Uint8Array> => {
      let file = new Uint8Array();
      await analyze(sources, { onMissing: (found) => void (file = new Uint8Array(found.file)) });
      return file;
    };
    const expected = await exported(case1());
    expect(expected.length).toBeGreaterThan(500);
    for (const order of ordersOf(case1(), { most: 3 })) expect(await exported(order)).toEqual(expected);
  });
});

describe.skipIf(!readableShared())('captures that broke it', () => {
  const breakage = join(SHARED, 'breakage');

  it.each(['order-1534', 'order-2890'])('%s: the order of two points is not guessed', async (name) => {
    const paths = readdirSync(join(breakage, name)).map((file) => join(breakage, name, file));
    await expectOneOutcome(paths);
    const report = await analyze(paths);
    expect(report.findings.filter(({ ruleId }) => ruleId === 'lost-in-underlay')).toEqual([]);
  });

  it('two nodes whose files have one name are two hosts, and the faults are where they are', async () => {
    const paths = ['n0', 'n1'].flatMap((node) =>
      ['worker__cni0.pcap', 'worker__eth0.pcap'].map((file) => join(breakage, 'same-name', node, file)),
    );
    await expectOneOutcome(paths);
    const report = await analyze(paths);
    expect(report.points.map(({ name }) => name).sort()).toEqual([
      'n0/worker cni0',
      'n0/worker eth0',
      'n1/worker cni0',
      'n1/worker eth0',
    ]);
    const places = report.findings
      .filter(({ level }) => level === 'error')
      .map(({ ruleId, location }) => `${ruleId} ${location.text}`);
    expect(new Set(places)).toEqual(
      new Set([
        'mtu-black-hole after n0/worker eth0, before n1/worker eth0',
        'dropped-in-node after n1/worker eth0, before n1/worker cni0',
      ]),
    );
    expect(report.unseen.join('\n')).toContain('taken as captures of different hosts, by folder');
  });
});

function readableShared(): boolean {
  try {
    return readdirSync(join(SHARED, 'breakage')).length > 0;
  } catch {
    return false;
  }
}
