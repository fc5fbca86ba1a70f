import { expect, test } from 'vitest';
import type { Timeline } from '../../../../src/flows/correlate/hosts-and-clocks/clocks.ts';
import { compareByPackets } from '../../../../src/flows/correlate/paths/order-by-packets.ts';
import type { Member } from '../../../../src/flows/correlate/same-traffic/same-traffic.ts';
import type { SightingStore } from '../../../../src/flows/correlate/same-traffic/sighting-store.ts';
import { TO_SERVER } from '../../../../src/flows/evidence/evidence.ts';
import { type MadeUpPacket, madeUpTrack } from '../made-up-track.ts';

const [ACK, FIN] = [16, 17];
/** Two points of one clock, of which only the way to the server was captured. */
function signOf(...packets: [MadeUpPacket[], MadeUpPacket[]]): number {
  const tracks = packets.map((list) => madeUpTrack(list));
  const nothing = madeUpTrack([]);
  const track = ({ point }: { point: number }, direction: number) =>
    direction === TO_SERVER ? tracks[point] : nothing;
  const store = { track, rows: (...of: Parameters<typeof track>) => track(...of).rows.length };
  const timeline = { clockOf: () => 0, at: (_: number, time: number) => time, error: () => 0 };
  const [a, b] = [0, 1].map((point) => ({ biflow: { point }, flipped: false }) as unknown as Member);
  return compareByPackets(a, b, store as unknown as SightingStore, timeline as unknown as Timeline).sign;
}
const packet = (flags: number, time: number): MadeUpPacket => ({ seq: 5, ack: 9, flags, time });

test('an acknowledgement is not the FIN with the same numbers that another point saw', () => {
  expect(signOf([packet(ACK, 0), packet(FIN, 1)], [packet(FIN, 1.001)])).toBe(1);
  expect(signOf([packet(ACK, 0), packet(FIN, 1)], [packet(FIN, 0.999)])).toBe(-1);
});
