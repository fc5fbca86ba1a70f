import type { Bounds } from '../bounds.ts';
import { u8, u16, u32 } from '../octets.ts';
import type { DecodeStop, Layer } from '../packet.ts';

/**
 * ICMP (RFC 792; next-hop MTU: RFC 1191, 4) and ICMPv6 (RFC 4443) share their first 8 octets.
 *
 *  |     Type      |     Code      |          Checksum           |
 *  |  by type: identifier, sequence │ unused, MTU │ MTU (v6)     |
 *  |  errors: as much of the packet that caused them as fits     |
 */
export const PROTOCOL = 1;
export const PROTOCOL_V6 = 58;
export const LENGTH = 8;

export const ECHO_REPLY = 0;
export const DESTINATION_UNREACHABLE = 3;
export const SOURCE_QUENCH = 4;
export const REDIRECT = 5;
export const ECHO_REQUEST = 8;
export const TIME_EXCEEDED = 11;
export const PARAMETER_PROBLEM = 12;
/** Code of `DESTINATION_UNREACHABLE` that carries an MTU. */
export const FRAGMENTATION_NEEDED = 4;

export const V6_DESTINATION_UNREACHABLE = 1;
export const V6_PACKET_TOO_BIG = 2;
export const V6_PARAMETER_PROBLEM = 4;
export const V6_ECHO_REQUEST = 128;
export const V6_ECHO_REPLY = 129;

export const type = (bytes: Uint8Array, at: number): number => u8(bytes, at);
export const code = (bytes: Uint8Array, at: number): number => u8(bytes, at + 1);
export const checksum = (bytes: Uint8Array, at: number): number => u16(bytes, at + 2);
/** Identifier of an echo. */
export const identifier = (bytes: Uint8Array, at: number): number => u16(bytes, at + 4);
/** Sequence number of an echo. */
export const sequence = (bytes: Uint8Array, at: number): number => u16(bytes, at + 6);
/** MTU of "fragmentation needed", octets; 0 from routers older than RFC 1191. */
export const nextHopMtu = (bytes: Uint8Array, at: number): number => u16(bytes, at + 6);
/** MTU of ICMPv6 "packet too big", octets. */
export const v6Mtu = (bytes: Uint8Array, at: number): number => u32(bytes, at + 4);

export const isEcho = (icmpType: number): boolean => icmpType === ECHO_REPLY || icmpType === ECHO_REQUEST;
export const isV6Echo = (icmpType: number): boolean => icmpType === V6_ECHO_REQUEST || icmpType === V6_ECHO_REPLY;

/** Messages that quote the packet that caused them (RFC 1122, 3.2.2). */
export const isError = (icmpType: number): boolean =>
  icmpType === DESTINATION_UNREACHABLE ||
  icmpType === TIME_EXCEEDED ||
  icmpType === REDIRECT ||
  icmpType === SOURCE_QUENCH ||
  icmpType === PARAMETER_PROBLEM;

export const isV6Error = (icmpType: number): boolean =>
  icmpType >= V6_DESTINATION_UNREACHABLE && icmpType <= V6_PARAMETER_PROBLEM;

export const check = (at: number, bounds: Bounds, layer: Layer): DecodeStop | undefined =>
  at + LENGTH > bounds.captured ? bounds.tooShort(layer, at + LENGTH) : undefined;
