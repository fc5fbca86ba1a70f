import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { CaptureDigest } from '../../../src/flows/capture/capture-digest.ts';
import { isContainer, MAGIC, readContainer, writeContainer } from '../../../src/flows/digest/container.ts';
import { buffersOf, digestMessage } from '../../../src/flows/digest/digest-codec.ts';
import { isColumnType, itemSize, packPlain, unpackPlain, type Written } from '../../../src/flows/digest/plain-data.ts';
import { assertWritten } from '../../../src/flows/digest/written-data.ts';
import { SightingTable } from '../../../src/flows/rows/sighting-table.ts';

const sha256 = (octets: Uint8Array): Buffer => createHash('sha256').update(octets).digest();

/** The error with its code; null when there is none. */
function refusalOf(run: () => unknown): string | null {
  try {
    run();
    return null;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return `${code}: ${message}`;
  }
}

/** A file with a head of its own, and a right checksum. */
function forged(head: string, packed: Uint8Array, headOctets = Buffer.byteLength(head)): Buffer {
  const fixed = Buffer.alloc(16);
  fixed.set(MAGIC);
  fixed.writeUInt32LE(1, 8);
  fixed.writeUInt32LE(headOctets, 12);
  const all = Buffer.concat([fixed, Buffer.from(head), packed]);
  return Buffer.concat([all, sha256(all)]);
}

const headFor = (body: object): string => JSON.stringify({ kind: 'digest', body });
const content = Buffer.from('"é"abcd');
const told = { text: 4, columns: [['Uint8Array', 4]], sha256: sha256(content).toString('hex') };

describe('the file of a digest', () => {
  test('lies as it is described', () => {
    const written = Buffer.from(writeContainer({ kind: 'x' }, packPlain([Uint8Array.of(97, 98)])));
    expect([...written.subarray(0, 8)]).toEqual([0x89, 0x50, 0x43, 0x44, 0x0d, 0x0a, 0x1a, 0]);
    expect(isContainer(written)).toBe(true);
    const length = written.readUInt32LE(12);
    const body = Buffer.from('[{"$column":0}]ab');
    expect([written.readUInt32LE(8), JSON.parse(written.toString('utf8', 16, 16 + length))]).toEqual([
      1,
      { kind: 'x', body: { text: 15, columns: [['Uint8Array', 2]], sha256: sha256(body).toString('hex') } },
    ]);
    expect(written.subarray(16 + length, -32)).toEqual(deflateRawSync(body, { level: 2 }));
    expect(written.subarray(-32)).toEqual(sha256(written.subarray(0, -32)));
  });

  test('is read from any place of a buffer', () => {
    const file = forged(headFor(told), deflateRawSync(content));
    const within = Buffer.concat([Buffer.from('before'), file, Buffer.from('behind')]).subarray(6, 6 + file.length);
    const { head, body } = readContainer(new Uint8Array(within.buffer, within.byteOffset, within.length));
    expect(head).toEqual({ kind: 'digest' });
    expect(body()).toMatchObject({ text: '"é"', columns: [{ type: 'Uint8Array' }] });
    expect(Buffer.from(body().columns[0].octets).toString()).toBe('abcd');
  });

  test.each<[string, (file: Buffer) => Buffer, string]>([
    [
      'another beginning',
      (file) => Buffer.concat([Buffer.from('x'), file]),
      'corrupt-header: no digest that can be used: it does not begin as a digest does',
    ],
    ['47 octets', (file) => file.subarray(0, 47), 'corrupt-header: no digest that can be used: it is cut'],
    [
      '48 octets',
      (file) => file.subarray(0, 48),
      'corrupt-header: no digest that can be used: its checksum is wrong: it was cut or changed after it was written',
    ],
    [
      'form 0',
      (file) => Buffer.from(file.fill(0, 8, 12)),
      'unsupported-format: a digest of an older form (0; this program reads 1): make it again from the capture',
    ],
    [
      'form 2',
      (file) => Buffer.from(file.fill(2, 8, 9)),
      'unsupported-format: a digest of a newer form (2; this program reads 1): use the version that wrote it, or a newer one',
    ],
  ])('%s: is refused', (_, change, message) => {
    expect(refusalOf(() => readContainer(change(forged(headFor(told), deflateRawSync(content)))))).toBe(message);
  });

  test.each<[string, () => Buffer, string | null]>([
    ['a head up to the end', () => forged('{"a":1}', Buffer.alloc(0)), null],
    ['a head beyond it', () => forged('{"a":1}', Buffer.alloc(0), 8), 'the length of its head is wrong'],
    ['a head of 16 MiB', () => forged(`{}${' '.repeat(2 ** 24 - 2)}`, Buffer.alloc(0)), null],
    ['an octet more', () => forged(`{}${' '.repeat(2 ** 24 - 1)}`, Buffer.alloc(0)), 'the length of its head is wrong'],
    ['a head that is no JSON', () => forged('{"a":1', Buffer.alloc(0)), 'its head is no JSON object'],
    ['a list', () => forged('[1]', Buffer.alloc(0)), 'its head is no JSON object'],
    ['null', () => forged('null', Buffer.alloc(0)), 'its head is no JSON object'],
    ['a text', () => forged('"a"', Buffer.alloc(0)), 'its head is no JSON object'],
  ])('%s', (_, file, why) => {
    expect(refusalOf(() => readContainer(file()))).toBe(why && `corrupt-header: no digest that can be used: ${why}`);
  });

  const packed = deflateRawSync(content);
  const most = 1032 * packed.length;
  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'its head does not describe a body'],
    ['no text', { ...told, text: undefined }, 'its head does not describe a body'],
    ['a text of -1', { ...told, text: -1 }, 'its head does not describe a body'],
    ['a text of one and a half', { ...told, text: 1.5 }, 'its head does not describe a body'],
    ['no hash', { ...told, sha256: 5 }, 'its head does not describe a body'],
    ['no list', { ...told, columns: {} }, 'its head does not describe a body'],
    ['a column that is no list', { ...told, columns: ['Uint8Array'] }, 'its head does not describe a body'],
    ['an unknown column', { ...told, columns: [['Int8Array', 4]] }, 'its head does not describe a body'],
    ['a column of -1', { ...told, columns: [['Uint8Array', -1]] }, 'its head does not describe a body'],
    ['the name of a method', { ...told, columns: [['toString', 4]] }, 'its head does not describe a body'],
    ['another hash', { ...told, sha256: 'ab' }, 'the checksum of its body is wrong'],
    ['an octet less', { ...told, text: 3 }, 'its body has 8 octets, its head says 7'],
    ['an octet more', { ...told, text: 5 }, 'its body has 8 octets, its head says 9'],
    ['two octets less', { ...told, text: 2 }, 'its body cannot be unpacked'],
    ['as much as can be', { ...told, text: most - 4 }, `its body has 8 octets, its head says ${most}`],
    ['more than can be', { ...told, text: most - 3 }, 'its columns are longer than its body can be'],
  ])('a body described by %s is refused', (_, body, why) => {
    const { body: read } = readContainer(forged(headFor(body as object), packed));
    expect(refusalOf(read)).toBe(`corrupt-header: no digest that can be used: ${why}`);
  });

  test('an empty body', () => {
    const empty = { text: 0, columns: [], sha256: sha256(Buffer.alloc(0)).toString('hex') };
    expect(readContainer(forged(headFor(empty), deflateRawSync(Buffer.alloc(0)))).body()).toEqual({
      text: '',
      columns: [],
    });
    const nothing = readContainer(forged(headFor({ ...empty, text: 1033 }), Buffer.alloc(0))).body;
    expect(refusalOf(nothing)).toContain('longer than its body can be');
    const one = readContainer(forged(headFor({ ...empty, text: 1032 }), Buffer.alloc(0))).body;
    expect(refusalOf(one)).toContain('cannot be unpacked');
  });
});

