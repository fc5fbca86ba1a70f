import type { Bounds } from '../bounds.ts';
import { u8 } from '../octets.ts';
import type { DecodeStop } from '../packet.ts';

/**
 * MPLS label stack entry (RFC 3032, 2.1).
 *
 *  |               Label (20)              | TC  |S|      TTL      |
 */
export const LENGTH = 4;

export const isBottom = (bytes: Uint8Array, at: number): boolean => (u8(bytes, at + 2) & 1) !== 0;

export const check = (at: number, bounds: Bounds): DecodeStop | undefined =>
  at + LENGTH > bounds.captured ? bounds.tooShort('link', at + LENGTH) : undefined;
