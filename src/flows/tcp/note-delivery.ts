import type { Packet } from '../../decode/packet.ts';
import { TO_CLIENT, TO_SERVER } from '../evidence/evidence.ts';
import { advance, isAfter, isBefore } from '../sequence-number.ts';
import type { ConnectionBlock } from './connection-block.ts';
import { appended } from './empty-list.ts';
import type { FollowedConnections } from './followed-connections.ts';
import { FOREIGN_OCTETS } from './foreign-octets.ts';
import { settleResent } from './note-resent.ts';
import { noteFlight } from './note-transfer.ts';
import * as R from './record-marks.ts';
import type { SegmentContext } from './segment-context.ts';
import { MEDIAN_STEP } from './turn-limits.ts';
import { HAS_DATA, NONE, SACKED, SENT_AGAIN } from './unacked-marks.ts';
import type { UnackedSegments } from './unacked-segments.ts';

/** Processes that the sender of `packet` acknowledges octets of its peer. */
export function onAcknowledgement(tracker: FollowedConnections, packet: Packet, context: SegmentContext): void {
  if (context.block.listTail(context.peer) !== NONE) takeAcknowledged(tracker, packet, context);
  settleRepeats(tracker, packet, context);
}

/** Forgets completely acknowledged segments. The one sent last of these gives a round trip. */
export function takeAcknowledged(tracker: FollowedConnections, packet: Packet, context: SegmentContext): void {
  const { block, peer } = context;
  const { unacked } = tracker;
  const { tcpAck } = packet;

  const tail = block.listTail(peer);
  let newest = NONE;
  let taken = 0;
  let marks = 0;
  for (let slot = unacked.first(tail); slot !== NONE; slot = unacked.after(slot, tail)) {
    if (isAfter(unacked.end(slot), tcpAck)) break;
    delivered(unacked, slot, context);
    newest = slot;
    taken++;
    marks |= unacked.lengthAndMarks(slot);
  }
  if (newest === NONE) return;
  if ((marks & HAS_DATA) !== 0 && !block.hasMarks(peer, R.HAS_ACKED_DATA)) noteAckedData(packet, context);
  block.setListTail(peer, unacked.dropThrough(newest, tail));
  block.setListLength(peer, block.listLength(peer) - taken);
  if (unacked.end(newest) !== tcpAck || unacked.has(newest, SENT_AGAIN | SACKED)) return;
  if (!isData(unacked, newest, context)) return;
  sampleRoundTrip(block, peer, context.time - unacked.time(newest));
  if (block.transfer(context.at) > 0) noteFlight(tracker, packet, context);
}

/** The first acknowledgement of data shows that a connection was open for both ends. */
function noteAckedData({ number }: Packet, { block, at, peer, direction, time }: SegmentContext): void {
  block.addMarks(peer, R.HAS_ACKED_DATA);
  const place = R.ackedDataOf(at, direction === TO_SERVER ? TO_CLIENT : TO_SERVER);
  block.setAckedDataTime(place, time);
  block.setAckedDataPacket(place, number);
}

/** A SYN starts with the initial sequence number. The system answers it, so its round trip is stored separately. */
const isData = (unacked: UnackedSegments, slot: number, { block, peer }: SegmentContext): boolean =>
  !block.hasMarks(peer, R.HAS_ISS) || unacked.seq(slot) !== block.iss(peer);

/** A segment of the peer that was sent once and acknowledged has arrived, with its size. */
function delivered(unacked: UnackedSegments, slot: number, { block, peer }: SegmentContext): void {
  if (unacked.has(slot, SENT_AGAIN)) return;
  const length = unacked.l3LengthOf(slot);

  if (length > block.largestAckedL3(peer)) block.setLargestAckedL3(peer, Math.min(length, R.MOST_L3));
}

function sampleRoundTrip(block: ConnectionBlock, mine: number, seconds: number): void {
  const samples = block.rttSamples(mine);
  block.setRttSamples(mine, samples + 1);
  if (samples === 0) {
    block.setRttMin(mine, seconds);
    block.setRttMedian(mine, seconds);
    block.setRttMax(mine, seconds);
    return;
  }
  if (seconds < block.rttMin(mine)) block.setRttMin(mine, seconds);
  if (seconds > block.rttMax(mine)) block.setRttMax(mine, seconds);
  const median = block.rttMedian(mine);
  if (median === 0) block.setRttMedian(mine, seconds);
  else if (seconds > median) block.setRttMedian(mine, Math.min(seconds, median * (1 + MEDIAN_STEP)));
  else block.setRttMedian(mine, Math.max(seconds, median * (1 - MEDIAN_STEP)));
}

