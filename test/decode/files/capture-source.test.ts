import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { type CaptureSource, readCapture } from '../../../src/decode/files/capture-source.ts';
import { ZstdFrames } from '../../../src/decode/files/zstd-frames.ts';
import { counting, joined, pcapFile } from './capture-builder.ts';
import { collect, collector, inChunks } from './collected.ts';

const numRuns = Number(process.env.FC_RUNS ?? 100);
const folder = mkdtempSync(join(tmpdir(), 'pcapdiag-'));
afterAll(() => rmSync(folder, { recursive: true }));

const PACKETS = 3000;
const plain = pcapFile({
  packets: Array.from({ length: PACKETS }, (_, n) => ({
    seconds: 1_700_000_000,
    fraction: n,
    packet: counting(n % 97, n),
  })),
});
const zstdOf = (bytes: Uint8Array, ...options: string[]): Uint8Array =>
  new Uint8Array(spawnSync('zstd', ['-q', '-c', ...options], { input: bytes, maxBuffer: 1 << 28 }).stdout);
const hasZstd = spawnSync('zstd', ['--version']).status === 0;

const saved = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};

describe('every kind of source gives the same result', () => {
  const sources: Record<string, () => CaptureSource> = {
    bytes: () => plain,
    'a buffer': () => Buffer.from(plain),
    'a path': () => saved('a.bin', plain),
    'an async iterable that reuses its memory': () => inChunks(plain, [1, 2, 3, 30, 500, 501, 100_000]),
    'a stream': () => Readable.from([plain.subarray(0, 10), plain.subarray(10)].map((chunk) => Buffer.from(chunk))),
    'named bytes': () => ({ name: 'mine', data: plain }),
    'a named iterable': () => ({ name: 'mine', data: inChunks(plain, [77]) }),
  };
  for (const [name, source] of Object.entries(sources)) {
    test(name, async () => {
      const { records, problems, result } = await collect(source());
      expect(result).toEqual({ format: 'pcap', bytesRead: plain.length });
      expect(problems).toEqual([]);
      expect(records).toHaveLength(PACKETS);
      expect(records[96].packet).toBe(Buffer.from(counting(96, 96)).toString('hex'));
    });
  }

  test('reads a file that needs several reads', async () => {
    const packets = Array.from({ length: 2000 }, (_, n) => ({ seconds: 1, fraction: n, packet: counting(1400, n) }));
    const { records } = await collect(saved('large.pcap', pcapFile({ packets })));
    expect(records.map(({ packet }) => Number.parseInt(packet.slice(0, 2), 16))).toEqual(
      packets.map((_, n) => n & 0xff),
    );
  });
});

