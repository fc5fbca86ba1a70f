import type { Bounds } from './bounds.ts';
import { badField, notDecoded } from './decode-stop.ts';
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6, ETHERTYPE_TRANSPARENT_BRIDGING } from './headers/ethernet.ts';
import * as geneve from './headers/geneve.ts';
import * as gre from './headers/gre.ts';
import * as ieee80211 from './headers/ieee80211.ts';
import * as udp from './headers/udp.ts';
import * as vxlan from './headers/vxlan.ts';
import { u8 } from './octets.ts';
import { FRAGMENT_FIRST, FRAGMENT_NONE, MAX_TUNNEL_DEPTH, type Packet } from './packet.ts';
import { isPlausibleEthernet, isPlausibleNetwork, mayBeEthernet } from './plausible-inner.ts';
import { NOTHING_MORE, readEthernet, readSnap } from './read-link.ts';
import { FOUR_IN_SIX, GENEVE, GRE, IPIP, SIX_IN_FOUR, SIX_IN_SIX, VXLAN, VXLAN_GPE } from './tunnel-numbers.ts';

/** Protocol numbers of IP inside IP (RFC 2003; RFC 2473; RFC 4213). */
export const PROTOCOL_IPV4 = 4;
export const PROTOCOL_IPV6 = 41;

/**
 * Decapsulates VXLAN, VXLAN-GPE and Geneve in the UDP packet just read; `datagramEnd` is where the datagram ends on the
 * wire.
 *
 * A tunnel is recognised by its content, on any port. Its header must have the values that a sender has to set, and the
 * lengths of the inner packet must fit. On the registered port the header only has to pass a receiver's laxer check.
 * Every other packet stays a UDP packet.
 */
export function openUdpTunnel(packet: Packet, bounds: Bounds, datagramEnd: number): number {
  const at = packet.payloadAt;
  const { bytes } = packet;
  if (at + vxlan.LENGTH > bounds.captured || packet.depth === MAX_TUNNEL_DEPTH) return NOTHING_MORE;
  if (vxlan.hasVni(bytes, at)) {
    const inside = openVxlan(packet, bounds, at, datagramEnd);
    if (inside !== NOTHING_MORE || packet.stop !== undefined) return inside;
  }
  if (geneve.version(bytes, at) === 0) return openGeneve(packet, bounds, at, datagramEnd);
  return NOTHING_MORE;
}

function openVxlan(packet: Packet, bounds: Bounds, at: number, end: number): number {
  const { bytes, destinationPort } = packet;
  const inside = at + vxlan.LENGTH;
  if (vxlan.isExactGpe(bytes, at)) return openGpe(packet, bounds, at, end);
  const registered = destinationPort === vxlan.PORT || destinationPort === vxlan.LINUX_PORT;
  const isVxlan = registered
    ? mayBeEthernet(bytes, inside, bounds.captured, end)
    : vxlan.isExact(bytes, at) && isPlausibleEthernet(bytes, inside, bounds.captured, end);
  if (!isVxlan) return NOTHING_MORE;
  enterTunnel(packet, VXLAN, vxlan.vni(bytes, at));
  return readEthernet(packet, bounds, inside);
}

function openGpe(packet: Packet, bounds: Bounds, at: number, end: number): number {
  const { bytes } = packet;
  const etherType = gpeEtherType(vxlan.gpeNextProtocol(bytes, at));
  return openInner(packet, bounds, VXLAN_GPE, vxlan.vni(bytes, at), etherType, at + vxlan.LENGTH, end);
}

/** The EtherType of the payload of VXLAN-GPE; 0 for a payload that is not decoded. */
function gpeEtherType(nextProtocol: number): number {
  if (nextProtocol === vxlan.GPE_ETHERNET) return ETHERTYPE_TRANSPARENT_BRIDGING;
  if (nextProtocol === vxlan.GPE_IPV4) return ETHERTYPE_IPV4;
  return nextProtocol === vxlan.GPE_IPV6 ? ETHERTYPE_IPV6 : 0;
}

function openGeneve(packet: Packet, bounds: Bounds, at: number, end: number): number {
  const { bytes } = packet;
  if (!geneve.isExact(bytes, at)) return NOTHING_MORE;
  const inside = at + geneve.headerLength(bytes, at);
  return openInner(packet, bounds, GENEVE, geneve.vni(bytes, at), geneve.protocolType(bytes, at), inside, end);
}

/** Enters a UDP tunnel whose inner packet is plausible. Otherwise the packet is unchanged. */
function openInner(
  packet: Packet,
  bounds: Bounds,
  kind: number,
  networkId: number,
  etherType: number,
  inside: number,
  end: number,
): number {
  const { bytes } = packet;
  if (etherType === ETHERTYPE_TRANSPARENT_BRIDGING) {
    if (!isPlausibleEthernet(bytes, inside, bounds.captured, end)) return NOTHING_MORE;
    enterTunnel(packet, kind, networkId);
    return readEthernet(packet, bounds, inside);
  }
  if (etherType !== ETHERTYPE_IPV4 && etherType !== ETHERTYPE_IPV6) return NOTHING_MORE;
  if (!isPlausibleNetwork(bytes, etherType, inside, bounds.captured, end)) return NOTHING_MORE;
  enterTunnel(packet, kind, networkId);
  return enterNetwork(packet, etherType, inside);
}

