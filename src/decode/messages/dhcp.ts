import { u8, u32 } from '../octets.ts';

/** DHCP ports (RFC 2131, 4.1). */
export const DHCP_SERVER_PORT = 67;

/**
 * The fields of a DHCP message (RFC 2131, 2), as offsets into the UDP payload.
 *
 * | op | htype | hlen | … | yiaddr at 16 | … | chaddr at 28 | … | magic cookie at 236 | options at 240 |
 */
const HARDWARE_TYPE_AT = 1;
const HARDWARE_LENGTH_AT = 2;
const YOUR_ADDRESS_AT = 16;
const CLIENT_HARDWARE_AT = 28;
const COOKIE_AT = 236;
const OPTIONS_AT = 240;
const ETHERNET = 1;
const MAC_LENGTH = 6;
const COOKIE = 0x63825363;
/** Options (RFC 2132, 9.6): the message type. Option 0 is padding, 255 the end. */
const MESSAGE_TYPE = 53;
const PAD = 0;
const END = 255;

/** Directions (RFC 2131, 2) and message types (RFC 2132, 9.6). */
export const BOOT_REQUEST = 1;
export const BOOT_REPLY = 2;
export const DHCP_DISCOVER = 1;
export const DHCP_OFFER = 2;
export const DHCP_REQUEST = 3;
export const DHCP_ACK = 5;
export const DHCP_NAK = 6;

export interface DhcpMessage {
  op: number;
  type: number;
  /** Place of the client's MAC address in `bytes`. */
  macAt: number;
  /** The address that the server gives; 0 for none. */
  yourAddress: number;
}

/** The DHCP message of an Ethernet client in `bytes[at … end)`; null when it is none, or cut before its type. */
export function readDhcp(bytes: Uint8Array, at: number, end: number): DhcpMessage | null {
  if (at + OPTIONS_AT > end) return null;
  const op = u8(bytes, at);
  if (op !== BOOT_REQUEST && op !== BOOT_REPLY) return null;
  if (u8(bytes, at + HARDWARE_TYPE_AT) !== ETHERNET || u8(bytes, at + HARDWARE_LENGTH_AT) !== MAC_LENGTH) return null;
  if (u32(bytes, at + COOKIE_AT) !== COOKIE) return null;
  const type = messageType(bytes, at + OPTIONS_AT, end);
  if (type < 0) return null;
  return { op, type, macAt: at + CLIENT_HARDWARE_AT, yourAddress: u32(bytes, at + YOUR_ADDRESS_AT) };
}

function messageType(bytes: Uint8Array, at: number, end: number): number {
  while (at + 2 < end && u8(bytes, at) !== END) {
    if (u8(bytes, at) === PAD) {
      at++;
      continue;
    }
    if (u8(bytes, at) === MESSAGE_TYPE) return u8(bytes, at + 2);
    at += 2 + u8(bytes, at + 1);
  }
  return -1;
}
