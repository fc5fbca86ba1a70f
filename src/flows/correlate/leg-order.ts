import { type Direction, type Evidence, type PointRole, TO_CLIENT, TO_SERVER } from '../evidence.ts';
import { MARK_INBOUND, MARK_OUTBOUND } from '../sightings.ts';
import { compareTtl, type Timeline, trackOf } from './clocks.ts';
import type { Member } from './same-traffic.ts';
import type { SightingStore } from './sighting-store.ts';

/** Rows at the start of a direction that are compared to order two points. */
const HEAD_ROWS = 16;

/** Where a device stands on the way from a process in a pod to the wire. */
const DEPTH: Record<PointRole, number> = {
  'pod-veth': 0,
  bridge: 1,
  'tunnel-device': 2,
  any: 2,
  unknown: 2,
  'node-nic': 3,
  'host-nic': 3,
  outside: 4,
};

/** Depth of a sighting in its host; a NIC shows what it takes in plain and sends on encapsulated. */
export const depthOf = (evidence: Evidence, { biflow }: Member): number =>
  DEPTH[evidence.points[biflow.point].role] + (biflow.encapsulation.length > 0 ? 0.5 : 0);

/**
 * Members in the order in which packets to the server pass them.
 *
 * Each pair is compared by what proves most: fall of the hop limit, time on one clock, wait between request and answer,
 * time on aligned clocks; and what is left by the order of devices in a host:
 *
 *   veth → bridge → tunnel device → NIC ═ network ═ NIC → tunnel device → bridge → veth
 */
export function orderMembers(evidence: Evidence, group: Member[], store: SightingStore, timeline: Timeline): Member[] {
  if (group.length < 2) return group;
  const size = group.length;
  const signs = new Float64Array(size * size);
  const set = (i: number, j: number, sign: number) => {
    signs[i * size + j] = sign;
    signs[j * size + i] = -sign;
  };
  for (let i = 0; i < size; i++)
    for (let j = i + 1; j < size; j++) set(i, j, compareByPackets(evidence, group[i], group[j], store, timeline));
  for (let i = 0; i < size; i++)
    for (let j = i + 1; j < size; j++)
      if (signs[i * size + j] === 0) set(i, j, compareByRole(evidence, group, i, j, signs, store, timeline));
  const wins = group.map((_, i) => signs.subarray(i * size, (i + 1) * size).reduce((sum, sign) => sum + sign, 0));
  return group
    .map((member, i) => ({ member, wins: wins[i] }))
    .sort((x, y) => y.wins - x.wins || x.member.biflow.id - y.member.biflow.id)
    .map(({ member }) => member);
}

/** 1 when `a` comes first on the way to the server, -1 when `b` does, 0 when packets do not tell. */
function compareByPackets(evidence: Evidence, a: Member, b: Member, store: SightingStore, timeline: Timeline): number {
  const byTtl = compareTtl(a, b, store);
  if (byTtl !== 0) return byTtl;
  const [pointA, pointB] = [a.biflow.point, b.biflow.point];
  const request = headDelay(a, b, TO_SERVER, store, timeline);
  const answer = headDelay(a, b, TO_CLIENT, store, timeline);
  if (timeline.clockOf(pointA) === timeline.clockOf(pointB)) return Math.sign((request ?? 0) - (answer ?? 0));
  if (request !== null && answer !== null && request !== answer) return Math.sign(request - answer);
  const error = timeline.error(pointA, pointB);
  const one = request ?? (answer === null ? null : -answer);
  void evidence;
  return one === null || error === null || Math.abs(one) <= error ? 0 : Math.sign(one);
}

/** Mean delay from `a` to `b` on the common clock of the first packets that both saw; null when they share none. */
function headDelay(
  a: Member,
  b: Member,
  direction: Direction,
  store: SightingStore,
  timeline: Timeline,
): number | null {
  const [trackA, trackB] = [trackOf(store, a, direction), trackOf(store, b, direction)];
  const [x, y] = [trackA.columns, trackB.columns];
  let sum = 0;
  let count = 0;
  for (let i = 0; i < Math.min(HEAD_ROWS, trackA.rows.length); i++) {
    for (let j = 0; j < Math.min(HEAD_ROWS, trackB.rows.length); j++) {
      const [rowA, rowB] = [trackA.rows[i], trackB.rows[j]];
      if (x.seq[rowA] !== y.seq[rowB] || x.ipId[rowA] !== y.ipId[rowB] || x.ack[rowA] !== y.ack[rowB]) continue;
      if (x.flags[rowA] !== y.flags[rowB] || x.tsValue[rowA] !== y.tsValue[rowB]) continue;
      sum += timeline.at(b.biflow.point, y.time[rowB]) - timeline.at(a.biflow.point, x.time[rowA]);
      count++;
      break;
    }
  }
  return count === 0 ? null : sum / count;
}

function compareByRole(
  evidence: Evidence,
  group: Member[],
  i: number,
  j: number,
  signs: Float64Array,
  store: SightingStore,
  timeline: Timeline,
): number {
  const [a, b] = [group[i], group[j]];
  if (timeline.clockOf(a.biflow.point) !== timeline.clockOf(b.biflow.point)) return 0;
  const inward = Math.sign(depthOf(evidence, b) - depthOf(evidence, a));
  return (
    inward *
    (sideOf(evidence, group, i, signs, store, timeline) ?? sideOf(evidence, group, j, signs, store, timeline) ?? 1)
  );
}

/** 1 when packets to the server leave the member's host, -1 when they come in; null when nothing tells. */
function sideOf(
  evidence: Evidence,
  group: Member[],
  i: number,
  signs: Float64Array,
  store: SightingStore,
  timeline: Timeline,
): number | null {
  const size = group.length;
  const clock = timeline.clockOf(group[i].biflow.point);
  const own = group.map((member) => timeline.clockOf(member.biflow.point) === clock);
  // Another host that is ordered against any device of this one tells the side.
  for (let k = 0; k < size; k++) {
    if (!own[k]) continue;
    for (let other = 0; other < size; other++)
      if (!own[other] && signs[k * size + other] !== 0) return signs[k * size + other];
  }
  // The order of two devices of this host that packets did tell.
  for (let k = 0; k < size; k++) {
    for (let l = 0; l < size; l++) {
      const step = depthOf(evidence, group[l]) - depthOf(evidence, group[k]);
      if (own[k] && own[l] && step > 0 && signs[k * size + l] !== 0) return signs[k * size + l];
    }
  }
  for (let k = 0; k < size; k++) {
    const { columns, rows } = trackOf(store, group[k], TO_SERVER);
    if (!own[k] || rows.length === 0 || depthOf(evidence, group[k]) < 3) continue;
    if ((columns.marks[rows[0]] & MARK_OUTBOUND) !== 0) return 1;
    if ((columns.marks[rows[0]] & MARK_INBOUND) !== 0) return -1;
  }
  return null;
}
