import type { Joined } from '../../capture/capture-digest.ts';
import type { CorrelationNote } from '../../evidence/evidence.ts';
import type { SightingStore } from '../same-traffic/sighting-store.ts';
import { CLOCK_STEP_SECONDS } from '../same-traffic/thresholds.ts';
import type { Steps } from '../steps.ts';
import { type ClockStep, stepsBetween } from './clock-steps.ts';
import type { Comparison } from './comparison.ts';

interface Input {
  evidence: Joined;
  store: SightingStore;
  /** Number of each point's clock. */
  clocks: readonly number[];
  names: readonly string[];
  /** Compares all clocks, or one clock with the others, by the current times in the store. */
  compare(only?: number): Steps<Comparison[]>;
}

/** Comparisons of continuous clocks, and the added uncertainty of the correction, by clock. */
export interface SteadyClocks {
  comparisons: Comparison[];
  errors: Map<number, number>;
}

/**
 * Corrects clocks that were set while captures ran (by NTP or a person). Rows after a step get the times that the clock
 * would have shown without it, so that one offset and one drift hold for all rows. It is not always known which of two
 * clocks was set, and it makes no difference for the packets between them. The one whose own capture jumps back is
 * chosen, else the second.
 */
export function* undoSteps(input: Input): Steps<SteadyClocks> {
  const { evidence, compare } = input;
  const errors = new Map<number, number>();
  const jumped = new Set<number>();
  let comparisons = yield* compare();
  const stepsOf = stepsByComparison();
  for (let round = 0; round < ROUNDS_PER_CLOCK * input.names.length; round++) {
    const stepped = firstStepped(comparisons, errors, stepsOf);
    if (stepped === null) break;
    const [first, second] = stepped.comparison.clocks;
    let mended = second;
    const back = jumped.has(first) ? 0 : closeJumpsBack(input, first);
    if (back > 0) {
      jumped.add(first);
      mended = first;
      evidence.notes.push({ code: 'clock-set-back', host: input.names[first], seconds: back });
    } else {
      const steps = stepped.steps ?? [];
      // The last step first, because its times are by a clock that earlier steps have changed.
      for (const step of [...steps].reverse()) closeStep(input, second, step);
      errors.set(second, Math.max(0, ...steps.map(({ error }) => error)));
      evidence.notes.push(...steps.map((step) => noteOf(input.names, stepped.comparison.clocks, step)));
    }
    const again = new Map((yield* compare(mended)).map((comparison) => [comparison.clocks.join(), comparison]));
    comparisons = comparisons.map((comparison) => again.get(comparison.clocks.join()) ?? comparison);
  }
  return { comparisons, errors };
}

/** Steps of each comparison, computed once. Most clocks were not set, so they are not compared again. */
function stepsByComparison(): (comparison: Comparison) => ClockStep[] | null {
  const found = new Map<Comparison, ClockStep[] | null>();
  return (comparison) => {
    const known = found.get(comparison);
    if (known !== undefined) return known;
    const steps = stepsBetween(comparison.forth, comparison.back);
    found.set(comparison, steps);
    return steps;
  };
}

interface Stepped {
  comparison: Comparison;
  /** Null when they cannot be distinguished, as long as the times of the first clock jump back. */
  steps: ClockStep[] | null;
}

/** The first two clocks that were set relative to each other, where the second is not corrected yet. */
function firstStepped(
  comparisons: readonly Comparison[],
  mended: ReadonlyMap<number, number>,
  stepsOf: (comparison: Comparison) => ClockStep[] | null,
): Stepped | null {
  for (const comparison of comparisons) {
    if (comparison.forth.matches === 0 || comparison.back.matches === 0 || mended.has(comparison.clocks[1])) continue;
    const steps = stepsOf(comparison);
    if (steps === null || steps.length > 0) return { comparison, steps };
  }
  return null;
}

const capturesOf = ({ evidence, clocks }: Input, clock: number): number[] => [
  ...new Set(evidence.points.filter(({ index }) => clocks[index] === clock).map(({ capture }) => capture)),
];

/** One for steps that its own capture shows, one for steps that other captures show. */
const ROUNDS_PER_CLOCK = 2;

/** Rows for which times must stay behind to count as a clock step; fewer are packets out of order. */
const ROWS_BEHIND = 8;

/** Removes backward jumps from the times of a clock's captures. @returns seconds, the largest sum of a capture */
function closeJumpsBack(input: Input, clock: number): number {
  let most = 0;
  for (const capture of capturesOf(input, clock)) {
    const times = input.store.times(capture).slice();
    let shift = 0;
    for (let row = 1; row < times.length; row++) {
      const back = times[row - 1] - (times[row] + shift);
      if (back > CLOCK_STEP_SECONDS && staysBehind(times, row, times[row - 1] - shift)) shift += back;
      times[row] += shift;
    }
    if (shift === 0) continue;
    input.store.retime(capture, times);
    most = Math.max(most, shift);
  }
  return most;
}

function staysBehind(times: Float64Array, row: number, time: number): boolean {
  const end = Math.min(times.length, row + ROWS_BEHIND);
  for (let later = row; later < end; later++) if (times[later] >= time) return false;
  return true;
}

function closeStep(input: Input, clock: number, step: ClockStep): void {
  const { evidence, store } = input;
  for (const capture of capturesOf(input, clock)) {
    const shift = evidence.points.find((point) => point.capture === capture)?.timeShift ?? 0;
    const times = store.times(capture).slice();
    const first = firstRowAfter(times, step, shift);
    for (let row = first; row < times.length; row++) times[row] -= step.by;
    store.retime(capture, times);
  }
}

/** Smallest share of a forward step that a gap in the times must show. */
const VISIBLE_SHARE = 0.9;
/** Far below the interval between two packets, and far above the rounding error of seconds. */
const ROUNDING = 1e-7;

/**
 * The step is where the times jump: forward by the whole step, or back by the step less a pause. If a pause hides the
 * step, it is the longest one between the row known to be before it and the row known to be after.
 */
function firstRowAfter(times: Float64Array, { by, lastStamp, firstStamp }: ClockStep, shift: number): number {
  const until = firstStamp - shift - ROUNDING;
  let longest = 0;
  let afterLongest = times.length;
  for (let row = rowAfter(times, lastStamp - shift); row < times.length; row++) {
    const change = times[row] - times[row - 1];
    if (by > 0 ? change >= VISIBLE_SHARE * by : change < -CLOCK_STEP_SECONDS) return row;
    if (change >= longest) [longest, afterLongest] = [change, row];
    if (times[row] >= until) return afterLongest;
  }
  return times.length;
}

/**
 * Row after the one with the given time. If the capture has no such row: the first later row, or the row after a
 * backward jump.
 */
function rowAfter(times: Float64Array, time: number): number {
  const shown = times.findIndex((other) => Math.abs(other - time) < ROUNDING);
  if (shown >= 0) return shown + 1;
  let row = 1;
  while (row < times.length && times[row] <= time && times[row] >= times[row - 1] - CLOCK_STEP_SECONDS) row++;
  return row;
}

function noteOf(
  names: readonly string[],
  [first, second]: readonly [number, number],
  step: ClockStep,
): CorrelationNote {
  const { by: seconds, error, after, before } = step;
  return { code: 'clock-set', host: names[second], against: names[first], seconds, error, after, before };
}
