import type { Packet } from '../../decode/packet.ts';
import { type Direction, TO_SERVER, type Transfer } from '../evidence/evidence.ts';
import { isLongTransfer } from '../evidence/turns.ts';
import { distance } from '../sequence-number.ts';
import { type ConnectionBlock, handshakeSeconds, windowShift } from './connection-block.ts';
import type { FollowedConnections } from './followed-connections.ts';
import type { MeasuredTransfers } from './measured-transfer.ts';
import { HAS_ACK, SCALE_UNKNOWN } from './record-marks.ts';
import type { SegmentContext } from './segment-context.ts';
import * as M from './transfer-numbers.ts';
import {
  AT_ONCE,
  DEFAULT_MSS,
  HELD_AT_LEAST,
  PAUSE_ROUND_TRIPS,
  PAUSE_SECONDS,
  TRANSFERS_KEPT,
} from './turn-limits.ts';

/** When the sender of the packet had sent data before, seconds. Times are not handed on: V8 makes an object of each. */
export const latestDataTime = ({ block, at, direction }: SegmentContext): number =>
  direction === TO_SERVER ? block.requestTime(at) : block.answerTime(at);

/** Measures one direction of a connection while it sends a large request or answer, from `LARGE_OCTETS` on. */
export function noteTransfer(tracker: FollowedConnections, packet: Packet, context: SegmentContext): void {
  const { block, at, mine, peer, time } = context;
  const transfer = transferOf(tracker, context);
  const { numbers } = tracker.transfers;
  if (transfer < 0 || numbers[transfer + M.DIRECTION] !== context.direction) return;
  const pause = time - latestDataTime(context);
  const gap = pause > 0 ? pause : 0;
  numbers[transfer + M.OCTETS] += packet.payloadLength;
  numbers[transfer + M.SEGMENTS]++;
  numbers[transfer + M.SECONDS] += gap;
  const window = block.window(peer) << windowShift(block, peer, mine);
  numbers[transfer + M.WINDOWS] += window;
  const room = numbers[transfer + M.ROOM];
  if (block.hasMarks(peer, HAS_ACK)) {
    const flight = distance(block.lastAck(peer), packet.tcpSeq) + packet.payloadLength;
    if (block.windowScale(peer) !== SCALE_UNKNOWN) numbers[transfer + M.ROOM] = window - flight;
    if (numbers[transfer + M.PROBES] < M.MOST_PROBES) noteProbe(numbers, transfer, packet, flight, context);
  }
  if (gap < HELD_AT_LEAST) return;
  const roundTrip = handshakeSeconds(block, at);
  if (gap < PAUSE_ROUND_TRIPS * roundTrip) return;
  // Less than none says that the window was read wrongly.
  const wasFull = room >= 0 && room < (block.mss(peer) || DEFAULT_MSS);
  if (wasFull) numbers[transfer + M.HELD_SECONDS] += gap;
  // What leaves with an acknowledgement had waited for it, or for the window that it opens.
  if (gap < PAUSE_SECONDS || wasFull || time - block.lastTime(peer) <= roundTrip + AT_ONCE) return;
  // Nothing is under way, and the window is open: the sender has nothing to send.
  if (block.lastAck(peer) !== packet.tcpSeq || block.window(peer) === 0) return;
  numbers[transfer + M.PAUSES]++;
  numbers[transfer + M.PAUSED_SECONDS] += gap;
}

/** Offset of the transfer of a connection, which begins if there is none; -1 when there are too many. */
function transferOf({ transfers }: FollowedConnections, { block, at, direction }: SegmentContext): number {
  const known = block.transfer(at);
  if (known > 0) return transfers.offsetOf(known);
  if (transfers.length >= TRANSFERS_KEPT) return -1;
  const added = transfers.add(direction);
  block.setTransfer(at, added);
  return transfers.offsetOf(added);
}

/**
 * Begins to measure a round trip: four for each flight, spread over it. What is under way when a segment leaves is what
 * it waits behind on the path; when its acknowledgement comes, more may be. The caller asks whether there is room.
 */
function noteProbe(
  numbers: Float64Array,
  transfer: number,
  { tcpSeq, payloadLength }: Packet,
  flight: number,
  context: SegmentContext,
): void {
  const probes = numbers[transfer + M.PROBES];
  const at = transfer + M.FIRST_PROBE + probes * M.PROBE_NUMBERS;
  const end = (tcpSeq + payloadLength) | 0;
  if (probes > 0 && M.MOST_PROBES * distance(numbers[at - M.PROBE_NUMBERS], end) < flight) return;
  numbers[at] = end;
  numbers[at + 1] = context.time;
  numbers[at + 2] = flight;
  numbers[transfer + M.PROBES] = probes + 1;
}

