import type { Bounds } from '../bounds.ts';
import { u8, u16, u32 } from '../octets.ts';
import type { DecodeStop } from '../packet.ts';

/**
 * GRE header (RFC 2784, 2; key and sequence number: RFC 2890).
 *
 *  |C|R|K|S|        Reserved       | Ver |      Protocol Type      |
 *  |    Checksum (if C)            |      Reserved1 (if C)         |
 *  |                        Key (if K)                             |
 *  |                  Sequence Number (if S)                       |
 */
export const PROTOCOL = 47;
export const LENGTH = 4;
const CHECKSUM = 0x8000;
const ROUTING = 0x4000;
const KEY = 0x2000;
const SEQUENCE = 0x1000;
const VERSION = 0x0007;

/** Mirrored frames (draft-foschiano-erspan): types I and II, and III. */
const ERSPAN = 0x88be;
const ERSPAN_III = 0x22eb;
const ERSPAN_II_LENGTH = 8;
const ERSPAN_III_LENGTH = 12;
const ERSPAN_SUBHEADER_LENGTH = 8;

const has = (bytes: Uint8Array, at: number, bit: number): boolean => (u16(bytes, at) & bit) !== 0;

export const protocolType = (bytes: Uint8Array, at: number): number => u16(bytes, at + 2);

/** Version 0 without source routes, which RFC 2784 removed. Version 1 is PPTP's. */
export const isPlain = (bytes: Uint8Array, at: number): boolean => !has(bytes, at, ROUTING | VERSION);

/** Octets with the optional fields: 4 to 16. */
export const headerLength = (bytes: Uint8Array, at: number): number =>
  LENGTH + (has(bytes, at, CHECKSUM) ? 4 : 0) + (has(bytes, at, KEY) ? 4 : 0) + (has(bytes, at, SEQUENCE) ? 4 : 0);

/** The key, or 0 without one. */
export function key(bytes: Uint8Array, at: number): number {
  if (!has(bytes, at, KEY)) return 0;
  return u32(bytes, at + LENGTH + (has(bytes, at, CHECKSUM) ? 4 : 0));
}

/**
 * Octets of the ERSPAN header after GRE's; -1 when `protocolType` is not ERSPAN. Type I has no header; unlike type II,
 * it has no GRE sequence number. Type III may have a subheader, which its last bit announces.
 */
export function erspanLength(bytes: Uint8Array, at: number, inside: number, end: number): number {
  if (protocolType(bytes, at) === ERSPAN) return has(bytes, at, SEQUENCE) ? ERSPAN_II_LENGTH : 0;
  if (protocolType(bytes, at) !== ERSPAN_III || inside + ERSPAN_III_LENGTH > end) return -1;
  return ERSPAN_III_LENGTH + (u8(bytes, inside + ERSPAN_III_LENGTH - 1) & 1) * ERSPAN_SUBHEADER_LENGTH;
}

export function check(bytes: Uint8Array, at: number, bounds: Bounds): DecodeStop | undefined {
  if (at + LENGTH > bounds.captured) return bounds.tooShort('gre', at + LENGTH);
  const end = at + headerLength(bytes, at);
  return end > bounds.captured ? bounds.tooShort('gre', end) : undefined;
}
