/** SARIF 2.1.0 (OASIS), with what GitHub's code scanning asks of it. */
import { sanitize, sanitizeAll } from '../../../text/sanitize.ts';
import type { Report, ReportFinding } from '../../model/report.ts';
import { knownText } from '../known-text.ts';
import { captureOf, findingLines, isStandardInput } from './finding-lines.ts';
import { type RuleHelp, ruleDescriptor } from './sarif-rule.ts';

export interface SarifOptions {
  /** The pages of the rules; a rule without one has its id as its help. */
  rules?: readonly RuleHelp[];
  /** The file that all results stand at: a scenario. Else each stands at the capture with its first packet. */
  file?: string;
}

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';
/** GitHub shows the first 5,000 results of a run. */
const MOST_RESULTS = 5000;
/** GitHub keeps 100 locations of a result. */
const MOST_LOCATIONS = 100;

/**
 * One run. A result stands at the first line of its capture, or of the scenario: a capture has no lines, so the message
 * names the packets. `primaryLocationLineHash` is the fingerprint of the finding.
 */
export function formatSarif(unsafe: Report, { rules = [], file }: SarifOptions = {}): string {
  const report = sanitizeAll(unsafe);
  const findings = report.findings.slice(0, MOST_RESULTS);
  const ids = [...new Set(findings.map(({ ruleId }) => ruleId))].sort();
  const helpOf = new Map(rules.map((rule) => [rule.id, rule]));
  const log = {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: report.tool.name,
            semanticVersion: report.tool.version,
            rules: ids.map((id) => ruleDescriptor(id, helpOf.get(id), report.tool.version)),
          },
        },
        automationDetails: { id: 'pcapdiag/' },
        invocations: [invocation(report)],
        artifacts: report.captures.map(({ path }) => ({ location: { uri: uriOf(path) } })),
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => result(report, finding, ids.indexOf(finding.ruleId), file)),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

/** What was not seen, and what the gate decided, are notifications: they are no results. */
function invocation({ unseen, gate, partial }: Report): object {
  const notes = [
    ...(gate?.because ?? []).map((text) => ({ level: gate?.status === 'passed' ? 'note' : 'error', text })),
    ...unseen.map((text) => ({ level: 'note', text })),
  ];
  return {
    executionSuccessful: partial === undefined,
    toolExecutionNotifications: notes.map(({ level, text }) => ({ level, message: { text: messageText(text) } })),
  };
}

function result(report: Report, finding: ReportFinding, ruleIndex: number, file: string | undefined): object {
  const { level, message, fingerprint, known } = finding;
  const symptom = finding.explainedBy === null ? [] : ['Follows from another finding.'];
  return {
    ruleId: finding.ruleId,
    ruleIndex,
    level,
    kind: 'fail',
    message: { text: messageText([message, ...symptom, ...findingLines(report, finding)].join('\n')) },
    locations: [{ physicalLocation: firstLine(file ?? captureOf(report, finding)) }],
    ...(finding.evidence.length > 0 && { relatedLocations: relatedLocations(report, finding) }),
    partialFingerprints: { primaryLocationLineHash: fingerprint, ...versioned(fingerprint) },
    ...(known && { suppressions: [{ kind: 'external', status: 'accepted', justification: knownText(known) }] }),
    properties: {
      class: finding.class,
      grade: finding.grade,
      causes: finding.hypotheses.map(({ id, likelihood }) => ({ id, likelihood })),
      reach: finding.reach,
      explainedBy: finding.explainedBy,
    },
  };
}

function relatedLocations(report: Report, { evidence }: ReportFinding): object[] {
  const pathOf = new Map(report.captures.map(({ id, path }) => [id, path]));
  return evidence.slice(0, MOST_LOCATIONS).map(({ capture, packet, relativeSeconds, direction, note }, id) => ({
    id: id + 1,
    physicalLocation: firstLine(pathOf.get(capture) ?? ''),
    message: { text: messageText(`packet ${packet} at ${relativeSeconds.toFixed(6)} s ${direction} ${note}`.trim()) },
  }));
}

/** "pcapdiag/v1:0123" as the pair that SARIF has for a fingerprint with a version. */
function versioned(fingerprint: string): Record<string, string> {
  const [scheme, hash] = fingerprint.split(':');
  return hash === undefined ? {} : { [scheme]: hash };
}

const firstLine = (path: string): object => ({
  artifactLocation: { uri: uriOf(path) },
  region: { startLine: 1, startColumn: 1, endLine: 1, endColumn: 2 },
});

/**
 * A relative path stays relative, as GitHub asks; characters that a URI has no place for are encoded (RFC 3986).
 * Standard input has no path, and GitHub wants one.
 */
export function uriOf(path: string): string {
  if (isStandardInput(path)) return uriOf(path.replace('standard input', 'stdin'));
  const encoded = sanitize(path)
    .replace(/^(?:\.\/)+/, '')
    .split('/')
    .map((part) => encodeURIComponent(part))
    .join('/');
  return path.startsWith('/') ? `file://${encoded}` : encoded;
}

/** Text without placeholders and links (SARIF 2.1.0, 3.11.5 and 3.11.6). */
const messageText = (text: string): string => text.replace(/[{}]/g, '$&$&').replaceAll('](', '] (');
