import { counted } from '../../text/counted.ts';
import { sanitizeAll } from '../../text/sanitize.ts';
import type { Report, ReportFinding } from '../model/report.ts';
import { subjectText } from './finding-text.ts';
import { gateWord, knownText } from './known-text.ts';
import { ladderText } from './ladder-text.ts';
import { leadingFindings } from './leading-findings.ts';
import { packetExcerpt } from './packet-excerpt.ts';
import { partialText } from './partial-text.ts';
import { pathStrips } from './path-strip.ts';
import { triageWord } from './triage-row.ts';
import { claimOf, lossText } from './undecided.ts';

/** Columns of the excerpts, which are in code blocks. */
const WIDTH = 120;

/** GitHub refuses the text of an issue or a comment beyond 65,536 characters; octets are never fewer. */
const COMMENT_OCTETS = 65_536;
/** Captures named in the last line; more are counted. */
const CAPTURES_NAMED = 20;

/** How a report is written as Markdown. */
export interface MarkdownOptions {
  /** Octets of UTF-8, at most; what comes last and does not fit is counted and left out. Default: one comment on GitHub. */
  limit?: number;
}

/** The report as GitHub-flavoured Markdown: for an issue, a pull request or a step summary. */
export function formatMarkdown(unsafe: Report, { limit = COMMENT_OCTETS }: MarkdownOptions = {}): string {
  const report = sanitizeAll(unsafe);
  const head = [
    '# Network diagnosis',
    report.partial === undefined
      ? ''
      : `**Partial.** ${escapeMarkdown(partialText(report.partial))}. What follows rests on that.`,
    gate(report),
    verdict(report),
    escapeMarkdown(report.verdict?.notTheNetwork ?? ''),
    escapeMarkdown(report.verdict === null ? '' : (report.failureDomain ?? '')),
    table(
      ['Class', 'Verdict', 'Because'],
      report.triage.map((row) => [row.class, triageWord(report, row), row.because]),
    ),
  ];
  const sections = [
    ...leadingFindings(report).map((finding) => findingBlocks(report, finding)),
    titled('Path', codeBlock(pathStrips(report, WIDTH))),
    titled('Packets of the verdict along the path', codeBlock(ladderText(report, WIDTH))),
    titled('Capture next', nextCapture(report)),
    titled(
      'Address translation',
      table(
        ['Kind', 'Before', 'After', 'Conversations'],
        report.nat.map((row) => [row.kind, row.before, row.after, String(row.conversations)]),
      ),
    ),
    titled('What this report could not see', list(report.unseen)),
  ];
  return fitted(joined(head), sections.map(joined), foot(report), limit);
}

const joined = (blocks: readonly string[]): string => blocks.filter((block) => block !== '').join('\n\n');
const octets = (text: string): number => Buffer.byteLength(text);

/** The sections that fit, in their order: a later one may fit where an earlier one does not. */
function fitted(head: string, sections: readonly string[], end: string, limit: number): string {
  const told = sections.filter((section) => section !== '');
  const note = (count: number): string =>
    `**Cut.** ${counted(count, 'section')} would not fit here: \`--format html\` or \`json\` has them all.`;
  let room = limit - octets(`${head}\n\n${end}\n\n${note(told.length)}\n`);
  const kept = told.filter((section) => {
    const needs = octets(section) + 2;
    if (needs > room) return false;
    room -= needs;
    return true;
  });
  const left = told.length - kept.length;
  return `${joined([head, ...kept, left === 0 ? '' : note(left), end])}\n`;
}

function foot({ tool, captures }: Report): string {
  const named = captures.slice(0, CAPTURES_NAMED).map(({ path }) => code(path));
  const more = captures.length > CAPTURES_NAMED ? [`${captures.length - CAPTURES_NAMED} more`] : [];
  return `pcapdiag ${escapeMarkdown(tool.version)} · ${counted(captures.length, 'capture')}: ${[...named, ...more].join(', ')}`;
}

function gate({ gate: decided }: Report): string {
  if (decided === undefined) return '';
  const reasons = decided.because.map((because) => `- ${escapeMarkdown(because)}`).join('\n');
  return joined([`**${gateWord(decided)}.**`, reasons]);
}

