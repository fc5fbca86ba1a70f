import type { Bounds } from './bounds.ts';
import { notDecoded } from './decode-stop.ts';
import * as loopback from './headers/bsd-loopback.ts';
import * as ethernet from './headers/ethernet.ts';
import * as cooked from './headers/linux-cooked.ts';
import * as llc from './headers/llc.ts';
import * as mpls from './headers/mpls.ts';
import * as nflog from './headers/nflog.ts';
import * as ppp from './headers/ppp.ts';
import * as linkTypes from './link-types.ts';
import { u8, u16 } from './octets.ts';
import { type DecodeStop, DIRECTION_UNKNOWN, type Packet } from './packet.ts';

/** Returned where reading ends: `packet.stop` gives the reason, or nothing more is left to read. */
export const NOTHING_MORE = -1;

/**
 * Reads the link headers: sets `etherType`, link addresses, direction and interface.
 * Returns the offset of the network header, or `NOTHING_MORE` with `packet.stop` set.
 */
export function readLink(packet: Packet, bounds: Bounds, linkType: number): number {
  if (linkType === linkTypes.LINKTYPE_ETHERNET) return readEthernet(packet, bounds, packet.start);
  const at = packet.start;
  switch (linkType) {
    case linkTypes.LINKTYPE_LINUX_SLL:
      return readSll(packet, bounds, at);
    case linkTypes.LINKTYPE_LINUX_SLL2:
      return readSll2(packet, bounds, at);
    case linkTypes.LINKTYPE_RAW:
    case linkTypes.LINKTYPE_RAW_BSD:
    case linkTypes.LINKTYPE_RAW_OPENBSD:
      return readRaw(packet, bounds, at, linkType);
    case linkTypes.LINKTYPE_IPV4:
      return found(packet, ethernet.ETHERTYPE_IPV4, at);
    case linkTypes.LINKTYPE_IPV6:
      return found(packet, ethernet.ETHERTYPE_IPV6, at);
    case linkTypes.LINKTYPE_NULL:
    case linkTypes.LINKTYPE_LOOP:
      return readLoopback(packet, bounds, at, linkType);
    case linkTypes.LINKTYPE_PPP:
    case linkTypes.LINKTYPE_PPP_HDLC:
      return readPpp(packet, bounds, at, notDecoded('link', linkType));
    case linkTypes.LINKTYPE_PPP_ETHER:
      return readPppoe(packet, bounds, at);
    case linkTypes.LINKTYPE_NFLOG:
      return readNflog(packet, bounds, at);
    case linkTypes.LINKTYPE_C_HDLC:
      if (at + CISCO_HDLC_LENGTH > bounds.captured) return end(packet, bounds.tooShort('link', at + CISCO_HDLC_LENGTH));
      return readEtherType(packet, bounds, u16(packet.bytes, at + 2), at + CISCO_HDLC_LENGTH);
    default:
      return end(packet, notDecoded('link', linkType));
  }
}

/** Address, control and EtherType (LINKTYPE_C_HDLC). */
const CISCO_HDLC_LENGTH = 4;

/** The Ethernet header at `at`, of the frame or of one inside a tunnel. */
export function readEthernet(packet: Packet, bounds: Bounds, at: number): number {
  const stop = ethernet.check(at, bounds);
  if (stop !== undefined) return end(packet, stop);
  packet.ethernetAt = at;
  packet.destinationMacAt = ethernet.destinationAt(at);
  packet.sourceMacAt = ethernet.sourceAt(at);
  const type = ethernet.etherType(packet.bytes, at);
  if (type === ethernet.ETHERTYPE_IPV4) return found(packet, type, at + ethernet.LENGTH);
  return readEtherType(packet, bounds, type, at + ethernet.LENGTH);
}

