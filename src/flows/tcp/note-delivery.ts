import type { Packet } from '../../decode/packet.ts';
import type { Direction } from '../evidence.ts';
import { advance, distance, isAfter, isBefore } from '../sequence-number.ts';
import * as C from './connection-columns.ts';
import { HOLES_KEPT, OPEN_HOLES_KEPT } from './connection-trouble.ts';
import { updateSpans } from './note-trouble.ts';
import { ACKED_UNSEEN_SEGMENT, DUP_ACK, PREVIOUS_SEGMENT_NOT_CAPTURED } from './segment-kind.ts';
import type { TcpTracker } from './tcp-tracker.ts';
import { NONE, SACKED, SENT_AGAIN, type UnackedSegments } from './unacked-segments.ts';

/** The median is moved by this share towards each sample: an estimate without keeping samples. */
const MEDIAN_STEP = 0.05;
/** A number further ahead is of another connection, or garbage (RFC 7323, 2.3: windows are below 2³⁰). */
const LARGEST_WINDOW = 2 ** 30;

/** The sender of `packet` acknowledges octets of its peer, whose row is `peer`. */
export function onAcknowledgement(tracker: TcpTracker, packet: Packet, peer: number, time: number): void {
  const { columns, unacked } = tracker;
  const { direction } = columns;
  const ack = packet.tcpAck;
  let slot = direction.listHead[peer];
  let newest = NONE;
  while (slot !== NONE && !isAfter(unacked.end[slot], ack)) {
    const next = unacked.next[slot];
    delivered(tracker, peer, slot);
    newest = slot;
    unacked.release(slot);
    direction.listLength[peer]--;
    slot = next;
    if (slot === NONE || isAfter(unacked.end[slot], ack)) {
      if (unacked.marks[newest] === 0 && unacked.end[newest] === ack && isData(direction, unacked, peer, newest))
        sampleRoundTrip(columns, peer, time - unacked.time[newest]);
    }
  }
  direction.listHead[peer] = slot;
  if (slot === NONE) direction.listTail[peer] = NONE;
  settleRepeats(tracker, peer, ack, packet.number, time);
}

/** A SYN, which alone begins with the iss, is answered by the system; its round trip has a place of its own. */
const isData = (direction: C.DirectionRows, unacked: UnackedSegments, row: number, slot: number): boolean =>
  (direction.marks[row] & C.HAS_ISS) === 0 || unacked.seq[slot] !== direction.iss[row];

/** A segment sent once and acknowledged did arrive, with its size. */
function delivered({ columns, unacked }: TcpTracker, row: number, slot: number): void {
  if (unacked.marks[slot] & SENT_AGAIN) return;
  const length = unacked.l3Length[slot];
  const { largestAckedL3 } = columns.direction;
  if (length > largestAckedL3[row]) largestAckedL3[row] = Math.min(length, C.LARGEST_L3);
}

function sampleRoundTrip({ direction }: C.ConnectionColumns, row: number, seconds: number): void {
  if (direction.rttSamples[row]++ === 0) {
    direction.rttMin[row] = direction.rttMedian[row] = direction.rttMax[row] = seconds;
    return;
  }
  if (seconds < direction.rttMin[row]) direction.rttMin[row] = seconds;
  if (seconds > direction.rttMax[row]) direction.rttMax[row] = seconds;
  const median = direction.rttMedian[row];
  if (median === 0) direction.rttMedian[row] = seconds;
  else if (seconds > median) direction.rttMedian[row] = Math.min(seconds, median * (1 + MEDIAN_STEP));
  else direction.rttMedian[row] = Math.max(seconds, median * (1 - MEDIAN_STEP));
}

/** Repeated ranges wholly below the acknowledgement got through at last. */
function settleRepeats({ troubles }: TcpTracker, row: number, ack: number, packet: number, time: number): void {
  const side = troubles.of(row >> 1)?.directions[row & 1];
  if (side === undefined || side.repeats.length === 0) return;
  for (const repeat of side.repeats) {
    if (repeat.ackedTime !== null || isAfter(repeat.rawEnd, ack)) continue;
    repeat.ackedTime = time;
    repeat.ackedPacket = packet;
  }
}

