/** Numbers of one type, one for each row. */
export type Column =
  | Uint8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

/** A longer column with the same numbers; the rest is 0. */
export function grown<T extends Column>(column: T, rows: number): T {
  const longer = new (column.constructor as new (length: number) => T)(rows);
  longer.set(column);
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
