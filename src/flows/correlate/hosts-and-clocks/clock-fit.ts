import {
  CLOCK_STEP_SECONDS,
  SKEW_LIMIT_PPM,
  SKEW_MINIMUM_MATCHES,
  SKEW_MINIMUM_SPAN,
  USUAL_SKEW_PPM,
} from '../same-traffic/thresholds.ts';

/** How many spans of time keep their smallest delay: enough for a hull, little enough for any capture. */
const BINS = 2048;

/** Smallest apparent delays in one direction, by time. */
export class DelayFloor {
  readonly #times = new Float64Array(BINS);
  readonly #delays = new Float64Array(BINS).fill(Infinity);
  readonly #start: number;
  readonly #width: number;
  matches = 0;
  first = Infinity;
  last = -Infinity;

  constructor(start: number, end: number) {
    this.#start = start;
    this.#width = Math.max(end - start, 1e-9) / BINS;
  }

  /** @param time on the reference clock @param delay arrival less departure, each by its own clock */
  add(time: number, delay: number): void {
    const bin = Math.min(BINS - 1, Math.max(0, Math.floor((time - this.#start) / this.#width)));
    this.matches++;
    if (time < this.first) this.first = time;
    if (time > this.last) this.last = time;
    if (delay >= this.#delays[bin]) return;
    this.#delays[bin] = delay;
    this.#times[bin] = time;
  }

  /** The smallest delay of each span of time that has one, in order of time. */
  *points(): Iterable<{ time: number; delay: number }> {
    for (let bin = 0; bin < BINS; bin++)
      if (this.#delays[bin] < Infinity) yield { time: this.#times[bin], delay: this.#delays[bin] };
  }

  /** Smallest delay once a drift of `slope` is taken out. */
  minimum(slope: number): number {
    let least = Infinity;
    for (let bin = 0; bin < BINS; bin++)
      if (this.#delays[bin] < Infinity) least = Math.min(least, this.#delays[bin] - slope * this.#times[bin]);
    return least;
  }

  /**
   * Slope of the line under all points that lies closest to them: the edge of the lower convex hull below their mean
   * time (Moon, Skelly, Towsley 1999; hull after Zhang, Liu, Xia 2002).
   */
  slope(): number {
    const hull: number[] = [];
    let sum = 0;
    let count = 0;
    for (let bin = 0; bin < BINS; bin++) {
      if (this.#delays[bin] === Infinity) continue;
      sum += this.#times[bin];
      count++;
      while (hull.length >= 2 && this.#turnsUp(hull[hull.length - 2], hull[hull.length - 1], bin)) hull.pop();
      hull.push(bin);
    }
    const mean = sum / count;
    for (let i = 1; i < hull.length; i++) {
      if (this.#times[hull[i]] < mean && i < hull.length - 1) continue;
      const [from, to] = [hull[i - 1], hull[i]];
      return (this.#delays[to] - this.#delays[from]) / (this.#times[to] - this.#times[from]);
    }
    return 0;
  }

  #turnsUp(a: number, b: number, c: number): boolean {
    const [times, delays] = [this.#times, this.#delays];
    return (delays[b] - delays[a]) * (times[c] - times[a]) >= (delays[c] - delays[a]) * (times[b] - times[a]);
  }
}

/** One clock against another: ahead by `offset + skew · time`. */
export interface ClockFit {
  offset: number;
  skew: number;
  /** The truth lies within ± this, drift that could not be measured included; null when only one direction was seen. */
  error: number | null;
  matches: number;
  /** No one offset holds: a clock was set while the captures ran, or drifted and too few packets tell how fast. */
  stepped: boolean;
}

/**
 * Offset by the two-way minimum: a packet cannot arrive before it left, so
 * −(smallest delay back) ≤ offset ≤ (smallest delay forth).
 *
 * @param forth packets from the reference clock to the other
 */
export function fitClock(forth: DelayFloor, back: DelayFloor): ClockFit | null {
  const matches = forth.matches + back.matches;
  if (matches === 0) return null;
  if (forth.matches === 0) return { offset: -back.minimum(0), skew: 0, error: null, matches, stepped: false };
  if (back.matches === 0) return { offset: forth.minimum(0), skew: 0, error: null, matches, stepped: false };
  const skew = skewOf(forth, back);
  const [least, most] = [-back.minimum(-skew), forth.minimum(skew)];
  const offset = (least + most) / 2;
  const span = Math.max(forth.last, back.last) - Math.min(forth.first, back.first);
  const drift = skew === 0 ? (USUAL_SKEW_PPM / 1e6) * span : 0;
  const error = Math.abs(most - least) / 2 + drift;
  return { offset, skew, error, matches, stepped: least - most > CLOCK_STEP_SECONDS };
}

function skewOf(forth: DelayFloor, back: DelayFloor): number {
  const isEnough = (floor: DelayFloor) =>
    floor.matches >= SKEW_MINIMUM_MATCHES && floor.last - floor.first >= SKEW_MINIMUM_SPAN;
  if (!isEnough(forth) || !isEnough(back)) return 0;
  const skew = (forth.slope() - back.slope()) / 2;
  if (Math.abs(skew) > SKEW_LIMIT_PPM / 1e6) return 0;
  // Any wrong slope makes the sum of the two smallest delays smaller, so the right one makes it larger.
  const width = (slope: number) => forth.minimum(slope) + back.minimum(-slope);
  return width(skew) > width(0) ? skew : 0;
}
