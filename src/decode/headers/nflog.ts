import type { Bounds } from '../bounds.ts';
import { u8, u16, u16le } from '../octets.ts';
import type { DecodeStop } from '../packet.ts';

/**
 * NFLOG (LINKTYPE_NFLOG): what netfilter's NFLOG target hands to `tcpdump -i nflog`.
 *
 *  | family | version | resource id (2) |
 *  | length (2) | type (2) | value, padded to 4 octets |   once for each attribute, in the host's byte order
 */
export const LENGTH = 4;
const ATTRIBUTE_LENGTH = 4;
/** NFULA_PAYLOAD of the kernel's nfnetlink_log.h. */
const PAYLOAD = 9;

const family = (bytes: Uint8Array, at: number): number => u8(bytes, at);

export const isIpv4 = (bytes: Uint8Array, at: number): boolean => family(bytes, at) === 2;
export const isIpv6 = (bytes: Uint8Array, at: number): boolean => family(bytes, at) === 10;

/** Offset of the logged packet in `bytes[at … end)`; -1 when no attribute contains it. */
export function payloadAt(bytes: Uint8Array, at: number, end: number): number {
  // Attributes are short, so the byte order that gives the smaller first length is that of the host.
  if (at + LENGTH + ATTRIBUTE_LENGTH > end) return -1;
  const read = u16le(bytes, at + LENGTH) <= u16(bytes, at + LENGTH) ? u16le : u16;
  let attribute = at + LENGTH;
  while (attribute + ATTRIBUTE_LENGTH <= end) {
    const length = read(bytes, attribute);
    if (read(bytes, attribute + 2) === PAYLOAD) return attribute + ATTRIBUTE_LENGTH;
    if (length < ATTRIBUTE_LENGTH) return -1;
    attribute += (length + 3) & ~3;
  }
  return -1;
}

export const check = (at: number, bounds: Bounds): DecodeStop | undefined =>
  at + LENGTH > bounds.captured ? bounds.tooShort('link', at + LENGTH) : undefined;
