import type { Joined } from '../../capture/capture-digest.ts';
import type { ClockReason, ClockRelation } from '../../evidence/evidence.ts';
import type { TimeBounds } from '../matching/packet-match.ts';
import type { Member } from '../same-traffic/same-traffic.ts';
import type { SightingStore } from '../same-traffic/sighting-store.ts';
import { WEAK_MATCH_ROUND_TRIPS, WEAK_MATCH_SECONDS } from '../same-traffic/thresholds.ts';
import type { Steps } from '../steps.ts';
import { ClockComparisons } from './clock-comparisons.ts';
import { type ClockFit, DelayFloor, fitClock } from './clock-fit.ts';
import type { Comparison } from './comparison.ts';
import { guessHosts } from './guess-hosts.ts';
import { LeastFirst } from './least-first.ts';
import { undoSteps } from './undo-steps.ts';

/** All clocks of the evidence on one timeline. */
export interface Timeline {
  /** Number of a point's clock. */
  clockOf(point: number): number;
  /** Converts a time of a point to the common clock. */
  at(point: number, time: number): number;
  /**
   * Half-width of the uncertainty between the clocks of two points; null when they were not compared in both
   * directions.
   */
  error(from: number, to: number): number | null;
  /** Whether packets show the relation of the two clocks, in at least one direction. */
  isAligned(from: number, to: number): boolean;
  /** Whether one of two compared clocks moved against the other in a way that could not be undone. */
  hasMoved(from: number, to: number): boolean;
  bounds(from: number, to: number): TimeBounds;
  relations: ClockRelation[];
}

/** Rate and offset of one clock relative to the first clock of its group. */
interface ClockState {
  offset: number;
  skew: number;
  error: number | null;
  /**
   * First clock of the group of clocks that packets compare, directly or through others; -1 before that is known.
   * Captures of two faults in different parts of a cluster form two groups.
   */
  group: number;
  matches: number;
  stepped: boolean;
}

