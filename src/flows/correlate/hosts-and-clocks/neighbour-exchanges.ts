import type { Joined } from '../../capture/capture-digest.ts';
import { type Direction, TO_CLIENT, TO_SERVER } from '../../evidence/evidence.ts';
import { comparedPairs } from '../same-traffic/compared-pairs.ts';
import { trackOf } from '../same-traffic/member-tracks.ts';
import type { Member } from '../same-traffic/same-traffic.ts';
import type { SightingStore, Track } from '../same-traffic/sighting-store.ts';
import type { Comparison } from './comparison.ts';
import { nearerByWait, type SharedPacket } from './wait-order.ts';

/**
 * Seconds by which the same ARP packet may differ at two points, after the difference that other packets show: a tenth
 * of the time between two requests (Linux asks once a second, net.ipv4.neigh.*.retrans_time_ms).
 */
const SAME_PACKET_SECONDS = 0.1;

/** Rows at the start of an exchange that are compared: a few answers are enough. */
const HEAD_ROWS = 64;

/**
 * Adds requests and answers of ARP or neighbour discovery that two clocks saw. They pass a link in both directions, so
 * they tell offset from delay where all other packets pass in one direction only. The clocks must share other packets,
 * which say about how far they are apart: ARP requests look alike.
 */
export function compareNeighbours(
  comparisons: ReadonlyMap<string, Comparison>,
  group: readonly Member[],
  evidence: Joined,
  store: SightingStore,
  clocks: readonly number[],
): void {
  for (const [i, j] of comparedPairs(group.length)) {
    const [a, b] = [group[i], group[j]];
    const [first, second] = clocks[a.biflow.point] < clocks[b.biflow.point] ? [a, b] : [b, a];
    const comparison = comparisons.get(`${clocks[first.biflow.point]} ${clocks[second.biflow.point]}`);
    if (comparison === undefined) continue;
    const apart = apparentDifference(comparison);
    if (apart !== null) add(comparison, sharedBy(first, second, evidence, store, apart));
  }
}

/** Seconds by which the second clock is ahead, or null when both directions are known already or no packet tells. */
function apparentDifference({ forth, back, unordered }: Comparison): number | null {
  if (forth.matches > 0 && back.matches > 0) return null;
  if (forth.matches > 0) return forth.minimum(0);
  if (back.matches > 0) return -back.minimum(0);
  return unordered.matches > 0 ? unordered.minimum(0) : null;
}

function sharedBy(a: Member, b: Member, evidence: Joined, store: SightingStore, apart: number): SharedPacket[] {
  const shared: SharedPacket[] = [];
  const [shiftA, shiftB] = [a, b].map(({ biflow }) => evidence.points[biflow.point].timeShift);
  for (const direction of [TO_SERVER, TO_CLIENT] as Direction[]) {
    const [trackA, trackB] = [trackOf(store, a, direction), trackOf(store, b, direction)];
    const rowsB = [...trackB.rows.subarray(0, HEAD_ROWS)];
    for (const rowA of trackA.rows.subarray(0, HEAD_ROWS)) {
      const time = trackA.columns.time[rowA] + shiftA;
      const differences = rowsB
        .filter((rowB) => isSameOperation(trackA, rowA, trackB, rowB))
        .map((rowB) => trackB.columns.time[rowB] + shiftB - time)
        .filter((difference) => Math.abs(difference - apart) < SAME_PACKET_SECONDS);
      if (differences.length === 0) continue;
      differences.sort((x, y) => Math.abs(x - apart) - Math.abs(y - apart));
      shared.push({ direction, time, delay: differences[0] });
    }
  }
  return shared;
}

const isSameOperation = (a: Track, rowA: number, b: Track, rowB: number): boolean =>
  a.columns.flags[rowA] === b.columns.flags[rowB];

function add({ forth, back }: Comparison, shared: SharedPacket[]): void {
  const nearer = nearerByWait(shared);
  if (nearer === 0) return;
  for (const { direction, time, delay } of shared) {
    const isForth = nearer > 0 === (direction === TO_SERVER);
    if (isForth) forth.add(time, delay);
    else back.add(time, -delay);
  }
}
