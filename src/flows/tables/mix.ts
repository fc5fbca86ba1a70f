import { multiply } from './words.ts';

/**
 * The hash function of the project. A hash begins with `SEED`, adds each word by `mix`, and ends with `finish`:
 *
 *   finish(mix(mix(SEED, a), b))
 *
 * Hashes are signed 32-bit numbers, which V8 never allocates as objects; `>>> 0` gives the number for a column.
 */
export const SEED: i32 = 0x811c9dc5 | 0;
/** Payload octets of a packet that are hashed. */
export const HASHED_OCTETS: i32 = 64;
/** 2³² divided by the golden ratio, as the nearest odd number (Knuth, The Art of Computer Programming, 3, 6.4). */
const MULTIPLIER: i32 = 0x9e3779b1 | 0;
/** Factors of the final step of MurmurHash3. */
const FIRST_FACTOR: i32 = 0x85ebca6b | 0;
const SECOND_FACTOR: i32 = 0xc2b2ae35 | 0;

/** Adds one word to a hash. The rotation moves high bits down, which multiplication alone does not. */
export function mix(hash: i32, word: i32): i32 {
  const product: i32 = multiply(hash ^ word, MULTIPLIER);
  return (product << 13) | (product >>> 19);
}

/** Makes every output bit depend on all input bits (final step of MurmurHash3, 32 bits; public domain constants). */
export function finish(hash: i32): i32 {
  let h: i32 = multiply(hash ^ (hash >>> 16), FIRST_FACTOR);
  h = multiply(h ^ (h >>> 13), SECOND_FACTOR);
  return h ^ (h >>> 16);
}

/** Combines two 32-bit values into one well-distributed value, 0 to 2³²-1. */
export function hashPair(a: number, b: number): number {
  return finish(mix(mix(SEED, a), b)) >>> 0;
}
