import { FIRST_IPV6 } from './address-book.ts';
import { PacketDecoder } from './decode-packet.ts';
import type { CaptureRecord } from './files/capture-record.ts';
import { PROTOCOL as GRE } from './headers/gre.ts';
import { PROTOCOL as ICMP, PROTOCOL_V6 as ICMPV6 } from './headers/icmp.ts';
import { PROTOCOL as TCP } from './headers/tcp.ts';
import { PROTOCOL as UDP } from './headers/udp.ts';
import { LINKTYPE_RAW } from './link-types.ts';
import { PROTOCOL_IPV4, PROTOCOL_IPV6 } from './open-tunnel.ts';
import { type Packet, TUNNEL_KINDS, type TunnelHeader } from './packet.ts';

/** The fields of an IP packet in the octets that an ICMP error quotes. Addresses are `AddressBook` numbers. */
export interface QuotedHeaders {
  ipVersion: 4 | 6;
  source: number;
  destination: number;
  protocol: number;
  ttl: number;
  ipId: number;
  dontFragment: boolean;
  /** Length field of the quoted header, octets; 0 when the header does not give it. */
  l3Length: number;
  /** Fragment offset, octets. A later fragment has no ports. */
  fragmentOffset: number;
  /** Whether the ports (or the echo identifier, in both) were quoted. Otherwise they are 0. */
  hasPorts: boolean;
  sourcePort: number;
  destinationPort: number;
  /** TCP sequence number, when it was quoted. */
  tcpSeq: number | undefined;
  /** ICMP type and echo sequence number, when quoted. */
  icmpType: number | undefined;
  icmpSequence: number | undefined;
}

export interface QuotedPacket extends QuotedHeaders {
  /** The inner packet, when the quoted packet is a tunnel and enough of it was quoted. */
  inner: QuotedHeaders | undefined;
  /** VNI or GRE key of that tunnel, 0 without one. */
  networkId: number;
}

/**
 * Longer than any IP packet, so that the length field of the quoted packet sets its end, not the end of the quotation.
 */
const UNTOLD_LENGTH = 2 ** 18;
/** Longest length that IPv6 headers can express (RFC 8200, 3). */
const MOST_TOLD = 40 + 0xffff;
/** Octets of a TCP header up to the end of the sequence number. */
const SEQ_END = 8;

/** The packet that the ICMP error in `packet` quotes; undefined when it quotes none or too little of its IP header. */
export function decodeQuoted(packet: Packet): QuotedPacket | undefined {
  if (packet.quotedAt < 0) return undefined;
  const quoted = new PacketDecoder(packet.addresses).decode(recordOf(packet), LINKTYPE_RAW);
  const innermost = quoted.ipVersion === 0 ? undefined : innermostOf(quoted, quoted.ipVersion);
  if (quoted.depth > 0) {
    const outer = quoted.tunnels[0];
    return { ...outerOf(outer), inner: innermost, networkId: outer.networkId };
  }
  return innermost === undefined ? undefined : { ...innermost, inner: undefined, networkId: 0 };
}

function innermostOf(quoted: Packet, ipVersion: 4 | 6): QuotedHeaders {
  const isIcmp = quoted.protocol === ICMP || quoted.protocol === ICMPV6;
  // The ports are known with the transport header, or when only the rest of that header was truncated.
  const transport = quoted.payloadEnd - (quoted.transportAt < 0 ? quoted.payloadAt : quoted.transportAt);
  const seqIsThere = quoted.protocol === TCP && quoted.fragmentOffset === 0 && transport >= SEQ_END;
  return {
    ipVersion,
    source: quoted.source,
    destination: quoted.destination,
    protocol: quoted.protocol,
    ttl: quoted.ttl,
    ipId: quoted.ipId,
    dontFragment: quoted.dontFragment,
    l3Length: told(quoted.l3Length),
    fragmentOffset: quoted.fragmentOffset,
    hasPorts: quoted.sourcePort !== 0 || quoted.destinationPort !== 0,
    sourcePort: quoted.sourcePort,
    destinationPort: quoted.destinationPort,
    tcpSeq: seqIsThere ? quoted.tcpSeq : undefined,
    icmpType: isIcmp && quoted.transportAt >= 0 ? quoted.icmpType : undefined,
    icmpSequence: isIcmp && quoted.transportAt >= 0 ? quoted.icmpSequence : undefined,
  };
}

const outerOf = (outer: TunnelHeader): QuotedHeaders => ({
  ipVersion: outer.source < FIRST_IPV6 ? 4 : 6,
  source: outer.source,
  destination: outer.destination,
  protocol: protocolOf(outer),
  ttl: outer.ttl,
  ipId: outer.ipId,
  dontFragment: outer.dontFragment,
  l3Length: told(outer.l3Length),
  fragmentOffset: 0,
  hasPorts: outer.udpAt >= 0,
  sourcePort: outer.sourcePort,
  destinationPort: outer.destinationPort,
  tcpSeq: undefined,
  icmpType: undefined,
  icmpSequence: undefined,
});

function protocolOf(outer: TunnelHeader): number {
  if (outer.udpAt >= 0) return UDP;
  switch (TUNNEL_KINDS[outer.kind]) {
    case 'gre':
      return GRE;
    case '6in4':
    case '6in6':
      return PROTOCOL_IPV6;
    default:
      return PROTOCOL_IPV4;
  }
}

/** If the length reaches the end of the artificial record, no header has given it. */
const told = (l3Length: number): number => (l3Length > MOST_TOLD ? 0 : l3Length);

const recordOf = (packet: Packet): CaptureRecord => ({
  seconds: packet.seconds,
  nanoseconds: packet.nanoseconds,
  bytes: packet.bytes,
  start: packet.quotedAt,
  end: packet.payloadEnd,
  originalLength: UNTOLD_LENGTH,
  interfaceIndex: packet.interfaceIndex,
  flags: 0,
  dropCount: 0,
  offset: 0,
});
