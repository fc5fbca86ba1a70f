import type { Joined } from '../../capture/capture-digest.ts';
import { type Direction, TO_CLIENT, TO_SERVER } from '../../evidence/evidence.ts';
import { MARK_INBOUND, MARK_OUTBOUND } from '../../rows/row-marks.ts';
import type { Timeline } from '../hosts-and-clocks/clocks.ts';
import { sameEndpoint } from '../same-traffic/biflow.ts';
import { MOST_COMPARED } from '../same-traffic/compared-pairs.ts';
import { rolesOf, trackOf } from '../same-traffic/member-tracks.ts';
import type { Member } from '../same-traffic/same-traffic.ts';
import type { SightingStore } from '../same-traffic/sighting-store.ts';
import { INITIAL_TTLS } from '../same-traffic/thresholds.ts';
import { ITEMS_A_STEP, type Steps } from '../steps.ts';
import { depthOf } from './leg-depth.ts';
import { compareByPackets } from './order-by-packets.ts';
import type { UnknownOrders } from './unknown-orders.ts';

/** Order of each pair of members: 1 when the first comes first, -1 when the second does, 0 when unknown. */
type Signs = Int8Array;

/** What conversations say about the order of two points, by `voteKeys`. */
interface Votes {
  /** Votes of conversations that know the order. */
  proven: Map<string, number>;
  /** Seconds that packets of the other conversations took, within the error of the clocks. */
  delays: Map<string, number>;
}

/**
 * Sorts the members of each conversation in the order in which packets to the server pass them.
 *
 * Each pair is compared by the strongest available proof: decrease of the hop limit, time on one clock, wait between
 * request and answer, time on aligned clocks beyond their error. Remaining pairs are decided by the other conversations
 * to the same address, by the other devices of the same two hosts, and by the order of devices in a host:
 *
 *   veth → bridge → tunnel device → NIC ═ network ═ NIC → tunnel device → bridge → veth
 *
 * More members than `MOST_COMPARED` are sorted by hop limit and time alone.
 *
 * @param groups members in order of their biflows: what nothing tells apart stays so
 * @param unknown receives the pairs with an unknown order; of these the one that saw more packets comes first
 */
export function* orderAll(
  evidence: Joined,
  groups: readonly Member[][],
  store: SightingStore,
  timeline: Timeline,
  unknown: UnknownOrders,
): Steps<Member[][]> {
  const votes: Votes = { proven: new Map(), delays: new Map() };
  const known: (Signs | null)[] = [];
  for (const [at, group] of groups.entries()) {
    known.push(group.length > MOST_COMPARED ? null : provenSigns(group, store, timeline, votes));
    if (at % ITEMS_A_STEP === 0) yield;
  }
  const ordered: Member[][] = [];
  for (const [index, group] of groups.entries()) {
    const signs = known[index];
    if (signs === null) ordered.push(sortedByHead(group, store, timeline));
    else if (group.length < 2) ordered.push(group);
    else ordered.push(settle({ evidence, group, signs, store, timeline, votes, unknown }));
    if (index % ITEMS_A_STEP === 0) yield;
  }
  return ordered;
}

/** Sorts by the hop limit of the first packet in each direction, and then by its time on the common clock. */
function sortedByHead(group: readonly Member[], store: SightingStore, timeline: Timeline): Member[] {
  const heads = group.map((member) => {
    const [toServer, toClient] = ([TO_SERVER, TO_CLIENT] as Direction[]).map((direction) => {
      const { columns, rows } = trackOf(store, member, direction);
      if (rows.length === 0) return { ttl: 0, time: 0 };
      return { ttl: columns.ttl[rows[0]], time: timeline.at(member.biflow.point, columns.time[rows[0]]) };
    });
    return { member, toServer, toClient };
  });
  heads.sort(
    (x, y) =>
      y.toServer.ttl - x.toServer.ttl ||
      x.toClient.ttl - y.toClient.ttl ||
      x.toServer.time - y.toServer.time ||
      y.toClient.time - x.toClient.time,
  );
  return heads.map(({ member }) => member);
}

function provenSigns(group: Member[], store: SightingStore, timeline: Timeline, votes: Votes): Signs {
  const size = group.length;
  const signs = new Int8Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = i + 1; j < size; j++) {
      const { sign, delay } = compareByPackets(group[i], group[j], store, timeline);
      set(signs, size, i, j, sign);
      if (sign !== 0) vote(votes.proven, group[i], group[j], sign);
      else if (delay !== 0 && areComparable(group[i], group[j], timeline))
        vote(votes.delays, group[i], group[j], delay);
    }
  }
  return signs;
}

/**
 * Packets in one direction only do not separate offset from delay. Then an order by these clocks would only repeat the
 * assumption.
 */
const areComparable = ({ biflow: a }: Member, { biflow: b }: Member, timeline: Timeline): boolean =>
  timeline.error(a.point, b.point) !== null;

