import { HAS_ACK } from '../tcp/record-marks.ts';
import { LENGTH_SHIFT, MOST_PER_LIST, NONE } from '../tcp/unacked-marks.ts';
import * as T from './connection-offsets.ts';
import { mine, peer } from './find-connection.ts';
import { f64At, i32At, setF64, setI32, setU16, u16At } from './memory.ts';
import * as P from './read-headers.ts';
import * as N from './read-network.ts';
import * as S from './state-offsets.ts';
import * as U from './unacked-offsets.ts';

/** Whether the segment can be remembered. */
export function hasRoom(): boolean {
  return i32At(S.UNACKED_FREE) !== NONE || i32At(S.UNACKED_UNUSED) < i32At(S.UNACKED_END);
}

/** Remembers the segment until it is acknowledged. */
export function remember(end: i32, marks: i32): void {
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
  setI32(at + U.LENGTH_AND_MARKS, (N.l3Length << LENGTH_SHIFT) | marks);
  setI32(mine + T.LIST_TAIL, place);
  setU16(mine + T.LIST_LENGTH, length + 1);
  if ((u16At(peer + T.MARKS) & HAS_ACK) === 0) return;
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
