/** Requests and their replies (DNS, ICMP echo, ARP, datagrams), and related packets: ICMP errors, leases, probes. */

import type { TunnelKind } from '../../decode/packet.ts';
import type { Endpoint, PacketRef } from './packet-ref.ts';

export interface DnsQuery extends PacketRef {
  sourcePort: number;
  l3Length: number;
}

export interface DnsResponse extends PacketRef {
  from: Endpoint;
  rcode: number;
  truncated: boolean;
  answers: number;
  addresses: string[];
  l3Length: number;
  /** The extended error (RFC 8914), with the text of the server; absent without one. */
  extendedError?: { code: number; text: string };
}

/** One query from one client to one server: same addresses, id, name and type. */
export interface DnsExchange {
  index: number;
  point: number;
  flow: number;
  client: Endpoint;
  server: Endpoint;
  transport: 'udp' | 'tcp';
  id: number;
  name: string;
  type: number;
  queries: DnsQuery[];
  queriesTotal: number;
  responses: DnsResponse[];
  encapsulation: TunnelKind[];
}

export interface EchoExchange {
  index: number;
  point: number;
  flow: number;
  source: string;
  destination: string;
  id: number;
  sequence: number;
  l3Length: number;
  request: PacketRef | null;
  requests: number;
  reply: PacketRef | null;
  ttl: number;
  dontFragment: boolean;
  encapsulation: TunnelKind[];
  /** Whether a request was sent to a group address of the link (IEEE 802, 8.2). */
  toGroup: boolean;
}

/**
 * ARP or neighbour solicitation by one host for one address. A new exchange begins after 30 s of silence or an answer.
 */
export interface ArpExchange {
  index: number;
  point: number;
  flow: number;
  protocol: 'arp' | 'nd';
  asker: string;
  askerMac: string;
  target: string;
  requests: PacketRef[];
  requestsTotal: number;
  /** Requests to a broadcast or multicast MAC address. A host that knows its neighbour asks it alone (RFC 1122, 2.3.2.1). */
  broadcasts: number;
  replies: (PacketRef & { mac: string })[];
  gratuitous: boolean;
}

/** A MAC address that claimed an IP address, at one point. */
export interface AddressClaim {
  point: number;
  address: string;
  mac: string;
  /** ARP replies, gratuitous ARP and neighbour advertisements are claims; `traffic` counts IP packets sent from that MAC. */
  claims: number;
  first: PacketRef;
  last: PacketRef;
  gratuitous: number;
}

/** An address that a DHCP server gave (DHCPACK, RFC 2131, 4.3.1). */
export interface AddressLease extends PacketRef {
  point: number;
  /** The client's hardware address, as in the message. */
  mac: string;
  address: string;
  server: string;
}

/**
 * A machine that asks for an address by DHCP, at one point (RFC 2131, 3.1). DISCOVERs and OFFERs count from its last
 * REQUEST, or the last acknowledgement or refusal.
 */
export interface DhcpClient {
  point: number;
  /** The client's hardware address, as in the message. */
  mac: string;
  /** DISCOVERs that no REQUEST followed; the list is capped, the total counts on. */
  discovers: PacketRef[];
  discoversTotal: number;
  /** OFFERs for these DISCOVERs. */
  offers: number;
  requests: number;
  acks: number;
  naks: number;
  /** Addresses of the servers and relays that answered, capped. */
  servers: string[];
}

/** UDP and other datagrams between two end points. DNS also has its own exchanges. */
export interface DatagramFlow {
  index: number;
  point: number;
  flow: number;
  protocol: number;
  client: Endpoint;
  server: Endpoint;
  packets: [number, number];
  octets: [number, number];
  first: [PacketRef | null, PacketRef | null];
  last: [PacketRef | null, PacketRef | null];
  largestL3: [number, number];
  /** The first packets of each direction, capped. */
  samples: [PacketRef[], PacketRef[]];
  encapsulation: TunnelKind[];
  tunnels: number[];
  /** Whether a packet of the direction was sent to a group address of the link (broadcast or multicast; IEEE 802, 8.2). */
  toGroup: [boolean, boolean];
  /** Whether its first packet is an Initial of QUIC (RFC 9000, 17.2.2). */
  quic: boolean;
  /** Packets of the client after the last one of the server; null when there are none, or the server sent nothing. */
  sinceAnswer: SinceAnswer | null;
  /** Requests between answers that got none; null when each packet of the client was answered before the next one. */
  unanswered: UnansweredRequests | null;
}

/** Packets of a client that another one of it follows without an answer in between, after the first answer of a flow. */
export interface UnansweredRequests {
  requests: number;
  /** The first of them, capped. */
  packets: PacketRef[];
  /** Packets to the client that no request precedes: more than one answer to a request, or packets of a stream. */
  answersAgain: number;
  /** Longest time from the last request to its first answer, and shortest from an unanswered request to the next one, seconds. */
  longestAnswer: number;
  shortestWait: number;
}

/** Packets of one direction in a row, with nothing of the other one in between. */
export interface SinceAnswer {
  packets: number;
  /** Payload, octets. */
  octets: number;
  first: PacketRef;
}

/** What a time server (NTP, RFC 5905) answered one client. */
export interface TimeServer {
  point: number;
  /** Biflow of the first answer. */
  flow: number;
  client: string;
  server: string;
  /** Answers in all; those that say that its clock is not set; those that send the client away (kiss-o'-death). */
  answers: number;
  unsynchronised: number;
  kisses: number;
  /** Code of the last kiss-o'-death, as "RATE"; empty without one. */
  code: string;
  /** The first answers that give no time, capped. */
  bad: PacketRef[];
}

export interface QuotedPacket {
  ipVersion: 4 | 6;
  protocol: number;
  source: Endpoint;
  destination: Endpoint;
  tcpSeq: number | null;
  ipId: number;
  l3Length: number;
  /** Echo sequence number when an echo is quoted. */
  sequence: number | null;
  /** True when the quoted packet is encapsulated (UDP to a VXLAN port or protocol 4). */
  tunnel: TunnelKind | null;
}

export interface IcmpError extends PacketRef {
  point: number;
  version: 4 | 6;
  type: number;
  code: number;
  /** Sender of the error, and its destination. */
  from: string;
  to: string;
  mtu: number;
  quoted: QuotedPacket | null;
  encapsulation: TunnelKind[];
  sourceMac: string | null;
  ttl: number;
}

/** A packet that requires an answer and has at most 30 hops left. Several together are a probe of traceroute or mtr. */
export interface Probe extends PacketRef {
  point: number;
  /** Biflow number in the sightings of its capture. */
  flow: number;
  ipVersion: 4 | 6;
  protocol: number;
  source: Endpoint;
  destination: Endpoint;
  ttl: number;
  ipId: number;
  /** Sequence number of an echo request. */
  sequence: number | null;
  encapsulation: TunnelKind[];
}
