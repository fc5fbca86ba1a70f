import { readDnsMessage } from '../decode/messages/dns-message.ts';
import { u16 } from '../decode/octets.ts';
import type { Pseudonyms } from './pseudonyms.ts';

/** DNS message (RFC 1035, 4.1). */
const HEADER = 12;
const QUESTION_FIXED = 4;
const RECORD_FIXED = 10;
const POINTER = 0xc0;
/** Types of records (registry of IANA), and how many octets stand before the names in their data. */
const A = 1;
const SOA = 6;
const AAAA = 28;
const OPT = 41;
const NAMES: ReadonlyMap<number, number> = new Map([
  [2, 0],
  [5, 0],
  [SOA, 0],
  [12, 0],
  [15, 2],
  [33, 6],
  [39, 0],
]);
/** Options of EDNS: an extended error begins with its code, a client subnet with its family (RFC 8914; RFC 7871). */
const CLIENT_SUBNET = 8;
const EXTENDED_ERROR = 15;
const UNDERSCORE = 0x5f;

/**
 * Names label by label, addresses, and the data of other records; codes, types and lengths stay. False when it is no DNS.
 * What stands behind a defect, or behind the message, becomes other octets.
 */
export function redactDns(pseudonyms: Pseudonyms, bytes: Uint8Array, at: number, end: number): boolean {
  // The decoder is asked first, since names may point back to what is replaced here.
  if (readDnsMessage(bytes, at, end) === undefined) return false;
  let place = at + HEADER;
  for (let left = u16(bytes, at + 4); left > 0 && place >= 0; left--) {
    place = redactName(pseudonyms, bytes, place, end);
    if (place >= 0) place += QUESTION_FIXED;
  }
  const records = u16(bytes, at + 6) + u16(bytes, at + 8) + u16(bytes, at + 10);
  for (let left = records; left > 0 && place >= 0 && place < end; left--)
    place = redactRecord(pseudonyms, bytes, place, end);
  if (place >= 0 && place < end) pseudonyms.octets.fillPadding(bytes, place, end);
  return true;
}

/** Replaces the labels from `at` on. @returns the place behind the name; -1 when it is cut or broken */
function redactName({ words, octets }: Pseudonyms, bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end) {
    const length = bytes[at];
    if (length === 0) return at + 1;
    if (length >= POINTER) return at + 2 <= end ? at + 2 : -1;
    if (length > 63) {
      octets.fill(bytes, at + 1, end);
      return -1;
    }
    const stop = Math.min(end, at + 1 + length);
    // "_http" and "_tcp" are names of protocols (RFC 2782).
    if (bytes[at + 1] !== UNDERSCORE) words.replace(bytes, at + 1, stop);
    at += 1 + length;
  }
  return -1;
}

function redactRecord(pseudonyms: Pseudonyms, bytes: Uint8Array, from: number, end: number): number {
  const at = redactName(pseudonyms, bytes, from, end);
  if (at < 0 || at + RECORD_FIXED > end) return -1;
  const dataAt = at + RECORD_FIXED;
  const next = dataAt + u16(bytes, at + 8);
  const stop = Math.min(end, next);
  redactData(pseudonyms, bytes, u16(bytes, at), dataAt, stop);
  return next > end ? -1 : next;
}

function redactData(pseudonyms: Pseudonyms, bytes: Uint8Array, type: number, at: number, end: number): void {
  const { addresses, octets } = pseudonyms;
  const before = NAMES.get(type);
  if (type === A && end - at <= 4) addresses.replace(bytes, at, end, 4);
  else if (type === AAAA && end - at <= 16) addresses.replace(bytes, at, end, 16);
  else if (type === OPT) redactOptions(pseudonyms, bytes, at, end);
  else if (before === undefined) octets.fill(bytes, at, end);
  else {
    const first = redactName(pseudonyms, bytes, at + before, end);
    // Two names, then numbers.
    if (type === SOA && first >= 0) redactName(pseudonyms, bytes, first, end);
    else if (first >= 0 && first < end) octets.fill(bytes, first, end);
  }
}

function redactOptions({ addresses, octets, words }: Pseudonyms, bytes: Uint8Array, from: number, end: number): void {
  for (let at = from; at + 4 <= end; at += 4 + u16(bytes, at + 2)) {
    const stop = Math.min(end, at + 4 + u16(bytes, at + 2));
    const code = u16(bytes, at);
    if (code === EXTENDED_ERROR) words.replace(bytes, at + 6, stop);
    else if (code === CLIENT_SUBNET && stop - at > 8)
      addresses.replace(bytes, at + 8, stop, u16(bytes, at + 4) === 1 ? 4 : 16);
    else octets.fill(bytes, at + 4, stop);
  }
}
