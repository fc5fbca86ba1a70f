import type { Packet } from '../../decode/packet.ts';
import type { Direction, SegmentEvent, SegmentKind } from '../evidence.ts';
import { advance, distance, isAfter } from '../sequence-number.ts';
import * as C from './connection-columns.ts';
import {
  type ConnectionTrouble,
  EVENTS_KEPT,
  type OpenRepeat,
  REFS_KEPT,
  REPEATS_KEPT,
  SPANS_KEPT,
} from './connection-trouble.ts';
import * as K from './segment-kind.ts';
import type { TcpTracker } from './tcp-tracker.ts';
import { NONE } from './unacked-segments.ts';

/** A repetition after this silence, without duplicate ACKs, came by timeout: the least one of Linux (TCP_RTO_MIN). */
const TIMEOUT_SECONDS = 0.2;

/** Kinds that tell of loss, disorder or a shut window. */
const GRAVE_KINDS =
  K.RETRANSMISSION | K.OUT_OF_ORDER | K.PREVIOUS_SEGMENT_NOT_CAPTURED | K.ACKED_UNSEEN_SEGMENT | K.ZERO_WINDOW;

/** Kinds that become events, the telling one first. */
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

/** Counts a segment that is of some kind and keeps what a person may want to read. */
export function noteKinds(
  tracker: TcpTracker,
  packet: Packet,
  connection: number,
  direction: Direction,
  time: number,
  kinds: number,
): void {
  const { columns, troubles } = tracker;
  const side = troubles.makeDirection(connection, direction, (kinds & GRAVE_KINDS) !== 0);
  const mine = 2 * connection + direction;
  if (kinds & K.RETRANSMISSION) {
    side.retransmissions++;
    side.retransmittedOctets += packet.payloadLength;
    tracker.unacked.markSentAgain(
      columns.direction.listHead[mine],
      packet.tcpSeq,
      advance(packet.tcpSeq, packet.payloadLength),
    );
    if (kinds & K.SPURIOUS_RETRANSMISSION) side.spuriousRetransmissions++;
    else if (kinds & K.FAST_RETRANSMISSION) side.fastRetransmissions++;
    else if (time - columns.direction.lastTime[mine] >= TIMEOUT_SECONDS && columns.direction.dupAcks[mine ^ 1] < 3)
      side.timeoutRetransmissions++;
    if (!(kinds & K.SPURIOUS_RETRANSMISSION)) noteRepeat(tracker, packet, connection, direction, time);
  }
  if (kinds & K.OUT_OF_ORDER) side.outOfOrder++;
  if (kinds & K.PREVIOUS_SEGMENT_NOT_CAPTURED) side.previousSegmentNotCaptured++;
  if (kinds & K.ACKED_UNSEEN_SEGMENT) side.ackedUnseen++;
  if (kinds & K.DUP_ACK) side.dupAcks++;
  if (kinds & K.ZERO_WINDOW) side.zeroWindows++;
  const probes = peerWindowShut(columns, mine ^ 1);
  if (kinds & K.ZERO_WINDOW_PROBE || (kinds & K.KEEP_ALIVE && probes)) side.zeroWindowProbes++;
  else if (kinds & K.KEEP_ALIVE) side.keepAlives++;
  noteWindow(tracker, packet, connection, direction, time, kinds);
  noteEvent(tracker, packet, connection, direction, time, kinds);
}

const peerWindowShut = ({ direction }: C.ConnectionColumns, peer: number): boolean =>
  (direction.marks[peer] & C.HAS_ACK) !== 0 && direction.window[peer] === 0;

function noteEvent(
  { troubles, columns }: TcpTracker,
  packet: Packet,
  connection: number,
  direction: Direction,
  time: number,
  kinds: number,
): void {
  const found = EVENT_KINDS.find(([bit]) => kinds & bit);
  if (found === undefined) return;
  const trouble = troubles.make(connection);
  trouble.eventsTotal++;
  if (!troubles.takeItem(trouble.events, EVENTS_KEPT)) return;
  trouble.events.push(eventOf(columns, packet, connection, direction, time, found[1]));
}

