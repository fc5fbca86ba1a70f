/** What is known of one TCP connection at one point, and of its trouble. */

import type { TunnelKind } from '../../decode/packet.ts';
import type { Direction, Endpoint, PacketRef } from './packet-ref.ts';

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
