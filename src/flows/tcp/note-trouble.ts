import type { Packet } from '../../decode/packet.ts';
import type { Direction, SegmentEvent, SegmentKind } from '../evidence/evidence.ts';
import { advance, distance, isAfter, isBefore } from '../sequence-number.ts';
import { baseOf, windowShift } from './connection-block.ts';
import {
  type ConnectionTrouble,
  EVENTS_KEPT,
  type OpenRepeat,
  REFS_KEPT,
  REPEATS_KEPT,
  SPANS_KEPT,
} from './connection-trouble.ts';
import { appended } from './empty-list.ts';
import type { FollowedConnections } from './followed-connections.ts';
import { FOREIGN_OCTETS } from './foreign-octets.ts';
import { noteLate, noteResent, TIMEOUT_SECONDS } from './note-resent.ts';
import * as R from './record-marks.ts';
import type { SegmentContext } from './segment-context.ts';
import * as K from './segment-kind.ts';
import { NONE } from './unacked-marks.ts';

/** Kinds that indicate loss, reordering or a zero window. */
const GRAVE_KINDS =
  K.RETRANSMISSION | K.OUT_OF_ORDER | K.PREVIOUS_SEGMENT_NOT_CAPTURED | K.ACKED_UNSEEN_SEGMENT | K.ZERO_WINDOW;

/** Kinds that become events, the most informative first. */
const EVENT_KINDS: readonly [number, SegmentKind][] = [
  [K.SPURIOUS_RETRANSMISSION, 'spuriousRetransmission'],
  [K.FAST_RETRANSMISSION, 'fastRetransmission'],
  [K.RETRANSMISSION, 'retransmission'],
  [K.OUT_OF_ORDER, 'outOfOrder'],
  [K.KEEP_ALIVE, 'keepAlive'],
  [K.ZERO_WINDOW_PROBE, 'zeroWindowProbe'],
  [K.ZERO_WINDOW, 'zeroWindow'],
  [K.PREVIOUS_SEGMENT_NOT_CAPTURED, 'previousSegmentNotCaptured'],
  [K.ACKED_UNSEEN_SEGMENT, 'ackedUnseenSegment'],
  [K.WINDOW_FULL, 'windowFull'],
  [K.PORTS_REUSED, 'portsReused'],
  [K.DUP_ACK, 'dupAck'],
];

/** Counts a segment that has any kind, and keeps what people may want to read. */
export function noteKinds(tracker: FollowedConnections, packet: Packet, context: SegmentContext, kinds: number): void {
  const { mine, peer, block } = context;
  const side = tracker.troubles.makeDirection(context.connection, context.direction, (kinds & GRAVE_KINDS) !== 0);
  if (kinds & K.RETRANSMISSION) {
    side.retransmissions++;
    side.retransmittedOctets += packet.payloadLength;
    tracker.unacked.markSentAgain(block.listTail(mine), packet.tcpSeq, advance(packet.tcpSeq, packet.payloadLength));
    const resending = noteResent(tracker, packet, context, kinds, side);
    const silence = context.time - block.lastTime(mine);
    if (isFarBelow(packet, context)) side.strays = true;
    if (kinds & K.SPURIOUS_RETRANSMISSION) side.spuriousRetransmissions++;
    else if (kinds & K.FAST_RETRANSMISSION) side.fastRetransmissions++;
    else if (resending === 'resent' && silence >= TIMEOUT_SECONDS && block.dupAcks(peer) < 3)
      side.timeoutRetransmissions++;
    if (resending !== 'nothing' && !(kinds & K.SPURIOUS_RETRANSMISSION))
      noteRepeat(tracker, packet, context, resending === 'resent');
  }
  if (kinds & K.OUT_OF_ORDER) {
    side.outOfOrder++;
    noteLate(packet, context, side);
  }
  if (kinds & K.PREVIOUS_SEGMENT_NOT_CAPTURED) side.previousSegmentNotCaptured++;
  if (kinds & K.ACKED_UNSEEN_SEGMENT) side.ackedUnseen++;
  if (kinds & K.DUP_ACK) side.dupAcks++;
  if (kinds & K.ZERO_WINDOW) side.zeroWindows++;
  if (kinds & K.ZERO_WINDOW_PROBE || (kinds & K.KEEP_ALIVE && peerWindowShut(context))) side.zeroWindowProbes++;
  else if (kinds & K.KEEP_ALIVE) side.keepAlives++;
  noteWindow(tracker, packet, context, kinds);
  noteEvent(tracker, packet, context, kinds);
}

/** Whether it lies far below all that its sender sent before. */
const isFarBelow = ({ tcpSeq }: Packet, { block, mine }: SegmentContext): boolean =>
  block.hasMarks(mine, R.HAS_NEXT) && isBefore(tcpSeq, advance(block.nextSeq(mine), -FOREIGN_OCTETS));

/**
 * Whether a SYN-ACK was repeated without a timer: its SYN arrived twice, and each is answered (RFC 9293, 3.10.7.4).
 * Nothing was lost.
 */
export const answersSynAgain = ({ tcpFlags }: Packet, { block, mine, time }: SegmentContext, kinds: number): boolean =>
  (kinds & K.RETRANSMISSION) !== 0 &&
  (tcpFlags & (K.SYN | K.ACK)) === (K.SYN | K.ACK) &&
  time - block.lastTime(mine) < TIMEOUT_SECONDS;

const peerWindowShut = ({ block, peer }: SegmentContext): boolean =>
  block.hasMarks(peer, R.HAS_ACK) && block.window(peer) === 0;

