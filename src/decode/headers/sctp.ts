import type { Bounds } from '../bounds.ts';
import { u16, u32 } from '../octets.ts';
import type { DecodeStop } from '../packet.ts';

/**
 * SCTP common header (RFC 9260, 3.1); chunks follow and are not read.
 *
 *  |          Source Port          |       Destination Port      |
 *  |                      Verification Tag                       |
 *  |                           Checksum                          |
 */
export const PROTOCOL = 132;
export const LENGTH = 12;

export const sourcePort = (bytes: Uint8Array, at: number): number => u16(bytes, at);
export const destinationPort = (bytes: Uint8Array, at: number): number => u16(bytes, at + 2);
export const verificationTag = (bytes: Uint8Array, at: number): number => u32(bytes, at + 4);

export const check = (at: number, bounds: Bounds): DecodeStop | undefined =>
  at + LENGTH > bounds.captured ? bounds.tooShort('sctp', at + LENGTH) : undefined;
