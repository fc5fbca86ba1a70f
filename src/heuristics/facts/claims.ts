import {
  type CapturePoint,
  type Connection,
  type Direction,
  type Evidence,
  type Hop,
  TO_CLIENT,
} from '../../flows/evidence/evidence.ts';
import type { LossClaims } from '../words/loss-reason.ts';

/**
 * What sentences claim, as predicates of evidence. A rule asks here before it prints one; `test/heuristics/claims.test.ts`
 * asks again, in its own words, of whatever is printed about any capture.
 */

/** "Nothing of ADDRESS was seen to answer": no packet that it sent is in any capture. */
export const wasNeverHeard = (evidence: Evidence, address: string): boolean =>
  !evidence.hosts.some((host) => host.address === address && host.sent > 0) &&
  !evidence.connections.some(
    ({ server, directions }) => server.address === address && directions[TO_CLIENT].packets > 0,
  );

/** A packet is small below this share of the largest one of its connection and large above it. */
const MIDDLE = 0.5;

/**
 * "Large and small packets are hit alike": ranges that were sent again are of both halves of the sizes in use.
 * @param legs and the direction in which they lost
 */
export function isEverySizeHit(legs: readonly Connection[], direction: Direction): boolean {
  const largest = Math.max(0, ...legs.map(({ directions }) => directions[direction].largestL3));
  const hit = legs.flatMap(({ directions }) => directions[direction].repeats.map(({ l3Length }) => l3Length));
  return hit.some((size) => size <= largest * MIDDLE) && hit.some((size) => size > largest * MIDDLE);
}

/** The same between two points: of what is lost there, some is of the lower half of the sizes and some of the upper. */
export function isEverySizeLost(hops: readonly Hop[]): boolean {
  const hit = hops.filter(({ lost }) => lost > 0);
  const largest = Math.max(0, ...hops.flatMap(({ largestArrived, largestLost }) => [largestArrived, largestLost]));
  return (
    hit.some(({ smallestLost }) => smallestLost <= largest * MIDDLE) &&
    hit.some(({ largestLost }) => largestLost > largest * MIDDLE)
  );
}

/** "What is sent again gets through": something was, and all of it was acknowledged in the end. */
export function isAllAcknowledged(legs: readonly Connection[], direction: Direction): boolean {
  const repeats = legs.flatMap(({ directions }) => directions[direction].repeats);
  return repeats.length > 0 && repeats.every(({ ackedTime }) => ackedTime !== null);
}

/** Which network interfaces of the hosts of two points were captured. */
export function nicsCaptured({ points }: Evidence, between: readonly number[]): 'none' | 'some' | 'both' {
  const isNic = ({ role }: CapturePoint): boolean => /-nic$/.test(role);
  const nics = points.filter(isNic);
  const seen = between.filter((point) => {
    const { host } = points[point];
    return isNic(points[point]) || (host !== null && nics.some((nic) => nic.host === host));
  });
  if (seen.length === between.length) return 'both';
  const isUnknown = between.some((point) => points[point].host === null) && nics.length > 0;
  return seen.length > 0 || isUnknown ? 'some' : 'none';
}

/** Both at once. @param hops between which it was lost, where two points tell */
export const lossClaims = (legs: readonly Connection[], direction: Direction, hops?: readonly Hop[]): LossClaims => ({
  everySize: hops === undefined ? isEverySizeHit(legs, direction) : isEverySizeLost(hops),
  getsThrough: isAllAcknowledged(legs, direction),
});
