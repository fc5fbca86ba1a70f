import type { Packet } from '../../decode/packet.ts';
import { advance, distance, isAfter, isBefore } from '../sequence-number.ts';
import type { FollowedConnections } from './followed-connections.ts';
import { noteHoles } from './note-holes.ts';
import * as R from './record-marks.ts';
import type { SegmentContext } from './segment-context.ts';
import { ACK, FIN, RETRANSMISSION, RST, SYN, ZERO_WINDOW_PROBE } from './segment-kind.ts';
import { HAS_DATA, IS_SYN, LENGTH_SHIFT, MOST_PER_LIST, NONE, SENT_AGAIN } from './unacked-marks.ts';
import type { UnackedSegments } from './unacked-segments.ts';

/** Updates the state after a segment: highest octets, acknowledgement, window, remembered segments. */
export function moveOn(tracker: FollowedConnections, packet: Packet, context: SegmentContext, kinds: number): void {
  const { mine, block } = context;

  const { tcpSeq, tcpFlags, payloadLength } = packet;
  const octets = payloadLength + ((tcpFlags & (SYN | FIN)) !== 0 ? 1 : 0);
  const end = advance(tcpSeq, octets);
  const probe = (kinds & ZERO_WINDOW_PROBE) !== 0;
  if (octets > 0 && !probe) remember(tracker.unacked, packet, context, end, (kinds & RETRANSMISSION) !== 0);
  noteHoles(tracker, packet, context, end, kinds);
  const marks = block.marks(mine);
  const knows = (marks & R.HAS_NEXT) !== 0;
  if (!probe && ((tcpFlags & RST) === 0 || !knows)) {
    if (!knows || isAfter(end, block.nextSeq(mine))) {
      noteIpId(packet, context, knows);
      block.setNextSeq(mine, end);
      block.addMarks(mine, R.HAS_NEXT);
    }
    const contiguous = block.contiguous(mine);
    if ((marks & R.HAS_CONTIGUOUS) === 0 || (!isAfter(tcpSeq, contiguous) && isAfter(end, contiguous))) {
      block.setContiguous(mine, contiguousFrom(tracker, context, end));
      block.addMarks(mine, R.HAS_CONTIGUOUS);
    }
  }
  if ((tcpFlags & ACK) !== 0) {
    if ((marks & R.HAS_ACK) === 0 || isAfter(packet.tcpAck, block.highestAck(mine)))
      block.setHighestAck(mine, packet.tcpAck);
    block.setLastAck(mine, packet.tcpAck);
    block.addMarks(mine, R.HAS_ACK);
  }
  block.setWindow(mine, packet.tcpWindow);
  if (packet.tcpHasTimestamps) noteTimestamp(packet, context);
}

/** First and highest timestamp of a direction. */
export function noteTimestamp({ tcpTsValue }: Packet, { mine, block }: SegmentContext): void {
  const known = block.hasMarks(mine, R.HAS_TIMESTAMPS);
  if (!known) block.setTsFirst(mine, tcpTsValue);
  if (!known || isAfter(tcpTsValue, block.tsLast(mine))) block.setTsLast(mine, tcpTsValue);
  if (!known) block.addMarks(mine, R.HAS_TIMESTAMPS);
}

/** With open holes, the octets are contiguous only up to the first hole. */
function contiguousFrom({ troubles }: FollowedConnections, context: SegmentContext, end: number): number {
  const { mine, block } = context;
  const nextSeq = block.nextSeq(mine);
  const holes = troubles.of(context.connection)?.directions[context.direction]?.openHoles;
  if (holes === undefined || holes.length === 0) {
    return block.hasMarks(mine, R.HAS_NEXT) && isAfter(nextSeq, end) ? nextSeq : end;
  }
  let first = nextSeq;
  for (const hole of holes) if (isBefore(hole.start, first)) first = hole.start;
  return isAfter(first, end) ? first : end;
}

/** Notes whether the sender numbers its packets consecutively. Then IP IDs give the order of sending. */
export function noteIpId({ ipId }: Packet, { mine, block }: SegmentContext, knows: boolean): void {
  if (ipId === 0) return;

  const before = block.nextSeqIpId(mine);
  const step = ((ipId - before) << 16) >> 16;
  if (knows && before !== 0)
    block.addMarks(mine, step <= 0 || step > R.LARGEST_IP_ID_STEP ? R.IP_IDS_FALL : R.HAS_IP_IDS);
  block.setNextSeqIpId(mine, ipId);
}

const segmentMarks = ({ tcpFlags, payloadLength }: Packet, again: boolean): number =>
  (again ? SENT_AGAIN : 0) | ((tcpFlags & SYN) !== 0 ? IS_SYN : 0) | (payloadLength > 0 ? HAS_DATA : 0);

/** Remembers the segment until it is acknowledged. */
export function remember(
  unacked: UnackedSegments,
  packet: Packet,
  { mine, peer, block, time }: SegmentContext,
  end: number,
  again: boolean,
): void {
  if (block.listLength(mine) >= MOST_PER_LIST) return;
  const slot = unacked.append(block.listTail(mine));
  if (slot === NONE) return;

  unacked.setSeq(slot, packet.tcpSeq);
  unacked.setEnd(slot, end);
  unacked.setTime(slot, time);
  unacked.setPacket(slot, packet.number);
  unacked.setReversePackets(slot, block.packets(peer));
  unacked.setLengthAndMarks(slot, (packet.l3Length << LENGTH_SHIFT) | segmentMarks(packet, again));
  block.setListTail(mine, slot);
  block.setListLength(mine, block.listLength(mine) + 1);
  if (block.hasMarks(peer, R.HAS_ACK)) {
    const flight = distance(block.highestAckSigned(peer), end);
    if (flight > block.largestFlight(mine)) block.setLargestFlight(mine, flight);
  }
}
