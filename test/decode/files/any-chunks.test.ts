import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { CaptureSource } from '../../../src/decode/files/capture-source.ts';
import { readCapture } from '../../../src/decode/files/capture-source.ts';
import { Gunzip } from '../../../src/decode/files/gunzip.ts';
import { blocks, counting, joined, octets, pcapFile } from './capture-builder.ts';
import { collect, collector, inChunks } from './collected.ts';

const numRuns = Number(process.env.FC_RUNS ?? 40);
const folder = mkdtempSync(join(tmpdir(), 'any-chunks-'));
afterAll(() => rmSync(folder, { recursive: true }));

const PACKETS = 400;
const pcap = pcapFile({
  packets: Array.from({ length: PACKETS }, (_, n) => ({
    seconds: 1_700_000_000,
    fraction: n,
    packet: counting(40 + (n % 97), n * 7),
  })),
});
const write = blocks(true);
const pcapng = joined(
  write.section([[1, 'a comment']]),
  write.interface(1, 65_535, [[2, 'eth0']]),
  ...Array.from({ length: PACKETS }, (_, n) => write.enhanced(0, BigInt(n), counting(40 + (n % 97), n * 7), 1500)),
  write.statistics(0, [[5, octets(true, (to) => to.i64(3n))]]),
);
const zstd = (bytes: Uint8Array, ...options: string[]): Uint8Array =>
  new Uint8Array(spawnSync('zstd', ['-q', '-c', ...options], { input: bytes, maxBuffer: 1 << 28 }).stdout);
const hasZstd = spawnSync('zstd', ['--version']).status === 0;
const gzip = (bytes: Uint8Array, options = {}): Uint8Array => new Uint8Array(gzipSync(bytes, options));

const FILES: Record<string, Uint8Array> = {
  pcap,
  pcapng,
  gzip: gzip(pcap),
  'gzip of fixed codes': gzip(pcap, { strategy: constants.Z_FIXED }),
  'gzip, stored': gzip(pcap, { level: 0 }),
  'gzip of pcapng': gzip(pcapng),
  'gzip in gzip': gzip(gzip(pcap)),
  'gzip members': joined(gzip(pcap.subarray(0, 9000)), gzip(pcap.subarray(9000), { level: 1 }), new Uint8Array(3)),
  ...(hasZstd && {
    zstd: zstd(pcap),
    'zstd frames': joined(
      zstd(pcap.subarray(0, 9000)),
      zstd(pcap.subarray(9000, 9010)),
      zstd(pcap.subarray(9010), '-1', '--no-check'),
    ),
    'zstd in gzip': gzip(zstd(pcap)),
  }),
};

interface Damage {
  kind: 'none' | 'flip' | 'cut' | 'drop' | 'insert';
  at: number;
  value: number;
}

function damaged(file: Uint8Array, damages: readonly Damage[]): Uint8Array {
  let bytes: Uint8Array = file.slice();
  for (const { kind, at, value } of damages) {
    const place = at % (bytes.length + 1);
    if (kind === 'flip' && place < bytes.length) bytes[place] ^= 1 << (value & 7);
    else if (kind === 'cut') bytes = bytes.slice(0, place);
    else if (kind === 'drop') bytes = joined(bytes.subarray(0, place), bytes.subarray(place + value));
    else if (kind === 'insert') bytes = joined(bytes.subarray(0, place), counting(value, value), bytes.subarray(place));
  }
  return bytes;
}

/** All that is told of a source; for one that cannot be read, why. */
async function told(source: CaptureSource): Promise<unknown> {
  try {
    const { result, ...rest } = await collect(source);
    return { ...rest, format: result.format, compression: result.compression };
  } catch (error) {
    const { name, code } = error as { name: string; code: string };
    return { name, code };
  }
}

const damage = fc.record({
  kind: fc.constantFrom<Damage['kind']>('none', 'flip', 'flip', 'cut', 'drop', 'insert'),
  at: fc.nat({ max: 1 << 20 }),
  value: fc.nat({ max: 60 }),
});

