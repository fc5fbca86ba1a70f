import type { Connection, Hop, PacketRef } from '../../flows/evidence/evidence.ts';
import type { EvidencePacket } from '../rule/rule.ts';

/** Most packets that an occurrence keeps. The total still counts all of them. A reader follows fifty at most. */
export const EXCERPT_LIMIT = 50;

/** Packets of one point with one note each. */
export function packetsAt(
  point: number,
  refs: readonly PacketRef[],
  note: string | ((ref: PacketRef, index: number) => string),
  direction: '>' | '<' | '' = '',
): EvidencePacket[] {
  return refs.map((ref, index) => ({
    packet: ref.packet,
    time: ref.time,
    point,
    direction,
    note: typeof note === 'string' ? note : note(ref, index),
  }));
}

/** "again after 1.02 s": the time is counted from the first packet. */
export const againAfter = (what: string, first: PacketRef) => (ref: PacketRef, index: number) =>
  index === 0 ? what : `${what} again after ${(ref.time - first.time).toFixed(2)} s`;

/** SYNs of a connection, each with its time since the first. */
export const synPackets = (connection: Connection): EvidencePacket[] =>
  packetsAt(connection.point, connection.syn, againAfter('SYN', connection.syn[0]), '>');

/** Packets of a hop that were seen at its first point and not at its second. */
export const lostPackets = (hop: Hop): EvidencePacket[] =>
  packetsAt(hop.from, hop.lostPackets, 'seen here, not at the next point', hop.direction === 0 ? '>' : '<');

/** The excerpt and its total, as an occurrence holds them. */
export function excerpt(packets: readonly EvidencePacket[]): { packets: EvidencePacket[]; packetsTotal: number } {
  return { packets: packets.slice(0, EXCERPT_LIMIT), packetsTotal: packets.length };
}
