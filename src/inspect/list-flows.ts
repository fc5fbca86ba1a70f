import type { CaptureSource } from '../decode/files/capture-source.ts';
import { assertOptionKeys } from '../text/option-keys.ts';
import { FlowBook } from './flow-book.ts';
import type { FlowRow } from './flow-row.ts';
import { INSPECT_KEYS, type InspectOptions, readSelected } from './read-selected.ts';

/** Orders of a list of flows. */
export const FLOW_ORDERS = ['number', 'packets', 'octets', 'duration', 'again', 'round-trip'] as const;
/** One of `FLOW_ORDERS`. */
export type FlowOrder = (typeof FLOW_ORDERS)[number];

/** What listing flows may be told. */
export interface FlowListOptions extends InspectOptions {
  /** Order of the list; by number without it. */
  order?: FlowOrder;
}

/** Flows of a capture. */
export interface FlowList {
  /** One row a flow. */
  flows: FlowRow[];
  /** Number of packets of flows beyond the 200,000 that are kept. */
  beyond: number;
}

/**
 * Connections and exchanges of a capture, sorted; largest first, except by number.
 *
 * @throws PcapdiagError when the source is no capture, or the selection is wrong
 */
export async function listFlows(source: CaptureSource, options: FlowListOptions = {}): Promise<FlowList> {
  assertOptionKeys(options, [...INSPECT_KEYS, 'order'], 'listFlows');
  const book = new FlowBook();
  await readSelected(source, options, (packet, time) => void book.add(packet, time));
  const flows = book.flows.map((flow) => flow.finish());
  const { order = 'number' } = options;
  if (order !== 'number') flows.sort((a, b) => sizeOf(b, order) - sizeOf(a, order) || a.number - b.number);
  return { flows, beyond: book.beyond };
}

function sizeOf(row: FlowRow, order: FlowOrder): number {
  switch (order) {
    case 'packets':
      return row.packets[0] + row.packets[1];
    case 'octets':
      return row.octets[0] + row.octets[1];
    case 'duration':
      return row.duration;
    case 'again':
      return row.sentAgain;
    default:
      return row.roundTrip ?? -1;
  }
}
