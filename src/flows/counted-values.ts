import type { CountedValue } from './evidence.ts';

/**
 * Counts how often each of a few numbers was met, without an object for each.
 * Invariant: `count` ≤ `limit` different values are held; a further value is left out.
 */
export class CountedValues {
  #values: number[] = [];
  #counts: number[] = [];
  #last = 0;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(value: number, times = 1): void {
    const values = this.#values;
    if (values[this.#last] === value) {
      this.#counts[this.#last] += times;
      return;
    }
    const at = values.indexOf(value);
    if (at >= 0) {
      this.#counts[at] += times;
      // The more frequent one moves forward, so that the search ends early for what is met often.
      if (at > 0 && this.#counts[at] > this.#counts[at - 1]) this.#swap(at, at - 1);
      this.#last = values.indexOf(value, Math.max(0, at - 1));
    } else if (values.length < this.#limit) {
      this.#last = values.length;
      values.push(value);
      this.#counts.push(times);
    }
  }

  get size(): number {
    return this.#values.length;
  }

  /** Most frequent first; equal counts by value, so that the order does not depend on arrival. */
  list(): CountedValue<number>[] {
    const list = this.#values.map((value, at) => ({ value, count: this.#counts[at] }));
    return list.sort((a, b) => b.count - a.count || a.value - b.value);
  }

  /** As `list`, with each value in words. */
  listAs<T>(format: (value: number) => T): CountedValue<T>[] {
    return this.list().map(({ value, count }) => ({ value: format(value), count }));
  }

  #swap(one: number, other: number): void {
    const values = this.#values;
    const counts = this.#counts;
    [values[one], values[other]] = [values[other], values[one]];
    [counts[one], counts[other]] = [counts[other], counts[one]];
  }
}
