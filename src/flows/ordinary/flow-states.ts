import { distance } from '../sequence-number.ts';
import { isBelow } from '../tables/words.ts';
import { ACK, SYN } from '../tcp/segment-kind.ts';
import { DATAGRAMS, FIRST_DATA, HAS_OPEN, RIGHT, TROUBLED, WAITS, WAITS_RIGHT } from '../trackers/fate-marks.ts';
import { tunnel } from './count-path.ts';
import { direction, flow } from './find-connection.ts';
import { NOT_FOUND, senderAt } from './find-link.ts';
import { i32At, setI32, setU8, setU16, u8At, u16At } from './memory.ts';
import * as P from './read-headers.ts';
import * as L from './read-link.ts';
import * as R from './read-tunnel.ts';
import * as O from './sender-offsets.ts';
import * as S from './state-offsets.ts';
import { checksumMarks, isRightIpv4, WRONG } from './verify-checksums.ts';

/** Address of the record of the sender of a packet that is verified. */
let sender: i32 = 0;
/** Marks of the result. */
let verified: i32 = 0;
/** The sender had enough packets verified. */
const NOT_VERIFIED: i32 = -2;

/** Whether what is to be verified has no wrong checksum, see `PacketFates`. */
export function isOrdinaryFlow(): boolean {
  const row = 2 * flow + direction;
  if (!isBelow(flow, i32At(S.FATE_FLOWS))) return true;
  if (!isBelow(row, i32At(S.FATE_ROWS) - 1)) return false;
  const states = i32At(S.FATES);
  if ((u8At(states + (row ^ 1)) & HAS_OPEN) !== 0) return false;
  const state = u8At(states + row);
  return !isWanted(state) || ((state & HAS_OPEN) === 0 && isRight());
}

/** Whether a packet is to be verified: a SYN, and the first data of its direction; the first datagrams. */
function isWanted(state: i32): boolean {
  if (P.isDatagram) return (state & DATAGRAMS) !== DATAGRAMS;
  return (P.flags & SYN) !== 0 || (P.payloadLength > 0 && (state & FIRST_DATA) === 0);
}

function isRight(): boolean {
  sender = senderAt(L.sourceMac);
  if (sender === NOT_FOUND) return false;
  const isEnough = isFirstData() && !isBelow(i32At(sender + O.DATA), i32At(S.FIRST_DATA));
  if (!isEnough && !isRightAround()) return false;
  verified = isEnough ? NOT_VERIFIED : checksumMarks();
  return verified !== WRONG;
}

/** Whether it is a segment of which so many of a sender are verified. */
function isFirstData(): boolean {
  return !P.isDatagram && (P.flags & SYN) === 0;
}

/** Whether the outer header, if there is one, has no wrong checksum; one of UDP is left to the general way. */
function isRightAround(): boolean {
  if (R.kind === R.NO_TUNNEL) return true;
  return !R.hasChecksum && isBelow(tunnel, i32At(S.TUNNEL_ROWS)) && (R.isOuterIpv6 || isRightIpv4(R.outerIp));
}

/** Notes what the packet answers, and that it waits for its own answer. */
export function noteFates(): void {
  if (!isBelow(flow, i32At(S.FATE_FLOWS))) return;
  const row = 2 * flow + direction;
  const states = i32At(S.FATES);
  noteAnswered(states, row ^ 1);
  const state = u8At(states + row);
  if (!isWanted(state)) return;
  if (isFirstData()) setI32(sender + O.DATA, i32At(sender + O.DATA) + 1);
  setU8(states + row, verified === NOT_VERIFIED ? state | FIRST_DATA : waitingState(state));
  if (verified === NOT_VERIFIED) return;
  setI32(i32At(S.EXPECTED) + (row << 2), expectedAck());
  setU16(i32At(S.FATE_SENDERS) + (row << 1), (sender - i32At(S.SENDERS)) / O.RECORD_BYTES);
  setU16(i32At(S.FATE_TUNNELS) + (row << 1), tunnel + 1);
  if (tunnel >= 0) increment(i32At(S.TUNNELS_SENT) + (tunnel << 2));
}

/** @param row of the opposite direction */
function noteAnswered(states: i32, row: i32): void {
  const state = u8At(states + row);
  if ((state & WAITS) === 0 || !(P.isDatagram || acknowledges(i32At(i32At(S.EXPECTED) + (row << 2))))) return;
  setU8(states + row, state & ~WAITS);
  const around = u16At(i32At(S.FATE_TUNNELS) + (row << 1)) - 1;
  if (around >= 0) increment(i32At(S.TUNNELS_ANSWERED) + (around << 2));
  if ((state & WAITS_RIGHT) === 0) return;
  const at = i32At(S.SENDERS) + u16At(i32At(S.FATE_SENDERS) + (row << 1)) * O.RECORD_BYTES;
  increment(at + O.RIGHT_ANSWERED);
}

/** Whether the segment acknowledges so much. Of datagrams any of the other side is an answer. */
function acknowledges(expected: i32): boolean {
  return (P.flags & ACK) !== 0 && distance(expected, P.ack) >= 0;
}

/** The acknowledgement that says that the packet was taken; 0 for a datagram. */
function expectedAck(): i32 {
  if (P.isDatagram) return 0;
  return (P.seq + ((P.flags & SYN) !== 0 ? 1 : P.payloadLength)) | 0;
}

function increment(at: i32): void {
  setI32(at, i32At(at) + 1);
}

function waitingState(before: i32): i32 {
  let state: i32 = before;
  if (P.isDatagram) state++;
  else {
    if ((before & WAITS) !== 0) state |= TROUBLED;
    if (P.payloadLength > 0) state |= FIRST_DATA;
  }
  state = (state & ~WAITS_RIGHT) | WAITS | verified;
  return verified === RIGHT ? state | WAITS_RIGHT : state;
}
