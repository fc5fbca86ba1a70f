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

describe('a head that is forged, with right checksums', () => {
  const written = Buffer.from(writeContainer({ kind: 'digest' }, packPlain({ numbers: Float64Array.of(1, 2) })));
  const FIXED = 16;
  const HASH = 32;
  /** The file with another head, or another length of it. */
  function read(change: (head: Record<string, unknown>) => unknown, length?: number) {
    const told = written.readUInt32LE(12);
    const head = JSON.parse(written.toString('utf8', FIXED, FIXED + told));
    const octets = Buffer.from(JSON.stringify(change(head)));
    const fixed = Buffer.from(written.subarray(0, FIXED));
    fixed.writeUInt32LE(length ?? octets.length, 12);
    const file = Buffer.concat([fixed, octets, written.subarray(FIXED + told, -HASH)]);
    return readContainer(Buffer.concat([file, createHash('sha256').update(file).digest()])).body();
  }
  const withBody = (some: object) => (head: Record<string, unknown>) => ({
    ...head,
    body: { ...(head.body as object), ...some },
  });

  test('is read where nothing is changed', () => {
    expect(unpackPlain(read((head) => head))).toEqual({ numbers: Float64Array.of(1, 2) });
  });

  test.each<[string, (head: Record<string, unknown>) => unknown]>([
    ['no body', ({ kind }) => ({ kind })],
    ['a body that is null', (head) => ({ ...head, body: null })],
    ['no length of the text', withBody({ text: undefined })],
    ['a length below 0', withBody({ text: -1 })],
    ['a length with a fraction', withBody({ text: 1.5 })],
    ['a length beyond exact integers', withBody({ text: 2 ** 53 })],
    ['no checksum', withBody({ sha256: undefined })],
    ['a checksum that is a number', withBody({ sha256: 5 })],
    ['columns that are no list', withBody({ columns: {} })],
    ['a column that is a text', withBody({ columns: ['Float64Array'] })],
    ['a column that is no list', withBody({ columns: [{ 0: 'Float64Array', 1: 16 }] })],
    ['a column of no type', withBody({ columns: [['toString', 16]] })],
    ['a column without a length', withBody({ columns: [['Float64Array']] })],
  ])('%s is refused before the body is unpacked', (_, change) =>
    expect(() => read(change)).toThrow('its head does not describe a body'),
  );

  test('a type, a length and a checksum that are others are refused', () => {
    const { columns, text } = JSON.parse(written.toString('utf8', FIXED, FIXED + written.readUInt32LE(12))).body as {
      columns: [string, number][];
      text: number;
    };
    const [[type, octets]] = columns;
    expect(() => read(withBody({ columns: [[type, octets + 1]] }))).toThrow(/its body has \d+ octets, its head says/);
    expect(() => read(withBody({ columns: [[type, octets - 1]] }))).toThrow(/cannot be unpacked|its body has/);
    expect(() => read(withBody({ columns: [[type, 2 ** 40]] }))).toThrow('longer than its body can be');
    expect(() => read(withBody({ sha256: 'ab' }))).toThrow('the checksum of its body is wrong');
    expect(() => read(withBody({ text: text + octets, columns: [[type, 0]] }))).not.toThrow();
  });

  test('a head that is no object, or longer than the file, is refused', () => {
    for (const head of [5, null, 'x', [1]]) expect(() => read(() => head)).toThrow();
    expect(() => read((head) => head, 2 ** 31)).toThrow('the length of its head is wrong');
    expect(() => read((head) => head, written.length)).toThrow('the length of its head is wrong');
  });
});
