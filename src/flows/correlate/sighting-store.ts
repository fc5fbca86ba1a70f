import type { CaptureDigest, Direction } from '../evidence.ts';
import type { SightingTable } from '../sightings.ts';
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
  /** Index in the joined list of the outermost tunnel that carried the first packet of a direction; -1 for none. */
  tunnel(biflow: Biflow, direction: Direction): number;
  /** Whether every packet of the biflow has its row. */
  isWhole(biflow: Biflow): boolean;
  /** Whether the capture has at least the first rows of every biflow. */
  hasHeads(capture: number): boolean;
  /** Whether every TCP connection of the capture is among the evidence. */
  hasAllConnections(capture: number): boolean;
}

const NO_ROWS = new Uint32Array(0);
const NO_KEYS: RowKeys = { withId: NO_ROWS, withoutId: NO_ROWS };

export function openStore(digests: readonly CaptureDigest[], biflows: readonly Biflow[]): SightingStore {
  const ofCapture: Biflow[][] = digests.map(() => []);
  for (const biflow of biflows) ofCapture[biflow.capture].push(biflow);
  const groups: RowGroups[] = digests.map((digest, capture) => groupRows(digest, ofCapture[capture]));
  // With one point nothing is compared.
  const isCompared = new Set(biflows.map(({ point }) => point)).size > 1;
  const keys = digests.map(({ sightings }) => (isCompared && sightings !== undefined ? rowKeys(sightings) : NO_KEYS));
  const firstTunnels = digests.map((_, capture) =>
    digests.slice(0, capture).reduce((sum, { tunnels }) => sum + tunnels.length, 0),
  );
  const track = (biflow: Biflow, direction: Direction): Track => {
    const table = digests[biflow.capture].sightings;
    if (table === undefined) return { columns: {} as SightingTable['columns'], rows: NO_ROWS, keys: NO_KEYS };
    const { order, starts } = groups[biflow.capture];
    const group = 2 * biflow.slot + direction;
    return {
      columns: table.columns,
      rows: order.subarray(starts[group], starts[group + 1]),
      keys: keys[biflow.capture],
    };
  };
  return {
    track,
    tunnel(biflow, direction) {
      const { columns, rows } = track(biflow, direction);
      if (rows.length === 0 || columns.tunnel[rows[0]] === 0) return -1;
      return firstTunnels[biflow.capture] + columns.tunnel[rows[0]] - 1;
    },
    isWhole({ capture, flow }) {
      const table = digests[capture].sightings;
      if (table === undefined || table.leftOut > 0) return false;
      return table.wholeFlows === null || table.wholeFlows.has(flow);
    },
    hasHeads(capture) {
      const table = digests[capture].sightings;
      return table !== undefined && table.leftOut === 0;
    },
    hasAllConnections(capture) {
      const { connections, connectionsTotal, connectionsEvicted } = digests[capture];
      return connections.length === connectionsTotal && connectionsEvicted === 0;
    },
  };
}