describe('plain data', () => {
  const column = { type: 'Uint16Array', octets: Uint8Array.of(1, 0, 2, 0) } as const;
  const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

  test.each<[string, string | null]>([
    ['{"$column":0}', null],
    ['{"$column":1}', 'it names a column that is not there'],
    ['{"$column":0.5}', 'it names a column that is not there'],
    ['{"$column":"length"}', 'it names a column that is not there'],
    ['{"$set":1}', '$set is no list'],
    ['{"$map":[[1]]}', '$map has an entry that is no pair'],
    ['{"$map":[[1,2,3]]}', '$map has an entry that is no pair'],
    ['{"$map":[1]}', '$map has an entry that is no pair'],
    ['{"$object":[["$a"]]}', '$object has an entry that is no pair'],
    ['{"$other":[]}', '$other is unknown'],
    ['{"a":', 'its text is no JSON'],
    [nested(65), null],
    [nested(66), 'its data is too deep'],
  ])('%s', (text, why) => {
    expect(refusalOf(() => unpackPlain({ text, columns: [column] }))).toBe(
      why && `corrupt-header: no digest of this program: ${why}`,
    );
  });

  test('numbers that JSON has not, keys with a dollar, and columns of each kind', () => {
    const all = [
      ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 1.5],
      ...[{ $a: 1, b: 2 }, { a: 1, $b: 2 }, { ['__proto__']: 1 }, {}, [], null, true, ''],
      ...[new Map<unknown, unknown>([[1, new Set([2])]]), Float64Array.of(1.5), Uint32Array.of(2 ** 32 - 1)],
      ...[Uint16Array.of(65_535), Uint8Array.of(255), Uint8Array.of(1, 2).buffer],
    ];
    const read = unpackPlain(packPlain(all)) as unknown[];
    expect(read).toEqual(all);
    expect(Object.is(read[3], -0)).toBe(true);
    expect(packPlain([{ $a: 1 }, -0]).text).toBe('[{"$object":[["$a",1]]},{"$number":"-0"}]');
    expect(refusalOf(() => packPlain(new Int8Array(1)))).toContain('a column of Int8Array has no form in a file');
  });

  test('a column has whole items', () => {
    const sizes = { Float64Array: 8, Uint32Array: 4, Uint16Array: 2, Uint8Array: 1, ArrayBuffer: 1 } as const;
    for (const [type, size] of Object.entries(sizes) as [keyof typeof sizes, number][]) {
      expect([isColumnType(type), itemSize(type)]).toEqual([true, size]);
      const octetsOf = (octets: number) => () =>
        unpackPlain({ text: '{"$column":0}', columns: [{ type, octets: new Uint8Array(octets) }] });
      expect(refusalOf(octetsOf(2 * size))).toBeNull();
      if (size > 1)
        expect(refusalOf(octetsOf(2 * size - 1))).toBe(
          `corrupt-header: no digest of this program: a column of ${type} has ${2 * size - 1} octets`,
        );
    }
    expect([isColumnType('Int8Array'), isColumnType('toString'), isColumnType(5)]).toEqual([false, false, false]);
  });
});

