import { grownIn } from './columns.ts';
import type { LinearMemory } from './linear-memory.ts';

/** No row has the requested key. */
export const NO_ROW = -1;

const FIRST_SLOTS = 512;
/** Largest share of slots in use. Even then a search compares few rows, because slots hold bits of the hash. */
const MOST_TAKEN = 0.8;

/**
 * Finds rows by their keys, by open addressing. It only knows the hashes of the keys; the owner of the rows compares
 * them.
 *
 *   for (let row = table.first(hash); row !== NO_ROW; row = table.next()) if (hasKey(row)) return row;
 *   table.put(newRow);
 *
 * The low bits of a slot hold the number of a row, from 1. The bits above them are those of its hash; a row is returned
 * only when they agree. 0 is a free slot. Invariant: at most four fifths of the slots are in use, and the low bits of a
 * slot can hold every row that was put.
 */
export class RowTable {
  #slots: Int32Array = new Int32Array(FIRST_SLOTS);
  #taken = 0;
  /** The requested hash, and the current slot of the search. */
  #hash = 0;
  #slot = 0;
  readonly #hashOf: (row: number) => number;
  #linear: LinearMemory | undefined;

  /** @param hashOf hash of the key of a stored row; called when the table grows */
  constructor(hashOf: (row: number) => number) {
    this.#hashOf = hashOf;
  }

  /** The first row that may have a key with this hash, a signed 32-bit number. */
  first(hash: number): number {
    this.#hash = hash;
    return this.#search(hash & (this.#slots.length - 1));
  }

  /** The next candidate row. */
  next(): number {
    return this.#search((this.#slot + 1) & (this.#slots.length - 1));
  }

  /**
   * Stores the row under the key of the last search: as a new key when nothing was found, else in place of the found
   * row.
   */
  put(row: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    if (slots[this.#slot] === 0) this.#taken++;
    slots[this.#slot] = (this.#hash & ~mask) | (row + 1);
    if (this.#taken > slots.length * MOST_TAKEN || row + 2 > mask) this.#grow();
  }

  /** Moves the slots into linear memory, where they stay: then a core can search, too. */
  moveInto(linear: LinearMemory): void {
    this.#linear = linear;
    this.#slots = grownIn(linear, this.#slots, this.#slots.length);
  }

  /** Rows that can be put before the slots have to grow. @param rows that were put */
  room(rows: number): number {
    const slots = this.#slots.length;
    return Math.max(0, Math.min(Math.floor(slots * MOST_TAKEN) - this.#taken, slots - 2 - rows));
  }

  /** Counts rows with new keys that a core has put. */
  countPut(rows: number): void {
    this.#taken += rows;
  }

  /** Address of the slots in linear memory. */
  get linearAddress(): number {
    return this.#slots.byteOffset;
  }

  /** The bits of a slot that hold the number of a row. */
  get mask(): number {
    return this.#slots.length - 1;
  }

  #search(from: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const hash = this.#hash;
    let slot = from;
    let held = slots[slot];
    while (held !== 0 && ((held ^ hash) & ~mask) !== 0) {
      slot = (slot + 1) & mask;
      held = slots[slot];
    }
    this.#slot = slot;
    return (held & mask) - 1;
  }

  #grow(): void {
    const known = this.#slots;
    const slots = this.#emptySlots(known.length * 2);
    const mask = slots.length - 1;
    for (const held of known) {
      if (held === 0) continue;
      const number = held & (known.length - 1);
      const hash = this.#hashOf(number - 1);
      let slot = hash & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = (hash & ~mask) | number;
    }
    if (this.#linear !== undefined) this.#linear.free(known.byteOffset, known.byteLength);
    this.#slots = slots;
  }

  #emptySlots(slots: number): Int32Array {
    const linear = this.#linear;
    if (linear === undefined) return new Int32Array(slots);
    const address = linear.allocate(slots * Int32Array.BYTES_PER_ELEMENT);
    return linear.view(Int32Array, address, slots);
  }
}
