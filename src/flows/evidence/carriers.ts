/** Encrypted tunnels, of which only the headers can be read. */
import type { PacketRef } from './packet-ref.ts';

/** ESP packets of one security association, at one point: one direction, one key. */
export interface CarrierFlow {
  point: number;
  /** Biflow number in the sightings of its capture. All keys of two addresses are one biflow. */
  flow: number;
  /** Outer addresses. */
  source: string;
  destination: string;
  /** Security parameters index (RFC 4303, 2.1). */
  spi: number;
  packets: number;
  octets: number;
  first: PacketRef;
  last: PacketRef;
  /** Sequence numbers of the first and of the last packet (RFC 4303, 2.2). */
  sequenceFirst: number;
  sequenceLast: number;
  /**
   * Packets that were decrypted here: a plain packet that fits into them came at once, on the same link. Linux shows what
   * it decrypts on the interface where the encrypted packet came in.
   */
  followed: number;
  lastFollowed: PacketRef | null;
  /** Biflow numbers of those plain packets, capped. */
  innerFlows: number[];
  /** The first packets that no plain one followed, capped. */
  notFollowed: PacketRef[];
}