describe('data has the types of this program', () => {
  const ref = { packet: 1, time: 0.5 };
  test.each<[Written, unknown, string | null]>([
    ['text', '', null],
    ['text', 1, 'x'],
    ['number', -1.5, null],
    ['number', Number.NaN, 'x'],
    ['number', Number.POSITIVE_INFINITY, 'x'],
    ['number', '1', 'x'],
    ['whole', 0, null],
    ['whole', -1, 'x'],
    ['whole', 1.5, 'x'],
    ['whole', 2 ** 53, 'x'],
    ['flag', false, null],
    ['flag', 0, 'x'],
    ['null', null, null],
    ['null', undefined, 'x'],
    [{ is: ['a', 4] }, 4, null],
    [{ is: ['a', 4] }, '4', 'x'],
    [{ any: ['null', 'text'] }, null, null],
    [{ any: ['null', 'text'] }, 5, 'x'],
    [{ any: ['null', { list: 'PacketRef' }] }, [ref, { packet: 1 }], 'x.time'],
    [{ column: 'Uint8Array' }, new Uint8Array(1), null],
    [{ column: 'Uint8Array' }, new Uint16Array(1), 'x'],
    [{ column: 'Uint8Array' }, null, 'x'],
    [{ list: 'text' }, ['a', 'b'], null],
    [{ list: 'text' }, ['a', 1], 'x'],
    [{ list: 'text' }, { 0: 'a' }, 'x'],
    [{ tuple: ['text', 'whole'] }, ['a', 1], null],
    [{ tuple: ['text', 'whole'] }, [1, 'a'], 'x'],
    [{ tuple: ['text', 'whole'] }, ['a'], 'x'],
    [{ tuple: ['text', 'whole'] }, ['a', 1, 2], 'x'],
    [{ tuple: ['text'] }, 'a', 'x'],
    [{ set: 'whole' }, new Set([1]), null],
    [{ set: 'whole' }, new Set(['a']), 'x'],
    [{ set: 'whole' }, [1], 'x'],
    [{ map: ['whole', 'text'] }, new Map([[1, 'a']]), null],
    [{ map: ['whole', 'text'] }, new Map([['1', 'a']]), 'x'],
    [{ map: ['whole', 'text'] }, new Map([[1, 2]]), 'x'],
    [{ map: ['whole', 'text'] }, {}, 'x'],
    [{ values: 'text' }, { a: 'b' }, null],
    [{ values: 'text' }, { a: 1 }, 'x'],
    [{ values: 'text' }, ['a'], 'x'],
    [{ values: 'text' }, null, 'x'],
    ['PacketRef', ref, null],
    ['PacketRef', { packet: 1 }, 'x.time'],
    ['PacketRef', { ...ref, more: 1 }, 'a field of x'],
    ['PacketRef', { ...ref, packet: -1 }, 'x.packet'],
    ['PacketRef', [1, 2], 'x'],
    ['PacketRef', null, 'x'],
    ['PacketRef', Object.create(ref), 'x'],
  ])('%j of %o', (what, value, wrong) => {
    expect(refusalOf(() => assertWritten(value, what, 'x'))).toBe(
      wrong && `corrupt-header: no digest that can be used: ${wrong} is not as it was written`,
    );
  });
});

test('the buffers of a digest are handed on, each once', () => {
  const table = new SightingTable(10);
  const rows = table.toTransferable();
  const buffers = buffersOf(rows);
  expect(buffers).toContain(rows.columns.packet.buffer);
  expect(buffers).toHaveLength(1);
  expect(buffersOf(undefined)).toEqual([]);
  const digest = { connections: [], datagrams: [], dns: [], sightings: new SightingTable(10) };
  const { message, transfer } = digestMessage(digest as unknown as CaptureDigest);
  expect([message.connections, message.datagrams, message.lookups, transfer.length]).toEqual([
    ...[null, null, { exchanges: [], compact: null }, 1],
  ]);
  expect(message.digest.sightings).toBeUndefined();
});
