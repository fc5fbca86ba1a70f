import { Readable } from 'node:stream';
import fc from 'fast-check';
import { parse } from 'pcap-parser';
import { describe, expect, test } from 'vitest';
import { fromPcapParser, type PcapParserEvents } from '../../../src/decode/files/from-pcap-parser.ts';
import { PcapdiagError } from '../../../src/text/pcapdiag-error.ts';
import { counting, joined, type PacketToWrite, pcapFile } from './capture-builder.ts';
import { collect, inChunks } from './collected.ts';

const numRuns = Number(process.env.FC_RUNS ?? 100);

const THREE: PacketToWrite[] = [
  { seconds: 1_700_000_000, fraction: 1, packet: counting(60) },
  { seconds: 1_700_000_000, fraction: 999_999, packet: counting(5, 7), originalLength: 1500 },
  { seconds: 1_700_000_001, fraction: 0, packet: counting(100, 3) },
];

const aPacket = fc.record({
  seconds: fc.integer({ min: 0, max: 0xffff_ffff }),
  fraction: fc.integer({ min: 0, max: 999_999 }),
  packet: fc.uint8Array({ maxLength: 120 }),
});
const aFile = fc.record({
  littleEndian: fc.boolean(),
  linkType: fc.integer({ min: 0, max: 300 }),
  snaplen: fc.integer({ min: 1, max: 262_144 }),
  packets: fc.array(
    fc.tuple(aPacket, fc.nat(2000)).map(([packet, more]) => ({
      ...packet,
      originalLength: packet.packet.length + more,
    })),
    { maxLength: 8 },
  ),
});

/** Twenty records a second apart, so that damage has something around it. */
const many = (): Uint8Array =>
  pcapFile({
    packets: Array.from({ length: 20 }, (_, n) => ({
      seconds: 1_700_000_000 + n,
      fraction: n,
      packet: counting(40, n),
    })),
  });
const RECORD = 16 + 40;

describe('the variants of classic pcap', () => {
  const variants = [
    { magic: 0xa1b2c3d4, format: 'pcap', nanosecondsPerUnit: 1000, extra: 0 },
    { magic: 0xa1b23c4d, format: 'pcap-ns', nanosecondsPerUnit: 1, extra: 0 },
    { magic: 0xa1b2cd34, format: 'pcap-modified', nanosecondsPerUnit: 1000, extra: 8 },
  ];
  for (const { magic, format, nanosecondsPerUnit, extra } of variants) {
    for (const littleEndian of [true, false]) {
      test(`${format}, ${littleEndian ? 'little' : 'big'} endian`, async () => {
        const file = pcapFile({
          magic,
          littleEndian,
          packets: THREE,
          recordExtra: new Uint8Array(extra),
          linkType: 113,
        });
        const { records, interfaces, problems, result } = await collect(file);
        expect(result).toEqual({ format, bytesRead: file.length });
        expect(interfaces).toEqual([{ index: 0, linkType: 113, snaplen: 65_535, isOnly: true }]);
        expect(problems).toEqual([]);
        expect(records.map(({ seconds, nanoseconds }) => [seconds, nanoseconds])).toEqual(
          THREE.map(({ seconds, fraction }) => [seconds, fraction * nanosecondsPerUnit]),
        );
        expect(records.map(({ packet }) => packet)).toEqual(
          THREE.map(({ packet }) => Buffer.from(packet).toString('hex')),
        );
        expect(records.map(({ originalLength }) => originalLength)).toEqual([60, 1500, 100]);
        expect(records.map(({ offset }) => offset)).toEqual([24, 24 + 76 + extra, 24 + 97 + 2 * extra]);
      });
    }
  }

  test('the packet type of a modified header gives the direction', async () => {
    const flagsOf = async (packetType: number): Promise<number> => {
      const recordExtra = Uint8Array.of(2, 0, 0, 0, 8, 0, packetType, 0);
      return (await collect(pcapFile({ magic: 0xa1b2cd34, packets: [THREE[0]], recordExtra }))).records[0].flags;
    };
    expect(await Promise.all([0, 1, 2, 3, 4].map(flagsOf))).toEqual([1, 1, 1, 0, 2]);
  });

  test.each([
    ['frame check sequence of 4 octets', 0x1400_0001, 1],
    ['frame check sequence, length without its bit', 0x3000_0071, 113],
    ['reserved bits are part of an unknown number', 0x0224_0002, 0x0224_0002],
  ])('link type with %s', async (_, linkType, expected) => {
    expect((await collect(pcapFile({ linkType, packets: [] }))).interfaces[0].linkType).toBe(expected);
  });

  test('version 2.2 writes the original length first, 2.3 in either order', async () => {
    const file = (minor: number): Uint8Array => {
      const bytes = pcapFile({ minor, packets: [{ ...THREE[1], originalLength: 5 }, THREE[0]] });
      new DataView(bytes.buffer).setUint32(24 + 8, 1500, true);
      return bytes;
    };
    for (const minor of [2, 3]) {
      const { records, problems } = await collect(file(minor));
      expect(problems).toEqual([]);
      expect(records.map(({ packet, originalLength }) => [packet.length / 2, originalLength])).toEqual([
        [5, 1500],
        [60, 60],
      ]);
    }
  });

  test('refuses version 1 and gives the offset', async () => {
    const error = await collect(pcapFile({ major: 1, packets: [] })).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'unsupported-format', offset: 4 });
  });

  test('carries a fraction of more than a second into the seconds', async () => {
    const { records } = await collect(pcapFile({ packets: [{ ...THREE[0], fraction: 2_500_000 }] }));
    expect(records[0]).toMatchObject({ seconds: 1_700_000_002, nanoseconds: 500_000_000 });
  });

  test('keeps a captured length above the original length', async () => {
    const packets = THREE.map((packet) => ({ ...packet, originalLength: 3 }));
    const { records, problems } = await collect(pcapFile({ packets }));
    expect(records.map(({ originalLength }) => originalLength)).toEqual([3, 3, 3]);
    expect(problems).toEqual([]);
  });

  test('keeps a record longer than the snaplen', async () => {
    const { records, problems } = await collect(pcapFile({ snaplen: 10, packets: THREE }));
    expect(records).toHaveLength(3);
    expect(problems).toEqual([]);
  });
});

