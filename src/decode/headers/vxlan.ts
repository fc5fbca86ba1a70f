import { u8, u16, u24, u32 } from '../octets.ts';

/**
 * VXLAN header (RFC 7348, 5): an Ethernet frame carried in UDP between two VTEPs.
 *
 *  |R|R|R|R|I|R|R|R|            Reserved                         |
 *  |                VXLAN Network Identifier (VNI) |   Reserved  |
 *
 * VXLAN-GPE (draft-ietf-nvo3-vxlan-gpe, 3) sets P and tells what it carries in the fourth octet;
 * the group policy extension (draft-smith-vxlan-group-policy, 2.1) sets G and uses the third and fourth.
 *
 *  |R|R|Ver|I|P|B|O|       Reserved                |Next Protocol|
 *  |G|R|R|R|I|R|R|R|R|D|R|R|A|R|R|R|        Group Policy ID       |
 */
export const LENGTH = 8;
/** The port assigned by IANA, and the older default of the Linux kernel, which flannel still uses. */
export const PORT = 4789;
export const LINUX_PORT = 8472;
export const GPE_PORT = 4790;

const VALID_VNI = 0x08;
const NEXT_PROTOCOL = 0x04;
const GROUP_POLICY = 0x80;

export const GPE_IPV4 = 1;
export const GPE_IPV6 = 2;
export const GPE_ETHERNET = 3;

export const flags = (bytes: Uint8Array, at: number): number => u8(bytes, at);
export const vni = (bytes: Uint8Array, at: number): number => u24(bytes, at + 4);
export const gpeNextProtocol = (bytes: Uint8Array, at: number): number => u8(bytes, at + 3);

/** The check that a receiver must do (RFC 7348, 5): the I flag is set. Everything else is ignored on receipt. */
export const hasVni = (bytes: Uint8Array, at: number): boolean => (u8(bytes, at) & VALID_VNI) !== 0;

/** Whether all 8 octets have the values that RFC 7348, or the group policy extension, requires of a sender. */
export const isExact = (bytes: Uint8Array, at: number): boolean =>
  u8(bytes, at + 7) === 0 &&
  (u32(bytes, at) === VALID_VNI * 2 ** 24 ||
    (u8(bytes, at) === (VALID_VNI | GROUP_POLICY) && (u8(bytes, at + 1) & 0xb7) === 0));

/** Whether all 8 octets have the values that VXLAN-GPE requires of a sender (version 0, not OAM). */
export const isExactGpe = (bytes: Uint8Array, at: number): boolean =>
  u8(bytes, at) === (VALID_VNI | NEXT_PROTOCOL) && u16(bytes, at + 1) === 0 && u8(bytes, at + 7) === 0;