/** A round trip of a large transfer, if the packet acknowledges a segment that is being measured. */
export function noteFlight(
  { transfers }: FollowedConnections,
  { tcpAck }: Packet,
  { block, at, direction, time }: SegmentContext,
): void {
  const transfer = transfers.offsetOf(block.transfer(at));
  const { numbers } = transfers;
  if (transfer < 0 || numbers[transfer + M.DIRECTION] === direction) return;
  const probes = numbers[transfer + M.PROBES];
  const first = transfer + M.FIRST_PROBE;
  if (probes === 0 || distance(tcpAck, numbers[first]) > 0) return;
  let acked = 1;
  while (acked < probes && distance(tcpAck, numbers[first + acked * M.PROBE_NUMBERS]) <= 0) acked++;
  const probe = first + (acked - 1) * M.PROBE_NUMBERS;
  const flight = numbers[probe + 2];
  const seconds = time - numbers[probe + 1];
  numbers[transfer + M.SAMPLES]++;
  numbers[transfer + M.FLIGHT] += flight;
  numbers[transfer + M.FLIGHT_SQUARES] += flight * flight;
  numbers[transfer + M.ROUND_TRIP] += seconds;
  numbers[transfer + M.ROUND_TRIP_SQUARES] += seconds * seconds;
  numbers[transfer + M.PRODUCTS] += flight * seconds;
  if (flight < numbers[transfer + M.LEAST_FLIGHT]) numbers[transfer + M.LEAST_FLIGHT] = flight;
  if (flight > numbers[transfer + M.MOST_FLIGHT]) numbers[transfer + M.MOST_FLIGHT] = flight;
  if (acked < probes) numbers.copyWithin(first, probe + M.PROBE_NUMBERS, first + probes * M.PROBE_NUMBERS);
  numbers[transfer + M.PROBES] = probes - acked;
}

/** Whether the connection has a transfer that rules judge. */
export function hasLongTransfer(transfers: MeasuredTransfers, block: ConnectionBlock, at: number): boolean {
  const transfer = transfers.offsetOf(block.transfer(at));
  if (transfer < 0) return false;
  const { numbers } = transfers;
  return isLongTransfer({ octets: numbers[transfer + M.OCTETS], seconds: numbers[transfer + M.SECONDS] });
}

/** The transfer in the form of the evidence; null when the connection has none that is long enough. */
export function transferEvidence(transfers: MeasuredTransfers, block: ConnectionBlock, at: number): Transfer | null {
  if (!hasLongTransfer(transfers, block, at)) return null;
  const measured = transfers.numbers.subarray(transfers.offsetOf(block.transfer(at)));
  const segments = measured[M.SEGMENTS];
  return {
    direction: measured[M.DIRECTION] as Direction,
    octets: measured[M.OCTETS],
    segments,
    seconds: measured[M.SECONDS],
    pauses: measured[M.PAUSES],
    pausedSeconds: measured[M.PAUSED_SECONDS],
    heldSeconds: measured[M.HELD_SECONDS],
    meanWindow: segments === 0 ? 0 : measured[M.WINDOWS] / segments,
    queue: queueOf(measured),
  };
}

/** Least squares of the round trip over the octets under way; null where either did not change. */
function queueOf(measured: Float64Array): Transfer['queue'] {
  const samples = measured[M.SAMPLES];
  const flight = measured[M.FLIGHT];
  const roundTrip = measured[M.ROUND_TRIP];
  const ofFlight = samples * measured[M.FLIGHT_SQUARES] - flight * flight;
  const ofRoundTrip = samples * measured[M.ROUND_TRIP_SQUARES] - roundTrip * roundTrip;
  if (ofFlight <= 0 || ofRoundTrip <= 0) return null;
  const together = samples * measured[M.PRODUCTS] - flight * roundTrip;
  return {
    samples,
    leastFlight: measured[M.LEAST_FLIGHT],
    mostFlight: measured[M.MOST_FLIGHT],
    risen: (together / ofFlight) * (measured[M.MOST_FLIGHT] - measured[M.LEAST_FLIGHT]),
    correlation: together / Math.sqrt(ofFlight * ofRoundTrip),
  };
}
