import { expect, test } from 'vitest';
import { roomFor } from '../../../src/flows/tables/capture-room.ts';
import {
  countValue,
  EVENTS_KEPT,
  HOLES_KEPT,
  hasOnlyPauses,
  ITEMS_KEPT,
  keepLargest,
  OPEN_HOLES_KEPT,
  REFS_KEPT,
  REPEATS_KEPT,
  RESETS_KEPT,
  SPANS_KEPT,
  TROUBLES_KEPT,
  Troubles,
  TURNS_KEPT,
  VALUES_KEPT,
} from '../../../src/flows/tcp/connection-trouble.ts';

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

test('numbers of what is kept', () => {
  expect({
    TROUBLES_KEPT,
    ITEMS_KEPT,
    EVENTS_KEPT,
    REPEATS_KEPT,
    HOLES_KEPT,
    OPEN_HOLES_KEPT,
    REFS_KEPT,
    RESETS_KEPT,
    SPANS_KEPT,
    TURNS_KEPT,
    VALUES_KEPT,
  }).toEqual({
    TROUBLES_KEPT: 50_000,
    ITEMS_KEPT: 400_000,
    EVENTS_KEPT: 200,
    REPEATS_KEPT: 32,
    HOLES_KEPT: 64,
    OPEN_HOLES_KEPT: 256,
    REFS_KEPT: 16,
    RESETS_KEPT: 8,
    SPANS_KEPT: 32,
    TURNS_KEPT: 8,
    VALUES_KEPT: 16,
  });
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

/** The byte budget with room for so many of a kind. */
function roomWith(name: 'trouble' | 'event', left: number) {
  const { others } = roomFor({ flowBytes: 2 ** 30, otherBytes: 2 ** 30 });
  others.take(name, others.left(name) - left);
  return others;
}

test('trouble that finds no room in the budget is forgotten, whatever its limit', () => {
  const room = roomWith('trouble', 2);
  const troubles = new Troubles(100, 100, room);
  for (const connection of [5, 5, 6, 7]) troubles.make(connection, true);
  expect([5, 6, 7].map((connection) => troubles.of(connection) !== undefined)).toEqual([true, true, false]);
  expect(room.left('trouble')).toBe(0);
  const few = new Troubles(1, 100, roomWith('trouble', 9));
  for (const connection of [5, 6]) few.make(connection, true);
  expect([few.of(5)?.grave, few.of(6)]).toEqual([true, undefined]);
});

test('items take room in the budget, and give it back', () => {
  const room = roomWith('event', 2);
  const troubles = new Troubles(10, 100, room);
  expect([1, 2, 3].map(() => troubles.takeItem([], 5))).toEqual([true, true, false]);
  troubles.giveBack(1);
  expect([room.left('event'), troubles.takeItem([], 5), room.left('event')]).toEqual([1, true, 0]);
  // A list that is full takes none.
  expect([troubles.takeItem([1], 1), new Troubles(10, 0, roomWith('event', 5)).takeItem([], 5)]).toEqual([
    false,
    false,
  ]);
});

test('new trouble says nothing yet', () => {
  const troubles = new Troubles(10, 10);
  const { directions, ...rest } = troubles.make(3);
  expect(directions).toEqual([undefined, undefined]);
  expect(rest).toEqual({
    grave: false,
    syn: [],
    synAck: [],
    events: [],
    eventsTotal: 0,
    resets: [],
    spans: [],
    idleGaps: [],
    slowTurns: [],
    application: null,
    latestTurn: undefined,
  });
  const side = troubles.makeDirection(3, 1);
  expect(troubles.of(3)?.directions).toEqual([undefined, side]);
  expect(troubles.makeDirection(3, 1)).toBe(side);
  for (const value of Object.values(side))
    expect([0, false]).toContainEqual(Array.isArray(value) ? value.length : value);
});

test('whether pauses are the only trouble', () => {
  const of = (change: (trouble: ReturnType<Troubles['make']>) => void): boolean => {
    const trouble = new Troubles(10, 10).make(1);
    change(trouble);
    return hasOnlyPauses(trouble);
  };
  expect(of(() => {})).toBe(true);
  expect(of((trouble) => Object.assign(trouble, { idleGaps: [1, 2, 3, 4, 5, 6] }))).toBe(true);
  for (const other of [
    { directions: [{}, undefined] },
    { directions: [undefined, {}] },
    { syn: [{}] },
    { synAck: [{}] },
    { eventsTotal: 1 },
    { resets: [{}] },
    { spans: [{}] },
    { slowTurns: [{}] },
    { application: {} },
  ])
    expect([other, of((trouble) => Object.assign(trouble, other))]).toEqual([other, false]);
});
