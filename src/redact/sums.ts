/** Sums of the Internet checksum (RFC 1071), and how a field follows a change of what it covers (RFC 1624). */

/** Two octets are a word; sums count modulo this, with two names for zero. */
const MODULUS = 0xffff;

/** Sum of the 16-bit words, modulo 2¹⁶-1. An odd last octet is the upper half of a word. */
export function sumOf(bytes: Uint8Array, at: number, end: number): number {
  let total = 0;
  for (; at + 1 < end; at += 2) total += bytes[at] * 256 + bytes[at + 1];
  return (at < end ? total + bytes[at] * 256 : total) % MODULUS;
}

/** How much the sum grew, 0 to 2¹⁶-2. */
export const growth = (before: number, after: number): number => (after - before + MODULUS) % MODULUS;

const wordAt = (bytes: Uint8Array, at: number): number => bytes[at] * 256 + bytes[at + 1];

function setWord(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value & 0xff;
}

/** The field holds the complement of a sum that grew by `by`: right stays right, and wrong stays as wrong. */
export function followComplement(bytes: Uint8Array, at: number, by: number): void {
  if (by === 0) return;
  const sum = MODULUS - wordAt(bytes, at);
  // Zero is written as 0xffff: in UDP the other zero means "no checksum".
  setWord(bytes, at, MODULUS - ((sum + by) % MODULUS));
}

/** The field holds a sum itself, as transmit offload leaves it. */
export function followSum(bytes: Uint8Array, at: number, by: number): void {
  if (by === 0) return;
  setWord(bytes, at, (wordAt(bytes, at) + by) % MODULUS || MODULUS);
}

/** Changes the word at `at` so that a sum over it grows by `by` less. */
export function takeFrom(bytes: Uint8Array, at: number, by: number): void {
  if (by !== 0) setWord(bytes, at, (wordAt(bytes, at) + MODULUS - by) % MODULUS);
}
