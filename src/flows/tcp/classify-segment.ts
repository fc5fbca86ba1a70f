import type { Packet } from '../../decode/packet.ts';
import { advance, distance, isAfter, isBefore } from '../sequence-number.ts';
import { handshakeSeconds, windowShift } from './connection-block.ts';
import type { DirectionTrouble } from './connection-trouble.ts';
import type { FollowedConnections } from './followed-connections.ts';
import * as R from './record-marks.ts';
import type { SegmentContext } from './segment-context.ts';
import {
  ACK,
  ACKED_UNSEEN_SEGMENT,
  DUP_ACK,
  FAST_RETRANSMISSION,
  FIN,
  KEEP_ALIVE,
  KEEP_ALIVE_ACK,
  OUT_OF_ORDER,
  PREVIOUS_SEGMENT_NOT_CAPTURED,
  RETRANSMISSION,
  RST,
  SPURIOUS_RETRANSMISSION,
  SYN,
  WINDOW_FULL,
  WINDOW_UPDATE,
  ZERO_WINDOW,
  ZERO_WINDOW_PROBE,
  ZERO_WINDOW_PROBE_ACK,
} from './segment-kind.ts';
import { NONE } from './unacked-marks.ts';
import type { UnackedSegments } from './unacked-segments.ts';

/**
 * Most seconds after the second duplicate ACK for a repetition to be a fast retransmission (Wireshark, packet-tcp.c).
 */
const FAST_SECONDS = 0.02;
/**
 * Duplicate ACKs before a fast retransmission. Wireshark requires two, because the capture may lack one of the three of
 * RFC 5681.
 */
const FAST_DUP_ACKS = 2;
/**
 * Without a known round trip, a segment that is at most this many seconds late is out of order (Wireshark,
 * packet-tcp.c).
 */
const LATE_SECONDS = 0.003;
/** IP IDs further back than this belong to an earlier cycle of the 16-bit counter. */
const IP_ID_REACH = 4096;

/**
 * Kinds of a segment by Wireshark's definitions and precedence (packet-tcp.c, tcp_analyze_sequence_number). Called
 * before the state is updated.
 *
 *            peer.lastAck    mine.contiguous        mine.nextSeq
 *  ···acked·······|███████████████|░░░hole░░░|██████████|
 *     spurious       seen before     late or      seen      new; beyond: previous segment not captured
 *                    → sent again    sent again   → again
 */
export function kindsOf(tracker: FollowedConnections, packet: Packet, context: SegmentContext): number {
  const { mine, peer, block } = context;

  const { tcpSeq: seq, tcpAck: ack, tcpFlags: flags, tcpWindow: window, payloadLength: length } = packet;
  const marks = block.marks(mine);
  const knows = (marks & R.HAS_NEXT) !== 0;
  const nextSeq = block.nextSeq(mine);
  const control = flags & (SYN | FIN | RST);
  const peerWindowShut = block.window(peer) === 0 && block.hasMarks(peer, R.HAS_ACK);

  if (length === 1 && knows && seq === nextSeq && peerWindowShut)
    return ZERO_WINDOW_PROBE | ackKinds(tracker.unacked, packet, context, false);

  let kinds = 0;
  if (window === 0 && control === 0) kinds |= ZERO_WINDOW;
  if (knows && isAfter(seq, nextSeq) && (flags & RST) === 0) kinds |= PREVIOUS_SEGMENT_NOT_CAPTURED;
  if (length <= 1 && knows && seq === advance(nextSeq, -1) && control === 0) kinds |= KEEP_ALIVE;
  if (control === 0 && length > 0 && fillsWindow(context, advance(seq, length))) kinds |= WINDOW_FULL;

  if (length === 0 && control === 0 && knows && seq === nextSeq && (marks & R.HAS_ACK) !== 0)
    kinds |= bareAckKinds(context, ack, window);
  kinds |= ackKinds(
    tracker.unacked,
    packet,
    context,
    (kinds & (WINDOW_UPDATE | KEEP_ALIVE_ACK | ZERO_WINDOW_PROBE_ACK)) !== 0,
  );
  if ((length > 0 || (flags & (SYN | FIN)) !== 0) && (kinds & KEEP_ALIVE) === 0)
    kinds |= repetitionKinds(tracker, packet, context);
  return kinds;
}

/** Segments without payload that repeat the last acknowledgement of their sender (duplicate ACKs and ACKs of keep-alives). */
function bareAckKinds({ block, mine, peer }: SegmentContext, ack: number, window: number): number {
  const lastAck = block.lastAck(mine);
  const lastWindow = block.window(mine);
  const peerKinds = block.lastKinds(peer);
  if (window === 0) {
    const answersProbe =
      (peerKinds & ZERO_WINDOW_PROBE) !== 0 && lastWindow === 0 && (ack === lastAck || ack === advance(lastAck, 1));
    return answersProbe ? ZERO_WINDOW_PROBE_ACK : 0;
  }
  if (ack !== lastAck) return 0;
  if (window !== lastWindow) return WINDOW_UPDATE;
  return (peerKinds & KEEP_ALIVE) !== 0 ? KEEP_ALIVE_ACK : DUP_ACK;
}

function fillsWindow({ block, mine, peer }: SegmentContext, end: number): boolean {
  if (!block.hasMarks(peer, R.HAS_ACK) || block.windowScale(peer) === R.SCALE_UNKNOWN) return false;
  const window = block.window(peer) << windowShift(block, peer, mine);
  return end === advance(block.lastAck(peer), window);
}

