import { u8 } from '../octets.ts';
import type { BitReader } from './bit-reader.ts';
import { type BlockCodes, CODE_ORDER, type DeflateCode, deflateCode, MORE_BITS } from './deflate-code.ts';

const END_OF_BLOCK = 256;
const MOST_LENGTH_CODES = 286;
const MOST_DISTANCE_CODES = 30;

/** The codes of a block of its own ones; null when more input is needed. */
export function readCodes(reader: BitReader): BlockCodes | null {
  const counts = reader.take(14);
  if (counts === MORE_BITS) return null;
  const lengthCodes = (counts & 31) + 257;
  const distanceCodes = ((counts >>> 5) & 31) + 1;
  if (lengthCodes > MOST_LENGTH_CODES || distanceCodes > MOST_DISTANCE_CODES)
    throw new Error('too many length or distance symbols');
  const ofLengths = new Uint8Array(CODE_ORDER.length);
  for (let at = 0; at < (counts >>> 10) + 4; at++) {
    const length = reader.take(3);
    if (length === MORE_BITS) return null;
    ofLengths[u8(CODE_ORDER, at)] = length;
  }
  const code = deflateCode(ofLengths, false);
  if (code === null) throw new Error('invalid code lengths set');
  const lengths = readLengths(reader, code, lengthCodes + distanceCodes);
  if (lengths === null) return null;
  if (u8(lengths, END_OF_BLOCK) === 0) throw new Error('invalid code -- missing end-of-block');
  const literals = deflateCode(lengths.subarray(0, lengthCodes), true);
  if (literals === null) throw new Error('invalid literal/lengths set');
  const distances = deflateCode(lengths.subarray(lengthCodes), true);
  if (distances === null) throw new Error('invalid distances set');
  return { lengths: literals, distances };
}

function readLengths(reader: BitReader, code: DeflateCode, count: number): Uint8Array | null {
  const lengths = new Uint8Array(count);
  for (let at = 0; at < count; ) {
    const symbol = reader.symbol(code);
    if (symbol === MORE_BITS) return null;
    if (symbol < 16) {
      lengths[at++] = symbol;
      continue;
    }
    const [bits, least] = symbol === 16 ? [2, 3] : symbol === 17 ? [3, 3] : [7, 11];
    const more = reader.take(bits);
    if (more === MORE_BITS) return null;
    const to = at + least + more;
    if (to > count || (symbol === 16 && at === 0)) throw new Error('invalid bit length repeat');
    lengths.fill(symbol === 16 ? u8(lengths, at - 1) : 0, at, to);
    at = to;
  }
  return lengths;
}
