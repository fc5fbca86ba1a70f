/** What is kept of each packet, besides what it changes: nothing. */
export const NO_ROWS: i32 = 0;
/** It is counted in its biflow (`FlowCounts`). */
export const COUNTED: i32 = 1;
/** A row (`SightingTable`). */
export const ALL_ROWS: i32 = 2;
/** A row of the first packets of a biflow, which the core does not take, and the biflow of each (`PacketIndex`). */
export const HEAD_ROWS_ONLY: i32 = 3;
