import { expect, test } from 'vitest';
import { isForMany } from '../../../../src/flows/correlate/paths/expected-path.ts';

test.each([
  ['255.255.255.255', true],
  ['10.0.0.255', true],
  ['223.255.255.254', false],
  ['224.0.0.1', true],
  ['239.255.255.250', true],
  ['240.0.0.1', false],
  ['22.4.0.1', false],
  ['2001:db8::1', false],
  ['2001:db8::10.0.0.255', true],
  ['ff02::1', true],
  ['FF02::1', true],
  ['fe80::1', false],
  ['fe80::10.0.0.255', true],
  ['::ffff:10.0.0.7', false],
  ['', false],
])('%s is for many: %s', (address, isMany) => {
  expect(isForMany(address)).toBe(isMany);
});
