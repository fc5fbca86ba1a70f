import { distance } from '../sequence-number.ts';
import { isBelow } from '../tables/words.ts';
import { ACK, SYN } from '../tcp/segment-kind.ts';
import { FIRST_DATA, HAS_OPEN, RIGHT, TROUBLED, WAITS, WAITS_RIGHT } from '../trackers/fate-marks.ts';
import { direction, flow } from './find-connection.ts';
import { NOT_FOUND, senderAt } from './find-link.ts';
import { i32At, setI32, setU8, setU16, u8At, u16At } from './memory.ts';
import * as P from './read-headers.ts';
import { start } from './read-record.ts';
import * as O from './sender-offsets.ts';
import * as S from './state-offsets.ts';
import { checksumMarks, WRONG } from './verify-checksums.ts';

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

/** Whether a packet is to be verified: a SYN, and the first data of its direction. */
function isWanted(state: i32): boolean {
  return (P.flags & SYN) !== 0 || (P.payloadLength > 0 && (state & FIRST_DATA) === 0);
}

function isRight(): boolean {
  sender = senderAt(start + 6);
  if (sender === NOT_FOUND) return false;
  const isEnough = (P.flags & SYN) === 0 && !isBelow(i32At(sender + O.DATA), i32At(S.FIRST_DATA));
  verified = isEnough ? NOT_VERIFIED : checksumMarks();
  return verified !== WRONG;
}

/** Notes what the packet answers, and that it waits for its own answer. */
export function noteFates(): void {
  if (!isBelow(flow, i32At(S.FATE_FLOWS))) return;
  const row = 2 * flow + direction;
  const states = i32At(S.FATES);
  noteAnswered(states, row ^ 1);
  const state = u8At(states + row);
  if (!isWanted(state)) return;
  if ((P.flags & SYN) === 0) setI32(sender + O.DATA, i32At(sender + O.DATA) + 1);
  setU8(states + row, verified === NOT_VERIFIED ? state | FIRST_DATA : waitingState(state));
  if (verified === NOT_VERIFIED) return;
  setI32(i32At(S.EXPECTED) + (row << 2), (P.seq + ((P.flags & SYN) !== 0 ? 1 : P.payloadLength)) | 0);
  setU16(i32At(S.FATE_SENDERS) + (row << 1), (sender - i32At(S.SENDERS)) / O.RECORD_BYTES);
}

/** @param row of the opposite direction */
function noteAnswered(states: i32, row: i32): void {
  const state = u8At(states + row);
  if ((state & WAITS) === 0 || (P.flags & ACK) === 0) return;
  if (distance(i32At(i32At(S.EXPECTED) + (row << 2)), P.ack) < 0) return;
  setU8(states + row, state & ~WAITS);
  if ((state & WAITS_RIGHT) === 0) return;
  const at = i32At(S.SENDERS) + u16At(i32At(S.FATE_SENDERS) + (row << 1)) * O.RECORD_BYTES;
  setI32(at + O.RIGHT_ANSWERED, i32At(at + O.RIGHT_ANSWERED) + 1);
}

function waitingState(before: i32): i32 {
  let state: i32 = (before & WAITS) !== 0 ? before | TROUBLED : before;
  if (P.payloadLength > 0) state |= FIRST_DATA;
  state = (state & ~WAITS_RIGHT) | WAITS | verified;
  return verified === RIGHT ? state | WAITS_RIGHT : state;
}
