import * as wireguard from '../../../decode/headers/wireguard.ts';
import type { Joined } from '../../capture/capture-digest.ts';
import { type CarrierFlow, type Direction, TO_CLIENT, TO_SERVER } from '../../evidence/evidence.ts';
import { MARK_COPY } from '../../rows/row-marks.ts';
import { LEAST_OVERHEAD, MOST_OVERHEAD } from '../../trackers/carrier-tracker.ts';
import type { Biflow } from '../same-traffic/biflow.ts';
import type { SightingStore } from '../same-traffic/sighting-store.ts';

/** A packet by time and size. */
export interface TimedPacket {
  /** Seconds from the start of the first capture of the list, by the clock of the point. */
  time: number;
  /** Number in its capture. */
  packet: number;
  flow: number;
  /** IP length of a plain packet; of an encrypted one the smallest and largest that may be inside. */
  shortest: number;
  longest: number;
}

/** Most packets of one point that are compared. */
const MOST_PACKETS = 1 << 18;

const DIRECTIONS: readonly Direction[] = [TO_SERVER, TO_CLIENT];

/**
 * Seconds from the start of the first capture of the list to that of the point, both by their own clocks. Clocks of one
 * host are one, so nothing is aligned.
 */
export function ownShift({ captures, points }: Joined, point: number): number {
  const [first, own] = [captures[0], captures[points[point].capture]];
  return own.baseSeconds - first.baseSeconds + (own.baseNanoseconds - first.baseNanoseconds) / 1e9;
}

/** The encrypted packets of one carrier, in order of time; null where not every packet has its row. */
export function packetsOfCarrier(
  evidence: Joined,
  carrier: CarrierFlow,
  biflow: Biflow,
  store: SightingStore,
): TimedPacket[] | null {
  if (!store.isWhole(biflow)) return null;
  const direction: Direction = biflow.client.address === carrier.source ? TO_SERVER : TO_CLIENT;
  const { columns, rows } = store.track(biflow, direction);
  const shift = ownShift(evidence, carrier.point);
  const found: TimedPacket[] = [];
  for (const row of rows) {
    if (columns.seq[row] !== carrier.spi >>> 0 || (columns.marks[row] & MARK_COPY) !== 0) continue;
    const longest =
      carrier.kind === 'esp'
        ? columns.l3Length[row] - LEAST_OVERHEAD
        : columns.payloadLength[row] - wireguard.EMPTY_DATA;
    // A keep-alive of WireGuard carries no packet.
    if (longest <= 0) continue;
    const room = carrier.kind === 'esp' ? MOST_OVERHEAD - LEAST_OVERHEAD : wireguard.PADDING - 1;
    const [time, packet] = [columns.time[row] + shift, columns.packet[row]];
    found.push({ time, packet, flow: carrier.flow, shortest: longest - room, longest });
  }
  return found.sort((a, b) => a.time - b.time);
}

/** The plain IP packets of a point in order of time; null where not every packet has its row, or there are too many. */
export function plainPackets(
  evidence: Joined,
  point: number,
  biflows: readonly Biflow[],
  store: SightingStore,
): TimedPacket[] | null {
  const encrypted = new Set(evidence.carriers.filter((carrier) => carrier.point === point).map(({ flow }) => flow));
  const found: TimedPacket[] = [];
  const shift = ownShift(evidence, point);
  for (const biflow of biflows) {
    if (biflow.kind === 'arp' || biflow.encapsulation.length > 0 || encrypted.has(biflow.flow)) continue;
    if (!store.isWhole(biflow)) return null;
    for (const direction of DIRECTIONS) {
      const { columns, rows } = store.track(biflow, direction);
      for (const row of rows) {
        if ((columns.marks[row] & MARK_COPY) !== 0) continue;
        const length = columns.l3Length[row];
        const [time, packet] = [columns.time[row] + shift, columns.packet[row]];
        found.push({ time, packet, flow: biflow.flow, shortest: length, longest: length });
      }
      if (found.length > MOST_PACKETS) return null;
    }
  }
  return found.sort((a, b) => a.time - b.time);
}