/** Reads the payload that `type` announces at `at`, through VLAN tags, MPLS labels, PPPoE and LLC. */
function readEtherType(packet: Packet, bounds: Bounds, type: number, at: number): number {
  while (ethernet.isTag(type)) {
    const stop = ethernet.checkTag(at, bounds);
    if (stop !== undefined) return end(packet, stop);
    if (packet.vlan < 0 && packet.depth === 0) packet.vlan = ethernet.vlanId(packet.bytes, at);
    type = ethernet.tagEtherType(packet.bytes, at);
    at += ethernet.TAG_LENGTH;
  }
  switch (type) {
    case ethernet.ETHERTYPE_MPLS:
    case ethernet.ETHERTYPE_MPLS_UPSTREAM:
      return readMpls(packet, bounds, type, at);
    case ethernet.ETHERTYPE_PPPOE_SESSION:
      return readPppoe(packet, bounds, at);
    default:
      return type < ethernet.FIRST_ETHERTYPE ? readLlc(packet, bounds, type, at) : found(packet, type, at);
  }
}

function readLlc(packet: Packet, bounds: Bounds, length: number, at: number): number {
  bounds.narrow(at + length, 'frame-length');
  return readSnap(packet, bounds, at);
}

/** Reads LLC at `at`, with IP or SNAP in it. */
export function readSnap(packet: Packet, bounds: Bounds, at: number): number {
  const { bytes } = packet;
  const stop = llc.check(at, bounds);
  if (stop !== undefined) return end(packet, stop);
  if (llc.isIp(bytes, at)) return found(packet, ethernet.ETHERTYPE_IPV4, at + llc.LENGTH);
  if (!llc.isSnap(bytes, at)) return end(packet, notDecoded('other', llc.destinationSap(bytes, at)));
  const snapStop = llc.checkSnap(at, bounds);
  if (snapStop !== undefined) return end(packet, snapStop);
  if (!llc.hasEtherType(bytes, at)) return end(packet, notDecoded('other', llc.destinationSap(bytes, at)));
  const type = llc.snapEtherType(bytes, at);
  const inside = at + llc.SNAP_LENGTH;
  return type < ethernet.FIRST_ETHERTYPE
    ? end(packet, notDecoded('other', type))
    : readEtherType(packet, bounds, type, inside);
}

/** Pops the labels. Only its first four bits identify the packet after them (RFC 4928, 3). */
function readMpls(packet: Packet, bounds: Bounds, type: number, at: number): number {
  for (;;) {
    const stop = mpls.check(at, bounds);
    if (stop !== undefined) return end(packet, stop);
    const bottom = mpls.isBottom(packet.bytes, at);
    at += mpls.LENGTH;
    if (bottom) return readByVersion(packet, bounds, at, notDecoded('other', type));
  }
}

function readPppoe(packet: Packet, bounds: Bounds, at: number): number {
  const stop = ppp.checkPppoe(at, bounds);
  if (stop !== undefined) return end(packet, stop);
  const inside = at + ppp.PPPOE_LENGTH;
  bounds.narrow(inside + ppp.pppoeLength(packet.bytes, at), 'frame-length');
  return readPpp(packet, bounds, inside, notDecoded('other', ethernet.ETHERTYPE_PPPOE_SESSION));
}

function readPpp(packet: Packet, bounds: Bounds, at: number, otherwise: DecodeStop): number {
  const stop = ppp.check(packet.bytes, at, bounds);
  if (stop !== undefined) return end(packet, stop);
  const protocol = ppp.protocol(packet.bytes, at);
  const inside = at + ppp.headerLength(packet.bytes, at);
  if (ppp.isIpv4(protocol)) return found(packet, ethernet.ETHERTYPE_IPV4, inside);
  if (ppp.isIpv6(protocol)) return found(packet, ethernet.ETHERTYPE_IPV6, inside);
  return end(packet, otherwise);
}

function readLoopback(packet: Packet, bounds: Bounds, at: number, linkType: number): number {
  const stop = loopback.check(at, bounds);
  if (stop !== undefined) return end(packet, stop);
  const family = loopback.family(packet.bytes, at);
  const inside = at + loopback.LENGTH;
  if (loopback.isIpv4(family)) return found(packet, ethernet.ETHERTYPE_IPV4, inside);
  if (loopback.isIpv6(family)) return found(packet, ethernet.ETHERTYPE_IPV6, inside);
  return end(packet, notDecoded('link', linkType));
}

