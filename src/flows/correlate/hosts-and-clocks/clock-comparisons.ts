import type { Joined } from '../../capture/capture-digest.ts';
import { type Direction, TO_CLIENT, TO_SERVER } from '../../evidence/evidence.ts';
import { matchPackets } from '../matching/packet-match.ts';
import { depthOf } from '../paths/leg-depth.ts';
import { comparedPairs } from '../same-traffic/compared-pairs.ts';
import { compareTtl, rolesOf, rowsOf, trackOf } from '../same-traffic/member-tracks.ts';
import type { Member } from '../same-traffic/same-traffic.ts';
import type { SightingStore, Track } from '../same-traffic/sighting-store.ts';
import { ITEMS_A_STEP, type Steps } from '../steps.ts';
import { DelayFloor } from './clock-fit.ts';
import type { Comparison } from './comparison.ts';
import { compareNeighbours } from './neighbour-exchanges.ts';
import { nearerByWait, type SharedPacket } from './wait-order.ts';

/**
 * Compares clocks by the packets that points of both saw.
 *
 * @param clocks number of each point's clock
 * @param only compares this clock with the others; without it, each pair of clocks
 */
export function* compareClocks(
  evidence: Joined,
  groups: readonly Member[][],
  store: SightingStore,
  clocks: readonly number[],
  only?: number,
): Steps<Comparison[]> {
  const comparisons = new Map<string, Comparison>();
  const neighbours: (readonly Member[])[] = [];
  const end = evidence.points.reduce((most, { timeShift, quality }) => Math.max(most, timeShift + quality.lastTime), 0);
  const most = evidence.captures.reduce((largest, { packets }) => Math.max(largest, packets), 0);
  for (const [at, group] of groups.entries()) {
    if (at % ITEMS_A_STEP === 0) yield;
    if (group.length < 2) continue;
    // ARP requests look alike, so they are matched when other packets have told about how far the clocks are apart.
    if (group[0].biflow.kind === 'arp') {
      neighbours.push(group);
      continue;
    }
    const byClock = new Map<number, Witnesses>();
    for (const member of group) {
      const clock = clocks[member.biflow.point];
      const known = byClock.get(clock);
      byClock.set(clock, known === undefined ? [member, member] : betterWitnesses(evidence, known, member, store));
    }
    if (byClock.size < 2) continue;
    const seen = [...byClock].sort((x, y) => x[0] - y[0]);
    for (const [i, j] of comparedPairs(seen.length)) {
      const [[clockA, a], [clockB, b]] = [seen[i], seen[j]];
      if (only !== undefined && clockA !== only && clockB !== only) continue;
      const key = `${clockA} ${clockB}`;
      let comparison = comparisons.get(key);
      if (comparison === undefined) {
        comparison = {
          clocks: [clockA, clockB],
          forth: new DelayFloor(0, end),
          back: new DelayFloor(0, end),
          unordered: new DelayFloor(0, end),
          nearer: new Map(),
        };
        comparisons.set(key, comparison);
      }
      compare(comparison, a, b, evidence, store, most / SAMPLED_PACKETS);
    }
  }
  for (const group of neighbours) compareNeighbours(comparisons, group, evidence, store, clocks);
  return [...comparisons.values()];
}

/**
 * By direction, the member of a clock whose packets are compared. A host may show each direction at a different device.
 */
type Witnesses = readonly [Member, Member];

/**
 * The member that saw most packets of a direction. Among equals, the one nearest to the process, because its hop limits
 * are the most informative.
 */
function betterWitnesses(evidence: Joined, known: Witnesses, other: Member, store: SightingStore): Witnesses {
  const isNearer = (member: Member): boolean => depthOf(evidence, other) < depthOf(evidence, member);
  const better = (direction: Direction): Member => {
    const more = rowsOf(store, other, direction) - rowsOf(store, known[direction], direction);
    return more > 0 || (more === 0 && isNearer(known[direction])) ? other : known[direction];
  };
  return [better(TO_SERVER), better(TO_CLIENT)];
}

/**
 * Adds the packets of one conversation that both clocks saw.
 * @param share factor by which the captures hold too many packets
 */
