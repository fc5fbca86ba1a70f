import { NO_NUMBER } from './address-book.ts';
import type { Bounds } from './bounds.ts';
import { badField, notDecoded } from './decode-stop.ts';
import * as arp from './headers/arp.ts';
import { ETHERTYPE_ARP, ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from './headers/ethernet.ts';
import * as ipv4 from './headers/ipv4.ts';
import * as ipv6 from './headers/ipv6.ts';
import { FRAGMENT_FIRST, FRAGMENT_LATER, FRAGMENT_NONE, type Packet } from './packet.ts';
import { NOTHING_MORE } from './read-link.ts';

const NO_ROOM_FOR_ADDRESS = { kind: 'no-room', layer: 'ipv6' } as const;

/**
 * Reads the network header that `packet.etherType` announces.
 * Returns the offset of the transport header, or `NOTHING_MORE`: after a stop, ARP, or a later fragment.
 */
export function readNetwork(packet: Packet, bounds: Bounds, at: number): number {
  switch (packet.etherType) {
    case ETHERTYPE_IPV4:
      return readIpv4(packet, bounds, at);
    case ETHERTYPE_IPV6:
      return readIpv6(packet, bounds, at);
    case ETHERTYPE_ARP:
      packet.stop = arp.check(packet.bytes, at, bounds);
      return NOTHING_MORE;
    default:
      packet.stop = notDecoded('other', packet.etherType);
      return NOTHING_MORE;
  }
}

function readIpv4(packet: Packet, bounds: Bounds, at: number): number {
  const { bytes } = packet;
  const stop = ipv4.check(bytes, at, bounds);
  if (stop !== undefined) {
    packet.stop = stop;
    return NOTHING_MORE;
  }
  packet.ipVersion = 4;
  packet.ipAt = at;
  packet.source = ipv4.source(bytes, at);
  packet.destination = ipv4.destination(bytes, at);
  packet.protocol = ipv4.protocol(bytes, at);
  packet.ttl = ipv4.timeToLive(bytes, at);
  packet.dscp = ipv4.dscp(bytes, at);
  packet.ecn = ipv4.ecn(bytes, at);
  packet.ipId = ipv4.identification(bytes, at);
  const told = ipv4.totalLength(bytes, at);
  if (told !== 0) bounds.narrow(at + told, 'ip-total-length');
  packet.l3Length = told === 0 ? bounds.wire - at : told;
  const transportAt = at + ipv4.headerLength(bytes, at);
  const word = ipv4.fragmentWord(bytes, at);
  packet.dontFragment = ipv4.dontFragment(word);
  if ((word & 0x3fff) !== 0) setFragment(packet, ipv4.fragmentOffset(word), ipv4.moreFragments(word));
  if (packet.protocol === ipv6.AUTHENTICATION) return readExtensions(packet, bounds, transportAt, 'ipv4');
  return endOfHeaders(packet, bounds, transportAt, 'ipv4');
}

function readIpv6(packet: Packet, bounds: Bounds, at: number): number {
  const { bytes, addresses } = packet;
  const stop = ipv6.check(bytes, at, bounds);
  if (stop !== undefined) {
    packet.stop = stop;
    return NOTHING_MORE;
  }
  packet.ipVersion = 6;
  packet.ipAt = at;
  packet.source = addresses.ipv6(bytes, ipv6.sourceAt(at));
  packet.destination = addresses.ipv6(bytes, ipv6.destinationAt(at));
  if (packet.source === NO_NUMBER || packet.destination === NO_NUMBER) {
    packet.ipVersion = 0;
    packet.source = packet.destination = 0;
    packet.stop = NO_ROOM_FOR_ADDRESS;
    return NOTHING_MORE;
  }
  packet.protocol = ipv6.nextHeader(bytes, at);
  packet.ttl = ipv6.hopLimit(bytes, at);
  packet.dscp = ipv6.dscp(bytes, at);
  packet.ecn = ipv6.ecn(bytes, at);
  const told = ipv6.payloadLength(bytes, at);
  const transportAt = at + ipv6.LENGTH;
  // 0 means a jumbogram, or a segment larger than the field that is left to offload (Linux "BIG TCP").
  const payloadIsTold = told !== 0 || packet.protocol === ipv6.NO_NEXT_HEADER;
  if (payloadIsTold) bounds.narrow(transportAt + told, 'ip-total-length');
  packet.l3Length = payloadIsTold ? ipv6.LENGTH + told : bounds.wire - at;
  return readExtensions(packet, bounds, transportAt, 'ipv6');
}

/** Skips the extension headers of IPv6, and AH of either version. Each has at least 8 octets, so the chain ends. */
function readExtensions(packet: Packet, bounds: Bounds, at: number, layer: 'ipv4' | 'ipv6'): number {
  const { bytes } = packet;
  while (packet.fragment !== FRAGMENT_LATER) {
    const isFragment = packet.protocol === ipv6.FRAGMENT && layer === 'ipv6';
    if (!isFragment && !isSkipped(packet.protocol, layer)) break;
    const stop = ipv6.checkExtension(at, bounds, layer);
    if (stop !== undefined) {
      packet.stop = stop;
      packet.payloadAt = clamp(at, bounds.captured);
      packet.payloadEnd = bounds.captured;
      return NOTHING_MORE;
    }
    if (isFragment) {
      packet.ipId = ipv6.fragmentIdentification(bytes, at);
      setFragment(packet, ipv6.fragmentOffset(bytes, at), ipv6.moreFragments(bytes, at));
    }
    const length = isFragment ? ipv6.EXTENSION_LENGTH : ipv6.extensionLength(bytes, at, packet.protocol);
    packet.protocol = ipv6.extensionNextHeader(bytes, at);
    at += length;
  }
  return endOfHeaders(packet, bounds, at, layer);
}

const isSkipped = (protocol: number, layer: 'ipv4' | 'ipv6'): boolean =>
  layer === 'ipv6' ? ipv6.isSkipped(protocol) : protocol === ipv6.AUTHENTICATION;

/** A fragment header with offset 0 and no more fragments means a whole datagram (RFC 6946). */
function setFragment(packet: Packet, offset: number, more: boolean): void {
  packet.fragmentOffset = offset;
  packet.moreFragments = more;
  if (offset !== 0) packet.fragment = FRAGMENT_LATER;
  else packet.fragment = more ? FRAGMENT_FIRST : FRAGMENT_NONE;
}

/** The IP payload starts at `at`. How to continue depends on whether the headers before it were complete. */
function endOfHeaders(packet: Packet, bounds: Bounds, at: number, layer: 'ipv4' | 'ipv6'): number {
  const length = packet.l3Length - (at - packet.ipAt);
  packet.payloadLength = Math.max(length, 0);
  packet.payloadAt = clamp(at, bounds.captured);
  packet.payloadEnd = bounds.captured;
  if (length < 0) packet.stop = badField(layer);
  else if (at > bounds.captured) packet.stop = bounds.tooShort(layer, at);
  else if (packet.fragment !== FRAGMENT_LATER) return at;
  return NOTHING_MORE;
}

const clamp = (at: number, end: number): number => Math.min(at, end);
