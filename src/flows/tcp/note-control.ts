import type { Packet } from '../../decode/packet.ts';
import type { Direction, PacketRef } from '../evidence.ts';
import { TO_SERVER } from '../evidence.ts';
import { advance, isAfter, isBefore } from '../sequence-number.ts';
import * as C from './connection-columns.ts';
import { REFS_KEPT, RESETS_KEPT } from './connection-trouble.ts';
import * as K from './segment-kind.ts';
import type { TcpTracker } from './tcp-tracker.ts';

export function noteSyn(
  { columns, troubles }: TcpTracker,
  packet: Packet,
  connection: number,
  direction: Direction,
  time: number,
): void {
  const { connection: perConnection, direction: perDirection } = columns;
  const mine = 2 * connection + direction;
  const isSynAck = (packet.tcpFlags & K.ACK) !== 0;
  perDirection.syns[mine]++;
  const first = (perDirection.marks[mine] & C.HAS_ISS) === 0;
  if (isSynAck && perConnection.synAckPacket[connection] === 0) {
    perConnection.synAckPacket[connection] = packet.number;
    perConnection.synAckTime[connection] = time;
    perConnection.synAckAcks[connection] = packet.tcpAck;
  } else if (isSynAck) {
    keepRef(troubles.make(connection).synAck, packet, time);
  } else if (direction === TO_SERVER) {
    // A SYN towards the client is a simultaneous open (RFC 9293, 3.5), and no second asking.
    if (first) perConnection.marks[connection] |= C.ROLES_FROM_SYN;
    else keepRef(troubles.make(connection).syn, packet, time);
  }
  if (!first) return;
  perDirection.marks[mine] |= C.HAS_ISS | (packet.tcpSackPermitted ? C.SACK_PERMITTED : 0);
  perDirection.iss[mine] = packet.tcpSeq;
  perDirection.mss[mine] = Math.max(0, packet.tcpMss);
  perDirection.windowScale[mine] = packet.tcpWindowScale < 0 ? C.SCALE_ABSENT : Math.min(packet.tcpWindowScale, 127);
}

/**
 * A SYN-ACK, before the handshake is done, that does not fit what its sender said before: another machine answers, or
 * one without memory (SYN cookies), or after a reset that was forged.
 */
export function isAnotherSynAck(
  { connection: perConnection, direction }: C.ConnectionColumns,
  { tcpFlags, tcpSeq }: Packet,
  connection: number,
  mine: number,
): boolean {
  if ((tcpFlags & (K.SYN | K.ACK)) !== (K.SYN | K.ACK)) return false;
  if ((direction.marks[mine] & C.HAS_NEXT) === 0 || (perConnection.marks[connection] & C.HANDSHAKE_DONE) !== 0)
    return false;
  return (direction.marks[mine] & C.HAS_ISS) === 0 || direction.iss[mine] !== tcpSeq;
}

/** What a direction knew of sequence numbers is void. */
export function startAgain({ direction }: C.ConnectionColumns, { tcpSeq }: Packet, mine: number): void {
  direction.marks[mine] &= ~(C.HAS_ISS | C.HAS_NEXT | C.HAS_CONTIGUOUS);
  direction.seqLow[mine] = tcpSeq;
}

function keepRef(refs: PacketRef[], { number }: Packet, time: number): void {
  if (refs.length < REFS_KEPT) refs.push({ packet: number, time });
}

export function noteReset(
  { columns, troubles }: TcpTracker,
  packet: Packet,
  connection: number,
  direction: Direction,
  time: number,
): void {
  const trouble = troubles.make(connection);
  if (trouble.resets.length >= RESETS_KEPT) return;
  const mine = 2 * connection + direction;
  const { marks, highestAck, window, packets, lastTime } = columns.direction;
  const peer = mine ^ 1;
  const inWindow =
    (marks[peer] & C.HAS_ACK) === 0 ||
    (!isBefore(packet.tcpSeq, highestAck[peer]) &&
      !isAfter(
        packet.tcpSeq,
        advance(highestAck[peer], Math.max(1, window[peer] << C.windowShift(columns.direction, peer))),
      ));
  trouble.resets.push({
    packet: packet.number,
    time,
    direction,
    seq: packet.tcpSeq,
    ack: packet.tcpAck,
    hasAck: (packet.tcpFlags & K.ACK) !== 0,
    ttl: packet.ttl,
    ipId: packet.ipId,
    inWindow,
    sincePeer: packets[peer] === 0 ? null : time - lastTime[peer],
  });
}
