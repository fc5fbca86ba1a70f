import type { Report, ReportFinding, ReportGate, ReportRule, ReportTriage } from '../report/model/report.ts';
import { counted } from '../text/counted.ts';
import type { FailLevel, GateSettings } from './gate-settings.ts';
import { fits, hasExpired, type KnownFinding } from './known-finding.ts';

/** Findings that are named one by one; a person reads no more before the report itself. */
const NAMED = 5;
const SEVERITY = { never: 0, error: 1, warning: 2, note: 3 } as const satisfies Record<FailLevel, number>;

/** A report with the decision of a gate. */
export type GatedReport = Report & Required<Pick<Report, 'gate'>>;

/** The report with what is known marked, and with the decision of a gate. The given report stays as it is. */
export function withGate(report: Report, settings: GateSettings): GatedReport {
  const { failOn = 'error', known = [], today = '' } = settings;
  const findings = markedFindings(report.findings, known, today);
  const fresh = findings.filter((finding) => finding.known === undefined);
  const failing = fresh.filter(({ level }) => SEVERITY[level] <= SEVERITY[failOn]);
  const failed = [...named(failing), ...tooManyWarnings(fresh, settings.maxWarnings)];
  const missing = [...unjudged(report, settings), ...missingEvidence(report, settings)];
  const status = failed.length > 0 ? 'failed' : missing.length > 0 ? 'not-assessable' : 'passed';
  const unmatched = unmatchedOf(findings, known);
  return {
    ...report,
    findings,
    gate: {
      status,
      because: [
        ...failed,
        ...missing,
        ...(status === 'passed' ? [passed(failOn)] : []),
        ...aside(findings, unmatched, known, today),
      ],
      failOn,
      unmatched,
    },
  };
}

/** What follows from a known finding is known with it. */
function markedFindings(
  findings: readonly ReportFinding[],
  known: readonly KnownFinding[],
  today: string,
): ReportFinding[] {
  const entryOf = new Map<string, KnownFinding>();
  for (const finding of findings) {
    const entry = known.find((each) => fits(each, finding, today));
    if (entry !== undefined) entryOf.set(finding.fingerprint, entry);
  }
  return findings.map((finding) => {
    const cause = finding.explainedBy === null ? undefined : entryOf.get(finding.explainedBy);
    const entry = entryOf.get(finding.fingerprint) ?? cause;
    return entry === undefined ? finding : { ...finding, known: { from: entry.from, reason: entry.reason } };
  });
}

function named(failing: readonly ReportFinding[]): string[] {
  const rest = failing.length - NAMED;
  return [
    ...failing.slice(0, NAMED).map(({ level, ruleId, message }) => `new ${level}: ${ruleId}: ${message}`),
    ...(rest > 0 ? [counted(rest, 'more new finding')] : []),
  ];
}

function tooManyWarnings(fresh: readonly ReportFinding[], most: number | undefined): string[] {
  const warnings = fresh.filter(({ level }) => level === 'warning').length;
  return most === undefined || warnings <= most ? [] : [`${counted(warnings, 'new warning')}, and ${most} may be`];
}

/** Whether the captures allowed a verdict on anything. Where they did not, "nothing found" says nothing. */
export const isJudged = ({ verdict, triage }: Report): boolean =>
  verdict !== null || triage.some((row) => row.verdict !== 'not-assessable');

/** Whether a rule that finds nothing says that there is nothing: it is not off, and no gate keeps it from an answer. */
export const couldSpeak = ({ rules }: Report, rule: string): boolean =>
  rules.every(({ ruleId, status }) => ruleId !== rule || status === 'ran');

const SILENCE = { gated: '', off: 'switched off', stopped: 'the analysis was stopped' } as const;

/** Why a rule could not speak; undefined for one that ran. */
export const whySilent = ({ status, because }: ReportRule): string | undefined =>
  status === 'ran' ? undefined : (because ?? SILENCE[status]);

/** What nobody looked at passes no gate. */
function unjudged(report: Report, { unread = 0, damages = [], allowNothing = false }: GateSettings): string[] {
  return [
    ...(unread > 0 ? [`${counted(unread, 'capture')} could not be read`] : []),
    ...damages,
    ...(!isJudged(report) && !allowNothing ? ['nothing could be judged'] : []),
  ];
}

/** Whether evidence of a class is missing. One that is open since its trouble follows from another fault has it. */
export const lacksEvidence = ({ verdict, code }: ReportTriage): boolean =>
  verdict === 'not-assessable' && code !== 'explained';

function missingEvidence({ triage }: Report, { requireEvidence = [] }: GateSettings): string[] {
  return requireEvidence.flatMap((wanted) => {
    const row = triage.find((each) => each.class === wanted);
    if (row === undefined) return [`${wanted} is not assessable: nothing is said of it`];
    return lacksEvidence(row) ? [`${wanted} is not assessable: ${row.because}`] : [];
  });
}

const passed = (failOn: FailLevel): string =>
  failOn === 'never' ? 'no finding fails this gate' : `no new finding at or above ${failOn}`;

/** Entries with a fingerprint that no finding has. What rules and ends describe may be there or not. */
const unmatchedOf = (findings: readonly ReportFinding[], known: readonly KnownFinding[]): ReportGate['unmatched'] => {
  const found = new Set(findings.map(({ fingerprint }) => fingerprint));
  return known.flatMap(({ fingerprint, rule }) =>
    fingerprint === undefined || found.has(fingerprint) ? [] : [{ fingerprint, ruleId: rule ?? '' }],
  );
};

/** What decides nothing, and what somebody has to know. */
function aside(
  findings: readonly ReportFinding[],
  unmatched: ReportGate['unmatched'],
  known: readonly KnownFinding[],
  today: string,
): string[] {
  const passing = findings.filter((finding) => finding.known !== undefined && finding.explainedBy === null).length;
  const expired = known.filter(({ expires }) => hasExpired(expires, today)).length;
  return [
    ...(passing > 0 ? [`${counted(passing, 'known finding')} let pass`] : []),
    ...(expired > 0 ? [`${counted(expired, 'known finding')} expired`] : []),
    ...(unmatched.length > 0
      ? [`${counted(unmatched.length, 'known finding')} no longer found (pcapdiag baseline prune takes them out)`]
      : []),
  ];
}
