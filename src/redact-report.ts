import { basename } from 'node:path';
import type { Evidence } from './flows/evidence/evidence.ts';
import { FINGERPRINT } from './heuristics/judge/fingerprint.ts';
import type { Redaction } from './redact/redaction.ts';
import type { Report } from './report/model/report.ts';
import { sanitize } from './text/sanitize.ts';
import { toolVocabulary } from './tool-vocabulary.ts';

/** Fewer characters are no name: they stand in every sentence. */
const LEAST_NAME = 3;
/** Names of Kubernetes itself, which every cluster has. */
const EVERYWHERE = new Set(['default', 'kube-system', 'kube-dns', 'coredns', 'kubernetes', 'kube-proxy', 'localhost']);
/** Fields of what programs said (`Evidence.connections[].application`) that are text of theirs. */
const TEXT_FIELDS = new Set(['serverName', 'text', 'request']);
/** Members of a report that hold the name of a host. */
const HOSTS = new Set(['host', 'reference']);
const METHOD = /^[A-Z]+ /;

/**
 * Everything in the evidence that is a name of somebody's: hosts, files, devices of pods, names of DNS and Kubernetes,
 * texts of programs. With the pseudonym of each.
 * Words that the report itself uses stay: a host or a single label that is called so.
 */
export function namesIn(evidence: Evidence, redaction: Redaction): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const add = (name: string | null | undefined, pseudonym: (name: string) => string): void => {
    const safe = sanitize(name ?? '');
    if (safe.length >= LEAST_NAME && !EVERYWHERE.has(safe)) names.set(safe, pseudonym(safe));
  };
  const word = (name: string): string => redaction.name(name);
  const named = (name: string): void => {
    if (!isOrdinaryWord(name)) add(name, word);
  };
  const label = (name: string): void => {
    if (!toolVocabulary().has(name.toLowerCase())) add(name, word);
  };
  for (const { path, parts = [] } of evidence.captures)
    for (const file of [path, ...parts]) {
      add(file, (name) => redaction.fileName(name));
      add(basename(file), (name) => redaction.fileName(name));
    }
  for (const { host, name, interfaceName } of evidence.points) {
    if (host !== null) {
      named(host);
      // A host that is called as the report calls others is replaced where it is the name of a place only.
      if (isOrdinaryWord(host)) add(name, (own) => own.replace(host, word(host)));
    }
    for (const device of [interfaceName ?? '', ...name.split(' ')])
      if (redaction.device(device) !== device) add(device, (own) => redaction.device(own));
  }
  for (const { name } of evidence.dns) {
    add(name, word);
    label(name.split('.')[0]);
  }
  for (const { application } of evidence.connections)
    for (const text of textsOf(application))
      add(text, (own) => (METHOD.exec(own)?.[0] ?? '') + word(own.replace(METHOD, '')));
  for (const name of Object.values(evidence.known.names)) {
    const [, kind = '', own] = /^(pod |service )?(.*)$/s.exec(name) ?? [];
    if (kind === '') {
      named(own);
      continue;
    }
    const whole = own.replace(/:.*/, '');
    if (whole.includes('/')) add(whole, word);
    for (const part of whole.split('/')) named(part);
  }
  for (const name of Object.values(evidence.known.nodes)) named(name);
  for (const note of evidence.notes) if (note.code === 'capture-expected') named(note.expected.split('/')[0]);
  return names;
}

/** "client", "dns": the report says it of others, and calls rules and classes so. "node1" is a name. */
const isOrdinaryWord = (host: string): boolean => !/\d/.test(host) && toolVocabulary().has(host.toLowerCase());

function textsOf(value: unknown): string[] {
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, own]) =>
    typeof own === 'string' ? (TEXT_FIELDS.has(key) && own !== '' ? [own] : []) : textsOf(own),
  );
}

/** The same report, with pseudonyms in every text of it, and in place of its fingerprints. */
export function redactReport(report: Report, redaction: Redaction, names: ReadonlyMap<string, string>): Report {
  const all = JSON.stringify(report);
  const there = new Map([...names].filter(([name]) => all.includes(JSON.stringify(name).slice(1, -1))));
  const pseudonym = (text: string): string =>
    FINGERPRINT.test(text) ? redaction.fingerprint(text) : redaction.text(text, there);
  return replaced('', report, pseudonym, redaction);
}

/** Members are called what they are called; but names of endpoints are listed by their address. */
function replaced<T>(member: string, value: T, of: (text: string) => string, redaction: Redaction): T {
  if (typeof value === 'string')
    return (HOSTS.has(member) && isOrdinaryWord(value) ? redaction.name(value) : of(value)) as T;
  if (Array.isArray(value)) return value.map((item) => replaced<unknown>(member, item, of, redaction)) as T;
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value);
  return Object.fromEntries(
    entries.map(([key, item]) => [redaction.text(key), replaced<unknown>(key, item, of, redaction)]),
  ) as T;
}