function noteEvent({ troubles }: FollowedConnections, packet: Packet, context: SegmentContext, kinds: number): void {
  const found = EVENT_KINDS.find(([bit]) => kinds & bit);
  if (found === undefined) return;
  const trouble = troubles.make(context.connection);
  trouble.eventsTotal++;
  if (!troubles.takeItem(trouble.events, EVENTS_KEPT)) return;
  trouble.events = appended(trouble.events, eventOf(packet, context, found[1]));
}

function eventOf(
  packet: Packet,
  { block, mine, peer, time, direction }: SegmentContext,
  kind: SegmentKind,
): SegmentEvent {
  const base = baseOf(block, mine);
  return {
    packet: packet.number,
    time,
    direction,
    kind,
    flags: packet.tcpFlags,
    seqStart: distance(base, packet.tcpSeq) >>> 0,
    seqEnd: distance(base, advance(packet.tcpSeq, packet.payloadLength)) >>> 0,
    ack: distance(baseOf(block, peer), packet.tcpAck) >>> 0,
    window: packet.tcpWindow << windowShift(block, mine, peer),
    l3Length: packet.l3Length,
    ttl: packet.ttl,
    ipId: packet.ipId,
  };
}

/** Frees a place by dropping the oldest range that was delivered by its second transmission. */
function forgetSettled(repeats: OpenRepeat[]): boolean {
  const at = repeats.findIndex(({ ackedTime, sendings }) => ackedTime !== null && sendings <= 2);
  if (at >= 0) repeats.splice(at, 1);
  return at >= 0;
}

/** Notes that a range is sent again: one object for each first octet. */
function noteRepeat(
  { troubles, unacked }: FollowedConnections,
  packet: Packet,
  context: SegmentContext,
  isCounted: boolean,
): void {
  const { block, mine, peer, time } = context;
  const side = troubles.makeDirection(context.connection, context.direction);
  const reversePackets = block.packets(peer);
  const base = baseOf(block, mine);
  const rawEnd = advance(packet.tcpSeq, packet.payloadLength);
  let repeat = side.repeats.find(({ rawStart }) => rawStart === packet.tcpSeq);
  if (repeat === undefined) {
    side.repeatsTotal++;
    if (!troubles.takeItem(side.repeats, REPEATS_KEPT) && !forgetSettled(side.repeats)) return;
    const first = unacked.holding(block.listTail(mine), packet.tcpSeq);
    const firstLength = first === NONE ? packet.l3Length : unacked.l3LengthOf(first);
    repeat = {
      seqStart: distance(base, packet.tcpSeq) >>> 0,
      seqEnd: distance(base, rawEnd) >>> 0,
      rawStart: packet.tcpSeq,
      rawEnd,
      l3Length: Math.max(packet.l3Length, firstLength),
      smallestL3Length: Math.min(packet.l3Length, firstLength),
      packets: first === NONE ? [] : [{ packet: unacked.packet(first), time: unacked.time(first) }],
      sendings: first === NONE ? 0 : 1,
      dontFragment: packet.dontFragment,
      ackedTime: null,
      ackedPacket: null,
      reversePacketsMeanwhile: 0,
      reverseBefore: first === NONE ? reversePackets : unacked.reversePackets(first),
      isCounted,
    };
    side.repeats = appended(side.repeats, repeat);
  }
  repeat.sendings++;
  repeat.isCounted = isCounted;
  repeat.reversePacketsMeanwhile = reversePackets - repeat.reverseBefore;
  if (repeat.packets.length < REFS_KEPT) repeat.packets.push({ packet: packet.number, time });
  else repeat.packets[REFS_KEPT - 1] = { packet: packet.number, time };
  repeat.l3Length = Math.max(repeat.l3Length, packet.l3Length);
  repeat.smallestL3Length = Math.min(repeat.smallestL3Length, packet.l3Length);
  if (isAfter(rawEnd, repeat.rawEnd)) {
    repeat.rawEnd = rawEnd;
    repeat.seqEnd = distance(base, rawEnd) >>> 0;
  }
}

/** Notes zero-window periods of the direction, and probes of its peer during them. */
function noteWindow({ troubles }: FollowedConnections, packet: Packet, context: SegmentContext, kinds: number): void {
  const { direction, time } = context;
  const trouble = troubles.make(context.connection);
  const open = trouble.spans.find((span) => span.end === null && span.direction === direction);
  if (kinds & K.ZERO_WINDOW && open === undefined && trouble.spans.length < SPANS_KEPT) {
    const span = { direction, start: { packet: packet.number, time }, end: null, probes: 0, lastTime: time };
    trouble.spans = appended(trouble.spans, span);
  }
  if (!(kinds & (K.KEEP_ALIVE | K.ZERO_WINDOW_PROBE)) || !peerWindowShut(context)) return;
  const probed = trouble.spans.find((span) => span.end === null && span.direction !== direction);
  if (probed !== undefined) probed.probes++;
}

/** A segment with an open window ends the zero-window period of its sender. Every packet extends the period. */
export function updateSpans(trouble: ConnectionTrouble, packet: Packet, direction: Direction, time: number): void {
  for (const span of trouble.spans) {
    if (span.end !== null) continue;
    span.lastTime = time;
    const control = packet.tcpFlags & (K.SYN | K.RST);
    if (span.direction === direction && packet.tcpWindow > 0 && control === 0)
      span.end = { packet: packet.number, time };
    else if (packet.tcpFlags & K.RST) span.end = { packet: packet.number, time };
  }
}
