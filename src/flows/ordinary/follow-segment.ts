import { isAfter, isBefore } from '../sequence-number.ts';
import { float } from '../tables/words.ts';
import {
  ABANDONED,
  ACKNOWLEDGEMENT,
  DATA,
  DONT_FRAGMENT,
  FIRST_LETTER,
  HAS_IP_IDS,
  HAS_TIMESTAMPS,
  IP_IDS_FALL,
  IS_CALM,
  LARGEST_IP_ID_STEP,
} from '../tcp/record-marks.ts';
import { WINDOW_UPDATE } from '../tcp/segment-kind.ts';
import { HAS_DATA, LENGTH_SHIFT, MOST_PER_LIST, NONE } from '../tcp/unacked-marks.ts';
import * as T from './connection-offsets.ts';
import { direction, mine, peer, record } from './find-connection.ts';
import { be16At, be32At, f64At, i32At, setF64, setI32, setU16, u8At, u16At } from './memory.ts';
import * as P from './read-headers.ts';
import { start } from './read-record.ts';
import * as S from './state-offsets.ts';
import { takeAcknowledged } from './take-acknowledged.ts';
import * as U from './unacked-offsets.ts';
import { windowShift } from './window-shift.ts';

/**
 * Whether the segment goes the whole way of `followOrdinary`, which says what that means, and changes nothing there that
 * only happens once: no first letter of the history, no first timestamp.
 */
export function isOrdinarySegment(): boolean {
  const marks = i32At(record + T.MARKS_AND_LETTERS);
  if ((marks & (IS_CALM | ABANDONED)) !== IS_CALM) return false;
  const octets = P.payloadLength;
  if ((marks & (1 << (FIRST_LETTER + (octets > 0 ? DATA : ACKNOWLEDGEMENT) * 2 + direction))) === 0) return false;
  if (P.seq !== i32At(mine + T.NEXT_SEQ) || isAfter(P.ack, i32At(peer + T.CONTIGUOUS))) return false;
  if (P.window === 0 || u16At(peer + T.WINDOW) === 0 || isBefore(P.seq, i32At(mine + T.SEQ_LOW))) return false;
  const repeatsAck = octets === 0 && P.ack === i32At(mine + T.LAST_ACK);
  if (repeatsAck && P.window === u16At(mine + T.WINDOW)) return false;
  if (P.hasTimestamps && (u16At(mine + T.MARKS) & HAS_TIMESTAMPS) === 0) return false;
  const speaker = i32At(mine + T.LAST_PACKET) > i32At(peer + T.LAST_PACKET) ? mine : peer;
  if (f64At(S.TIME) - f64At(speaker + T.LAST_TIME) >= f64At(S.IDLE_SECONDS)) return false;
  return isOnSameWay() && (octets === 0 || hasRoom(octets));
}

/** Whether TTL, tunnel and link addresses equal those of the direction's first packet. */
function isOnSameWay(): boolean {
  if (u8At(mine + T.TTL) !== P.ttl || u16At(mine + T.TUNNEL) !== 0) return false;
  return isLinkAddress(start + 6, u16At(mine + T.SOURCE_MAC)) && isLinkAddress(start, u16At(mine + T.DESTINATION_MAC));
}

/** Whether the address at `at` has this number, see `LinkAddresses`. */
function isLinkAddress(at: i32, number: i32): boolean {
  const words = i32At(S.LINK_ADDRESSES) + (number << 3);
  return i32At(words + 4) === be32At(at + 2) && i32At(words) === be16At(at);
}

/** Whether the octets leave space in the peer's window, and the segment can be remembered. */
function hasRoom(octets: i32): boolean {
  const acked = i32At(peer + T.LAST_ACK);
  const end = (P.seq + octets) | 0;
  if (!isAfter(end, acked) || end === ((acked + (u16At(peer + T.WINDOW) << windowShift(peer, mine))) | 0)) return false;
  return i32At(S.UNACKED_FREE) !== NONE || i32At(S.UNACKED_UNUSED) < i32At(S.UNACKED_END);
}