/** Decapsulates IP in IP. The protocol number guarantees the inner packet, so a truncated one also counts. */
export function openIpTunnel(packet: Packet, bounds: Bounds, at: number): number {
  const outer = packet.ipVersion === 6 ? 6 : 4;
  const layer = outer === 6 ? 'ipv6' : 'ipv4';
  const inner = packet.protocol === PROTOCOL_IPV6 ? 6 : 4;
  if (packet.depth === MAX_TUNNEL_DEPTH) {
    packet.stop = notDecoded(layer, packet.protocol);
    return NOTHING_MORE;
  }
  if (at < bounds.captured && u8(packet.bytes, at) >>> 4 !== inner) {
    packet.stop = badField(inner === 6 ? 'ipv6' : 'ipv4');
    return NOTHING_MORE;
  }
  const four = outer === 4 ? IPIP : FOUR_IN_SIX;
  const six = outer === 4 ? SIX_IN_FOUR : SIX_IN_SIX;
  enterTunnel(packet, inner === 4 ? four : six, 0);
  return enterNetwork(packet, inner === 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6, at);
}

/**
 * Decapsulates GRE around Ethernet, IPv4, IPv6, a mirrored frame or a wireless frame. With any other payload, GRE stays
 * the innermost packet.
 */
export function openGreTunnel(packet: Packet, bounds: Bounds, at: number): number {
  const { bytes } = packet;
  const stop = gre.check(bytes, at, bounds);
  if (stop !== undefined) {
    packet.stop = stop;
    return NOTHING_MORE;
  }
  const type = gre.protocolType(bytes, at);
  const inside = at + gre.headerLength(bytes, at);
  const isIp = type === ETHERTYPE_IPV4 || type === ETHERTYPE_IPV6;
  const frameAt = greFrameAt(bytes, at, inside, bounds.captured);
  const llcAt = ieee80211.isGreType(type, ETHERTYPE_IPV6) ? ieee80211.llcAt(bytes, inside, bounds.captured) : -1;
  if (!gre.isPlain(bytes, at) || packet.depth === MAX_TUNNEL_DEPTH || (!isIp && frameAt < 0 && llcAt < 0)) {
    packet.stop = notDecoded('gre', type);
    return NOTHING_MORE;
  }
  enterTunnel(packet, GRE, gre.key(bytes, at));
  if (isIp) return enterNetwork(packet, type, inside);
  return llcAt < 0 ? readEthernet(packet, bounds, frameAt) : readSnap(packet, bounds, llcAt);
}

/** Offset of the Ethernet frame inside GRE; -1 when there is none. */
function greFrameAt(bytes: Uint8Array, at: number, inside: number, end: number): number {
  if (gre.protocolType(bytes, at) === ETHERTYPE_TRANSPARENT_BRIDGING) return inside;
  const erspan = gre.erspanLength(bytes, at, inside, end);
  return erspan < 0 ? -1 : inside + erspan;
}

function enterNetwork(packet: Packet, etherType: number, at: number): number {
  packet.etherType = etherType;
  packet.networkAt = at;
  return at;
}

/** Makes the packet just read an outer one, and clears the fields that the inner packet will set. */
function enterTunnel(packet: Packet, kind: number, networkId: number): void {
  const outer = packet.tunnels[packet.depth++];
  outer.kind = kind;
  outer.source = packet.source;
  outer.destination = packet.destination;
  outer.sourcePort = packet.sourcePort;
  outer.destinationPort = packet.destinationPort;
  outer.networkId = networkId;
  outer.ttl = packet.ttl;
  outer.l3Length = packet.l3Length;
  outer.ipId = packet.ipId;
  outer.dontFragment = packet.dontFragment;
  outer.dscp = packet.dscp;
  outer.moreFragments = packet.fragment === FRAGMENT_FIRST;
  outer.ipAt = packet.ipAt;
  outer.udpAt = packet.protocol === udp.PROTOCOL ? packet.transportAt : -1;
  outer.linkAt = packet.ethernetAt;
  clearNetwork(packet);
}

/** Clears the fields that `readNetwork` and the later steps do not always set. */
export function clearNetwork(packet: Packet): void {
  packet.etherType = 0;
  packet.networkAt = -1;
  packet.ipVersion = 0;
  packet.ipAt = -1;
  packet.source = 0;
  packet.destination = 0;
  packet.protocol = 0;
  packet.ttl = 0;
  packet.dscp = 0;
  packet.ecn = 0;
  packet.ipId = 0;
  packet.dontFragment = false;
  packet.fragment = FRAGMENT_NONE;
  packet.fragmentOffset = 0;
  packet.moreFragments = false;
  packet.l3Length = 0;
  packet.transportAt = -1;
  packet.sourcePort = 0;
  packet.destinationPort = 0;
  packet.payloadLength = 0;
  packet.payloadAt = packet.end;
  packet.payloadEnd = packet.end;
}
