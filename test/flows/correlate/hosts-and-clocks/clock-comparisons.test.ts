import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { joinCaptures } from '../../../../src/flows/correlate/correlate.ts';
import { ClockComparisons } from '../../../../src/flows/correlate/hosts-and-clocks/clock-comparisons.ts';
import type { DelayFloor } from '../../../../src/flows/correlate/hosts-and-clocks/clock-fit.ts';
import type { Comparison } from '../../../../src/flows/correlate/hosts-and-clocks/comparison.ts';
import { biflowsOf } from '../../../../src/flows/correlate/same-traffic/biflow.ts';
import { groupSameTraffic } from '../../../../src/flows/correlate/same-traffic/same-traffic.ts';
import { captureRows, openStore } from '../../../../src/flows/correlate/same-traffic/sighting-store.ts';
import { finish } from '../../../../src/flows/correlate/steps.ts';
import { digestCapture } from '../../../../src/flows/digest/digest-capture.ts';
import { NOTHING_KNOWN } from '../../../../src/flows/evidence/evidence.ts';

const told = ({ clocks, forth, back, unordered, nearer }: Comparison) => {
  const ofFloor = (floor: DelayFloor) => [floor.matches, floor.first, floor.last, [...floor.points()]];
  return { clocks, floors: [forth, back, unordered].map(ofFloor), nearer: [...nearer] };
};
const byClocks = (found: Comparison[]) =>
  found.map(told).sort((a, b) => a.clocks[0] - b.clocks[0] || a.clocks[1] - b.clocks[1]);

test('a clock that is compared alone gives what the comparison of all gives for it', async () => {
  const folder = 'test/pcaps/case-1';
  const files = readdirSync(folder).filter((name) => name.endsWith('.pcap'));
  const digests = await Promise.all(files.map((name) => digestCapture(`${folder}/${name}`)));
  const evidence = joinCaptures(digests, { known: NOTHING_KNOWN });
  const biflows = biflowsOf(evidence);
  const store = finish(openStore(digests.map(captureRows), biflows));
  const groups = finish(groupSameTraffic(evidence, biflows, store));
  // Each point has a clock of its own, so there are many pairs.
  const clocks = evidence.points.map(({ index }) => index);
  const comparisons = new ClockComparisons(evidence, groups, store, clocks);
  const all = byClocks(finish(comparisons.all()));
  expect(all.length).toBeGreaterThan(5);
  expect(all.some(({ floors }) => floors[0][0] !== 0)).toBe(true);
  for (const clock of clocks)
    expect(byClocks(finish(comparisons.of(clock)))).toEqual(all.filter(({ clocks: both }) => both.includes(clock)));
});
