/**
 * What a further reading of the captures gives for pictures: the course of one connection, and the fields of single
 * packets. Filled only when pictures are asked for; no rule looks at it. Times are seconds since the first packet of the
 * capture, sequence numbers are relative to the first one of the direction.
 */
import type { Direction } from './packet-ref.ts';

/** Segments of one direction of a connection, and what the other direction said of them, at one point. */
export interface SegmentSeries {
  point: number;
  /** Index into `Evidence.connections`. */
  connection: number;
  /** Of the segments; acknowledgements are of the other one. */
  direction: Direction;
  sent: SentRange[];
  acks: AckStep[];
  sacks: SackRange[];
  roundTrips: { time: number; seconds: number }[];
  rate: RateBins;
  /** Data segments by IP length, ascending. */
  sizes: SizeCount[];
  /** Packets of the connection that were read. */
  packets: number;
  /** Marks of each kind that found no room. */
  leftOut: { sent: number; sacks: number; sizes: number };
}

/**
 * `new`: octets for the first time. `again`: octets that were sent before. `late`: they overtook each other on the way.
 * `probe`: a keep-alive or a probe of a shut window. `open`, `close`, `reset`: SYN, FIN, RST.
 */
export type SentKind = 'new' | 'again' | 'late' | 'probe' | 'open' | 'close' | 'reset';

/** One segment, or several in a row where there are many. */
export interface SentRange {
  time: number;
  /** Of the last one. */
  until: number;
  from: number;
  to: number;
  packets: number;
  kind: SentKind;
}

export interface AckStep {
  time: number;
  ack: number;
  /** First octet that the receiver does not take: acknowledgement plus window; null when the scale is not known. */
  limit: number | null;
  /** A duplicate: nothing new is acknowledged, and the window is the same. */
  duplicate: boolean;
}

export interface SackRange {
  time: number;
  from: number;
  to: number;
}

/** Payload octets by time, in bins of equal width that begin with the connection. */
export interface RateBins {
  start: number;
  /** Seconds. */
  width: number;
  fresh: number[];
  again: number[];
}

export interface SizeCount {
  /** IP length. */
  octets: number;
  /** Transmissions, and segments that were acknowledged in the end. */
  sent: number;
  delivered: number;
}

/** Fields of one packet by the names of Wireshark's display filters, in the order of its headers. */
export interface PacketFields {
  capture: number;
  packet: number;
  fields: readonly PacketField[];
}

export interface PacketField {
  name: string;
  value: string;
}

/** What is to be read again. */
export interface WantedSeries {
  /** At most four. */
  connections: { point: number; connection: number; direction: Direction }[];
  /** Packet numbers, by capture. */
  packets: ReadonlyMap<number, ReadonlySet<number>>;
}

export interface Series {
  connections: SegmentSeries[];
  packets: PacketFields[];
}
