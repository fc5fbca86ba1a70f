import { u8 } from '../octets.ts';

/** Octets of a compressed block that `weightsNeverEnd` reads: literals header, length, and the longest weights. */
export const HUFFMAN_HEAD = 5 + 1 + 127;

const COMPRESSED_LITERALS = 2;
/** A length octet from here on means uncompressed weights. */
const FIRST_DIRECT = 128;

/**
 * Whether the Huffman weights at the head of a compressed block (RFC 8878, 4.2.1) are coded with a table in which one
 * symbol has all the probability. Such a symbol takes no bits, so its bit stream has no end. No encoder writes it, and
 * fzstd 0.1.1 loops forever on it.
 *
 * In any other table, a state that takes no bits leads to a lower state, so bits are consumed eventually.
 */
export function weightsNeverEnd(head: Uint8Array, length: number): boolean {
  if (length < 1 || (u8(head, 0) & 3) !== COMPRESSED_LITERALS) return false;
  const sizeFormat = (u8(head, 0) >>> 2) & 3;
  const weightsAt = sizeFormat < 2 ? 3 : sizeFormat + 2;
  if (weightsAt + 2 > length || u8(head, weightsAt) >= FIRST_DIRECT) return false;
  return oneSymbolFillsTable(head, weightsAt + 1, length);
}

/**
 * Reads an FSE table description (RFC 8878, 4.1.1) up to its first symbol with a probability. Until then a value has
 * `accuracy` bits or one more; values below 2^accuracy - 2 have the shorter form. The value is the probability plus
 * one.
 */
function oneSymbolFillsTable(bytes: Uint8Array, from: number, end: number): boolean {
  let bit = from * 8;
  const read = (count: number): number => {
    let value = 0;
    for (let n = 0; n < count; n++, bit++) {
      if (bit >>> 3 < end) value |= ((u8(bytes, bit >>> 3) >>> (bit & 7)) & 1) << n;
    }
    return value;
  };
  const accuracy = read(4) + 5;
  const size = 2 ** accuracy;
  while (bit < end * 8) {
    let value = read(accuracy);
    if (value >= size - 2 && read(1) === 1) value += 2;
    if (value !== 1) return value === size + 1;
    // Probability 0: two bits at a time count the further symbols with probability 0.
    while (read(2) === 3 && bit < end * 8);
  }
  return false;
}
