import type { CaptureSource } from '../decode/files/capture-source.ts';
import { FlowBook } from './flow-book.ts';
import type { FlowRow } from './flow-row.ts';
import { type InspectOptions, readSelected } from './read-selected.ts';

export const FLOW_ORDERS = ['number', 'packets', 'octets', 'duration', 'again', 'round-trip'] as const;
export type FlowOrder = (typeof FLOW_ORDERS)[number];

export interface FlowList {
  flows: FlowRow[];
  /** Packets of flows beyond the 200,000 that are kept. */
  beyond: number;
}

/**
 * Connections and exchanges of a capture, sorted; largest first, except by number.
 *
 * @throws PcapdiagError when the source is no capture, or the selection is wrong
 */
export async function listFlows(
  source: CaptureSource,
  options: InspectOptions & { order?: FlowOrder } = {},
): Promise<FlowList> {
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
