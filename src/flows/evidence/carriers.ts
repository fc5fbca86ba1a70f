/** Encrypted tunnels, of which only the headers can be read. */
import type { PacketRef } from './packet-ref.ts';

/**
 * Encrypted packets at one point, of one direction and one key: ESP packets of one security association, or WireGuard
 * data for one receiver index. `wireguard-handshake`: the initiations of one WireGuard peer to another.
 */
export interface CarrierFlow {
  kind: 'esp' | 'wireguard' | 'wireguard-handshake';
  point: number;
  /** Biflow number in the sightings of its capture. All keys of two addresses are one biflow. */
  flow: number;
  /** Outer addresses. */
  source: string;
  destination: string;
  /**
   * Security parameters index (RFC 4303, 2.1); the receiver index of WireGuard; of a handshake the sender index of its
   * last initiation.
   */
  spi: number;
  packets: number;
  octets: number;
  first: PacketRef;
  last: PacketRef;
  /** Sequence numbers (RFC 4303, 2.2) or counters of the first and of the last packet; 0 in a handshake. */
  sequenceFirst: number;
  sequenceLast: number;
  /**
   * Packets that were decrypted here: a plain packet that fits into them came at once. Linux shows what it decrypts of
   * ESP on the link of the encrypted packet, and what it decrypts of WireGuard on another interface, its own. Packets
   * of a point that was captured in a file of its own count where both are of one host. Of a handshake: initiations with a response or a cookie reply.
   */
  followed: number;
  /**
   * Packets that a plain packet which fits into them came just before, at another capture point of the host: what the
   * host itself encrypts. Known only where that point was captured in a file of its own.
   */
  entered: number;
  lastFollowed: PacketRef | null;
  /** Point and biflow number of those plain packets, capped. */
  innerFlows: InnerFlow[];
  /** The first packets that no plain one followed (of a handshake: no response), capped. */
  notFollowed: PacketRef[];
}

/** A biflow of plain packets that were inside encrypted ones. */
export interface InnerFlow {
  point: number;
  flow: number;
}
