/** Huffman codes of DEFLATE (RFC 1951, 3.2). */
import { u8 } from '../octets.ts';

/** Longest code (RFC 1951, 3.2.7), bits. */
const MAX_BITS = 15;
/** Codes up to this length are decoded by one look-up. Longer ones are rare and are read bit by bit. */
export const TABLE_BITS = 10;

/** `symbol << 4 | length` by the next TABLE_BITS bits, first bit lowest; 0 for longer codes and for no code. */
export interface DeflateCode {
  table: Uint16Array;
  /** Symbols in order of their codes, and how many codes there are of each length. */
  symbols: Uint16Array;
  counts: Uint16Array;
}

/** The two codes of a block. */
export interface BlockCodes {
  lengths: DeflateCode;
  distances: DeflateCode;
}

/** Extra bits of the symbols 257 to 285, which stand for lengths, and of those for distances (RFC 1951, 3.2.5). */
export const LENGTH_BITS = Uint8Array.from({ length: 29 }, (_, at) => (at < 8 || at === 28 ? 0 : (at >> 2) - 1));
export const DISTANCE_BITS = Uint8Array.from({ length: 30 }, (_, at) => Math.max(0, (at >> 1) - 1));
/** Smallest value of each symbol. The last length has its own symbol. */
export const LENGTH_BASE = basesOf(LENGTH_BITS, 3).fill(258, 28);
export const DISTANCE_BASE = basesOf(DISTANCE_BITS, 1);
/** Order in which the lengths of the code of code lengths are written (RFC 1951, 3.2.7). */
export const CODE_ORDER = Uint8Array.from('16 17 18 0 8 7 9 6 10 5 11 4 12 3 13 2 14 1 15'.split(' '), Number);

function basesOf(bits: Uint8Array, least: number): Uint16Array {
  const bases = new Uint16Array(bits.length).fill(least);
  for (let at = 1; at < bits.length; at++) bases[at] = bases[at - 1] + (1 << bits[at - 1]);
  return bases;
}

let fixed: BlockCodes | undefined;

/** RFC 1951, 3.2.6. */
export function fixedCodes(): BlockCodes {
  if (fixed !== undefined) return fixed;
  const lengths = new Uint8Array(288).fill(8).fill(9, 144, 256).fill(7, 256, 280);
  fixed = { lengths: deflateCode(lengths, true)!, distances: deflateCode(new Uint8Array(32).fill(5), true)! };
  return fixed;
}

/** Not enough bits yet / no such code. */
export const MORE_BITS = -1;
export const NO_CODE = -2;

/**
 * The code with these lengths; null when they are not a valid code by the rules of zlib (inftrees.c). Too many codes
 * are invalid. Unused codes are invalid too, except for a single code of one bit where `mayBeSingle`. Where it may not be,
 * the code of code lengths, one without symbols gives 0 for each bit.
 */
export function deflateCode(lengths: Uint8Array, mayBeSingle: boolean): DeflateCode | null {
  const counts = new Uint16Array(MAX_BITS + 1);
  for (const length of lengths) counts[length]++;
  counts[0] = 0;
  if (!isSound(counts, mayBeSingle)) return null;
  const starts = new Uint16Array(MAX_BITS + 2);
  const codes = new Uint16Array(MAX_BITS + 2);
  for (let length = 1; length <= MAX_BITS; length++) {
    starts[length + 1] = starts[length] + counts[length];
    codes[length + 1] = (codes[length] + counts[length]) << 1;
  }
  const symbols = new Uint16Array(lengths.length);
  const table = new Uint16Array(1 << TABLE_BITS);
  if (!mayBeSingle && counts.every((count) => count === 0)) table.fill(1);
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = u8(lengths, symbol);
    if (length === 0) continue;
    symbols[starts[length]++] = symbol;
    const code = codes[length]++;
    if (length > TABLE_BITS) continue;
    const entry = (symbol << 4) | length;
    for (let at = reversed(code, length); at < table.length; at += 1 << length) table[at] = entry;
  }
  return { table, symbols, counts };
}

function isSound(counts: Uint16Array, mayBeSingle: boolean): boolean {
  let left = 1;
  let longest = 0;
  for (let length = 1; length <= MAX_BITS; length++) {
    left = left * 2 - counts[length];
    if (left < 0) return false;
    if (counts[length] > 0) longest = length;
  }
  return left === 0 || longest === 0 || (mayBeSingle && longest === 1);
}

function reversed(code: number, length: number): number {
  let result = 0;
  for (let bit = 0; bit < length; bit++) result |= ((code >>> bit) & 1) << (length - 1 - bit);
  return result;
}

/** `symbol << 4 | length` of a code that the table does not hold, from the `bits` lowest bits of `hold`. */
export function longCode({ symbols, counts }: DeflateCode, hold: number, bits: number): number {
  let code = 0;
  let first = 0;
  let index = 0;
  for (let length = 1; length <= MAX_BITS; length++) {
    if (length > bits) return MORE_BITS;
    code |= (hold >>> (length - 1)) & 1;
    const count = counts[length];
    if (code - count < first) return (symbols[index + (code - first)] << 4) | length;
    index += count;
    first = (first + count) << 1;
    code <<= 1;
  }
  return NO_CODE;
}
