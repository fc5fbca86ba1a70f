/** What several points show together: conversations, hops, translations, clocks, paths. */

import type { TunnelKind } from '../../decode/packet.ts';
import type { Direction, Endpoint, PacketRef } from './packet-ref.ts';
import type { ClockReason, HopChange, HopReason } from './reasons.ts';

/** A biflow at one point, as an index into the evidence. */
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
  /** Half-width of the uncertainty of the clocks, seconds. */
  error: number;
}

/** One direction of a conversation between two neighbouring points of its path. */
export interface Hop {
  direction: Direction;
  from: number;
  to: number;
  /** Transmissions seen at `from` while both points were capturing. */
  packets: number;
  octets: number;
  /** How many of these were not seen at `to`. */
  lost: number;
  lostOctets: number;
  /** How many of the lost ones carried data. */
  lostData: number;
  /** SYNs and FINs without data among the lost that their sender repeated. */
  lostControl: number;
  /** IP lengths: the largest that arrived, and the smallest and largest that were lost; 0 when there are none. */
  largestArrived: number;
  smallestLost: number;
  largestLost: number;
  lostPackets: PacketRef[];
  /** Matched packets. */
  matched: number;
  /** How many of the matched ones carried data. */
  matchedData: number;
  /** Lost packets after the last one that matched: all of `lost` when nothing came through after the first loss. */
  lostSinceMatch: number;
  reordered: number;
  delay: DelaySummary | null;
  /** Fields that changed on the way: addresses, TTL, options, tunnels. */
  changes: HopChange[];
  /** Why absence at `to` proves nothing; null when loss may be claimed. */
  unknown: HopReason | null;
  /** Both hosts have seen no common packet. Only their wall clocks tell that the second point was capturing. */
  byWallClock?: true;
}

/** A connection or exchange across all capture points. */
export interface Conversation {
  index: number;
  protocol: 'tcp' | 'udp' | 'icmp' | 'arp' | 'other';
  /**
   * In order along the path from client to server. A point may occur twice: packets may pass a NIC plain and then
   * encapsulated, or before and after NAT.
   */
  legs: Leg[];
  /** Hops in the direction of the packets: client to server first, then back. */
  hops: Hop[];
  client: Endpoint;
  server: Endpoint;
  /** The server as the client addressed it, when that differs (service address). */
  serverBeforeNat: Endpoint | null;
  clientAfterNat: Endpoint | null;
}

export interface NatMapping {
  kind: 'dnat' | 'snat';
  protocol: 'tcp' | 'udp' | 'icmp';
  before: Endpoint;
  after: Endpoint;
  /** The points between which the translation happens. */
  between: [number, number];
  conversations: number;
}

export interface ClockRelation {
  /** Two hosts, or captures when the host is unknown. */
  reference: string;
  host: string;
  /** Seconds by which the clock of `host` is ahead; null when unknown. */
  offsetSeconds: number | null;
  /** Hard bound: the truth lies within ± this. */
  errorSeconds: number | null;
  skewPpm: number | null;
  matches: number;
  /** Why the offset is unknown; null when it is known. */
  unknown: ClockReason | null;
}

/** Paths for the strip: distinct orders of points, with totals. */
export interface PathSummary {
  points: number[];
  conversations: number;
  /** Packets seen at each point, by direction. */
  packets: [number[], number[]];
  /** At the point that saw them last. */
  lost: [number[], number[]];
}

/** Packets of ordinary datagram flows between two addresses that passed a hop. */
export interface DatagramsLeftOut extends Pick<Hop, 'from' | 'to' | 'direction'> {
  client: string;
  server: string;
  packets: number;
  conversations: number;
}
