/** One finding as lines of text: what, where, the packets, why, other explanations, what to do next. */

import { counted } from '../../text/counted.ts';
import type { Report, ReportFinding } from '../model/report.ts';
import type { Paint } from './colors.ts';
import { fixLines } from './fix-lines.ts';
import { knownText } from './known-text.ts';
import { packetExcerpt } from './packet-excerpt.ts';
import { columnsOf, hang } from './wrap.ts';

const LABEL_COLUMNS = 11;

export interface TextStyle {
  paint: Paint;
  width: number;
}

export function findingText(report: Report, finding: ReportFinding, style: TextStyle): string[] {
  const excerpt = packetExcerpt(report, finding.evidence, finding.evidenceTotal, style.width);
  return [
    ...findingHead(finding, style),
    ...(excerpt.length > 0 ? ['', ...excerpt, ''] : ['']),
    ...field('why', finding.why, style),
    ...hypotheses(finding, style),
    ...commands(finding, style),
    ...finding.fix.flatMap((fix, at) => fixLines(finding, fix, label(at === 0 ? 'fix' : ''), style.width)),
    ...uncut('filter', finding.wireshark, style),
    ...symptoms(report, finding, style),
  ];
}

/** Level, rule and message, then who and where. */
export function findingHead(finding: ReportFinding, { paint, width }: TextStyle): string[] {
  const head = `${finding.level}  ${finding.ruleId}  `;
  const [first, ...more] = hang(head, finding.message, width);
  const facts = [
    subjectText(finding),
    finding.grade,
    finding.known === undefined ? '' : knownText(finding.known),
    finding.reach > 1 ? `seen ${counted(finding.reach, 'time')}` : '',
  ];
  return [
    `${paint[finding.level](finding.level)}  ${paint.strong(finding.ruleId)}  ${first.slice(head.length)}`,
    ...more,
    ...hang('  ', facts.filter((fact) => fact !== '').join(' · '), width).map(paint.faint),
    ...(finding.location.text === '' ? [] : hang(label('where'), finding.location.text, width)),
  ];
}

export function subjectText({ subject }: ReportFinding): string {
  const { protocol, client, server, serverBeforeNat, names } = subject;
  const named = (end: string): string => {
    const name = Object.entries(names).find(
      ([address]) => end === address || end.startsWith(`${address}:`) || end.startsWith(`[${address}]`),
    );
    return name === undefined ? end : `${end} (${name[1]})`;
  };
  const ends = [client, server].filter((end) => end !== null).map(named);
  const asked =
    serverBeforeNat === null || serverBeforeNat === server ? '' : `, asked for as ${named(serverBeforeNat)}`;
  return ends.length === 0 ? protocol : `${protocol} ${ends.join(' → ')}${asked}`;
}

const label = (name: string): string => `  ${name.padEnd(LABEL_COLUMNS - 2)}`;

const field = (name: string, text: string, { width }: TextStyle): string[] =>
  text === '' ? [] : hang(label(name), text, width);

/** Lines for copying; they are never wrapped. */
const uncut = (name: string, text: string, _style: TextStyle): string[] => (text === '' ? [] : [label(name) + text]);

function hypotheses({ hypotheses: list }: ReportFinding, style: TextStyle): string[] {
  return list.flatMap(({ cause, likelihood, for: speaksFor, against }, at) => [
    ...field(at === 0 ? 'cause' : '', `${likelihood}: ${cause}`, style),
    ...speaksFor.flatMap((fact) => hang(`${label('')}  + `, fact, style.width)),
    ...against.flatMap((fact) => hang(`${label('')}  - `, fact, style.width)),
  ]);
}

function commands({ confirm }: ReportFinding, style: TextStyle): string[] {
  return confirm.flatMap(({ on, command, expect }, at) => {
    const place = `on ${on}:`;
    const line = `${label(at === 0 ? 'run' : '')}${place} ${command}`;
    const lines =
      columnsOf(line) <= style.width ? [line] : [`${label(at === 0 ? 'run' : '')}${place}`, `${label('')}  ${command}`];
    return [...lines, ...(expect === '' ? [] : hang(`${label('')}  expect: `, expect, style.width))];
  });
}

/** The consequences of this finding, one line each. */
function symptoms(report: Report, finding: ReportFinding, style: TextStyle): string[] {
  return finding.explains.flatMap((fingerprint, at) => {
    const symptom = report.findings.find((other) => other.fingerprint === fingerprint);
    if (symptom === undefined) return [];
    return hang(`${label(at === 0 ? 'explains' : '')}`, `${symptom.ruleId}: ${symptom.message}`, style.width).map(
      style.paint.faint,
    );
  });
}
