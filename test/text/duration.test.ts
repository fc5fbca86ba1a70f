import { expect, it } from 'vitest';
import { duration } from '../../src/text/duration.ts';

it.each([
  [2e-7, '1 µs'],
  [0.000_035, '35 µs'],
  [0.000_5, '0.5 ms'],
  [0.25, '250.0 ms'],
  [2, '2.00 s'],
  [0, '0.0 ms'],
])('%f s are written as %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});
