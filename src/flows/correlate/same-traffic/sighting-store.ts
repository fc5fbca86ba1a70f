import type { CaptureDigest } from '../../capture/capture-digest.ts';
import type { Direction } from '../../evidence/evidence.ts';
import type { FlowCounts } from '../../rows/flow-counts.ts';
import type { SightingTable } from '../../rows/sighting-table.ts';
import type { Steps } from '../steps.ts';
import type { Biflow } from './biflow.ts';
import { groupRows, type RowGroups } from './row-groups.ts';
import { type RowKeys, rowKeys } from './row-keys.ts';

/** Rows of one direction of one biflow: `rows` are row numbers into `columns`, in the order of the capture. */
export interface Track {
  columns: SightingTable['columns'];
  rows: Uint32Array;
  /** Of all rows of the capture, by row number. */
  keys: RowKeys;
}

/** The rows of every biflow of all captures. */
export interface SightingStore {
  track(biflow: Biflow, direction: Direction): Track;
  /** How many rows `track` has; where packets are counted in place of rows, how many there were. */
  rows(biflow: Biflow, direction: Direction): number;
  /** Index in the joined list of the outermost tunnel that carried the first packet of a direction; -1 for none. */
  tunnel(biflow: Biflow, direction: Direction): number;
  /** Whether every packet of the biflow has its row. */
  isWhole(biflow: Biflow): boolean;
  /** Whether `rows` tells every packet of the biflow. */
  isCounted(biflow: Biflow): boolean;
  /** Whether every packet of the biflow has a row because its capture was read again for chosen flows. */
  isChosen(biflow: Biflow): boolean;
  /** Whether the capture has at least the first rows of every biflow. */
  hasHeads(capture: number): boolean;
  /** Whether every TCP connection of the capture is among the evidence. */
  hasAllConnections(capture: number): boolean;
  /** Times of all rows of a capture, in its order; empty without rows. */
  times(capture: number): Float64Array;
  /** Replaces these times for the current comparison only; the digest is not changed. */
  retime(capture: number, times: Float64Array): void;
}

const NO_ROWS = new Uint32Array(0);
const NO_KEYS: RowKeys = { withId: NO_ROWS, withoutId: NO_ROWS };

/** What the store keeps of a capture after its digest was joined with the others. */
export interface CaptureRows {
  sightings: SightingTable | undefined;
  /** In place of rows. */
  counts?: FlowCounts | undefined;
  /** Number of tunnel flows of this capture in the joined list. */
  tunnels: number;
  /** Whether every TCP connection of the capture is in the evidence. */
  hasAllConnections: boolean;
}

export const captureRows = (digest: CaptureDigest): CaptureRows => ({
  sightings: digest.sightings,
  counts: digest.counts,
  tunnels: digest.tunnels.length,
  hasAllConnections: digest.connections.length === digest.connectionsTotal && digest.connectionsEvicted === 0,
});

/** Groups and hashes the rows, with a pause after each capture. */
export function* openStore(captures: readonly CaptureRows[], biflows: readonly Biflow[]): Steps<SightingStore> {
  const ofCapture: Biflow[][] = captures.map(() => []);
  for (const biflow of biflows) ofCapture[biflow.capture].push(biflow);
  // With one point there is nothing to compare.
  const isCompared = new Set(biflows.map(({ point }) => point)).size > 1;
  const groups: RowGroups[] = [];
  const keys: RowKeys[] = [];
  for (const [capture, { sightings }] of captures.entries()) {
    groups.push(groupRows(sightings, ofCapture[capture]));
    keys.push(isCompared && sightings !== undefined ? rowKeys(sightings) : NO_KEYS);
    yield;
  }
  let before = 0;
  const firstTunnels = captures.map(({ tunnels }) => {
    before += tunnels;
    return before - tunnels;
  });
  const columns = captures.map(({ sightings }) => sightings?.columns);
  const groupOf = ({ slot }: Biflow, direction: Direction): number => 2 * slot + direction;
  const track = (biflow: Biflow, direction: Direction): Track => {
    const own = columns[biflow.capture];
    if (own === undefined) return { columns: {} as SightingTable['columns'], rows: NO_ROWS, keys: NO_KEYS };
    const { order, starts } = groups[biflow.capture];
    const group = groupOf(biflow, direction);
    return {
      columns: own,
      rows: order.subarray(starts[group], starts[group + 1]),
      keys: keys[biflow.capture],
    };
  };
  const isWhole = ({ capture, flow }: Biflow): boolean => {
    const table = captures[capture].sightings;
    if (table === undefined || table.leftOut > 0) return false;
    return table.wholeFlows === null || table.wholeFlows.has(flow);
  };
  return {
    track,
    isWhole,
    isCounted: (biflow) => captures[biflow.capture].counts !== undefined || isWhole(biflow),
    rows(biflow, direction) {
      const { counts } = captures[biflow.capture];
      if (counts !== undefined) return counts.packets(biflow.flow, direction);
      const { starts } = groups[biflow.capture];
      const group = groupOf(biflow, direction);
      return starts[group + 1] - starts[group];
    },
    tunnel(biflow, direction) {
      const { columns, rows } = track(biflow, direction);
      if (rows.length === 0 || columns.tunnel[rows[0]] === 0) return -1;
      return firstTunnels[biflow.capture] + columns.tunnel[rows[0]] - 1;
    },
    isChosen: ({ capture, flow }) => captures[capture].sightings?.wholeFlows?.has(flow) ?? false,
    hasHeads(capture) {
      const table = captures[capture].sightings;
      return table !== undefined && table.leftOut === 0;
    },
    hasAllConnections: (capture) => captures[capture].hasAllConnections,
    times: (capture) => columns[capture]?.time.subarray(0, captures[capture].sightings?.length) ?? new Float64Array(0),
    retime(capture, times) {
      const own = columns[capture];
      if (own !== undefined) columns[capture] = { ...own, time: times as (typeof own)['time'] };
    },
  };
}
