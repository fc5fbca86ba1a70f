import type { Bounds } from '../bounds.ts';
import { badField } from '../decode-stop.ts';
import { u8, u16, u32 } from '../octets.ts';
import type { DecodeStop } from '../packet.ts';

/**
 * ARP for IPv4 over Ethernet (RFC 826).
 *
 *  | hardware type (2) | protocol type (2) | 6 | 4 | operation (2) |
 *  |   sender MAC (6)   |  sender IPv4 (4)  |   target MAC (6)   |  target IPv4 (4)  |
 */
export const LENGTH = 28;
export const REQUEST = 1;
export const REPLY = 2;
const HARDWARE_ETHERNET = 1;
const PROTOCOL_IPV4 = 0x0800;

export const hardwareType = (bytes: Uint8Array, at: number): number => u16(bytes, at);
export const protocolType = (bytes: Uint8Array, at: number): number => u16(bytes, at + 2);
export const operation = (bytes: Uint8Array, at: number): number => u16(bytes, at + 6);
export const senderMacAt = (at: number): number => at + 8;
export const senderAddress = (bytes: Uint8Array, at: number): number => u32(bytes, at + 14);
export const targetMacAt = (at: number): number => at + 18;
export const targetAddress = (bytes: Uint8Array, at: number): number => u32(bytes, at + 24);

/** Whether the first 6 octets are those of ARP for IPv4 over Ethernet. */
export const isForIpv4 = (bytes: Uint8Array, at: number): boolean =>
  hardwareType(bytes, at) === HARDWARE_ETHERNET &&
  protocolType(bytes, at) === PROTOCOL_IPV4 &&
  u8(bytes, at + 4) === 6 &&
  u8(bytes, at + 5) === 4;

export function check(bytes: Uint8Array, at: number, bounds: Bounds): DecodeStop | undefined {
  if (at + LENGTH > bounds.captured) return bounds.tooShort('arp', at + LENGTH);
  return isForIpv4(bytes, at) ? undefined : badField('arp');
}
