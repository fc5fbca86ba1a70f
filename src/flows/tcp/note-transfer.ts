import type { Packet } from '../../decode/packet.ts';
import type { Direction, Transfer } from '../evidence/evidence.ts';
import { distance } from '../sequence-number.ts';
import { type ConnectionBlock, handshakeSeconds, windowShift } from './connection-block.ts';
import type { FollowedConnections } from './followed-connections.ts';
import * as M from './measured-transfer.ts';
import type { SegmentContext } from './segment-context.ts';

/** A request or an answer is large from these octets on: more than the initial window (RFC 6928: ten segments). */
export const LARGE_OCTETS = 16_384;
/** Most large transfers that are measured, one a connection: about 2 MB. */
export const TRANSFERS_KEPT = 10_000;
/** A sender pauses when it sends nothing for two round trips, and for this long at least, seconds. */
const PAUSE_SECONDS = 0.02;
const PAUSE_ROUND_TRIPS = 2;

/**
 * Measures one direction of a connection while it sends a large request or answer.
 *
 * @param since when the sender had sent before, seconds
 * @param octets of this request or answer so far
 */
export function noteTransfer(
  tracker: FollowedConnections,
  packet: Packet,
  context: SegmentContext,
  since: number,
  octets: number,
): void {
  if (octets < LARGE_OCTETS) return;
  const { block, at, mine, peer, time } = context;
  const transfer = transferOf(tracker, context);
  if (transfer === undefined || transfer[M.DIRECTION] !== context.direction) return;
  const gap = Math.max(0, time - since);
  transfer[M.OCTETS] += packet.payloadLength;
  transfer[M.SEGMENTS]++;
  transfer[M.SECONDS] += gap;
  transfer[M.WINDOWS] += block.window(peer) << windowShift(block, peer, mine);
  if (gap < PAUSE_SECONDS || gap < PAUSE_ROUND_TRIPS * handshakeSeconds(block, at)) return;
  // Nothing is under way, and the window is open: the sender has nothing to send.
  if (block.lastAck(peer) !== packet.tcpSeq || block.window(peer) === 0) return;
  transfer[M.PAUSES]++;
  transfer[M.PAUSED_SECONDS] += gap;
}

function transferOf(
  { transfers }: FollowedConnections,
  { block, at, direction }: SegmentContext,
): M.MeasuredTransfer | undefined {
  const known = block.transfer(at);
  if (known > 0) return transfers[known - 1];
  if (transfers.length >= TRANSFERS_KEPT) return undefined;
  const transfer = M.newTransfer(direction);
  block.setTransfer(at, transfers.push(transfer));
  return transfer;
}

/** A round trip of `seconds`, with what is under way when it ends. The sender of `packet` acknowledges. */
export function noteFlight(
  { transfers }: FollowedConnections,
  { tcpAck }: Packet,
  { block, at, peer, direction }: SegmentContext,
  seconds: number,
): void {
  const transfer = transfers[block.transfer(at) - 1];
  if (transfer === undefined || transfer[M.DIRECTION] === direction) return;
  // At the end of a transfer less and less is under way, and the queue still holds what was sent before.
  const sent = block.nextSeq(peer);
  if (sent === transfer[M.SENT_THROUGH]) return;
  transfer[M.SENT_THROUGH] = sent;
  const flight = Math.max(0, distance(tcpAck, sent));
  transfer[M.SAMPLES]++;
  transfer[M.FLIGHT] += flight;
  transfer[M.FLIGHT_SQUARES] += flight * flight;
  transfer[M.ROUND_TRIP] += seconds;
  transfer[M.ROUND_TRIP_SQUARES] += seconds * seconds;
  transfer[M.PRODUCTS] += flight * seconds;
  if (flight < transfer[M.LEAST_FLIGHT]) transfer[M.LEAST_FLIGHT] = flight;
  if (flight > transfer[M.MOST_FLIGHT]) transfer[M.MOST_FLIGHT] = flight;
}

/** The transfer in the form of the evidence; null when the connection has none. */
export function transferEvidence(
  transfers: readonly M.MeasuredTransfer[],
  block: ConnectionBlock,
  at: number,
): Transfer | null {
  const measured = transfers[block.transfer(at) - 1];
  if (measured === undefined) return null;
  const segments = measured[M.SEGMENTS];
  return {
    direction: measured[M.DIRECTION] as Direction,
    octets: measured[M.OCTETS],
    segments,
    seconds: measured[M.SECONDS],
    pauses: measured[M.PAUSES],
    pausedSeconds: measured[M.PAUSED_SECONDS],
    meanWindow: segments === 0 ? 0 : measured[M.WINDOWS] / segments,
    queue: queueOf(measured),
  };
}

/** Least squares of the round trip over the octets under way; null where either did not change. */
function queueOf(measured: M.MeasuredTransfer): Transfer['queue'] {
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
