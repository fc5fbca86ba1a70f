import { isAfter, isBefore } from '../sequence-number.ts';
import { FOREIGN_OCTETS } from '../tcp/foreign-octets.ts';
import { OPEN_HOLES, OPEN_REPEATS, openOf } from '../tcp/record-marks.ts';
import { LENGTH_SHIFT, NONE, SACKED, SENT_AGAIN } from '../tcp/unacked-marks.ts';
import * as T from './connection-offsets.ts';
import * as L from './deferred-offsets.ts';
import { connection, direction, peer, record } from './find-connection.ts';
import { f64At, i32At, setF64, setI32, setU8, setU16, u16At } from './memory.ts';
import * as P from './read-headers.ts';
import * as N from './read-network.ts';
import * as O from './read-options.ts';
import { MOST_DEFERRED } from './run-limits.ts';
import * as S from './state-offsets.ts';
import * as U from './unacked-offsets.ts';

/** Whether the acknowledgement and the SACK blocks settle nothing that is open of the peer, see `markCalm`. */
export function isNothingSettled(): boolean {
  const open = u16At(peer + T.MARKS) & (OPEN_HOLES | OPEN_REPEATS);
  if (open === 0) return true;
  const place = openOf(record, 1 - direction);
  if (!isBefore(P.ack, i32At(place + T.OPEN_LOW))) return false;
  if ((open & OPEN_REPEATS) === 0) return true;
  const high = i32At(place + T.OPEN_HIGH);
  for (let edge = 0; edge < O.sackEdges; edge += 2) if (isBefore(O.sackEdge(edge), high)) return false;
  return true;
}

/** Whether one more segment may be noted later. */
export function isRoomToDefer(): boolean {
  return i32At(S.DEFERRED_LENGTH) < MOST_DEFERRED;
}

/** Leaves the segment to be noted in objects after the run, see `DeferredSegments`. */
export function defer(kinds: i32): void {
  const length = i32At(S.DEFERRED_LENGTH);
  const at = i32At(S.DEFERRED) + length * L.RECORD_BYTES;
  setI32(S.DEFERRED_LENGTH, length + 1);
  setF64(at + L.TIME, f64At(S.TIME));
  setI32(at + L.PACKET, i32At(S.NUMBER));
  setI32(at + L.CONNECTION, connection);
  setI32(at + L.SEQ, P.seq);
  setI32(at + L.ACK, P.ack);
  setU16(at + L.KINDS, kinds);
  setU16(at + L.FLAGS, P.flags);
  setU16(at + L.WINDOW, P.window);
  setU16(at + L.L3_LENGTH, N.l3Length);
  setU16(at + L.IP_ID, N.ipId);
  setU8(at + L.TTL, N.ttl);
  setU8(at + L.DIRECTION, direction);
  setU8(at + L.SACK_EDGES, O.sackEdges);
  setU8(at + L.IS_FOREIGN, isForeignSack() ? 1 : 0);
  for (let edge = 0; edge < O.sackEdges; edge++) setI32(at + FIRST_EDGE + (edge << 2), O.sackEdge(edge));
}

/** Where the edges of SACK blocks begin in the record. */
const FIRST_EDGE: i32 = 24;

/** Marks the segments of the peer that a SACK block holds, as `onSack` of `flows/tcp` does. */
export function markSacked(): void {
  const tail = i32At(peer + T.LIST_TAIL);
  if (tail === NONE) return;
  const pool = i32At(S.UNACKED);
  let place: i32 = i32At(pool + tail + U.NEXT);
  for (;;) {
    const at = pool + place;
    const told = i32At(at + U.LENGTH_AND_MARKS);
    if ((told & SACKED) === 0 && isInBlock(i32At(at + U.SEQ), i32At(at + U.END))) {
      const length = told >>> LENGTH_SHIFT;
      if ((told & SENT_AGAIN) === 0 && length > u16At(peer + T.LARGEST_ACKED_L3))
        setU16(peer + T.LARGEST_ACKED_L3, length);
      setI32(at + U.LENGTH_AND_MARKS, told | SACKED);
    }
    if (place === tail) return;
    place = i32At(at + U.NEXT);
  }
}

function isInBlock(seq: i32, end: i32): boolean {
  for (let edge = 0; edge < O.sackEdges; edge += 2)
    if (!isBefore(seq, O.sackEdge(edge)) && !isAfter(end, O.sackEdge(edge + 1))) return true;
  return false;
}

/** See `isForeignSack` of `flows/tcp`: the peer has sent something, as the connection is steady. */
function isForeignSack(): boolean {
  const end = (i32At(peer + T.NEXT_SEQ) + FOREIGN_OCTETS) | 0;
  const start = (P.ack - FOREIGN_OCTETS) | 0;
  if (O.sackEdges === 0 || isAfter(P.ack, end)) return false;
  for (let edge = 0; edge < O.sackEdges; edge += 2)
    if (!isAfter(O.sackEdge(edge), end) && !isBefore(O.sackEdge(edge + 1), start)) return false;
  return true;
}
