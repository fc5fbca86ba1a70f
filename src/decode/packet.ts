import type { AddressBook } from './address-book.ts';

/** Deepest encapsulation that is decoded (RFC 2473, 4.1.1 gives 4 as the default limit of nested tunnels). */
export const MAX_TUNNEL_DEPTH = 4;

/** Kinds of encapsulation. Columns store the index. */
export const TUNNEL_KINDS = ['vxlan', 'vxlan-gpe', 'geneve', 'gre', 'ipip', '6in4', '4in6', '6in6'] as const;
/** Kind of a tunnel. */
export type TunnelKind = (typeof TUNNEL_KINDS)[number];

/** The limit that truncated a header. */
export type LengthSource = 'snaplen' | 'ip-total-length' | 'udp-length' | 'frame-length';
/** Layer at which decoding ended. */
export type Layer =
  | 'link'
  | 'vlan'
  | 'arp'
  | 'ipv4'
  | 'ipv6'
  | 'icmp'
  | 'icmpv6'
  | 'udp'
  | 'tcp'
  | 'sctp'
  | 'vxlan'
  | 'geneve'
  | 'gre'
  | 'other';
/**
 * Why decoding ended before the transport header. Data, not an error.
 *
 * `next` of `not-decoded` is, by layer: `link` the LINKTYPE; `other` the EtherType (below 0x0600: an LLC SAP);
 * `ipv4`, `ipv6` the protocol number; `gre` the protocol type.
 */
export type DecodeStop =
  | { kind: 'too-short'; layer: Layer; limitedBy: LengthSource }
  | { kind: 'bad-field'; layer: Layer }
  | { kind: 'not-decoded'; layer: Layer; next: number }
  /** The address book is full, so the packet can be put to no flow. */
  | { kind: 'no-room'; layer: Layer };

/** Direction relative to the capturing machine (SLL packet type, epb_flags). */
export const DIRECTION_UNKNOWN = 0;
export const DIRECTION_INBOUND = 1;
export const DIRECTION_OUTBOUND = 2;

/** One pair of outer headers, outermost first. */
export interface TunnelHeader {
  /** Index into TUNNEL_KINDS. */
  kind: number;
  /** Outer addresses as `AddressBook` numbers. */
  source: number;
  destination: number;
  /** Outer UDP ports; 0 for tunnels without ports. */
  sourcePort: number;
  destinationPort: number;
  /** VNI, GRE key, or 0. */
  networkId: number;
  ttl: number;
  /** IP total length of the outer packet, octets. */
  l3Length: number;
  ipId: number;
  dontFragment: boolean;
  /** Outer DSCP, 0 to 63. */
  dscp: number;
  /** The outer packet is the first fragment of a datagram: the inner packet is incomplete here. */
  moreFragments: boolean;
  /** Offset of the outer IP header and of the outer UDP header (-1 without one). */
  ipAt: number;
  udpAt: number;
  /** Offset of the Ethernet header that carried the outer packet, -1 without one. */
  linkAt: number;
}

/** Fragment states of the innermost IP packet. */
export const FRAGMENT_NONE = 0;
export const FRAGMENT_FIRST = 1;
export const FRAGMENT_LATER = 2;

/**
 * One packet, decoded in place: offsets and numbers, no objects.
 * One instance is reused; it is valid until the next packet. Nothing past `flows` ever sees it.
 *
 *   bytes[start … end)   what was captured
 *   tunnels[0 … depth)   outer headers, outermost first
 *   ip…, tcp…            the innermost packet
 */
export class Packet {
  /** Number in the capture, from 1 (Wireshark's frame.number). */
  number = 0;
  seconds = 0;
  nanoseconds = 0;
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  /** Octets on the wire. */
  originalLength = 0;
  linkType = 0;
  interfaceIndex = 0;
  direction = DIRECTION_UNKNOWN;
  /** Interface index inside the record (SLL2); -1 when the record has none. */
  linkInterface = -1;
  /** Outermost VLAN id of the frame itself (not of a tunnelled one); -1 without a tag. */
  vlan = -1;

  /** Offset of the innermost Ethernet header, -1 without one. */
  ethernetAt = -1;
  /** Offsets of the innermost link addresses, -1 when the link type has none. SLL has a source only. */
  sourceMacAt = -1;
  destinationMacAt = -1;

