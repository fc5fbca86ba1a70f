/** Numbers of one kind, one for each row. */
export type Column =
  | Uint8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

/** A longer column with the numbers of a given one; the rest is 0. */
export function grown<T extends Column>(column: T, rows: number): T {
  const longer = new (column.constructor as new (length: number) => T)(rows);
  longer.set(column);
  return longer;
}

/**
 * Gives all columns of a set room for `rows`. A set is an object with nothing but columns of one length, each a field
 * with a name of its own: built in a loop it would be a dictionary, and every access a search.
 */
export function growColumns<T extends Readonly<Record<keyof T, Column>>>(columns: T, rows: number): void {
  const all = columns as Record<keyof T, Column>;
  for (const name of Object.keys(columns) as (keyof T)[]) all[name] = grown(all[name], rows);
}
