import { expect, test } from 'vitest';
import { pairOf, routedOnce } from '../../../../src/flows/correlate/hosts-and-clocks/one-router.ts';
import { type MadeUpLeg, madeUpCluster } from '../made-up-cluster.ts';

/** Hop limits of the first packet there and back at each of two points; null: no packet. */
type Limits = readonly [there: number | null, back: number | null];
const rows = (ttl: number | null) => (ttl === null ? [] : [{ ttl }, { ttl: 1 }]);
const leg = (point: number, [there, back]: Limits, some: Partial<MadeUpLeg> = {}): MadeUpLeg => ({
  point,
  there: rows(there),
  back: rows(back),
  ...some,
});

/** Pairs of clocks of groups of two legs, at points 0 and 1 with clocks 0 and 1 unless told. */
function pairs(groups: readonly (readonly MadeUpLeg[])[], clocks = [0, 1]): string[] {
  const { members, store } = madeUpCluster(groups.flat(), [{}, {}]);
  let at = 0;
  return [
    ...routedOnce(
      groups.map((group) => members.slice(at, (at += group.length))),
      store,
      clocks,
    ),
  ];
}

test('pairs are named by both clocks, the smaller first', () => {
  expect([pairOf(1, 2), pairOf(2, 1)]).toEqual(['1 2', '1 2']);
});

test.each<[string, Limits, Limits, Partial<MadeUpLeg>, boolean]>([
  ['one less on the way there, one more on the way back', [63, 60], [62, 61], {}, true],
  ['the same at both: two ends of one link', [63, 60], [63, 60], {}, false],
  ['two less', [63, null], [61, null], {}, false],
  ['one in one direction, two in the other', [63, 60], [62, 62], {}, false],
  ['one direction alone', [64, null], [63, null], {}, true],
  ['one less, and nothing of the other direction in common', [63, 60], [62, null], {}, true],
  ['no direction in common', [63, null], [null, 60], {}, false],
  // Requests are fresh at one end and answers at the other: two end hosts with a router between them look like this.
  ['fresh packets at both ends', [64, 127], [63, 128], {}, false],
  ['fresh packets at one end', [64, 126], [63, 127], {}, true],
  ['the same in a tunnel and outside: a machine put it in', [63, 60], [63, 60], { encapsulation: ['vxlan'] }, true],
  ['fresh packets at both ends, in a tunnel at one', [64, 127], [63, 128], { encapsulation: ['vxlan'] }, true],
  ['two less in a tunnel', [63, 60], [61, 62], { encapsulation: ['vxlan'] }, false],
  // Turned: 62 on the way there, 61 on the way back.
  ['turned roles', [63, 60], [61, 62], { flipped: true }, true],
])('%s', (_, one, other, some, isOnce) => {
  expect(pairs([[leg(0, one), leg(1, other, some)]])).toEqual(isOnce ? ['0 1'] : []);
});

test('points of one clock are not compared', () => {
  expect(pairs([[leg(0, [63, 60]), leg(1, [62, 61])]], [3, 3])).toEqual([]);
});

test('all conversations have to agree; one that tells nothing is no contradiction', () => {
  const once = [leg(0, [63, 60]), leg(1, [62, 61])];
  const twice = [leg(0, [63, 60]), leg(1, [61, 62])];
  const unknown = [leg(0, [64, 127]), leg(1, [63, 128])];
  expect(pairs([once, unknown])).toEqual(['0 1']);
  expect(pairs([once, twice])).toEqual([]);
  expect(pairs([twice, once])).toEqual([]);
});