/** SACK blocks of the sender of `packet`: what arrived beyond a hole; a block below the acknowledgement is a D-SACK. */
export function onSack(
  tracker: TcpTracker,
  packet: Packet,
  connection: number,
  direction: Direction,
  time: number,
): void {
  const { columns, troubles, unacked } = tracker;
  const side = troubles.makeDirection(connection, direction);
  const { tcpSack, tcpSackCount, tcpAck } = packet;
  if (isDuplicateSack(packet)) side.duplicateSacks++;
  side.sack.length = 0;
  for (let at = 0; at < tcpSackCount * 2; at++) side.sack.push(tcpSack[at]);
  const peer = (2 * connection + direction) ^ 1;
  for (let slot = columns.direction.listHead[peer]; slot !== NONE; slot = unacked.next[slot]) {
    if (unacked.marks[slot] & SACKED) continue;
    for (let at = 0; at < tcpSackCount * 2; at += 2) {
      if (isBefore(unacked.seq[slot], tcpSack[at]) || isAfter(unacked.end[slot], tcpSack[at + 1])) continue;
      delivered(tracker, peer, slot);
      unacked.marks[slot] |= SACKED;
    }
  }
  const sent = troubles.of(connection)?.directions[direction === 0 ? 1 : 0];
  if (sent === undefined) return;
  for (const repeat of sent.repeats) {
    if (repeat.ackedTime !== null || isBefore(repeat.rawEnd, tcpAck)) continue;
    const start = advance(repeat.rawEnd, -(repeat.seqEnd - repeat.seqStart));
    for (let at = 0; at < tcpSackCount * 2; at += 2) {
      if (isBefore(start, tcpSack[at]) || isAfter(repeat.rawEnd, tcpSack[at + 1])) continue;
      repeat.ackedTime = time;
      repeat.ackedPacket = packet.number;
      break;
    }
  }
}

/** RFC 2883, 4: the first block lies below the acknowledgement, or inside the second block. */
function isDuplicateSack({ tcpSack, tcpSackCount, tcpAck }: Packet): boolean {
  if (isBefore(tcpSack[0], tcpAck) && !isAfter(tcpSack[1], tcpAck)) return true;
  return tcpSackCount > 1 && !isBefore(tcpSack[0], tcpSack[2]) && !isAfter(tcpSack[1], tcpSack[3]);
}

/** Holes in what was captured of `direction`: opened by a jump ahead, filled by late octets, settled by acknowledgement. */
export function noteHoles(
  tracker: TcpTracker,
  packet: Packet,
  connection: number,
  direction: Direction,
  end: number,
  time: number,
  kinds: number,
): void {
  const { columns, troubles } = tracker;
  const mine = 2 * connection + direction;
  if (kinds & DUP_ACK) columns.direction.dupAcks[mine]++;
  else if ((columns.direction.marks[mine] & C.HAS_ACK) === 0 || packet.tcpAck !== columns.direction.lastAck[mine])
    columns.direction.dupAcks[mine] = 0;
  if (kinds & PREVIOUS_SEGMENT_NOT_CAPTURED) openHole(tracker, packet, connection, direction, time);
  const trouble = troubles.of(connection);
  if (trouble === undefined) return;
  if (trouble.spans.length > 0) updateSpans(trouble, packet, direction, time);
  const side = trouble.directions[direction];
  if (side !== undefined && side.openHoles.length > 0 && packet.payloadLength > 0) {
    const open = side.openHoles.length;
    fillHoles(side, packet.tcpSeq, end, time);
    troubles.giveBack(open - side.openHoles.length);
  }
  const peerSide = trouble.directions[direction === 0 ? 1 : 0];
  if (peerSide !== undefined && peerSide.openHoles.length > 0) {
    const open = peerSide.openHoles.length;
    acknowledgeHoles(peerSide, packet.tcpAck);
    troubles.giveBack(open - peerSide.openHoles.length);
  }
  if (kinds & ACKED_UNSEEN_SEGMENT) noteUnseenTail(tracker, packet, connection, direction);
}

