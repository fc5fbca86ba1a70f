import { isAfter } from '../sequence-number.ts';
import { ackedDataOf, HAS_ACKED_DATA, HAS_ISS } from '../tcp/record-marks.ts';
import { MEDIAN_STEP } from '../tcp/turn-limits.ts';
import { HAS_DATA, LENGTH_SHIFT, NONE, SACKED, SENT_AGAIN } from '../tcp/unacked-marks.ts';
import * as T from './connection-offsets.ts';
import { direction, peer, record } from './find-connection.ts';
import { f32At, f64At, i32At, setF32, setF64, setI32, setU16, u16At } from './memory.ts';
import { noteFlight } from './note-transfer.ts';
import * as P from './read-headers.ts';
import * as S from './state-offsets.ts';
import * as U from './unacked-offsets.ts';

/**
 * Forgets the segments of the peer that the packet acknowledges completely, as `note-delivery.ts` does. The one sent last of
 * these gives a round trip. The peer has such segments.
 */
export function takeAcknowledged(): void {
  const pool = i32At(S.UNACKED);
  const tail = i32At(peer + T.LIST_TAIL);
  const first = i32At(pool + tail + U.NEXT);
  let place: i32 = first;
  let newest: i32 = NONE;
  let taken: i32 = 0;
  let marks: i32 = 0;
  let largest: i32 = u16At(peer + T.LARGEST_ACKED_L3);
  for (;;) {
    const at = pool + place;
    if (isAfter(i32At(at + U.END), P.ack)) break;
    const told = i32At(at + U.LENGTH_AND_MARKS);
    if ((told & SENT_AGAIN) === 0 && told >>> LENGTH_SHIFT > largest) largest = told >>> LENGTH_SHIFT;
    newest = place;
    taken++;
    marks |= told;
    if (place === tail) break;
    place = i32At(at + U.NEXT);
  }
  if (newest === NONE) return;
  setU16(peer + T.LARGEST_ACKED_L3, largest);
  if ((marks & HAS_DATA) !== 0 && (u16At(peer + T.MARKS) & HAS_ACKED_DATA) === 0) noteAckedData();
  const last = pool + newest;
  if (newest !== tail) setI32(pool + tail + U.NEXT, i32At(last + U.NEXT));
  else setI32(peer + T.LIST_TAIL, NONE);
  setI32(last + U.NEXT, i32At(S.UNACKED_FREE));
  setI32(S.UNACKED_FREE, first);
  setU16(peer + T.LIST_LENGTH, u16At(peer + T.LIST_LENGTH) - taken);
  if (i32At(last + U.END) !== P.ack || (i32At(last + U.LENGTH_AND_MARKS) & (SENT_AGAIN | SACKED)) !== 0) return;
  const isSyn = (u16At(peer + T.MARKS) & HAS_ISS) !== 0 && i32At(last + U.SEQ) === i32At(peer + T.ISS);
  if (isSyn) return;
  sampleRoundTrip(f64At(S.TIME) - f64At(last + U.TIME));
  noteFlight();
}

/** The first acknowledgement of data shows that a connection was open for both ends. */
function noteAckedData(): void {
  setU16(peer + T.MARKS, u16At(peer + T.MARKS) | HAS_ACKED_DATA);
  const place = ackedDataOf(record, 1 - direction);
  setF64(place + T.ACKED_DATA_TIME, f64At(S.TIME));
  setI32(place + T.ACKED_DATA_PACKET, i32At(S.NUMBER));
}

function sampleRoundTrip(seconds: f64): void {
  const samples = i32At(peer + T.RTT_SAMPLES);
  setI32(peer + T.RTT_SAMPLES, samples + 1);
  if (samples === 0) {
    setF32(peer + T.RTT_MIN, seconds);
    setF32(peer + T.RTT_MEDIAN, seconds);
    setF32(peer + T.RTT_MAX, seconds);
    return;
  }
  if (seconds < f32At(peer + T.RTT_MIN)) setF32(peer + T.RTT_MIN, seconds);
  if (seconds > f32At(peer + T.RTT_MAX)) setF32(peer + T.RTT_MAX, seconds);
  const median = f32At(peer + T.RTT_MEDIAN);
  const most = median * (1 + MEDIAN_STEP);
  const least = median * (1 - MEDIAN_STEP);
  if (median === 0) setF32(peer + T.RTT_MEDIAN, seconds);
  else if (seconds > median) setF32(peer + T.RTT_MEDIAN, seconds < most ? seconds : most);
  else setF32(peer + T.RTT_MEDIAN, seconds > least ? seconds : least);
}