function compare(
  comparison: Comparison,
  a: Witnesses,
  b: Witnesses,
  evidence: Joined,
  store: SightingStore,
  share: number,
): void {
  const samples = ([TO_SERVER, TO_CLIENT] as Direction[]).map((direction): Sample => {
    const [ofA, ofB] = [a[direction], b[direction]];
    const [trackA, trackB] = [ofA, ofB].map((member) => sampled(trackOf(store, member, direction), share));
    const [shiftA, shiftB] = [ofA, ofB].map(({ biflow }) => evidence.points[biflow.point].timeShift);
    return { trackA, trackB, shiftA, shiftB, matched: matchPackets(trackA, trackB) };
  });
  const nearer = nearerToClient(a, b, samples, store);
  if (a[TO_SERVER].biflow.encapsulation.length !== b[TO_SERVER].biflow.encapsulation.length)
    for (const member of [a[TO_SERVER], b[TO_SERVER]]) vote(comparison.nearer, member, nearer);
  samples.forEach(({ trackA, trackB, shiftA, shiftB, matched }, direction) => {
    const isForth = nearer === 0 || nearer > 0 === (direction === TO_SERVER);
    const floor = nearer === 0 ? comparison.unordered : isForth ? comparison.forth : comparison.back;
    const sign = isForth ? 1 : -1;
    for (let index = 0; index < matched.length; index++) {
      if (matched[index] < 0) continue;
      const timeA = trackA.columns.time[trackA.rows[index]] + shiftA;
      const timeB = trackB.columns.time[trackB.rows[matched[index]]] + shiftB;
      floor.add(timeA, sign * (timeB - timeA));
    }
  });
}

/** Most address pairs kept; a few are enough to tell who is where. */
const KEPT_PAIRS = 256;

function vote(votes: Map<string, number>, member: Member, nearer: number): void {
  const { client, server } = rolesOf(member);
  const key = `${client.address} ${server.address}`;
  if (nearer !== 0 && (votes.has(key) || votes.size < KEPT_PAIRS)) votes.set(key, (votes.get(key) ?? 0) + nearer);
}

/** Most packets of a capture used for clock comparison; the smallest delays are among them. */
const SAMPLED_PACKETS = 1 << 18;

/** Samples the same packets at every point, by a hash of fields that all points see (RFC 5475, 6.2). */
function sampled(track: Track, share: number): Track {
  if (share <= 1) return track;
  const limit = 0xffffffff / share;
  const { rows, keys } = track;
  const kept = new Uint32Array(rows.length);
  let count = 0;
  for (const row of rows) if (keys.withoutId[row] <= limit) kept[count++] = row;
  return { ...track, rows: kept.subarray(0, count) };
}

interface Sample {
  trackA: Track;
  trackB: Track;
  /** Seconds from the start of the first capture to the start of the point's own capture. */
  shiftA: number;
  shiftB: number;
  matched: Int32Array;
}

/**
 * Which of two points is nearer to the client: 1 for the first, -1 for the second, 0 when unknown. The hop limit falls
 * along the path. If it does not differ, the wait between request and answer decides: it is longer nearer to the
 * client, independent of the clocks.
 */
function nearerToClient(a: Witnesses, b: Witnesses, samples: readonly Sample[], store: SightingStore): number {
  for (const direction of [TO_SERVER, TO_CLIENT] as Direction[]) {
    const byTtl = compareTtl(a[direction], b[direction], store, direction);
    if (byTtl !== 0) return byTtl;
  }
  const shared: SharedPacket[] = [];
  for (const [direction, sample] of samples.entries()) sharePackets(shared, direction as Direction, sample);
  return nearerByWait(shared);
}

/** Packets compared to decide which point is nearer to the client. */
const SHARED_PACKETS = 200;

/** Times are by the clocks of the two captures, from the start of the first one. */
function sharePackets(shared: SharedPacket[], direction: Direction, sample: Sample): void {
  const { trackA: a, trackB: b, shiftA, shiftB, matched } = sample;
  const limit = shared.length + SHARED_PACKETS;
  for (let index = 0; index < matched.length && shared.length < limit; index++) {
    if (matched[index] < 0) continue;
    const time = a.columns.time[a.rows[index]] + shiftA;
    shared.push({ direction, time, delay: b.columns.time[b.rows[matched[index]]] + shiftB - time });
  }
}
