import { MemoryBudget, type Shares, sharedOut } from './memory-budget.ts';

const MIB = 1024 * 1024;

/**
 * Bytes of what gets the number of a flow, measured with one million of each. Apart from `OTHER_SHARES`: a further
 * reading of the same capture has to give the same numbers, and keeps nothing else.
 */
const FLOW_SHARES = {
  /** A record, its places in the tables, and two rows of verified checksums. */
  connection: { bytes: 400, floor: 24 * MIB },
  /** Columns, and two rows of verified checksums. */
  biflow: { bytes: 80, floor: 8 * MIB },
} as const satisfies Shares<string>;

/** Bytes of everything else, with the strings and maps that belong to it. */
const OTHER_SHARES = {
  lookup: { bytes: 900, floor: 6 * MIB },
  ping: { bytes: 1000, floor: 3 * MIB },
  neighbour: { bytes: 800, floor: 3 * MIB },
  host: { bytes: 900, floor: 6 * MIB },
  /** A MAC or TTL counted for a host. */
  value: { bytes: 200, floor: 2 * MIB },
  datagram: { bytes: 200, floor: 4 * MIB },
  trouble: { bytes: 700, floor: 4 * MIB },
  event: { bytes: 150, floor: 3 * MIB },
  tunnel: { bytes: 2500, floor: 2 * MIB },
  /** Floors shrink with a small budget; this one stays large enough for `sightingsAlone`. */
  row: { bytes: 59, floor: 7.25 * MIB },
} as const satisfies Shares<string>;

/** Connections whose bytes a core leaves to the biflows that it adds in the same run: 256 of 80 bytes. */
export const LEFT_TO_BIFLOWS = 64;

export type FlowRoom = MemoryBudget<keyof typeof FLOW_SHARES>;
export type OtherRoom = MemoryBudget<keyof typeof OTHER_SHARES>;

/** Bytes of the objects that a lone capture hands on, each with its conversation, measured. */
export const HANDED_ON_BYTES = {
  connection: 3_500,
  datagram: 3_500,
  lookup: 1_800,
  ping: 1_600,
  neighbour: 1_500,
} as const;
/** Of each kind so many are handed on in any case. */
export const HANDED_ON_LEAST = 2_000;

/** The byte budgets of one capture. */
export const roomFor = ({ flowBytes, otherBytes }: { flowBytes: number; otherBytes: number }) => ({
  flows: new MemoryBudget(flowBytes, FLOW_SHARES) as FlowRoom,
  others: new MemoryBudget(otherBytes, OTHER_SHARES) as OtherRoom,
});

/** Whether there is room for rows. The table of rows is handed on with it, so it refers to nothing but the budget. */
export const rowsWithin =
  (others: OtherRoom) =>
  (rows: number): boolean =>
    others.take('row', rows);

export type CaptureRoom = ReturnType<typeof roomFor>;

/** How many objects of each kind go on when they may take `bytes` together. */
export const mostHandedOn = (counts: Readonly<Record<keyof typeof HANDED_ON_BYTES, number>>, bytes: number) =>
  sharedOut(counts, HANDED_ON_BYTES, bytes, HANDED_ON_LEAST);
