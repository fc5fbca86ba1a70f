import { isAfter } from '../sequence-number.ts';
import {
  DIRECTION_BYTES,
  DIRECTIONS_AT,
  END_CROSSED,
  END_IGNORED,
  END_OPEN_REQUEST,
  END_TO_CLIENT,
  END_UNREAD,
  HAS_END,
  IS_CALM,
  WAITS_FOR_ANSWER,
} from '../tcp/record-marks.ts';
import { FIN } from '../tcp/segment-kind.ts';
import * as T from './connection-offsets.ts';
import { direction, peer, record, TO_SERVER } from './find-connection.ts';
import { f64At, i32At, setF32, setF64, setI32, setU16, u16At } from './memory.ts';
import * as P from './read-headers.ts';
import * as S from './state-offsets.ts';

/** Notes the first FIN of a connection and data after it, see `noteEnd` of `flows/tcp`. */
export function noteEnd(): void {
  const known = u16At(record + T.END_MARKS);
  if ((known & HAS_END) !== 0) {
    if (P.payloadLength > 0) noteDataAfterEnd(known);
  } else if ((P.flags & FIN) !== 0) noteFirstEnd(known);
}

function noteFirstEnd(known: i32): void {
  const time = f64At(S.TIME);
  const marks = i32At(record + T.MARKS_AND_LETTERS);
  setF64(record + T.END_TIME, time);
  setI32(record + T.END_PACKET, i32At(S.NUMBER));
  setF32(record + T.END_IDLE, time - lastDataTime(time));
  let end: i32 = known | HAS_END;
  if (direction !== TO_SERVER) end |= END_TO_CLIENT;
  if ((marks & WAITS_FOR_ANSWER) !== 0) end |= END_OPEN_REQUEST;
  if (isAfter(i32At(peer + T.NEXT_SEQ), P.ack)) end |= END_UNREAD;
  setU16(record + T.END_MARKS, end);
  setI32(record + T.MARKS_AND_LETTERS, marks & ~IS_CALM);
}

function noteDataAfterEnd(known: i32): void {
  const endedBy: i32 = (known & END_TO_CLIENT) !== 0 ? 1 : TO_SERVER;
  if (direction === endedBy) return;
  const crosses = isAfter(i32At(peer + T.NEXT_SEQ), P.ack);
  setU16(record + T.END_MARKS, known | (crosses ? END_CROSSED : END_IGNORED));
}

/** When either side last sent data, seconds; of a connection without data its first packet. */
function lastDataTime(now: f64): f64 {
  const toServer = record + DIRECTIONS_AT;
  const there = i32At(toServer + T.DATA_SEGMENTS) !== 0 ? f64At(record + T.REQUEST_TIME) : 0;
  const back = i32At(toServer + DIRECTION_BYTES + T.DATA_SEGMENTS) !== 0 ? f64At(record + T.ANSWER_TIME) : 0;
  const last = there > back ? there : back;
  if (last > 0) return last;
  const first = f64At(toServer + T.FIRST_TIME);
  return first < now ? first : now;
}
