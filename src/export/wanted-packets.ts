import type { Evidence } from '../flows/evidence/evidence.ts';
import type { Judged, Judgement } from '../heuristics/judge/judgement.ts';
import { PcapdiagError } from '../text/pcapdiag-error.ts';

/** Which packets of one capture are written, beside what a selection says. */
export interface WantedPackets {
  /** Comments on the packets that are evidence, by their number. */
  comments: Map<number, string[]>;
  /** Only those with a comment, and those of `conversations`. */
  isEvidenceOnly: boolean;
  /** Pairs of ends (`endsKey`) of which every packet is written. */
  conversations: Set<string>;
}

/** A finding as a user names it: its number in the report (from 1), the id of its rule, or its fingerprint. */
export type FindingName = number | string;

export interface WantedOptions {
  /** Those whose evidence is marked. */
  findings: readonly NamedFinding[];
  /** Packets that are no evidence are not written. */
  isEvidenceOnly: boolean;
  /** But every packet of the conversations that the findings are about. */
  isWhole: boolean;
}

/** Most comments on one packet; a person reads the first few. */
const MOST_COMMENTS = 10;

/** A finding, with its number in the report. */
export interface NamedFinding {
  number: number;
  judged: Judged;
}

/**
 * The findings that are named, all without a name.
 *
 * @param redacted fingerprints as the redacted report has them: both are names
 * @throws PcapdiagError 'bad-option' for one that is not there
 */
export function namedFindings(
  { findings }: Judgement,
  names: readonly FindingName[],
  redacted: (fingerprint: string) => string,
): NamedFinding[] {
  const all = findings.map((judged, at) => ({ number: at + 1, judged }));
  if (names.length === 0) return all;
  const isCalled = ({ meta, fingerprint }: Judged, name: FindingName): boolean =>
    name === meta.id || name === fingerprint || name === redacted(fingerprint);
  const named = new Set<NamedFinding>();
  for (const name of names) {
    const isNumber = typeof name === 'number' || /^\d+$/.test(name);
    const found = isNumber
      ? all.filter(({ number }) => number === Number(name))
      : all.filter(({ judged }) => isCalled(judged, name));
    if (found.length === 0) throw new PcapdiagError('bad-option', noSuchFinding(name, findings));
    for (const one of found) named.add(one);
  }
  return all.filter((one) => named.has(one));
}

function noSuchFinding(name: FindingName, findings: readonly Judged[]): string {
  if (findings.length === 0) return `there is no finding ${name}: nothing was found`;
  const rules = [...new Set(findings.map(({ meta }) => meta.id))];
  return `there is no finding ${name}: the report has ${findings.length} (${rules.slice(0, 5).join(', ')}${rules.length > 5 ? ', …' : ''})`;
}

/**
 * Which packets of each capture are evidence, and of what.
 *
 * @param textOf makes text of captures fit to be written
 */
export function wantedPackets(
  evidence: Evidence,
  { findings, isEvidenceOnly, isWhole }: WantedOptions,
  textOf: (text: string) => string,
): WantedPackets[] {
  const wanted = evidence.captures.map(
    (): WantedPackets => ({ comments: new Map(), isEvidenceOnly, conversations: new Set() }),
  );
  for (const { number, judged } of findings) {
    const { meta, occurrence, level } = judged;
    for (const { point, packet, note } of occurrence.packets) {
      const { capture, name } = evidence.points[point];
      const { comments } = wanted[capture];
      const of = comments.get(packet) ?? [];
      comments.set(packet, of);
      const what = note === '' ? '' : `: ${note}`;
      const comment = `finding ${number} (${level}, ${meta.id})${what}; packet ${packet} at ${name}`;
      if (of.length < MOST_COMMENTS) of.push(textOf(comment));
    }
    if (!isWhole) continue;
    for (const nth of occurrence.conversations)
      for (const { point, client, server } of evidence.conversations[nth]?.legs ?? [])
        wanted[evidence.points[point].capture].conversations.add(
          endsKey(client.address, client.port, server.address, server.port),
        );
  }
  return wanted;
}

/** Both directions between two ends, as one text. */
export function endsKey(source: string, sourcePort: number, destination: string, destinationPort: number): string {
  const [a, b] = [`${source} ${sourcePort}`, `${destination} ${destinationPort}`];
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}
