import { float, isBelow, unsigned } from '../tables/words.ts';
import { f64At, i32At, le32At, setF64, setI32 } from './memory.ts';
import * as S from './state-offsets.ts';

/** Octets of the header of a record of classic pcap. */
export const RECORD_HEADER: i32 = 16;
const NANOSECONDS = 1e9;
/** More octets than an IP packet has (RFC 791: its length has 16 bits). */
const LONGEST_PACKET = 0x1_0000;

/** Address of the first octet of the packet at hand. */
export let start: i32 = 0;
/** Address behind its last octet that was captured. */
export let end: i32 = 0;
/** Address behind its last octet on the wire. */
export let wireEnd: i32 = 0;
/** Whether it was not captured whole. */
export let isCut: boolean = false;

/**
 * Whether a whole record lies at `at`, later than all before it. Its length and its fraction of a second are possible, and
 * its number is none at which `CaptureTracker` looks at more than the packet. Notes its time in the state.
 */
export function isOrdinaryRecord(at: i32): boolean {
  const room = i32At(S.END) - at - RECORD_HEADER;
  if (room < 0) return false;
  const captured = le32At(at + 8);
  const original = le32At(at + 12);
  if (captured < 0 || captured > room || captured > i32At(S.MAX_CAPTURED) || isBelow(original, captured)) return false;
  const units = le32At(at + 4);
  if (!isBelow(units, i32At(S.UNITS_PER_SECOND))) return false;
  if (((i32At(S.NUMBER) + 1) & i32At(S.GENERAL_MASK)) === 0) return false;
  const seconds = unsigned(le32At(at));
  const nanoseconds = units * i32At(S.NANOSECONDS_PER_UNIT);
  const last = f64At(S.LAST_SECONDS);
  if (seconds < last || (seconds === last && nanoseconds < i32At(S.LAST_NANOSECONDS))) return false;
  const whole = (seconds - f64At(S.BASE_SECONDS)) * NANOSECONDS;
  const time = (whole + float(nanoseconds - i32At(S.BASE_NANOSECONDS))) / NANOSECONDS;
  if (time < f64At(S.LAST_TIME)) return false;
  setF64(S.TIME, time);
  setF64(S.SECONDS, seconds);
  setI32(S.NANOSECONDS, nanoseconds);
  start = at + RECORD_HEADER;
  end = start + captured;
  // Longer than any packet is all the same.
  wireEnd = isBelow(original, captured + LONGEST_PACKET) ? start + original : end + LONGEST_PACKET;
  isCut = original !== captured;
  return true;
}
