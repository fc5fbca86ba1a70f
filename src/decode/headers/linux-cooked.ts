import type { Bounds } from '../bounds.ts';
import { u8, u16, u32 } from '../octets.ts';
import { type DecodeStop, DIRECTION_INBOUND, DIRECTION_OUTBOUND, DIRECTION_UNKNOWN } from '../packet.ts';

/**
 * Linux "cooked" headers of `tcpdump -i any` (LINKTYPE_LINUX_SLL and LINKTYPE_LINUX_SLL2).
 *
 *  SLL   | packet type (2) | ARPHRD (2) | address length (2) | address (8) | protocol (2) |
 *  SLL2  | protocol (2) | reserved (2) | ifindex (4) | ARPHRD (2) | packet type (1) | address length (1) | address (8) |
 */
export const SLL_LENGTH = 16;
export const SLL2_LENGTH = 20;

/** Protocol field of LLC frames, and of Novell frames without LLC (1), which are not decoded. */
export const PROTOCOL_LLC = 0x0004;

export const sllPacketType = (bytes: Uint8Array, at: number): number => u16(bytes, at);
export const sllHardwareType = (bytes: Uint8Array, at: number): number => u16(bytes, at + 2);
export const sllAddressLength = (bytes: Uint8Array, at: number): number => u16(bytes, at + 4);
export const sllAddressAt = (at: number): number => at + 6;
export const sllProtocol = (bytes: Uint8Array, at: number): number => u16(bytes, at + 14);

export const sll2Protocol = (bytes: Uint8Array, at: number): number => u16(bytes, at);
export const sll2Interface = (bytes: Uint8Array, at: number): number => u32(bytes, at + 4);
export const sll2HardwareType = (bytes: Uint8Array, at: number): number => u16(bytes, at + 8);
export const sll2PacketType = (bytes: Uint8Array, at: number): number => u8(bytes, at + 10);
export const sll2AddressLength = (bytes: Uint8Array, at: number): number => u8(bytes, at + 11);
export const sll2AddressAt = (at: number): number => at + 12;

/**
 * Packet types 0 to 3 arrived at the interface (to us, broadcast, multicast, to another host); 4 was sent by us. A
 * packet "to another host" was received in promiscuous mode, for example on a bridge port. It counts as incoming.
 */
export function direction(packetType: number): number {
  if (packetType === 4) return DIRECTION_OUTBOUND;
  return packetType < 4 ? DIRECTION_INBOUND : DIRECTION_UNKNOWN;
}

/** Hardware types whose protocol field is not an EtherType (tcpdump's LINKTYPE_LINUX_SLL page). */
const ARPHRD_FRAD = 770;
const ARPHRD_RADIOTAP = 803;
const ARPHRD_NETLINK = 824;

/** Whether the protocol field is an EtherType (or one of the values below 0x0600 for frames without one). */
export const hasEtherType = (hardwareType: number): boolean =>
  hardwareType !== ARPHRD_NETLINK && hardwareType !== ARPHRD_RADIOTAP && hardwareType !== ARPHRD_FRAD;

export const checkSll = (at: number, bounds: Bounds): DecodeStop | undefined =>
  at + SLL_LENGTH > bounds.captured ? bounds.tooShort('link', at + SLL_LENGTH) : undefined;

export const checkSll2 = (at: number, bounds: Bounds): DecodeStop | undefined =>
  at + SLL2_LENGTH > bounds.captured ? bounds.tooShort('link', at + SLL2_LENGTH) : undefined;
