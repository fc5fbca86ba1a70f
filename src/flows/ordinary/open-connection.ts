import {
  ABANDONED,
  DONT_FRAGMENT,
  HANDSHAKE_DONE,
  HAS_ACK,
  HAS_CONTIGUOUS,
  HAS_ISS,
  HAS_NEXT,
  HAS_SYN_ACK,
  IS_CALM,
  IS_STEADY,
  LARGEST_SCALE,
  OPENING,
  OPENING_ANSWER,
  ROLES_FROM_SYN,
  SACK_PERMITTED,
  SCALE_ABSENT,
  WAITS_FOR_ANSWER,
} from '../tcp/record-marks.ts';
import { ACK } from '../tcp/segment-kind.ts';
import { IS_SYN, NONE } from '../tcp/unacked-marks.ts';
import * as T from './connection-offsets.ts';
import { tunnel } from './count-path.ts';
import {
  addConnection,
  direction,
  isOfConnection,
  isRoomForConnection,
  mine,
  peer,
  record,
  TO_SERVER,
} from './find-connection.ts';
import { linkNumberAt, NO_LINK } from './find-link.ts';
import { f64At, i32At, setF64, setI32, setU8, setU16, u16At } from './memory.ts';
import { noteFirstTimestamp } from './note-timestamp.ts';
import * as P from './read-headers.ts';
import * as L from './read-link.ts';
import * as N from './read-network.ts';
import * as O from './read-options.ts';
import { hasRoom, remember } from './remember-segment.ts';
import * as S from './state-offsets.ts';
import { takeAcknowledged } from './take-acknowledged.ts';
import { addLetter } from './write-history.ts';

/** Numbers of the link addresses of the SYN. */
let sourceLink: i32 = 0;
let destinationLink: i32 = 0;

/** Whether a SYN opens a connection between new end points, or a SYN-ACK is the first answer to the only packet before. */
export function isOpening(): boolean {
  if (P.payloadLength !== 0 || !hasRoom()) return false;
  const isKnown = isOfConnection();
  if ((P.flags & ACK) === 0 ? isKnown || !isRoomForConnection() : !isKnown || !answersOnlySyn()) return false;
  return areLinksKnown();
}

/** Whether the link addresses that the frame has are known by numbers. */
function areLinksKnown(): boolean {
  sourceLink = L.sourceMac === L.NOT_THERE ? NO_LINK : linkNumberAt(L.sourceMac);
  destinationLink = L.destinationMac === L.NOT_THERE ? NO_LINK : linkNumberAt(L.destinationMac);
  if (sourceLink === NO_LINK && L.sourceMac !== L.NOT_THERE) return false;
  return destinationLink !== NO_LINK || L.destinationMac === L.NOT_THERE;
}

function answersOnlySyn(): boolean {
  if (direction === TO_SERVER || i32At(mine + T.PACKETS) !== 0 || !isOnlySyn(peer)) return false;
  if ((i32At(record + T.MARKS_AND_LETTERS) & (HAS_SYN_ACK | WAITS_FOR_ANSWER | ABANDONED)) !== 0) return false;
  return (u16At(peer + T.MARKS) & HAS_ACK) === 0 && P.ack === i32At(peer + T.NEXT_SEQ);
}

/** Whether a SYN is all that a direction has, and ends nothing. */
function isOnlySyn(side: i32): boolean {
  if (u16At(record + T.END_MARKS) !== 0 || i32At(side + T.PACKETS) !== 1) return false;
  return u16At(side + T.SYNS) === 1 && (u16At(side + T.MARKS) & HAS_ISS) !== 0;
}

/** Whether the segment is the one after SYN and SYN-ACK. */
export function isHandshakeEnd(): boolean {
  if ((i32At(record + T.MARKS_AND_LETTERS) & (HAS_SYN_ACK | HANDSHAKE_DONE | ABANDONED)) !== HAS_SYN_ACK) return false;
  if (direction !== TO_SERVER || !isOnlySyn(mine) || !isOnlySyn(peer)) return false;
  return (u16At(mine + T.MARKS) & HAS_ACK) === 0 && (u16At(peer + T.MARKS) & HAS_ACK) !== 0;
}

/** Writes a SYN or a SYN-ACK. */
export function open(): void {
  const isAnswer = (P.flags & ACK) !== 0;
  if (!isAnswer) addConnection();
  const marks = i32At(record + T.MARKS_AND_LETTERS);
  setI32(record + T.MARKS_AND_LETTERS, marks | (isAnswer ? HAS_SYN_ACK : ROLES_FROM_SYN));
  if (isAnswer) setI32(record + T.SYN_ACK_ACKS, P.ack);
  beginDirection();
  noteSyn();
  if (isAnswer) {
    if (i32At(peer + T.LIST_TAIL) !== NONE) takeAcknowledged();
    setI32(mine + T.HIGHEST_ACK, P.ack);
    setI32(mine + T.LAST_ACK, P.ack);
  }
  const end = (P.seq + 1) | 0;
  remember(end, IS_SYN);
  setI32(mine + T.NEXT_SEQ, end);
  setI32(mine + T.CONTIGUOUS, end);
  if (N.ipId !== 0) setU16(mine + T.NEXT_SEQ_IP_ID, N.ipId);
  setU16(mine + T.WINDOW, P.window);
  if (P.hasTimestamps) noteFirstTimestamp();
  addLetter(isAnswer ? OPENING_ANSWER : OPENING);
}

/** Stores the first packet, to which later ones are compared. */
function beginDirection(): void {
  setI32(mine + T.PACKETS, 1);
  setI32(mine + T.FIRST_PACKET, i32At(S.NUMBER));
  setI32(mine + T.LAST_PACKET, i32At(S.NUMBER));
  setF64(mine + T.FIRST_TIME, f64At(S.TIME));
  setF64(mine + T.LAST_TIME, f64At(S.TIME));
  setU8(mine + T.TTL, N.ttl);
  setU16(mine + T.TUNNEL, tunnel + 1);
  setU16(mine + T.SOURCE_MAC, sourceLink);
  setU16(mine + T.DESTINATION_MAC, destinationLink);
  setI32(mine + T.SEQ_LOW, P.seq);
}

function noteSyn(): void {
  let marks: i32 = HAS_ISS | HAS_NEXT | HAS_CONTIGUOUS;
  if (O.sackPermitted) marks |= SACK_PERMITTED;
  if (N.dontFragment) marks |= DONT_FRAGMENT;
  if ((P.flags & ACK) !== 0) marks |= HAS_ACK;
  setU16(mine + T.MARKS, marks);
  setU16(mine + T.SYNS, 1);
  setU16(mine + T.MSS, O.mss);
  setI32(mine + T.ISS, P.seq);
  const scale = O.windowScale > LARGEST_SCALE ? LARGEST_SCALE : O.windowScale;
  setU8(mine + T.WINDOW_SCALE, scale < 0 ? SCALE_ABSENT : scale);
}

/** Writes that the segment ends the handshake: nothing of the connection is open. */
export function noteHandshake(): void {
  setI32(record + T.MARKS_AND_LETTERS, i32At(record + T.MARKS_AND_LETTERS) | HANDSHAKE_DONE | IS_CALM);
  setU16(record + T.END_MARKS, u16At(record + T.END_MARKS) | IS_STEADY);
  setI32(record + T.HANDSHAKE_ACK_PACKET, i32At(S.NUMBER));
  setF64(record + T.HANDSHAKE_ACK_TIME, f64At(S.TIME));
}