describe('a cut file', () => {
  test('gives its complete records at every length', async () => {
    const whole = pcapFile({ packets: THREE });
    const ends = [24 + 76, 24 + 76 + 21, whole.length];
    for (let length = 0; length <= whole.length; length++) {
      const cut = whole.subarray(0, length);
      if (length < 24) {
        const code = length === 0 ? 'empty-file' : length < 4 ? 'not-a-capture' : 'corrupt-header';
        await expect(collect(cut)).rejects.toMatchObject({ name: 'PcapdiagError', code });
        continue;
      }
      const { records, problems } = await collect(cut);
      expect(records).toHaveLength(ends.filter((end) => end <= length).length);
      const lastEnd = [24, ...ends].filter((end) => end <= length).at(-1);
      const expected = lastEnd === length ? [] : [{ kind: 'truncated', offset: lastEnd }];
      expect(problems).toMatchObject(expected);
      expect(problems).toHaveLength(expected.length);
    }
  });
});

describe('damage', () => {
  test('a flipped bit in a captured length loses only that record', async () => {
    const file = many();
    file[24 + 5 * RECORD + 11] ^= 0x80;
    const { records, problems } = await collect(file);
    expect(records).toHaveLength(19);
    expect(problems).toEqual([
      { kind: 'corrupt', offset: 24 + 5 * RECORD, message: expect.stringContaining(`${RECORD} bytes skipped`) },
    ]);
  });

  test('detects a damaged but possible length by the record after it', async () => {
    const file = many();
    file[24 + 5 * RECORD + 8] = 61;
    const { records, problems } = await collect(file);
    expect(records.length).toBeGreaterThanOrEqual(18);
    expect(problems).toMatchObject([{ kind: 'corrupt' }]);
    expect(problems).toHaveLength(1);
  });

  test('a length beyond the end does not lose the rest', async () => {
    const file = many();
    file[24 + 5 * RECORD + 10] = 1;
    const { records, problems } = await collect(file);
    expect(records).toHaveLength(19);
    expect(problems).toMatchObject([{ kind: 'corrupt', offset: 24 + 5 * RECORD }]);
  });

  test('skips zeroed and random stretches', async () => {
    for (const stretch of [new Uint8Array(1000).fill(0xff), counting(1000, 200)]) {
      const file = many();
      const damaged = joined(file.subarray(0, 24 + 3 * RECORD), stretch, file.subarray(24 + 3 * RECORD));
      const { records, problems } = await collect(damaged);
      expect(records).toHaveLength(20);
      expect(problems).toMatchObject([{ kind: 'corrupt', offset: 24 + 3 * RECORD }]);
    }
  });

  test('skips the whole rest once when no record follows', async () => {
    const file = joined(many(), new Uint8Array(5000).fill(0xff));
    const { records, problems } = await collect(file);
    expect(records).toHaveLength(20);
    expect(problems).toEqual([
      { kind: 'corrupt', offset: 24 + 20 * RECORD, message: expect.stringContaining('5000 bytes skipped') },
    ]);
  });

  test('counts damaged places after the hundredth', async () => {
    const file = many();
    const damage = new Uint8Array(20).fill(0xff);
    const parts = Array.from({ length: 150 }, () => joined(damage, file.subarray(24)));
    const { records, problems } = await collect(joined(file, ...parts));
    expect(records).toHaveLength(20 * 151);
    expect(problems).toHaveLength(101);
    expect(problems.at(-1)?.message).toMatch(/^50 more damaged places/);
  });

  test('looks at each byte once in 16 MiB of damage in small chunks', async () => {
    const damage = new Uint8Array(16 << 20).fill(0xff);
    const file = joined(many(), damage, many().subarray(24));
    async function* small(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < file.length; at += 1000) yield file.subarray(at, at + 1000);
    }
    expect((await collect(small())).records).toHaveLength(40);
  });
});

