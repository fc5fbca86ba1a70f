import type { Evidence } from '../../flows/evidence/evidence.ts';
import { namesOf } from '../facts/names.ts';
import { isTranslated, serviceAddressesOf } from '../facts/service-addresses.ts';
import { type Trial, trialsOf } from './trials.ts';

/** Limits for a description of the failing attempts that is worth reporting. */
export const FAILURE_DOMAIN = {
  failingInside: { value: 0.95, unit: 'share', source: 'docs/thresholds.md, failure-domain' },
  failingOutside: { value: 0.05, unit: 'share', source: 'docs/thresholds.md, failure-domain' },
  inside: { value: 3, unit: 'attempts', source: 'docs/thresholds.md, failure-domain' },
  outside: { value: 2, unit: 'attempts', source: 'docs/thresholds.md, failure-domain' },
  covered: { value: 0.5, unit: 'share', source: 'docs/thresholds.md, failure-domain' },
} as const;

/** Most other descriptions of exactly the same attempts that are reported in addition. */
const SAME_TOLD = 2;

/** One property of attempts. */
interface Term {
  /** Completes "attempts …". */
  text: string;
  /** True when the term names the client. Such a term stands before a term that names the server. */
  isClient: boolean;
  /** Place among the properties. A property that names a cause comes before one that only occurs together with it. */
  rank: number;
  /** Numbers of the trials that have this property, ascending. */
  members: number[];
}

interface Description {
  terms: readonly Term[];
  members: readonly number[];
  inside: number;
  failedInside: number;
  outside: number;
  failedOutside: number;
}

/**
 * The shortest description (one property or two) that separates attempts that fail from those that work, with its
 * counts: "fails: 8 of 8 attempts to port 5000; works: 12 of 12 others". Null when nothing fails or nothing separates.
 */
export function failureDomainOf(evidence: Evidence): string | null {
  const trials = trialsOf(evidence);
  const failed = trials.filter((trial) => trial.failed).length;
  if (failed < FAILURE_DOMAIN.inside.value || trials.length - failed < FAILURE_DOMAIN.outside.value) return null;
  const fails = (number: number): boolean => trials[number].failed;
  const needed = Math.max(
    FAILURE_DOMAIN.inside.value * FAILURE_DOMAIN.failingInside.value,
    failed * FAILURE_DOMAIN.covered.value,
  );
  const terms = termsOf(evidence, trials).filter(({ members }) => members.filter(fails).length >= needed);
  const describe = (parts: readonly Term[], members: readonly number[]): Description => {
    const failedInside = members.filter(fails).length;
    return {
      terms: parts,
      members,
      inside: members.length,
      failedInside,
      outside: trials.length - members.length,
      failedOutside: failed - failedInside,
    };
  };
  const single = terms.map((term) => describe([term], term.members));
  const found = best(single) ?? best(pairsOf(terms).map(([a, b]) => describe([a, b], shared(a.members, b.members))));
  return found === null ? null : sentence(found, single);
}

function best(descriptions: readonly Description[]): Description | null {
  return descriptions.filter(separates).sort(byWorth)[0] ?? null;
}

function separates({ inside, failedInside, outside, failedOutside }: Description): boolean {
  const { failingInside, failingOutside, covered } = FAILURE_DOMAIN;
  return (
    inside >= FAILURE_DOMAIN.inside.value &&
    outside >= FAILURE_DOMAIN.outside.value &&
    failedInside >= failingInside.value * inside &&
    failedOutside <= failingOutside.value * outside &&
    failedInside >= covered.value * (failedInside + failedOutside)
  );
}

/** Orders by most failures described, then by fewest successes among them, then by the property that ranks first. */
const byWorth = (a: Description, b: Description): number =>
  b.failedInside - a.failedInside || a.inside - b.inside || rankOf(a) - rankOf(b);
const rankOf = ({ terms }: Description): number => terms.reduce((sum, { rank }) => sum + rank, 0);

const pairsOf = (terms: readonly Term[]): [Term, Term][] =>
  terms.flatMap((a, nth) => terms.slice(nth + 1).flatMap((b): [Term, Term][] => (a.rank === b.rank ? [] : [[a, b]])));

