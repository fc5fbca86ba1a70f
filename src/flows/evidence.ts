/**
 * What `flows` hands on: facts, no judgement, plain serialisable data (DESIGN.md, decision 11).
 * Times are seconds since the first packet of their capture, exact to the nanosecond of the file;
 * `point.timeShift` brings them on the common clock. Packet numbers are Wireshark's frame.number.
 * Long because it is one contract, read from top to bottom by whoever writes a rule.
 * Addresses are text. Everything that can grow is capped; the `…Total` beside it counts on.
 */

import type { FileProblem } from '../decode/files/capture-record.ts';
import type { TunnelKind } from '../decode/packet.ts';

export interface Endpoint {
  address: string;
  /** TCP or UDP port, ICMP echo identifier; 0 without ports. */
  port: number;
}

/** A packet of one capture. */
export interface PacketRef {
  packet: number;
  time: number;
}

/** Directions of a biflow, as array index. */
export const TO_SERVER = 0;
export const TO_CLIENT = 1;
export type Direction = typeof TO_SERVER | typeof TO_CLIENT;

// ---------------------------------------------------------------------------------------------- captures and points

export interface CaptureSummary {
  path: string;
  /** Names of the files of a capture that lies in several, in order of time; packet numbers count through them. */
  parts?: string[];
  format: string;
  packets: number;
  /** Exact time of the first packet: whole seconds since 1970 and nanoseconds. */
  baseSeconds: number;
  baseNanoseconds: number;
  /** Seconds from the first to the latest packet. */
  duration: number;
  snaplen: number;
  /** Drops told by the file (isb_ifdrop, isb_osdrop, epb_dropcount); null when it does not say. */
  dropped: number | null;
  filters: string[];
  comments: string[];
  problems: FileProblem[];
  problemsTotal: number;
  /** Packets of a link type that is not decoded: "NAME (number)" to count. */
  undecodedLinkTypes: Record<string, number>;
}

export type PointRole =
  | 'pod-veth'
  | 'bridge'
  | 'tunnel-device'
  | 'node-nic'
  | 'host-nic'
  | 'any'
  | 'outside'
  | 'unknown';

/** One place where packets were seen: one interface of one capture. */
export interface CapturePoint {
  /** Index in `Evidence.points`; in a digest, index in its own list. */
  index: number;
  capture: number;
  /** Interface index of the file, and of the record (SLL2); -1 without. */
  fileInterface: number;
  linkInterface: number;
  linkType: number;
  interfaceName: string | null;
  /** Display name, unique in the report. */
  name: string;
  host: string | null;
  role: PointRole;
  /** How host and role were found: 'given' | 'name' | 'traffic' | 'unknown'. */
  namedBy: 'given' | 'name' | 'traffic' | 'unknown';
  /** Seconds to add to a time of this point to get the common clock (capture start and clock offset). */
  timeShift: number;
  quality: PointQuality;
}

export interface PointQuality {
  packets: number;
  firstTime: number;
  lastTime: number;
  /** Packets with fewer octets than were on the wire. */
  cut: number;
  /** Packets cut so short that addresses or ports are missing. */
  unreadable: number;
  /** Malformed headers, by layer. */
  malformed: Record<string, number>;
  malformedTotal: number;
  notDecoded: number;
  /** Copies of packets that were already seen at this point (see `copies.ts`). */
  copies: number;
  /** Times that went back by more than 1 ms. */
  timeSteps: number;
  largestTimeStepBack: number;
  /** Segments larger than the agreed MSS: super-segments of TSO or GRO. */
  superSegments: number;
  /** IP, TCP and UDP checksums that are wrong though wholly captured, and partial ones that transmit offload left. */
  badChecksums: number;
  partialChecksums: number;
  /** Octets acknowledged but never captured, and TCP payload octets captured, over all connections. */
  gapOctets: number;
  tcpOctets: number;
  /** Connections of which only one direction was seen / all connections. */
  oneWayConnections: number;
  connections: number;
  arpPackets: number;
  icmpPackets: number;
}

// ---------------------------------------------------------------------------------------------- TCP

