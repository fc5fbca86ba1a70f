import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { groupLookups, type Lookup, serverText } from '../dns-lookups.ts';
import { circleOf, type ForwardCircle, failingOf } from './forward-circle.ts';

/** Failed lookups of one client by one server. */
export interface FailedGroup {
  group: Lookup[];
  /** Name servers that forward the question in a circle, in order; empty when there is no circle. */
  circle: string[];
  /** Lookups that these name servers send to each other. */
  inside: Lookup[];
}

/**
 * Groups failed lookups by client and server. Lookups among name servers in a circle are reported with the outside
 * client that asked first. Where no outside client is seen, each of these servers counts as a client.
 */
export function failedGroups(evidence: Evidence, failed: readonly Lookup[]): FailedGroup[] {
  const circles = new Map<Lookup, ForwardCircle>();
  /** Addresses of the name servers that forward a name in a circle. */
  const round = new Map<string, Set<string>>();
  for (const lookup of failed) {
    const circle = circleOf(evidence, lookup);
    if (circle === null) continue;
    circles.set(lookup, circle);
    const { name } = lookup.exchange;
    round.set(name, new Set([...(round.get(name) ?? []), ...circle.members]));
  }
  const outside = failed.filter(({ client, exchange }) => round.get(exchange.name)?.has(client.address) !== true);
  const told = outside.some((lookup) => circles.has(lookup)) ? outside : failed;
  return groupLookups(told, ({ client, server }) => `${client.address} ${serverText(server)}`).map((group) => {
    const lookup = group.find((one) => circles.has(one));
    const circle = lookup === undefined ? undefined : circles.get(lookup);
    if (lookup === undefined || circle === undefined) return { group, circle: [], inside: [] };
    const inside = group.flatMap((one) => failingOf(evidence, one, circle.members));
    return { group, circle: circle.servers, inside: [...new Set(inside)] };
  });
}
