import type { Joined } from '../../capture/capture-digest.ts';
import { type Direction, type PointRole, TO_CLIENT, TO_SERVER } from '../../evidence/evidence.ts';
import { MARK_INBOUND, MARK_OUTBOUND, SIGHTING_UDP } from '../../rows/sighting-table.ts';
import type { Timeline } from '../hosts-and-clocks/clocks.ts';
import { nearerByWait, type SharedPacket } from '../hosts-and-clocks/wait-order.ts';
import { matchPackets } from '../matching/packet-match.ts';
import { sameEndpoint } from '../same-traffic/biflow.ts';
import { compareTtl, rolesOf, trackOf } from '../same-traffic/member-tracks.ts';
import type { Member } from '../same-traffic/same-traffic.ts';
import type { SightingStore, Track } from '../same-traffic/sighting-store.ts';

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
export const depthOf = (evidence: Joined, { biflow }: Member): number =>
  DEPTH[evidence.points[biflow.point].role] + (biflow.encapsulation.length > 0 ? 0.5 : 0);

/** What is known of the order of each pair of a conversation's members: 1 when the first comes first, -1, or 0. */
type Signs = Float64Array;

/** By `voteKeys`, what conversations say of the order of two points. */
interface Votes {
  /** Conversations that know it. */
  proven: Map<string, number>;
  /** Seconds that the others' packets took, within the error of the clocks. */
  delays: Map<string, number>;
}

/**
 * The members of each conversation in the order in which packets to the server pass them.
 *
 * Each pair is compared by what proves most: fall of the hop limit, time on one clock, wait between request and answer,
 * time on aligned clocks beyond their error. What is left is decided by the other conversations to the same address,
 * by the other devices of the same two hosts, and by the order of devices in a host:
 *
 *   veth → bridge → tunnel device → NIC ═ network ═ NIC → tunnel device → bridge → veth
 */
export function orderAll(
  evidence: Joined,
  groups: readonly Member[][],
  store: SightingStore,
  timeline: Timeline,
): Member[][] {
  const votes: Votes = { proven: new Map(), delays: new Map() };
  const known = groups.map((group) => provenSigns(group, store, timeline, votes));
  return groups.map((group, index) =>
    group.length < 2 ? group : settle(evidence, group, known[index], store, timeline, votes),
  );
}

function provenSigns(group: Member[], store: SightingStore, timeline: Timeline, votes: Votes): Signs {
  const size = group.length;
  const signs = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = i + 1; j < size; j++) {
      const { sign, delay } = compareByPackets(group[i], group[j], store, timeline);
      set(signs, size, i, j, sign);
      if (sign !== 0) vote(votes.proven, group[i], group[j], sign);
      else if (delay !== 0) vote(votes.delays, group[i], group[j], delay);
    }
  }
  return signs;
}

function set(signs: Signs, size: number, i: number, j: number, sign: number): void {
  signs[i * size + j] = sign;
  signs[j * size + i] = -sign;
}

/** Packets to one address take one way; packets to the client's come back along it. */
function voteKeys(a: Member, b: Member): [string, number][] {
  const { client, server } = rolesOf(a);
  const points = `${a.biflow.point} ${a.biflow.encapsulation.length} ${b.biflow.point} ${b.biflow.encapsulation.length}`;
  return [
    [`${points} ${server.address}`, 1],
    [`${points} ${client.address}`, -1],
  ];
}

function vote(votes: Map<string, number>, a: Member, b: Member, weight: number): void {
  for (const [key, way] of voteKeys(a, b)) votes.set(key, (votes.get(key) ?? 0) + way * weight);
}

const majority = (votes: ReadonlyMap<string, number>, a: Member, b: Member): number =>
  Math.sign(voteKeys(a, b).reduce((sum, [key, way]) => sum + way * (votes.get(key) ?? 0), 0));

