import { u32 } from '../octets.ts';

/**
 * ESP header (RFC 4303, 2): what is readable of an encrypted packet. In UDP (RFC 3948, 2.1) the SPI is not zero: zero
 * marks IKE.
 *
 *  |               Security Parameters Index (SPI)                 |
 *  |                      Sequence Number                          |
 */
export const PROTOCOL = 50;
export const LENGTH = 8;
/** Port of ESP in UDP, shared with IKE (RFC 3948, 2.1). */
export const UDP_PORT = 4500;

export const spi = (bytes: Uint8Array, at: number): number => u32(bytes, at);
export const sequence = (bytes: Uint8Array, at: number): number => u32(bytes, at + 4);
