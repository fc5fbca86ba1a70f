import { rowKeys } from '../../../src/flows/correlate/same-traffic/row-keys.ts';
import type { Track } from '../../../src/flows/correlate/same-traffic/sighting-store.ts';
import { TO_SERVER } from '../../../src/flows/evidence/evidence.ts';
import { SIGHTING_TCP } from '../../../src/flows/rows/row-marks.ts';
import { SightingTable } from '../../../src/flows/rows/sighting-table.ts';

/** One packet of a track; what is left out is 0, and it is TCP. */
export interface MadeUpPacket {
  kind?: number;
  time?: number;
  ipId?: number;
  l3Length?: number;
  payloadLength?: number;
  payloadHash?: number;
  flags?: number;
  seq?: number;
  ack?: number;
  tsValue?: number;
  marks?: number;
}

/** A track of these packets, in this order. */
export function madeUpTrack(packets: readonly MadeUpPacket[]): Track {
  const table = new SightingTable(packets.length);
  for (const { kind = SIGHTING_TCP, ...values } of packets) {
    const row = table.addRow(0, TO_SERVER);
    table.columns.kind[row] = kind;
    table.columns.packet[row] = row + 1;
    for (const [name, value] of Object.entries(values)) table.columns[name as keyof typeof values][row] = value;
  }
  return { columns: table.columns, rows: Uint32Array.from(packets, (_, row) => row), keys: rowKeys(table) };
}
