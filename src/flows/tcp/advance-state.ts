import type { Packet } from '../../decode/packet.ts';
import { advance, distance, isAfter, isBefore } from '../sequence-number.ts';
import type { FollowedConnections } from './followed-connections.ts';
import { noteHoles } from './note-holes.ts';
import * as R from './record-layout.ts';
import type { SegmentContext } from './segment-context.ts';
import { ACK, FIN, RETRANSMISSION, RST, SYN, ZERO_WINDOW_PROBE } from './segment-kind.ts';
import {
  END,
  LENGTH_AND_MARKS,
  LENGTH_SHIFT,
  MOST_PER_LIST,
  NONE,
  PACKET,
  REVERSE_PACKETS,
  SENT_AGAIN,
  SEQ,
  TIME,
  type UnackedSegments,
} from './unacked-segments.ts';

/** Between two packets of one sender its counter moves by less, or it is no counter. */
const LARGEST_STEP = 4096;

/** The state after the segment: highest octets, acknowledgement, window, remembered segments. */
export function moveOn(tracker: FollowedConnections, packet: Packet, context: SegmentContext, kinds: number): void {
  const { mine, block } = context;
  const { words, halves } = block;
  const { tcpSeq, tcpFlags, payloadLength } = packet;
  const octets = payloadLength + ((tcpFlags & (SYN | FIN)) !== 0 ? 1 : 0);
  const end = advance(tcpSeq, octets);
  const probe = (kinds & ZERO_WINDOW_PROBE) !== 0;
  if (octets > 0 && !probe) remember(tracker.unacked, packet, context, end, (kinds & RETRANSMISSION) !== 0);
  noteHoles(tracker, packet, context, end, kinds);
  const marks = halves[(mine << 1) + R.MARKS];
  const knows = (marks & R.HAS_NEXT) !== 0;
  if (!probe && ((tcpFlags & RST) === 0 || !knows)) {
    if (!knows || isAfter(end, words[mine + R.NEXT_SEQ])) {
      noteIpId(packet, context, knows);
      words[mine + R.NEXT_SEQ] = end;
      halves[(mine << 1) + R.MARKS] |= R.HAS_NEXT;
    }
    const contiguous = words[mine + R.CONTIGUOUS];
    if ((marks & R.HAS_CONTIGUOUS) === 0 || (!isAfter(tcpSeq, contiguous) && isAfter(end, contiguous))) {
      words[mine + R.CONTIGUOUS] = contiguousFrom(tracker, context, end);
      halves[(mine << 1) + R.MARKS] |= R.HAS_CONTIGUOUS;
    }
  }
  if ((tcpFlags & ACK) !== 0) {
    if ((marks & R.HAS_ACK) === 0 || isAfter(packet.tcpAck, words[mine + R.HIGHEST_ACK]))
      words[mine + R.HIGHEST_ACK] = packet.tcpAck;
    words[mine + R.LAST_ACK] = packet.tcpAck;
    halves[(mine << 1) + R.MARKS] |= R.HAS_ACK;
  }
  halves[(mine << 1) + R.WINDOW] = packet.tcpWindow;
  if (packet.tcpHasTimestamps) noteTimestamp(packet, context);
}

/** First and highest timestamp of a direction. */
export function noteTimestamp({ tcpTsValue }: Packet, { mine, block }: SegmentContext): void {
  const { words, halves } = block;
  const known = (halves[(mine << 1) + R.MARKS] & R.HAS_TIMESTAMPS) !== 0;
  if (!known) words[mine + R.TS_FIRST] = tcpTsValue;
  if (!known || isAfter(tcpTsValue, words[mine + R.TS_LAST])) words[mine + R.TS_LAST] = tcpTsValue;
  if (!known) halves[(mine << 1) + R.MARKS] |= R.HAS_TIMESTAMPS;
}

/** With holes open the octets are contiguous up to the first hole only. */
function contiguousFrom({ troubles }: FollowedConnections, context: SegmentContext, end: number): number {
  const { mine, block } = context;
  const nextSeq = block.words[mine + R.NEXT_SEQ];
  const holes = troubles.of(context.connection)?.directions[context.direction]?.openHoles;
  if (holes === undefined || holes.length === 0) {
    return (block.halves[(mine << 1) + R.MARKS] & R.HAS_NEXT) !== 0 && isAfter(nextSeq, end) ? nextSeq : end;
  }
  let first = nextSeq;
  for (const hole of holes) if (isBefore(hole.start, first)) first = hole.start;
  return isAfter(first, end) ? first : end;
}

/** Whether the sender numbers its packets one after the other: then IP IDs tell the order of sending. */
export function noteIpId({ ipId }: Packet, { mine, block }: SegmentContext, knows: boolean): void {
  if (ipId === 0) return;
  const { halves } = block;
  const before = halves[(mine << 1) + R.NEXT_SEQ_IP_ID];
  const step = ((ipId - before) << 16) >> 16;
  if (knows && before !== 0)
    halves[(mine << 1) + R.MARKS] |= step <= 0 || step > LARGEST_STEP ? R.IP_IDS_FALL : R.HAS_IP_IDS;
  halves[(mine << 1) + R.NEXT_SEQ_IP_ID] = ipId;
}

/** Keeps the segment until it is acknowledged. */
export function remember(
  unacked: UnackedSegments,
  packet: Packet,
  { mine, peer, block, time }: SegmentContext,
  end: number,
  again: boolean,
): void {
  const { signed, halves } = block;
  if (halves[(mine << 1) + R.LIST_LENGTH] >= MOST_PER_LIST) return;
  const slot = unacked.append(signed[mine + R.LIST_TAIL]);
  if (slot === NONE) return;
  const { words, doubles } = unacked;
  words[slot + SEQ] = packet.tcpSeq;
  words[slot + END] = end;
  doubles[(slot >> 1) + TIME] = time;
  words[slot + PACKET] = packet.number;
  words[slot + REVERSE_PACKETS] = signed[peer + R.PACKETS];
  words[slot + LENGTH_AND_MARKS] = (packet.l3Length << LENGTH_SHIFT) | (again ? SENT_AGAIN : 0);
  signed[mine + R.LIST_TAIL] = slot;
  halves[(mine << 1) + R.LIST_LENGTH]++;
  if ((halves[(peer << 1) + R.MARKS] & R.HAS_ACK) !== 0) {
    const flight = distance(signed[peer + R.HIGHEST_ACK], end);
    if (flight > signed[mine + R.LARGEST_FLIGHT]) signed[mine + R.LARGEST_FLIGHT] = flight;
  }
}
