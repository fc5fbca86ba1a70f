import { PcapdiagError } from '../../text/pcapdiag-error.ts';

/**
 * Plain data as one text and a list of columns. The text is JSON in which a column, a Map, a Set or NaN stands as an
 * object with one key; every other object is as it is.
 *
 *     { index: Uint32Array, names: Map }   →   {"index":{"$column":0},"names":{"$map":[["a",1]]}}   and one column
 *
 * An object with a key that begins with "$" is written as {"$object":[[key, value], …]}.
 */
export interface PlainData {
  text: string;
  columns: Column[];
}

export interface Column {
  type: ColumnType;
  /** Little-endian. */
  octets: Uint8Array;
}

/** What a column becomes again. `ArrayBuffer` holds records. */
const COLUMN_TYPES = { Float64Array, Uint32Array, Uint16Array, Uint8Array, ArrayBuffer } as const;
export type ColumnType = keyof typeof COLUMN_TYPES;

export const isColumnType = (name: unknown): name is ColumnType =>
  typeof name === 'string' && Object.hasOwn(COLUMN_TYPES, name);

/** Octets of one item. */
export const itemSize = (type: ColumnType): number =>
  type === 'ArrayBuffer' ? 1 : COLUMN_TYPES[type].BYTES_PER_ELEMENT;

/**
 * What a value is to be: a word for a scalar, else the name of an object in `WRITTEN_TYPES`, else one of these with its parts.
 * Numbers are finite; `whole` ones count or number something.
 */
export type Written =
  | string
  | { readonly is: readonly (string | number | boolean)[] }
  | { readonly any: readonly Written[] }
  | { readonly list: Written }
  | { readonly tuple: readonly Written[] }
  | { readonly map: readonly [Written, Written] }
  | { readonly set: Written }
  | { readonly values: Written }
  | { readonly column: ColumnType };

/** Deeper data is refused: what is written here is a few levels deep. */
const MOST_LEVELS = 64;

/** @throws TypeError for what plain data cannot be, such as a function: a mistake in this program */
export function packPlain(value: unknown): PlainData {
  const columns: Column[] = [];
  return { text: JSON.stringify(packed(value, columns)), columns };
}

function packed(value: unknown, columns: Column[]): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : { $number: Object.is(value, -0) ? '-0' : `${value}` };
  }
  if (typeof value !== 'object') throw new TypeError(`a ${typeof value} is no plain data`);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return { $column: columns.push(columnOf(value)) - 1 };
  if (Array.isArray(value)) return value.map((item) => packed(item, columns));
  if (value instanceof Map)
    return { $map: Array.from(value, ([key, item]) => [packed(key, columns), packed(item, columns)]) };
  if (value instanceof Set) return { $set: Array.from(value, (item) => packed(item, columns)) };
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .map(([key, item]) => [key, packed(item, columns)] as const);
  return entries.some(([key]) => isReserved(key)) ? { $object: entries } : Object.fromEntries(entries);
}

const isReserved = (key: string): boolean => key.startsWith('$') || key === '__proto__';

/** A column owns its octets: a view into a larger buffer is copied as far as it goes. */
function columnOf(value: ArrayBufferView | ArrayBuffer): Column {
  if (value instanceof ArrayBuffer) return { type: 'ArrayBuffer', octets: new Uint8Array(value) };
  const type = value.constructor.name;
  if (!isColumnType(type)) throw new TypeError(`a column of ${type} has no form in a file`);
  return { type, octets: new Uint8Array(value.buffer, value.byteOffset, value.byteLength) };
}

/** @throws PcapdiagError 'corrupt-header' for a text that `packPlain` does not write */
export function unpackPlain({ text, columns }: PlainData): unknown {
  let tree: unknown;
  try {
    tree = JSON.parse(text);
  } catch {
    throw unlike('its text is no JSON');
  }
  return unpacked(tree, columns, 0);
}

function unpacked(value: unknown, columns: readonly Column[], level: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (level > MOST_LEVELS) throw unlike('its data is too deep');
  const inner = (item: unknown): unknown => unpacked(item, columns, level + 1);
  if (Array.isArray(value)) return value.map(inner);
  const entries = Object.entries(value);
  const [[key, content] = ['', null]] = entries;
  if (!key.startsWith('$')) return Object.fromEntries(entries.map(([name, item]) => [name, inner(item)]));
  if (key === '$column') return arrayOf(Number.isInteger(content) ? columns[content as number] : undefined);
  if (key === '$number') return Number(content);
  if (!Array.isArray(content)) throw unlike(`${key} is no list`);
  if (key === '$set') return new Set(content.map(inner));
  const pairs = content.map((pair: unknown) => {
    if (!Array.isArray(pair) || pair.length !== 2) throw unlike(`${key} has an entry that is no pair`);
    return [inner(pair[0]), inner(pair[1])] as const;
  });
  if (key === '$map') return new Map(pairs);
  if (key === '$object') return Object.fromEntries(pairs as [string, unknown][]);
  throw unlike(`${key} is unknown`);
}

/** The column in memory of its own. */
function arrayOf(column: Column | undefined): unknown {
  if (column === undefined) throw unlike('it names a column that is not there');
  const { type, octets } = column;
  if (octets.length % itemSize(type) !== 0) throw unlike(`a column of ${type} has ${octets.length} octets`);
  const { buffer } = new Uint8Array(octets);
  return type === 'ArrayBuffer' ? buffer : new COLUMN_TYPES[type](buffer);
}

const unlike = (why: string): PcapdiagError => new PcapdiagError('corrupt-header', `no digest of this program: ${why}`);
