import type { Bounds } from '../bounds.ts';
import { u8, u16 } from '../octets.ts';
import type { DecodeStop } from '../packet.ts';

/**
 * PPP (RFC 1661, 2; HDLC-like framing: RFC 1662, 3.1) and the PPPoE header in front of it (RFC 2516, 4).
 *
 *  | address 0xff | control 0x03 |  protocol (2, or 1 when compressed)  |        first two are optional
 *  | ver, type | code | session id (2) | length (2) |                              PPPoE
 */
export const PPPOE_LENGTH = 6;
const HDLC_ADDRESS_CONTROL = 0xff03;
const PROTOCOL_IPV4 = 0x0021;
const PROTOCOL_IPV6 = 0x0057;

/** Octets of PPP's own header at `at`, after `check`. */
export function headerLength(bytes: Uint8Array, at: number): number {
  const framing = u16(bytes, at) === HDLC_ADDRESS_CONTROL ? 2 : 0;
  return framing + (isCompressed(bytes, at + framing) ? 1 : 2);
}

export function protocol(bytes: Uint8Array, at: number): number {
  const start = u16(bytes, at) === HDLC_ADDRESS_CONTROL ? at + 2 : at;
  return isCompressed(bytes, start) ? u8(bytes, start) : u16(bytes, start);
}

/**
 * The first octet of a protocol number is even and the last one odd (RFC 1661, 2). So an odd first octet is the whole
 * number.
 */
const isCompressed = (bytes: Uint8Array, at: number): boolean => (u8(bytes, at) & 1) !== 0;

export const isIpv4 = (pppProtocol: number): boolean => pppProtocol === PROTOCOL_IPV4;
export const isIpv6 = (pppProtocol: number): boolean => pppProtocol === PROTOCOL_IPV6;

/** Octets of PPP after the PPPoE header at `at`. */
export const pppoeLength = (bytes: Uint8Array, at: number): number => u16(bytes, at + 4);

export function check(bytes: Uint8Array, at: number, bounds: Bounds): DecodeStop | undefined {
  if (at + 2 > bounds.captured) return bounds.tooShort('link', at + 2);
  const needed = u16(bytes, at) === HDLC_ADDRESS_CONTROL ? 4 : 2;
  return at + needed > bounds.captured ? bounds.tooShort('link', at + needed) : undefined;
}

export const checkPppoe = (at: number, bounds: Bounds): DecodeStop | undefined =>
  at + PPPOE_LENGTH > bounds.captured ? bounds.tooShort('link', at + PPPOE_LENGTH) : undefined;