function set(signs: Signs, size: number, i: number, j: number, sign: number): void {
  signs[i * size + j] = sign;
  signs[j * size + i] = -sign;
}

/** Packets to one address take one path, and packets to the client's address return along it. */
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

interface Unsettled {
  evidence: Joined;
  group: Member[];
  signs: Signs;
  store: SightingStore;
  timeline: Timeline;
  votes: Votes;
  unknown: UnknownOrders;
}

function settle(unsettled: Unsettled): Member[] {
  const { group, signs, store } = unsettled;
  const size = group.length;
  if (hasOpenPair(signs, size)) fillByOthers(unsettled);
  // Most conversations are seen twice, and there are very many of these.
  if (size === 2 && signs[1] !== 0) return signs[1] > 0 ? [group[0], group[1]] : [group[1], group[0]];
  const wins: number[] = group.map((_, i) =>
    signs.subarray(i * size, (i + 1) * size).reduce((sum, sign) => sum + sign, 0),
  );
  const packets = (member: Member): number => packetsOf(store, member);
  return group
    .map((member, i) => ({ member, wins: wins[i] }))
    .sort((x, y) => y.wins - x.wins || packets(y.member) - packets(x.member))
    .map(({ member }) => member);
}

function hasOpenPair(signs: Signs, size: number): boolean {
  for (let i = 0; i < size; i++) for (let j = i + 1; j < size; j++) if (signs[i * size + j] === 0) return true;
  return false;
}

/** What the packets of the two members do not tell: other conversations, the ends of the path, devices. */
function fillByOthers({ evidence, group, signs, store, timeline, votes, unknown }: Unsettled): void {
  const size = group.length;
  const fill = (decide: (i: number, j: number) => number) => {
    for (let i = 0; i < size; i++)
      for (let j = i + 1; j < size; j++) if (signs[i * size + j] === 0) set(signs, size, i, j, decide(i, j));
  };
  const clocks = group.map(({ biflow }) => timeline.clockOf(biflow.point));
  fill((i, j) => majority(votes.proven, group[i], group[j]));
  const ends = group.map((member) => endAt(evidence, member, store));
  fill((i, j) => (clocks[i] === clocks[j] ? 0 : Math.sign(ends[i] - ends[j])));
  fill((i, j) => (clocks[i] === clocks[j] ? compareByRole(evidence, group, i, j, signs, store, timeline) : 0));
  fill((i, j) => (clocks[i] === clocks[j] ? 0 : betweenHosts(signs, clocks, i, j)));
  fill((i, j) => byLikeness(group, signs, i, j));
  // Time by the clocks, within their error: better than nothing. All conversations together are better than one.
  fill((i, j) => majority(votes.delays, group[i], group[j]));
  for (let i = 0; i < size; i++)
    for (let j = i + 1; j < size; j++) if (signs[i * size + j] === 0) unknown.add(group[i], group[j]);
}

const packetsOf = (store: SightingStore, { biflow }: Member): number =>
  store.rows(biflow, TO_SERVER) + store.rows(biflow, TO_CLIENT);

/**
 * 1 at a pod's device or bridge where the client's packets still have their initial hop limit: its host comes first. -1
 * where the server's packets do: its host comes last. 0 where neither or both hold.
 */
function endAt(evidence: Joined, member: Member, store: SightingStore): number {
  const { role } = evidence.points[member.biflow.point];
  if (role !== 'pod-veth' && role !== 'bridge') return 0;
  const isFresh = (direction: Direction): boolean => {
    const { columns, rows } = trackOf(store, member, direction);
    return rows.length > 0 && INITIAL_TTLS.includes(columns.ttl[rows[0]]);
  };
  return Number(isFresh(TO_SERVER)) - Number(isFresh(TO_CLIENT));
}

/** Packets pass one host after the other, so the order of other devices of the two hosts also holds for these. */
function betweenHosts(signs: Signs, clocks: number[], i: number, j: number): number {
  const size = clocks.length;
  let sum = 0;
  for (let k = 0; k < size; k++)
    for (let l = 0; l < size; l++) if (clocks[k] === clocks[i] && clocks[l] === clocks[j]) sum += signs[k * size + l];
  return Math.sign(sum);
}

/**
 * Orders two passages of one point that each show one direction only, as on a bridge that translates one direction. The
 * passage with the addresses of the previous point is first; the one with the addresses of the next point is last.
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

/** 1 when packets to the server leave the member's host, -1 when they come in; null when unknown. */
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
  // The order of another host relative to any device of this one gives the side.
  for (let k = 0; k < size; k++) {
    if (!own[k]) continue;
    for (let other = 0; other < size; other++)
      if (!own[other] && signs[k * size + other] !== 0) return signs[k * size + other];
  }
  // The order of two devices of this host, if packets showed it.
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