describe('compression', () => {
  const gzip = new Uint8Array(gzipSync(plain));

  test('decompresses gzip, and gzip in gzip, from any chunks', async () => {
    for (const file of [gzip, new Uint8Array(gzipSync(gzip))]) {
      const { records, problems, result } = await collect(inChunks(file, [1, 3, 9, 100, 5000]));
      expect(result).toEqual({ format: 'pcap', bytesRead: file.length, compression: 'gzip' });
      expect(records).toHaveLength(PACKETS);
      expect(problems).toEqual([]);
    }
  });

  test('refuses three layers', async () => {
    const file = new Uint8Array(gzipSync(gzipSync(gzip)));
    await expect(collect(file)).rejects.toMatchObject({ code: 'unsupported-format' });
  });

  test('reads several gzip members followed by garbage', async () => {
    const members = [plain.subarray(0, 1000), plain.subarray(1000)].map((part) => new Uint8Array(gzipSync(part)));
    const { records, problems } = await collect(joined(...members, new Uint8Array(500)));
    expect(records).toHaveLength(PACKETS);
    expect(problems).toEqual([]);
  });

  test('gives the records of a cut gzip and reports the cut', async () => {
    const { records, problems } = await collect(gzip.subarray(0, gzip.length - 2000));
    expect(records.length).toBeGreaterThan(PACKETS / 4);
    expect(records.length).toBeLessThan(PACKETS);
    expect(problems.map(({ kind }) => kind)).toContain('compression');
  });

  test('throws for a gzip with nothing readable', async () => {
    const broken = joined(gzip.subarray(0, 10), new Uint8Array(2000).fill(0xff));
    await expect(collect(broken)).rejects.toMatchObject({ code: 'corrupt-header' });
  });

  test('reports a gzip of nothing as an empty file', async () => {
    await expect(collect(new Uint8Array(gzipSync('')))).rejects.toMatchObject({ code: 'empty-file' });
  });

  describe.skipIf(!hasZstd)('zstd (skipped without the zstd program)', () => {
    const zstd = zstdOf(plain);

    test('reads one frame, several frames and a skippable frame', async () => {
      const two = joined(zstdOf(plain.subarray(0, 999)), zstdOf(plain.subarray(999), '--no-check'));
      const skippable = Uint8Array.of(0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3);
      for (const file of [zstd, two, joined(two, skippable), joined(skippable, zstd), zstdOf(gzip)]) {
        const { records, problems, result } = await collect(inChunks(file, [1, 5, 11, 200]));
        expect(result.compression).toBe('zstd');
        expect(problems).toEqual([]);
        expect(records).toHaveLength(PACKETS);
      }
    });

    test('gives the records before the cut in a stream of several blocks', async () => {
      const large = pcapFile({
        packets: Array.from({ length: 4000 }, (_, n) => ({ seconds: n, fraction: n, packet: counting(200, n * n) })),
      });
      const file = zstdOf(large);
      const { records, problems } = await collect(file.subarray(0, file.length - 10));
      expect(records.length).toBeGreaterThan(1000);
      expect(problems.map(({ kind }) => kind)).toContain('compression');
    });

    test('any mutation ends in records, problems or a PcapdiagError', async () => {
      for (const file of [zstd, gzip]) {
        await fc.assert(
          fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), fc.nat(), async (at, flip, length) => {
            const mutated = file.slice(0, length % 3 === 0 ? length % file.length : file.length);
            if (mutated.length > 0) mutated[at % mutated.length] ^= flip;
            const error = await readCapture(mutated, collector()).catch((thrown: unknown) => thrown);
            expect(error).toSatisfy((is: Error | object) => !(is instanceof Error) || is.name === 'PcapdiagError');
          }),
          { numRuns: Math.min(numRuns, 1000) },
        );
      }
    });

    test('an error of the sink is rethrown unchanged', async () => {
      const sink = { ...collector(), onRecord: raise };
      for (const file of [plain, gzip, zstd]) await expect(readCapture(file, sink)).rejects.toBe(THROWN);
    });
  });

  test('refuses a zstd window above 128 MiB before it is allocated', async () => {
    // Magic, descriptor without content size, window descriptor of 2³⁰.
    const header = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 0xa0);
    const error = await collect({ name: 'x.zst', data: joined(header, new Uint8Array(20)) }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'limit-exceeded', path: 'x.zst' });
    expect((error as Error).message).toContain('zstd -dc --long=31 x.zst | pcapdiag analyze -');
  });

  test('refuses zstd weights with one symbol of all the probability, which fzstd would decode forever', async () => {
    // Literals: compressed, 20 octets from 10. Weights: 5 octets, of accuracy 5, symbol 0 with probability 32.
    const block = Uint8Array.of(0x42, 0x81, 0x02, 5, 0xf0, 0x03, 1, 1, 1, 1, 1, 1, 1, 1, 0);
    const header = 1 | (2 << 1) | (block.length << 3);
    // Magic, single segment, content size.
    const frame = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 20, header, 0, 0, ...block);
    for (const source of [frame, inChunks(frame, [9, 10, 11, 12, 13, 14, 15])]) {
      const error = await collect(source).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'corrupt-header', message: expect.stringContaining('without an end') });
    }
  });

  test.skipIf(!hasZstd)('walks frames as they were written, in any chunks', async () => {
    const windows: number[] = [];
    const file = joined(zstdOf(plain), zstdOf(plain, '--no-check'), zstdOf(new Uint8Array(0)), zstdOf(plain, '-1'));
    const frames = new ZstdFrames((bytes) => windows.push(bytes));
    for await (const chunk of inChunks(file, [3, 4, 5, 6, 7, 8, 1000]))
      for (let at = 0; at < chunk.length; ) at = frames.advance(chunk, at);
    expect(windows).toHaveLength(4);
  });
});

