import type { CountedValue } from '../evidence/evidence.ts';
import { finish, mix, SEED } from '../tables/mix.ts';
import { macAt } from './link-address.ts';

const EMPTY = -1;
const FIRST_SLOTS = 8;

/**
 * Counts how often each of a few numbers (0 and above) occurred, without an object for each.
 * Invariant: at most `limit` different values are held, by open addressing and at most half full. Further values are
 * ignored.
 */
export class CountedValues {
  #values = new Float64Array(FIRST_SLOTS).fill(EMPTY);
  #counts = new Float64Array(FIRST_SLOTS);
  #size = 0;
  /** Slot of the most recent value. */
  #latest = 0;
  readonly #limit: number;
  readonly #hasRoom: () => boolean;

  /** @param hasRoom asked for each value but the first */
  constructor(limit: number, hasRoom: () => boolean = () => true) {
    this.#limit = limit;
    this.#hasRoom = hasRoom;
  }

  add(value: number, times = 1): void {
    if (this.#values[this.#latest] !== value) {
      const slot = this.#slotOf(value);
      if (slot < 0) return;
      this.#latest = slot;
    }
    this.#counts[this.#latest] += times;
  }

  /** Counts the Ethernet address at `at`, like `add(macAt(…))`, but without creating a number object. */
  addMac(bytes: Uint8Array, at: number): void {
    const value = macAt(bytes, at);
    if (this.#values[this.#latest] === value) this.#counts[this.#latest]++;
    else this.add(value);
  }

  /** Most frequent first. Equal counts are sorted by value, so that the order does not depend on arrival. */
  list(): CountedValue<number>[] {
    const list: CountedValue<number>[] = [];
    this.#values.forEach((value, slot) => {
      if (value !== EMPTY) list.push({ value, count: this.#counts[slot] });
    });
    return list.sort((a, b) => b.count - a.count || a.value - b.value);
  }

  /** Like `list`, with each value as text. */
  listAs<T>(format: (value: number) => T): CountedValue<T>[] {
    return this.list().map(({ value, count }) => ({ value: format(value), count }));
  }

  /** The slot of a value that is held or was just added; -1 when the table is full. */
  #slotOf(value: number): number {
    const slot = this.#search(value);
    if (this.#values[slot] === value) return slot;
    if (this.#size >= this.#limit || (this.#size > 0 && !this.#hasRoom())) return -1;
    this.#size++;
    this.#values[slot] = value;
    if (this.#size * 2 <= this.#values.length) return slot;
    this.#grow();
    return this.#search(value);
  }

  #search(value: number): number {
    const mask = this.#values.length - 1;
    let slot = hash(value) & mask;
    while (this.#values[slot] !== EMPTY && this.#values[slot] !== value) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const values = this.#values;
    const counts = this.#counts;
    this.#values = new Float64Array(values.length * 2).fill(EMPTY);
    this.#counts = new Float64Array(values.length * 2);
    values.forEach((value, slot) => {
      if (value === EMPTY) return;
      const to = this.#search(value);
      this.#values[to] = value;
      this.#counts[to] = counts[slot];
    });
  }
}

/** Hash of a number below 2⁵³: combines the low 32 bits with the bits above. */
function hash(value: number): number {
  const low = value | 0;
  return finish(mix(mix(SEED, low), ((value - (low >>> 0)) / 0x1_0000_0000) | 0));
}
