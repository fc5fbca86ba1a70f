import type { Bounds } from '../bounds.ts';
import { u32, u32le } from '../octets.ts';
import type { DecodeStop } from '../packet.ts';

/**
 * BSD loopback header (LINKTYPE_NULL in the capturing host's byte order, LINKTYPE_LOOP in network order).
 *
 *  |                 address family (4)                  |
 */
export const LENGTH = 4;
const AF_INET = 2;
/** AF_INET6 of Linux, NetBSD and OpenBSD, FreeBSD, macOS. */
const AF_INET6 = [10, 24, 28, 30];

/** The address family, in the byte order that gives the smaller number. */
export function family(bytes: Uint8Array, at: number): number {
  const big = u32(bytes, at);
  return big < 0x10000 ? big : u32le(bytes, at);
}

export const isIpv4 = (value: number): boolean => value === AF_INET;
export const isIpv6 = (value: number): boolean => AF_INET6.includes(value);

export const check = (at: number, bounds: Bounds): DecodeStop | undefined =>
  at + LENGTH > bounds.captured ? bounds.tooShort('link', at + LENGTH) : undefined;
