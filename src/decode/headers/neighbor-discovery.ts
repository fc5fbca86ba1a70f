import { u8 } from '../octets.ts';

/**
 * Neighbor solicitation and advertisement (RFC 4861, 4.3 and 4.4), carried in ICMPv6.
 *
 *  |     Type      |     Code      |          Checksum           |
 *  |R|S|O|                     Reserved                          |
 *  |                     Target Address (16)                     |
 *  |     Type      |    Length     |  link-layer address, …      |   options, length in units of 8 octets
 */
export const SOLICITATION = 135;
export const ADVERTISEMENT = 136;
export const LENGTH = 24;
export const SOURCE_LINK_ADDRESS = 1;
export const TARGET_LINK_ADDRESS = 2;
const SOLICITED = 0x40;
const OVERRIDE = 0x20;
/** Type, length and a MAC address. */
const LINK_ADDRESS_LENGTH = 8;

export const targetAt = (at: number): number => at + 8;
/** Flag of an advertisement: it answers a solicitation. */
export const isSolicited = (bytes: Uint8Array, at: number): boolean => (u8(bytes, at + 4) & SOLICITED) !== 0;
/** Flag of an advertisement: neighbors replace the address that they had. */
export const isOverride = (bytes: Uint8Array, at: number): boolean => (u8(bytes, at + 4) & OVERRIDE) !== 0;

/** Whether the message at `at` is one of the two and its fixed part was captured. */
export function check(bytes: Uint8Array, at: number, end: number): boolean {
  if (at + LENGTH > end) return false;
  return u8(bytes, at) === SOLICITATION || u8(bytes, at) === ADVERTISEMENT;
}

/**
 * Offset of the MAC address in the option `wanted`; -1 without that option. `end` is the end of the captured message.
 */
export function linkAddressAt(bytes: Uint8Array, at: number, end: number, wanted: number): number {
  let option = at + LENGTH;
  while (option + LINK_ADDRESS_LENGTH <= end) {
    const length = u8(bytes, option + 1) * 8;
    if (length === 0) return -1;
    if (u8(bytes, option) === wanted && length === LINK_ADDRESS_LENGTH) return option + 2;
    option += length;
  }
  return -1;
}