function readNflog(packet: Packet, bounds: Bounds, at: number): number {
  const { bytes } = packet;
  const stop = nflog.check(at, bounds);
  if (stop !== undefined) return end(packet, stop);
  const inside = nflog.payloadAt(bytes, at, bounds.captured);
  if (inside < 0) return end(packet, notDecoded('link', packet.linkType));
  if (nflog.isIpv4(bytes, at)) return found(packet, ethernet.ETHERTYPE_IPV4, inside);
  if (nflog.isIpv6(bytes, at)) return found(packet, ethernet.ETHERTYPE_IPV6, inside);
  return end(packet, notDecoded('link', packet.linkType));
}

function readRaw(packet: Packet, bounds: Bounds, at: number, linkType: number): number {
  return readByVersion(packet, bounds, at, notDecoded('link', linkType));
}

/** IPv4 or IPv6 by the first four bits, else `otherwise`. */
function readByVersion(packet: Packet, bounds: Bounds, at: number, otherwise: DecodeStop): number {
  if (at >= bounds.captured) return end(packet, bounds.tooShort('link', at + 1));
  const version = u8(packet.bytes, at) >>> 4;
  if (version === 4) return found(packet, ethernet.ETHERTYPE_IPV4, at);
  return version === 6 ? found(packet, ethernet.ETHERTYPE_IPV6, at) : end(packet, otherwise);
}

function readSll(packet: Packet, bounds: Bounds, at: number): number {
  const stop = cooked.checkSll(at, bounds);
  if (stop !== undefined) return end(packet, stop);
  const { bytes } = packet;
  setDirection(packet, cooked.sllPacketType(bytes, at));
  if (cooked.sllAddressLength(bytes, at) === MAC_LENGTH) packet.sourceMacAt = cooked.sllAddressAt(at);
  const hardware = cooked.sllHardwareType(bytes, at);
  return readCooked(packet, bounds, hardware, cooked.sllProtocol(bytes, at), at + cooked.SLL_LENGTH);
}

function readSll2(packet: Packet, bounds: Bounds, at: number): number {
  const stop = cooked.checkSll2(at, bounds);
  if (stop !== undefined) return end(packet, stop);
  const { bytes } = packet;
  setDirection(packet, cooked.sll2PacketType(bytes, at));
  packet.linkInterface = cooked.sll2Interface(bytes, at);
  if (cooked.sll2AddressLength(bytes, at) === MAC_LENGTH) packet.sourceMacAt = cooked.sll2AddressAt(at);
  const hardware = cooked.sll2HardwareType(bytes, at);
  return readCooked(packet, bounds, hardware, cooked.sll2Protocol(bytes, at), at + cooked.SLL2_LENGTH);
}

const MAC_LENGTH = 6;

function readCooked(packet: Packet, bounds: Bounds, hardware: number, protocol: number, at: number): number {
  if (!cooked.hasEtherType(hardware)) return end(packet, notDecoded('link', packet.linkType));
  if (protocol === cooked.PROTOCOL_LLC) return readLlc(packet, bounds, bounds.wire - at, at);
  if (protocol < ethernet.FIRST_ETHERTYPE) return end(packet, notDecoded('other', protocol));
  return readEtherType(packet, bounds, protocol, at);
}

/** The direction in the record's header takes precedence over epb_flags, which give no more than this header. */
function setDirection(packet: Packet, packetType: number): void {
  const direction = cooked.direction(packetType);
  if (direction !== DIRECTION_UNKNOWN) packet.direction = direction;
}

function found(packet: Packet, etherType: number, at: number): number {
  packet.etherType = etherType;
  packet.networkAt = at;
  return at;
}

function end(packet: Packet, stop: DecodeStop): number {
  packet.stop = stop;
  return NOTHING_MORE;
}
