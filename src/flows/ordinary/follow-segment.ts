import { isAfter, isBefore } from '../sequence-number.ts';
import { float } from '../tables/words.ts';
import {
  ABANDONED,
  ACKNOWLEDGEMENT,
  DATA,
  DONT_FRAGMENT,
  FINISH,
  HAS_ACK,
  HAS_IP_IDS,
  IP_IDS_FALL,
  IS_STEADY,
  LARGEST_IP_ID_STEP,
} from '../tcp/record-marks.ts';
import { DUP_ACK, FIN, KEEP_ALIVE, WINDOW_UPDATE } from '../tcp/segment-kind.ts';
import { IDLE_SECONDS } from '../tcp/turn-limits.ts';
import { HAS_DATA, NONE } from '../tcp/unacked-marks.ts';
import * as T from './connection-offsets.ts';
import { tunnel } from './count-path.ts';
import { mine, peer, record } from './find-connection.ts';
import { isLinkAddress } from './find-link.ts';
import { countSuperSegment } from './find-point.ts';
import { f64At, i32At, setF64, setI32, setU16, u8At, u16At } from './memory.ts';
import { defer, isNothingSettled, isRoomToDefer, markSacked } from './note-deferred.ts';
import { noteEnd } from './note-end.ts';
import { noteTimestamp } from './note-timestamp.ts';
import { noteTurn } from './note-turn.ts';
import { isHandshakeEnd, noteHandshake } from './open-connection.ts';
import * as P from './read-headers.ts';
import * as L from './read-link.ts';
import * as N from './read-network.ts';
import * as O from './read-options.ts';
import { hasRoom, remember } from './remember-segment.ts';
import * as S from './state-offsets.ts';
import { takeAcknowledged } from './take-acknowledged.ts';
import { windowShift } from './window-shift.ts';
import { addLetter } from './write-history.ts';

/** Whether the segment at hand ends the handshake. */
let endsHandshake: boolean = false;
/** Its kinds. */
let kinds: i32 = 0;

/**
 * Whether the segment is what `followOrdinary` says, or would be if it did not end the handshake or the connection, were no
 * duplicate ACK, and had no SACK blocks; something may be open if the segment settles nothing of it.
 */
export function isOrdinarySegment(): boolean {
  endsHandshake = false;
  if (!isSteady()) {
    if (!isHandshakeEnd()) return false;
    endsHandshake = true;
  }
  const octets = P.payloadLength;
  if (P.seq !== i32At(mine + T.NEXT_SEQ) || isAfter(P.ack, i32At(peer + T.CONTIGUOUS))) return false;
  if (P.window === 0 || u16At(peer + T.WINDOW) === 0 || isBefore(P.seq, i32At(mine + T.SEQ_LOW))) return false;
  kinds = kindsOf();
  if ((kinds !== 0 && isOtherAck()) || !isNothingSettled()) return false;
  if ((kinds === DUP_ACK || O.sackEdges > 0) && !isRoomToDefer()) return false;
  const speaker = i32At(mine + T.LAST_PACKET) > i32At(peer + T.LAST_PACKET) ? mine : peer;
  if (f64At(S.TIME) - f64At(speaker + T.LAST_TIME) >= IDLE_SECONDS) return false;
  return isOnSameWay() && (octets === 0 || leavesWindow(octets)) && (countedOctets() === 0 || hasRoom());
}

/** Whether all is known of the connection that a segment in order is compared with, see `markCalm`. */
function isSteady(): boolean {
  if ((i32At(record + T.MARKS_AND_LETTERS) & ABANDONED) !== 0) return false;
  return (u16At(record + T.END_MARKS) & IS_STEADY) !== 0;
}

/** Kinds of a segment in order: a bare acknowledgement may repeat the last one of its sender. */
function kindsOf(): i32 {
  if (P.payloadLength > 0 || (P.flags & FIN) !== 0 || P.ack !== i32At(mine + T.LAST_ACK)) return 0;
  return P.window === u16At(mine + T.WINDOW) ? DUP_ACK : WINDOW_UPDATE;
}

/** Whether a bare acknowledgement may not be what `kindsOf` says: it is the first one, or answers a keep-alive. */
function isOtherAck(): boolean {
  return endsHandshake || (kinds === DUP_ACK && (u16At(peer + T.LAST_KINDS) & KEEP_ALIVE) !== 0);
}

/** Octets that the segment takes of the sequence numbers. */
function countedOctets(): i32 {
  return (P.flags & FIN) !== 0 ? P.payloadLength + 1 : P.payloadLength;
}

