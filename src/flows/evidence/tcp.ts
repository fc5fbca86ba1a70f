/** Facts about one TCP connection at one point, and about its trouble. */

import type { TunnelKind } from '../../decode/packet.ts';
import type { ApplicationFacts } from './applications.ts';
import type { Direction, Endpoint, PacketRef } from './packet-ref.ts';
import type { ConnectionEnd, Transfer, Turn } from './turns.ts';

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
  /** Relative to the initial sequence number of the direction when it is known, else raw. */
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
  /** Largest and smallest IP length of the packets that carried the first octet. */
  l3Length: number;
  smallestL3Length: number;
  /** Transmissions, including the first. The list is capped at 16; `sendings` counts all. */
  packets: PacketRef[];
  sendings: number;
  dontFragment: boolean;
  /** When the peer acknowledged all of it (cumulatively or by SACK); null when that was not seen. */
  ackedTime: number | null;
  ackedPacket: number | null;
  /** Packets of the other direction between the first and the last transmission; they show that the peer was alive. */
  reversePacketsMeanwhile: number;
}

/** Octets that were skipped: later ones were captured, these were not (loss as the receiver sees it). */
export interface SequenceHole {
  seqStart: number;
  seqEnd: number;
  noticed: PacketRef;
  /** When the octets arrived late; null when they never did. */
  filledTime: number | null;
  /** True when the peer acknowledged the octets although they were never captured. */
  acknowledged: boolean;
}

export interface ZeroWindowSpan {
  /** Direction of the segments that announced the zero window. */
  direction: Direction;
  start: PacketRef;
  /** When the window opened again; null when it never did. */
  end: PacketRef | null;
  probes: number;
  /** Last packet of the connection in this period. */
  lastTime: number;
}

export interface IdleGap {
  seconds: number;
  from: PacketRef;
  to: PacketRef;
  /** The first sender after the pause, and its payload octets. */
  direction: Direction;
  octets: number;
  /** True when only keep-alives were exchanged before and after it. */
  keepAlive: boolean;
}

export interface ResetEvent extends PacketRef {
  direction: Direction;
  seq: number;
  ack: number;
  hasAck: boolean;
  ttl: number;
  ipId: number;
  /** True when the raw sequence number lies between what the peer acknowledged and what its window allows. */
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
  /** Raw initial sequence number; null without a SYN. */
  iss: number | null;
  /** Raw values: lowest and highest sequence number seen, and highest acknowledgement sent (null: none). */
  seqLow: number | null;
  seqHigh: number | null;
  ackHigh: number | null;
  mss: number | null;
  windowScale: number | null;
  sackPermitted: boolean;
  /** The option that signs its first SYN: TCP MD5 (RFC 2385), TCP-AO (RFC 5925). */
  signature: 'md5' | 'ao' | null;
  timestamps: boolean;
  tsFirst: number | null;
  tsLast: number | null;
  /** When the peer first acknowledged data of this direction, by the number of the ACK; null when never seen. */
  firstAckedData: PacketRef | null;
  /** SYNs (of a server: SYN-ACKs) after the first one, those included that answer a repeated SYN. */
  synsAgain: number;
  /** Bare FINs that were sent again. */
  finsAgain: number;
  /**
   * Data segments sent again where a loss explains it, those of `resentLate` among them: no SYNs and FINs, no padding, no
   * TCP Fast Open data that was left alone, and nothing that is needless.
   */
  resentSegments: number;
  /** Data segments sent again that were acknowledged before, were mangled copies, or came sooner than a loss can be known. */
  needlessSegments: number;
  /** Out of order by their numbers, and later than two round trips. */
  resentLate: number;
  /** All segments that Wireshark names retransmissions, SYNs and FINs among them. */
  retransmissions: number;
  retransmittedOctets: number;
  fastRetransmissions: number;
  spuriousRetransmissions: number;
  /** Retransmissions among `resentSegments` after a silence of 200 ms or more, without three duplicate ACKs. */
  timeoutRetransmissions: number;
  outOfOrder: number;
  previousSegmentNotCaptured: number;
  ackedUnseen: number;
  /** Octets of this direction that were acknowledged or skipped, and never captured. */
  gapOctets: number;
  dupAcks: number;
  zeroWindows: number;
  keepAlives: number;
  zeroWindowProbes: number;
  /** Octets beyond its acknowledgement that the last SACK of this direction names: they arrived, and those before did not. */
  sackedAhead: number;
  /** D-SACK blocks sent by this direction: it received something twice. */
  duplicateSacks: number;
  /**
   * SACKs sent by this direction for octets far from everything that the other side sent: the first one, and their
   * number.
   */
  foreignSacks: PacketRef[];
  foreignSacksTotal: number;
  /** Largest IP length sent with payload, and the largest one that the peer acknowledged. */
  largestL3: number;
  largestAckedL3: number;
  /** Octets sent and not acknowledged at the end, and the number of their segments. */
  unackedOctets: number;
  /** First transmission of the oldest octets that were unacknowledged when the connection was last seen. */
  unackedSince: PacketRef | null;
  repeats: RepeatedRange[];
  repeatsTotal: number;
  holes: SequenceHole[];
  holesTotal: number;
  ttls: CountedValue<number>[];
  sourceMacs: CountedValue<string>[];
  destinationMacs: CountedValue<string>[];
  /** Tunnels that carried it, as indexes into `tunnels`; empty when not encapsulated. */
  tunnels: number[];
  dontFragment: boolean;
  /** Most octets in flight, and the smallest announced (scaled) window above zero. */
  largestFlight: number;
}

