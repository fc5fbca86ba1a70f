import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { commonTime, type Lookup, lookupsOf, NXDOMAIN } from '../dns-lookups.ts';

/** Types of addresses (RFC 1035, 3.2.2; RFC 3596, 2.1). */
const ADDRESSES: ReadonlySet<number> = new Set([1, 28]);

/** A name that a client wants: the name itself and the names that its resolver makes of it with search suffixes. */
export interface WantedName {
  client: string;
  /** The name without a suffix, in lower case. */
  name: string;
  /** Lookups of the name with and without suffixes, in order. */
  lookups: Lookup[];
  /** Different names that were tried. */
  tried: string[];
  /** How often the client began to ask: each time the first name that it tries. */
  rounds: number;
}

/**
 * Names for which a client never gets anything but "does not exist", with the suffixes of its search list. A name
 * that exists under one of them, for any client and with any type, is not among them.
 */
export function namesWithoutAnswer(evidence: Evidence): WantedName[] {
  const lookups = lookupsOf(evidence).filter(({ exchange }) => ADDRESSES.has(exchange.type));
  const byClient = new Map<string, Lookup[]>();
  for (const lookup of lookups) {
    const ofClient = byClient.get(lookup.client.address);
    if (ofClient === undefined) byClient.set(lookup.client.address, [lookup]);
    else ofClient.push(lookup);
  }
  const existing = existingNames(evidence);
  return [...byClient].flatMap(([client, asked]) => wantedBy(evidence, client, asked, existing));
}

/** Names that exist: answers without an error, with addresses or none. */
const existingNames = ({ dns }: Evidence): string[] => [
  ...new Set(
    dns.flatMap(({ name, responses }) => (responses.some(({ rcode }) => rcode === 0) ? [name.toLowerCase()] : [])),
  ),
];

function wantedBy(
  evidence: Evidence,
  client: string,
  asked: readonly Lookup[],
  existing: readonly string[],
): WantedName[] {
  const byName = new Map<string, Lookup[]>();
  for (const lookup of asked) {
    const name = lookup.exchange.name.toLowerCase();
    byName.set(name, [...(byName.get(name) ?? []), lookup]);
  }
  // The shortest first, so that a name comes before itself with a suffix.
  const names = [...byName.keys()].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  const taken = new Set<string>();
  const wanted: WantedName[] = [];
  for (const name of names) {
    if (taken.has(name) || !isPlain(name)) continue;
    const tried = names.filter((other) => other === name || other.startsWith(`${name}.`));
    for (const other of tried) taken.add(other);
    const lookups = tried.flatMap((other) => byName.get(other) ?? []);
    if (!lookups.every(({ answer }) => answer?.rcode === NXDOMAIN)) continue;
    if (existing.some((other) => other === name || other.startsWith(`${name}.`))) continue;
    const inOrder = lookups.sort((a, b) => timeOf(evidence, a) - timeOf(evidence, b));
    wanted.push({ client, name, lookups: inOrder, tried, rounds: roundsOf(inOrder) });
  }
  return wanted;
}

const timeOf = (evidence: Evidence, { exchange }: Lookup): number =>
  commonTime(evidence, exchange.point, exchange.queries[0].time);

/** Names of hosts: no services ("_http"), no reverse names. */
const isPlain = (name: string): boolean =>
  name !== '' && name !== '.' && !name.startsWith('_') && !name.includes('._') && !name.endsWith('.arpa');

/** How often the name that is tried first is asked for, counted for the type that is asked most. */
function roundsOf(lookups: readonly Lookup[]): number {
  const [{ exchange: first }] = lookups;
  const counts = new Map<number, number>();
  for (const { exchange } of lookups)
    if (exchange.name.toLowerCase() === first.name.toLowerCase())
      counts.set(exchange.type, (counts.get(exchange.type) ?? 0) + 1);
  return Math.max(...counts.values());
}

/** Largest number of changed letters at which a name is near, by its length: one in four letters. */
const LETTERS_PER_CHANGE = 4;

/**
 * The name that exists and is most like `name`, by its first labels: written almost alike, or the same but for the
 * first label. Null when none is like it.
 */
export function nearestName(evidence: Evidence, name: string): { name: string; isNear: boolean } | null {
  const labels = name.split('.');
  let best: { name: string; changes: number } | null = null;
  let sibling: string | null = null;
  for (const other of existingNames(evidence)) {
    const start = other.split('.').slice(0, labels.length);
    const changes = changesBetween(name, start.join('.'));
    if (best === null || changes < best.changes) best = { name: other, changes };
    if (labels.length > 1 && start.slice(1).join('.') === labels.slice(1).join('.')) sibling ??= other;
  }
  if (best !== null && best.changes > 0 && best.changes <= Math.max(1, Math.floor(name.length / LETTERS_PER_CHANGE)))
    return { name: best.name, isNear: true };
  return sibling === null ? null : { name: sibling, isNear: false };
}

/** Letters to insert, remove or replace to make one text of the other (Levenshtein). */
function changesBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length];
}