/** Whether TTL, tunnel and link addresses equal those of the direction's first packet. */
function isOnSameWay(): boolean {
  if (u8At(mine + T.TTL) !== N.ttl || u16At(mine + T.TUNNEL) !== tunnel + 1) return false;
  if (L.sourceMac !== L.NOT_THERE && !isLinkAddress(L.sourceMac, u16At(mine + T.SOURCE_MAC))) return false;
  return L.destinationMac === L.NOT_THERE || isLinkAddress(L.destinationMac, u16At(mine + T.DESTINATION_MAC));
}

/** Whether the octets are new and leave space in the peer's window. */
function leavesWindow(octets: i32): boolean {
  const acked = i32At(peer + T.LAST_ACK);
  const end = (P.seq + octets) | 0;
  return isAfter(end, acked) && end !== ((acked + (u16At(peer + T.WINDOW) << windowShift(peer, mine))) | 0);
}

/** Writes the segment. */
export function followSegment(): void {
  if (kinds === DUP_ACK || O.sackEdges > 0) defer(kinds === DUP_ACK ? DUP_ACK : 0);
  if (endsHandshake) noteHandshake();
  noteTurn();
  countSegment();
  noteEnd();
  advanceSegment();
}

/** Counts the segment in its direction. */
function countSegment(): void {
  setI32(mine + T.PACKETS, i32At(mine + T.PACKETS) + 1);
  setI32(mine + T.LAST_PACKET, i32At(S.NUMBER));
  setF64(mine + T.LAST_TIME, f64At(S.TIME));
  if (N.dontFragment) setU16(mine + T.MARKS, u16At(mine + T.MARKS) | DONT_FRAGMENT);
  if ((P.flags & FIN) !== 0) setU16(mine + T.FINS, u16At(mine + T.FINS) + 1);
  const octets = P.payloadLength;
  if (octets === 0) return;
  const most = u16At(peer + T.MSS);
  if (most > 0 && octets > most) countSuperSegment();
  setF64(mine + T.PAYLOAD_OCTETS, f64At(mine + T.PAYLOAD_OCTETS) + float(octets));
  setI32(mine + T.DATA_SEGMENTS, i32At(mine + T.DATA_SEGMENTS) + 1);
  if (N.l3Length > u16At(mine + T.LARGEST_L3)) setU16(mine + T.LARGEST_L3, N.l3Length);
}

/** Moves the state of both directions on. */
function advanceSegment(): void {
  const octets = countedOctets();
  if (i32At(peer + T.LIST_TAIL) !== NONE) takeAcknowledged();
  if (O.sackEdges > 0) markSacked();
  if (octets > 0) advanceOctets(octets);
  if (kinds === DUP_ACK) setU16(mine + T.DUP_ACKS, u16At(mine + T.DUP_ACKS) + 1);
  if (endsHandshake || P.ack !== i32At(mine + T.LAST_ACK)) noteAck();
  setU16(mine + T.WINDOW, P.window);
  setU16(mine + T.LAST_KINDS, kinds);
  if (P.hasTimestamps) noteTimestamp();
  writeHistory();
}

function noteAck(): void {
  const isHigher = endsHandshake || isAfter(P.ack, i32At(mine + T.HIGHEST_ACK));
  if (endsHandshake) setU16(mine + T.MARKS, u16At(mine + T.MARKS) | HAS_ACK);
  setU16(mine + T.DUP_ACKS, 0);
  setI32(mine + T.LAST_ACK, P.ack);
  if (isHigher) setI32(mine + T.HIGHEST_ACK, P.ack);
}

function writeHistory(): void {
  const isFin = (P.flags & FIN) !== 0;
  if (P.payloadLength > 0) addLetter(DATA);
  else if (!isFin) addLetter(ACKNOWLEDGEMENT);
  if (isFin) addLetter(FINISH);
}

function advanceOctets(octets: i32): void {
  const end = (P.seq + octets) | 0;
  remember(end, P.payloadLength > 0 ? HAS_DATA : 0);
  if (N.ipId !== 0) noteIpId();
  setI32(mine + T.NEXT_SEQ, end);
  const contiguous = i32At(mine + T.CONTIGUOUS);
  if (!isAfter(P.seq, contiguous) && isAfter(end, contiguous)) setI32(mine + T.CONTIGUOUS, end);
}

/** Notes whether the sender numbers its packets consecutively. */
function noteIpId(): void {
  const before = u16At(mine + T.NEXT_SEQ_IP_ID);
  const step = ((N.ipId - before) << 16) >> 16;
  const mark = step <= 0 || step > LARGEST_IP_ID_STEP ? IP_IDS_FALL : HAS_IP_IDS;
  if (before !== 0) setU16(mine + T.MARKS, u16At(mine + T.MARKS) | mark);
  setU16(mine + T.NEXT_SEQ_IP_ID, N.ipId);
}
