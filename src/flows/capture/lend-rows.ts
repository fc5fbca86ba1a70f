import { ALL_ROWS, COUNTED, HEAD_ROWS_ONLY, NO_ROWS } from '../ordinary/row-modes.ts';
import type { StateAccess } from '../ordinary/state-access.ts';
import type { FlowCounts } from '../rows/flow-counts.ts';
import type { RowPlaces, SightingTable } from '../rows/sighting-table.ts';

/** Where something is kept of each packet. */
export interface KeptRows {
  /** In place of rows. */
  readonly counts: FlowCounts | undefined;
  /** Undefined without rows; a capture that is analysed alone may end to have some. */
  readonly rows: () => SightingTable | undefined;
  /** Rows beyond which it does. */
  readonly mostRows: () => number;
}

/** Tells the core what is kept of each packet, and where. @param places where its table of rows writes that */
export function lendRows(state: StateAccess, { counts, rows: tableOf, mostRows }: KeptRows, places: RowPlaces): void {
  if (counts !== undefined) {
    state.setRowMode(0, COUNTED);
    return;
  }
  const table = tableOf();
  if (table === undefined) {
    state.setRowMode(0, NO_ROWS);
    return;
  }
  table.describe(places);
  state.setRowMode(0, places.isHeadsOnly ? HEAD_ROWS_ONLY : ALL_ROWS);
  state.setPage(0, places.page);
  state.setPageRows(0, places.rows);
  state.setMostRows(0, Math.min(places.mostRows, places.rows + mostRows() - table.length));
  if (!places.isHeadsOnly || table.index === null) return;
  state.setKept(0, places.kept);
  state.setKeptRows(0, places.keptRows);
  const { index, indexTunnels, firstIndexed, mostIndexed } = table.index.places;
  state.setIndex(0, index);
  state.setIndexTunnels(0, indexTunnels);
  state.setFirstIndexed(0, firstIndexed);
  state.setMostIndexed(0, mostIndexed);
}