function eventOf(
  { direction: columns }: C.ConnectionColumns,
  packet: Packet,
  connection: number,
  direction: Direction,
  time: number,
  kind: SegmentKind,
): SegmentEvent {
  const mine = 2 * connection + direction;
  const base = (columns.marks[mine] & C.HAS_ISS) !== 0 ? columns.iss[mine] : 0;
  const peerBase = (columns.marks[mine ^ 1] & C.HAS_ISS) !== 0 ? columns.iss[mine ^ 1] : 0;
  return {
    packet: packet.number,
    time,
    direction,
    kind,
    flags: packet.tcpFlags,
    seqStart: distance(base, packet.tcpSeq) >>> 0,
    seqEnd: distance(base, advance(packet.tcpSeq, packet.payloadLength)) >>> 0,
    ack: distance(peerBase, packet.tcpAck) >>> 0,
    window: packet.tcpWindow << C.windowShift(columns, mine),
    l3Length: packet.l3Length,
    ttl: packet.ttl,
    ipId: packet.ipId,
  };
}

/** Makes room by forgetting the oldest range that got through with the second sending. */
function forgetSettled(repeats: OpenRepeat[]): boolean {
  const at = repeats.findIndex(({ ackedTime, sendings }) => ackedTime !== null && sendings <= 2);
  if (at >= 0) repeats.splice(at, 1);
  return at >= 0;
}

/** A range is sent again: one object for each first octet. */
function noteRepeat(
  { columns, troubles, unacked }: TcpTracker,
  packet: Packet,
  connection: number,
  direction: Direction,
  time: number,
): void {
  if (packet.payloadLength === 0) return;
  const side = troubles.makeDirection(connection, direction);
  const mine = 2 * connection + direction;
  const { iss, marks, listHead, packets } = columns.direction;
  const base = (marks[mine] & C.HAS_ISS) !== 0 ? iss[mine] : 0;
  const rawEnd = advance(packet.tcpSeq, packet.payloadLength);
  let repeat = side.repeats.find(({ rawStart }) => rawStart === packet.tcpSeq);
  if (repeat === undefined) {
    side.repeatsTotal++;
    if (!troubles.takeItem(side.repeats, REPEATS_KEPT) && !forgetSettled(side.repeats)) return;
    const first = unacked.holding(listHead[mine], packet.tcpSeq);
    repeat = {
      seqStart: distance(base, packet.tcpSeq) >>> 0,
      seqEnd: distance(base, rawEnd) >>> 0,
      rawStart: packet.tcpSeq,
      rawEnd,
      l3Length: first === NONE ? packet.l3Length : Math.max(packet.l3Length, unacked.l3Length[first]),
      smallestL3Length: first === NONE ? packet.l3Length : Math.min(packet.l3Length, unacked.l3Length[first]),
      packets: first === NONE ? [] : [{ packet: unacked.packet[first], time: unacked.time[first] }],
      sendings: first === NONE ? 0 : 1,
      dontFragment: packet.dontFragment,
      ackedTime: null,
      ackedPacket: null,
      reversePacketsMeanwhile: 0,
      reverseBefore: first === NONE ? packets[mine ^ 1] : unacked.reversePackets[first],
    };
    side.repeats.push(repeat);
  }
  repeat.sendings++;
  repeat.reversePacketsMeanwhile = packets[mine ^ 1] - repeat.reverseBefore;
  if (repeat.packets.length < REFS_KEPT) repeat.packets.push({ packet: packet.number, time });
  else repeat.packets[REFS_KEPT - 1] = { packet: packet.number, time };
  repeat.l3Length = Math.max(repeat.l3Length, packet.l3Length);
  repeat.smallestL3Length = Math.min(repeat.smallestL3Length, packet.l3Length);
  if (isAfter(rawEnd, repeat.rawEnd)) {
    repeat.rawEnd = rawEnd;
    repeat.seqEnd = distance(base, rawEnd) >>> 0;
  }
}

/** Zero-window periods of `direction`, and probes of its peer into them. */
function noteWindow(
  { columns, troubles }: TcpTracker,
  packet: Packet,
  connection: number,
  direction: Direction,
  time: number,
  kinds: number,
): void {
  const trouble = troubles.make(connection);
  const open = trouble.spans.find((span) => span.end === null && span.direction === direction);
  if (kinds & K.ZERO_WINDOW && open === undefined && trouble.spans.length < SPANS_KEPT) {
    trouble.spans.push({ direction, start: { packet: packet.number, time }, end: null, probes: 0, lastTime: time });
  }
  if (!(kinds & (K.KEEP_ALIVE | K.ZERO_WINDOW_PROBE)) || !peerWindowShut(columns, (2 * connection + direction) ^ 1))
    return;
  const probed = trouble.spans.find((span) => span.end === null && span.direction !== direction);
  if (probed !== undefined) probed.probes++;
}

/** A segment with an open window ends the zero-window period of its sender; every packet extends it. */
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
