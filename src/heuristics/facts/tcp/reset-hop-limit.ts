import type { Conversation, Evidence } from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { INITIAL_TTLS } from '../../../flows/evidence/initial-ttls.ts';
import { type Standing, whereSeen } from '../../rule/grade.ts';
import type { Grade, Names } from '../../rule/rule.ts';
import type { Cause } from '../../rule/weigh.ts';
import { firewallRules } from '../../words/commands.ts';
import { familyOf } from '../../words/display-filter.ts';
import type { Attempt } from '../attempts.ts';
import { breakPointOf, isAnsweredBehind } from '../place.ts';

/**
 * Hop limit (TTL) of resets sent in the name of a host, and of its other packets; null where no other packet is seen.
 */
export interface ResetHopLimit {
  reset: number;
  usual: number;
}

export const RESET_TTL_THRESHOLDS = {
  /** Fewest packets that show a host's usual hop limit. Fewer may have come by another path. */
  usualTtlPackets: { value: 3, unit: 'packets', source: 'docs/thresholds.md, ttl-same' },
  /** Paths from one host to one place differ by at most one hop (parallel routers). */
  sameTtlHops: { value: 1, unit: 'hops', source: 'docs/thresholds.md, ttl-same' },
} as const;

/**
 * Compares hop limits at the point of the refused attempts. Resets of a firewall on the path have crossed fewer
 * routers, or other routers.
 */
export function resetHopLimit(evidence: Evidence, refused: readonly Attempt[]): ResetHopLimit | null {
  const [{ connection }] = refused;
  const { point, server } = connection;
  const resets = refused.flatMap(({ connection: one }) => one.resets.filter(({ direction }) => direction === 1));
  if (resets.length === 0 || resets.some(({ ttl }) => ttl !== resets[0].ttl)) return null;
  const reset = resets[0].ttl;
  const sent = evidence.hosts.filter((host) => host.point === point && host.address === server.address);
  const others = sent
    .flatMap(({ ttls }) => ttls)
    .map(({ value, count }) => ({ value, count: value === reset ? count - resets.length : count }))
    .filter(({ count }) => count >= RESET_TTL_THRESHOLDS.usualTtlPackets.value)
    .sort((a, b) => b.count - a.count);
  return others.length === 0 ? null : { reset, usual: others[0].value };
}

/**
 * Whether the server itself made the resets, by the distance that their hop limit tells:
 *
 *   resets 61, others 61                                    passed
 *   resets 64, others 61                                    unchecked: something nearer refuses
 *   resets 64, no others, no ARP answer, one point alone    unchecked: any device of this link may have made them
 */
export function madeByTheServer(
  evidence: Evidence,
  refused: readonly Attempt[],
  limit: ResetHopLimit | null,
): Standing[string] {
  if (limit !== null) return whereSeen(Math.abs(limit.reset - limit.usual) <= RESET_TTL_THRESHOLDS.sameTtlHops.value);
  const isMadeOnThisLink = refused.some(
    ({ connection: { resets }, conversation }) =>
      conversation.legs.length === 1 &&
      resets.some(({ direction, ttl }) => direction === TO_CLIENT && INITIAL_TTLS.includes(ttl)),
  );
  const [{ connection }] = refused;
  const isNeighbour = evidence.arp.some(
    ({ point, target, replies }) =>
      point === connection.point && target === connection.server.address && replies.length > 0,
  );
  return whereSeen(isNeighbour || !isMadeOnThisLink);
}

/** Where a reset comes from that no translation and no loss explains. */
export const resetText = (grade: Grade, server: string): string =>
  grade === 'confirmed'
    ? 'A reset comes from the host itself: packets get there and back. On that address and port nothing listens.'
    : `A reset comes back in the name of ${server}, and its TTL does not show that the host made it: a device nearer to the client may have.`;

/**
 * The two points between which every SYN of these conversations is lost although its sender gets an answer; null where
 * one passes, where absence at the second point proves nothing, or where that point or a later one sees an answer
 * (`isAnsweredBehind`). Else what answers is between the two points.
 */
export function neverArriveBetween(
  evidence: Evidence,
  conversations: readonly Conversation[],
): [number, number] | null {
  const broken = breakPointOf(conversations, TO_SERVER);
  if (broken?.grade !== 'confirmed' || !broken.total || broken.conversations < conversations.length) return null;
  const [from] = broken.between;
  return conversations.some((one) => isAnsweredBehind(evidence, one, from)) ? null : broken.between;
}

export const refusedOnTheWay = ([from, to]: readonly [number, number], names: Names): string =>
  `The SYNs pass ${names.point(from)} and never reach ${names.point(to)}, and resets come back: what refuses is between them, in the name of the server.`;

type Between = readonly [number, number] | null | undefined;

/** What speaks against a program that does not listen. */
export const notReached = (between: Between): string[] => (between == null ? [] : ['the SYNs do not get to it']);

/** The cause "a firewall sends the reset", with what the hop limit and the points show about it. */
export function resetByFirewall(limit: ResetHopLimit | null, server: string, between: Between, names: Names): Cause {
  const isSame = limit !== null && limit.reset === limit.usual;
  const isOther = limit !== null && Math.abs(limit.reset - limit.usual) > RESET_TTL_THRESHOLDS.sameTtlHops.value;
  const where = between == null ? names.nodeOf(server) : names.host(between[0]);
  return {
    id: 'reset-by-firewall',
    cause: 'a firewall or load balancer on the way refuses with a reset, in the name of the host',
    telling: [
      ...(between == null ? [] : [`the SYNs never reach ${names.point(between[1])}`]),
      ...(isOther ? [`its resets come with TTL ${limit.reset}, its other packets with ${limit.usual}`] : []),
    ],
    for: [],
    against: isSame && between == null ? [`its resets have the TTL of its other packets, ${limit.usual}`] : [],
    ...((between != null || isOther) && {
      confirm: [
        firewallRules(where, familyOf(server), 'reject', {
          expect: 'a rule that rejects with tcp-reset',
        }),
      ],
      fix: [
        `Let this traffic pass on ${where}${between == null ? ', or on the firewall or load balancer before it' : ''}: remove the rule or policy that rejects with a reset.`,
      ],
    }),
  };
}