function openHole(
  { columns, troubles }: TcpTracker,
  packet: Packet,
  connection: number,
  direction: Direction,
  time: number,
): void {
  const mine = 2 * connection + direction;
  const { nextSeq, iss, marks } = columns.direction;
  const side = troubles.makeDirection(connection, direction, true);
  side.holesTotal++;
  const peer = mine ^ 1;
  const { highestAck } = columns.direction;
  const acknowledged = (marks[peer] & C.HAS_ACK) !== 0 && isAfter(highestAck[peer], nextSeq[mine]);
  const base = (marks[mine] & C.HAS_ISS) !== 0 ? iss[mine] : 0;
  const hole = {
    seqStart: distance(base, nextSeq[mine]) >>> 0,
    seqEnd: distance(base, packet.tcpSeq) >>> 0,
    noticed: { packet: packet.number, time },
    filledTime: null,
    acknowledged,
  };
  if (troubles.takeItem(side.holes, HOLES_KEPT)) side.holes.push(hole);
  // What was acknowledged before it could be missed is counted already: see `noteUnseenTail`.
  const start = acknowledged ? highestAck[peer] : nextSeq[mine];
  const octets = distance(start, packet.tcpSeq);
  if (octets > 0 && octets <= LARGEST_WINDOW && troubles.takeItem(side.openHoles, OPEN_HOLES_KEPT))
    side.openHoles.push({ start, end: packet.tcpSeq, hole });
}

type Side = NonNullable<NonNullable<ReturnType<TcpTracker['troubles']['of']>>['directions'][0]>;

/** Cuts [seq, end) out of the open holes; what is left of one stays open. */
function fillHoles(side: Side, seq: number, end: number, time: number): void {
  for (let at = side.openHoles.length - 1; at >= 0; at--) {
    const open = side.openHoles[at];
    if (!isBefore(seq, open.end) || !isAfter(end, open.start)) continue;
    const left = isAfter(seq, open.start) ? { start: open.start, end: seq, hole: open.hole } : undefined;
    const right = isBefore(end, open.end) ? { start: end, end: open.end, hole: open.hole } : undefined;
    const rest = [left, right].filter((part) => part !== undefined);
    side.openHoles.splice(at, 1, ...rest);
    if (!side.openHoles.some((other) => other.hole === open.hole)) open.hole.filledTime = time;
  }
}

/** The peer has octets that were never captured here: the capture missed them, or they took another way. */
function acknowledgeHoles(side: Side, ack: number): void {
  for (let at = side.openHoles.length - 1; at >= 0; at--) {
    const open = side.openHoles[at];
    if (!isAfter(ack, open.start)) continue;
    const until = isBefore(ack, open.end) ? ack : open.end;
    side.gapOctets += distance(open.start, until);
    open.hole.acknowledged = true;
    if (until === open.end) side.openHoles.splice(at, 1);
    else open.start = until;
  }
}

/** Octets beyond everything captured were acknowledged; each is counted once. */
function noteUnseenTail(
  { columns, troubles }: TcpTracker,
  packet: Packet,
  connection: number,
  direction: Direction,
): void {
  const peer = (2 * connection + direction) ^ 1;
  const { nextSeq, marks, highestAck } = columns.direction;
  if ((marks[peer] & C.HAS_NEXT) === 0) return;
  const acked = highestAck[peer ^ 1];
  const known = (marks[peer ^ 1] & C.HAS_ACK) !== 0 && isAfter(acked, nextSeq[peer]) ? acked : nextSeq[peer];
  const octets = distance(known, packet.tcpAck);
  if (octets <= 0 || octets > LARGEST_WINDOW) return;
  troubles.makeDirection(connection, direction === 0 ? 1 : 0).gapOctets += octets;
}
