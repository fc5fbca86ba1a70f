/** Rows of one kind, read-only. A row is made when it is asked for, so that a table of millions costs nothing. */
export interface Table<Row> extends Iterable<Row> {
  /** Number of rows. */
  readonly length: number;
  /** The row of an index from 0; undefined beyond the last one. */
  at(index: number): Row | undefined;
}

/** @param rowAt makes the row of an index from 0 to `length` - 1 */
export function tableOf<Row extends object>(length: number, rowAt: (index: number) => Row): Table<Row> {
  const row = (index: number): Row => Object.freeze(rowAt(index));
  return Object.freeze({
    length,
    at: (index: number) => (Number.isInteger(index) && index >= 0 && index < length ? row(index) : undefined),
    *[Symbol.iterator]() {
      for (let index = 0; index < length; index++) yield row(index);
    },
  });
}
