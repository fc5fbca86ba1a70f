import type { Packet } from '../../decode/packet.ts';
import type { PacketRef } from '../evidence/evidence.ts';
import { TO_SERVER } from '../evidence/evidence.ts';
import { advance, isAfter, isBefore } from '../sequence-number.ts';
import { REFS_KEPT, RESETS_KEPT } from './connection-trouble.ts';
import { appended } from './empty-list.ts';
import type { FollowedConnections } from './followed-connections.ts';
import * as R from './record-layout.ts';
import type { SegmentContext } from './segment-context.ts';
import * as K from './segment-kind.ts';

export function noteSyn({ troubles, records }: FollowedConnections, packet: Packet, context: SegmentContext): void {
  const { connection, at, mine, block, time } = context;
  const { words, halves, octets } = block;
  const isSynAck = (packet.tcpFlags & K.ACK) !== 0;
  halves[(mine << 1) + R.SYNS]++;
  const first = (halves[(mine << 1) + R.MARKS] & R.HAS_ISS) === 0;
  if (isSynAck && (words[at + R.MARKS_AND_LETTERS] & R.HAS_SYN_ACK) === 0) {
    words[at + R.MARKS_AND_LETTERS] |= R.HAS_SYN_ACK;
    words[at + R.SYN_ACK_ACKS] = packet.tcpAck;
    if (context.direction === TO_SERVER || words[mine + R.PACKETS] > 0)
      records.lateSynAcks.set(connection, { packet: packet.number, time });
  } else if (isSynAck) {
    const trouble = troubles.make(connection);
    trouble.synAck = kept(trouble.synAck, packet, time);
  } else if (context.direction === TO_SERVER) {
    // A SYN towards the client is a simultaneous open (RFC 9293, 3.5), and no second asking.
    if (first) words[at + R.MARKS_AND_LETTERS] |= R.ROLES_FROM_SYN;
    else {
      const trouble = troubles.make(connection);
      trouble.syn = kept(trouble.syn, packet, time);
    }
  }
  if (!first) return;
  halves[(mine << 1) + R.MARKS] |= R.HAS_ISS | (packet.tcpSackPermitted ? R.SACK_PERMITTED : 0);
  halves[(mine << 1) + R.MSS] = Math.max(0, packet.tcpMss);
  words[mine + R.ISS] = packet.tcpSeq;
  octets[(mine << 2) + R.WINDOW_SCALE] =
    packet.tcpWindowScale < 0 ? R.SCALE_ABSENT : Math.min(packet.tcpWindowScale, R.LARGEST_SCALE);
}

/**
 * A SYN-ACK, before the handshake is done, that does not fit what its sender said before: another machine answers, or
 * one without memory (SYN cookies), or after a reset that was forged.
 */
export function isAnotherSynAck({ tcpFlags, tcpSeq }: Packet, { block, at, mine }: SegmentContext): boolean {
  if ((tcpFlags & (K.SYN | K.ACK)) !== (K.SYN | K.ACK)) return false;
  const marks = block.halves[(mine << 1) + R.MARKS];
  if ((marks & R.HAS_NEXT) === 0 || (block.words[at + R.MARKS_AND_LETTERS] & R.HANDSHAKE_DONE) !== 0) return false;
  return (marks & R.HAS_ISS) === 0 || block.words[mine + R.ISS] !== tcpSeq;
}

/** What a direction knew of sequence numbers is void. */
export function startAgain({ tcpSeq }: Packet, { block, mine }: SegmentContext): void {
  block.halves[(mine << 1) + R.MARKS] &= ~(R.HAS_ISS | R.HAS_NEXT | R.HAS_CONTIGUOUS);
  block.words[mine + R.SEQ_LOW] = tcpSeq;
}

/** The ACK that ends the handshake; where no SYN-ACK was seen the first ACK does. */
export function noteHandshake({ tcpFlags, number }: Packet, { at, block, direction, time }: SegmentContext): void {
  const { words, doubles } = block;
  const marks = words[at + R.MARKS_AND_LETTERS];
  if ((marks & R.HANDSHAKE_DONE) !== 0 || (tcpFlags & (K.SYN | K.RST | K.ACK)) !== K.ACK) return;
  if ((marks & R.HAS_SYN_ACK) === 0) {
    if ((marks & (R.ROLES_FROM_SYN | R.ROLES_FROM_SYN_ACK)) === 0) words[at + R.MARKS_AND_LETTERS] |= R.HANDSHAKE_DONE;
    return;
  }
  if (direction !== TO_SERVER) return;
  words[at + R.MARKS_AND_LETTERS] |= R.HANDSHAKE_DONE;
  words[at + R.HANDSHAKE_ACK_PACKET] = number;
  doubles[(at >> 1) + R.HANDSHAKE_ACK_TIME] = time;
}

const kept = (refs: PacketRef[], { number }: Packet, time: number): PacketRef[] =>
  refs.length < REFS_KEPT ? appended(refs, { packet: number, time }) : refs;

export function noteReset({ troubles }: FollowedConnections, packet: Packet, context: SegmentContext): void {
  const trouble = troubles.make(context.connection);
  if (trouble.resets.length >= RESETS_KEPT) return;
  const { mine, peer, block, time } = context;
  const { words, halves, doubles } = block;
  const highestAck = words[peer + R.HIGHEST_ACK];
  const window = halves[(peer << 1) + R.WINDOW] << R.windowShift(block, peer, mine);
  const inWindow =
    (halves[(peer << 1) + R.MARKS] & R.HAS_ACK) === 0 ||
    (!isBefore(packet.tcpSeq, highestAck) && !isAfter(packet.tcpSeq, advance(highestAck, Math.max(1, window))));
  trouble.resets = appended(trouble.resets, {
    packet: packet.number,
    time,
    direction: context.direction,
    seq: packet.tcpSeq,
    ack: packet.tcpAck,
    hasAck: (packet.tcpFlags & K.ACK) !== 0,
    ttl: packet.ttl,
    ipId: packet.ipId,
    inWindow,
    sincePeer: words[peer + R.PACKETS] === 0 ? null : time - doubles[(peer >> 1) + R.LAST_TIME],
  });
}
