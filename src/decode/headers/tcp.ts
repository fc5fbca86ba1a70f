import type { Bounds } from '../bounds.ts';
import { badField } from '../decode-stop.ts';
import { u8, u16, u32 } from '../octets.ts';
import type { DecodeStop } from '../packet.ts';

/**
 * TCP header (RFC 9293, 3.1).
 *
 *  |          Source Port          |       Destination Port      |
 *  |                       Sequence Number                       |
 *  |                    Acknowledgment Number                    |
 *  |  DOffset |Rsv|A|C|E|U|A|P|R|S|F|            Window           |
 *  |            Checksum           |        Urgent Pointer       |
 *  |                    Options, 0 to 40 octets                  |
 */
export const PROTOCOL = 6;
export const LENGTH = 20;
/**
 * The lowest 9 bits of the word with the data offset. The ninth was NS and is now Accurate ECN (RFC 9293 reserves it).
 */
const FLAGS_MASK = 0x1ff;

export const sourcePort = (bytes: Uint8Array, at: number): number => u16(bytes, at);
export const destinationPort = (bytes: Uint8Array, at: number): number => u16(bytes, at + 2);
export const seq = (bytes: Uint8Array, at: number): number => u32(bytes, at + 4);
export const ack = (bytes: Uint8Array, at: number): number => u32(bytes, at + 8);
/** Octets, options included; a valid header has 20 to 60. */
export const headerLength = (bytes: Uint8Array, at: number): number => (u8(bytes, at + 12) >>> 4) * 4;
export const flags = (bytes: Uint8Array, at: number): number => u16(bytes, at + 12) & FLAGS_MASK;
export const window = (bytes: Uint8Array, at: number): number => u16(bytes, at + 14);
export const checksum = (bytes: Uint8Array, at: number): number => u16(bytes, at + 16);
export const CHECKSUM_AT = 16;

/** Checks the fixed part. Options may still be truncated by snaplen. */
export function check(bytes: Uint8Array, at: number, bounds: Bounds): DecodeStop | undefined {
  if (at + LENGTH > bounds.captured) return bounds.tooShort('tcp', at + LENGTH);
  const length = headerLength(bytes, at);
  if (length < LENGTH) return badField('tcp');
  return at + length > bounds.wire ? bounds.tooShort('tcp', at + length) : undefined;
}
