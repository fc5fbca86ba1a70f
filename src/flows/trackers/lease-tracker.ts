import { u8, u32 } from '../../decode/octets.ts';
import type { Packet } from '../../decode/packet.ts';
import { formatMac, macAt } from '../compact/link-address.ts';
import type { AddressLease } from '../evidence/evidence.ts';
import type { Limits } from '../limits.ts';

/** DHCP ports (RFC 2131, 4.1). */
export const DHCP_SERVER_PORT = 67;

/**
 * The fields of a DHCP message (RFC 2131, 2) that describe a lease, as offsets into the UDP payload.
 *
 * | op | htype | hlen | … | yiaddr at 16 | … | chaddr at 28 | … | magic cookie at 236 | options at 240 |
 */
const HARDWARE_TYPE_AT = 1;
const HARDWARE_LENGTH_AT = 2;
const YOUR_ADDRESS_AT = 16;
const CLIENT_HARDWARE_AT = 28;
const COOKIE_AT = 236;
const OPTIONS_AT = 240;
const REPLY = 2;
const ETHERNET = 1;
const MAC_LENGTH = 6;
const COOKIE = 0x63825363;
/** Options (RFC 2132, 9.6): the message type, and its value DHCPACK. Option 0 is padding, 255 the end. */
const MESSAGE_TYPE = 53;
const ACK = 5;
const PAD = 0;
const END = 255;

/** Which addresses DHCP assigned to which machines. */
export class LeaseTracker {
  readonly leases: AddressLease[] = [];
  readonly #most: number;

  constructor({ leases }: Limits) {
    this.#most = leases;
  }

  /** Reads a datagram from the DHCP server port. Only an acknowledged lease is stored. */
  onPacket(packet: Packet, point: number, time: number): void {
    const { bytes, payloadAt: at, payloadEnd, addresses } = packet;
    if (packet.transportAt < 0 || at + OPTIONS_AT > payloadEnd || this.leases.length >= this.#most) return;
    if (u8(bytes, at) !== REPLY || u8(bytes, at + HARDWARE_TYPE_AT) !== ETHERNET) return;
    if (u8(bytes, at + HARDWARE_LENGTH_AT) !== MAC_LENGTH || u32(bytes, at + COOKIE_AT) !== COOKIE) return;
    // An answer to DHCPINFORM assigns no address (RFC 2131, 4.3.5).
    if (messageType(bytes, at + OPTIONS_AT, payloadEnd) !== ACK || u32(bytes, at + YOUR_ADDRESS_AT) === 0) return;
    this.leases.push({
      packet: packet.number,
      time,
      point,
      mac: formatMac(macAt(bytes, at + CLIENT_HARDWARE_AT)),
      address: addresses.format(u32(bytes, at + YOUR_ADDRESS_AT)),
      server: addresses.format(packet.source),
    });
  }
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
