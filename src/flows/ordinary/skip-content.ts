import {
  BODY_UNKNOWN,
  DIRECTION_BYTES,
  DIRECTIONS_AT,
  FEWEST_OCTETS,
  OVER,
  TURNS,
  UNTIL_CLOSE,
} from '../content/content-marks.ts';
import { distance } from '../sequence-number.ts';
import { isBelow } from '../tables/words.ts';
import { CONTENT_READ, HAS_ISS, REQUEST_UNKNOWN } from '../tcp/record-marks.ts';
import * as T from './connection-offsets.ts';
import * as K from './content-offsets.ts';
import { connection, direction, mine, record, TO_SERVER } from './find-connection.ts';
import { i32At, setI32, u8At, u16At } from './memory.ts';
import * as P from './read-headers.ts';
import * as S from './state-offsets.ts';

const NO_PLACE = 0;

/** Whether the payload is that of a client that begins with no protocol that is known. */
let beginsUnknown: boolean = false;

/** Whether `ContentTracker.onSegment` would neither read the payload nor note more than a mark of the connection. */
function isNothingToRead(): boolean {
  beginsUnknown = false;
  const marks = i32At(record + T.MARKS_AND_LETTERS);
  if (P.payloadLength === 0 || (marks & CONTENT_READ) !== 0) return true;
  const hasPlace = isBelow(connection, i32At(S.CONTENT_ROWS));
  const place = hasPlace ? i32At(i32At(S.CONTENT_PLACES) + (connection << 2)) : NO_PLACE;
  if (place !== NO_PLACE) return isMoreOfTurn(i32At(S.CONTENTS) + (place - 1) * K.RECORD_BYTES);
  if (direction !== TO_SERVER) return false;
  beginsUnknown = (marks & REQUEST_UNKNOWN) === 0;
  return !beginsUnknown || isUnknownBeginning();
}

/** Whether these are whole first octets that no client begins with of those that are known (`unknown-opening.ts`). */
function isUnknownBeginning(): boolean {
  if ((u16At(mine + T.MARKS) & HAS_ISS) === 0 || P.seq !== ((i32At(mine + T.ISS) + 1) | 0)) return false;
  if (P.payloadLength < FEWEST_OCTETS || P.payloadEnd - P.payload !== P.payloadLength) return false;
  return u8At(i32At(S.CLIENT_BEGINS) + u8At(P.payload)) === 0;
}

/** Notes a client that begins so, or leaves the payload to be read: then the run ends. Called before the segment is written. */
export function noteContent(): void {
  if (!isNothingToRead()) {
    setI32(S.IS_TO_READ, 1);
    setI32(S.TO_READ_OF, connection);
    setI32(S.TO_READ_DIRECTION, direction);
    setI32(S.TO_READ_AT, P.payload);
    setI32(S.TO_READ_END, P.payloadEnd);
    setI32(S.TO_READ_OCTETS, P.payloadLength);
    setI32(S.TO_READ_SEQ, P.seq);
  } else if (beginsUnknown) {
    setI32(record + T.MARKS_AND_LETTERS, i32At(record + T.MARKS_AND_LETTERS) | REQUEST_UNKNOWN);
  }
}

/** Whether the segment is more of what its sender says, in a direction of which only the beginnings of turns are read. */
function isMoreOfTurn(content: i32): boolean {
  if (u8At(content + K.LAST_DIRECTION) !== direction + 1) return false;
  const side = content + DIRECTIONS_AT + direction * DIRECTION_BYTES;
  const state = u8At(side + K.STATE);
  if (state === OVER) return u8At(side + K.BEGAN) !== 0;
  if (state !== TURNS) return false;
  const body = u8At(side + K.BODY);
  if (body === BODY_UNKNOWN) return direction !== TO_SERVER;
  return body === UNTIL_CLOSE || distance(P.seq, i32At(side + K.BODY_NEXT)) >= P.payloadLength;
}
