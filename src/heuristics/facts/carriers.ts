import type { CarrierFlow, Evidence } from '../../flows/evidence/evidence.ts';
import { groupBy } from '../words/group-by.ts';
import { gatesOf } from './gates.ts';

export const CARRIER_THRESHOLDS = {
  arrived: { value: 3, unit: 'packets', source: 'docs/thresholds.md, three-sendings' },
  initiations: { value: 3, unit: 'packets', source: 'docs/thresholds.md, three-sendings' },
  decryptedBefore: { value: 3, unit: 'packets', source: 'docs/thresholds.md, three-sendings' },
  decryptedShare: { value: 0.5, unit: 'share', source: 'docs/thresholds.md, majority' },
} as const;

/** Encrypted packets with two keys of one direction: those of the first were decrypted, those of the second are not. */
export function* undecryptedIn(evidence: Evidence): Iterable<{ before: CarrierFlow; now: CarrierFlow }> {
  for (const carriers of directionsOf(evidence)) {
    const before = carriers.find(wasDecrypted);
    const now = carriers.find((carrier) => isNotDecrypted(carrier, carriers));
    if (before !== undefined && now !== undefined) yield { before, now };
  }
}

/** WireGuard handshakes that one peer begins again and again and the other never answers. */
export function* handshakesInVain(evidence: Evidence): Iterable<CarrierFlow> {
  for (const carriers of directionsOf(evidence)) {
    const handshake = carriers.find((carrier) => isInVain(evidence, carrier));
    if (handshake !== undefined && gatesOf(evidence).absence(handshake.point).ok) yield handshake;
  }
}

/** Carriers of one direction at one point, where the capture has all packets. */
const directionsOf = (evidence: Evidence): CarrierFlow[][] =>
  [
    ...groupBy(evidence.carriers, ({ point, source, destination }) => `${point} ${source} ${destination}`).values(),
  ].filter(([{ point }]) => !mayMissPackets(evidence, point));

/**
 * True if the capture may lack packets. A capture that looks one-way does not count: decrypted packets are seen in one
 * direction only.
 */
function mayMissPackets(evidence: Evidence, point: number): boolean {
  const gate = gatesOf(evidence).absence(point);
  return !gate.ok && gate.code !== 'one-way';
}

/** Whether a handshake has no answer, and the other peer sends no data through the tunnel after it began. */
function isInVain(evidence: Evidence, carrier: CarrierFlow): boolean {
  const { kind, point, source, destination, packets, followed, first } = carrier;
  if (kind !== 'wireguard-handshake' || packets < CARRIER_THRESHOLDS.initiations.value || followed > 0) return false;
  const isBack = (other: CarrierFlow): boolean =>
    other.point === point && other.source === destination && other.destination === source;
  const lives = evidence.carriers.some(
    (other) => isBack(other) && other.kind !== 'esp' && other.last.time > first.time && livesBy(other),
  );
  return !lives && !isRefused(evidence, carrier);
}

const livesBy = ({ kind, followed }: CarrierFlow): boolean => kind === 'wireguard' || followed > 0;

const isRefused = ({ icmpErrors }: Evidence, { source, destination }: CarrierFlow): boolean =>
  icmpErrors.some(
    ({ quoted }) =>
      quoted?.protocol === 17 && quoted.source.address === source && quoted.destination.address === destination,
  );

const wasDecrypted = ({ kind, followed, packets }: CarrierFlow): boolean =>
  kind !== 'wireguard-handshake' &&
  followed >= CARRIER_THRESHOLDS.decryptedBefore.value &&
  followed >= CARRIER_THRESHOLDS.decryptedShare.value * packets;

/** @param all carrier flows of the same two addresses, at the same point and in the same direction */
function isNotDecrypted({ kind, packets, followed, first }: CarrierFlow, all: readonly CarrierFlow[]): boolean {
  if (kind === 'wireguard-handshake' || packets < CARRIER_THRESHOLDS.arrived.value || followed > 0) return false;
  const others = all.filter((other) => other.kind === kind);
  return others.every(({ lastFollowed }) => lastFollowed === null || lastFollowed.time <= first.time);
}
