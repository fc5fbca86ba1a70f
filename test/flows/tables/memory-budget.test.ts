import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
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
    // Whatever the rounding: 21 − 150 · (21 ÷ 150) is below 0 in floating point.
    const totals = Array.from({ length: 135 }, (_, at) => 15 + at);
    expect(totals.filter((total) => !new MemoryBudget(total, SHARES).take('ping'))).toEqual([]);
  });

  it('what is handed on shrinks alike, and a small kind keeps its least', () => {
    const bytes = { lookup: 10, ping: 10 };
    expect(sharedOut({ lookup: 100, ping: 4 }, bytes, 1040, 5)).toEqual({ lookup: 100, ping: 4 });
    expect(sharedOut({ lookup: 100, ping: 4 }, bytes, 520, 5)).toEqual({ lookup: 50, ping: 4 });
    expect(sharedOut({ lookup: 100, ping: 4 }, bytes, Number.POSITIVE_INFINITY, 5)).toEqual({ lookup: 100, ping: 4 });
  });
});

test('a budget grants what a list of all that is taken leaves: its floor to each kind, the pool to all', () => {
  const step = fc.record({
    kind: fc.constantFrom<('lookup' | 'ping')[]>('lookup', 'ping'),
    items: fc.integer({ min: 1, max: 9 }),
    isGivenBack: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.constantFrom(75, 150, 151, 200, 400), (steps, total) => {
      const budget = new MemoryBudget(total, SHARES);
      const share = Math.min(1, total / 150);
      const taken = { lookup: 0, ping: 0 };
      const refused: Partial<Record<'lookup' | 'ping', number>> = {};
      const beyond = (kind: 'lookup' | 'ping', bytes: number) => Math.max(0, bytes - SHARES[kind].floor * share);
      for (const { kind, items, isGivenBack } of steps) {
        const bytes = items * SHARES[kind].bytes;
        if (isGivenBack) {
          budget.giveBack(kind, items);
          taken[kind] = Math.max(0, taken[kind] - bytes);
          continue;
        }
        const other = kind === 'lookup' ? 'ping' : 'lookup';
        const pool = total - 150 * share - beyond(other, taken[other]);
        const fits = beyond(kind, taken[kind] + bytes) <= Math.max(pool, beyond(kind, taken[kind]));
        expect(budget.take(kind, items)).toBe(fits);
        if (fits) taken[kind] += bytes;
        else refused[kind] = (refused[kind] ?? 0) + 1;
      }
      expect(budget.refused()).toEqual(refused);
    }),
    { seed: 51, numRuns: Number(process.env.FC_RUNS ?? 300) },
  );
});
