import {
  type Connection,
  type Direction,
  type Evidence,
  TO_CLIENT,
  TO_SERVER,
  type Transfer,
} from '../../../flows/evidence/evidence.ts';
import { LEAST_TRANSFER } from '../../../flows/evidence/turns.ts';
import { gatesOf } from '../gates.ts';
import { type RoundTrip, roundTripBetween } from './beginnings.ts';
import { type Ending, endingsByServer } from './endings.ts';

export const TRANSFER_THRESHOLDS = {
  transferOctets: { value: LEAST_TRANSFER.octets, unit: 'octets', source: 'docs/thresholds.md, large-transfer' },
  transferSeconds: { value: LEAST_TRANSFER.seconds, unit: 's', source: 'docs/thresholds.md, large-transfer' },
  pauseRoundTrips: { value: 2, unit: 'factor', source: 'docs/thresholds.md, sender-pauses' },
  lossShare: { value: 0.005, unit: 'share', source: 'docs/thresholds.md, loss-warning' },
} as const;

/** A large request or answer without loss, and the connection that carried it. */
export interface LongTransfer {
  server: string;
  leg: Connection;
  conversation: number;
  transfer: Transfer;
  roundTrip: RoundTrip;
}

/** Large transfers that took a second or longer and lost nothing, at every point that measured one. */
export function longTransfers(evidence: Evidence): LongTransfer[] {
  return [...endingsByServer(evidence).values()].flatMap(({ server, connections }) =>
    connections.flatMap((one) => transfersOf(evidence, server, one)),
  );
}

function transfersOf(evidence: Evidence, server: string, { legs, conversation }: Ending): LongTransfer[] {
  return legs.flatMap((leg) => {
    const { transfer } = leg;
    if (transfer === null || transfer.octets < TRANSFER_THRESHOLDS.transferOctets.value) return [];
    if (transfer.seconds < TRANSFER_THRESHOLDS.transferSeconds.value) return [];
    const { resentSegments } = leg.directions[transfer.direction];
    if (resentSegments > TRANSFER_THRESHOLDS.lossShare.value * segmentsOf(leg, transfer.direction)) return [];
    const roundTrip = roundTripBetween(evidence, leg.rolesFrom === 'syn' ? [leg] : legs);
    return [{ server, leg, conversation, transfer: withoutRoundTrips(leg, transfer, roundTrip), roundTrip }];
  });
}

/** Data segments on the wire: a capture before offload has several of them in one packet. */
function segmentsOf({ directions }: Connection, direction: Direction): number {
  const { dataSegments, payloadOctets } = directions[direction];
  const { mss } = directions[direction === TO_SERVER ? TO_CLIENT : TO_SERVER];
  return mss === null || mss === 0 ? dataSegments : Math.max(dataSegments, payloadOctets / mss);
}

/**
 * Without a handshake every wait of 20 ms was counted as a pause. Those that are not longer than two round trips may be
 * waits for an acknowledgement, so they are none. Where nothing tells the round trip, they stay: see `knowsPauses`.
 */
function withoutRoundTrips({ rolesFrom }: Connection, transfer: Transfer, { most }: RoundTrip): Transfer {
  const { pauses, pausedSeconds } = transfer;
  if (
    rolesFrom !== 'guess' ||
    !Number.isFinite(most) ||
    pausedSeconds >= TRANSFER_THRESHOLDS.pauseRoundTrips.value * most * pauses
  )
    return transfer;
  return { ...transfer, pauses: 0, pausedSeconds: 0 };
}

/** Whether the pauses are known to be pauses, and not round trips. */
export const knowsPauses = (evidence: Evidence, { leg, roundTrip }: LongTransfer): boolean =>
  Number.isFinite(roundTrip.most) || gatesOf(evidence).beginning(leg).ok;

/** One transfer of each server: the longest of those that `limit` finds limited. */
export function longestByServer(
  transfers: readonly LongTransfer[],
  isLimited: (one: LongTransfer) => boolean,
): { server: string; longest: LongTransfer; all: LongTransfer[] }[] {
  const servers = new Map<string, LongTransfer[]>();
  for (const one of transfers) {
    if (!isLimited(one)) continue;
    const list = servers.get(one.server) ?? [];
    // Several points measure one transfer.
    if (!list.some(({ conversation }) => conversation === one.conversation)) list.push(one);
    servers.set(one.server, list);
  }
  return [...servers].map(([server, all]) => ({
    server,
    all,
    longest: all.reduce((most, other) => (other.transfer.seconds > most.transfer.seconds ? other : most)),
  }));
}

/** Octets a second. */
export const rateOf = ({ octets, seconds }: Transfer): number => octets / seconds;

/** "204 kB/s" or "1.2 MB/s". */
export const rateText = (octetsPerSecond: number): string =>
  octetsPerSecond < 1e6 ? `${(octetsPerSecond / 1e3).toFixed(0)} kB/s` : `${(octetsPerSecond / 1e6).toFixed(1)} MB/s`;
