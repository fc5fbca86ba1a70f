import { distance, isAfter } from '../sequence-number.ts';
import { float, word } from '../tables/words.ts';
import { SCALE_UNKNOWN } from '../tcp/record-marks.ts';
import * as M from '../tcp/transfer-numbers.ts';
import { AT_ONCE, DEFAULT_MSS, HELD_AT_LEAST, PAUSE_ROUND_TRIPS, PAUSE_SECONDS } from '../tcp/turn-limits.ts';
import * as T from './connection-offsets.ts';
import { direction, mine, peer, record } from './find-connection.ts';
import { f64At, i32At, setF64, setI32, u8At, u16At } from './memory.ts';
import { handshakeSeconds } from './note-stall.ts';
import * as P from './read-headers.ts';
import * as S from './state-offsets.ts';
import { windowShift } from './window-shift.ts';

const NOTHING = 0;
const NUMBER_BYTES = 8;
const PROBE_BYTES = M.PROBE_NUMBERS * NUMBER_BYTES;

/** Whether the connection has a transfer that is measured, or there is room for one. */
export function isRoomForTransfer(): boolean {
  return i32At(record + T.TRANSFER) !== 0 || i32At(S.TRANSFERS_KEPT) < i32At(S.MOST_TRANSFERS);
}

/** Adds a segment of a large request or answer to the transfer, as `noteTransfer` of `flows/tcp` does. */
export function noteTransfer(pause: f64): void {
  const transfer = transferOrNew();
  if (!isOf(transfer, direction)) return;
  const gap = pause > 0 ? pause : 0;
  const room = get(transfer, M.ROOM);
  add(transfer, M.OCTETS, float(P.payloadLength));
  add(transfer, M.SEGMENTS, 1);
  add(transfer, M.SECONDS, gap);
  const window = u16At(peer + T.WINDOW) << windowShift(peer, mine);
  add(transfer, M.WINDOWS, float(window));
  const flight = float(distance(i32At(peer + T.LAST_ACK), P.seq)) + float(P.payloadLength);
  if (u8At(peer + T.WINDOW_SCALE) !== SCALE_UNKNOWN) set(transfer, M.ROOM, float(window) - flight);
  const probes = word(get(transfer, M.PROBES));
  if (probes < M.MOST_PROBES) noteProbe(transfer, probes, flight);
  if (gap >= HELD_AT_LEAST) notePause(transfer, gap, room);
}

/** Notes whether the sender waited for the receiver, or had nothing to send. @param room that the window left before */
function notePause(transfer: i32, gap: f64, room: f64): void {
  const roundTrip = handshakeSeconds();
  if (gap < PAUSE_ROUND_TRIPS * roundTrip) return;
  const told = u16At(peer + T.MSS);
  const wasFull = room >= 0 && room < float(told === 0 ? DEFAULT_MSS : told);
  if (wasFull) add(transfer, M.HELD_SECONDS, gap);
  if (gap < PAUSE_SECONDS || wasFull || f64At(S.TIME) - f64At(peer + T.LAST_TIME) <= roundTrip + AT_ONCE) return;
  if (i32At(peer + T.LAST_ACK) !== P.seq) return;
  add(transfer, M.PAUSES, 1);
  add(transfer, M.PAUSED_SECONDS, gap);
}

/** Begins to measure a round trip. */
function noteProbe(transfer: i32, probes: i32, flight: f64): void {
  const at = transfer + M.FIRST_PROBE * NUMBER_BYTES + probes * PROBE_BYTES;
  const end = (P.seq + P.payloadLength) | 0;
  if (probes > 0 && float(M.MOST_PROBES) * float(distance(word(f64At(at - PROBE_BYTES)), end)) < flight) return;
  setF64(at, float(end));
  setF64(at + NUMBER_BYTES, f64At(S.TIME));
  setF64(at + 2 * NUMBER_BYTES, flight);
  set(transfer, M.PROBES, float(probes + 1));
}

/** A round trip of a large transfer, if the packet acknowledges a segment that is being measured. */
export function noteFlight(): void {
  const transfer = transferOf();
  if (transfer === NOTHING || isOf(transfer, direction)) return;
  const probes = word(get(transfer, M.PROBES));
  const first = transfer + M.FIRST_PROBE * NUMBER_BYTES;
  let acked: i32 = 0;
  while (acked < probes && !isAfter(word(f64At(first + acked * PROBE_BYTES)), P.ack)) acked++;
  if (acked === 0) return;
  const probe = first + (acked - 1) * PROBE_BYTES;
  const flight = f64At(probe + 2 * NUMBER_BYTES);
  const seconds = f64At(S.TIME) - f64At(probe + NUMBER_BYTES);
  add(transfer, M.SAMPLES, 1);
  add(transfer, M.FLIGHT, flight);
  add(transfer, M.FLIGHT_SQUARES, flight * flight);
  add(transfer, M.ROUND_TRIP, seconds);
  add(transfer, M.ROUND_TRIP_SQUARES, seconds * seconds);
  add(transfer, M.PRODUCTS, flight * seconds);
  if (flight < get(transfer, M.LEAST_FLIGHT)) set(transfer, M.LEAST_FLIGHT, flight);
  if (flight > get(transfer, M.MOST_FLIGHT)) set(transfer, M.MOST_FLIGHT, flight);
  const end = first + probes * PROBE_BYTES;
  let to: i32 = first;
  for (let from: i32 = probe + PROBE_BYTES; from < end; from += NUMBER_BYTES) {
    setF64(to, f64At(from));
    to += NUMBER_BYTES;
  }
  set(transfer, M.PROBES, float(probes - acked));
}

/** The transfer of the connection, which begins if there is none: `isRoomForTransfer` has told that it may. */
function transferOrNew(): i32 {
  const known = transferOf();
  if (known !== NOTHING) return known;
  const position = i32At(S.TRANSFERS_KEPT) + 1;
  setI32(S.TRANSFERS_KEPT, position);
  setI32(record + T.TRANSFER, position);
  const transfer = transferOf();
  set(transfer, M.DIRECTION, float(direction));
  set(transfer, M.LEAST_FLIGHT, Infinity);
  set(transfer, M.ROOM, Infinity);
  return transfer;
}

/** Address of the numbers of the transfer of the connection. */
function transferOf(): i32 {
  const position = i32At(record + T.TRANSFER);
  return position === 0 ? NOTHING : i32At(S.TRANSFERS) + (position - 1) * M.NUMBERS * NUMBER_BYTES;
}

function isOf(transfer: i32, side: i32): boolean {
  return word(get(transfer, M.DIRECTION)) === side;
}

function get(transfer: i32, position: i32): f64 {
  return f64At(transfer + position * NUMBER_BYTES);
}

function set(transfer: i32, position: i32, value: f64): void {
  setF64(transfer + position * NUMBER_BYTES, value);
}

function add(transfer: i32, position: i32, value: f64): void {
  set(transfer, position, get(transfer, position) + value);
}
