import { type ClockRelation, type Direction, type Evidence, TO_CLIENT, TO_SERVER } from '../evidence.ts';
import { type ClockFit, DelayFloor, fitClock } from './clock-fit.ts';
import { matchPackets, type TimeBounds } from './packet-match.ts';
import type { Member } from './same-traffic.ts';
import type { SightingStore, Track } from './sighting-store.ts';
import { WEAK_MATCH_ROUND_TRIPS, WEAK_MATCH_SECONDS } from './thresholds.ts';
import { nearerByWait, type SharedPacket } from './wait-order.ts';

/** All clocks of the evidence on one time line. */
export interface Timeline {
  /** Number of a point's clock. */
  clockOf(point: number): number;
  /** Time of a point on the common clock. */
  at(point: number, time: number): number;
  /** Half-width of what is known between the clocks of two points; null when they were never compared both ways. */
  error(from: number, to: number): number | null;
  /** Whether packets told how the two clocks stand to each other, at least by one direction. */
  isAligned(from: number, to: number): boolean;
  bounds(from: number, to: number): TimeBounds;
  relations: ClockRelation[];
}

/** Rate and shift of one clock against that of the first clock of its group. */
interface ClockState {
  offset: number;
  skew: number;
  error: number | null;
  /**
   * First clock of those that packets compare with each other, directly or through others; -1 before that is known.
   * Captures of two faults in different corners of a cluster make two groups.
   */
  group: number;
  matches: number;
  stepped: boolean;
}

/** Points of one host share its clock; without a known host each capture has its own. */
export function clockNumbers(evidence: Evidence): { clocks: number[]; names: string[] } {
  const names: string[] = [];
  const numbers = new Map<string, number>();
  const clocks = evidence.points.map(({ host, capture }) => {
    const key = host === null ? `capture ${capture}` : `host ${host}`;
    const number = numbers.get(key) ?? names.push(host ?? evidence.captures[capture].path) - 1;
    numbers.set(key, number);
    return number;
  });
  return { clocks, names };
}

/** Aligns the clocks by packets that passed points of several. */
export function alignClocks(evidence: Evidence, groups: readonly Member[][], store: SightingStore): Timeline {
  const { clocks, names } = clockNumbers(evidence);
  const fits = names.length > 1 ? fitPairs(evidence, groups, store, clocks) : new Map<string, ClockFit>();
  const states = spread(names.length, fits);
  return timelineOf(evidence, clocks, names, states);
}

/** What two clocks showed of each other: floors of delay by direction of travel. */
interface Comparison {
  forth: DelayFloor;
  back: DelayFloor;
  /** Of conversations that do not tell which clock's points they passed first. */
  unordered: DelayFloor;
}

function fitPairs(
  evidence: Evidence,
  groups: readonly Member[][],
  store: SightingStore,
  clocks: number[],
): Map<string, ClockFit> {
  const comparisons = new Map<string, Comparison>();
  const end = Math.max(...evidence.points.map(({ timeShift, quality }) => timeShift + quality.lastTime));
  for (const group of groups) {
    // ARP requests look all alike: which is which cannot be told before the clocks are aligned.
    if (group[0].biflow.kind === 'arp') continue;
    const byClock = new Map<number, Member>();
    for (const member of group) {
      const clock = clocks[member.biflow.point];
      if (!byClock.has(clock)) byClock.set(clock, member);
    }
    const seen = [...byClock.entries()].sort((x, y) => x[0] - y[0]);
    for (let i = 0; i < seen.length; i++) {
      for (let j = i + 1; j < seen.length; j++) {
        const key = `${seen[i][0]} ${seen[j][0]}`;
        let comparison = comparisons.get(key);
        if (comparison === undefined) {
          comparison = {
            forth: new DelayFloor(0, end),
            back: new DelayFloor(0, end),
            unordered: new DelayFloor(0, end),
          };
          comparisons.set(key, comparison);
        }
        compare(comparison, seen[i][1], seen[j][1], evidence, store);
      }
    }
  }
  const fits = new Map<string, ClockFit>();
  for (const [key, { forth, back, unordered }] of comparisons) {
    // Better than wall clocks that may be minutes apart: the quickest packet is taken to have needed no time.
    const fit = fitClock(forth, back) ?? fitClock(unordered, new DelayFloor(0, end));
    if (fit !== null) fits.set(key, fit);
  }
  return fits;
}

