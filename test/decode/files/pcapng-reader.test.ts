import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blocks, counting, joined, octets } from './capture-builder.ts';
import { collect, inChunks } from './collected.ts';

const numRuns = Number(process.env.FC_RUNS ?? 100);
const SECONDS = 1_700_000_000n;
const MICROSECONDS = SECONDS * 1_000_000n;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** A section with two interfaces and a packet of every kind. */
function wholeSection(littleEndian: boolean): Uint8Array {
  const write = blocks(littleEndian);
  return joined(
    write.section([[1, 'of the section']]),
    write.interface(1, 65_535, [
      [2, 'eth0\0'],
      [3, 'the first'],
      [11, joined(Uint8Array.of(0), new TextEncoder().encode('tcp port 80'))],
      [1, 'of the interface'],
    ]),
    write.interface(113, 4, [[9, Uint8Array.of(9)]]),
    write.enhanced(0, MICROSECONDS + 5n, counting(61), 1500, [
      [2, octets(littleEndian, (to) => to.u32(2))],
      [4, octets(littleEndian, (to) => to.i64(7n))],
      [1, 'of the packet'],
    ]),
    write.block(4, new Uint8Array(8)),
    write.enhanced(1, SECONDS * 1_000_000_000n + 123_456_789n, counting(4), 4),
    write.simple(counting(6), 6),
    write.block(0x0bad, new Uint8Array(8)),
    write.old(1, 3, SECONDS * 1_000_000_000n, counting(3), 9),
    write.old(0, 0xffff, MICROSECONDS, counting(1), 1),
    write.block(0x12345678, counting(40)),
    write.statistics(1, [
      [5, octets(littleEndian, (to) => to.i64(11n))],
      [7, octets(littleEndian, (to) => to.i64(2n ** 40n))],
    ]),
  );
}

for (const littleEndian of [true, false]) {
  test(`every kind of block, ${littleEndian ? 'little' : 'big'} endian`, async () => {
    const { interfaces, records, comments, problems, result } = await collect(wholeSection(littleEndian));
    expect(problems).toEqual([]);
    expect(result.format).toBe('pcapng');
    expect(interfaces).toEqual([
      { index: 0, linkType: 1, snaplen: 65_535, name: 'eth0', description: 'the first', filter: 'tcp port 80' },
      { index: 1, linkType: 113, snaplen: 4 },
      { index: 1, linkType: 113, snaplen: 4, interfaceDropped: 11, systemDropped: 2 ** 40 },
    ]);
    expect(comments).toEqual(['of the section', 'of the interface', 'of the packet']);
    const seconds = Number(SECONDS);
    expect(records.map(({ offset: _, ...rest }) => rest)).toEqual([
      {
        seconds,
        nanoseconds: 5000,
        packet: hex(counting(61)),
        originalLength: 1500,
        interfaceIndex: 0,
        flags: 2,
        dropCount: 7,
      },
      {
        seconds,
        nanoseconds: 123_456_789,
        packet: hex(counting(4)),
        originalLength: 4,
        interfaceIndex: 1,
        flags: 0,
        dropCount: 0,
      },
      {
        seconds,
        nanoseconds: 123_456_789,
        packet: hex(counting(6)),
        originalLength: 6,
        interfaceIndex: 0,
        flags: 0,
        dropCount: 0,
      },
      {
        seconds,
        nanoseconds: 0,
        packet: hex(counting(3)),
        originalLength: 9,
        interfaceIndex: 1,
        flags: 0,
        dropCount: 3,
      },
      {
        seconds,
        nanoseconds: 0,
        packet: hex(counting(1)),
        originalLength: 1,
        interfaceIndex: 0,
        flags: 0,
        dropCount: 0,
      },
    ]);
  });
}

test('numbers interfaces over all sections of either byte order', async () => {
  const { interfaces, records } = await collect(joined(wholeSection(true), wholeSection(false), wholeSection(true)));
  expect(interfaces.map(({ index }) => index)).toEqual([0, 1, 1, 2, 3, 3, 4, 5, 5]);
  expect(records.map(({ interfaceIndex }) => interfaceIndex)).toEqual([0, 1, 0, 1, 0, 2, 3, 2, 3, 2, 4, 5, 4, 5, 4]);
});

