import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { appendTo } from '../../words/append-to.ts';
import { commonTime, type Lookup, lookupsOf, NXDOMAIN } from '../dns-lookups.ts';

export const CIRCLE_THRESHOLDS = {
  /** Forwarders in a row that a question passes; no resolver chain of a cluster has as many. */
  forwarders: { value: 6, unit: 'hosts', source: 'docs/thresholds.md, forward-chain' },
  /** Seconds by which clocks of two hosts may differ before alignment. */
  circleClockSlackSeconds: { value: 1, unit: 's', source: 'docs/thresholds.md, clock-slack' },
} as const;

/** Name servers that forward one question in a circle. */
export interface ForwardCircle {
  /** The servers in the order in which they are asked. */
  servers: string[];
  /** All addresses of these servers: the service address, and the address of the pod behind it. */
  members: Set<string>;
}

const cache = new WeakMap<Evidence, Map<string, Lookup[]>>();

/**
 * Lookups without a result (silence, SERVFAIL, REFUSED) by question and asker. A chain of forwarders ends at a server
 * that has a result.
 */
function failingBy(evidence: Evidence): Map<string, Lookup[]> {
  let known = cache.get(evidence);
  if (known !== undefined) return known;
  known = new Map();
  for (const lookup of lookupsOf(evidence)) {
    const { answer, client } = lookup;
    if (answer !== null && (answer.rcode === 0 || answer.rcode === NXDOMAIN)) continue;
    appendTo(known, `${questionOf(lookup)} ${client.address}`, lookup);
  }
  cache.set(evidence, known);
  return known;
}

/** Lookups without a result of one question by some askers. */
export const failingOf = (evidence: Evidence, question: Lookup, askers: Iterable<string>): Lookup[] =>
  [...askers].flatMap((asker) => failingBy(evidence).get(`${questionOf(question)} ${asker}`) ?? []);

/**
 * Name servers that forward the question of a lookup in a circle; null when there is no circle. Each server asks the
 * next one while its own answer is due, and the last one asks a server that is already waiting.
 *
 *   client ──► A ──► B ──► A ──► B ──► …
 */
export function circleOf(evidence: Evidence, start: Lookup): ForwardCircle | null {
  const path: Lookup[] = [start];
  const seen = [namesOf(start)];
  while (path.length < CIRCLE_THRESHOLDS.forwarders.value) {
    const asked = path[path.length - 1];
    const next = failingOf(evidence, asked, namesOf(asked)).find(
      (other) => !path.includes(other) && isWhileAsked(evidence, asked, other),
    );
    if (next === undefined) return null;
    const again = seen.findIndex((names) => overlap(names, namesOf(next)));
    if (again >= 0) {
      const servers = path.slice(again).map(({ server }) => server.address);
      return { servers, members: new Set(seen.slice(again).flatMap((names) => [...names])) };
    }
    path.push(next);
    seen.push(namesOf(next));
  }
  return null;
}

/** The addresses at which a name server is asked: a service address, and the address of the pod behind it. */
const namesOf = ({ server, further }: Lookup): Set<string> =>
  new Set([server.address, ...further.map((exchange) => exchange.server.address)]);

const overlap = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean => [...b].some((address) => a.has(address));

/** Names are equal without regard to case (RFC 1035, 2.3.3). */
const questionOf = ({ exchange }: Lookup): string => `${exchange.type} ${exchange.name.toLowerCase()}`;

/** Whether `other` is asked while the client of `asked` waits for its answer. */
function isWhileAsked(evidence: Evidence, asked: Lookup, other: Lookup): boolean {
  const at = commonTime(evidence, other.exchange.point, other.exchange.queries[0].time);
  const { point, queries } = asked.exchange;
  const slack = other.exchange.point === point ? 0 : CIRCLE_THRESHOLDS.circleClockSlackSeconds.value;
  const end = asked.answer === null ? Number.POSITIVE_INFINITY : commonTime(evidence, point, asked.answer.time);
  return at >= commonTime(evidence, point, queries[0].time) - slack && at <= end + slack;
}