export type SegmentKind =
  | 'retransmission'
  | 'fastRetransmission'
  | 'spuriousRetransmission'
  | 'outOfOrder'
  | 'previousSegmentNotCaptured'
  | 'dupAck'
  | 'zeroWindow'
  | 'zeroWindowProbe'
  | 'zeroWindowProbeAck'
  | 'windowFull'
  | 'windowUpdate'
  | 'keepAlive'
  | 'keepAliveAck'
  | 'ackedUnseenSegment'
  | 'portsReused'
  | 'syn'
  | 'synAck'
  | 'fin'
  | 'reset';

export interface SegmentEvent extends PacketRef {
  direction: Direction;
  kind: SegmentKind;
  flags: number;
  /** Relative to the iss of the direction when it is known, else raw. */
  seqStart: number;
  seqEnd: number;
  ack: number;
  /** Scaled when the scale is known. */
  window: number;
  l3Length: number;
  ttl: number;
  ipId: number;
}

/** Octets of one direction that were sent several times. */
export interface RepeatedRange {
  /** Relative to iss. */
  seqStart: number;
  seqEnd: number;
  /** Largest and smallest IP length that carried the first octet. */
  l3Length: number;
  smallestL3Length: number;
  /** Sendings, the first included; capped at 16, `sendings` counts on. */
  packets: PacketRef[];
  sendings: number;
  dontFragment: boolean;
  /** When the peer acknowledged all of it (cumulatively or by SACK), null when never seen. */
  ackedTime: number | null;
  ackedPacket: number | null;
  /** Packets of the other direction between first and last sending: the peer was alive. */
  reversePacketsMeanwhile: number;
}

/** Octets that were passed over: later ones were captured, these not (receiver-side view of loss). */
export interface SequenceHole {
  seqStart: number;
  seqEnd: number;
  noticed: PacketRef;
  /** When the octets came after all; null when never. */
  filledTime: number | null;
  /** True when the peer acknowledged the octets although they were never captured. */
  acknowledged: boolean;
}

export interface ZeroWindowSpan {
  /** Direction of the segments that announced the shut window. */
  direction: Direction;
  start: PacketRef;
  /** When it opened again; null when never. */
  end: PacketRef | null;
  probes: number;
  /** Last packet of the connection in the span. */
  lastTime: number;
}

export interface IdleGap {
  seconds: number;
  from: PacketRef;
  to: PacketRef;
  /** Who spoke first after the pause, and how many octets of payload. */
  direction: Direction;
  octets: number;
  /** True when only keep-alives were exchanged before and after it. */
  keepAlive: boolean;
}

/** A request and the wait for its answer on an established connection. */
export interface Turn {
  /** Last data packet of the request. */
  request: PacketRef;
  requestOctets: number;
  /** When the request was acknowledged without data. */
  ackTime: number | null;
  /** First data packet of the answer; null when none came. */
  response: PacketRef | null;
  /** Seconds from the request's last packet to the first of the answer; to the end of the connection when none came. */
  seconds: number;
}

export interface ResetEvent extends PacketRef {
  direction: Direction;
  seq: number;
  ack: number;
  hasAck: boolean;
  ttl: number;
  ipId: number;
  /** Raw sequence number within what the peer had acknowledged to what its window allows. */
  inWindow: boolean;
  /** Seconds since the last packet of the other direction; null when there was none. */
  sincePeer: number | null;
}

export interface CountedValue<T> {
  value: T;
  count: number;
}

