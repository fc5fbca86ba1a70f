import { isAfter } from '../sequence-number.ts';
import { HAS_TIMESTAMPS } from '../tcp/record-marks.ts';
import * as T from './connection-offsets.ts';
import { mine } from './find-connection.ts';
import { i32At, setI32, setU16, u16At } from './memory.ts';
import * as P from './read-headers.ts';

/** Notes the timestamp of a segment, if it is the first or the highest one of its direction. */
export function noteTimestamp(): void {
  if ((u16At(mine + T.MARKS) & HAS_TIMESTAMPS) === 0) noteFirstTimestamp();
  else if (isAfter(P.tsValue, i32At(mine + T.TS_LAST))) setI32(mine + T.TS_LAST, P.tsValue);
}

export function noteFirstTimestamp(): void {
  setI32(mine + T.TS_FIRST, P.tsValue);
  setI32(mine + T.TS_LAST, P.tsValue);
  setU16(mine + T.MARKS, u16At(mine + T.MARKS) | HAS_TIMESTAMPS);
}
