import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AddressBook, FIRST_IPV6 } from '../../../src/decode/address-book.ts';
import { Packet } from '../../../src/decode/packet.ts';
import { ConnectionTable, NOT_FOUND } from '../../../src/flows/tcp/connection-table.ts';

const packet = new Packet(new AddressBook());

interface EndPoints {
  ipVersion: 4 | 6;
  source: number;
  destination: number;
  sourcePort: number;
  destinationPort: number;
}

const turned = ({ ipVersion, source, destination, sourcePort, destinationPort }: EndPoints): EndPoints => ({
  ipVersion,
  source: destination,
  destination: source,
  sourcePort: destinationPort,
  destinationPort: sourcePort,
});

const find = (records: ConnectionTable, ends: EndPoints, point = 0, encapsulation = 0): number =>
  records.find(Object.assign(packet, ends), point, encapsulation);

const address = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0xfffffffe, max: 0xffffffff }));
const port = fc.constantFrom(0, 1, 80, 65535);
const ends = fc.record({
  ipVersion: fc.constantFrom<(4 | 6)[]>(4, 6),
  source: address,
  destination: address,
  sourcePort: port,
  destinationPort: port,
  point: fc.constantFrom(0, 1, 65535),
  encapsulation: fc.constantFrom(0, 1, 0x8888),
  again: fc.boolean(),
});

test('finds the latest connection by its end points from both sides, and no others', () => {
  fc.assert(
    fc.property(fc.array(ends, { maxLength: 200 }), (all) => {
      const records = new ConnectionTable();
      const model = new Map<string, number>();
      for (const { point, encapsulation, again, ...plain } of all) {
        const base = plain.ipVersion === 6 ? FIRST_IPV6 : 0;
        const one = { ...plain, source: base + plain.source, destination: base + plain.destination };
        const key = (each: EndPoints): string => JSON.stringify([each, point, encapsulation]);
        const known = model.get(key(one)) ?? NOT_FOUND;
        expect(find(records, one, point, encapsulation)).toBe(known);
        if (known !== NOT_FOUND && !again) continue;
        const added =
          known === NOT_FOUND ? records.add(packet, point, encapsulation, true) : records.addAfter(known >>> 1);
        const side = known === NOT_FOUND ? 0 : known & 1;
        model.set(key(turned(one)), 2 * added + (side ^ 1));
        model.set(key(one), 2 * added + side);
      }
    }),
    { numRuns: 300 },
  );
});

test('finds more connections than end points, as slots grow with their numbers', () => {
  const records = new ConnectionTable();
  const one: EndPoints = { ipVersion: 4, source: 1, destination: 2, sourcePort: 3, destinationPort: 4 };
  const other: EndPoints = { ...one, source: 9 };
  expect(find(records, other)).toBe(NOT_FOUND);
  const first = records.add(packet, 0, 0, true);
  expect(find(records, one)).toBe(NOT_FOUND);
  let latest = records.add(packet, 0, 0, true);
  for (let time = 0; time < 10_000; time++) {
    if (find(records, one) !== 2 * latest) expect(find(records, one)).toBe(2 * latest);
    latest = records.addAfter(latest);
  }
  expect(find(records, turned(one))).toBe(2 * latest + 1);
  expect(find(records, other)).toBe(2 * first);
});