export interface TcpDirection {
  packets: number;
  payloadOctets: number;
  dataSegments: number;
  first: PacketRef | null;
  last: PacketRef | null;
  syns: number;
  fins: number;
  resets: number;
  /** Raw initial sequence number; null when no SYN was seen. */
  iss: number | null;
  /** Raw: lowest and highest sequence number seen, highest acknowledgement sent (null: none). */
  seqLow: number | null;
  seqHigh: number | null;
  ackHigh: number | null;
  mss: number | null;
  windowScale: number | null;
  sackPermitted: boolean;
  timestamps: boolean;
  tsFirst: number | null;
  tsLast: number | null;
  retransmissions: number;
  retransmittedOctets: number;
  fastRetransmissions: number;
  spuriousRetransmissions: number;
  /** Retransmissions that came after a silence of 200 ms or more without three duplicate ACKs. */
  timeoutRetransmissions: number;
  outOfOrder: number;
  previousSegmentNotCaptured: number;
  ackedUnseen: number;
  /** Octets of this direction acknowledged or passed over and never captured. */
  gapOctets: number;
  dupAcks: number;
  zeroWindows: number;
  keepAlives: number;
  zeroWindowProbes: number;
  /** D-SACK blocks sent by this direction: it got something twice. */
  duplicateSacks: number;
  /** SACKs sent by this direction that name octets far from all that the other one has sent: the first of them, and how many. */
  foreignSacks: PacketRef[];
  foreignSacksTotal: number;
  /** Largest IP length sent with payload, and the largest that the peer acknowledged. */
  largestL3: number;
  largestAckedL3: number;
  /** Octets sent and not acknowledged at the end, and segments in them. */
  unackedOctets: number;
  /** Octets beyond the last acknowledgement when the connection was last seen: first sending of the oldest. */
  unackedSince: PacketRef | null;
  repeats: RepeatedRange[];
  repeatsTotal: number;
  holes: SequenceHole[];
  holesTotal: number;
  ttls: CountedValue<number>[];
  sourceMacs: CountedValue<string>[];
  destinationMacs: CountedValue<string>[];
  /** Tunnels that carried it: indexes into `tunnels`; empty when not encapsulated. */
  tunnels: number[];
  dontFragment: boolean;
  /** Most octets in flight, and the smallest announced (scaled) window other than zero. */
  largestFlight: number;
}

export type TcpState = 'syn-sent' | 'syn-received' | 'established' | 'closing' | 'closed' | 'reset' | 'unknown';

export interface Connection {
  /** Index in its list. */
  index: number;
  point: number;
  /** Biflow number in the sightings of its capture. */
  flow: number;
  client: Endpoint;
  server: Endpoint;
  ipVersion: 4 | 6;
  rolesFrom: 'syn' | 'syn-ack' | 'guess';
  /** Kinds of encapsulation, outermost first. */
  encapsulation: TunnelKind[];
  directions: [TcpDirection, TcpDirection];
  state: TcpState;
  /** Zeek-like life in one word: S h A D F R T(retransmission) G(gap) W(zero window) Q(out of order) C(bad checksum), upper case from the client, repeats once. `^` in front when roles are guessed. */
  history: string;
  syn: PacketRef[];
  synAck: PacketRef[];
  /** Raw ack number of the first SYN-ACK. */
  synAckAcks: number | null;
  handshakeAck: PacketRef | null;
  /** Seconds; null when not seen. SYN to SYN-ACK, and SYN-ACK to ACK, as seen at this point. */
  handshakeServerSide: number | null;
  handshakeClientSide: number | null;
  /** Smallest and median data round trip by direction of the data (samples exclude retransmitted data); null without samples. */
  rtt: [RttSummary | null, RttSummary | null];
  events: SegmentEvent[];
  eventsTotal: number;
  resets: ResetEvent[];
  zeroWindowSpans: ZeroWindowSpan[];
  idleGaps: IdleGap[];
  /** Slowest first, capped. */
  slowTurns: Turn[];
  turns: number;
  /** Sum over all answered turns, seconds, and the smallest. */
  turnSeconds: number;
  fastestTurn: number;
  first: PacketRef;
  last: PacketRef;
  /** False when early packets or state were evicted: then absence proves nothing. */
  complete: boolean;
}

/** Ordinary connections to one listener that are only counted: they opened at the first try. */
export interface OpenedConnections {
  point: number;
  server: Endpoint;
  /** When their SYNs were seen, in order of the capture, seconds. */
  times: number[];
}

export interface RttSummary {
  samples: number;
  min: number;
  median: number;
  max: number;
}

// ---------------------------------------------------------------------------------------------- exchanges

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
}

/** One question of one client to one server: same addresses, id, name and type. */
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
}

/** ARP or neighbour solicitation for one address by one asker; a new exchange begins after 30 s of silence or an answer. */
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
  /** The client's hardware address, as the message has it. */
  mac: string;
  address: string;
  server: string;
}

/** UDP and other datagrams between two end points. DNS has its own exchanges besides. */
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
  /** First packets of each direction, capped. */
  samples: [PacketRef[], PacketRef[]];
  encapsulation: TunnelKind[];
  tunnels: number[];
}