test('any chunking gives the same records and problems', async () => {
  const damage = fc.option(fc.tuple(fc.nat(), fc.nat(255)), { nil: undefined });
  await fc.assert(
    fc.asyncProperty(aFile, fc.array(fc.nat(), { maxLength: 30 }), damage, async (file, cuts, damaged) => {
      const bytes = pcapFile(file);
      if (damaged !== undefined) bytes[24 + (damaged[0] % Math.max(1, bytes.length - 24))] = damaged[1];
      const whole = await collect(bytes.slice());
      const cut = await collect(inChunks(bytes, cuts));
      expect({ ...cut, result: 0 }).toEqual({ ...whole, result: 0 });
    }),
    { numRuns },
  );
});

test('any bytes after a header end in records and problems', async () => {
  const magic = fc.constantFrom(0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34);
  const words = fc.array(fc.oneof(fc.integer({ min: 0, max: 80 }), fc.integer()), { maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(magic, fc.boolean(), words, async (magicNumber, littleEndian, garbage) => {
      const header = pcapFile({ magic: magicNumber, littleEndian, packets: [] });
      const file = joined(header, new Uint8Array(Int32Array.from(garbage).buffer));
      const { records, problems } = await collect(file);
      for (const { offset, packet } of records)
        expect(offset + 16 + packet.length / 2).toBeLessThanOrEqual(file.length);
      for (const { offset } of problems) expect(offset).toBeLessThanOrEqual(file.length);
    }),
    { numRuns },
  );
});

describe('pcap-parser', () => {
  const parser = (bytes: Uint8Array): PcapParserEvents => parse(Readable.from([Buffer.from(bytes)]));

  test('agrees on every well-formed file with microseconds', async () => {
    await fc.assert(
      fc.asyncProperty(aFile, async (file) => {
        const bytes = pcapFile(file);
        const ours = await collect(bytes);
        const theirs = await collect(fromPcapParser(parser(bytes)));
        expect(theirs).toEqual(ours);
      }),
      { numRuns },
    );
  });

  test('its error becomes a PcapdiagError that names the source', async () => {
    const source = fromPcapParser(parser(pcapFile({ magic: 0xa1b23c4d, packets: THREE })), 'mine');
    await expect(collect(source)).rejects.toMatchObject({ code: 'not-a-capture', path: 'mine' });
  });

  test('no bytes are not a capture', async () => {
    await expect(collect(fromPcapParser(parser(new Uint8Array(0))))).rejects.toBeInstanceOf(PcapdiagError);
  });
});
