/** Correlation against captures whose truth is known: drop counters of the machine that dropped, and the place. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { correlate } from '../../../src/flows/correlate/correlate.ts';
import { digestCapture } from '../../../src/flows/digest/digest-capture.ts';
import { type Evidence, NOTHING_KNOWN } from '../../../src/flows/evidence/evidence.ts';
import { hasShared, SHARED } from '../../support/shared-captures.ts';

const LAB = join(SHARED, 'lab/public');
interface Case {
  id: string;
  scenario: string;
  files: string[];
  between?: [string, string][];
}

const cases: Case[] = hasShared ? JSON.parse(readFileSync(join(LAB, 'expected.json'), 'utf8')).cases : [];

async function correlated(scenario: string, files: readonly string[]): Promise<Evidence> {
  const digests = [];
  for (const file of files) digests.push(await digestCapture(join(LAB, scenario, file)));
  return correlate(digests, { known: NOTHING_KNOWN });
}

/** Lost packets by "file -> file", most first. */
function losses(evidence: Evidence, count: 'lost' | 'lostData'): [string, number][] {
  const file = (point: number) => basename(evidence.captures[evidence.points[point].capture].path);
  const sums = new Map<string, number>();
  for (const hop of evidence.conversations.flatMap(({ hops }) => hops)) {
    if (hop.unknown !== null || hop[count] === 0) continue;
    const key = `${file(hop.from)} -> ${file(hop.to)}`;
    sums.set(key, (sums.get(key) ?? 0) + hop[count]);
  }
  return [...sums].sort((x, y) => y[1] - x[1]);
}

describe.skipIf(!hasShared)('captures with a known truth', () => {
  test.each([
    ['perf-loss-1pct', 'ens192', 45],
    ['perf-loss-3pct-offload-on', 'eth0', 6],
    ['perf-loss-5pct', 'eth0', 118],
  ])('%s: exactly the dropped packets are lost', async (scenario, nic, dropped) => {
    const evidence = await correlated(scenario, [`node1__${nic}.pcap`, `node2__${nic}.pcap`]);
    expect(losses(evidence, 'lostData')).toEqual([[`node2__${nic}.pcap -> node1__${nic}.pcap`, dropped]]);
  });

  test('perf-reordering: exactly the late packets are reordered, and none is lost', async () => {
    const evidence = await correlated('perf-reordering', ['node1__eth0.pcap', 'node2__eth0.pcap']);
    expect(losses(evidence, 'lost')).toEqual([]);
    expect(evidence.conversations.flatMap(({ hops }) => hops).reduce((sum, { reordered }) => sum + reordered, 0)).toBe(
      35,
    );
  });

  test.each(
    cases
      .filter(({ between, files }) => between !== undefined && files.length > 1)
      .map((one) => [one.id, one] as const),
  )('%s: most losses are at the known place', async (_, { scenario, files, between }) => {
    const [worst] = losses(await correlated(scenario, files), 'lost');
    expect((between ?? []).map((pair) => pair.join(' -> '))).toContain(worst?.[0]);
  });

  // In healthy-pmtud-works four packets are dropped, answered by "fragmentation needed" and sent smaller.
  const healthy = cases.filter(({ id, files }) => /^healthy-(?!pmtud)/.test(id) && files.length > 1);
  test.each(healthy.map((one) => [one.id, one] as const))(
    '%s: nothing is lost or reordered',
    async (_, { scenario, files }) => {
      const evidence = await correlated(scenario, files);
      expect(losses(evidence, 'lost')).toEqual([]);
      expect(evidence.conversations.flatMap(({ hops }) => hops.filter(({ reordered }) => reordered > 0))).toEqual([]);
    },
  );
});
