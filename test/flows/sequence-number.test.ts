import fc from 'fast-check';
import { expect, test } from 'vitest';
import { advance, distance, isAfter, isBefore } from '../../src/flows/sequence-number.ts';

const number = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const octets = fc.integer({ min: 0, max: 2 ** 31 - 1 });

test('distance undoes advance, across the wrap too', () => {
  fc.assert(fc.property(number, octets, (from, count) => distance(from, advance(from, count)) === count));
});

test('advance gives a sequence number, and is additive', () => {
  fc.assert(
    fc.property(number, octets, octets, (from, one, other) => {
      const there = advance(advance(from, one), other);
      return there === advance(from, one + other) && there >= 0 && there < 2 ** 32;
    }),
  );
});

test('exactly one of two different numbers is before the other, unless they are half the circle apart', () => {
  fc.assert(
    fc.property(number, number, (a, b) => {
      const opposite = distance(a, b) === -(2 ** 31);
      if (a === b) return !isBefore(a, b) && !isAfter(a, b);
      return opposite || (isBefore(a, b) !== isBefore(b, a) && isBefore(a, b) === isAfter(b, a));
    }),
  );
});

test('after means a positive distance back', () => {
  fc.assert(fc.property(number, number, (a, b) => isAfter(a, b) === distance(b, a) > 0));
});

test.each([
  ['just before the wrap', 2 ** 32 - 1, 0],
  ['over the wrap', 2 ** 32 - 1000, 460],
])('%s the smaller number is the later one', (_, earlier, later) => {
  expect(isBefore(earlier, later)).toBe(true);
  expect(isAfter(later, earlier)).toBe(true);
});
