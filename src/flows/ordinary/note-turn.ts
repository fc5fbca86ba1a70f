import { isBelow } from '../tables/words.ts';
import { SLOW_TURN, WAITS_FOR_ANSWER } from '../tcp/record-marks.ts';
import { LARGE_OCTETS, SLOW_TURN_SECONDS } from '../tcp/turn-limits.ts';
import * as T from './connection-offsets.ts';
import { direction, peer, record, TO_SERVER } from './find-connection.ts';
import { f32At, f64At, i32At, setF32, setF64, setI32 } from './memory.ts';
import { noteStall } from './note-stall.ts';
import { isRoomForTransfer, noteTransfer } from './note-transfer.ts';
import * as P from './read-headers.ts';
import * as S from './state-offsets.ts';

/** Whether the segment needs no more of `noteTurn` than records: no answer is slow, nor was the one before. */
export function isOrdinaryTurn(): boolean {
  if (P.payloadLength === 0) return true;
  const marks = i32At(record + T.MARKS_AND_LETTERS);
  const waits = (marks & WAITS_FOR_ANSWER) !== 0;
  if (direction === TO_SERVER) {
    if (!waits) return (marks & SLOW_TURN) === 0;
    return !isLarge(i32At(record + T.REQUEST_OCTETS)) || isRoomForTransfer();
  }
  if (!waits) return !isLarge(i32At(record + T.ANSWER_OCTETS)) || isRoomForTransfer();
  return (marks & SLOW_TURN) === 0 && f64At(S.TIME) - f64At(record + T.REQUEST_TIME) < SLOW_TURN_SECONDS;
}

function isLarge(octets: i32): boolean {
  return !isBelow(octets, LARGE_OCTETS);
}

/** The sender of a request or an answer goes on. @param octets of it so far @param pause seconds since it sent them */
function goOn(octets: i32, pause: f64): void {
  if (isLarge(octets)) noteTransfer(pause);
  noteStall(pause, octets);
}

/** Notes the part of the segment in the turns of request and answer, see `noteTurn`. */
export function noteTurn(): void {
  const waits = (i32At(record + T.MARKS_AND_LETTERS) & WAITS_FOR_ANSWER) !== 0;
  if (P.payloadLength === 0) {
    if (waits && direction !== TO_SERVER) noteRequestAcked();
  } else if (direction === TO_SERVER) noteRequest(waits);
  else noteAnswer(waits);
}

function noteRequestAcked(): void {
  if (f64At(record + T.REQUEST_ACK_TIME) < 0 && P.ack === i32At(peer + T.NEXT_SEQ))
    setF64(record + T.REQUEST_ACK_TIME, f64At(S.TIME));
}

function noteRequest(waits: boolean): void {
  const time = f64At(S.TIME);
  const octets = waits ? i32At(record + T.REQUEST_OCTETS) : 0;
  if (!waits) {
    setF64(record + T.REQUEST_START, time);
    setI32(record + T.ANSWER_OCTETS, 0);
    setI32(record + T.MARKS_AND_LETTERS, i32At(record + T.MARKS_AND_LETTERS) | WAITS_FOR_ANSWER);
  } else goOn(octets, time - f64At(record + T.REQUEST_TIME));
  setI32(record + T.REQUEST_PACKET, i32At(S.NUMBER));
  setI32(record + T.REQUEST_OCTETS, octets + P.payloadLength);
  setF64(record + T.REQUEST_TIME, time);
  setF64(record + T.REQUEST_ACK_TIME, -1);
}

function noteAnswer(waits: boolean): void {
  const time = f64At(S.TIME);
  const octets = waits ? 0 : i32At(record + T.ANSWER_OCTETS);
  if (waits) {
    setI32(record + T.MARKS_AND_LETTERS, i32At(record + T.MARKS_AND_LETTERS) & ~WAITS_FOR_ANSWER);
    const seconds = time - f64At(record + T.REQUEST_TIME);
    setI32(record + T.TURNS, i32At(record + T.TURNS) + 1);
    setF32(record + T.TURN_SECONDS, f32At(record + T.TURN_SECONDS) + seconds);
    if (seconds < f32At(record + T.FASTEST_TURN)) setF32(record + T.FASTEST_TURN, seconds);
  } else if (octets !== 0) goOn(octets, time - f64At(record + T.ANSWER_TIME));
  setF64(record + T.ANSWER_TIME, time);
  setI32(record + T.ANSWER_OCTETS, octets + P.payloadLength);
}
