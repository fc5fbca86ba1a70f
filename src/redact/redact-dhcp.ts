import { u32 } from '../decode/octets.ts';
import type { Pseudonyms } from './pseudonyms.ts';

/** Fields of a DHCP message (RFC 2131, 2), as offsets in it. */
const ADDRESSES_AT = [12, 16, 20, 24];
const HARDWARE_AT = 28;
const HARDWARE_END = 44;
const NAMES_AT = 44;
const COOKIE_AT = 236;
const OPTIONS_AT = 240;
const COOKIE = 0x63825363;
const MAC = 6;
/** Options (RFC 2132) of numbers: mask, MTU, lease and its times, kind of message, wanted options, sizes, overload. */
const KEPT: ReadonlySet<number> = new Set([1, 2, 23, 26, 51, 52, 53, 55, 57, 58, 59]);
/** Options of addresses: routers, time, name and log servers, broadcast, requested address, server, and so on. */
const ADDRESSES: ReadonlySet<number> = new Set([3, 4, 5, 6, 7, 28, 42, 44, 45, 50, 54, 65, 69, 70]);
const CLIENT_IDENTIFIER = 61;
const PAD = 0;
const END = 255;

/** Addresses, names and identifiers of a DHCP message; false when it is none. */
export function redactDhcp(pseudonyms: Pseudonyms, bytes: Uint8Array, at: number, end: number): boolean {
  if (at + OPTIONS_AT > end || u32(bytes, at + COOKIE_AT) !== COOKIE) return false;
  const { addresses, macs, octets } = pseudonyms;
  for (const offset of ADDRESSES_AT) addresses.replace(bytes, at + offset, end, 4);
  macs.replace(bytes, at + HARDWARE_AT, end);
  octets.fillPadding(bytes, at + HARDWARE_AT + MAC, at + HARDWARE_END);
  octets.fillPadding(bytes, at + NAMES_AT, at + COOKIE_AT);
  let place = at + OPTIONS_AT;
  while (place + 2 <= end && bytes[place] !== END) {
    if (bytes[place] === PAD) {
      place++;
      continue;
    }
    const from = place + 2;
    const stop = Math.min(end, from + bytes[place + 1]);
    redactOption(pseudonyms, bytes, bytes[place], from, stop);
    place = from + bytes[place + 1];
  }
  if (place + 1 < end) octets.fillPadding(bytes, place + 1, end);
  return true;
}

function redactOption(
  { addresses, macs, octets }: Pseudonyms,
  bytes: Uint8Array,
  code: number,
  at: number,
  end: number,
) {
  if (KEPT.has(code)) return;
  if (ADDRESSES.has(code)) for (let place = at; place < end; place += 4) addresses.replace(bytes, place, end, 4);
  else if (code === CLIENT_IDENTIFIER && end - at === 1 + MAC && bytes[at] === 1) macs.replace(bytes, at + 1, end);
  else octets.fill(bytes, at, end);
}
