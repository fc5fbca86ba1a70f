import type { Bounds } from '../bounds.ts';
import { badField } from '../decode-stop.ts';
import { u16 } from '../octets.ts';
import type { DecodeStop } from '../packet.ts';

/**
 * UDP header (RFC 768).
 *
 *  |          Source Port          |       Destination Port      |
 *  |             Length            |           Checksum          |
 */
export const PROTOCOL = 17;
export const LENGTH = 8;
export const CHECKSUM_AT = 6;

export const sourcePort = (bytes: Uint8Array, at: number): number => u16(bytes, at);
export const destinationPort = (bytes: Uint8Array, at: number): number => u16(bytes, at + 2);
/** Header and payload, octets; 0 in a datagram too long for the field (RFC 2675, 4). */
export const length = (bytes: Uint8Array, at: number): number => u16(bytes, at + 4);
/** 0 when the sender computed none. */
export const checksum = (bytes: Uint8Array, at: number): number => u16(bytes, at + 6);

export function check(bytes: Uint8Array, at: number, bounds: Bounds): DecodeStop | undefined {
  if (at + LENGTH > bounds.captured) return bounds.tooShort('udp', at + LENGTH);
  const told = length(bytes, at);
  return told !== 0 && told < LENGTH ? badField('udp') : undefined;
}