/** Points of one host share its clock. Without a known host, each capture has its own clock. */
export function clockNumbers(evidence: Joined): { clocks: number[]; names: string[] } {
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

/**
 * Aligns the clocks by packets that passed points of several clocks. If captures without a named host turn out to be of
 * one host, they get that host and share its clock.
 */
export function* alignClocks(evidence: Joined, groups: readonly Member[][], store: SightingStore): Steps<Timeline> {
  const own = clockNumbers(evidence);
  const pairs = new ClockComparisons(evidence, groups, store, own.clocks);
  const compare = (only?: number) => (only === undefined ? pairs.all() : pairs.of(only));
  const { comparisons, errors } =
    own.names.length > 1
      ? yield* undoSteps({ evidence, store, ...own, compare })
      : { comparisons: [], errors: new Map() };
  yield;
  guessHosts({ evidence, groups, store, clocks: own.clocks, comparisons });
  yield;
  const { clocks, names } = clockNumbers(evidence);
  const clockOf = new Map(own.clocks.map((clock, point) => [clock, clocks[point]]));
  const states = spread(names.length, fitsOf(comparisons, clockOf, errors));
  return timelineOf(evidence, clocks, names, states);
}

/**
 * The best fit of each pair of clocks, by "smaller larger number". @param clockOf the clock of each compared point
 * @param errors that undoing steps adds
 */
function fitsOf(
  comparisons: readonly Comparison[],
  clockOf: ReadonlyMap<number, number>,
  errors: ReadonlyMap<number, number>,
): Map<string, ClockFit> {
  const fits = new Map<string, ClockFit>();
  for (const comparison of comparisons) {
    const [from, to] = comparison.clocks.map((clock) => clockOf.get(clock) as number);
    const more = comparison.clocks.reduce((sum, clock) => sum + (errors.get(clock) ?? 0), 0);
    const fit = from === to ? null : withError(fitOf(comparison), more);
    if (fit === null) continue;
    const key = `${Math.min(from, to)} ${Math.max(from, to)}`;
    const known = fits.get(key);
    if (known !== undefined && (known.error ?? Infinity) <= (fit.error ?? Infinity)) continue;
    fits.set(key, from < to ? fit : { ...fit, ...inverse(fit) });
  }
  return fits;
}

const withError = (fit: ClockFit | null, more: number): ClockFit | null =>
  fit === null || fit.error === null ? fit : { ...fit, error: fit.error + more };

/**
 * Used where no order is known: assume that the fastest packet took no time. This is better than wall clocks, which may
 * differ by minutes.
 */
const fitOf = ({ forth, back, unordered }: Comparison): ClockFit | null =>
  fitClock(forth, back) ?? fitClock(unordered, new DelayFloor(0, 1));

/**
 * Proceeds from the first clock, along the comparisons with the smallest errors, and then from the first remaining
 * clock.
 */
function spread(count: number, fits: Map<string, ClockFit>): ClockState[] {
  const unknown = (): ClockState => ({ offset: 0, skew: 0, error: null, group: -1, matches: 0, stepped: false });
  const states = Array.from({ length: count }, unknown);
  const edges = edgesOf(count, fits);
  for (let root = 0; root < count; root++) {
    if (states[root].group >= 0) continue;
    states[root] = { ...unknown(), error: 0, group: root };
    spreadFrom(root, states, edges);
  }
  return states;
}

/** The relation of one clock to another, seen from the other. */
interface Edge {
  clock: number;
  /** Number of the comparison. The earlier one wins when the errors are equal. */
  nth: number;
  fit: ClockFit;
}

/** The clocks that each clock was compared with. */
function edgesOf(count: number, fits: ReadonlyMap<string, ClockFit>): Edge[][] {
  const edges: Edge[][] = Array.from({ length: count }, () => []);
  let nth = 0;
  for (const [key, fit] of fits) {
    const [low, high] = key.split(' ').map(Number);
    edges[low].push({ clock: high, nth, fit });
    edges[high].push({ clock: low, nth: nth++, fit: { ...fit, ...inverse(fit) } });
  }
  return edges;
}

function spreadFrom(root: number, states: ClockState[], edges: readonly (readonly Edge[])[]): void {
  const reached = new LeastFirst<{ clock: number; nth: number; state: ClockState }>(
    (a, b) => (a.state.error ?? Infinity) - (b.state.error ?? Infinity) || a.nth - b.nth,
  );
  const reach = (from: number): void => {
    const base = states[from];
    for (const { clock, nth, fit } of edges[from])
      if (states[clock].group < 0) reached.add({ clock, nth, state: stateBy(base, fit) });
  };
  reach(root);
  for (let next = reached.take(); next !== undefined; next = reached.take()) {
    if (states[next.clock].group >= 0) continue;
    states[next.clock] = next.state;
    reach(next.clock);
  }
}

const stateBy = (base: ClockState, { offset, skew, error, matches, stepped }: ClockFit): ClockState => ({
  offset: base.offset * (1 + skew) + offset,
  skew: (1 + base.skew) * (1 + skew) - 1,
  error: base.error === null || error === null ? null : base.error + error,
  group: base.group,
  matches,
  stepped: base.stepped || stepped,
});

/** The fit of the first clock against the second, from the fit of the second against the first. */
const inverse = ({ offset, skew }: ClockFit): { offset: number; skew: number } => ({
  offset: -offset / (1 + skew),
  skew: 1 / (1 + skew) - 1,
});

function timelineOf(evidence: Joined, clocks: number[], names: string[], states: ClockState[]): Timeline {
  const captureShift = evidence.points.map(({ timeShift }) => timeShift);
  // By point; each packet of a comparison asks.
  const rates = Float64Array.from(clocks, (clock) => 1 / (1 + states[clock].skew));
  const shifts = Float64Array.from(
    clocks,
    (clock, point) => (captureShift[point] - states[clock].offset) * rates[point],
  );
  const error = (from: number, to: number): number | null => {
    if (clocks[from] === clocks[to]) return 0;
    const [a, b] = [states[clocks[from]], states[clocks[to]]];
    if (a.group !== b.group || a.error === null || b.error === null || a.stepped || b.stepped) return null;
    return a.error + b.error;
  };
  for (const point of evidence.points) point.timeShift = shifts[point.index];
  return {
    clockOf: (point) => clocks[point],
    at: (point, time) => time * rates[point] + shifts[point],
    error,
    isAligned: (from, to) => states[clocks[from]].group === states[clocks[to]].group,
    hasMoved: (from, to) => clocks[from] !== clocks[to] && (states[clocks[from]].stepped || states[clocks[to]].stepped),
    bounds(from, to) {
      const uncertainty = error(from, to);
      return {
        shiftA: shifts[from],
        shiftB: shifts[to],
        rateA: rates[from],
        rateB: rates[to],
        weakWindow:
          uncertainty === null
            ? Infinity
            : Math.max(WEAK_MATCH_SECONDS, WEAK_MATCH_ROUND_TRIPS * 2 * uncertainty) + uncertainty,
      };
    },
    relations: names.slice(1).map((host, index) => relationOf(names, host, index + 1, states[index + 1])),
  };
}

/** Relative to the first clock of its group. Groups have no known relation to each other. */
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
    unknown: isKnown ? null : whyUnknown(aligned, stepped),
  };
}

function whyUnknown(aligned: boolean, stepped: boolean): ClockReason {
  if (!aligned) return { code: 'no-common-packets' };
  if (stepped) return { code: 'clock-moved' };
  return { code: 'one-direction' };
}
