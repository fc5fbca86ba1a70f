import type { Packet } from '../../decode/packet.ts';
import { distance, isAfter, isBefore } from '../sequence-number.ts';
import { baseOf } from './connection-block.ts';
import { type DirectionTrouble, HOLES_KEPT, OPEN_HOLES_KEPT } from './connection-trouble.ts';
import { appended } from './empty-list.ts';
import type { FollowedConnections } from './followed-connections.ts';
import { updateSpans } from './note-trouble.ts';
import * as R from './record-marks.ts';
import type { SegmentContext } from './segment-context.ts';
import { ACK, ACKED_UNSEEN_SEGMENT, DUP_ACK, PREVIOUS_SEGMENT_NOT_CAPTURED } from './segment-kind.ts';

/**
 * A sequence number further ahead belongs to another connection, or is garbage (RFC 7323, 2.3: windows are below 2³⁰).
 */
const LARGEST_WINDOW = 2 ** 30;

/**
 * Tracks holes in the captured octets of a direction. A jump ahead opens a hole, late octets fill it, and an
 * acknowledgement settles it.
 */
export function noteHoles(
  tracker: FollowedConnections,
  packet: Packet,
  context: SegmentContext,
  end: number,
  kinds: number,
): void {
  const { troubles } = tracker;
  const { mine, block, direction, time } = context;

  if (kinds & DUP_ACK) block.setDupAcks(mine, block.dupAcks(mine) + 1);
  else if (!block.hasMarks(mine, R.HAS_ACK) || packet.tcpAck !== block.lastAck(mine)) block.setDupAcks(mine, 0);
  if (kinds & PREVIOUS_SEGMENT_NOT_CAPTURED) openHole(tracker, packet, context);
  const trouble = troubles.of(context.connection);
  if (trouble === undefined) return;
  if (trouble.spans.length > 0) updateSpans(trouble, packet, direction, time);
  const side = trouble.directions[direction];
  if (side !== undefined && side.openHoles.length > 0 && packet.payloadLength > 0) {
    const open = side.openHoles.length;
    fillHoles(side, packet.tcpSeq, end, time);
    troubles.giveBack(open - side.openHoles.length);
  }
  const peerSide = trouble.directions[direction ^ 1];
  if (peerSide !== undefined && peerSide.openHoles.length > 0 && (packet.tcpFlags & ACK) !== 0) {
    const open = peerSide.openHoles.length;
    acknowledgeHoles(peerSide, packet.tcpAck);
    troubles.giveBack(open - peerSide.openHoles.length);
  }
  if (kinds & ACKED_UNSEEN_SEGMENT) noteUnseenTail(tracker, packet, context);
}

function openHole({ troubles }: FollowedConnections, packet: Packet, context: SegmentContext): void {
  const { mine, peer, block } = context;

  const side = troubles.makeDirection(context.connection, context.direction, true);
  side.holesTotal++;
  const nextSeq = block.nextSeq(mine);
  const highestAck = block.highestAck(peer);
  const acknowledged = block.hasMarks(peer, R.HAS_ACK) && isAfter(highestAck, nextSeq);
  const base = baseOf(block, mine);
  const hole = {
    seqStart: distance(base, nextSeq) >>> 0,
    seqEnd: distance(base, packet.tcpSeq) >>> 0,
    noticed: { packet: packet.number, time: context.time },
    filledTime: null,
    acknowledged,
  };
  if (troubles.takeItem(side.holes, HOLES_KEPT)) side.holes = appended(side.holes, hole);
  // Octets that were acknowledged before this hole opened are already counted: see `noteUnseenTail`.
  const start = acknowledged ? highestAck : nextSeq;
  const octets = distance(start, packet.tcpSeq);
  if (octets > 0 && octets <= LARGEST_WINDOW && troubles.takeItem(side.openHoles, OPEN_HOLES_KEPT))
    side.openHoles = appended(side.openHoles, { start, end: packet.tcpSeq, hole });
}

/** Removes [start, end) from the open holes; the rest of each one stays open. */
function fillHoles(side: DirectionTrouble, seq: number, end: number, time: number): void {
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

/** The peer has octets that were never captured here: the capture missed them, or they took another path. */
function acknowledgeHoles(side: DirectionTrouble, ack: number): void {
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

/** Octets after everything captured were acknowledged; each one is counted once. */
function noteUnseenTail({ troubles }: FollowedConnections, packet: Packet, context: SegmentContext): void {
  const { mine, peer, block } = context;

  if (!block.hasMarks(peer, R.HAS_NEXT)) return;
  const nextSeq = block.nextSeq(peer);
  const acked = block.highestAck(mine);
  const known = block.hasMarks(mine, R.HAS_ACK) && isAfter(acked, nextSeq) ? acked : nextSeq;
  const octets = distance(known, packet.tcpAck);
  if (octets <= 0 || octets > LARGEST_WINDOW) return;
  troubles.makeDirection(context.connection, context.direction === 0 ? 1 : 0).gapOctets += octets;
}
