/**
 * Pseudo-random numbers from a seed: the same seed gives the same numbers on every machine.
 *
 * A Weyl sequence (the state grows by the odd part of 2^32 / golden ratio) whose value is mixed by two multiplications.
 * Good enough for traffic, and it needs no state but one number.
 */
export class RandomNumbers {
  #state;

  /** @param {number} seed any whole number; only its lower 32 bits count */
  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 to 2^32 - 1. */
  u32() {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }

  /** A number from 0 up to, and never reaching, 1. */
  fraction() {
    return this.u32() / 0x1_0000_0000;
  }

  /** A whole number from `least` to `most`, both included. */
  between(least, most) {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  /** An exponentially distributed number, e.g. the time to the next arrival, in the unit of `mean`. */
  exponential(mean) {
    return -mean * Math.log(1 - this.fraction());
  }

  /** True with probability `share`. */
  chance(share) {
    return this.fraction() < share;
  }
}
