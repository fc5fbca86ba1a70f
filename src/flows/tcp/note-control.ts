import type { Packet } from '../../decode/packet.ts';
import { MD5_SIGNATURE, TCP_AO } from '../../decode/read-tcp-options.ts';
import type { PacketRef } from '../evidence/evidence.ts';
import { TO_SERVER } from '../evidence/evidence.ts';
import { advance, isAfter, isBefore } from '../sequence-number.ts';
import { windowShift } from './connection-block.ts';
import { REFS_KEPT, RESETS_KEPT } from './connection-trouble.ts';
import { appended } from './empty-list.ts';
import type { FollowedConnections } from './followed-connections.ts';
import * as R from './record-marks.ts';
import type { SegmentContext } from './segment-context.ts';
import * as K from './segment-kind.ts';

export function noteSyn({ troubles, records }: FollowedConnections, packet: Packet, context: SegmentContext): void {
  const { connection, at, mine, block, time } = context;

  const isSynAck = (packet.tcpFlags & K.ACK) !== 0;
  block.setSyns(mine, block.syns(mine) + 1);
  const first = !block.hasMarks(mine, R.HAS_ISS);
  if (isSynAck && !block.hasMarksAndLetters(at, R.HAS_SYN_ACK)) {
    block.addMarksAndLetters(at, R.HAS_SYN_ACK);
    block.setSynAckAcks(at, packet.tcpAck);
    if (context.direction === TO_SERVER || block.packets(mine) > 0)
      records.lateSynAcks.set(connection, { packet: packet.number, time });
  } else if (isSynAck) {
    const trouble = troubles.make(connection);
    trouble.synAck = kept(trouble.synAck, packet, time);
  } else if (context.direction === TO_SERVER) {
    // A SYN towards the client is a simultaneous open (RFC 9293, 3.5), not a repeated attempt.
    if (first) block.addMarksAndLetters(at, R.ROLES_FROM_SYN);
    else {
      const trouble = troubles.make(connection);
      trouble.syn = kept(trouble.syn, packet, time);
    }
  }
  if (!first) return;
  block.addMarks(mine, R.HAS_ISS | (packet.tcpSackPermitted ? R.SACK_PERMITTED : 0) | signatureMark(packet));
  block.setMss(mine, Math.max(0, packet.tcpMss));
  block.setIss(mine, packet.tcpSeq);
  block.setWindowScale(
    mine,
    packet.tcpWindowScale < 0 ? R.SCALE_ABSENT : Math.min(packet.tcpWindowScale, R.LARGEST_SCALE),
  );
}

const signatureMark = ({ tcpSignature }: Packet): number =>
  tcpSignature === MD5_SIGNATURE ? R.SIGNED_MD5 : tcpSignature === TCP_AO ? R.SIGNED_AO : 0;

/** Another SYN of a direction with the number of its first one, whatever it was sent for. */
export function noteSynAgain({ troubles }: FollowedConnections, { tcpSeq }: Packet, context: SegmentContext): void {
  const { connection, direction, mine, block } = context;
  if (!block.hasMarks(mine, R.HAS_ISS) || block.iss(mine) !== tcpSeq) return;
  troubles.makeDirection(connection, direction).synsAgain++;
}

/**
 * Whether a SYN-ACK before the end of the handshake contradicts what its sender sent before. Possible causes: another
 * machine answers, or one without state (SYN cookies), or a forged reset came before.
 */
export function isAnotherSynAck({ tcpFlags, tcpSeq }: Packet, { block, at, mine }: SegmentContext): boolean {
  if ((tcpFlags & (K.SYN | K.ACK)) !== (K.SYN | K.ACK)) return false;
  const marks = block.marks(mine);
  if ((marks & R.HAS_NEXT) === 0 || block.hasMarksAndLetters(at, R.HANDSHAKE_DONE)) return false;
  return (marks & R.HAS_ISS) === 0 || block.iss(mine) !== tcpSeq;
}

/** Clears what is known of a direction's sequence numbers. */
export function startAgain({ tcpSeq }: Packet, { block, mine }: SegmentContext): void {
  block.removeMarks(mine, R.HAS_ISS | R.HAS_NEXT | R.HAS_CONTIGUOUS);
  block.setSeqLow(mine, tcpSeq);
}

/** Notes the ACK that ends the handshake. Without a captured SYN-ACK, the first ACK does. */
export function noteHandshake({ tcpFlags, number }: Packet, { at, block, direction, time }: SegmentContext): void {
  const marks = block.marksAndLetters(at);
  if ((marks & R.HANDSHAKE_DONE) !== 0 || (tcpFlags & (K.SYN | K.RST | K.ACK)) !== K.ACK) return;
  if ((marks & R.HAS_SYN_ACK) === 0) {
    if ((marks & (R.ROLES_FROM_SYN | R.ROLES_FROM_SYN_ACK)) === 0) block.addMarksAndLetters(at, R.HANDSHAKE_DONE);
    return;
  }
  if (direction !== TO_SERVER) return;
  block.addMarksAndLetters(at, R.HANDSHAKE_DONE);
  block.setHandshakeAckPacket(at, number);
  block.setHandshakeAckTime(at, time);
}

const kept = (refs: PacketRef[], { number }: Packet, time: number): PacketRef[] =>
  refs.length < REFS_KEPT ? appended(refs, { packet: number, time }) : refs;

export function noteReset({ troubles }: FollowedConnections, packet: Packet, context: SegmentContext): void {
  const trouble = troubles.make(context.connection);
  if (trouble.resets.length >= RESETS_KEPT) return;
  const { mine, peer, block, time } = context;

  const highestAck = block.highestAck(peer);
  const window = block.window(peer) << windowShift(block, peer, mine);
  const inWindow =
    !block.hasMarks(peer, R.HAS_ACK) ||
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
    sincePeer: block.packets(peer) === 0 ? null : time - block.lastTime(peer),
  });
}
