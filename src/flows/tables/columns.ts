import type { LinearMemory } from './linear-memory.ts';

/** Numbers of one type, one for each row. */
export type Column = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array;

type ColumnType<T> = {
  new (length: number): T;
  new (buffer: SharedArrayBuffer, address: number, length: number): T;
  readonly BYTES_PER_ELEMENT: number;
};

/** A longer column with the same numbers; the rest is 0. */
export function grown<T extends Column>(column: T, rows: number): T {
  const longer = new (column.constructor as ColumnType<T>)(rows);
  longer.set(column);
  return longer;
}

/**
 * The same column in linear memory, with room for `rows`.
 * @param column is in that memory already, or in memory of its own
 */
export function grownIn<T extends Column>(linear: LinearMemory, column: T, rows: number): T {
  const type = column.constructor as ColumnType<T>;
  const address = linear.allocate(rows * type.BYTES_PER_ELEMENT);
  const longer = linear.view<T>(type, address, rows);
  longer.set(column);
  if (column.buffer instanceof SharedArrayBuffer) linear.free(column.byteOffset, column.byteLength);
  return longer;
}

/**
 * Grows all columns of a set to `rows`. A set is an object that contains only columns of one length, each in a named
 * field. An object that a loop builds would be a dictionary with slow access.
 */
export function growColumns<T extends Readonly<Record<keyof T, Column>>>(columns: T, rows: number): void {
  const all = columns as Record<keyof T, Column>;
  for (const name of Object.keys(columns) as (keyof T)[]) all[name] = grown(all[name], rows);
}