/** Counts the segment in its direction. The turn has been noted before, and `advanceSegment` follows. */
export function countSegment(): void {
  setI32(mine + T.PACKETS, i32At(mine + T.PACKETS) + 1);
  setI32(mine + T.LAST_PACKET, i32At(S.NUMBER));
  setF64(mine + T.LAST_TIME, f64At(S.TIME));
  if (P.dontFragment) setU16(mine + T.MARKS, u16At(mine + T.MARKS) | DONT_FRAGMENT);
  const octets = P.payloadLength;
  if (octets === 0) return;
  const most = u16At(peer + T.MSS);
  if (most > 0 && octets > most) setI32(S.SUPER_SEGMENTS, i32At(S.SUPER_SEGMENTS) + 1);
  setF64(mine + T.PAYLOAD_OCTETS, f64At(mine + T.PAYLOAD_OCTETS) + float(octets));
  setI32(mine + T.DATA_SEGMENTS, i32At(mine + T.DATA_SEGMENTS) + 1);
  if (P.l3Length > u16At(mine + T.LARGEST_L3)) setU16(mine + T.LARGEST_L3, P.l3Length);
}

/** Moves the state of both directions on. */
export function advanceSegment(): void {
  const lastAck = i32At(mine + T.LAST_ACK);
  const repeatsAck = P.payloadLength === 0 && P.ack === lastAck;
  if (i32At(peer + T.LIST_TAIL) !== NONE) takeAcknowledged();
  if (P.payloadLength > 0) advanceOctets();
  if (P.ack !== lastAck) {
    setU16(mine + T.DUP_ACKS, 0);
    setI32(mine + T.LAST_ACK, P.ack);
    if (isAfter(P.ack, i32At(mine + T.HIGHEST_ACK))) setI32(mine + T.HIGHEST_ACK, P.ack);
  }
  setU16(mine + T.WINDOW, P.window);
  setU16(mine + T.LAST_KINDS, repeatsAck ? WINDOW_UPDATE : 0);
  if (P.hasTimestamps && isAfter(P.tsValue, i32At(mine + T.TS_LAST))) setI32(mine + T.TS_LAST, P.tsValue);
}

function advanceOctets(): void {
  const end = (P.seq + P.payloadLength) | 0;
  remember(end);
  if (P.ipId !== 0) noteIpId();
  setI32(mine + T.NEXT_SEQ, end);
  const contiguous = i32At(mine + T.CONTIGUOUS);
  if (!isAfter(P.seq, contiguous) && isAfter(end, contiguous)) setI32(mine + T.CONTIGUOUS, end);
}

/** Notes whether the sender numbers its packets consecutively. */
function noteIpId(): void {
  const before = u16At(mine + T.NEXT_SEQ_IP_ID);
  const step = ((P.ipId - before) << 16) >> 16;
  const mark = step <= 0 || step > LARGEST_IP_ID_STEP ? IP_IDS_FALL : HAS_IP_IDS;
  if (before !== 0) setU16(mine + T.MARKS, u16At(mine + T.MARKS) | mark);
  setU16(mine + T.NEXT_SEQ_IP_ID, P.ipId);
}

/** Remembers the segment until it is acknowledged. */
function remember(end: i32): void {
  const length = u16At(mine + T.LIST_LENGTH);
  if (length >= MOST_PER_LIST) return;
  const place = takePlace();
  const at = i32At(S.UNACKED) + place;
  const tail = i32At(mine + T.LIST_TAIL);
  const last = i32At(S.UNACKED) + tail;
  setI32(at + U.NEXT, tail === NONE ? place : i32At(last + U.NEXT));
  if (tail !== NONE) setI32(last + U.NEXT, place);
  setI32(at + U.SEQ, P.seq);
  setI32(at + U.END, end);
  setF64(at + U.TIME, f64At(S.TIME));
  setI32(at + U.PACKET, i32At(S.NUMBER));
  setI32(at + U.REVERSE_PACKETS, i32At(peer + T.PACKETS));
  setI32(at + U.LENGTH_AND_MARKS, (P.l3Length << LENGTH_SHIFT) | HAS_DATA);
  setI32(mine + T.LIST_TAIL, place);
  setU16(mine + T.LIST_LENGTH, length + 1);
  const flight = (end - i32At(peer + T.HIGHEST_ACK)) | 0;
  if (flight > i32At(mine + T.LARGEST_FLIGHT)) setI32(mine + T.LARGEST_FLIGHT, flight);
}

/** A free place, of which `hasRoom` has told that there is one. */
function takePlace(): i32 {
  const free = i32At(S.UNACKED_FREE);
  if (free !== NONE) {
    setI32(S.UNACKED_FREE, i32At(i32At(S.UNACKED) + free + U.NEXT));
    return free;
  }
  const unused = i32At(S.UNACKED_UNUSED);
  setI32(S.UNACKED_UNUSED, unused + U.RECORD_BYTES);
  return unused;
}
