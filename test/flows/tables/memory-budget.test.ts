import { describe, expect, it } from 'vitest';
import { MemoryBudget, sharedOut } from '../../../src/flows/tables/memory-budget.ts';

const SHARES = { lookup: { bytes: 10, floor: 100 }, ping: { bytes: 5, floor: 50 } };
const fill = (budget: MemoryBudget<'lookup' | 'ping'>, kind: 'lookup' | 'ping'): number => {
  let items = 0;
  while (budget.take(kind)) items++;
  return items;
};

describe('one budget of several tables', () => {
  it('one kind takes its floor and the pool, and leaves the floor of another', () => {
    const budget = new MemoryBudget(400, SHARES);
    expect(fill(budget, 'lookup')).toBe(35);
    expect(fill(budget, 'ping')).toBe(10);
    expect(budget.refused()).toEqual({ lookup: 1, ping: 1 });
  });

  it('what is given back can be taken again, by any kind if it came from the pool', () => {
    const budget = new MemoryBudget(400, SHARES);
    fill(budget, 'lookup');
    budget.giveBack('lookup', 10);
    expect(fill(budget, 'ping')).toBe(30);
    expect(fill(budget, 'lookup')).toBe(0);
  });

  it('several items are taken at once or not at all', () => {
    const budget = new MemoryBudget(400, SHARES);
    expect([budget.take('lookup', 36), budget.take('lookup', 35)]).toEqual([false, true]);
  });

  it('floors shrink when they exceed the total', () => {
    const budget = new MemoryBudget(75, SHARES);
    expect([fill(budget, 'lookup'), fill(budget, 'ping')]).toEqual([5, 5]);
  });

  it('what is handed on shrinks alike, and a small kind keeps its least', () => {
    const bytes = { lookup: 10, ping: 10 };
    expect(sharedOut({ lookup: 100, ping: 4 }, bytes, 1040, 5)).toEqual({ lookup: 100, ping: 4 });
    expect(sharedOut({ lookup: 100, ping: 4 }, bytes, 520, 5)).toEqual({ lookup: 50, ping: 4 });
    expect(sharedOut({ lookup: 100, ping: 4 }, bytes, Number.POSITIVE_INFINITY, 5)).toEqual({ lookup: 100, ping: 4 });
  });
});