function shared(a: readonly number[], b: readonly number[]): number[] {
  const other = new Set(b);
  return a.filter((number) => other.has(number));
}

function sentence(found: Description, single: readonly Description[]): string {
  const { inside, failedInside, outside, failedOutside } = found;
  const same = single
    .filter((other) => !found.terms.includes(other.terms[0]) && isSame(other.members, found.members))
    .sort(byWorth)
    .slice(0, SAME_TOLD);
  const besides = same.length === 0 ? '' : ` (the same ones are those ${same.map(wordsOf).join(', and those ')})`;
  return `fails: ${failedInside} of ${inside} attempts ${wordsOf(found)}${besides}; works: ${outside - failedOutside} of ${outside} others`;
}

/** Text of the terms, with the client before the server. */
const wordsOf = ({ terms }: Description): string =>
  terms
    .toSorted((a, b) => Number(b.isClient) - Number(a.isClient))
    .map(({ text }) => text)
    .join(' ');
const isSame = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((number, nth) => number === b[nth]);

function termsOf(evidence: Evidence, trials: readonly Trial[]): Term[] {
  const { wordings, ofClient } = wordingsOf(evidence, trials);
  const failed = trials.filter((trial) => trial.failed);
  return wordings.flatMap((wording, rank) => {
    // A property of no failed attempt describes nothing.
    const texts = new Set(failed.map(wording));
    texts.delete(null);
    if (texts.size === 0) return [];
    const terms = new Map<string, Term>();
    for (const [number, trial] of trials.entries()) {
      const text = wording(trial);
      if (text === null || !texts.has(text)) continue;
      const term = terms.get(text);
      if (term === undefined) terms.set(text, { text, isClient: wording === ofClient, rank, members: [number] });
      else term.members.push(number);
    }
    return [...terms.values()];
  });
}

type Wording = (trial: Trial) => string | null;

/**
 * Wordings of the properties, those that name a cause first. A wording returns null when the attempt lacks the property
 * or it is unknown.
 */
function wordingsOf(evidence: Evidence, trials: readonly Trial[]): { wordings: Wording[]; ofClient: Wording } {
  const { address } = namesOf(evidence);
  const services = serviceAddressesOf(evidence);
  const sizeThatWorks = trials.reduce((size, trial) => (trial.failed ? size : Math.max(size, trial.size)), 0);
  const ofClient: Wording = ({ client }) => `from ${address(client.address)}`;
  const wordings: Wording[] = [
    ({ tunnels }) =>
      only(
        tunnels.map(({ source }) => source),
        (source) => `with the outer source ${address(source)}`,
      ),
    ({ tunnels }) =>
      only(
        tunnels.map(({ networkId }) => networkId),
        (id) => `in VNI ${id}`,
      ),
    ({ size }) =>
      sizeThatWorks > 0 && size > sizeThatWorks ? `with packets of more than ${sizeThatWorks} bytes` : null,
    ({ point }) => evidence.points[point].host && `seen first on ${evidence.points[point].host}`,
    ofClient,
    ({ server }) => `to ${address(server.address)}`,
    ({ conversation, server }) =>
      conversation && conversation.server.address !== server.address
        ? `to the backend ${address(conversation.server.address)}`
        : null,
    ({ server }) => (services.signOf(server.address) === null ? null : 'to service addresses'),
    ({ protocol, server }) => (protocol === 'ICMP' ? null : `to port ${server.port}`),
    ({ conversation }) => (conversation?.clientAfterNat ? 'whose source is translated' : null),
    ({ conversation }) => (conversation && isTranslated(conversation) ? 'whose destination is translated' : null),
    ({ conversation }) =>
      conversation?.legs.some(({ encapsulation }) => encapsulation.length > 0) ? 'that pass a tunnel' : null,
    ({ protocol }) => (protocol === 'ICMP' ? 'by ping' : `over ${protocol}`),
  ];
  return { wordings, ofClient };
}

/** Text of the only value of a list; null when the list is empty or has several values. */
function only<T extends string | number>(values: readonly T[], text: (value: T) => string): string | null {
  const distinct = new Set(values);
  return distinct.size === 1 ? text(values[0]) : null;
}
