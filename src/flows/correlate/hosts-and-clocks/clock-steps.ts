import {
  CLOCK_STEP_SECONDS,
  MOST_CLOCK_STEPS,
  SKEW_LIMIT_PPM,
  SKEW_MINIMUM_MATCHES,
  SKEW_MINIMUM_SPAN,
  USUAL_SKEW_PPM,
} from '../same-traffic/thresholds.ts';
import type { DelayFloor } from './clock-fit.ts';

/** A time at which one of two clocks was set. Times are by the first clock. */
export interface ClockStep {
  /** The step lies between these: the last packet that fits the time before, and the first that does not. */
  after: number;
  before: number;
  /** By how much more the second clock is ahead after the step, and the error of this value. */
  by: number;
  error: number;
  /** Times of these two packets by the second clock. */
  lastStamp: number;
  firstStamp: number;
}

/**
 * A packet that bounds how far the second clock is ahead: an upper bound on the way forth, a lower bound on the way
 * back.
 */
interface Bound {
  time: number;
  ahead: number;
  isUpper: boolean;
}

/** Offset of one clock from another while neither was set: ahead by `offset + skew · time`, ± error. */
interface Line {
  offset: number;
  skew: number;
  error: number;
}

/**
 * Finds when the second of two clocks was set relative to the first. Between steps one straight line lies above all
 * lower bounds and below all upper bounds, and its slope is within the drift of crystals. So the longest stretch with
 * such a line is taken, then the next one.
 *
 *   ahead  ▽ ▽  ▽                ▽ upper bounds: apparent delays forth
 *          ──────────┐           △ lower bounds: apparent delays back, negative
 *           △    △   │ ▽  ▽ ▽
 *                    └──────────
 *                      △ △   △
 *
 * @returns none when one line fits everything; null when unknown: more steps than `MOST_CLOCK_STEPS`, or packets in one
 *   direction only
 */
export function stepsBetween(forth: DelayFloor, back: DelayFloor): ClockStep[] | null {
  const bounds = boundsOf(forth, back);
  const steps: ClockStep[] = [];
  let start = 0;
  let before: { line: Line; stretch: Bound[] } | null = null;
  while (start < bounds.length) {
    const end = endOfStretch(bounds, start);
    const stretch = bounds.slice(start, end);
    const line = lineThrough(stretch);
    if (line === null || steps.length >= MOST_CLOCK_STEPS) return null;
    if (before !== null) steps.push(stepAt(before.line, before.stretch, line, stretch[0]));
    before = { line, stretch };
    start = end;
  }
  return steps;
}

function boundsOf(forth: DelayFloor, back: DelayFloor): Bound[] {
  const upper = [...forth.points()].map(({ time, delay }): Bound => ({ time, ahead: delay, isUpper: true }));
  const lower = [...back.points()].map(({ time, delay }): Bound => ({ time, ahead: -delay, isUpper: false }));
  return [...upper, ...lower].sort((a, b) => a.time - b.time);
}

/** More bounds never make an impossible line possible, so bisection finds the end. */
function endOfStretch(bounds: readonly Bound[], start: number): number {
  if (isStraight(bounds.slice(start))) return bounds.length;
  let [low, high] = [start + 1, bounds.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (isStraight(bounds.slice(start, middle))) low = middle;
    else high = middle;
  }
  return low;
}

const isStraight = (bounds: readonly Bound[]): boolean =>
  roomAt(bounds, 0) >= -CLOCK_STEP_SECONDS || roomAt(bounds, widestSlope(bounds)) >= -CLOCK_STEP_SECONDS;

/**
 * Gap between the lowest upper bound and the highest lower bound after removing a drift. Negative when they contradict.
 */
function roomAt(bounds: readonly Bound[], slope: number): number {
  const [low, high] = limits(bounds, slope);
  return high - low;
}

function limits(bounds: readonly Bound[], slope: number): [number, number] {
  let [low, high] = [-Infinity, Infinity];
  for (const { time, ahead, isUpper } of bounds) {
    const level = ahead - slope * time;
    if (isUpper) high = Math.min(high, level);
    else low = Math.max(low, level);
  }
  return [low, high];
}

/** Steps of the ternary search over the range of slopes, to a millionth of the range. */
const SEARCHES = 34;

/**
 * The slope with the largest gap. The gap is a concave function of the slope (a minimum of straight lines), so ternary
 * search finds its maximum.
 */
function widestSlope(bounds: readonly Bound[]): number {
  let [low, high] = [-SKEW_LIMIT_PPM / 1e6, SKEW_LIMIT_PPM / 1e6];
  for (let search = 0; search < SEARCHES; search++) {
    const third = (high - low) / 3;
    if (roomAt(bounds, low + third) < roomAt(bounds, high - third)) low += third;
    else high -= third;
  }
  return (low + high) / 2;
}

function lineThrough(bounds: readonly Bound[]): Line | null {
  const span = bounds[bounds.length - 1].time - bounds[0].time;
  const isLong = span >= SKEW_MINIMUM_SPAN && bounds.length >= 2 * SKEW_MINIMUM_MATCHES;
  const skew = isLong || roomAt(bounds, 0) < 0 ? widestSlope(bounds) : 0;
  const [low, high] = limits(bounds, skew);
  if (low === -Infinity || high === Infinity) return null;
  const drift = isLong ? 0 : (USUAL_SKEW_PPM / 1e6) * span;
  return { offset: (low + high) / 2, skew, error: Math.abs(high - low) / 2 + drift };
}

/**
 * The step shows first where a bound contradicts the line before it. Bounds of the other side only become loose there.
 * Those at the end of the stretch that fit the line after the step belong after it.
 */
function stepAt(line: Line, stretch: readonly Bound[], next: Line, contradicts: Bound): ClockStep {
  const at = ({ offset, skew }: Line, time: number) => offset + skew * time;
  const fitsNext = ({ time, ahead, isUpper }: Bound) =>
    (isUpper ? ahead - at(next, time) : at(next, time) - ahead) >= -CLOCK_STEP_SECONDS;
  const sure = stretch.findLastIndex((bound) => bound.isUpper === contradicts.isUpper || !fitsNext(bound));
  const last = stretch[Math.max(sure, 0)];
  const first = stretch[sure + 1] ?? contradicts;
  return {
    after: last.time,
    before: first.time,
    by: at(next, contradicts.time) - at(line, contradicts.time),
    error: line.error + next.error,
    lastStamp: last.time + last.ahead,
    firstStamp: first.time + first.ahead,
  };
}
