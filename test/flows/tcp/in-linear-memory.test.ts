import { describe, expect, test } from 'vitest';
import { AddressBook } from '../../../src/decode/address-book.ts';
import { Packet } from '../../../src/decode/packet.ts';
import { LinearMemory } from '../../../src/flows/tables/linear-memory.ts';
import { ConnectionBlock } from '../../../src/flows/tcp/connection-block.ts';
import { ConnectionTable, NOT_FOUND } from '../../../src/flows/tcp/connection-table.ts';
import { LinkAddresses, NO_LINK_ADDRESS } from '../../../src/flows/tcp/link-addresses.ts';
import { MeasuredTransfers } from '../../../src/flows/tcp/measured-transfer.ts';
import { BLOCK_RECORDS, RECORD_BYTES } from '../../../src/flows/tcp/record-marks.ts';
import { NUMBERS } from '../../../src/flows/tcp/transfer-numbers.ts';
import { NONE } from '../../../src/flows/tcp/unacked-marks.ts';
import { UnackedSegments } from '../../../src/flows/tcp/unacked-segments.ts';

/** What tables hold before and after they move into linear memory, and where a core finds it there. */
const linearMemory = (): LinearMemory => new LinearMemory(640);
const packet = new Packet(new AddressBook());

/** Rows that the slots at an address hold: the low bits of a slot are a row plus one. */
function rowsAt(linear: LinearMemory, address: number, mask: number): number[] {
  const slots = linear.view(Int32Array, address, mask + 1);
  return [...slots]
    .filter((slot) => slot !== 0)
    .map((slot) => (slot & mask) - 1)
    .sort((a, b) => a - b);
}
const upTo = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, nth) => first + nth);

describe('link addresses', () => {
  /** The n-th address: its upper octets differ as well as its lower ones. */
  const bytes = (nth: number): Uint8Array => Uint8Array.of(9, 2, nth & 1, 0xf0, 0, nth >> 8, nth & 255);
  const numberOf = (nth: number): number => (2 * 256 + (nth & 1)) * 2 ** 32 + 0xf0000000 + nth;

  test.each([3, 255, 256, 700])('%i of them keep their numbers where they move, and get further ones', (count) => {
    const linear = linearMemory();
    const addresses = new LinkAddresses();
    const give = (nth: number): number => addresses.numberAt(bytes(nth), 1);
    expect(upTo(1, count).map(give)).toEqual(upTo(1, count));
    addresses.moveInto(linear);
    for (const last of [count, count + 600]) {
      expect(upTo(1, last).map(give)).toEqual(upTo(1, last));
      expect(addresses.numberAt(bytes(1), -1)).toBe(NO_LINK_ADDRESS);
      expect([...addresses.all()].slice(1)).toEqual(upTo(1, last).map(numberOf));
      const { links, linkSlots, linkMask } = addresses.places;
      expect(Math.min(links, linkSlots)).toBeGreaterThanOrEqual(640);
      const words = linear.view(Int32Array, links, 2 * last + 2);
      // The words of number 0 are those of no address.
      expect([...words.subarray(0, 2)]).toEqual([-1, -1]);
      for (const nth of upTo(1, last))
        if (words[2 * nth] * 2 ** 32 + (words[2 * nth + 1] >>> 0) !== numberOf(nth)) expect(nth).toBe(-1);
      expect(rowsAt(linear, linkSlots, linkMask)).toEqual(upTo(1, last));
    }
  });
});

describe('connections', () => {
  const ends = (nth: number) => ({
    ipVersion: 4 as const,
    source: 0x0a000001 + (nth % 50_000),
    destination: 0xc0a80001,
    sourcePort: 1024 + (nth % 50_000),
    destinationPort: 443,
  });
  const find = (table: ConnectionTable, nth: number): number => table.find(Object.assign(packet, ends(nth)), 3, 5);
  const add = (table: ConnectionTable, nth: number): void => {
    if (find(table, nth) !== NOT_FOUND) throw new Error(`${nth} is known`);
    expect(table.add(packet, 3, 5, true)).toBe(nth);
    table.blockOf(nth).setFlow(ConnectionTable.placeOf(nth), nth + 7);
  };

  test.each([1, BLOCK_RECORDS - 1, BLOCK_RECORDS, BLOCK_RECORDS + 1])(
    '%i of them move, and more are added',
    (count) => {
      const linear = linearMemory();
      const table = new ConnectionTable();
      for (let nth = 0; nth < count; nth++) add(table, nth);
      table.moveInto(linear);
      const last = count + BLOCK_RECORDS + 5;
      for (const length of [count, last]) {
        for (let nth = table.length; nth < length; nth++) add(table, nth);
        const { slots, slotMask, blocks } = table.places;
        expect(rowsAt(linear, slots, slotMask)).toEqual(upTo(0, length - 1));
        const addresses = linear.view(Int32Array, blocks, Math.ceil(length / BLOCK_RECORDS));
        for (const [block, address] of addresses.entries()) {
          expect(address).toBe(table.blockOf(block * BLOCK_RECORDS).linearAddress);
          expect(address).toBeGreaterThanOrEqual(640);
        }
        for (let nth = 0; nth < length; nth++) {
          const at = addresses[Math.floor(nth / BLOCK_RECORDS)] + (nth % BLOCK_RECORDS) * RECORD_BYTES;
          // The number of the connection in the sightings lies at octet 16 of its record.
          const flow = linear.view(Uint32Array, at + 16, 1)[0];
          if (flow !== nth + 7 || find(table, nth) !== 2 * nth)
            expect([flow, find(table, nth)]).toEqual([nth + 7, 2 * nth]);
        }
      }
    },
  );

  test('the addresses of more than 16 blocks move when they grow', () => {
    const linear = linearMemory();
    const table = new ConnectionTable();
    table.moveInto(linear);
    const first = table.places.blocks;
    find(table, 0);
    table.add(packet, 3, 5, true);
    while (table.length < 17 * BLOCK_RECORDS) {
      // A core counts what it has added; only the first record of a block is added here.
      table.countAdded(BLOCK_RECORDS - 1);
      table.addAfter(0);
    }
    const { blocks } = table.places;
    const addresses = linear.view(Int32Array, blocks, 18);
    expect([...addresses]).toEqual(upTo(0, 17).map((block) => table.blockOf(block * BLOCK_RECORDS).linearAddress));
    expect(new Set(addresses).size).toBe(18);
    expect(blocks).not.toBe(first);
  });

  test('the room ends with the block or the slots', () => {
    const table = new ConnectionTable();
    // Without a record there is no block.
    expect(table.room).toBe(0);
    add(table, 0);
    // 512 slots have room for four fifths: 409 rows, of which one is taken.
    expect(table.room).toBe(408);
    table.countAdded(400);
    expect([table.length, table.room]).toEqual([401, 8]);
    const large = new ConnectionTable();
    for (let nth = 0; nth < BLOCK_RECORDS - 3; nth++) add(large, nth);
    expect(large.room).toBe(3);
    for (let nth = BLOCK_RECORDS - 3; nth < BLOCK_RECORDS; nth++) add(large, nth);
    expect(large.room).toBe(0);
  });

  test('records are found by their place in their block', () => {
    expect([0, 1, BLOCK_RECORDS - 1, BLOCK_RECORDS, BLOCK_RECORDS + 2].map(ConnectionTable.placeOf)).toEqual([
      0,
      440,
      4095 * 440,
      0,
      880,
    ]);
    expect(new ConnectionBlock(3).capacity).toBe(3 * 440);
  });
});

