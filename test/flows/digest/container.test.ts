import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readContainer, writeContainer } from '../../../src/flows/digest/container.ts';
import { packPlain, unpackPlain } from '../../../src/flows/digest/plain-data.ts';

const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.string(),
    fc.double(),
    fc.uint8Array(),
    fc.float64Array(),
    fc.uint16Array().map(({ buffer }) => buffer as ArrayBuffer),
    fc.array(tie('value')),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('$map', '$column', '__proto__')), tie('value')),
    fc.array(fc.tuple(fc.string(), tie('value'))).map((entries) => new Map(entries)),
    fc.array(fc.integer()).map((items) => new Set(items)),
  ),
})).value;

test('plain data of any form is the same after it was packed', () =>
  fc.assert(
    fc.property(plain, (value) => {
      expect(unpackPlain(packPlain(value))).toEqual(value);
    }),
  ));

test('a column is a copy of its own part of a buffer', () => {
  const view = new Uint32Array([1, 2, 3, 4]).subarray(1, 3);
  const [read] = unpackPlain(packPlain([view])) as [Uint32Array];
  expect([...read]).toEqual([2, 3]);
  expect(read.buffer.byteLength).toBe(8);
});

test('a missing field stays missing, and what is no data is refused', () => {
  expect(unpackPlain(packPlain({ a: undefined, b: 1 }))).toEqual({ b: 1 });
  expect(() => packPlain({ call: () => 1 })).toThrow('function');
});

describe('a container', () => {
  const written = writeContainer({ kind: 'digest' }, packPlain({ numbers: Float64Array.of(1, 2), text: 'é' }));

  test('gives back its head and its body', () => {
    const { head, body } = readContainer(written);
    expect(head).toEqual({ kind: 'digest' });
    expect(unpackPlain(body())).toEqual({ numbers: Float64Array.of(1, 2), text: 'é' });
  });

  test('is refused with any octet changed, and cut anywhere', () => {
    for (let at = 0; at < written.length; at++) {
      const changed = Uint8Array.from(written);
      changed[at] ^= 1 << (at % 8);
      expect(() => readContainer(changed).body(), `octet ${at}`).toThrow(/digest/);
      expect(() => readContainer(written.slice(0, at)).body(), `cut at ${at}`).toThrow(/digest/);
    }
  });

  test('says which form it has when this version does not read it', () => {
    const newer = Uint8Array.from(written);
    newer[8] = 2;
    expect(() => readContainer(newer)).toThrow('a digest of a newer form (2; this program reads 1)');
    newer[8] = 0;
    expect(() => readContainer(newer)).toThrow('make it again from the capture');
  });

  test('with lengths that lie ends in an error, also when its checksum is right', () =>
    fc.assert(
      fc.property(fc.integer({ min: 12, max: 220 }), fc.integer({ min: 0, max: 255 }), (at, octet) => {
        const changed = Buffer.from(written);
        if (at >= changed.length - 32 || changed[at] === octet) return;
        changed[at] = octet;
        createHash('sha256')
          .update(changed.subarray(0, -32))
          .digest()
          .copy(changed, changed.length - 32);
        let read: unknown;
        try {
          read = unpackPlain(readContainer(changed).body());
        } catch (error) {
          expect((error as Error).name).toBe('PcapdiagError');
          return;
        }
        // A changed name or kind of the head is nobody's length.
        expect(read).toEqual({ numbers: Float64Array.of(1, 2), text: 'é' });
      }),
    ));
});