test('reads packets of more interfaces than names are kept of, each by its own clock and link type', async () => {
  const write = blocks(true);
  const count = 20_000;
  const nth = (on: number) => ({ linkType: on % 3 === 0 ? 113 : 1, resolution: on % 2 === 0 ? 6 : 9 });
  const described = Array.from({ length: count }, (_, on) =>
    write.interface(nth(on).linkType, 65_535, [
      [2, Buffer.from(`veth${on}`)],
      [9, Uint8Array.of(nth(on).resolution)],
      [14, octets(true, (to) => to.i64(BigInt(on % 5)))],
    ]),
  );
  const asked = [0, 9_999, 10_000, 10_001, 10_001, 19_999, 12_345, 1, 20_000];
  const packets = asked.map((on) => write.enhanced(on, 7n * 10n ** BigInt(nth(on).resolution) + 3n, counting(4), 4));
  const drops = write.statistics(15_000, [[5, octets(true, (to) => to.i64(11n))]]);
  const file = joined(write.section(), ...described, ...packets, drops, write.section(), described[0], packets[0]);
  const { interfaces, records, problems } = await collect(file);
  expect(interfaces.slice(0, count).map(({ linkType }) => linkType)).toEqual(
    Array.from({ length: count }, (_, on) => nth(on).linkType),
  );
  expect(interfaces[count]).toMatchObject({ index: 15_000, linkType: 113, snaplen: 65_535, interfaceDropped: 11 });
  expect(records.map((record) => [record.interfaceIndex, record.seconds, record.nanoseconds])).toEqual([
    ...asked.slice(0, -1).map((on) => [on, 7 + (on % 5), nth(on).resolution === 6 ? 3_000 : 3]),
    [count, 7, 3_000],
  ]);
  expect(problems.map(({ message }) => message)).toEqual([
    'a packet is said to be of interface 20000, of 20000; the block is skipped',
  ]);
});

test('limits a simple packet to the snaplen of its interface', async () => {
  const write = blocks(true);
  const { records } = await collect(joined(write.section(), write.interface(1, 5), write.simple(counting(8), 900)));
  expect(records).toMatchObject([{ packet: hex(counting(5)), originalLength: 900 }]);
});

describe('time stamps', () => {
  const timeOf = async (resolution: number, stamp: bigint, offset = 0n): Promise<[number, number]> => {
    const write = blocks(true);
    const { records } = await collect(
      joined(
        write.section(),
        write.interface(1, 0, [
          [9, Uint8Array.of(resolution)],
          [14, octets(true, (to) => to.i64(offset))],
        ]),
        write.enhanced(0, stamp, counting(1), 1),
      ),
    );
    return [records[0].seconds, records[0].nanoseconds];
  };

  test.each([
    ['seconds', 0, SECONDS, 0],
    ['milliseconds', 3, SECONDS * 1000n + 42n, 42_000_000],
    ['nanoseconds', 9, SECONDS * 1_000_000_000n + 999_999_999n, 999_999_999],
    ['tenths of nanoseconds', 10, SECONDS * 10_000_000_000n + 19n, 1],
    ['2⁻¹ s', 0x81, SECONDS * 2n + 1n, 500_000_000],
    ['2⁻³⁰ s', 0x9e, (SECONDS << 30n) + 1n, 0],
    ['2⁻²⁰ s', 0x94, (SECONDS << 20n) + 3n, 2861],
  ])('in %s', async (_, resolution, stamp, nanoseconds) => {
    expect(await timeOf(resolution, stamp)).toEqual([Number(SECONDS), nanoseconds]);
  });

  test('adds if_tsoffset, which may be negative', async () => {
    expect(await timeOf(6, 5_000_001n, 1_700_000_000n)).toEqual([1_700_000_005, 1000]);
    expect(await timeOf(6, 5_000_001n, -10n)).toEqual([-5, 1000]);
  });

  test('reads any stamp of any resolution exactly', async () => {
    const resolution = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0x80, max: 0xa8 }));
    await fc.assert(
      fc.asyncProperty(resolution, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), async (octet, stamp) => {
        const perSecond = octet & 0x80 ? 2n ** BigInt(octet & 0x7f) : 10n ** BigInt(octet);
        const nanoseconds = ((stamp % perSecond) * 1_000_000_000n) / perSecond;
        expect(await timeOf(octet, stamp)).toEqual([Number(stamp / perSecond), Number(nanoseconds)]);
      }),
      { numRuns },
    );
  });
});

