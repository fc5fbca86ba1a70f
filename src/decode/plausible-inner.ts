import * as arp from './headers/arp.ts';
import * as ethernet from './headers/ethernet.ts';
import * as ipv4 from './headers/ipv4.ts';
import * as ipv6 from './headers/ipv6.ts';

/**
 * Is this UDP payload an encapsulated frame, or does it only look like one?
 *
 * In all functions here, `captured` is where the captured octets end, and `end` is where the datagram ends on the wire.
 * `end` is larger when snaplen truncated the packet.
 */

/** Octets needed to recognise IPv4 on an unregistered port. With fewer, the datagram stays UDP. */
const IPV4_NEEDED = ipv4.LENGTH;
/**
 * Minimum Ethernet payload; shorter ones are padded (IEEE 802.3, 4.4.2). So the inner packet may be shorter than its
 * frame.
 */
const MIN_ETHERNET_PAYLOAD = 46;
/** Octets of ARP that identify it. */
const ARP_NEEDED = 8;
/** Most VLAN tags before the inner packet that are skipped here. */
const MOST_TAGS = 2;

/** Strict: the frame at `at` holds an IPv4, IPv6 or ARP packet whose fixed fields and lengths are all right. */
export function isPlausibleEthernet(bytes: Uint8Array, at: number, captured: number, end: number): boolean {
  let inside = at + ethernet.LENGTH;
  if (inside > captured || ethernet.isGroupAddress(bytes, ethernet.sourceAt(at))) return false;
  let type = ethernet.etherType(bytes, at);
  for (let tags = 0; tags < MOST_TAGS && ethernet.isTag(type); tags++) {
    if (inside + ethernet.TAG_LENGTH > captured) return false;
    type = ethernet.tagEtherType(bytes, inside);
    inside += ethernet.TAG_LENGTH;
  }
  return isPlausibleNetwork(bytes, type, inside, captured, end);
}

/** Strict: the IPv4, IPv6 or ARP packet at `at` has all its fixed fields and lengths right. */
export function isPlausibleNetwork(
  bytes: Uint8Array,
  etherType: number,
  at: number,
  captured: number,
  end: number,
): boolean {
  switch (etherType) {
    case ethernet.ETHERTYPE_IPV4:
      return at + IPV4_NEEDED <= captured && isPlausibleIpv4(bytes, at, end);
    case ethernet.ETHERTYPE_IPV6:
      return at + ipv6.LENGTH <= captured && isPlausibleIpv6(bytes, at, end);
    case ethernet.ETHERTYPE_ARP:
      return at + ARP_NEEDED <= captured && at + arp.LENGTH <= end && arp.isForIpv4(bytes, at);
    default:
      return false;
  }
}

function isPlausibleIpv4(bytes: Uint8Array, at: number, end: number): boolean {
  const header = ipv4.headerLength(bytes, at);
  const total = ipv4.totalLength(bytes, at);
  return ipv4.version(bytes, at) === 4 && header >= ipv4.LENGTH && total >= header && fills(total, end - at);
}

function isPlausibleIpv6(bytes: Uint8Array, at: number, end: number): boolean {
  return ipv6.version(bytes, at) === 6 && fills(ipv6.LENGTH + ipv6.payloadLength(bytes, at), end - at);
}

/** Whether a packet of `length` octets fills a frame with `room` octets, except for padding. */
const fills = (length: number, room: number): boolean =>
  length === room || (length < room && room <= MIN_ETHERNET_PAYLOAD);

/**
 * Lax check, for the registered VXLAN ports. The Ethernet frame may contain anything and may be truncated anywhere, but
 * its fields must be consistent.
 */
export function mayBeEthernet(bytes: Uint8Array, at: number, captured: number, end: number): boolean {
  const inside = at + ethernet.LENGTH;
  if (inside > end) return false;
  if (inside >= captured) return true;
  const type = ethernet.etherType(bytes, at);
  if (type < ethernet.FIRST_ETHERTYPE) return inside + type <= end;
  if (type === ethernet.ETHERTYPE_IPV4) return ipv4.version(bytes, inside) === 4;
  return type !== ethernet.ETHERTYPE_IPV6 || ipv6.version(bytes, inside) === 6;
}
