import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CountedValues } from '../../../src/flows/compact/counted-values.ts';
import { formatMac } from '../../../src/flows/compact/link-address.ts';
import { FlowNumbers, NO_FLOW } from '../../../src/flows/trackers/flow-numbers.ts';

/** IPv4 addresses, and numbers of IPv6 addresses, from few so that they meet. */
const address = fc.oneof(
  fc.integer({ min: 0xc0000200, max: 0xc0000208 }),
  fc.integer({ min: 2 ** 32, max: 2 ** 32 + 8 }),
);
const port = fc.constantFrom(0, 1, 53, 40000, 65535);

describe('counted values', () => {
  it('equal the counts of a map', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat(20), fc.maxSafeNat())), (values) => {
        const counted = new CountedValues(1000);
        const counts = new Map<number, number>();
        for (const value of values) {
          counted.add(value);
          counts.set(value, (counts.get(value) ?? 0) + 1);
        }
        const expected = [...counts].map(([value, count]) => ({ value, count }));
        expect(counted.list()).toEqual(expected.sort((a, b) => b.count - a.count || a.value - b.value));
      }),
    );
  });

  it('ignore new values beyond the limit, and still count known ones', () => {
    const counted = new CountedValues(2);
    for (const value of [5, 6, 7, 5, 7, 7, 7]) counted.add(value);
    expect(counted.list()).toEqual([
      { value: 5, count: 2 },
      { value: 6, count: 1 },
    ]);
  });
});

describe('flow numbers', () => {
  it('are equal for both directions of the same ends, and differ for others', () => {
    const packet = fc.tuple(
      fc.nat(2),
      fc.constantFrom(6, 17),
      address,
      port,
      address,
      port,
      fc.constantFrom(0, 1, 0x15),
      fc.boolean(),
    );
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 300 }), (packets) => {
        let next = 0;
        const flows = new FlowNumbers(10_000, () => next++);
        const numbers = new Map<string, number>();
        const directions = new Map<string, number>();
        for (const [
          point,
          protocol,
          source,
          sourcePort,
          destination,
          destinationPort,
          encapsulation,
          fromClient,
        ] of packets) {
          const one = `${source} ${sourcePort}`;
          const other = `${destination} ${destinationPort}`;
          const ends = [one, other].sort().join(' ');
          const found = flows.lookup(
            point,
            protocol,
            source,
            sourcePort,
            destination,
            destinationPort,
            encapsulation,
            fromClient,
          );
          const key = `${point} ${protocol} ${ends} ${encapsulation}`;
          expect(Math.floor(found / 2)).toBe(numbers.get(key) ?? numbers.size);
          numbers.set(key, Math.floor(found / 2));
          if (one === other) continue;
          expect(directions.get(`${key} ${one}`) ?? found % 2).toBe(found % 2);
          expect(directions.get(`${key} ${other}`) ?? 1 - (found % 2)).toBe(1 - (found % 2));
          directions.set(`${key} ${one}`, found % 2);
        }
      }),
    );
  });

  it('take the sender of the first packet as the client if told so', () => {
    const flows = new FlowNumbers(10, () => 4);
    expect(flows.lookup(0, 17, 1, 53, 2, 40000, 0, false)).toBe(9);
    expect(flows.lookup(0, 17, 2, 40000, 1, 53, 0, false)).toBe(8);
  });

  it('report a full table, and still find known ones', () => {
    let next = 0;
    const flows = new FlowNumbers(1, () => next++);
    expect(flows.lookup(0, 17, 1, 1, 2, 2, 0, true)).toBe(0);
    expect(flows.lookup(0, 17, 1, 1, 3, 3, 0, true)).toBe(NO_FLOW);
    expect(flows.lookup(0, 17, 2, 2, 1, 1, 0, true)).toBe(1);
    expect(flows.leftOut).toBe(1);
  });
});

it('MAC addresses are written with all their zeros', () => {
  expect(formatMac(0)).toBe('00:00:00:00:00:00');
  expect(formatMac(0x02000000000a)).toBe('02:00:00:00:00:0a');
  expect(formatMac(0xffffffffffff)).toBe('ff:ff:ff:ff:ff:ff');
});
