import { expect, test } from 'vitest';
import { countValue, keepLargest, Troubles, VALUES_KEPT } from '../../../src/flows/tcp/connection-trouble.ts';

test('reserves half of the places for grave trouble', () => {
  const troubles = new Troubles(4, 100);
  for (const connection of [0, 1, 2, 3, 4]) troubles.make(connection);
  for (const connection of [5, 6, 7]) troubles.make(connection, true);
  expect([0, 1, 2, 3, 4, 5, 6, 7].filter((connection) => troubles.of(connection))).toEqual([0, 1, 5, 6]);
  expect(troubles.of(0)!.grave).toBe(false);
  troubles.makeDirection(0, 1, true);
  expect(troubles.of(0)!.grave).toBe(true);
});

test('accepts trouble beyond its limit, and forgets it', () => {
  const troubles = new Troubles(0, 0);
  troubles.makeDirection(3, 0, true).retransmissions++;
  expect(troubles.of(3)).toBeUndefined();
});

test('items of all lists share one budget, and can be returned', () => {
  const troubles = new Troubles(10, 2);
  expect([troubles.takeItem([], 5), troubles.takeItem([], 5), troubles.takeItem([], 5)]).toEqual([true, true, false]);
  troubles.giveBack(1);
  expect(troubles.takeItem([1, 2], 2)).toBe(false);
  expect(troubles.takeItem([1], 2)).toBe(true);
});

test('counts only the first different values', () => {
  const counts: { value: number; count: number }[] = [];
  for (let value = 0; value < VALUES_KEPT + 5; value++) countValue(counts, value);
  countValue(counts, 3);
  expect(counts).toHaveLength(VALUES_KEPT);
  expect(counts[3]).toEqual({ value: 3, count: 2 });
});

test('keeps the largest few, largest first, and the earlier of equal ones first', () => {
  const list: [number, string][] = [];
  for (const item of [
    [1, 'a'],
    [3, 'b'],
    [2, 'c'],
    [3, 'd'],
    [0, 'e'],
  ] as [number, string][])
    keepLargest(list, item, 3, ([size]) => size);
  expect(list).toEqual([
    [3, 'b'],
    [3, 'd'],
    [2, 'c'],
  ]);
});
