import type { Packet } from '../../decode/packet.ts';
import type { Direction } from '../evidence.ts';
import { advance, distance, isAfter, isBefore } from '../sequence-number.ts';
import * as C from './connection-columns.ts';
import { noteHoles } from './note-delivery.ts';
import { ACK, FIN, RETRANSMISSION, RST, SYN, ZERO_WINDOW_PROBE } from './segment-kind.ts';
import type { TcpTracker } from './tcp-tracker.ts';
import { NONE, UnackedSegments } from './unacked-segments.ts';

/** Between two packets of one sender its counter moves by less, or it is no counter. */
const LARGEST_STEP = 4096;

/** The state after the segment: highest octets, acknowledgement, window, remembered segments. */
export function moveOn(
  tracker: TcpTracker,
  packet: Packet,
  connection: number,
  direction: Direction,
  mine: number,
  time: number,
  kinds: number,
): void {
  const columns = tracker.columns.direction;
  const { tcpSeq, tcpFlags, payloadLength } = packet;
  const octets = payloadLength + ((tcpFlags & (SYN | FIN)) !== 0 ? 1 : 0);
  const end = advance(tcpSeq, octets);
  const probe = (kinds & ZERO_WINDOW_PROBE) !== 0;
  if (octets > 0 && !probe) remember(tracker, packet, mine, end, time, kinds);
  noteHoles(tracker, packet, connection, direction, end, time, kinds);
  if ((tcpFlags & RST) === 0 || (columns.marks[mine] & C.HAS_NEXT) === 0) {
    const knows = (columns.marks[mine] & C.HAS_NEXT) !== 0;
    if (!probe && (!knows || isAfter(end, columns.nextSeq[mine]))) {
      noteIpId(columns, packet, mine, knows);
      columns.nextSeq[mine] = end;
      columns.marks[mine] |= C.HAS_NEXT;
    }
    if (
      !probe &&
      ((columns.marks[mine] & C.HAS_CONTIGUOUS) === 0 || !isAfter(tcpSeq, columns.contiguous[mine])) &&
      (!(columns.marks[mine] & C.HAS_CONTIGUOUS) || isAfter(end, columns.contiguous[mine]))
    ) {
      columns.contiguous[mine] = contiguousFrom(tracker, mine, end, connection, direction);
      columns.marks[mine] |= C.HAS_CONTIGUOUS;
    }
  }
  if ((tcpFlags & ACK) !== 0) {
    if ((columns.marks[mine] & C.HAS_ACK) === 0 || isAfter(packet.tcpAck, columns.highestAck[mine]))
      columns.highestAck[mine] = packet.tcpAck;
    columns.lastAck[mine] = packet.tcpAck;
    columns.marks[mine] |= C.HAS_ACK;
  }
  columns.window[mine] = packet.tcpWindow;
  if (packet.tcpHasTimestamps) {
    if ((columns.marks[mine] & C.HAS_TIMESTAMPS) === 0) columns.tsFirst[mine] = packet.tcpTsValue;
    if ((columns.marks[mine] & C.HAS_TIMESTAMPS) === 0 || isAfter(packet.tcpTsValue, columns.tsLast[mine]))
      columns.tsLast[mine] = packet.tcpTsValue;
    columns.marks[mine] |= C.HAS_TIMESTAMPS;
  }
}

/** With holes open the octets are contiguous up to the first hole only. */
function contiguousFrom(
  { columns, troubles }: TcpTracker,
  mine: number,
  end: number,
  connection: number,
  direction: Direction,
): number {
  const holes = troubles.of(connection)?.directions[direction]?.openHoles;
  if (holes === undefined || holes.length === 0) {
    const { nextSeq, marks } = columns.direction;
    return (marks[mine] & C.HAS_NEXT) !== 0 && isAfter(nextSeq[mine], end) ? nextSeq[mine] : end;
  }
  let first = columns.direction.nextSeq[mine];
  for (const hole of holes) if (isBefore(hole.start, first)) first = hole.start;
  return isAfter(first, end) ? first : end;
}

/** Whether the sender numbers its packets one after the other: then IP IDs tell the order of sending. */
function noteIpId(columns: C.DirectionRows, packet: Packet, mine: number, knows: boolean): void {
  if (packet.ipId === 0) return;
  const before = columns.nextSeqIpId[mine];
  const step = ((packet.ipId - before) << 16) >> 16;
  if (knows && before !== 0 && (step <= 0 || step > LARGEST_STEP)) columns.marks[mine] |= C.IP_IDS_FALL;
  else if (knows && before !== 0) columns.marks[mine] |= C.HAS_IP_IDS;
  columns.nextSeqIpId[mine] = packet.ipId;
}

/** Keeps the segment until it is acknowledged. */
function remember(tracker: TcpTracker, packet: Packet, mine: number, end: number, time: number, kinds: number): void {
  const columns = tracker.columns.direction;
  if (columns.listLength[mine] >= UnackedSegments.MOST_PER_LIST) return;
  const pool = tracker.unacked;
  const slot = pool.take();
  if (slot === NONE) return;
  pool.seq[slot] = packet.tcpSeq;
  pool.end[slot] = end;
  pool.time[slot] = time;
  pool.packet[slot] = packet.number;
  pool.l3Length[slot] = packet.l3Length;
  pool.reversePackets[slot] = columns.packets[mine ^ 1];
  pool.marks[slot] = kinds & RETRANSMISSION ? 1 : 0;
  pool.next[slot] = NONE;
  if (columns.listTail[mine] === NONE) columns.listHead[mine] = slot;
  else pool.next[columns.listTail[mine]] = slot;
  columns.listTail[mine] = slot;
  columns.listLength[mine]++;
  if ((columns.marks[mine ^ 1] & C.HAS_ACK) !== 0) {
    const flight = distance(columns.highestAck[mine ^ 1], end);
    if (flight > columns.largestFlight[mine]) columns.largestFlight[mine] = flight;
  }
}
