/** What became of packets whose checksums were verified: SYNs, SYN-ACKs, first data, repetitions, first datagrams. */

import type { Direction, PacketRef } from './packet-ref.ts';

/** The header whose checksum is wrong; outermost first where several are. `outer-…`: of the outermost tunnel. */
export type ChecksumHeader = 'outer-ip' | 'outer-udp' | 'ip' | 'tcp' | 'udp';

/** A packet that a receiver has to throw away. */
export interface WrongChecksum extends PacketRef {
  header: ChecksumHeader;
  /** Index into `tunnels` of the outermost tunnel; -1 without. */
  tunnel: number;
  isSyn: boolean;
  /**
   * `answered`: the other side answered this packet. `answered-when-resent`: it answered only after the same octets were
   * sent again with a checksum that is not wrong. `resent`: they were, and got no answer either. `none`: neither.
   */
  outcome: 'answered' | 'answered-when-resent' | 'resent' | 'none';
}

/** One direction of a biflow at one point: all that have wrong checksums, and those in trouble to compare them with. */
export interface CheckedDirection {
  point: number;
  /** Biflow number in the sightings of its capture. */
  flow: number;
  direction: Direction;
  /** Source link address of the innermost frame; null without one. */
  mac: string | null;
  /** Whether innermost headers with right checksums were seen, and with the partial sums that transmit offload leaves. */
  right: boolean;
  partial: boolean;
  /** Capped at 16. */
  wrong: WrongChecksum[];
  wrongTotal: number;
}

/** Verified packets of one source link address at one point, by the checksums of their innermost headers. */
export interface CheckedSender {
  point: number;
  mac: string | null;
  /** Packets with right checksums that were answered. */
  rightAnswered: number;
  wrong: number;
  wrongAnswered: number;
}

/** Verified packets of one tunnel flow. */
export interface TunnelFates {
  sent: number;
  answered: number;
  /** Of these, with a wrong checksum in an outer header. */
  wrong: number;
  wrongAnswered: number;
}
