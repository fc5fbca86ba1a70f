import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  comparedPairs,
  comparedPairsWith,
  MOST_COMPARED,
} from '../../../../src/flows/correlate/same-traffic/compared-pairs.ts';

test('the pairs with one are those of all pairs that it is in, in their order', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3 * MOST_COMPARED }), fc.nat(), (size, any) => {
      const one = any % size;
      expect([...comparedPairsWith(one, size)]).toEqual([...comparedPairs(size)].filter((pair) => pair.includes(one)));
    }),
  );
});
