import * as arp from '../decode/headers/arp.ts';
import * as esp from '../decode/headers/esp.ts';
import * as ethernet from '../decode/headers/ethernet.ts';
import * as gre from '../decode/headers/gre.ts';
import * as icmp from '../decode/headers/icmp.ts';
import * as ipv4 from '../decode/headers/ipv4.ts';
import * as ipv6 from '../decode/headers/ipv6.ts';
import * as cooked from '../decode/headers/linux-cooked.ts';
import * as sctp from '../decode/headers/sctp.ts';
import * as tcp from '../decode/headers/tcp.ts';
import * as udp from '../decode/headers/udp.ts';
import * as linkTypes from '../decode/link-types.ts';
import { PROTOCOL_IPV4, PROTOCOL_IPV6 } from '../decode/open-tunnel.ts';
import { FRAGMENT_LATER, type Packet, TUNNEL_KINDS } from '../decode/packet.ts';

/** LLC with SNAP (RFC 1042): what of a frame without EtherType is read. */
const LLC_OCTETS = 8;
/** Labels and headers behind an EtherType whose payload is not IP. */
const LABELS: ReadonlySet<number> = new Set([0x8847, 0x8848, 0x8863, 0x8864]);
const LABEL_OCTETS = 32;
/** Header of VXLAN and Geneve without options. */
const TUNNEL_OCTETS = 8;
/** The longest of ERSPAN III with its subheader (20), and a wireless data header (32) with LLC. */
const BEFORE_FRAME_OCTETS = 40;
/** Headers of links that are no Ethernet, with LLC or labels behind them. */
const LINKS: ReadonlyMap<number, number> = new Map([
  [linkTypes.LINKTYPE_LINUX_SLL, cooked.SLL_LENGTH + LLC_OCTETS],
  [linkTypes.LINKTYPE_LINUX_SLL2, cooked.SLL2_LENGTH + LLC_OCTETS],
  [linkTypes.LINKTYPE_C_HDLC, 4 + LABEL_OCTETS],
  [linkTypes.LINKTYPE_PPP, 4 + LABEL_OCTETS],
  [linkTypes.LINKTYPE_PPP_HDLC, 4 + LABEL_OCTETS],
  [linkTypes.LINKTYPE_PPP_ETHER, 8 + LABEL_OCTETS],
  [linkTypes.LINKTYPE_NULL, 4],
  [linkTypes.LINKTYPE_LOOP, 4],
  [linkTypes.LINKTYPE_RAW, 1],
  [linkTypes.LINKTYPE_RAW_BSD, 1],
  [linkTypes.LINKTYPE_RAW_OPENBSD, 1],
]);
/** Fixed headers of transports. */
const FIXED: ReadonlyMap<number, number> = new Map([
  [tcp.PROTOCOL, tcp.LENGTH],
  [udp.PROTOCOL, udp.LENGTH],
  [sctp.PROTOCOL, sctp.LENGTH],
  [icmp.PROTOCOL, icmp.LENGTH],
  [icmp.PROTOCOL_V6, icmp.LENGTH],
  [esp.PROTOCOL, esp.LENGTH],
  // A header of the wrong version: it says so in its first octet.
  [PROTOCOL_IPV4, 1],
  [PROTOCOL_IPV6, 1],
]);

/** Where the last header that was read ends: everything behind it is payload, or was not understood. */
export function headerEndOf(packet: Packet): number {
  const { bytes, end, stop, payloadAt, networkAt, protocol } = packet;
  const within = (at: number): number => Math.max(packet.start, Math.min(end, at));
  if (packet.transportAt >= 0 || packet.fragment === FRAGMENT_LATER) return within(payloadAt);
  if (packet.ipVersion === 0) return within(endOfLink(packet));
  if (stop?.kind === 'too-short') return end;
  if (protocol === gre.PROTOCOL && payloadAt + gre.LENGTH <= end)
    return within(payloadAt + gre.headerLength(bytes, payloadAt));
  return within(Math.max(networkAt, payloadAt + (FIXED.get(protocol) ?? 0)));
}

function endOfLink(packet: Packet): number {
  const { stop, networkAt, end, etherType } = packet;
  const isBroken = stop?.kind === 'too-short' || stop?.kind === 'bad-field' || stop?.kind === 'no-room';
  if (networkAt >= 0) {
    if (stop === undefined || stop.layer === 'arp') return networkAt + arp.LENGTH;
    if (stop.layer === 'ipv4') return networkAt + ipv4.LENGTH;
    if (stop.layer === 'ipv6') return networkAt + ipv6.LENGTH;
    return isBroken ? end : networkAt;
  }
  if (packet.depth > 0) {
    const { udpAt, ipAt, kind } = packet.tunnels[packet.depth - 1];
    if (packet.ethernetAt < Math.max(udpAt, ipAt)) {
      if (TUNNEL_KINDS[kind] === 'gre') return ipAt + endOfGre(packet, ipAt);
      return udpAt >= 0 ? udpAt + udp.LENGTH + TUNNEL_OCTETS : ipAt + ipv6.LENGTH;
    }
  }
  if (packet.ethernetAt >= 0) return packet.ethernetAt + ethernet.LENGTH + octetsBehind(packet, etherType);
  return packet.start + (LINKS.get(packet.linkType) ?? 0);
}

/** GRE, and what stands before a frame in it: ERSPAN, or a wireless header with LLC. */
function endOfGre({ bytes, end }: Packet, ipAt: number): number {
  const ip = ipv4.version(bytes, ipAt) === 4 ? ipv4.headerLength(bytes, ipAt) : ipv6.LENGTH;
  return ip + (ipAt + ip + gre.LENGTH <= end ? gre.headerLength(bytes, ipAt + ip) : 0) + BEFORE_FRAME_OCTETS;
}

/** Of a frame whose payload is not IP: tags and labels, or the header of LLC. */
function octetsBehind({ bytes, ethernetAt }: Packet, etherType: number): number {
  const type = etherType === 0 ? ethernet.etherType(bytes, ethernetAt) : etherType;
  return LABELS.has(type) ? LABEL_OCTETS : ethernet.isTag(type) ? LABEL_OCTETS : LLC_OCTETS;
}