export interface QuotedPacket {
  ipVersion: 4 | 6;
  protocol: number;
  source: Endpoint;
  destination: Endpoint;
  tcpSeq: number | null;
  ipId: number;
  l3Length: number;
  /** Echo sequence when an echo is quoted. */
  sequence: number | null;
  /** True when the quoted packet is an encapsulated one (UDP to a VXLAN port or protocol 4). */
  tunnel: TunnelKind | null;
}

export interface IcmpError extends PacketRef {
  point: number;
  version: 4 | 6;
  type: number;
  code: number;
  /** Who says it, and to whom. */
  from: string;
  to: string;
  mtu: number;
  quoted: QuotedPacket | null;
  encapsulation: TunnelKind[];
  sourceMac: string | null;
  ttl: number;
}

/** A packet that asks for an answer and has 30 hops left at most: a probe of traceroute or mtr, if others go with it. */
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
  /** Of an echo request. */
  sequence: number | null;
  encapsulation: TunnelKind[];
}

// ---------------------------------------------------------------------------------------------- tunnels, hosts, fragments

/** One direction of a tunnel at one point: outer source to outer destination, one VNI, one destination port. */
export interface TunnelFlow {
  index: number;
  point: number;
  kind: TunnelKind;
  source: string;
  destination: string;
  networkId: number;
  destinationPort: number;
  packets: number;
  octets: number;
  first: PacketRef;
  last: PacketRef;
  /** Inner Ethernet addresses (VXLAN, Geneve): the VTEPs' own MACs in flannel. Capped at 32. */
  innerSourceMacs: CountedValue<string>[];
  innerDestinationMacs: CountedValue<string>[];
  innerSources: CountedValue<string>[];
  innerDestinations: CountedValue<string>[];
  largestOuterL3: number;
  fragments: number;
  ttls: CountedValue<number>[];
  /** Outer UDP checksums. */
  checksums: { good: number; bad: number; partial: number; absent: number; notCaptured: number };
  firstBadChecksum: PacketRef | null;
  /** Outer Ethernet addresses, as seen at this point. */
  sourceMacs: CountedValue<string>[];
  destinationMacs: CountedValue<string>[];
  depth: number;
}

/** What one address did at one point. Inner addresses when encapsulated, outer ones too (`outer`). */
export interface HostActivity {
  point: number;
  address: string;
  outer: boolean;
  sent: number;
  received: number;
  firstSent: number | null;
  lastSent: number | null;
  firstReceived: number | null;
  lastReceived: number | null;
  macs: CountedValue<string>[];
  ttls: CountedValue<number>[];
}

export interface FragmentedDatagram {
  point: number;
  source: string;
  destination: string;
  protocol: number;
  ipId: number;
  first: PacketRef;
  packets: number;
  /** Payload octets of the IP datagram that were seen, and in all (null: last fragment not seen). */
  seenOctets: number;
  totalOctets: number | null;
  hasFirst: boolean;
  complete: boolean;
  encapsulation: TunnelKind[];
  /** True when it is the outer packet of a tunnel. */
  outer: boolean;
}

/** One packet that passed one point several times with falling TTL. */
export interface PacketLoop {
  point: number;
  source: string;
  destination: string;
  protocol: number;
  ipId: number;
  ttls: number[];
  packets: PacketRef[];
}

// ---------------------------------------------------------------------------------------------- several points

/** A biflow at one point: where in the evidence it stands. */
export interface Leg {
  point: number;
  flow: number;
  kind: 'tcp' | 'datagram' | 'echo' | 'arp';
  /** Index into connections, datagrams, … of the evidence. */
  index: number;
  client: Endpoint;
  server: Endpoint;
  encapsulation: TunnelKind[];
}

export interface DelaySummary {
  p50: number;
  p95: number;
  max: number;
  /** Half-width of what the clocks allow, seconds. */
  error: number;
}

/** One direction of a conversation between two neighbouring points of its path. */
export interface Hop {
  direction: Direction;
  from: number;
  to: number;
  /** Transmissions seen at `from` within the time that both points cover. */
  packets: number;
  octets: number;
  /** Of these, not seen at `to`. */
  lost: number;
  lostOctets: number;
  /** Data-carrying ones among the lost. */
  lostData: number;
  /** IP lengths: largest that arrived, smallest and largest that was lost; 0 when none. */
  largestArrived: number;
  smallestLost: number;
  largestLost: number;
  lostPackets: PacketRef[];
  /** Matched packets. */
  matched: number;
  reordered: number;
  delay: DelaySummary | null;
  /** What changed on the way, as text: "destination 10.0.0.1:80 to 10.1.2.3:8080", "TTL 64 to 63". */
  changes: string[];
  /** Whether absence at `to` may be claimed; else the reason. */
  assessable: boolean;
  because: string | null;
  /** No packet at all was seen by both hosts: that the second point was capturing is told by their wall clocks only. */
  byWallClock?: true;
}

