import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyze } from '../src/analyze.ts';
import type { NamedCapture } from '../src/decode/files/capture-source.ts';
import { type CaptureSet, filesOf, readSet } from './support/merged-captures.ts';
import { SHARED } from './support/shared-captures.ts';

const LAB = join(SHARED, 'lab/public');

/** As with `tcpdump -s OCTETS`. */
const cutAt = (set: CaptureSet, octets: number): CaptureSet =>
  set.map(({ name, records }) => ({
    name,
    records: records.map((record) => ({ ...record, bytes: record.bytes.subarray(0, octets) })),
  }));

async function said(captures: readonly NamedCapture[]): Promise<string[]> {
  const { findings } = await analyze(captures);
  const loud = findings.filter((finding) => finding.class !== 'capture' && finding.level !== 'note');
  return [...new Set(loud.map(({ ruleId, location }) => `${ruleId} ${location.text}`))].sort();
}

/** 84 octets are all headers up to the inner IP of VXLAN, 104 the TCP header with it, 116 its timestamps. */
describe('captures cut within the headers inside VXLAN', async () => {
  const article = await readSet('test/pcaps/case-1');

  it.each([96, 100, 104, 110, 116, 128])(
    'at %i octets the first case of the article gives the same finding',
    async (octets) => {
      expect(await said(filesOf(cutAt(article, octets)))).toEqual(await said(filesOf(article)));
    },
  );

  it('packets without captured ports are not called lost', async () => {
    const set = await readSet('test/pcaps/reverse-path-filter');
    const whole = await said(filesOf(set));
    for (const octets of [84, 86, 88, 96, 112]) expect(await said(filesOf(cutAt(set, octets)))).toEqual(whole);
  });
});

describe.skipIf(!existsSync(LAB))('captures of the lab, cut', () => {
  it.each([
    ['perf-loss-1pct', 45],
    ['perf-loss-3pct-offload-on', 6],
    ['perf-loss-5pct', 118],
  ])('%s: losses between the NICs are counted exactly', async (scenario, lost) => {
    const folder = join(LAB, scenario);
    const nics = readdirSync(folder).filter((name) => /__(ens|enp|eth|bond)/.test(name));
    const set = await readSet(folder, nics);
    const { findings } = await analyze(filesOf(cutAt(set, 96)));
    const [loss] = findings.filter(({ ruleId }) => ruleId === 'packet-loss');
    expect(loss.measured).toMatchObject({ lost, exact: true });
  });

  it.each(existsSync(LAB) ? readdirSync(LAB).filter((name) => name.startsWith('healthy-')) : [])(
    '%s stays quiet, together and one by one',
    async (scenario) => {
      const set = await readSet(join(LAB, scenario));
      for (const octets of [52, 108]) expect([octets, await said(filesOf(cutAt(set, octets)))]).toEqual([octets, []]);
      for (const one of cutAt(set, 90)) expect([one.name, await said(filesOf([one]))]).toEqual([one.name, []]);
    },
  );
});
