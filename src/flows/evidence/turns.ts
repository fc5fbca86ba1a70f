/** What the ends of a TCP connection did in turn: requests, answers, large transfers, and the end. */

import type { Direction, PacketRef } from './packet-ref.ts';

/** A request on an established connection, and the wait for its answer. */
export interface Turn {
  /** Last data packet of the request. */
  request: PacketRef;
  requestOctets: number;
  /** Seconds from the first packet of the request to its last. */
  requestSeconds: number;
  /** When the request was acknowledged by a segment without data. */
  ackTime: number | null;
  /** First data packet of the answer; null without an answer. */
  response: PacketRef | null;
  /**
   * Seconds from the last packet of the request to the first of the answer, or to the end of the connection without an
   * answer.
   */
  seconds: number;
  /** Octets of the answer, and seconds from its first packet to its last. */
  answerOctets: number;
  answerSeconds: number;
  /** Seconds from the end of the answer to the next request of this connection; null when none came. */
  thinkSeconds: number | null;
  /** It is part of the TLS handshake: a ClientHello and its answer, or the Finished messages of TLS 1.2. */
  tls: boolean;
}

/** The first FIN or reset of a connection. */
export interface ConnectionEnd extends PacketRef {
  /** Of the packet: who ended it. */
  direction: Direction;
  byReset: boolean;
  /** A request waited for its answer. */
  openRequest: boolean;
  /** Seconds that it had waited, from its last packet; 0 without one. */
  waitedSeconds: number;
  /** Octets of the latest request: the one that waited, or one that was sent afterwards. */
  requestOctets: number;
  /**
   * Seconds without data in either direction before the end. When a request waited: before the latest request, and 0 when
   * an answer came after it.
   */
  idleSeconds: number;
  /** The peer had sent data that the end does not acknowledge. */
  unread: boolean;
  /** Afterwards the peer sent data that does not acknowledge the end: the two crossed. */
  crossed: boolean;
  /** Afterwards the peer sent data, and knew of the end. */
  ignored: boolean;
}

/**
 * Large requests or answers in one direction of a connection, without their first 16 kB, where they are long enough:
 * `isLongTransfer`.
 */
export interface Transfer {
  direction: Direction;
  octets: number;
  segments: number;
  /** Seconds in which it was sent. */
  seconds: number;
  /** Times without a packet for two round trips, with nothing under way and the window open, and their sum in seconds. */
  pauses: number;
  pausedSeconds: number;
  /** Seconds in waits of two round trips and more with less than a segment left in the window of the receiver. */
  heldSeconds: number;
  /** Mean window that the receiver announced, octets. */
  meanWindow: number;
  /** How the round trip depends on the octets under way; null where one of the two did not change. */
  queue: {
    samples: number;
    leastFlight: number;
    mostFlight: number;
    /** Seconds by which the round trip is longer with most octets under way than with least, by least squares. */
    risen: number;
    /** Between -1 and 1. */
    correlation: number;
  } | null;
}

/**
 * What limits a smaller or shorter transfer cannot be told (docs/thresholds.md, large-transfer), so it is not handed on,
 * and its connection is an ordinary one.
 */
export const LEAST_TRANSFER = { octets: 32_768, seconds: 1 } as const;

export const isLongTransfer = ({ octets, seconds }: Pick<Transfer, 'octets' | 'seconds'>): boolean =>
  octets >= LEAST_TRANSFER.octets && seconds >= LEAST_TRANSFER.seconds;
