import type { Evidence } from '../../flows/evidence.ts';
import { commonTime, type Lookup, NXDOMAIN } from '../dns-lookups.ts';

/** What some lookups cost whoever asked: over all servers, from the first query to the first answer that can be used. */
export interface ApplicationDelay {
  /** Seconds, the longest; null when none of them was ever answered. */
  longest: number | null;
  /** Questions that no server ever answered. */
  never: number;
}

/**
 * @param lookups all, of which `some` are asked for
 */
export function applicationDelay(
  evidence: Evidence,
  lookups: readonly Lookup[],
  some: readonly Lookup[],
): ApplicationDelay {
  const questions = new Map<string, Lookup[]>();
  for (const lookup of lookups) {
    const key = questionOf(lookup);
    const group = questions.get(key);
    if (group === undefined) questions.set(key, [lookup]);
    else group.push(lookup);
  }
  const delays = some.map((lookup) => {
    const asked = startOf(evidence, lookup);
    const ends = (questions.get(questionOf(lookup)) ?? []).flatMap((other) => usableAt(evidence, other) ?? []);
    const after = ends.filter((end) => end >= asked);
    return after.length === 0 ? null : Math.min(...after) - asked;
  });
  const known = delays.filter((delay) => delay !== null);
  return {
    longest: known.length === 0 ? null : Number(Math.max(...known).toFixed(3)),
    never: delays.length - known.length,
  };
}

/** The same question of the same client, whichever server and socket it goes to. */
const questionOf = ({ client, exchange }: Lookup): string =>
  `${client.address} ${exchange.type} ${exchange.name.toLowerCase()}`;

const startOf = (evidence: Evidence, { exchange }: Lookup): number =>
  commonTime(evidence, exchange.point, exchange.queries[0].time);

/** NOERROR and NXDOMAIN are results; with the others the resolver goes on. */
function usableAt(evidence: Evidence, { exchange, answer }: Lookup): number | null {
  if (answer === null || (answer.rcode !== 0 && answer.rcode !== NXDOMAIN)) return null;
  return commonTime(evidence, exchange.point, answer.time);
}