  readonly tunnels: TunnelHeader[] = Array.from({ length: MAX_TUNNEL_DEPTH }, emptyTunnel);
  depth = 0;

  /** Innermost EtherType; 0x0800, 0x86dd, 0x0806 … */
  etherType = 0;
  /**
   * Offset of the header that `etherType` announces (IP, ARP, …) in the innermost frame; -1 when the link layer was not
   * read.
   */
  networkAt = -1;
  /** 4 or 6; 0 when there is no IP header. */
  ipVersion: 0 | 4 | 6 = 0;
  ipAt = -1;
  /** Addresses as `AddressBook` numbers: IPv4 is its own value, IPv6 counts from 2³². */
  source = 0;
  destination = 0;
  /** Protocol of the transport header (after IPv6 extension headers). */
  protocol = 0;
  ttl = 0;
  dscp = 0;
  /** Congestion bits of the IP header, 0 to 3. */
  ecn = 0;
  /** IPv4 identification, or the IPv6 fragment header's; 0 without one. */
  ipId = 0;
  /** The DF bit of IPv4; false in IPv6, which has none. */
  dontFragment = false;
  fragment = FRAGMENT_NONE;
  /** Offset of this fragment in its datagram, octets. */
  fragmentOffset = 0;
  moreFragments = false;
  /** IP total length (IPv6: payload length + 40), octets; never the captured length. */
  l3Length = 0;

  /** Offset of the transport header; -1 when it is absent or cannot be decoded. */
  transportAt = -1;
  /**
   * TCP, UDP and SCTP ports; ICMP echo: identifier in both; 0 otherwise. They are set whenever their 4 octets were
   * captured, even if there is a `stop` and no `transportAt`. The same holds for `tcpSeq` and `tcpAck`.
   */
  sourcePort = 0;
  destinationPort = 0;
  /** Payload octets of this packet by the IP (and UDP) length fields, captured or not. */
  payloadLength = 0;
  /** Offset of the payload, and the end of its captured part. */
  payloadAt = 0;
  payloadEnd = 0;

  tcpSeq = 0;
  tcpAck = 0;
  /** Low 9 bits as in the header: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128. */
  tcpFlags = 0;
  /** Window field of the header, unscaled. */
  tcpWindow = 0;
  /** MSS option, -1 when absent. */
  tcpMss = -1;
  /** Window scale option, -1 when absent. */
  tcpWindowScale = -1;
  tcpSackPermitted = false;
  /** Kind of the option that signs the segment: 19 MD5 (RFC 2385), 29 TCP-AO (RFC 5925); 0 when absent. */
  tcpSignature = 0;
  /** Timestamps option; `tcpHasTimestamps` says whether it was present. */
  tcpHasTimestamps = false;
  tcpTsValue = 0;
  tcpTsEcho = 0;
  /** SACK blocks: left and right edges in turn; `tcpSackCount` blocks are valid. */
  readonly tcpSack: Float64Array = new Float64Array(8);
  tcpSackCount = 0;
  /** Options were truncated or malformed. An option that is absent here may have been present. */
  tcpOptionsIncomplete = false;

  icmpType = 0;
  icmpCode = 0;
  /** Echo sequence number. */
  icmpSequence = 0;
  /** Next-hop MTU of "fragmentation needed" and "packet too big", 0 without one. */
  icmpMtu = 0;
  /** Offset of the quoted IP packet in an ICMP error, -1 without one. */
  quotedAt = -1;

  /** Why the decoder stopped before a transport header, or undefined. */
  stop: DecodeStop | undefined = undefined;

  readonly addresses: AddressBook;
  constructor(addresses: AddressBook) {
    this.addresses = addresses;
  }
}

function emptyTunnel(): TunnelHeader {
  return {
    kind: 0,
    source: 0,
    destination: 0,
    sourcePort: 0,
    destinationPort: 0,
    networkId: 0,
    ttl: 0,
    l3Length: 0,
    ipId: 0,
    dontFragment: false,
    dscp: 0,
    moreFragments: false,
    ipAt: -1,
    udpAt: -1,
    linkAt: -1,
  };
}

/** Whether it was sent to a group address of the innermost link: broadcast or multicast (IEEE 802, 8.2: first bit sent). */
export const isToGroup = ({ bytes, destinationMacAt }: Packet): boolean =>
  destinationMacAt >= 0 && (bytes[destinationMacAt] & 1) !== 0;