export const trackOf = (store: SightingStore, { biflow, flipped }: Member, direction: Direction): Track =>
  store.track(biflow, flipped ? ((1 - direction) as Direction) : direction);

/** Enters the packets of one conversation that both clocks stamped. */
function compare(comparison: Comparison, a: Member, b: Member, evidence: Evidence, store: SightingStore): void {
  const share = Math.max(...evidence.captures.map(({ packets }) => packets)) / SAMPLED_PACKETS;
  const shiftA = evidence.points[a.biflow.point].timeShift;
  const shiftB = evidence.points[b.biflow.point].timeShift;
  const samples = ([TO_SERVER, TO_CLIENT] as Direction[]).map((direction) => {
    const [trackA, trackB] = [a, b].map((member) => sampled(trackOf(store, member, direction), share));
    return { trackA, trackB, matched: matchPackets(trackA, trackB) };
  });
  const nearer = nearerToClient(a, b, samples, shiftB - shiftA, store);
  samples.forEach(({ trackA, trackB, matched }, direction) => {
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

/** Packets of a capture that are compared for the clocks: the smallest delays are among them. */
const SAMPLED_PACKETS = 1 << 18;

/** The same packets at every point: a hash of what all points see decides (RFC 5475, 6.2). */
function sampled(track: Track, share: number): Track {
  if (share <= 1) return track;
  const limit = 0xffffffff / share;
  return { ...track, rows: track.rows.filter((row) => track.keys.withoutId[row] <= limit) };
}

interface Sample {
  trackA: Track;
  trackB: Track;
  matched: Int32Array;
}

/**
 * Which of two points is nearer to the client: 1 for the first, -1 for the second, 0 when it cannot be told.
 * The hop limit falls on the way; without a step in it, the wait between request and answer is longer nearer to the
 * client, whatever the clocks say.
 */
function nearerToClient(a: Member, b: Member, samples: Sample[], shift: number, store: SightingStore): number {
  const byTtl = compareTtl(a, b, store);
  if (byTtl !== 0) return byTtl;
  const shared: SharedPacket[] = [];
  for (const [direction, { trackA, trackB, matched }] of samples.entries())
    sharePackets(shared, direction as Direction, trackA, trackB, matched, shift);
  return nearerByWait(shared);
}

/** Packets that are compared to tell which point is nearer to the client. */
const SHARED_PACKETS = 200;

function sharePackets(
  shared: SharedPacket[],
  direction: Direction,
  a: Track,
  b: Track,
  matched: Int32Array,
  shift: number,
): void {
  const limit = shared.length + SHARED_PACKETS;
  for (let index = 0; index < matched.length && shared.length < limit; index++) {
    if (matched[index] < 0) continue;
    const time = a.columns.time[a.rows[index]];
    shared.push({ direction, time, delay: b.columns.time[b.rows[matched[index]]] - time + shift });
  }
}

/** Sign of the fall of the hop limit from `a` to `b` on the way to the server. */
export function compareTtl(a: Member, b: Member, store: SightingStore): number {
  for (const direction of [TO_SERVER, TO_CLIENT] as Direction[]) {
    const [trackA, trackB] = [trackOf(store, a, direction), trackOf(store, b, direction)];
    if (trackA.rows.length === 0 || trackB.rows.length === 0) continue;
    const fall = trackA.columns.ttl[trackA.rows[0]] - trackB.columns.ttl[trackB.rows[0]];
    if (fall !== 0) return direction === TO_SERVER ? Math.sign(fall) : -Math.sign(fall);
  }
  return 0;
}

/** From the first clock outwards over the comparisons with the smallest errors, then from the first of those left. */
function spread(count: number, fits: Map<string, ClockFit>): ClockState[] {
  const unknown = (): ClockState => ({ offset: 0, skew: 0, error: null, group: -1, matches: 0, stepped: false });
  const states = Array.from({ length: count }, unknown);
  for (let root = 0; root < count; root++) {
    if (states[root].group >= 0) continue;
    states[root] = { ...unknown(), error: 0, group: root };
    spreadFrom(root, states, fits);
  }
  return states;
}

function spreadFrom(group: number, states: ClockState[], fits: Map<string, ClockFit>): void {
  for (;;) {
    let best: { clock: number; state: ClockState } | null = null;
    for (const [key, fit] of fits) {
      const [low, high] = key.split(' ').map(Number);
      if ((states[low].group === group) === (states[high].group === group)) continue;
      const [from, clock] = states[low].group === group ? [low, high] : [high, low];
      const { offset, skew } = from === low ? fit : inverse(fit);
      const base = states[from];
      const state: ClockState = {
        offset: base.offset * (1 + skew) + offset,
        skew: (1 + base.skew) * (1 + skew) - 1,
        error: base.error === null || fit.error === null ? null : base.error + fit.error,
        group,
        matches: fit.matches,
        stepped: base.stepped || fit.stepped,
      };
      if (best === null || (state.error ?? Infinity) < (best.state.error ?? Infinity)) best = { clock, state };
    }
    if (best === null) return;
    states[best.clock] = best.state;
  }
}

/** The first clock against the second, from the second against the first. */
const inverse = ({ offset, skew }: ClockFit): { offset: number; skew: number } => ({
  offset: -offset / (1 + skew),
  skew: 1 / (1 + skew) - 1,
});

function timelineOf(evidence: Evidence, clocks: number[], names: string[], states: ClockState[]): Timeline {
  const captureShift = evidence.points.map(({ timeShift }) => timeShift);
  const rate = (point: number) => 1 / (1 + states[clocks[point]].skew);
  const shift = (point: number) => (captureShift[point] - states[clocks[point]].offset) * rate(point);
  const error = (from: number, to: number): number | null => {
    if (clocks[from] === clocks[to]) return 0;
    const [a, b] = [states[clocks[from]], states[clocks[to]]];
    if (a.group !== b.group || a.error === null || b.error === null || a.stepped || b.stepped) return null;
    return a.error + b.error;
  };
  for (const point of evidence.points) point.timeShift = shift(point.index);
  return {
    clockOf: (point) => clocks[point],
    at: (point, time) => time * rate(point) + shift(point),
    error,
    isAligned: (from, to) => states[clocks[from]].group === states[clocks[to]].group,
    bounds(from, to) {
      const uncertainty = error(from, to);
      return {
        shiftA: shift(from),
        shiftB: shift(to),
        rateA: rate(from),
        rateB: rate(to),
        weakWindow:
          uncertainty === null
            ? Infinity
            : Math.max(WEAK_MATCH_SECONDS, WEAK_MATCH_ROUND_TRIPS * 2 * uncertainty) + uncertainty,
      };
    },
    relations: names.slice(1).map((host, index) => relationOf(names, host, index + 1, states[index + 1])),
  };
}

/** Against the first clock of its group; the first of a further group stands in no relation to those before it. */
function relationOf(names: readonly string[], host: string, clock: number, state: ClockState): ClockRelation {
  const { offset, skew, error, group, matches, stepped } = state;
  const reference = names[group === clock ? 0 : group];
  const aligned = group !== clock;
  const isKnown = aligned && error !== null && !stepped;
  return {
    reference,
    host,
    offsetSeconds: isKnown ? offset : null,
    errorSeconds: isKnown ? error : null,
    skewPpm: isKnown && skew !== 0 ? skew * 1e6 : null,
    matches,
    because: isKnown ? null : whyUnknown(aligned, stepped),
  };
}

function whyUnknown(aligned: boolean, stepped: boolean): string {
  if (!aligned) return 'no packet was seen by both';
  if (stepped) return 'the clocks moved against each other while the captures ran';
  return 'packets were matched in one direction only, so delay and offset cannot be told apart';
}
