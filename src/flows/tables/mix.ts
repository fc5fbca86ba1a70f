/**
 * The one mixer: a hash begins with `SEED`, takes in its words one after the other by `mix`, and ends with `finish`:
 *
 *   finish(mix(mix(SEED, a), b))
 *
 * Hashes are 32 bits with a sign, which V8 never makes an object of; `>>> 0` gives the number for a column.
 */
export const SEED = 0x811c9dc5 | 0;
/** 2³² divided by the golden ratio, the odd number next to it (Knuth, The Art of Computer Programming, 3, 6.4). */
const MULTIPLIER = 0x9e3779b1 | 0;

/** One word into a hash. The rotation carries high bits down, which the multiplication alone does not. */
export function mix(hash: number, word: number): number {
  const product = Math.imul(hash ^ word, MULTIPLIER);
  return (product << 13) | (product >>> 19);
}

/** Spreads every bit over all (the end of MurmurHash3, 32 bits; public domain constants). */
export function finish(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Two 32-bit values to one well-spread one, 0 to 2³²-1. */
export const hashPair = (a: number, b: number): number => finish(mix(mix(SEED, a), b)) >>> 0;
