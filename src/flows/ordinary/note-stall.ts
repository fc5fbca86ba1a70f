import { isBelow } from '../tables/words.ts';
import { DIRECTION_BYTES, DIRECTIONS_AT, MOST_COUNTED, ROLES_FROM_SYN } from '../tcp/record-marks.ts';
import { AT_ONCE, DEFAULT_MSS, DELAYED_ACK_SECONDS, LONGEST_DELAYED_ACK, MOST_OPTIONS } from '../tcp/turn-limits.ts';
import * as T from './connection-offsets.ts';
import { direction, mine, peer, record, TO_SERVER } from './find-connection.ts';
import { f32At, f64At, i32At, setF32, setU16, u16At } from './memory.ts';
import * as P from './read-headers.ts';
import * as S from './state-offsets.ts';

/**
 * Notes a pause of a sender who has the word as a stall, if a late acknowledgement ended it: see `stallOf` of `flows/tcp`.
 * @param pause seconds since it sent before @param octets that it sent since it has the word
 */
export function noteStall(pause: f64, octets: i32): void {
  if (pause < DELAYED_ACK_SECONDS) return;
  const seconds = stallOf(pause, octets);
  if (seconds <= 0) return;
  setF32(record + T.STALL_SECONDS, f32At(record + T.STALL_SECONDS) + seconds);
  const stalls = record + (direction === TO_SERVER ? T.STALLS_TO_SERVER : T.STALLS_TO_CLIENT);
  const known = u16At(stalls);
  if (known < MOST_COUNTED) setU16(stalls, known + 1);
}

function stallOf(pause: f64, octets: i32): f64 {
  const time = f64At(S.TIME);
  const since = direction === TO_SERVER ? f64At(record + T.REQUEST_TIME) : f64At(record + T.ANSWER_TIME);
  const acked = f64At(peer + T.LAST_TIME);
  if (acked <= since || i32At(peer + T.LAST_ACK) !== P.seq) return 0;
  const told = u16At(peer + T.MSS);
  const most = told === 0 ? DEFAULT_MSS : told;
  if (P.payloadLength >= most - MOST_OPTIONS || isBelow(2 * most, octets)) return 0;
  const roundTrip = handshakeSeconds();
  if (roundTrip === 0) return stallByData(acked - since - shortestByData(mine), shortestByData(peer), time - acked);
  const delay = pause - roundTrip;
  if (delay < DELAYED_ACK_SECONDS || delay > LONGEST_DELAYED_ACK) return 0;
  const toServer = record + DIRECTIONS_AT;
  const behind = f64At(toServer + DIRECTION_BYTES + T.FIRST_TIME) - f64At(toServer + T.FIRST_TIME);
  const ahead = direction === TO_SERVER ? roundTrip - behind : behind;
  return time - acked <= ahead + ahead / 4 + AT_ONCE ? delay : 0;
}

function stallByData(delay: f64, ahead: f64, after: f64): f64 {
  if (delay < DELAYED_ACK_SECONDS || delay > LONGEST_DELAYED_ACK) return 0;
  return after <= ahead + ahead / 4 + AT_ONCE ? delay : 0;
}

function shortestByData(side: i32): f64 {
  return i32At(side + T.RTT_SAMPLES) === 0 ? 0 : f32At(side + T.RTT_MIN);
}

/** Seconds from the SYN to the ACK of the handshake; 0 when not seen. */
export function handshakeSeconds(): f64 {
  const isSeen = (i32At(record + T.MARKS_AND_LETTERS) & ROLES_FROM_SYN) !== 0;
  if (!isSeen || i32At(record + T.HANDSHAKE_ACK_PACKET) === 0) return 0;
  return f64At(record + T.HANDSHAKE_ACK_TIME) - f64At(record + DIRECTIONS_AT + T.FIRST_TIME);
}