/** How a connection stands when the capture ends. */
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
  /**
   * History as in Zeek, in one word: S h A D F R T(retransmission) G(gap) W(zero window) Q(out of order) C(bad
   * checksum), upper case for the client, each letter at most once per direction. `^` at the start when roles are
   * guessed.
   */
  history: string;
  syn: PacketRef[];
  synAck: PacketRef[];
  /** Raw ack number of the first SYN-ACK. */
  synAckAcks: number | null;
  handshakeAck: PacketRef | null;
  /** Seconds from SYN to SYN-ACK, and from SYN-ACK to ACK, as seen at this point; null when not seen. */
  handshakeServerSide: number | null;
  handshakeClientSide: number | null;
  /**
   * Smallest and median round trip of data, by direction of the data (without retransmitted data); null without
   * samples.
   */
  rtt: [RttSummary | null, RttSummary | null];
  events: SegmentEvent[];
  eventsTotal: number;
  resets: ResetEvent[];
  zeroWindowSpans: ZeroWindowSpan[];
  idleGaps: IdleGap[];
  /** Slowest first, capped. */
  slowTurns: Turn[];
  turns: number;
  /** Those of them that are the TLS handshake. */
  tlsTurns: number;
  /** Sum over all answered turns, seconds, and the shortest one. */
  turnSeconds: number;
  fastestTurn: number;
  /** What its programs said in the clear; null where nothing of it is notable, or nothing was read. */
  application: ApplicationFacts | null;
  /** The first FIN or reset; null while it is open. */
  end: ConnectionEnd | null;
  /** Null where no request and no answer was larger than 16 kB. */
  transfer: Transfer | null;
  /**
   * How often a small segment waited for a delayed acknowledgement, by direction of the segment, and the sum of these
   * waits beyond the round trip, seconds.
   */
  stalls: [number, number];
  stallSeconds: number;
  first: PacketRef;
  last: PacketRef;
  /** False when early packets or state were evicted. Then absence proves nothing. */
  complete: boolean;
}

/** Ordinary connections to one listener that are only counted. They opened at the first attempt. */
export interface OpenedConnections {
  point: number;
  server: Endpoint;
  /** Times of their SYNs, in the order of the capture, seconds. */
  times: number[];
}

export interface RttSummary {
  samples: number;
  min: number;
  median: number;
  max: number;
}
