import { u8, u16, u24 } from '../octets.ts';

/**
 * Geneve header (RFC 8926, 3.4).
 *
 *  |Ver|  Opt Len  |O|C|    Rsvd.  |        Protocol Type        |
 *  |        Virtual Network Identifier (VNI)       |   Reserved  |
 *  |               Options, 0 to 252 octets                      |
 */
export const LENGTH = 8;
export const PORT = 6081;

export const version = (bytes: Uint8Array, at: number): number => u8(bytes, at) >>> 6;
/** Octets, options included. */
export const headerLength = (bytes: Uint8Array, at: number): number => LENGTH + (u8(bytes, at) & 0x3f) * 4;
export const protocolType = (bytes: Uint8Array, at: number): number => u16(bytes, at + 2);
export const vni = (bytes: Uint8Array, at: number): number => u24(bytes, at + 4);

/** Whether the version and the reserved bits have the values that RFC 8926 requires of a sender. */
export const isExact = (bytes: Uint8Array, at: number): boolean =>
  version(bytes, at) === 0 && (u8(bytes, at + 1) & 0x3f) === 0 && u8(bytes, at + 7) === 0;