/** A connection or exchange across all capture points. */
export interface Conversation {
  index: number;
  protocol: 'tcp' | 'udp' | 'icmp' | 'arp' | 'other';
  /** Along the path from client to server. A point may occur twice: packets pass a NIC plain and then encapsulated, or before and after NAT. */
  legs: Leg[];
  /** Hops in the direction of the packets: client to server first, then back. */
  hops: Hop[];
  client: Endpoint;
  server: Endpoint;
  /** As the client addressed it, when that differs (service address). */
  serverBeforeNat: Endpoint | null;
  clientAfterNat: Endpoint | null;
}

export interface NatMapping {
  kind: 'dnat' | 'snat';
  protocol: 'tcp' | 'udp' | 'icmp';
  before: Endpoint;
  after: Endpoint;
  /** Between these points. */
  between: [number, number];
  conversations: number;
}

export interface ClockRelation {
  /** Hosts, or captures when the host is unknown. */
  reference: string;
  host: string;
  /** Seconds that `host`'s clock is ahead; null when it cannot be told. */
  offsetSeconds: number | null;
  /** Hard bound: the truth lies within ± this. */
  errorSeconds: number | null;
  skewPpm: number | null;
  matches: number;
  because: string | null;
}

/** Paths: distinct orders of points, with totals, for the strip. */
export interface PathSummary {
  points: number[];
  conversations: number;
  /** Packets seen at each point, by direction. */
  packets: [number[], number[]];
  lost: [number[], number[]];
}

/** Everything the heuristics may look at. Lists of all captures are joined; `point` indexes are global. */
export interface Evidence {
  captures: CaptureSummary[];
  points: CapturePoint[];
  connections: Connection[];
  connectionsTotal: number;
  connectionsEvicted: number;
  openedLeftOut: OpenedConnections[];
  dns: DnsExchange[];
  dnsTotal: number;
  echoes: EchoExchange[];
  echoesTotal: number;
  arp: ArpExchange[];
  claims: AddressClaim[];
  leases: AddressLease[];
  datagrams: DatagramFlow[];
  icmpErrors: IcmpError[];
  icmpErrorsTotal: number;
  probes: Probe[];
  probesTotal: number;
  tunnels: TunnelFlow[];
  hosts: HostActivity[];
  fragments: FragmentedDatagram[];
  fragmentsTotal: number;
  fragmentsIncomplete: number;
  loops: PacketLoop[];
  /** One for every biflow, also with a single point (one leg, no hops). */
  conversations: Conversation[];
  /** Packets of ordinary conversations that `thinOut` left out, by hop: shares of loss are of these too. */
  hopsLeftOut: { from: number; to: number; packets: number }[];
  nat: NatMapping[];
  clocks: ClockRelation[];
  paths: PathSummary[];
  /** What correlation had to assume, or could not settle: contradictions, presumed capture times, guessed order. */
  notes: string[];
  /** What the user told (options, inventory). */
  known: KnownCluster;
}

/** Facts about the cluster that were given, or are well known. */
export interface KnownCluster {
  serviceCidrs: string[];
  podCidrs: string[];
  /** Node addresses to names. */
  nodes: Record<string, string>;
  dnsServers: string[];
  /** Any address to a name to show: pods, services, nodes. */
  names: Record<string, string>;
  /** Addresses of service endpoints that exist now, null when not known. */
  endpoints: string[] | null;
  /** MAC addresses of VTEPs to the outer address that their node announces (flannel); absent when not known. */
  vteps?: Record<string, string>;
  given: boolean;
}

export const NOTHING_KNOWN: KnownCluster = {
  serviceCidrs: [],
  podCidrs: [],
  nodes: {},
  dnsServers: [],
  names: {},
  endpoints: null,
  given: false,
};
