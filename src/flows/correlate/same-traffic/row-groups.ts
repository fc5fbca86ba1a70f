import { MARK_COPY } from '../../rows/row-marks.ts';
import type { SightingTable } from '../../rows/sighting-table.ts';
import type { Biflow } from './biflow.ts';

/**
 * Rows of one capture's sightings, grouped by biflow and direction, each group in the order of the capture.
 * Copies of packets already seen at their point are left out.
 *
 *   order   rows of biflow 0 to server | of biflow 0 to client | of biflow 1 to server | …
 *   starts  where each group begins in `order`; one more entry than groups
 */
export interface RowGroups {
  order: Uint32Array;
  starts: Uint32Array;
}

/**
 * Groups rows by counting sort, in linear time and without an object per row.
 *
 * @param biflows those of this capture, with `slot` counting from 0
 */
export function groupRows(table: SightingTable | undefined, biflows: readonly Biflow[]): RowGroups {
  const groups = 2 * biflows.length;
  const starts = new Uint32Array(groups + 1);
  if (table === undefined) return { order: new Uint32Array(0), starts };
  const { flow, direction, marks, packet } = table.columns;
  const finder = slotFinder(biflows);
  const groupOf = new Int32Array(table.length);
  for (let row = 0; row < table.length; row++) {
    const slot = (marks[row] & MARK_COPY) === 0 ? finder(flow[row], packet[row]) : -1;
    groupOf[row] = slot < 0 ? -1 : 2 * slot + direction[row];
    if (slot >= 0) starts[groupOf[row] + 1]++;
  }
  for (let group = 0; group < groups; group++) starts[group + 1] += starts[group];
  const order = new Uint32Array(starts[groups]);
  const next = starts.slice();
  for (let row = 0; row < table.length; row++) if (groupOf[row] >= 0) order[next[groupOf[row]]++] = row;
  return { order, starts };
}

/**
 * Maps a flow number of the capture to the slot of its biflow. If the ports of a connection are reused, several biflows
 * have one flow number. Then a packet belongs to the latest one that had begun.
 */
function slotFinder(biflows: readonly Biflow[]): (flow: number, packet: number) => number {
  let largest = -1;
  for (const { flow } of biflows) largest = Math.max(largest, flow);
  const slots = new Int32Array(largest + 1).fill(-1);
  const shared = new Map<number, Biflow[]>();
  for (const biflow of biflows) {
    const other = slots[biflow.flow];
    if (other < 0) slots[biflow.flow] = biflow.slot;
    else {
      const list = shared.get(biflow.flow) ?? [biflows[other]];
      list.push(biflow);
      shared.set(biflow.flow, list);
    }
  }
  for (const list of shared.values()) list.sort((a, b) => a.firstPacket - b.firstPacket);
  return (flow, packet) => {
    if (flow > largest) return -1;
    const list = shared.size > 0 ? shared.get(flow) : undefined;
    if (list === undefined) return slots[flow];
    let found = list[0];
    for (const candidate of list) if (candidate.firstPacket <= packet) found = candidate;
    return found.slot;
  };
}
