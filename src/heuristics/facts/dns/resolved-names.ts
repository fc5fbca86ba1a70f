import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { groupBy } from '../../words/group-by.ts';
import { commonTime, isAnswerMissed, type Lookup } from '../dns-lookups.ts';
import { gatesOf } from '../gates.ts';

/** Types of records (RFC 1035, 3.2.2; RFC 3596, 2.1). */
const A = 1;
const AAAA = 28;

/** A name for which a client got an address, and the time of the answer on the common clock. */
interface Resolved {
  client: string;
  name: string;
  time: number;
}

/**
 * Names for which clients got an address, by client. Counts answers at any point, and questions whose answer the
 * capture missed.
 */
export function resolvedNames(evidence: Evidence, lookups: readonly Lookup[]): Map<string, Resolved[]> {
  const answered = evidence.dns.flatMap(({ point, client, name, responses }): Resolved[] => {
    const answer = responses.find(({ rcode, answers }) => rcode === 0 && answers > 0);
    return answer === undefined
      ? []
      : [{ client: client.address, name, time: commonTime(evidence, point, answer.time) }];
  });
  const missed = lookups.filter((lookup) => isAnswerMissed(evidence, lookup));
  const asked = missed.map(({ client, exchange: { point, name, queries } }) => ({
    client: client.address,
    name,
    time: commonTime(evidence, point, queries[0].time),
  }));
  return groupBy([...answered, ...asked], ({ client }) => client);
}

/** Whether the application soon got an address in another way: by another type, another suffix or another server. */
export function wasResolved(
  evidence: Evidence,
  resolved: ReadonlyMap<string, readonly Resolved[]>,
  { client, exchange: { point, name, queries } }: Lookup,
  seconds: number,
): boolean {
  const at = commonTime(evidence, point, queries[0].time);
  const ofClient = resolved.get(client.address) ?? [];
  return ofClient.some((other) => Math.abs(other.time - at) <= seconds && isSameName(other.name, name));
}

/**
 * The stub resolver asks for A and AAAA together. Where only AAAA is seen, the capture missed the A question and its
 * answer.
 */
export const isPartnerMissed = (evidence: Evidence, lookups: readonly Lookup[], { exchange }: Lookup): boolean =>
  exchange.type === AAAA &&
  !gatesOf(evidence).single(exchange.point).ok &&
  !lookups.some(
    ({ exchange: other }) =>
      other.type === A && other.name === exchange.name && other.client.address === exchange.client.address,
  );

/** Whether two names are equal, or one is the other with a search suffix. */
function isSameName(a: string, b: string): boolean {
  const [short, long] = [a.toLowerCase(), b.toLowerCase()].sort((one, two) => one.length - two.length);
  return long === short || long.startsWith(`${short}.`);
}
