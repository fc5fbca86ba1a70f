import type { Packet } from '../../decode/packet.ts';
import { advance, distance, isAfter, isBefore } from '../sequence-number.ts';
import {
  type ConnectionColumns,
  HAS_ACK,
  HAS_CONTIGUOUS,
  HAS_IP_IDS,
  HAS_NEXT,
  HAS_TIMESTAMPS,
  handshakeSeconds,
  IP_IDS_FALL,
  SCALE_UNKNOWN,
  windowShift,
} from './connection-columns.ts';
import type { DirectionTrouble } from './connection-trouble.ts';
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
import { NONE, type UnackedSegments } from './unacked-segments.ts';

/** After the second duplicate ACK a repetition within this time is a fast one (Wireshark, packet-tcp.c). */
const FAST_SECONDS = 0.02;
/** Wireshark asks for two: one of the three of RFC 5681 may be missing in the capture. */
const FAST_DUP_ACKS = 2;
/** Without a known round trip a segment this late is out of order (Wireshark, packet-tcp.c). */
const LATE_SECONDS = 0.003;
/** IP IDs further back than this are from an earlier round of the 16-bit counter. */
const IP_ID_REACH = 4096;

/** What the classification needs of one segment besides the packet. */
export interface SegmentContext {
  /** Rows of the direction columns: of the sender, and of its peer. */
  mine: number;
  peer: number;
  time: number;
  troubleOfMine: DirectionTrouble | undefined;
  troubleOfPeer: DirectionTrouble | undefined;
}

/**
 * Kinds of a segment as Wireshark tells them, with its precedence (tcp-analysis.md), before the state is moved on.
 *
 *            peer.lastAck    mine.contiguous        mine.nextSeq
 *  ···acked·······|███████████████|░░░hole░░░|██████████|
 *     spurious       seen before     late or      seen      new; beyond: previous segment not captured
 *                    → sent again    sent again   → again
 */
export function kindsOf(
  columns: ConnectionColumns,
  unacked: UnackedSegments,
  packet: Packet,
  context: SegmentContext,
): number {
  const { direction } = columns;
  const { mine, peer } = context;
  const { tcpSeq: seq, tcpAck: ack, tcpFlags: flags, tcpWindow: window, payloadLength: length } = packet;
  const knows = direction.marks[mine] & HAS_NEXT;
  const nextSeq = direction.nextSeq[mine];
  const control = flags & (SYN | FIN | RST);
  const peerKinds = direction.lastKinds[peer];
  const peerWindowShut = direction.window[peer] === 0 && (direction.marks[peer] & HAS_ACK) !== 0;

  if (length === 1 && knows && seq === nextSeq && peerWindowShut)
    return ZERO_WINDOW_PROBE | ackKinds(columns, unacked, packet, context, false);

  let kinds = 0;
  if (window === 0 && control === 0) kinds |= ZERO_WINDOW;
  if (knows && isAfter(seq, nextSeq) && (flags & RST) === 0) kinds |= PREVIOUS_SEGMENT_NOT_CAPTURED;
  if (length <= 1 && knows && seq === advance(nextSeq, -1) && control === 0) kinds |= KEEP_ALIVE;
  if (control === 0 && length > 0 && fillsWindow(columns, context, advance(seq, length))) kinds |= WINDOW_FULL;

  if (length === 0 && control === 0 && knows && seq === nextSeq && (direction.marks[mine] & HAS_ACK) !== 0) {
    kinds |= bareAckKinds(direction.lastAck[mine], ack, direction.window[mine], window, peerKinds);
  }
  kinds |= ackKinds(
    columns,
    unacked,
    packet,
    context,
    (kinds & (WINDOW_UPDATE | KEEP_ALIVE_ACK | ZERO_WINDOW_PROBE_ACK)) !== 0,
  );
  if ((length > 0 || (flags & (SYN | FIN)) !== 0) && (kinds & KEEP_ALIVE) === 0)
    kinds |= repetitionKinds(columns, unacked, packet, context);
  return kinds;
}

/** Segments without payload that repeat the last acknowledgement of their sender. */
function bareAckKinds(lastAck: number, ack: number, lastWindow: number, window: number, peerKinds: number): number {
  if (window === 0) {
    const answersProbe =
      (peerKinds & ZERO_WINDOW_PROBE) !== 0 && lastWindow === 0 && (ack === lastAck || ack === advance(lastAck, 1));
    return answersProbe ? ZERO_WINDOW_PROBE_ACK : 0;
  }
  if (ack !== lastAck) return 0;
  if (window !== lastWindow) return WINDOW_UPDATE;
  return (peerKinds & KEEP_ALIVE) !== 0 ? KEEP_ALIVE_ACK : DUP_ACK;
}

function fillsWindow({ direction }: ConnectionColumns, { peer }: SegmentContext, end: number): boolean {
  if ((direction.marks[peer] & HAS_ACK) === 0 || direction.windowScale[peer] === SCALE_UNKNOWN) return false;
  return end === advance(direction.lastAck[peer], direction.window[peer] << windowShift(direction, peer));
}

