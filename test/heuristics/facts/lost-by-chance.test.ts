import { describe, expect, test } from 'vitest';
import type { Hop } from '../../../src/flows/evidence/evidence.ts';
import { isByChance, passingLoss } from '../../../src/heuristics/facts/lost-by-chance.ts';
import { vanishedOf } from '../../../src/heuristics/facts/vanished.ts';
import { connection, evidence, point } from '../../support/evidence.ts';

const points = [point({ host: 'a', role: 'node-nic' }), point({ host: 'b', role: 'node-nic' })];
/** Nine packets of ten arrive. */
const LOSSY: Partial<Hop> = { packets: 100, matched: 90, lost: 10, smallestLost: 60, largestArrived: 1500 };

interface Choice {
  /** How many of those that pass lose something. */
  losing?: number;
  /** Last number of the server's address of those of which nothing passes; those that pass have 1 to 20. */
  server?: number;
}

/** Twenty conversations that pass, and some of which nothing does. */
function hops(passing: Partial<Hop>, gone: readonly Partial<Hop>[], { losing = 20, server }: Choice = {}) {
  const of = (number: number, hop: Partial<Hop>, to = 1 + number) => {
    const parts = { client: `10.244.1.5:${40_000 + number}`, server: `10.244.2.${to}:80`, syn: [0, 1] };
    const far = { point: 1, syn: [], synAck: [], toServer: {}, toClient: {}, handshakeAck: null };
    const items = [connection(parts), connection({ ...parts, ...far })];
    return { items, path: { of: items, hops: [hop] } };
  };
  const all = [
    ...Array.from({ length: 20 }, (_, number) =>
      of(number, { ...LOSSY, ...passing, ...(number >= losing && { packets: 90, lost: 0 }) }),
    ),
    ...gone.map((hop, number) =>
      of(100 + number, { packets: 2, lost: 2, matched: 0, smallestLost: 60, largestLost: 60, ...hop }, server),
    ),
  ];
  return evidence({ points, connections: all.flatMap(({ items }) => items), paths: all.map(({ path }) => path) });
}
const blocked = (passing: Partial<Hop>, gone: readonly Partial<Hop>[], choice: Choice = {}): number =>
  vanishedOf(hops(passing, gone, choice)).reduce((sum, { conversations }) => sum + conversations.length, 0);

describe('nothing of a conversation passes, where others lose one packet in ten', () => {
  test.each<[string, number, Partial<Hop>, Partial<Hop>[]]>([
    ['both packets of one', 0, {}, [{}]],
    ['three packets of one', 0, {}, [{ packets: 3, lost: 3 }]],
    ['five packets of one: 1 in 5,000', 1, {}, [{ packets: 5, lost: 5 }]],
    ['both of two', 0, {}, [{}, {}]],
    ['both of six, where 0.3 are expected', 6, {}, Array(6).fill({})],
    ['both of one, and five of six others', 6, {}, [{}, ...Array(6).fill({ packets: 5, lost: 5 })]],
    ['both of one, where others lose nothing', 1, { packets: 90, lost: 0 }, [{}]],
    ['both of one, where the end of others is lost', 1, { lostSinceMatch: 10 }, [{}]],
    ['both of one, where others lose SYNs', 1, { lostControl: 10 }, [{}]],
    ['both of one, where others lose what is large', 1, { smallestLost: 1500, largestArrived: 1400 }, [{}]],
    ['both of one, the other way', 1, { direction: 1, from: 1, to: 0 }, [{}]],
    ['both of one, and they are large', 1, {}, [{ smallestLost: 1281 }]],
    ['both of one, and every link carries them', 0, {}, [{ smallestLost: 1280 }]],
  ])('%s', (_, expected, passing, gone) => {
    expect(blocked(passing, gone)).toBe(expected);
  });
});

test.each<[string, number, Partial<Hop>[], number]>([
  ['of three lookups, each with one query: 0.1³ of 21 pairs', 0, Array(3).fill({ packets: 1, lost: 1 }), 101],
  ['of five: 0.1⁵', 5, Array(5).fill({ packets: 1, lost: 1 }), 101],
  ['of three, each with two', 3, [{}, {}, {}], 101],
  ['of three, each with two, and others pass between the two ends', 0, [{}, {}, {}], 1],
])('nothing passes to one server %s', (_, expected, gone, server) => {
  expect(blocked({}, gone, { server })).toBe(expected);
});

test('what fewer than three lose is no share of what passes', () => {
  const place = { from: 0, to: 1, direction: 0 } as const;
  expect(passingLoss(hops({}, [], { losing: 2 }), place)).toEqual({ conversations: 20, share: 0 });
  expect(passingLoss(hops({}, [], { losing: 3 }), place)).toEqual({ conversations: 20, share: 30 / 1830 });
});

test('the share of what passes, by hop and direction', () => {
  const all = hops({ lostSinceMatch: 2, lostControl: 3 }, [{}]);
  expect(passingLoss(all, { from: 0, to: 1, direction: 0 })).toEqual({ conversations: 20, share: 5 / 97 });
  expect(passingLoss(all, { from: 0, to: 1, direction: 1 })).toEqual({ conversations: 0, share: 0 });
  expect(passingLoss(all, { from: 1, to: 0, direction: 0 })).toEqual({ conversations: 0, share: 0 });
});

test.each<[number, number, boolean]>([
  [1, 0, false],
  [3, 0, false],
  // 1 - e^-0.001 is 0.0009995.
  [1, 0.001, false],
  [1, 0.00101, true],
  // Poisson, 1.25 expected: 0.0091 for five or more, 0.00037 for seven.
  [5, 1.25, true],
  [7, 1.25, false],
  [10, 10, true],
  [20, 10, true],
  [22, 10, false],
  [1000, 2000, true],
])('%s events or more where %s are expected', (events, expected, isLikely) => {
  expect(isByChance(events, expected)).toBe(isLikely);
});

test('ordinary conversations that were left out count by their packets', () => {
  const all = hops({}, []);
  const leftOut = (from: number, to: number) =>
    passingLoss({ ...all, hopsLeftOut: [{ from, to, packets: 18_000 }] }, { from: 0, to: 1, direction: 0 });
  expect(leftOut(0, 1)).toEqual({ conversations: 200, share: 0.01 });
  expect(leftOut(1, 0)).toEqual({ conversations: 20, share: 0.1 });
  const ways = hops({}, [{ direction: 1, packets: 10, matched: 10, lost: 0 }]);
  const towards = { ...ways, hopsLeftOut: [{ from: 0, to: 1, packets: 2_010 }] };
  expect(passingLoss(towards, { from: 0, to: 1, direction: 0 })).toEqual({ conversations: 40, share: 0.05 });
  expect(passingLoss(towards, { from: 0, to: 1, direction: 1 })).toEqual({ conversations: 2, share: 0 });
  const lookups = { from: 0, to: 1, direction: 0, client: '10.244.1.6', server: '10.244.2.9' } as const;
  const datagrams = { ...all, datagramsLeftOut: [{ ...lookups, packets: 2_000, conversations: 1_500 }] };
  expect(passingLoss(datagrams, { from: 0, to: 1, direction: 0 })).toEqual({ conversations: 1_520, share: 0.05 });
  expect(passingLoss(datagrams, { from: 1, to: 0, direction: 1 })).toEqual({ conversations: 0, share: 0 });
});