function settle(
  evidence: Joined,
  group: Member[],
  signs: Signs,
  store: SightingStore,
  timeline: Timeline,
  votes: Votes,
): Member[] {
  const size = group.length;
  const fill = (decide: (i: number, j: number) => number) => {
    for (let i = 0; i < size; i++)
      for (let j = i + 1; j < size; j++) if (signs[i * size + j] === 0) set(signs, size, i, j, decide(i, j));
  };
  const clocks = group.map(({ biflow }) => timeline.clockOf(biflow.point));
  fill((i, j) => majority(votes.proven, group[i], group[j]));
  fill((i, j) => (clocks[i] === clocks[j] ? compareByRole(evidence, group, i, j, signs, store, timeline) : 0));
  fill((i, j) => (clocks[i] === clocks[j] ? 0 : betweenHosts(signs, clocks, i, j)));
  fill((i, j) => byLikeness(group, signs, i, j));
  // Time as the clocks say it, within their error: better than nothing, and all conversations together better than one.
  fill((i, j) => majority(votes.delays, group[i], group[j]));
  const wins = group.map((_, i) => signs.subarray(i * size, (i + 1) * size).reduce((sum, sign) => sum + sign, 0));
  return group
    .map((member, i) => ({ member, wins: wins[i] }))
    .sort((x, y) => y.wins - x.wins || x.member.biflow.id - y.member.biflow.id)
    .map(({ member }) => member);
}

/** Packets pass one host after the other: what is known of other devices of the two holds for these too. */
function betweenHosts(signs: Signs, clocks: number[], i: number, j: number): number {
  const size = clocks.length;
  let sum = 0;
  for (let k = 0; k < size; k++)
    for (let l = 0; l < size; l++) if (clocks[k] === clocks[i] && clocks[l] === clocks[j]) sum += signs[k * size + l];
  return Math.sign(sum);
}

/**
 * Two passages of one point of which each shows one direction only, as on a bridge that translates what goes one way:
 * the one with the addresses of what comes before is first, the one with the addresses of what follows is last.
 */
function byLikeness(group: Member[], signs: Signs, i: number, j: number): number {
  const size = group.length;
  let sum = 0;
  for (let k = 0; k < size; k++) {
    const side = signs[i * size + k];
    if (k === i || k === j || side === 0 || side !== signs[j * size + k]) continue;
    const [likeI, likeJ] = [haveSameRoles(group[i], group[k]), haveSameRoles(group[j], group[k])];
    if (likeI !== likeJ) sum += likeI ? -side : side;
  }
  return Math.sign(sum);
}

function haveSameRoles(a: Member, b: Member): boolean {
  const [x, y] = [rolesOf(a), rolesOf(b)];
  return sameEndpoint(x.client, y.client) && sameEndpoint(x.server, y.server);
}

/** Sign 1 when `a` comes first on the way to the server, -1 when `b` does, 0 when packets do not tell. */
function compareByPackets(
  a: Member,
  b: Member,
  store: SightingStore,
  timeline: Timeline,
): { sign: number; delay: number } {
  const byTtl = compareTtl(a, b, store);
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
 * Packets that both points saw, on the common clock: those at the start of both directions, or, where one capture began
 * later, the first ones of it.
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
        // The next one that looks the same, as duplicate ACKs do without IP ID, is the next one there too.
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
  // IPv6 has no IP ID, and UDP no numbers of its own.
  (x.kind[rowA] !== SIGHTING_UDP || x.ipId[rowA] !== 0 || x.payloadHash[rowA] === y.payloadHash[rowB]);

/** Mean delay from the first point to the second, on the way to the server; 0 when they share no packet. */
function meanDelay(shared: readonly SharedPacket[]): number {
  if (shared.length === 0) return 0;
  return (
    shared.reduce((sum, { direction, delay }) => sum + (direction === TO_SERVER ? delay : -delay), 0) / shared.length
  );
}

function compareByRole(
  evidence: Joined,
  group: Member[],
  i: number,
  j: number,
  signs: Signs,
  store: SightingStore,
  timeline: Timeline,
): number {
  const [a, b] = [group[i], group[j]];
  const inward = Math.sign(depthOf(evidence, b) - depthOf(evidence, a));
  return (
    inward *
    (sideOf(evidence, group, i, signs, store, timeline) ?? sideOf(evidence, group, j, signs, store, timeline) ?? 1)
  );
}

/** 1 when packets to the server leave the member's host, -1 when they come in; null when nothing tells. */
function sideOf(
  evidence: Joined,
  group: Member[],
  i: number,
  signs: Signs,
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
