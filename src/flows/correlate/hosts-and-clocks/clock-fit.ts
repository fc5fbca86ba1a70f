import {
  CLOCK_STEP_SECONDS,
  SKEW_LIMIT_PPM,
  SKEW_MINIMUM_MATCHES,
  SKEW_MINIMUM_SPAN,
  USUAL_SKEW_PPM,
} from '../same-traffic/thresholds.ts';

/** Number of time intervals that keep their smallest delay: enough for a hull, and small for any capture. */
const BINS = 2048;

/** Initial capacity in intervals. Most pairs of clocks share few packets. */
const FIRST_ROOM = 8;

/** Smallest apparent delays in one direction, by time. Memory is only used for intervals that have a packet. */
export class DelayFloor {
  /** Intervals that have a packet, in ascending order, with time and delay of the fastest packet of each. */
  #bins = new Uint16Array(FIRST_ROOM);
  #times = new Float64Array(FIRST_ROOM);
  #delays = new Float64Array(FIRST_ROOM);
  #used = 0;
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
    const at = this.#placeOf(bin);
    if (at < this.#used && this.#bins[at] === bin) {
      if (delay >= this.#delays[at]) return;
    } else this.#insert(at, bin);
    this.#delays[at] = delay;
    this.#times[at] = time;
  }

  /** Index of an interval, or the index at which to insert it. */
  #placeOf(bin: number): number {
    // Packets arrive almost in order of time.
    if (this.#used === 0 || this.#bins[this.#used - 1] < bin) return this.#used;
    let [low, high] = [0, this.#used - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#bins[middle] < bin) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insert(at: number, bin: number): void {
    if (this.#used === this.#bins.length) this.#grow();
    for (const column of [this.#bins, this.#times, this.#delays]) column.copyWithin(at + 1, at, this.#used);
    this.#bins[at] = bin;
    this.#used++;
  }

  #grow(): void {
    const room = Math.min(BINS, 2 * this.#used);
    const [bins, times, delays] = [new Uint16Array(room), new Float64Array(room), new Float64Array(room)];
    bins.set(this.#bins);
    times.set(this.#times);
    delays.set(this.#delays);
    [this.#bins, this.#times, this.#delays] = [bins, times, delays];
  }

  /** The smallest delay of each interval that has one, in order of time. */
  *points(): Iterable<{ time: number; delay: number }> {
    for (let at = 0; at < this.#used; at++) yield { time: this.#times[at], delay: this.#delays[at] };
  }

  /** Smallest delay after removing a drift of `slope`. */
  minimum(slope: number): number {
    let least = Infinity;
    for (let at = 0; at < this.#used; at++) least = Math.min(least, this.#delays[at] - slope * this.#times[at]);
    return least;
  }

  /**
   * Slope of the line under all points that lies closest to them: the edge of the lower convex hull below their mean
   * time (Moon, Skelly, Towsley 1999; hull after Zhang, Liu, Xia 2002).
   */
  slope(): number {
    const hull: number[] = [];
    let sum = 0;
    for (let at = 0; at < this.#used; at++) {
      sum += this.#times[at];
      while (hull.length >= 2 && this.#turnsUp(hull[hull.length - 2], hull[hull.length - 1], at)) hull.pop();
      hull.push(at);
    }
    const mean = sum / this.#used;
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

/** Offset of one clock from another: `offset + skew · time` seconds ahead. */
export interface ClockFit {
  offset: number;
  skew: number;
  /** Bound of the error, including unmeasured drift; null when only one direction was seen. */
  error: number | null;
  matches: number;
  /** No single offset fits: a clock was set while the captures ran, or it drifted and too few packets show how fast. */
  stepped: boolean;
}

/**
 * Offset by the two-way minimum. A packet cannot arrive before it was sent, so −(smallest delay back) ≤ offset ≤
 * (smallest delay forth).
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
  // A wrong slope makes the sum of the two smallest delays smaller, so the right slope makes it largest.
  const width = (slope: number) => forth.minimum(slope) + back.minimum(-slope);
  return width(skew) > width(0) ? skew : 0;
}
