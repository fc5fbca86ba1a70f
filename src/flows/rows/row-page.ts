import type { LinearMemory } from '../tables/linear-memory.ts';
import { PAGE_ROWS, ROW_BYTES } from './row-places.ts';
import { COLUMN_NAMES, SightingColumns } from './sighting-columns.ts';

/** The latest rows of a table of sightings, in linear memory: a core and `addSighting` write them in turns. */
export class RowPage {
  readonly linearAddress: number;
  readonly columns: SightingColumns;
  /** Number of its first row in the table. */
  first: number;

  constructor(linear: LinearMemory, first: number) {
    this.linearAddress = linear.allocate(PAGE_ROWS * ROW_BYTES);
    this.columns = new SightingColumns(PAGE_ROWS, linear.memory.buffer, this.linearAddress);
    this.first = first;
  }

  /** Most rows of the page. @param room most rows of the table without growing */
  mostRows(room: number): number {
    return Math.min(PAGE_ROWS, room - this.first);
  }

  /** Moves the rows into `columns`, and begins anew. @param length rows of the table */
  turn(columns: SightingColumns, length: number): void {
    const rows = length - this.first;
    if (rows > 0) {
      for (const name of COLUMN_NAMES) {
        const written = this.columns[name].subarray(0, rows);
        columns[name].set(written, this.first);
        // Fields that a kind of row lacks must be 0.
        written.fill(0);
      }
    }
    this.first = length;
  }
}
