import { describe, expect, test } from 'vitest';
import { mostHandedOn, roomFor, rowsWithin } from '../../../src/flows/tables/capture-room.ts';
import { LinearMemory } from '../../../src/flows/tables/linear-memory.ts';
import { float, isBelow, multiply, unsigned, word } from '../../../src/flows/tables/words.ts';

const MIB = 1_048_576;

/** Bytes of an item, and the floor of its kind in MiB: measured numbers, by which 250 MB are kept (DECISIONS.md). */
const FLOWS = { connection: [400, 24], biflow: [80, 8] } as const;
const OTHERS = {
  lookup: [900, 6],
  ping: [1000, 3],
  neighbour: [800, 3],
  host: [900, 6],
  value: [200, 2],
  datagram: [200, 4],
  trouble: [700, 4],
  event: [150, 3],
  tunnel: [2500, 2],
  row: [59, 7.25],
} as const;
/** All floors together: then nothing is left for whoever comes first. */
const FLOORS = { flowBytes: 32 * MIB, otherBytes: 40.25 * MIB };

describe('the room of a capture', () => {
  test.each(Object.entries(FLOWS))('%s: what its floor holds, and no more', (kind, [bytes, floor]) => {
    const { flows } = roomFor(FLOORS);
    const most = Math.floor((floor * MIB) / bytes);
    expect([flows.take(kind as keyof typeof FLOWS, most), flows.take(kind as keyof typeof FLOWS)]).toEqual([
      true,
      false,
    ]);
  });

  test.each(Object.entries(OTHERS))('%s: what its floor holds, and no more', (kind, [bytes, floor]) => {
    const { others } = roomFor(FLOORS);
    const most = Math.floor((floor * MIB) / bytes);
    expect([others.take(kind as keyof typeof OTHERS, most), others.take(kind as keyof typeof OTHERS)]).toEqual([
      true,
      false,
    ]);
  });

  test('what is more than the floors goes to whoever comes first', () => {
    const { others } = roomFor({ ...FLOORS, otherBytes: 41.25 * MIB });
    expect(others.take('ping', Math.floor((4 * MIB) / 1000))).toBe(true);
    expect([others.take('ping'), others.take('host', Math.floor((6 * MIB) / 900) + 1)]).toEqual([false, false]);
    expect(others.take('host', Math.floor((6 * MIB) / 900))).toBe(true);
  });

  test('rows take their room from the others', () => {
    const { others } = roomFor(FLOORS);
    const hasRoom = rowsWithin(others);
    const most = Math.floor((7.25 * MIB) / 59);
    expect([hasRoom(most), hasRoom(1)]).toEqual([true, false]);
  });
});

test('objects that are handed on: the same share of each kind, and 2,000 of each in any case', () => {
  const counts = { connection: 10_000, datagram: 10_000, lookup: 10_000, ping: 10_000, neighbour: 1000 };
  const bytes = 35_000_000 + 35_000_000 + 18_000_000 + 16_000_000 + 1_500_000;
  expect(mostHandedOn(counts, bytes)).toEqual(counts);
  expect(mostHandedOn(counts, bytes / 2)).toEqual({
    ...{ connection: 5000, datagram: 5000, lookup: 5000, ping: 5000, neighbour: 1000 },
  });
  expect(mostHandedOn(counts, bytes / 10)).toEqual({
    ...{ connection: 2000, datagram: 2000, lookup: 2000, ping: 2000, neighbour: 1000 },
  });
  expect(mostHandedOn({ ...counts, connection: 0 }, 0)).toMatchObject({ connection: 0, ping: 2000 });
});

test('words of 32 bits', () => {
  expect([multiply(3, 5), multiply(65_537, 65_537), multiply(-1, 7)]).toEqual([15, 131_073, -7]);
  expect([isBelow(1, 2), isBelow(2, 2), isBelow(3, 2), isBelow(2, -1), isBelow(-1, 2)]).toEqual([
    true,
    false,
    false,
    true,
    false,
  ]);
  expect([unsigned(-1), unsigned(5), unsigned(-2_147_483_648)]).toEqual([4_294_967_295, 5, 2_147_483_648]);
  expect([word(4_294_967_295), word(5), word(-3), word(4_294_967_296 + 8)]).toEqual([-1, 5, -3, 8]);
  expect([float(-1), float(5)]).toEqual([-1, 5]);
});

describe('linear memory', () => {
  test('regions begin at lines of 64 bytes, behind what is reserved, and are zeroed again', () => {
    const linear = new LinearMemory(65);
    expect([linear.allocate(1), linear.allocate(64), linear.allocate(65), linear.allocate(8)]).toEqual([
      128, 192, 256, 384,
    ]);
    expect(linear.allocations).toBe(4);
    linear.view(Uint8Array, 256, 65).fill(7);
    linear.free(192, 64);
    linear.free(256, 65);
    // The first region that is large enough.
    expect([linear.allocate(65), linear.allocate(60), linear.allocate(60)]).toEqual([256, 192, 448]);
    expect(linear.view(Uint8Array, 256, 65).every((octet) => octet === 0)).toBe(true);
    expect([...linear.view(Uint32Array, 384, 2)]).toEqual([0, 0]);
  });

  test('grows by as many pages as are missing, and by 256 at least', () => {
    const linear = new LinearMemory(0);
    const pages = (): number => linear.memory.buffer.byteLength / 65_536;
    expect(pages()).toBe(256);
    linear.allocate(256 * 65_536);
    expect(pages()).toBe(256);
    linear.allocate(1);
    expect(pages()).toBe(512);
    linear.allocate(256 * 65_536 + 300 * 65_536);
    expect(pages()).toBe(512 + 301);
  });
});
