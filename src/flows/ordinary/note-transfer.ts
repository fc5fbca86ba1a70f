import { distance, isAfter } from '../sequence-number.ts';
import { float, word } from '../tables/words.ts';
import { SCALE_UNKNOWN } from '../tcp/record-marks.ts';
import * as M from '../tcp/transfer-numbers.ts';
import * as T from './connection-offsets.ts';
import { direction, mine, peer, record } from './find-connection.ts';
import { f64At, i32At, setF64, u8At, u16At } from './memory.ts';
import * as P from './read-headers.ts';
import * as S from './state-offsets.ts';
import { windowShift } from './window-shift.ts';

const NOTHING = 0;
const NUMBER_BYTES = 8;
const PROBE_BYTES = M.PROBE_NUMBERS * NUMBER_BYTES;

/** Whether a segment of a large request or answer only adds to a transfer that is measured: no pause comes before it. */
export function isOrdinaryTransfer(pause: f64): boolean {
  const transfer = transferOf();
  if (transfer === NOTHING || pause >= f64At(S.PAUSE_SECONDS)) return false;
  return !isOf(transfer, direction) || pause < f64At(S.HELD_SECONDS);
}

/** Adds a segment to the transfer, as `noteTransfer` of `flows/tcp` does. */
export function noteTransfer(pause: f64): void {
  const transfer = transferOf();
  if (!isOf(transfer, direction)) return;
  add(transfer, M.OCTETS, float(P.payloadLength));
  add(transfer, M.SEGMENTS, 1);
  add(transfer, M.SECONDS, pause > 0 ? pause : 0);
  const window = u16At(peer + T.WINDOW) << windowShift(peer, mine);
  add(transfer, M.WINDOWS, float(window));
  const flight = float(distance(i32At(peer + T.LAST_ACK), P.seq)) + float(P.payloadLength);
  if (u8At(peer + T.WINDOW_SCALE) !== SCALE_UNKNOWN) set(transfer, M.ROOM, float(window) - flight);
  const probes = word(get(transfer, M.PROBES));
  if (probes < M.MOST_PROBES) noteProbe(transfer, probes, flight);
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
