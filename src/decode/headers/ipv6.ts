import type { Bounds } from '../bounds.ts';
import { badField } from '../decode-stop.ts';
import { u8, u16, u32 } from '../octets.ts';
import type { DecodeStop, Layer } from '../packet.ts';

/**
 * IPv6 header (RFC 8200, 3).
 *
 *  |Version|   DSCP    |ECN|             Flow Label              |
 *  |        Payload Length         |  Next Header  |  Hop Limit  |
 *  |                     Source Address (16)                     |
 *  |                   Destination Address (16)                  |
 */
export const LENGTH = 40;

export const version = (bytes: Uint8Array, at: number): number => u8(bytes, at) >>> 4;
export const dscp = (bytes: Uint8Array, at: number): number => (u16(bytes, at) >>> 6) & 0x3f;
export const ecn = (bytes: Uint8Array, at: number): number => (u16(bytes, at) >>> 4) & 3;
export const payloadLength = (bytes: Uint8Array, at: number): number => u16(bytes, at + 4);
export const nextHeader = (bytes: Uint8Array, at: number): number => u8(bytes, at + 6);
export const hopLimit = (bytes: Uint8Array, at: number): number => u8(bytes, at + 7);
export const sourceAt = (at: number): number => at + 8;
export const destinationAt = (at: number): number => at + 24;

export function check(bytes: Uint8Array, at: number, bounds: Bounds): DecodeStop | undefined {
  if (at + LENGTH > bounds.captured) return bounds.tooShort('ipv6', at + LENGTH);
  return version(bytes, at) !== 6 ? badField('ipv6') : undefined;
}

/**
 * Extension headers (RFC 8200, 4; RFC 4302 for AH; RFC 6275, 7401 and 5533 for the rest).
 *
 *  |  Next Header  |  Length  |  …
 *
 * The length counts units of 8 octets, excluding the first. AH counts units of 4 octets, excluding the first two.
 */
export const HOP_BY_HOP = 0;
export const ROUTING = 43;
export const FRAGMENT = 44;
export const AUTHENTICATION = 51;
export const NO_NEXT_HEADER = 59;
export const DESTINATION_OPTIONS = 60;
export const MOBILITY = 135;
export const HOST_IDENTITY = 139;
export const SHIM6 = 140;
export const EXTENSION_LENGTH = 8;

/** Extension headers that can simply be skipped; `FRAGMENT` needs more work. */
export function isSkipped(protocol: number): boolean {
  switch (protocol) {
    case HOP_BY_HOP:
    case ROUTING:
    case AUTHENTICATION:
    case DESTINATION_OPTIONS:
    case MOBILITY:
    case HOST_IDENTITY:
    case SHIM6:
      return true;
    default:
      return false;
  }
}

/** Octets of the extension header `protocol` at `at`, at least 8. */
export const extensionLength = (bytes: Uint8Array, at: number, protocol: number): number =>
  protocol === AUTHENTICATION ? (u8(bytes, at + 1) + 2) * 4 : (u8(bytes, at + 1) + 1) * 8;
export const extensionNextHeader = (bytes: Uint8Array, at: number): number => u8(bytes, at);

/** Fragment header (RFC 8200, 4.5): next header, reserved, 13 bits of offset, 2 reserved, M, identification. */
export const fragmentOffset = (bytes: Uint8Array, at: number): number => u16(bytes, at + 2) & 0xfff8;
export const moreFragments = (bytes: Uint8Array, at: number): boolean => (u8(bytes, at + 3) & 1) !== 0;
export const fragmentIdentification = (bytes: Uint8Array, at: number): number => u32(bytes, at + 4);

/** `layer` is the IP header that the extension belongs to, because AH also follows IPv4. */
export const checkExtension = (at: number, bounds: Bounds, layer: Layer): DecodeStop | undefined =>
  at + EXTENSION_LENGTH > bounds.captured ? bounds.tooShort(layer, at + EXTENSION_LENGTH) : undefined;
