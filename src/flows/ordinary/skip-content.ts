import { BODY_UNKNOWN, DIRECTION_BYTES, DIRECTIONS_AT, OVER, TURNS, UNTIL_CLOSE } from '../content/content-marks.ts';
import { distance } from '../sequence-number.ts';
import { isBelow } from '../tables/words.ts';
import { CONTENT_READ, REQUEST_UNKNOWN } from '../tcp/record-marks.ts';
import * as T from './connection-offsets.ts';
import * as K from './content-offsets.ts';
import { connection, direction, record, TO_SERVER } from './find-connection.ts';
import { i32At, u8At } from './memory.ts';
import * as P from './read-headers.ts';
import * as S from './state-offsets.ts';

const NO_PLACE = 0;

/** Whether `ContentTracker.onSegment` would neither read the payload nor note anything. */
export function isNothingToRead(): boolean {
  const marks = i32At(record + T.MARKS_AND_LETTERS);
  if (P.payloadLength === 0 || (marks & CONTENT_READ) !== 0) return true;
  const hasPlace = isBelow(connection, i32At(S.CONTENT_ROWS));
  const place = hasPlace ? i32At(i32At(S.CONTENT_PLACES) + (connection << 2)) : NO_PLACE;
  if (place === NO_PLACE) return direction === TO_SERVER && (marks & REQUEST_UNKNOWN) !== 0;
  return isMoreOfTurn(i32At(S.CONTENTS) + (place - 1) * K.RECORD_BYTES);
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
