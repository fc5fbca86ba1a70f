import type { Joined } from '../../capture/capture-digest.ts';
import { type Direction, TO_CLIENT, TO_SERVER } from '../../evidence/evidence.ts';
import { matchPackets } from '../matching/packet-match.ts';
import { depthOf } from '../paths/leg-depth.ts';
import { comparedPairs, comparedPairsWith } from '../same-traffic/compared-pairs.ts';
import { compareTtl, rolesOf, rowsOf, trackOf } from '../same-traffic/member-tracks.ts';
import type { Member } from '../same-traffic/same-traffic.ts';
import type { SightingStore, Track } from '../same-traffic/sighting-store.ts';
import { ITEMS_A_STEP, type Steps } from '../steps.ts';
import { DelayFloor } from './clock-fit.ts';
import type { Comparison } from './comparison.ts';
import { compareNeighbours } from './neighbour-exchanges.ts';
import { nearerByWait, type SharedPacket } from './wait-order.ts';

/**
 * Compares clocks by the packets that points of both saw: each pair of clocks, or one clock with the others.
 *
 * @param clocks number of each point's clock
 */
export class ClockComparisons {
  readonly #evidence: Joined;
  readonly #groups: readonly Member[][];
  readonly #store: SightingStore;
  readonly #clocks: readonly number[];
  /** Factor by which the captures hold too many packets. */
  readonly #share: number;
  /** Seconds from the start of the first capture to the last packet. */
  #end = 0;
  /** By clock, its groups. Found when one clock is first compared with the others: that is done for each that was set. */
  #seenBy: ReadonlyMap<number, SeenBy[]> | undefined;

  constructor(evidence: Joined, groups: readonly Member[][], store: SightingStore, clocks: readonly number[]) {
    this.#evidence = evidence;
    this.#groups = groups;
    this.#store = store;
    this.#clocks = clocks;
    this.#share = evidence.captures.reduce((largest, { packets }) => Math.max(largest, packets), 0) / SAMPLED_PACKETS;
  }

  /** Each pair of clocks. */
  *all(): Steps<Comparison[]> {
    const comparisons = this.#begun();
    for (const [at, group] of this.#groups.entries()) {
      if (at % ITEMS_A_STEP === 0) yield;
      const seen = this.#witnesses(group);
      for (const [i, j] of comparedPairs(seen.length)) this.#enter(comparisons, seen[i], seen[j]);
    }
    return this.#withNeighbours(comparisons);
  }

  /** One clock with the others. */
  *of(clock: number): Steps<Comparison[]> {
    this.#seenBy ??= yield* this.#index();
    const comparisons = this.#begun();
    for (const [nth, { seen, at }] of (this.#seenBy.get(clock) ?? []).entries()) {
      if (nth % ITEMS_A_STEP === 0) yield;
      for (const [i, j] of comparedPairsWith(at, seen.length)) this.#enter(comparisons, seen[i], seen[j]);
    }
    return this.#withNeighbours(comparisons);
  }

  #begun(): Map<string, Comparison> {
    const { points } = this.#evidence;
    this.#end = points.reduce((most, { timeShift, quality }) => Math.max(most, timeShift + quality.lastTime), 0);
    return new Map();
  }

  *#index(): Steps<ReadonlyMap<number, SeenBy[]>> {
    const seenBy = new Map<number, SeenBy[]>();
    for (const [nth, group] of this.#groups.entries()) {
      if (nth % ITEMS_A_STEP === 0) yield;
      const seen = this.#witnesses(group);
      for (const [at, [clock]] of seen.entries()) {
        const known = seenBy.get(clock);
        if (known === undefined) seenBy.set(clock, [{ seen, at }]);
        else known.push({ seen, at });
      }
    }
    return seenBy;
  }

  /** The clocks that saw a group, in ascending order; none where it tells nothing. */
  #witnesses(group: readonly Member[]): OfClock[] {
    // ARP requests look alike, so they are matched when other packets have told about how far the clocks are apart.
    if (group.length < 2 || group[0].biflow.kind === 'arp') return [];
    const byClock = new Map<number, Witnesses>();
    for (const member of group) {
      const clock = this.#clocks[member.biflow.point];
      const known = byClock.get(clock);
      const better = known === undefined ? ([member, member] as const) : this.#better(known, member);
      byClock.set(clock, better);
    }
    return byClock.size < 2 ? [] : [...byClock].sort((x, y) => x[0] - y[0]);
  }

  #better(known: Witnesses, other: Member): Witnesses {
    return betterWitnesses(this.#evidence, known, other, this.#store);
  }

  #enter(comparisons: Map<string, Comparison>, [clockA, a]: OfClock, [clockB, b]: OfClock): void {
    const key = `${clockA} ${clockB}`;
    let comparison = comparisons.get(key);
    if (comparison === undefined) {
      const floor = () => new DelayFloor(0, this.#end);
      const [forth, back, unordered] = [floor(), floor(), floor()];
      comparison = { clocks: [clockA, clockB], forth, back, unordered, nearer: new Map() };
      comparisons.set(key, comparison);
    }
    compare(comparison, a, b, this.#evidence, this.#store, this.#share);
  }

  #withNeighbours(comparisons: Map<string, Comparison>): Comparison[] {
    for (const group of this.#groups)
      if (group.length > 1 && group[0].biflow.kind === 'arp')
        compareNeighbours(comparisons, group, this.#evidence, this.#store, this.#clocks);
    return [...comparisons.values()];
  }
}

/** A clock with the members whose packets are compared. */
type OfClock = readonly [clock: number, witnesses: Witnesses];

/** A group that a clock saw, and its place there. */
interface SeenBy {
  seen: readonly OfClock[];
  at: number;
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
  const sampleOf = (direction: Direction): Sample => {
    const trackA = sampled(trackOf(store, a[direction], direction), share);
    const trackB = sampled(trackOf(store, b[direction], direction), share);
    const shiftA = evidence.points[a[direction].biflow.point].timeShift;
    const shiftB = evidence.points[b[direction].biflow.point].timeShift;
    return { trackA, trackB, shiftA, shiftB, matched: matchPackets(trackA, trackB) };
  };
  const samples = [sampleOf(TO_SERVER), sampleOf(TO_CLIENT)];
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
  for (let at = 0; at < rows.length; at++) if (keys.withoutId[rows[at]] <= limit) kept[count++] = rows[at];
  return { ...track, rows: count === rows.length ? rows : kept.subarray(0, count) };
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