/** Acknowledges octets of the peer that were never captured. */
function ackKinds(
  { direction }: ConnectionColumns,
  unacked: UnackedSegments,
  packet: Packet,
  { mine, peer }: SegmentContext,
  settled: boolean,
): number {
  if ((packet.tcpFlags & ACK) === 0 || (direction.marks[peer] & HAS_CONTIGUOUS) === 0) return 0;
  const ack = packet.tcpAck;
  if (!isAfter(ack, direction.contiguous[peer])) return 0;
  const reopens =
    (direction.lastKinds[peer] & ZERO_WINDOW_PROBE) !== 0 &&
    ack === advance(direction.lastAck[mine], 1) &&
    packet.tcpSeq === direction.nextSeq[mine];
  direction.contiguous[peer] = tailFrom(unacked, direction.listHead[peer], ack);
  if (reopens) {
    if (isAfter(ack, direction.nextSeq[peer])) direction.nextSeq[peer] = ack;
    return settled ? 0 : WINDOW_UPDATE;
  }
  return ACKED_UNSEEN_SEGMENT;
}

/** End of the run of remembered segments that begins at `ack`: octets up to there are no news any more. */
function tailFrom(unacked: UnackedSegments, head: number, ack: number): number {
  let tail = ack;
  for (let slot = head; slot !== NONE; slot = unacked.next[slot]) {
    if (unacked.seq[slot] === tail) tail = unacked.end[slot];
  }
  return tail;
}

/** A segment that does not advance: sent again, or late. */
function repetitionKinds(
  columns: ConnectionColumns,
  unacked: UnackedSegments,
  packet: Packet,
  context: SegmentContext,
): number {
  const { direction } = columns;
  const { mine, peer, time } = context;
  const { tcpSeq: seq, payloadLength: length } = packet;
  const end = advance(seq, length);
  if (length > 0 && (direction.marks[peer] & HAS_ACK) !== 0 && !isAfter(end, direction.lastAck[peer]))
    return RETRANSMISSION | SPURIOUS_RETRANSMISSION;
  if ((direction.marks[mine] & HAS_NEXT) === 0 || !isBefore(seq, direction.nextSeq[mine])) return 0;
  if (length > 1 && seq === advance(direction.nextSeq[mine], -1)) return 0;
  if (
    direction.dupAcks[peer] >= FAST_DUP_ACKS &&
    time - direction.lastTime[peer] < FAST_SECONDS &&
    isFast(direction.lastAck[peer], seq, end, context)
  ) {
    return isLateOriginal(direction, packet, context) ? OUT_OF_ORDER : RETRANSMISSION | FAST_RETRANSMISSION;
  }
  if (end === direction.nextSeq[mine] || wasSeen(direction, unacked, mine, seq, end, context)) return RETRANSMISSION;
  return isLate(columns, packet, context) ? OUT_OF_ORDER : RETRANSMISSION;
}

function isFast(lastAck: number, seq: number, end: number, { troubleOfPeer }: SegmentContext): boolean {
  if (lastAck === seq) return true;
  const sack = troubleOfPeer?.sack;
  if (sack === undefined || sack.length === 0) return false;
  for (let at = 0; at < sack.length; at += 2) if (!isBefore(seq, sack[at]) && !isAfter(end, sack[at + 1])) return false;
  return true;
}

/** True when these octets were captured before: below every open hole, or remembered. */
function wasSeen(
  direction: ConnectionColumns['direction'],
  unacked: UnackedSegments,
  mine: number,
  seq: number,
  end: number,
  { troubleOfMine }: SegmentContext,
): boolean {
  for (let slot = direction.listHead[mine]; slot !== NONE; slot = unacked.next[slot]) {
    if (!isBefore(seq, unacked.seq[slot]) && !isAfter(end, unacked.end[slot])) return true;
  }
  const holes = troubleOfMine?.openHoles;
  if (isBefore(seq, direction.seqLow[mine])) return false;
  return holes === undefined || !holes.some((hole) => isBefore(seq, hole.end) && isAfter(end, hole.start));
}

type Directions = ConnectionColumns['direction'];

/** Octets that were passed over come now: the original on a longer way, or a second sending of what was lost before? */
function isLate(columns: ConnectionColumns, packet: Packet, context: SegmentContext): boolean {
  const order = sendingOrder(columns.direction, packet, context);
  if (order !== 0) return order < 0;
  const since = context.time - noticedAt(packet.tcpSeq, context);
  const roundTrip = handshakeSeconds(columns, context.mine >>> 1);
  return since < (roundTrip > 0 ? roundTrip : LATE_SECONDS);
}

/** As `isLate`, where only the packet's own order counts. */
const isLateOriginal = (direction: Directions, packet: Packet, context: SegmentContext): boolean =>
  sendingOrder(direction, packet, context) < 0;

/** -1 when the packet was sent before the highest segment captured, 1 when after it, 0 when it cannot be told. */
function sendingOrder(direction: Directions, packet: Packet, { mine }: SegmentContext): number {
  const marks = direction.marks[mine];
  if (packet.ipId !== 0 && (marks & (HAS_IP_IDS | IP_IDS_FALL)) === HAS_IP_IDS) {
    const step = ((packet.ipId - direction.nextSeqIpId[mine]) << 16) >> 16;
    if (step !== 0 && Math.abs(step) < IP_ID_REACH) return step < 0 ? -1 : 1;
  }
  if (packet.tcpHasTimestamps && (marks & HAS_TIMESTAMPS) !== 0) {
    const step = distance(direction.tsLast[mine], packet.tcpTsValue);
    if (step !== 0) return step < 0 ? -1 : 1;
  }
  return 0;
}

/** When the octets at `seq` were found missing; long ago where that is not known. */
function noticedAt(seq: number, { troubleOfMine }: SegmentContext): number {
  const hole = troubleOfMine?.openHoles.find((open) => !isBefore(seq, open.start) && isBefore(seq, open.end));
  return hole?.hole.noticed.time ?? Number.NEGATIVE_INFINITY;
}
