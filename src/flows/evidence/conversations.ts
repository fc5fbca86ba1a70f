/** What several points tell together: conversations, hops, translations, clocks, paths. */

import type { TunnelKind } from '../../decode/packet.ts';
import type { Direction, Endpoint, PacketRef } from './packet-ref.ts';
import type { ClockReason, HopChange, HopReason } from './reasons.ts';

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
  /** What changed on the way: addresses, TTL, options, tunnels. */
  changes: HopChange[];
  /** Why absence at `to` proves nothing; null when it may be claimed. */
  unknown: HopReason | null;
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
  /** Why the offset is unknown; null when it is known. */
  unknown: ClockReason | null;
}

/** Paths: distinct orders of points, with totals, for the strip. */
export interface PathSummary {
  points: number[];
  conversations: number;
  /** Packets seen at each point, by direction. */
  packets: [number[], number[]];
  lost: [number[], number[]];
}
