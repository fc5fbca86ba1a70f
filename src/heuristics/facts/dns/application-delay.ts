import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { appendTo } from '../../words/append-to.ts';
import { commonTime, type Lookup, lookupsOf, NXDOMAIN } from '../dns-lookups.ts';

/** Delay of some lookups for the client: over all servers, from the first query to the first usable answer. */
export interface ApplicationDelay {
  /** The longest delay, seconds; null when none of the lookups was ever answered. */
  longest: number | null;
  /** Questions that no server ever answered. */
  never: number;
}

const cache = new WeakMap<Evidence, Map<string, number[]>>();

/** Times at which each question got a usable answer from any server, in order of the evidence. */
function answersOf(evidence: Evidence): Map<string, number[]> {
  let known = cache.get(evidence);
  if (known !== undefined) return known;
  known = new Map();
  for (const lookup of lookupsOf(evidence)) {
    const time = usableAt(evidence, lookup);
    if (time !== null) appendTo(known, questionOf(lookup), time);
  }
  cache.set(evidence, known);
  return known;
}

/** The delay of some lookups. */
export function applicationDelay(evidence: Evidence, some: readonly Lookup[]): ApplicationDelay {
  const delays = some.map((lookup) => {
    const asked = startOf(evidence, lookup);
    const after = (answersOf(evidence).get(questionOf(lookup)) ?? []).filter((time) => time >= asked);
    return after.length === 0 ? null : Math.min(...after) - asked;
  });
  const known = delays.filter((delay) => delay !== null);
  return {
    longest: known.length === 0 ? null : Number(Math.max(...known).toFixed(3)),
    never: delays.length - known.length,
  };
}

/** Equal for the same question of the same client, whichever server and socket it uses. */
const questionOf = ({ client, exchange }: Lookup): string =>
  `${client.address} ${exchange.type} ${exchange.name.toLowerCase()}`;

const startOf = (evidence: Evidence, { exchange }: Lookup): number =>
  commonTime(evidence, exchange.point, exchange.queries[0].time);

/** Time of a usable answer. NOERROR and NXDOMAIN are results; after other codes the resolver tries the next server. */
function usableAt(evidence: Evidence, { exchange, answer }: Lookup): number | null {
  if (answer === null || (answer.rcode !== 0 && answer.rcode !== NXDOMAIN)) return null;
  return commonTime(evidence, exchange.point, answer.time);
}
