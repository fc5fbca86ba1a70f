import type { Level, Report, ReportFinding } from '../report/model/report.ts';
import { couldSpeak } from './decide.ts';
import type { FailLevel } from './gate-settings.ts';
import { hasExpired, type KnownFinding } from './known-finding.ts';
import { readDocument } from './read-document.ts';
import { ruleId } from './rule-ids.ts';
import { choice, date, list, needed, object, type Read, ShapeError, text } from './shape.ts';

/** A finding that was there when the baseline was written. */
export interface BaselineEntry {
  /** Fingerprint of the finding. */
  fingerprint: string;
  /** Id of the rule. */
  rule: string;
  /** Level that it had; a worse one is new. */
  level: Level;
  /** Whom it is about, for people. */
  about: string;
  /** Why it may stay, for people. */
  reason?: string;
  /** The last day on which it is let pass, "2027-01-31"; without it none. */
  expires?: string;
}

/** `pcapdiag-baseline.json` (schema/baseline.json). */
export interface Baseline {
  /** Version of the format. */
  schemaVersion: 1;
  /** What was wrong, and is let pass. */
  findings: BaselineEntry[];
}

/** Name of the baseline that the command reads and writes without another one. */
export const BASELINE_NAME = 'pcapdiag-baseline.json';

const entry: Read<BaselineEntry> = (value, place) =>
  needed(
    object<BaselineEntry>({
      fingerprint: text,
      rule: ruleId,
      level: choice(['note', 'warning', 'error']),
      about: text,
      reason: text,
      expires: date,
    })(value, place),
    ['fingerprint', 'rule', 'level', 'about'],
    place,
  );

const baseline: Read<Baseline> = (value, place) => {
  const given = needed(
    object<Baseline & { $schema: string }>({
      $schema: text,
      schemaVersion: (version, at) => {
        if (version !== 1) throw new ShapeError(at, 'must be 1');
        return 1;
      },
      findings: list(entry),
    })(value, place),
    ['schemaVersion', 'findings'],
    place,
  );
  return { schemaVersion: 1, findings: given.findings };
};

/** @throws PcapdiagError 'bad-option' that names the file and the place in it */
export const readBaseline = (content: string, name: string): Promise<Baseline> => readDocument(content, name, baseline);

/** The same baseline is the same text, so that a difference in a review shows findings only. */
export const formatBaseline = ({ findings }: Baseline): string => {
  const sorted = [...findings].sort((a, b) => order(a, b));
  return `${JSON.stringify({ $schema: 'https://unpkg.com/pcapdiag/schema/baseline.json', schemaVersion: 1, findings: sorted }, null, 2)}\n`;
};

const order = (a: BaselineEntry, b: BaselineEntry): number =>
  a.rule === b.rule ? (a.fingerprint < b.fingerprint ? -1 : 1) : a.rule < b.rule ? -1 : 1;

/** What the baseline makes known. */
export const knownFromBaseline = ({ findings }: Baseline): KnownFinding[] =>
  findings.map(({ fingerprint, rule, level, reason, expires }) => ({
    from: 'baseline',
    fingerprint,
    rule,
    level,
    reason: reason ?? '',
    ...(expires !== undefined && { expires }),
  }));

/** What writing or pruning makes of a baseline. */
export interface BaselineChange {
  /** As it is afterwards. */
  baseline: Baseline;
  /** Entries that it had not. */
  added: BaselineEntry[];
  /** Entries that it has no longer. */
  removed: BaselineEntry[];
  /** Entries that had expired, with their new date. */
  renewed: BaselineEntry[];
  /** Entries that stay and have expired: a gate does not let them pass. */
  expired: BaselineEntry[];
}

/** What `updatedBaseline` does about dates. */
export interface BaselineDates {
  /** The date, "2026-11-29"; without it nothing has expired. */
  today?: string;
  /** The new date of entries that have expired and are found again; without it they stay as they are. */
  renew?: string;
}

const SEVERITY = { never: 0, error: 1, warning: 2, note: 3 } as const satisfies Record<FailLevel, number>;

/** Findings that a gate would fail for, each with the reason. */
export function baselineEntries({ findings }: Report, level: FailLevel, reason: string | undefined): BaselineEntry[] {
  return findings
    .filter((finding) => finding.explainedBy === null && SEVERITY[finding.level] <= SEVERITY[level])
    .map((finding) => ({
      fingerprint: finding.fingerprint,
      rule: finding.ruleId,
      level: finding.level,
      about: aboutOf(finding),
      ...(reason !== undefined && { reason }),
    }));
}

/** Ends without the ephemeral port of a client, which is another one the next day. */
function aboutOf({ subject: { protocol, client, server } }: ReportFinding): string {
  const ends = [client, server].filter((end) => end !== null).join(' → ');
  return ends === '' ? protocol : `${protocol} ${ends}`;
}

/** Adds what is new, and what has become worse; reasons and dates that are there stay, unless they are to be renewed. */
export function updatedBaseline(
  old: Baseline,
  found: readonly BaselineEntry[],
  { today, renew }: BaselineDates = {},
): BaselineChange {
  const known = new Map(old.findings.map((each) => [each.fingerprint, each]));
  const added = found.filter((each) => isNew(known.get(each.fingerprint), each));
  for (const each of added) known.set(each.fingerprint, { ...known.get(each.fingerprint), ...each });
  const renewed =
    renew === undefined
      ? []
      : expiredOf(
          found.flatMap((each) => known.get(each.fingerprint) ?? []),
          today,
        );
  for (const each of renewed) known.set(each.fingerprint, { ...each, expires: renew as string });
  return changeTo(
    [...known.values()],
    { added, renewed: renewed.map((each) => ({ ...each, expires: renew as string })) },
    today,
  );
}

const expiredOf = (entries: readonly BaselineEntry[], today = ''): BaselineEntry[] =>
  entries.filter(({ expires }) => hasExpired(expires, today));

const changeTo = (
  findings: BaselineEntry[],
  changes: Partial<Pick<BaselineChange, 'added' | 'removed' | 'renewed'>>,
  today: string | undefined,
): BaselineChange => ({
  baseline: { schemaVersion: 1, findings },
  added: [],
  removed: [],
  renewed: [],
  ...changes,
  expired: expiredOf(findings, today),
});

const isNew = (old: BaselineEntry | undefined, { level }: BaselineEntry): boolean =>
  old === undefined || SEVERITY[level] < SEVERITY[old.level];

/** Takes out what is found no more, and adds nothing. A rule that could not speak has not shown that it is gone. */
export function prunedBaseline(
  old: Baseline,
  report: Report,
  { today }: Pick<BaselineDates, 'today'> = {},
): BaselineChange {
  const found = new Set(report.findings.map(({ fingerprint }) => fingerprint));
  const [kept, removed] = [true, false].map((stays) =>
    old.findings.filter(({ fingerprint, rule }) => (found.has(fingerprint) || !couldSpeak(report, rule)) === stays),
  );
  return changeTo(kept, { removed }, today);
}