const WITHOUT_VERDICT = {
  nothing: '**Nothing could be judged.**',
  undecided: '**Undecided.** No fault was found so far.',
  ok: '**No fault found.** What this rests on stands in the table.',
} as const;

function verdict(report: Report): string {
  if (report.verdict !== null) return `**${report.verdict.level}**: ${escapeMarkdown(report.verdict.summary)}`;
  const losses = lossText(report);
  return `${WITHOUT_VERDICT[claimOf(report)]}${losses === '' ? '' : ` ${escapeMarkdown(`${losses}.`)}`}`;
}

const nextCapture = ({ nextCapture: next }: Report): string =>
  next === null ? '' : `On ${escapeMarkdown(next.on)}: ${escapeMarkdown(next.why)}.\n\n${codeBlock([next.command])}`;

function findingBlocks(report: Report, finding: ReportFinding): string[] {
  const symptoms = report.findings.filter(({ explainedBy }) => explainedBy === finding.fingerprint);
  const place = finding.location.text === '' ? '' : ` · ${escapeMarkdown(finding.location.text)}`;
  return [
    `## ${finding.level}: ${code(finding.ruleId)} ${escapeMarkdown(finding.message)}`,
    `${escapeMarkdown(subjectText(finding))} · ${finding.grade}${place}`,
    finding.known === undefined ? '' : escapeMarkdown(`${knownText(finding.known)}.`),
    codeBlock(packetExcerpt(report, finding.evidence, finding.evidenceTotal, WIDTH)),
    escapeMarkdown(finding.why),
    ...labelled('Possible causes', finding.hypotheses.map(hypothesis)),
    ...labelled(
      'Run',
      finding.confirm.map(
        ({ on, command, expect }) => `on ${escapeMarkdown(on)}: ${code(command)} ${escapeMarkdown(expect)}`,
      ),
    ),
    ...labelled('Fix', finding.fix.map(escapeMarkdown)),
    finding.wireshark === '' ? '' : `Wireshark filter: ${code(finding.wireshark)}`,
    ...labelled(
      'Follows from it',
      symptoms.map(({ ruleId, message }) => `${code(ruleId)} ${escapeMarkdown(message)}`),
    ),
  ];
}

function hypothesis({ cause, likelihood, for: speaksFor, against }: ReportFinding['hypotheses'][number]): string {
  const reasons = [...speaksFor.map((fact) => `for: ${fact}`), ...against.map((fact) => `against: ${fact}`)];
  return escapeMarkdown(`${likelihood}: ${cause}${reasons.length === 0 ? '' : ` (${reasons.join('; ')})`}`);
}

const titled = (title: string, block: string): string[] => (block === '' ? [] : [`## ${title}`, block]);
const labelled = (title: string, items: readonly string[]): string[] =>
  items.length === 0 ? [] : [`**${title}**`, items.map((item) => `- ${item}`).join('\n')];
const list = (items: readonly string[]): string => items.map((item) => `- ${escapeMarkdown(item)}`).join('\n');

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map((row) => line(row.map(escapeMarkdown)))].join('\n');
}

/** Escapes text so that Markdown shows it literally: no markup, no HTML, no links, no mention of a user. */
export const escapeMarkdown = (text: string): string =>
  text
    .replace(/[\\`*_{}[\]<>()#+!|~$&]/g, '\\$&')
    .replaceAll('://', ':\\//')
    .replace(/\bwww\./gi, (start) => `${start.slice(0, -1)}\\.`)
    .replaceAll('@', '@\u2060')
    .replace(/#(?=\d)/g, '#\u2060');

/** A code span around any text: its fence is longer than any run of backticks in it (CommonMark, 6.1). */
export function code(text: string): string {
  const fence = '`'.repeat(1 + longestRun(text));
  const blank = text.startsWith('`') || text.endsWith('`') || text === '' ? ' ' : '';
  return `${fence}${blank}${text}${blank}${fence}`;
}

function codeBlock(lines: readonly string[]): string {
  if (lines.length === 0) return '';
  const text = lines.join('\n');
  const fence = '`'.repeat(Math.max(3, 1 + longestRun(text)));
  return `${fence}text\n${text}\n${fence}`;
}

const longestRun = (text: string): number => Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
