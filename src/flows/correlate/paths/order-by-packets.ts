import { type Direction, TO_CLIENT, TO_SERVER } from '../../evidence/evidence.ts';
import { SIGHTING_UDP } from '../../rows/row-marks.ts';
import type { Timeline } from '../hosts-and-clocks/clocks.ts';
import { nearerByWait, type SharedPacket } from '../hosts-and-clocks/wait-order.ts';
import { matchPackets } from '../matching/packet-match.ts';
import { compareTtl, trackOf } from '../same-traffic/member-tracks.ts';
import type { Member } from '../same-traffic/same-traffic.ts';
import type { SightingStore, Track } from '../same-traffic/sighting-store.ts';

/** Rows at the start of a direction that are compared to order two points. */
const HEAD_ROWS = 16;

/** 1 when `a` comes first on the way to the server, -1 when `b` does, 0 when packets do not show it. */
export function compareByPackets(
  a: Member,
  b: Member,
  store: SightingStore,
  timeline: Timeline,
): { sign: number; delay: number } {
  const byTtl = compareTtl(a, b, store, TO_SERVER) || compareTtl(a, b, store, TO_CLIENT);
  if (byTtl !== 0) return { sign: byTtl, delay: 0 };
  const [pointA, pointB] = [a.biflow.point, b.biflow.point];
  const shared = headPackets(a, b, store, timeline);
  const delay = meanDelay(shared);
  if (timeline.clockOf(pointA) === timeline.clockOf(pointB)) return { sign: Math.sign(delay), delay };
  const byWait = nearerByWait(shared);
  if (byWait !== 0) return { sign: byWait, delay };
  const error = timeline.error(pointA, pointB);
  return { sign: error === null || Math.abs(delay) <= error ? 0 : Math.sign(delay), delay };
}

/**
 * Packets that both points saw, on the common clock: those at the start of both directions, or the first ones of a
 * capture that began later.
 */
function headPackets(a: Member, b: Member, store: SightingStore, timeline: Timeline): SharedPacket[] {
  const heads = startPackets(a, b, store, timeline);
  return heads.length > 0 ? heads : firstCommonPackets(a, b, store, timeline);
}

function firstCommonPackets(a: Member, b: Member, store: SightingStore, timeline: Timeline): SharedPacket[] {
  const shared: SharedPacket[] = [];
  for (const direction of [TO_SERVER, TO_CLIENT] as Direction[]) {
    const [trackA, trackB] = [trackOf(store, a, direction), trackOf(store, b, direction)];
    const matched = matchPackets(trackA, trackB);
    for (let index = 0, found = 0; index < matched.length && found < HEAD_ROWS; index++) {
      if (matched[index] < 0) continue;
      found++;
      shared.push(
        sharedPacket(direction, a, b, trackA, trackA.rows[index], trackB, trackB.rows[matched[index]], timeline),
      );
    }
  }
  return shared;
}

function startPackets(a: Member, b: Member, store: SightingStore, timeline: Timeline): SharedPacket[] {
  const shared: SharedPacket[] = [];
  for (const direction of [TO_SERVER, TO_CLIENT] as Direction[]) {
    const [trackA, trackB] = [trackOf(store, a, direction), trackOf(store, b, direction)];
    const heads = [...trackB.rows.subarray(0, HEAD_ROWS)];
    for (let i = 0; i < Math.min(HEAD_ROWS, trackA.rows.length); i++) {
      for (const [j, row] of heads.entries()) {
        if (row < 0 || !isSamePacket(trackA, trackA.rows[i], trackB, row)) continue;
        // The next equal packet (duplicate ACKs without IP ID) must also be the next one at the other point.
        heads[j] = -1;
        shared.push(sharedPacket(direction, a, b, trackA, trackA.rows[i], trackB, row, timeline));
        break;
      }
    }
  }
  return shared;
}

function sharedPacket(
  direction: Direction,
  a: Member,
  b: Member,
  trackA: Track,
  rowA: number,
  trackB: Track,
  rowB: number,
  timeline: Timeline,
): SharedPacket {
  const time = timeline.at(a.biflow.point, trackA.columns.time[rowA]);
  return { direction, time, delay: timeline.at(b.biflow.point, trackB.columns.time[rowB]) - time };
}

const isSamePacket = ({ columns: x }: Track, rowA: number, { columns: y }: Track, rowB: number): boolean =>
  x.seq[rowA] === y.seq[rowB] &&
  x.ipId[rowA] === y.ipId[rowB] &&
  x.ack[rowA] === y.ack[rowB] &&
  x.flags[rowA] === y.flags[rowB] &&
  x.tsValue[rowA] === y.tsValue[rowB] &&
  // IPv6 has no IP ID, and UDP has no sequence numbers.
  (x.kind[rowA] !== SIGHTING_UDP || x.ipId[rowA] !== 0 || x.payloadHash[rowA] === y.payloadHash[rowB]);

/** Mean delay from the first point to the second, on the way to the server; 0 when they share no packet. */
function meanDelay(shared: readonly SharedPacket[]): number {
  if (shared.length === 0) return 0;
  return (
    shared.reduce((sum, { direction, delay }) => sum + (direction === TO_SERVER ? delay : -delay), 0) / shared.length
  );
}