describe('damage', () => {
  const write = blocks(true);
  const packet = (n: number): Uint8Array => write.enhanced(0, MICROSECONDS + BigInt(n), counting(50, n), 50);
  const head = joined(write.section(), write.interface(1, 0));
  const file = (): Uint8Array => joined(head, ...Array.from({ length: 10 }, (_, n) => packet(n)));
  const LENGTH = packet(0).length;
  const at = (n: number): number => head.length + n * LENGTH;

  test.each([
    ['total length', 4, 0x81],
    ['total length, impossible', 7, 0x7f],
    ['trailing length', LENGTH - 4, 1],
  ])('of the %s loses one block', async (_, octet, value) => {
    const bytes = file();
    bytes[at(3) + octet] = value;
    const { records, problems } = await collect(bytes);
    expect(records).toHaveLength(9);
    expect(problems).toEqual([
      { kind: 'corrupt', offset: at(3), message: expect.stringContaining(`${LENGTH} bytes skipped`) },
    ]);
  });

  test('of a captured length or interface loses one block', async () => {
    for (const octet of [20, 8]) {
      const bytes = file();
      bytes[at(3) + octet] = 200;
      const { records, problems } = await collect(bytes);
      expect(records).toHaveLength(9);
      expect(problems).toMatchObject([{ kind: 'corrupt', offset: at(3) }]);
    }
  });

  test('of 3 lost bytes is skipped, although blocks are no longer aligned', async () => {
    const bytes = file();
    const { records, problems } = await collect(joined(bytes.subarray(0, at(3) + 30), bytes.subarray(at(3) + 33)));
    expect(records).toHaveLength(9);
    expect(problems).toMatchObject([{ kind: 'corrupt', offset: at(3) }]);
  });

  test('keeps a packet without its option that exceeds the block', async () => {
    const broken = write.enhanced(0, MICROSECONDS, counting(4), 4, [
      [1, 'kept'],
      [2, new Uint8Array(4)],
    ]);
    broken[28 + 4 + 8 + 2] = 200;
    const { records, comments, problems } = await collect(joined(head, broken, packet(1)));
    expect(records).toHaveLength(2);
    expect(comments).toEqual(['kept']);
    expect(problems).toEqual([]);
  });

  test('reads a block whose length omits its padding', async () => {
    const unpadded = write.enhanced(0, MICROSECONDS, counting(5), 5);
    const view = new DataView(unpadded.buffer);
    view.setUint32(4, unpadded.length - 3, true);
    view.setUint32(unpadded.length - 4, unpadded.length - 3, true);
    const { records, problems } = await collect(joined(head, unpadded, packet(1)));
    expect(records).toHaveLength(2);
    expect(problems).toEqual([]);
  });

  test('every truncation gives the complete blocks before it', async () => {
    const bytes = file();
    for (let length = 24; length <= bytes.length; length++) {
      if (length < 28) {
        await expect(collect(bytes.subarray(0, length))).rejects.toMatchObject({ code: 'corrupt-header' });
        continue;
      }
      const { records, problems } = await collect(bytes.subarray(0, length));
      expect(records).toHaveLength(Math.max(0, Math.floor((length - head.length) / LENGTH)));
      const cut = length !== 28 && (length < head.length || (length - head.length) % LENGTH !== 0);
      expect(problems.map(({ kind }) => kind)).toEqual(cut ? ['truncated'] : []);
    }
  });

  test.each([
    ['no byte-order magic', 8, 0, 'corrupt-header'],
    ['an impossible length', 4, 3, 'corrupt-header'],
    ['version 2', 12, 2, 'unsupported-format'],
  ])('a first section header with %s is an error', async (_, octet, value, code) => {
    const bytes = file();
    bytes[octet] = value;
    await expect(collect(bytes)).rejects.toMatchObject({ name: 'PcapdiagError', code, offset: 0 });
  });
});

test('any chunking of any damage gives the same records and problems', async () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 });
  const cuts = fc.array(fc.nat(), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(fc.boolean(), damage, cuts, async (littleEndian, damaged, places) => {
      const bytes = joined(wholeSection(littleEndian), wholeSection(!littleEndian));
      for (const [at, value] of damaged) bytes[at % bytes.length] = value;
      const outcome = (read: ReturnType<typeof collect>) =>
        read
          .then(({ result: _, ...told }) => told)
          .catch((error: unknown) => ({ code: (error as { code: string }).code }));
      const whole = await outcome(collect(bytes.slice()));
      expect(await outcome(collect(inChunks(bytes, places)))).toEqual(whole);
    }),
    { numRuns },
  );
});

test('any blocks after a section header end in records and problems', async () => {
  const words = fc.array(fc.oneof(fc.integer({ min: 0, max: 64 }), fc.integer()), { maxLength: 200 });
  const write = blocks(true);
  const block = fc
    .tuple(fc.integer({ min: 1, max: 11 }), words)
    .map(([type, body]) => write.block(type, new Uint8Array(Int32Array.from(body).buffer)));
  const garbage = words.map((body) => new Uint8Array(Int32Array.from(body).buffer));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(block, garbage), { maxLength: 10 }), async (parts) => {
      const file = joined(write.section(), ...parts);
      const { records, problems } = await collect(file);
      for (const { packet } of records) expect(packet.length / 2).toBeLessThanOrEqual(file.length);
      for (const { offset } of problems) expect(offset).toBeLessThanOrEqual(file.length);
    }),
    { numRuns },
  );
});
