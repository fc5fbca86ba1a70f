import type { Bounds } from '../bounds.ts';
import { badField } from '../decode-stop.ts';
import { u8, u16, u32 } from '../octets.ts';
import type { DecodeStop } from '../packet.ts';

/**
 * IPv4 header (RFC 791, 3.1).
 *
 *  |Version|  IHL  |   DSCP  |ECN|          Total Length         |
 *  |         Identification        |R|D|M|    Fragment Offset    |
 *  |  Time to Live |    Protocol   |        Header Checksum      |
 *  |                       Source Address                        |
 *  |                    Destination Address                      |
 *  |                    Options, 0 to 40 octets                  |
 */
export const LENGTH = 20;
const DONT_FRAGMENT = 0x4000;
const MORE_FRAGMENTS = 0x2000;
const OFFSET_MASK = 0x1fff;

export const version = (bytes: Uint8Array, at: number): number => u8(bytes, at) >>> 4;
/** Octets, options included; a valid header has 20 to 60. */
export const headerLength = (bytes: Uint8Array, at: number): number => (u8(bytes, at) & 0x0f) * 4;
export const dscp = (bytes: Uint8Array, at: number): number => u8(bytes, at + 1) >>> 2;
export const ecn = (bytes: Uint8Array, at: number): number => u8(bytes, at + 1) & 3;
/** The field as in the header; 0 when segmentation offload leaves it to the network card. */
export const totalLength = (bytes: Uint8Array, at: number): number => u16(bytes, at + 2);
export const identification = (bytes: Uint8Array, at: number): number => u16(bytes, at + 4);
export const fragmentWord = (bytes: Uint8Array, at: number): number => u16(bytes, at + 6);
export const timeToLive = (bytes: Uint8Array, at: number): number => u8(bytes, at + 8);
export const protocol = (bytes: Uint8Array, at: number): number => u8(bytes, at + 9);
export const checksum = (bytes: Uint8Array, at: number): number => u16(bytes, at + 10);
export const source = (bytes: Uint8Array, at: number): number => u32(bytes, at + 12);
export const destination = (bytes: Uint8Array, at: number): number => u32(bytes, at + 16);

/** The three parts of `fragmentWord`. The offset is in octets. */
export const dontFragment = (word: number): boolean => (word & DONT_FRAGMENT) !== 0;
export const moreFragments = (word: number): boolean => (word & MORE_FRAGMENTS) !== 0;
export const fragmentOffset = (word: number): number => (word & OFFSET_MASK) * 8;

/** Checks the fixed part. Options may still be truncated. */
export function check(bytes: Uint8Array, at: number, bounds: Bounds): DecodeStop | undefined {
  if (at + LENGTH > bounds.captured) return bounds.tooShort('ipv4', at + LENGTH);
  const first = u8(bytes, at);
  return first >>> 4 !== 4 || (first & 0x0f) < 5 ? badField('ipv4') : undefined;
}