/** Whether the segment acknowledges octets of the peer that were never captured. */
function ackKinds(unacked: UnackedSegments, packet: Packet, context: SegmentContext, settled: boolean): number {
  const { mine, peer, block } = context;

  if ((packet.tcpFlags & ACK) === 0 || !block.hasMarks(peer, R.HAS_CONTIGUOUS)) return 0;
  const ack = packet.tcpAck;
  if (!isAfter(ack, block.contiguous(peer))) return 0;
  const reopens =
    (block.lastKinds(peer) & ZERO_WINDOW_PROBE) !== 0 &&
    ack === advance(block.lastAck(mine), 1) &&
    packet.tcpSeq === block.nextSeq(mine);
  block.setContiguous(peer, runFrom(unacked, block.listTail(peer), ack));
  if (reopens) {
    if (isAfter(ack, block.nextSeq(peer))) block.setNextSeq(peer, ack);
    return settled ? 0 : WINDOW_UPDATE;
  }
  return ACKED_UNSEEN_SEGMENT;
}

/** End of the run of remembered segments that begins at `ack`. Octets up to there are not new. */
function runFrom(unacked: UnackedSegments, tail: number, ack: number): number {
  let end = ack;
  for (let slot = unacked.first(tail); slot !== NONE; slot = unacked.after(slot, tail)) {
    if (unacked.seq(slot) === end) end = unacked.end(slot);
  }
  return end;
}

/** Kind of a segment that does not advance: a retransmission, or out of order. */
function repetitionKinds(tracker: FollowedConnections, packet: Packet, context: SegmentContext): number {
  const { mine, peer, time } = context;
  const block = context.block;
  const { tcpSeq: seq, payloadLength: length } = packet;
  const end = advance(seq, length);
  const lastAck = block.lastAck(peer);
  const nextSeq = block.nextSeq(mine);
  if (length > 0 && block.hasMarks(peer, R.HAS_ACK) && !isAfter(end, lastAck))
    return RETRANSMISSION | SPURIOUS_RETRANSMISSION;
  if (!block.hasMarks(mine, R.HAS_NEXT) || !isBefore(seq, nextSeq)) return 0;
  if (length > 1 && seq === advance(nextSeq, -1)) return 0;
  const trouble = tracker.troubles.of(context.connection);
  const troubleOfMine = trouble?.directions[context.direction];
  const troubleOfPeer = trouble?.directions[context.direction ^ 1];
  if (
    block.dupAcks(peer) >= FAST_DUP_ACKS &&
    time - block.lastTime(peer) < FAST_SECONDS &&
    isFast(lastAck, seq, end, troubleOfPeer)
  ) {
    // Here only the packet's own order of sending counts.
    return sendingOrder(packet, context) < 0 ? OUT_OF_ORDER : RETRANSMISSION | FAST_RETRANSMISSION;
  }
  if (end === nextSeq || wasSeen(tracker.unacked, seq, end, context, troubleOfMine)) return RETRANSMISSION;
  return isLate(packet, context, troubleOfMine) ? OUT_OF_ORDER : RETRANSMISSION;
}

function isFast(lastAck: number, seq: number, end: number, troubleOfPeer: DirectionTrouble | undefined): boolean {
  if (lastAck === seq) return true;
  const sack = troubleOfPeer?.sack;
  if (sack === undefined || sack.length === 0) return false;
  for (let at = 0; at < sack.length; at += 2) if (!isBefore(seq, sack[at]) && !isAfter(end, sack[at + 1])) return false;
  return true;
}

/** True when these octets were captured before: they are below every open hole, or remembered. */
function wasSeen(
  unacked: UnackedSegments,
  seq: number,
  end: number,
  { block, mine }: SegmentContext,
  trouble: DirectionTrouble | undefined,
): boolean {
  const tail = block.listTail(mine);
  for (let slot = unacked.first(tail); slot !== NONE; slot = unacked.after(slot, tail)) {
    if (!isBefore(seq, unacked.seq(slot)) && !isAfter(end, unacked.end(slot))) return true;
  }
  if (isBefore(seq, block.seqLow(mine))) return false;
  const holes = trouble?.openHoles;
  return holes === undefined || !holes.some((hole) => isBefore(seq, hole.end) && isAfter(end, hole.start));
}

/** Skipped octets arrive now. True for the delayed original, false for the retransmission of a lost segment. */
function isLate(packet: Packet, context: SegmentContext, trouble: DirectionTrouble | undefined): boolean {
  const order = sendingOrder(packet, context);
  if (order !== 0) return order < 0;
  const since = context.time - noticedAt(packet.tcpSeq, trouble);
  const roundTrip = handshakeSeconds(context.block, context.at);
  return since < (roundTrip > 0 ? roundTrip : LATE_SECONDS);
}

/** -1 when the packet was sent before the highest captured segment, 1 when after it, 0 when that is unknown. */
function sendingOrder(packet: Packet, { block, mine }: SegmentContext): number {
  const marks = block.marks(mine);
  if (packet.ipId !== 0 && (marks & (R.HAS_IP_IDS | R.IP_IDS_FALL)) === R.HAS_IP_IDS) {
    const step = ((packet.ipId - block.nextSeqIpId(mine)) << 16) >> 16;
    if (step !== 0 && Math.abs(step) < IP_ID_REACH) return step < 0 ? -1 : 1;
  }
  if (packet.tcpHasTimestamps && (marks & R.HAS_TIMESTAMPS) !== 0) {
    const step = distance(block.tsLast(mine), packet.tcpTsValue);
    if (step !== 0) return step < 0 ? -1 : 1;
  }
  return 0;
}

/** When the octets at `seq` were first missing; long ago when unknown. */
export function noticedAt(seq: number, trouble: DirectionTrouble | undefined): number {
  const hole = trouble?.openHoles.find((open) => !isBefore(seq, open.start) && isBefore(seq, open.end));
  return hole?.hole.noticed.time ?? Number.NEGATIVE_INFINITY;
}
