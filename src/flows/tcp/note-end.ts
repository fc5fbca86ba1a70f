import type { Packet } from '../../decode/packet.ts';
import { type ConnectionEnd, TO_CLIENT, TO_SERVER } from '../evidence/evidence.ts';
import { isAfter } from '../sequence-number.ts';
import type { ConnectionBlock } from './connection-block.ts';
import * as R from './record-marks.ts';
import type { SegmentContext } from './segment-context.ts';
import { RST } from './segment-kind.ts';

/**
 * Notes the first FIN or reset of a connection: who ended it, what was open, and how long it was idle before. Called
 * for these and for what follows them, after `noteTurn`, before the state moves on.
 */
export function noteEnd(packet: Packet, context: SegmentContext): void {
  const { block, at, peer, direction, time } = context;
  if (block.hasEndMarks(at, R.HAS_END)) {
    if (packet.payloadLength > 0) noteDataAfterEnd(packet, context);
    return;
  }
  const isReset = (packet.tcpFlags & RST) !== 0;
  const unread = block.hasMarks(peer, R.HAS_NEXT) && leavesUnread(packet, context);
  block.setEndTime(at, time);
  block.setEndPacket(at, packet.number);
  block.setEndIdle(at, time - lastDataTime(block, at, time));
  block.addEndMarks(
    at,
    R.HAS_END |
      (direction === TO_CLIENT ? R.END_TO_CLIENT : 0) |
      (isReset ? R.END_BY_RESET : 0) |
      (block.hasMarksAndLetters(at, R.WAITS_FOR_ANSWER) ? R.END_OPEN_REQUEST : 0) |
      (unread ? R.END_UNREAD : 0),
  );
}

/** A reset without an acknowledgement number says nothing about what it leaves unread; what was acknowledged before does. */
function leavesUnread({ tcpFlags, tcpAck }: Packet, { block, mine, peer }: SegmentContext): boolean {
  if ((tcpFlags & RST) === 0) return isAfter(block.nextSeq(peer), tcpAck);
  if (!block.hasMarks(mine, R.HAS_ACK)) return block.dataSegments(peer) > 0;
  return isAfter(block.nextSeq(peer), block.highestAck(mine));
}

/** Data of the peer: it had not seen the end when it sent, or it did not care. */
function noteDataAfterEnd(packet: Packet, { block, at, peer, direction, mine }: SegmentContext): void {
  const endedBy = block.hasEndMarks(at, R.END_TO_CLIENT) ? TO_CLIENT : TO_SERVER;
  const isOld = block.hasMarks(mine, R.HAS_NEXT) && isAfter(block.nextSeq(mine), packet.tcpSeq);
  if (direction === endedBy || isOld) return;
  const sees = !isAfter(block.nextSeq(peer), packet.tcpAck);
  block.addEndMarks(at, sees ? R.END_IGNORED : R.END_CROSSED);
}

/** When either side last sent data, seconds; of a connection without data its first packet. */
function lastDataTime(block: ConnectionBlock, at: number, now: number): number {
  const there = block.dataSegments(at + R.DIRECTIONS_AT) > 0 ? block.requestTime(at) : 0;
  const back = block.dataSegments(at + R.DIRECTIONS_AT + R.DIRECTION_BYTES) > 0 ? block.answerTime(at) : 0;
  const last = Math.max(there, back);
  return last > 0 ? last : Math.min(now, block.firstTime(at + R.DIRECTIONS_AT));
}

/** The end in the form of the evidence; null while the connection is open. */
export function endOf(block: ConnectionBlock, at: number): ConnectionEnd | null {
  if (!block.hasEndMarks(at, R.HAS_END)) return null;
  const openRequest = block.hasEndMarks(at, R.END_OPEN_REQUEST);
  return {
    packet: block.endPacket(at),
    time: block.endTime(at),
    direction: block.hasEndMarks(at, R.END_TO_CLIENT) ? TO_CLIENT : TO_SERVER,
    byReset: block.hasEndMarks(at, R.END_BY_RESET),
    openRequest,
    requestOctets: block.requestOctets(at),
    waitedSeconds: openRequest ? block.endIdle(at) : 0,
    idleSeconds: openRequest ? idleBeforeRequest(block, at) : block.endIdle(at),
    unread: block.hasEndMarks(at, R.END_UNREAD),
    crossed: block.hasEndMarks(at, R.END_CROSSED),
    ignored: block.hasEndMarks(at, R.END_IGNORED),
  };
}

const idleBeforeRequest = (block: ConnectionBlock, at: number): number =>
  block.turns(at) === 0 ? 0 : Math.max(0, block.requestStart(at) - block.answerTime(at));