const THROWN = new Error('the sink has had enough');
const raise = (): never => {
  throw THROWN;
};

describe('input that is not a capture is identified', () => {
  const ascii = (text: string): Uint8Array => new TextEncoder().encode(text.padEnd(40, '\0'));
  test.each([
    ['nothing', new Uint8Array(0), 'empty-file', /empty/],
    [
      'xz',
      joined(Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0), counting(50)),
      'corrupt-header',
      /the xz stream is cut or broken/,
    ],
    ['bzip2', ascii('BZh91AY'), 'unsupported-format', /bzip2 -dc/],
    ['lz4', joined(Uint8Array.of(4, 0x22, 0x4d, 0x18), counting(50)), 'unsupported-format', /lz4 -dc/],
    ['snoop', ascii('snoop\0\0\0'), 'unsupported-format', /snoop.*editcap/],
    ['netmon', ascii('GMBU'), 'unsupported-format', /Network Monitor/],
    [
      'text',
      new TextEncoder().encode('12:00:01.5 IP 10.0.0.1.80 > 10.0.0.2.4: Flags [S]\n'),
      'not-a-capture',
      /text.*tcpdump -w/,
    ],
    ['short-text', new TextEncoder().encode('hi'), 'not-a-capture', /text/],
    ['zeros', new Uint8Array(100), 'not-a-capture', /no capture format/],
    ['cut-header', pcapFile({ packets: [] }).subarray(0, 23), 'corrupt-header', /23 of 24/],
  ])('%s', async (name, bytes, code, message) => {
    const path = saved(name, bytes);
    const error = await collect(path).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'PcapdiagError', code, path });
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message.startsWith(path)).toBe(true);
  });

  test('a directory is a bad option, and a missing file cannot be read', async () => {
    await expect(collect(folder)).rejects.toMatchObject({ code: 'bad-option', path: folder });
    const path = join(folder, 'absent');
    await expect(collect(path)).rejects.toMatchObject({ code: 'cannot-read', path });
  });

  test('a stream of text and a number are bad options', async () => {
    await expect(collect(Readable.from(['text']))).rejects.toMatchObject({ code: 'bad-option' });
    await expect(collect(7 as unknown as CaptureSource)).rejects.toMatchObject({ code: 'bad-option' });
  });

  test('a failing stream cannot be read', async () => {
    const failure = new Error('the other side is gone');
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield plain.subarray(0, 100);
      throw failure;
    }
    await expect(collect(failing())).rejects.toMatchObject({ code: 'cannot-read', cause: failure });
  });

  test('any bytes end in records, problems or a PcapdiagError', async () => {
    const magics = [
      [0xa1, 0xb2, 0xc3, 0xd4],
      [0x0a, 0x0d, 0x0d, 0x0a],
      [0x1f, 0x8b, 8, 0],
      [0x28, 0xb5, 0x2f, 0xfd],
      [],
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...magics), fc.uint8Array({ maxLength: 300 }), async (magic, rest) => {
        const error = await readCapture(joined(Uint8Array.from(magic), rest), collector()).catch(
          (thrown: unknown) => thrown,
        );
        expect(error).toSatisfy((is: Error | object) => !(is instanceof Error) || is.name === 'PcapdiagError');
      }),
      { numRuns },
    );
  });
});

describe('progress and abort', () => {
  test('progress ends at the size of the file', async () => {
    const path = saved('b.pcap.gz', new Uint8Array(gzipSync(plain)));
    const told: unknown[] = [];
    await readCapture(path, collector(), { onProgress: (...values) => told.push(values) });
    const size = readFileSync(path).length;
    expect(told.at(-1)).toEqual([size, size]);
  });

  test('abort rejects with its reason and closes the file', async () => {
    const control = new AbortController();
    const path = saved('c.pcap', joined(plain, ...Array.from({ length: 20 }, () => plain.subarray(24))));
    const reason = new Error('stop');
    const reading = readCapture(path, collector(), { signal: control.signal, onProgress: () => control.abort(reason) });
    await expect(reading).rejects.toBe(reason);
  });
});
