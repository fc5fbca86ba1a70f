import * as icmp from '../decode/headers/icmp.ts';
import { u16 } from '../decode/octets.ts';
import type { Packet } from '../decode/packet.ts';
import type { Pseudonyms } from './pseudonyms.ts';

/** Number of the IP protocol (IANA). */
export const IGMP = 2;
/** ICMPv6 types (registry of IANA). */
const MULTICAST_QUERY = 130;
const MULTICAST_DONE = 132;
const ROUTER_SOLICITATION = 133;
const ROUTER_ADVERTISEMENT = 134;
const NEIGHBOR_SOLICITATION = 135;
const NEIGHBOR_ADVERTISEMENT = 136;
const NEIGHBOR_REDIRECT = 137;
const MULTICAST_REPORT_2 = 143;
/** Octets before the options of Neighbor Discovery (RFC 4861, 4). */
const FIXED: ReadonlyMap<number, number> = new Map([
  [ROUTER_SOLICITATION, 8],
  [ROUTER_ADVERTISEMENT, 16],
  [NEIGHBOR_SOLICITATION, 24],
  [NEIGHBOR_ADVERTISEMENT, 24],
  [NEIGHBOR_REDIRECT, 40],
]);
/** Options of Neighbor Discovery. */
const LINK_ADDRESSES: ReadonlySet<number> = new Set([1, 2]);
const PREFIX = 3;
const REDIRECTED = 4;
const MTU = 5;
const NAME_SERVERS = 25;
const ADDRESS_4 = 4;
const ADDRESS_6 = 16;
const IGMP_REPORT_3 = 0x22;

/** The message of ICMP behind its header; what an error quotes is left to the caller. */
export function redactIcmp(pseudonyms: Pseudonyms, packet: Packet, end: number): void {
  const { bytes, transportAt: at, icmpType, payloadAt } = packet;
  const { addresses, octets } = pseudonyms;
  if (packet.protocol === icmp.PROTOCOL) {
    if (icmpType === icmp.REDIRECT) addresses.replace(bytes, at + 4, end, ADDRESS_4);
    if (packet.quotedAt < 0) octets.fill(bytes, payloadAt, end, packet.payloadLength);
    return;
  }
  if (packet.quotedAt >= 0) return;
  const fixed = FIXED.get(icmpType);
  if (fixed !== undefined) {
    for (let place = at + 8; place < at + fixed && icmpType !== ROUTER_ADVERTISEMENT; place += ADDRESS_6)
      addresses.replace(bytes, place, end, ADDRESS_6);
    redactNeighborOptions(pseudonyms, bytes, at + fixed, end);
  } else if (icmpType >= MULTICAST_QUERY && icmpType <= MULTICAST_DONE) {
    addresses.replace(bytes, at + 8, end, ADDRESS_6);
    if (icmpType === MULTICAST_QUERY)
      for (let place = at + 28; place < end; place += ADDRESS_6) addresses.replace(bytes, place, end, ADDRESS_6);
  } else if (icmpType === MULTICAST_REPORT_2) redactGroups(pseudonyms, bytes, at + 8, end, ADDRESS_6);
  else octets.fill(bytes, payloadAt, end, packet.payloadLength);
}

function redactNeighborOptions({ addresses, macs, octets }: Pseudonyms, bytes: Uint8Array, from: number, end: number) {
  let at = from;
  while (at + 8 <= end) {
    const length = bytes[at + 1] * 8;
    if (length === 0) break;
    const stop = Math.min(end, at + length);
    const type = bytes[at];
    if (LINK_ADDRESSES.has(type) && length === 8) macs.replace(bytes, at + 2, stop);
    else if (type === PREFIX) addresses.replace(bytes, at + 16, stop, ADDRESS_6);
    else if (type === NAME_SERVERS)
      for (let place = at + 8; place < stop; place += ADDRESS_6) addresses.replace(bytes, place, stop, ADDRESS_6);
    else if (type === REDIRECTED) octets.fill(bytes, at + 8, stop);
    else if (type !== MTU) octets.fill(bytes, at + 2, stop);
    at += length;
  }
  if (at < end) octets.fillPadding(bytes, at, end);
}

/** Records of groups with their sources (RFC 3376, 4.2; RFC 3810, 5.2). */
function redactGroups({ addresses }: Pseudonyms, bytes: Uint8Array, from: number, end: number, size: 4 | 16): void {
  for (let at = from; at + 4 <= end; ) {
    const listed = 1 + u16(bytes, at + 2);
    for (let nth = 0; nth < listed; nth++) addresses.replace(bytes, at + 4 + nth * size, end, size);
    at += 4 + listed * size + bytes[at + 1] * 4;
  }
}

/** Groups of IGMP (RFC 2236, RFC 3376). */
export function redactIgmp(pseudonyms: Pseudonyms, bytes: Uint8Array, at: number, end: number): void {
  if (at + 8 > end) return;
  if (bytes[at] === IGMP_REPORT_3) {
    redactGroups(pseudonyms, bytes, at + 8, end, ADDRESS_4);
    return;
  }
  pseudonyms.addresses.replace(bytes, at + 4, end, ADDRESS_4);
  for (let place = at + 12; place + ADDRESS_4 <= end; place += ADDRESS_4)
    pseudonyms.addresses.replace(bytes, place, end, ADDRESS_4);
}
