import type { Conversation, Evidence, Hop } from '../../../flows/evidence/evidence.ts';
import type { Cliff } from './cliff.ts';

/**
 * Joins the losses of an encrypted tunnel (WireGuard, IPsec) into one cliff. NICs show the tunnel's own packets; tunnel
 * devices show the packets inside. The inner cliff stays, because it names the hosts affected. It takes the outer
 * cliff's conversation, which shows the place:
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

/**
 * Whether the packets were lost after the tunnel device of the host that sends the carrier's packets, and the carrier
 * made them larger.
 */
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