describe('segments that wait', () => {
  test('move with their lists, and a core takes and gives places', () => {
    const linear = linearMemory();
    const unacked = new UnackedSegments(600);
    let tail = NONE;
    const append = (packet: number): void => {
      tail = unacked.append(tail);
      unacked.setPacket(tail, packet);
    };
    for (const nth of upTo(1, 3)) append(nth);
    // The first place, of 32 octets, is not used.
    expect([unacked.free, unacked.unused, unacked.roomEnd]).toEqual([NONE, 4 * 32, 256 * 32]);
    unacked.moveInto(linear);
    tail = unacked.dropThrough(32, tail);
    expect([unacked.free, unacked.unused, tail]).toEqual([32, 4 * 32, 96]);
    for (const nth of upTo(4, 300)) append(nth);
    // The first of them took the free place.
    expect([unacked.free, unacked.unused, unacked.roomEnd]).toEqual([NONE, 300 * 32, 512 * 32]);
    const packets: number[] = [];
    for (let slot = unacked.first(tail); slot !== NONE; slot = unacked.after(slot, tail)) {
      packets.push(unacked.packet(slot));
      // The number of the packet lies at octet 16.
      expect(linear.view(Uint32Array, unacked.linearAddress + slot + 16, 1)[0]).toBe(unacked.packet(slot));
    }
    expect(packets).toEqual(upTo(2, 300));
    for (const nth of upTo(301, 520)) append(nth);
    expect(unacked.roomEnd).toBe(601 * 32);
    unacked.setPlaces(64, 590 * 32);
    expect([unacked.free, unacked.unused]).toEqual([64, 590 * 32]);
  });

  test('are so many as were asked for, and no more', () => {
    const unacked = new UnackedSegments(3);
    const slots = upTo(1, 4).map(() => unacked.append(NONE));
    expect([slots, unacked.roomEnd]).toEqual([[32, 64, 96, NONE], 4 * 32]);
  });
});

describe('transfers', () => {
  test('keep their numbers where they move and grow', () => {
    const linear = linearMemory();
    const transfers = new MeasuredTransfers();
    const fill = (position: number): void => {
      expect(transfers.add((position % 2) as 0 | 1)).toBe(position);
      transfers.numbers[transfers.offsetOf(position) + 1] = 100 * position;
    };
    for (const position of upTo(1, 5)) fill(position);
    expect([transfers.room, transfers.offsetOf(0), transfers.offsetOf(5), transfers.offsetOf(6)]).toEqual([
      16,
      -1,
      4 * NUMBERS,
      -1,
    ]);
    transfers.moveInto(linear);
    expect(transfers.room).toBe(16);
    for (const position of upTo(6, 17)) fill(position);
    expect([transfers.room, transfers.length]).toEqual([32, 17]);
    const numbers = linear.view(Float64Array, transfers.numbers.byteOffset, 17 * NUMBERS);
    const told = upTo(0, 16).map((nth) => [...numbers.subarray(nth * NUMBERS, nth * NUMBERS + 2)]);
    expect(told).toEqual(upTo(1, 17).map((position) => [position % 2, 100 * position]));
    // The least octets under way and the room of the window are not known at first; all else is 0.
    const unknown = [14, 16];
    for (const nth of upTo(0, 16))
      for (const at of upTo(2, NUMBERS - 1))
        expect(numbers[nth * NUMBERS + at]).toBe(unknown.includes(at) ? Number.POSITIVE_INFINITY : 0);
  });
});
