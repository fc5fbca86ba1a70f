import { type CapturePoint, type Evidence, TO_CLIENT } from '../../flows/evidence/evidence.ts';

/**
 * What sentences claim, as predicates of the evidence. A rule checks the predicate before it prints the sentence.
 * `test/heuristics/claims.test.ts` checks every printed sentence again with code of its own.
 */

/** "Nothing of ADDRESS was seen to answer": no capture holds a packet that it sent. */
export const wasNeverHeard = (evidence: Evidence, address: string): boolean =>
  !evidence.hosts.some((host) => host.address === address && host.sent > 0) &&
  !evidence.connections.some(
    ({ server, directions }) => server.address === address && directions[TO_CLIENT].packets > 0,
  );

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
