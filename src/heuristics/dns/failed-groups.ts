import type { Evidence } from '../../flows/evidence.ts';
import { groupLookups, type Lookup, serverText } from '../dns-lookups.ts';
import { circleOf, type ForwardCircle, failingOf } from './forward-circle.ts';

/** Failed lookups of one client by one server. */
export interface FailedGroup {
  group: Lookup[];
  /** Name servers that hand the question round, in order; empty when none do. */
  circle: string[];
  /** Lookups of these among each other. */
  inside: Lookup[];
}

/**
 * By client and server. What name servers in a circle ask each other is told with the client outside that asked first;
 * where no such client is seen, each of them is one.
 *
 * @param lookups all, of which `failed` are to be told
 */
export function failedGroups(evidence: Evidence, lookups: readonly Lookup[], failed: readonly Lookup[]): FailedGroup[] {
  const failing = failingOf(lookups);
  const circles = new Map<Lookup, ForwardCircle>();
  for (const lookup of failed) {
    const circle = circleOf(evidence, failing, lookup);
    if (circle !== null) circles.set(lookup, circle);
  }
  const isWithin = ({ client, exchange }: Lookup): boolean =>
    [...circles].some(([other, { members }]) => other.exchange.name === exchange.name && members.has(client.address));
  const within = circles.size === 0 ? [] : failing.filter(isWithin);
  const outside = failed.filter((lookup) => !within.includes(lookup));
  const told = outside.some((lookup) => circles.has(lookup)) ? outside : failed;
  return groupLookups(told, ({ client, server }) => `${client.address} ${serverText(server)}`).map((group) => {
    const circle = group.map((lookup) => circles.get(lookup)).find((found) => found !== undefined);
    const inside = circle === undefined ? [] : within.filter(({ client }) => circle.members.has(client.address));
    return { group, circle: circle?.servers ?? [], inside };
  });
}
