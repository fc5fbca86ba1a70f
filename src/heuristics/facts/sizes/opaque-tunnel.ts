import type { Conversation, Evidence, Hop } from '../../../flows/evidence/evidence.ts';
import type { Cliff } from './cliff.ts';

/**
 * One cliff for what an encrypted tunnel loses (WireGuard, IPsec): NICs show its own packets, tunnel devices what was put
 * into them. The inner one stays, for it names who suffers, and takes the outer one's conversation, which tells where:
 *
 *   pod → wg0 (1420 octets) → NIC (1484 octets) ✗ NIC → wg0
 */
export function withoutCarriers(evidence: Evidence, cliffs: readonly Cliff[]): Cliff[] {
  const carriers = cliffs.filter(({ carrier }) => carrier !== undefined);
  const taken = new Set<Cliff>();
  const inner = cliffs
    .filter(({ carrier }) => carrier === undefined)
    .map((cliff) => {
      const around = carriers.filter((outer) => isInside(evidence, cliff, outer));
      for (const outer of around) taken.add(outer);
      if (around.length === 0) return cliff;
      return {
        ...cliff,
        conversations: [...cliff.conversations, ...around.flatMap(({ conversations }) => conversations)],
        confirmed: true,
        around: around[0],
      };
    });
  return [...inner, ...carriers.filter((outer) => !taken.has(outer))];
}

/** Lost from the tunnel device of the host that sends the carrier's packets on, in packets that became larger by it. */
function isInside(evidence: Evidence, inner: Cliff, { carrier, smallestLost }: Cliff): boolean {
  const hostOf = (point: number): string | null => evidence.points[point].host;
  const isOfCarrier = ({ from, to, direction, lost }: Hop): boolean =>
    direction === inner.direction &&
    lost > 0 &&
    evidence.points[from].role === 'tunnel-device' &&
    hostOf(from) !== null &&
    hostOf(from) === hostOf(carrier?.from ?? from) &&
    hostOf(to) === hostOf(carrier?.to ?? to);
  const passes = ({ hops }: Conversation): boolean => hops.some(isOfCarrier);
  return inner.smallestLost < smallestLost && inner.conversations.some(passes);
}
