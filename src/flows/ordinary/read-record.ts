import { float, isBelow, unsigned, word } from '../tables/words.ts';
import { be32At, f64At, i32At, le32At, setF64 } from './memory.ts';
import * as S from './state-offsets.ts';

/** Bits of the form of records: big-endian; blocks of pcapng. */
export const BIG_ENDIAN: i32 = 1;
export const BLOCKS: i32 = 2;

/** Octets of the header of a record of classic pcap. */
const RECORD_HEADER: i32 = 16;
/** Type of an Enhanced Packet Block (draft-ietf-opsawg-pcapng, 4.3). */
const ENHANCED_PACKET: i32 = 6;
/** Octets of such a block before the packet, and behind it when it has no options. */
const BLOCK_HEADER: i32 = 28;
const BLOCK_END: i32 = 4;
const NANOSECONDS = 1e9;
const WORD: f64 = 0x1_0000_0000;
/** Fewer units than this are exact as a number. */
const MOST_UNITS: f64 = 0x20_0000_0000_0000;
/** More octets than an IP packet has (RFC 791: its length has 16 bits). */
const LONGEST_PACKET = 0x1_0000;

/** Address of the first octet of the packet at hand. */
export let start: i32 = 0;
/** Address behind its last octet that was captured. */
export let end: i32 = 0;
/** Address of the next record. */
export let next: i32 = 0;
/** Address behind its last octet on the wire. */
export let wireEnd: i32 = 0;
/** Whether it was not captured whole. */
export let isCut: boolean = false;
/** Its time: seconds since 1970, and the rest. */
export let seconds: f64 = 0;
export let nanoseconds: i32 = 0;

/** Whether a whole record of the usual form lies at `at`, in memory up to S.END. Its length and its time are possible. */
export function isWholeRecord(at: i32): boolean {
  const form = i32At(S.FORM);
  return (form & BLOCKS) === 0 ? isWholePcapRecord(at, form) : isWholeBlock(at, form);
}

function isWholePcapRecord(at: i32, form: i32): boolean {
  const room = i32At(S.END) - at - RECORD_HEADER;
  if (room < 0) return false;
  const captured = wordAt(at + 8, form);
  if (captured < 0 || captured > room || captured > i32At(S.MAX_CAPTURED)) return false;
  const units = wordAt(at + 4, form);
  if (!isBelow(units, i32At(S.UNITS_PER_SECOND))) return false;
  seconds = unsigned(wordAt(at, form));
  nanoseconds = units * i32At(S.NANOSECONDS_PER_UNIT);
  next = at + RECORD_HEADER + captured;
  return isPossible(at + RECORD_HEADER, captured, wordAt(at + 12, form));
}

/** A block of the only interface, without options. */
function isWholeBlock(at: i32, form: i32): boolean {
  const room = i32At(S.END) - at - BLOCK_HEADER - BLOCK_END;
  if (room < 0 || wordAt(at, form) !== ENHANCED_PACKET || wordAt(at + 8, form) !== 0) return false;
  const captured = wordAt(at + 20, form);
  if (captured < 0 || captured > room || captured > i32At(S.MAX_CAPTURED)) return false;
  const padded = (captured + 3) & ~3;
  const length = BLOCK_HEADER + padded + BLOCK_END;
  if (padded > room || wordAt(at + 4, form) !== length || wordAt(at + length - BLOCK_END, form) !== length)
    return false;
  next = at + length;
  return (
    isStamp(wordAt(at + 12, form), wordAt(at + 16, form)) &&
    isPossible(at + BLOCK_HEADER, captured, wordAt(at + 24, form))
  );
}

/** Reads a stamp of 64 bits, which counts units, by its distance to that of a second nearby: that is exact. */
function isStamp(high: i32, low: i32): boolean {
  const there = (unsigned(high) - unsigned(i32At(S.STAMP_HIGH))) * WORD;
  const units = there + (unsigned(low) - unsigned(i32At(S.STAMP_LOW)));
  if (units >= MOST_UNITS || units <= -MOST_UNITS) return false;
  const perSecond = float(i32At(S.UNITS_PER_SECOND));
  let whole: f64 = Math.floor(units / perSecond);
  let rest: f64 = units - whole * perSecond;
  // A quotient just below a whole number is rounded up to it.
  if (rest < 0) {
    whole -= 1;
    rest += perSecond;
  }
  seconds = f64At(S.STAMP_SECONDS) + whole;
  nanoseconds = word(rest) * i32At(S.NANOSECONDS_PER_UNIT);
  return true;
}

function isPossible(from: i32, captured: i32, original: i32): boolean {
  if (isBelow(original, captured)) return false;
  start = from;
  end = from + captured;
  // Longer than any packet is all the same.
  wireEnd = isBelow(original, captured + LONGEST_PACKET) ? from + original : end + LONGEST_PACKET;
  isCut = original !== captured;
  return true;
}

/**
 * Whether such a record lies at `at`, later than all before it, and its number is none at which `CaptureTracker` looks at
 * more than the packet. Notes its time since the first packet in the state.
 */
export function isOrdinaryRecord(at: i32): boolean {
  if (!isWholeRecord(at)) return false;
  if (((i32At(S.NUMBER) + 1) & i32At(S.GENERAL_MASK)) === 0) return false;
  const last = f64At(S.LAST_SECONDS);
  if (seconds < last || (seconds === last && nanoseconds < i32At(S.LAST_NANOSECONDS))) return false;
  const whole = (seconds - f64At(S.BASE_SECONDS)) * NANOSECONDS;
  const time = (whole + float(nanoseconds - i32At(S.BASE_NANOSECONDS))) / NANOSECONDS;
  setF64(S.TIME, time);
  return true;
}

/** Four octets of the file. */
function wordAt(at: i32, form: i32): i32 {
  return (form & BIG_ENDIAN) === 0 ? le32At(at) : be32At(at);
}
