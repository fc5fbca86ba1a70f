/** No row has the key that was looked for. */
export const NO_ROW = -1;

const FIRST_SLOTS = 512;
/** Share of the slots that are taken at most. A search looks at few rows even then, as slots hold bits of the hash. */
const MOST_TAKEN = 0.8;

/**
 * Finds rows by their keys, by open addressing. It knows the hashes of the keys only: whoever keeps the rows compares.
 *
 *   for (let row = table.first(hash); row !== NO_ROW; row = table.next()) if (hasKey(row)) return row;
 *   table.put(newRow);
 *
 * A slot holds the number of a row, from 1, in its low bits, as many as the slots need, and above them the same bits of
 * its hash: a row is given out only when these agree. 0 is a free slot.
 * Invariant: at most four fifths of the slots are taken, and the low bits of a slot can hold every row that was put.
 */
export class RowTable {
  #slots = new Int32Array(FIRST_SLOTS);
  #taken = 0;
  /** What is looked for, and the slot where the search stands. */
  #hash = 0;
  #slot = 0;
  readonly #hashOf: (row: number) => number;

  /** @param hashOf hash of the key of a row that was put; asked when the table grows */
  constructor(hashOf: (row: number) => number) {
    this.#hashOf = hashOf;
  }

  /** The first row that may have a key with this hash, 32 bits with a sign. */
  first(hash: number): number {
    this.#hash = hash;
    return this.#search(hash & (this.#slots.length - 1));
  }

  /** The next one. */
  next(): number {
    return this.#search((this.#slot + 1) & (this.#slots.length - 1));
  }

  /** The row has the key that was looked for last: a new key where nothing was found, else in the place of what was. */
  put(row: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    if (slots[this.#slot] === 0) this.#taken++;
    slots[this.#slot] = (this.#hash & ~mask) | (row + 1);
    if (this.#taken > slots.length * MOST_TAKEN || row + 2 > mask) this.#grow();
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
    const slots = new Int32Array(known.length * 2);
    const mask = slots.length - 1;
    for (const held of known) {
      if (held === 0) continue;
      const number = held & (known.length - 1);
      const hash = this.#hashOf(number - 1);
      let slot = hash & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = (hash & ~mask) | number;
    }
    this.#slots = slots;
  }
}
