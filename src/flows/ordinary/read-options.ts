import { be16At, be32At, u8At } from './memory.ts';

const END_OF_OPTIONS = 0;
const NO_OPERATION = 1;
const MSS = 2;
const WINDOW_SCALE = 3;
const SACK_PERMITTED = 4;
const TIMESTAMPS = 8;

/** MSS of the SYN; 0 without the option. */
export let mss: i32 = 0;
/** Window scale; -1 without the option. */
export let windowScale: i32 = -1;
export let sackPermitted: boolean = false;
export let hasTimestamps: boolean = false;
export let tsValue: i32 = 0;
export let tsEcho: i32 = 0;

/** Whether the options of a SYN in [from, end) are well-formed ones that every SYN may have. Then these are read. */
export function areOpeningOptions(from: i32, end: i32): boolean {
  mss = 0;
  windowScale = -1;
  sackPermitted = false;
  hasTimestamps = false;
  let at: i32 = from;
  while (at < end) {
    const kind = u8At(at);
    if (kind === END_OF_OPTIONS) return true;
    if (kind === NO_OPERATION) {
      at++;
      continue;
    }
    const length = at + 1 < end ? u8At(at + 1) : 0;
    if (length < 2 || at + length > end || !isOpeningOption(kind, length, at + 2)) return false;
    at += length;
  }
  return true;
}

function isOpeningOption(kind: i32, length: i32, value: i32): boolean {
  if (kind === MSS && length === 4) mss = be16At(value);
  else if (kind === WINDOW_SCALE && length === 3) windowScale = u8At(value);
  else if (kind === SACK_PERMITTED && length === 2) sackPermitted = true;
  else if (kind === TIMESTAMPS && length === 10) {
    hasTimestamps = true;
    tsValue = be32At(value);
    tsEcho = be32At(value + 4);
  } else return false;
  return true;
}