/** Repeated ranges below the acknowledgement have been delivered. */
function settleRepeats({ troubles }: FollowedConnections, { tcpAck, number }: Packet, context: SegmentContext): void {
  const side = troubles.of(context.connection)?.directions[context.direction ^ 1];
  if (side === undefined || side.repeats.length === 0) return;
  for (const repeat of side.repeats) {
    if (repeat.ackedTime !== null || isAfter(repeat.rawEnd, tcpAck)) continue;
    settleResent(repeat, context, side);
    repeat.ackedTime = context.time;
    repeat.ackedPacket = number;
  }
}

/**
 * Processes SACK blocks of the sender of `packet`: octets that arrived after a hole. A block below the acknowledgement
 * is a D-SACK.
 */
export function onSack(tracker: FollowedConnections, packet: Packet, context: SegmentContext): void {
  const { troubles, unacked } = tracker;
  const { connection, direction, time } = context;
  const { tcpSack, tcpSackCount, tcpAck } = packet;
  noteSack(tracker, packet, context, isForeignSack(packet, context));
  const tail = context.block.listTail(context.peer);
  for (let slot = unacked.first(tail); slot !== NONE; slot = unacked.after(slot, tail)) {
    if (unacked.has(slot, SACKED)) continue;
    for (let at = 0; at < tcpSackCount * 2; at += 2) {
      if (isBefore(unacked.seq(slot), tcpSack[at]) || isAfter(unacked.end(slot), tcpSack[at + 1])) continue;
      delivered(unacked, slot, context);
      unacked.mark(slot, SACKED);
    }
  }
  const sent = troubles.of(connection)?.directions[direction ^ 1];
  if (sent === undefined) return;
  for (const repeat of sent.repeats) {
    if (repeat.ackedTime !== null || isBefore(repeat.rawEnd, tcpAck)) continue;
    const start = advance(repeat.rawEnd, -(repeat.seqEnd - repeat.seqStart));
    for (let at = 0; at < tcpSackCount * 2; at += 2) {
      if (isBefore(start, tcpSack[at]) || isAfter(repeat.rawEnd, tcpSack[at + 1])) continue;
      settleResent(repeat, context, sent);
      repeat.ackedTime = time;
      repeat.ackedPacket = packet.number;
      break;
    }
  }
}

/** Counts SACK blocks, and keeps the latest ones. @param isForeign whether they are, see `isForeignSack` */
export function noteSack(
  { troubles }: FollowedConnections,
  packet: Packet,
  { connection, direction, time }: SegmentContext,
  isForeign: boolean,
): void {
  const side = troubles.makeDirection(connection, direction);
  if (isDuplicateSack(packet)) side.duplicateSacks++;
  if (isForeign && !troubles.of(connection)?.directions[direction ^ 1]?.strays) {
    side.foreignSacksTotal++;
    if (side.foreignSacks.length < FOREIGN_SACKS_KEPT)
      side.foreignSacks = appended(side.foreignSacks, { packet: packet.number, time });
  }
  side.sack = [...packet.tcpSack.subarray(0, packet.tcpSackCount * 2)];
}

const FOREIGN_SACKS_KEPT = 8;

/**
 * Whether every block lies far from the acknowledgement in the same packet and from everything that the peer sent. Then
 * a middlebox has rewritten one and not the other. Missing data in a capture cannot explain such a distance.
 */
function isForeignSack({ tcpSack, tcpSackCount, tcpAck }: Packet, { block, peer }: SegmentContext): boolean {
  if (!block.hasMarks(peer, R.HAS_NEXT)) return false;
  const end = advance(block.nextSeq(peer), FOREIGN_OCTETS);
  const start = advance(tcpAck, -FOREIGN_OCTETS);
  if (isAfter(tcpAck, end)) return false;
  for (let at = 0; at < tcpSackCount * 2; at += 2)
    if (!isAfter(tcpSack[at], end) && !isBefore(tcpSack[at + 1], start)) return false;
  return true;
}

/** RFC 2883, 4: the first block lies below the acknowledgement, or inside the second block. */
function isDuplicateSack({ tcpSack, tcpSackCount, tcpAck }: Packet): boolean {
  if (isBefore(tcpSack[0], tcpAck) && !isAfter(tcpSack[1], tcpAck)) return true;
  return tcpSackCount > 1 && !isBefore(tcpSack[0], tcpSack[2]) && !isAfter(tcpSack[1], tcpSack[3]);
}
