import { isIPv4 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { netOf as pathNetOf } from '../../src/flows/correlate/paths/next-device.ts';
import { ipv4Number, isLinkLocalUnicast, netOf } from '../../src/text/addresses.ts';

const value = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

describe('ipv4Number', () => {
  it('accepts every address', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(ipv4Number(address)).toBe(value(address));
      }),
    );
  });

  it('accepts nothing else', () => {
    const odd = fc.string({ unit: fc.constantFrom('0', '1', '25', '6', '.', '..', ':', '/', ' ', 'a', '-') });
    fc.assert(
      fc.property(odd, (text) => {
        // Leading zeros are taken: evidence holds none, ranges from the command line may.
        const plain = text.replace(/(^|\.)0+(?=\d)/g, '$1');
        const isTaken = isIPv4(plain) && text.split('.').every((part) => part.length <= 3);
        expect(ipv4Number(text) !== undefined, text).toBe(isTaken);
      }),
      { numRuns: 2000 },
    );
    for (const text of ['', '1.2.3', '1.2.3.4.5', '1.2.3.256', '1.2.3.', '.1.2.3', 'fd00::1', '10.0.0.0/8'])
      expect(ipv4Number(text), text).toBeUndefined();
  });
});

describe('isLinkLocalUnicast', () => {
  it.each([
    ['169.254.20.10', true],
    ['fe80::1', true],
    ['FE80::1', true],
    ['169.25.4.1', false],
    ['224.0.0.251', false],
    ['ff02::1', false],
    ['fd00::fe80', false],
  ])('%s: %s', (address, expected) => {
    expect(isLinkLocalUnicast(address)).toBe(expected);
  });
});

describe('nets', () => {
  it.each([
    ['fd00::5', 'fd00::6', true],
    ['fd00:10:244::5', 'fd00:10:244::ffff:6', true],
    ['fd00:10:244:1::5', 'fd00:10:244:2::5', false],
    ['fd00:10::5', 'fd00:10:0:1::5', false],
    ['10.244.1.5', '10.244.1.9', true],
    ['10.244.1.5', '10.244.2.5', false],
  ])('%s and %s', (one, other, same) => {
    expect(netOf(one) === netOf(other)).toBe(same);
    expect(pathNetOf(one) === pathNetOf(other)).toBe(same);
  });
});
