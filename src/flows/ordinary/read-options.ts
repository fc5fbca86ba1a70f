import { be16At, be32At, u8At } from './memory.ts';

const END_OF_OPTIONS = 0;
const NO_OPERATION = 1;
const MSS = 2;
const WINDOW_SCALE = 3;
const SACK_PERMITTED = 4;
const SACK = 5;
const TIMESTAMPS = 8;

/** MSS of the SYN; 0 without the option. */
export let mss: i32 = 0;
/** Window scale; -1 without the option. */
export let windowScale: i32 = -1;
export let sackPermitted: boolean = false;
export let hasTimestamps: boolean = false;
export let tsValue: i32 = 0;
export let tsEcho: i32 = 0;

/** Edges of SACK blocks, and the address of the first one. */
export let sackEdges: i32 = 0;
export let sackAt: i32 = 0;

/** Edge of a SACK block, by its number. */
export function sackEdge(number: i32): i32 {
  return be32At(sackAt + (number << 2));
}

/**
 * Whether the options in [from, end) are well-formed ones that every stack sends. Then these are read.
 * @param isSyn whether they are those of a SYN
 */
export function areUsualOptions(from: i32, end: i32, isSyn: boolean): boolean {
  forgetOptions();
  let at: i32 = from;
  while (at < end) {
    const kind = u8At(at);
    if (kind === END_OF_OPTIONS) return true;
    if (kind === NO_OPERATION) {
      at++;
      continue;
    }
    const length = at + 1 < end ? u8At(at + 1) : 0;
    if (length < 2 || at + length > end || !isUsualOption(kind, length, at + 2, isSyn)) return false;
    at += length;
  }
  return true;
}

/** Forgets the options of the segment before. */
export function forgetOptions(): void {
  mss = 0;
  windowScale = -1;
  sackPermitted = false;
  hasTimestamps = false;
  sackEdges = 0;
}

function isUsualOption(kind: i32, length: i32, value: i32, isSyn: boolean): boolean {
  if (kind === TIMESTAMPS && length === 10) readTimestamps(value);
  else if (kind === MSS && length === 4 && isSyn) mss = be16At(value);
  else if (kind === WINDOW_SCALE && length === 3 && isSyn) windowScale = u8At(value);
  else if (kind === SACK_PERMITTED && length === 2 && isSyn) sackPermitted = true;
  else if (kind === SACK && length > 2 && (length & 7) === 2 && !isSyn && sackEdges === 0) {
    sackEdges = (length - 2) >> 2;
    sackAt = value;
  } else return false;
  return true;
}

/** Reads timestamps at `value`. */
export function readTimestamps(value: i32): void {
  hasTimestamps = true;
  tsValue = be32At(value);
  tsEcho = be32At(value + 4);
}
