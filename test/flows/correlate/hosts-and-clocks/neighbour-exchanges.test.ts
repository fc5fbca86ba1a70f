import { expect, test } from 'vitest';
import { DelayFloor } from '../../../../src/flows/correlate/hosts-and-clocks/clock-fit.ts';
import type { Comparison } from '../../../../src/flows/correlate/hosts-and-clocks/comparison.ts';
import { compareNeighbours } from '../../../../src/flows/correlate/hosts-and-clocks/neighbour-exchanges.ts';
import { type MadeUpRow, madeUpCluster } from '../made-up-cluster.ts';

const [ASKS, ANSWERS] = [1, 2];
type Known = Partial<Record<'forth' | 'back' | 'unordered', number>>;

/**
 * Requests and answers that two points saw; the first point is nearer to who asks unless the times say otherwise.
 * @param known a delay between the clocks that other packets showed, by direction
 * @param clocks of the two points
 */
function compared(
  rows: { there: [number[], number[]]; back: [number[], number[]] },
  known: Known,
  { clocks = [0, 1], shift = 0, flags = [ASKS, ANSWERS] } = {},
) {
  const row =
    (flag: number) =>
    (time: number): MadeUpRow => ({ time, flags: flag });
  const legs = [0, 1].map((point) => ({
    point,
    kind: 'arp' as const,
    there: rows.there[point].map(row(ASKS)),
    back: rows.back[point].map(row(point === 0 ? ANSWERS : flags[1])),
  }));
  const { evidence, members, store } = madeUpCluster(legs, [{}, { timeShift: shift }]);
  const floor = (delay: number | undefined) => {
    const made = new DelayFloor(0, 2048);
    if (delay !== undefined) made.add(0, delay);
    return made;
  };
  const comparison: Comparison = {
    clocks: [0, 1],
    forth: floor(known.forth),
    back: floor(known.back),
    unordered: floor(known.unordered),
    nearer: new Map(),
  };
  compareNeighbours(new Map([['0 1', comparison]]), members, evidence, store, clocks);
  const added = (of: DelayFloor) =>
    [...of.points()].filter(({ time }) => time > 0).map(({ time, delay }) => [time, Math.round(delay * 1e6)]);
  return { forth: added(comparison.forth), back: added(comparison.back) };
}
const nothing = { forth: [], back: [] };
/** Asked at 10 s and answered 1 ms later; 200 µs on the way each; the second clock is 0.5 s ahead. */
const exchange = { there: [[10], [10.5002]], back: [[10.001], [10.5008]] } as {
  there: [number[], number[]];
  back: [number[], number[]];
};

test('a request and its answer give a delay in each direction, where one direction is known', () => {
  const told = { forth: [[10, 500_200]], back: [[10.001, -499_800]] };
  expect(compared(exchange, { forth: 0.5 })).toEqual(told);
  expect(compared(exchange, { back: -0.5 })).toEqual(told);
  expect(compared(exchange, { unordered: 0.5 })).toEqual(told);
});

test('nothing is added where both directions are known, or nothing is', () => {
  expect(compared(exchange, { forth: 0.5, back: -0.5 })).toEqual(nothing);
  expect(compared(exchange, {})).toEqual(nothing);
});

test('a packet is the same within 0.1 s of the known difference', () => {
  expect(compared(exchange, { forth: 0.4003 }).forth).toEqual([[10, 500_200]]);
  expect(compared(exchange, { forth: 0.4001 })).toEqual(nothing);
  expect(compared(exchange, { forth: 0.5997 }).forth).toEqual([[10, 500_200]]);
  expect(compared(exchange, { forth: 0.6003 })).toEqual(nothing);
});

test('of several the nearest to the known difference, and only one of the same kind', () => {
  const twice = { ...exchange, there: [[10], [10.44, 10.5002, 10.55]] } as typeof exchange;
  expect(compared(twice, { forth: 0.5 }).forth).toEqual([[10, 500_200]]);
  // With 440 ms the request takes less than the answer: then the second point is nearer to who asks.
  expect(compared(twice, { forth: 0.45 })).toEqual({ forth: [[10.001, 499_800]], back: [[10, -440_000]] });
  // What comes back at the second point is another operation: one direction is left, which tells no order.
  expect(compared(exchange, { forth: 0.5 }, { flags: [ASKS, 7] })).toEqual(nothing);
});

test('the way is that of the packets: the point with the longer wait is nearer to who asks', () => {
  const turned = { there: [[10], [10.4998]], back: [[10.001], [10.5012]] } as typeof exchange;
  expect(compared(turned, { forth: 0.5 })).toEqual({ forth: [[10.001, 500_200]], back: [[10, -499_800]] });
});

test('the start of a capture counts, and the clock with the smaller number comes first', () => {
  const later = { there: [[10], [8.5002]], back: [[10.001], [8.5008]] } as typeof exchange;
  expect(compared(later, { forth: 0.5 }, { shift: 2 })).toEqual({ forth: [[10, 500_200]], back: [[10.001, -499_800]] });
  // The first point has clock 1: it is 0.5 s behind, and nearer to who asks, so requests pass from clock 1 to clock 0.
  expect(compared(exchange, { forth: -0.5 }, { clocks: [1, 0] })).toEqual({
    forth: [[10.5008, -499_800]],
    back: [[10.5002, 500_200]],
  });
  // Clocks that nothing compares.
  expect(compared(exchange, { forth: 0.5 }, { clocks: [0, 2] })).toEqual(nothing);
});

test('64 rows of a direction are compared', () => {
  const late = (before: number): typeof exchange => {
    const old = Array.from({ length: before }, (_, at) => 1 + at / 100);
    return { there: [[...old, 10], [10.5002]], back: [[10.001], [10.5008]] };
  };
  expect(compared(late(63), { forth: 0.5 }).forth).toEqual([[10, 500_200]]);
  expect(compared(late(64), { forth: 0.5 })).toEqual(nothing);
  const other = (before: number): typeof exchange => {
    const old = Array.from({ length: before }, (_, at) => 1 + at / 100);
    return { there: [[10], [...old, 10.5002]], back: [[10.001], [10.5008]] };
  };
  expect(compared(other(63), { forth: 0.5 }).forth).toEqual([[10, 500_200]]);
  expect(compared(other(64), { forth: 0.5 })).toEqual(nothing);
});

test('where both directions are known, or none, nothing is added', () => {
  expect(compared(exchange, { forth: 0.5, back: -0.5 })).toEqual(nothing);
  expect(compared(exchange, {})).toEqual(nothing);
  // The direction that is known tells how far the clocks are apart, and not what has no direction.
  expect(compared(exchange, { forth: 0.5, unordered: 90 }).forth).toHaveLength(1);
  expect(compared(exchange, { back: -0.5, unordered: 90 }).forth).toHaveLength(1);
});
