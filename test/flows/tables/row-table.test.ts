import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { growColumns, grown } from '../../../src/flows/tables/columns.ts';
import { finish, hashPair, mix, SEED } from '../../../src/flows/tables/mix.ts';
import { NO_ROW, RowTable } from '../../../src/flows/tables/row-table.ts';

/** Keys by row, in a table whose hashes are `hashOf`; a key that comes again takes its latest row when `replaces`. */
function rowsByKey(hashOf: (key: number) => number, replaces = false) {
  const keys: number[] = [];
  const table = new RowTable((row) => hashOf(keys[row]));
  const find = (key: number): number => {
    for (let row = table.first(hashOf(key)); row !== NO_ROW; row = table.next()) if (keys[row] === key) return row;
    return NO_ROW;
  };
  const add = (key: number): void => {
    if (find(key) !== NO_ROW && !replaces) return;
    table.put(keys.push(key) - 1);
  };
  return { find, add, keys };
}

describe('row table', () => {
  const hashes: [name: string, hashOf: (key: number) => number][] = [
    ['well-spread', (key) => hashPair(key, 0) | 0],
    ['the same for all', () => -1],
    ['few and negative', (key) => -(key % 3)],
    ['that differ in their high bits only', (key) => key << 24],
  ];
  it.each(hashes)('finds each key and no other, with hashes %s', (_, hashOf) => {
    fc.assert(
      fc.property(fc.array(fc.nat(300), { maxLength: 1200 }), fc.boolean(), (added, replaces) => {
        const { find, add, keys } = rowsByKey(hashOf, replaces);
        for (const key of added) add(key);
        for (let key = 0; key <= 300; key++)
          expect(find(key)).toBe(replaces ? keys.lastIndexOf(key) : keys.indexOf(key));
      }),
      { numRuns: 20 },
    );
  });

  it('finds 100,000 keys after it has grown', () => {
    const { find, add } = rowsByKey((key) => hashPair(key, 7) | 0);
    for (let key = 0; key < 100_000; key++) add(key);
    for (let key = 0; key < 100_000; key++) if (find(key) !== key) expect([key, find(key)]).toEqual([key, key]);
    expect(find(100_000)).toBe(NO_ROW);
  });

  it('grows with the numbers of rows, even if one key has them all', () => {
    const { find, add } = rowsByKey(() => 12345, true);
    for (let time = 0; time < 5000; time++) add(1);
    expect(find(1)).toBe(4999);
    expect(find(2)).toBe(NO_ROW);
  });
});

describe('mixer', () => {
  it('spreads words of any kind: slots of a table collide hardly more often than by chance', () => {
    const words: Record<string, (number: number) => readonly [number, number]> = {
      'one after the other': (number) => [number, 0],
      'high bits': (number) => [number << 15, 0],
      'addresses and ports': (number) => [0x0a00_0000 | (number & 0x1ff), (32768 + (number >> 9)) << 16],
      'two that are alike': (number) => [number, number],
    };
    const SLOTS = 1 << 17;
    for (const [name, wordsOf] of Object.entries(words)) {
      const taken = new Set<number>();
      const hashes = new Set<number>();
      for (let number = 0; number < SLOTS; number++) {
        const hash = finish(mix(mix(SEED, wordsOf(number)[0]), wordsOf(number)[1]));
        taken.add(hash & (SLOTS - 1));
        hashes.add(hash);
      }
      // Thrown by chance, 1 - 1/e of the slots are hit: 0.632.
      expect(taken.size / SLOTS, name).toBeGreaterThan(0.62);
      // Of 2^17 hashes of 32 bits, two meet twice by chance.
      expect(SLOTS - hashes.size, name).toBeLessThan(20);
    }
  });

  it('distinguishes the order of words', () => {
    expect(hashPair(1, 2)).not.toBe(hashPair(2, 1));
    expect(hashPair(0, 0)).not.toBe(0);
  });
});

describe('columns', () => {
  it('grow together and keep their contents', () => {
    const columns = { small: Uint8Array.of(1, 255), large: Float64Array.of(0.5, 2 ** 40) };
    growColumns(columns, 4);
    expect(columns).toEqual({ small: Uint8Array.of(1, 255, 0, 0), large: Float64Array.of(0.5, 2 ** 40, 0, 0) });
    expect(grown(Int32Array.of(-1), 2)).toEqual(Int32Array.of(-1, 0));
  });
});
