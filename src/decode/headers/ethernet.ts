import type { Bounds } from '../bounds.ts';
import { u8, u16 } from '../octets.ts';
import type { DecodeStop } from '../packet.ts';

/**
 * Ethernet frame (IEEE 802.3, 3.1.1) without preamble and check sequence.
 *
 *  |      destination (6)      |        source (6)         | EtherType or length (2) |
 *
 * and VLAN tags (IEEE 802.1Q, 9.3), each in front of the next EtherType:
 *
 *  | PCP (3 bits) | DEI | VLAN id (12 bits) | EtherType (2) |
 */
export const LENGTH = 14;
export const TAG_LENGTH = 4;

export const ETHERTYPE_IPV4 = 0x0800;
export const ETHERTYPE_ARP = 0x0806;
export const ETHERTYPE_TRANSPARENT_BRIDGING = 0x6558;
export const ETHERTYPE_VLAN = 0x8100;
export const ETHERTYPE_IPV6 = 0x86dd;
export const ETHERTYPE_MPLS = 0x8847;
export const ETHERTYPE_MPLS_UPSTREAM = 0x8848;
export const ETHERTYPE_PPPOE_SESSION = 0x8864;
export const ETHERTYPE_PROVIDER_BRIDGING = 0x88a8;
/** Used for outer tags before IEEE 802.1ad assigned 0x88a8. */
export const ETHERTYPE_OLD_QINQ = 0x9100;

/** Below this the field is the length of an LLC frame (IEEE 802.3, 3.2.6). */
export const FIRST_ETHERTYPE = 0x0600;

export const destinationAt = (at: number): number => at;
export const sourceAt = (at: number): number => at + 6;
export const etherType = (bytes: Uint8Array, at: number): number => u16(bytes, at + 12);

export const isTag = (type: number): boolean =>
  type === ETHERTYPE_VLAN || type === ETHERTYPE_PROVIDER_BRIDGING || type === ETHERTYPE_OLD_QINQ;
/** VLAN id of the tag whose control field is at `at`. */
export const vlanId = (bytes: Uint8Array, at: number): number => u16(bytes, at) & 0x0fff;
/** EtherType after the tag whose control field is at `at`. */
export const tagEtherType = (bytes: Uint8Array, at: number): number => u16(bytes, at + 2);

/** Group bit of a MAC address: broadcast or multicast. */
export const isGroupAddress = (bytes: Uint8Array, at: number): boolean => (u8(bytes, at) & 1) !== 0;

export const check = (at: number, bounds: Bounds): DecodeStop | undefined =>
  at + LENGTH > bounds.captured ? bounds.tooShort('link', at + LENGTH) : undefined;

export const checkTag = (at: number, bounds: Bounds): DecodeStop | undefined =>
  at + TAG_LENGTH > bounds.captured ? bounds.tooShort('vlan', at + TAG_LENGTH) : undefined;