describe('the packets are the same for any chunks, of whole files and broken ones', () => {
  test.each(Object.entries(FILES))('%s', async (name, file) => {
    const cuts = fc.array(fc.nat({ max: file.length }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { maxLength: 3 }), cuts, async (damages, places) => {
        const bytes = damaged(file, damages);
        const path = join(folder, name);
        writeFileSync(path, bytes);
        const whole = await told(bytes);
        expect(await told(inChunks(bytes, places))).toEqual(whole);
        expect(await told(path)).toEqual(whole);
      }),
      { numRuns },
    );
  });

  test.each(Object.entries(FILES))('%s, octet by octet', async (_name, file) => {
    const bytes = damaged(file, [{ kind: 'flip', at: Math.floor(file.length * 0.8), value: 3 }]);
    const each = inChunks(
      bytes,
      Array.from(bytes, (_, at) => at),
    );
    expect(await told(each)).toEqual(await told(bytes));
  });
});

describe('what was decoded before the damage is read', () => {
  test('one wrong bit in the check of a gzip costs no packet', async () => {
    const file = FILES.gzip.slice();
    file[file.length - 6] ^= 1;
    for (const source of [file, inChunks(file, [100, 200])]) {
      const { records, problems } = await collect(source);
      expect(records).toHaveLength(PACKETS);
      expect(problems).toEqual([
        { kind: 'compression', offset: pcap.length, message: expect.stringContaining('incorrect data check') },
      ]);
    }
  });

  test('a gzip that is broken behind its middle gives the packets before that', async () => {
    const file = FILES['gzip, stored'].slice();
    // The length of the stored block is whole: what follows its data is no block.
    file.fill(0xff, file.length - 9);
    const { records } = await collect(file);
    expect(records).toHaveLength(PACKETS);
  });

  test.skipIf(!hasZstd)('a zstd frame that is broken costs no frame before it', async () => {
    const frames = [pcap.subarray(0, 9000), pcap.subarray(9000)].map((part) => zstd(part));
    const file = joined(frames[0], frames[1].fill(0xff, 20));
    const { records, problems } = await collect(file);
    expect(records.length).toBeGreaterThan(50);
    expect(problems.map(({ kind }) => kind)).toContain('compression');
  });
});

describe('the decoder for broken streams', () => {
  const ownWords = (bytes: Uint8Array): string =>
    attempt(() => {
      const parts: Uint8Array[] = [];
      const gunzip = new Gunzip((part) => parts.push(part));
      gunzip.push(bytes);
      gunzip.end();
      return Buffer.concat(parts).toString('hex');
    });

  // A block with four code lengths, all zero: each of its 258 lengths is then one bit and zero (inftrees.c of zlib).
  test.each([
    [31, 'unexpected end of file'],
    [32, 'invalid code -- missing end-of-block'],
  ])('a block without a code of code lengths, %i octets of lengths', (octets, words) => {
    const bytes = Buffer.from([31, 139, 8, 0, 0, 0, 0, 0, 4, 3, 5, 0, 0, 0, ...Array(octets).fill(0xff)]);
    expect(attempt(() => gunzipSync(bytes).toString('hex'))).toBe(words);
    expect(ownWords(bytes)).toBe(words);
  });

  test('agrees with zlib on any stream, word for word', () => {
    const streams = Object.entries(FILES).filter(([name]) => name.startsWith('gzip'));
    fc.assert(
      fc.property(fc.constantFrom(...streams), fc.array(damage, { maxLength: 2 }), ([, file], damages) => {
        const bytes = damaged(file, damages);
        const own = ownWords(bytes);
        const zlib = attempt(() => gunzipSync(bytes).toString('hex'));
        expect(own === zlib || `${own.slice(0, 40)} / ${zlib.slice(0, 40)}`).toBe(true);
      }),
      { numRuns: numRuns * 10 },
    );
  });
});

describe('a limit of inflation', () => {
  test.each(Object.entries(FILES).filter(([name]) => !name.startsWith('pcap') && name !== 'zstd in gzip'))(
    '%s',
    async (_name, file) => {
      const limit = 5000;
      for (const source of [file, inChunks(file, [100, 500, 501])]) {
        const { problems, records, ...sink } = collector();
        await readCapture(
          source,
          { ...sink, onProblem: (problem) => void problems.push(problem) },
          { inflateLimit: limit },
        );
        expect(problems.some(({ message }) => message.includes('limit of inflation'))).toBe(true);
        expect(records.length).toBeGreaterThan(0);
        expect(records.length).toBeLessThan(PACKETS);
      }
    },
  );
});

function attempt(act: () => string): string {
  try {
    return act();
  } catch (error) {
    return (error as Error).message;
  }
}
