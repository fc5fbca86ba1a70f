/**
 * The report on one screen: what is wrong, the packets that prove it, the likely cause, the first command and the first
 * fix. Everything else is one option away.
 */

import { counted } from '../../text/counted.ts';
import { pointName } from '../model/points.ts';
import type { Report, ReportEvidence, ReportFinding } from '../model/report.ts';
import type { TextStyle } from './finding-text.ts';
import { fixLines } from './fix-lines.ts';
import { leadingFindings } from './leading-findings.ts';
import { partialText } from './partial-text.ts';
import { claimOf, lossText } from './undecided.ts';
import { clip, hang } from './wrap.ts';

/** Most lines of a screen: a terminal window has 24 or 25 rows (VT100; ECMA-48 leaves it open). */
export const SCREEN_LINES = 25;
/** Most lines of a report without a fault. */
export const HEALTHY_LINES = 6;
/** Packets that prove the verdict: where trouble begins, how it goes on, how it ends. */
const PROOFS = 3;
const LABEL_COLUMNS = 9;
const ELLIPSIS = ' …';

/** Most lines of each part. A wide report has room; a narrow or long one is cut in this order. */
interface Room {
  verdict: number;
  place: number;
  cause: number;
  expect: number;
  fix: number;
  others: number;
  unseen: number;
}
const ROOMS: readonly Room[] = [
  { verdict: 6, place: 2, cause: 3, expect: 2, fix: 4, others: 4, unseen: 2 },
  { verdict: 6, place: 2, cause: 3, expect: 2, fix: 3, others: 3, unseen: 1 },
  { verdict: 5, place: 1, cause: 2, expect: 1, fix: 3, others: 3, unseen: 1 },
  { verdict: 4, place: 1, cause: 2, expect: 1, fix: 2, others: 2, unseen: 1 },
];

export function screen(report: Report, style: TextStyle): string[] {
  if (report.verdict === null) return healthyScreen(report, style);
  const attempts = ROOMS.map((room) => faultScreen(report, style, room));
  return attempts.find((lines) => lines.length <= SCREEN_LINES) ?? attempts[attempts.length - 1].slice(0, SCREEN_LINES);
}

function faultScreen(report: Report, style: TextStyle, room: Room): string[] {
  const { paint, width } = style;
  const finding = report.findings[0];
  const word = finding.level === 'error' ? 'FAULT' : 'WARNING';
  const verdict = atMost(hang(`${word}  `, finding.message, width), room.verdict, width);
  const indent = ' '.repeat(word.length + 2);
  const facts = [finding.class, finding.grade, ...(finding.location.text === '' ? [] : [finding.location.text])];
  return [
    ...partialLine(report, style),
    ...others(report, style, room.others),
    paint[finding.level](word) + verdict[0].slice(word.length),
    ...verdict.slice(1),
    ...atMost(hang(indent, facts.join(' · '), width), room.place, width).map(paint.faint),
    '',
    ...proof(report, finding, width),
    ...cause(finding, style, room.cause),
    ...firstCommand(finding, style, room.expect),
    ...firstFix(finding, style, room.fix),
    ...unseen(report, style, room.unseen),
    clip(`${label('more')}-v: all packets, causes, commands; --commands: to copy them`, width),
  ];
}

const label = (name: string): string => `  ${name.padEnd(LABEL_COLUMNS - 2)}`;

/** The first lines; an ellipsis says that there is more. */
function atMost(lines: readonly string[], most: number, width: number): string[] {
  if (lines.length <= most) return [...lines];
  const last = clip(lines[most - 1], width - ELLIPSIS.length)
    .replace(/…$/, '')
    .trimEnd();
  return [...lines.slice(0, most - 1), last + ELLIPSIS];
}

function partialLine(report: Report, { paint, width }: TextStyle): string[] {
  if (report.partial === undefined) return [];
  return [paint.warning('PARTIAL') + clip(`  ${partialText(report.partial)}`, width - 'PARTIAL'.length)];
}

/** Where there are several faults: a line for each, then the first one. */
function others(report: Report, { paint, width }: TextStyle, most: number): string[] {
  const loud = leadingFindings(report).filter(({ level }) => level !== 'note');
  if (loud.length < 2) return [];
  const shown = loud.length > most ? loud.slice(0, most - 1) : loud;
  const left = loud.length - shown.length;
  return [
    paint.strong(`${loud.length} FAULTS`),
    ...shown.map(({ ruleId, message }, at) => clip(`  ${at + 1}. ${ruleId}: ${message}`, width)),
    ...(left > 0 ? [`  and ${counted(left, 'more', 'more')}`] : []),
    '',
  ];
}

/** Packets that prove the finding, or its counts where it lists no packet. */
function proof(report: Report, finding: ReportFinding, width: number): string[] {
  const { evidence, measured } = finding;
  if (evidence.length === 0) {
    const counts = Object.entries(measured)
      .filter(([, value]) => typeof value === 'number')
      .slice(0, PROOFS)
      .map(([name, value]) => `${name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}: ${value}`);
    return counts.length === 0 ? [] : [clip(`${label('proof')}${counts.join(', ')}`, width)];
  }
  const shown = telling(evidence);
  const points = new Set(shown.map(({ point }) => point));
  // One point is named once, so that the line has room for the packet.
  const isNamedOnce = points.size === 1 && report.points.length > 1;
  const indent = label('');
  return [
    ...(isNamedOnce ? [clip(`${label('proof')}at ${pointName(report, shown[0].point)}:`, width)] : []),
    ...shown.map((packet, at) =>
      clip(
        `${at === 0 && !isNamedOnce ? label('proof') : indent}${packetLine(report, packet, points.size > 1)}`,
        width,
      ),
    ),
  ];
}

/** The first packets, and the last one. */
const telling = (evidence: readonly ReportEvidence[]): ReportEvidence[] =>
  evidence.length <= PROOFS ? [...evidence] : [...evidence.slice(0, PROOFS - 1), ...evidence.slice(-1)];

function packetLine(report: Report, packet: ReportEvidence, withPoint: boolean): string {
  const { packet: number, relativeSeconds, direction, note } = packet;
  const where = withPoint ? `${pointName(report, packet.point)} ` : '';
  return `${where}#${number} ${relativeSeconds.toFixed(3)} s${direction === '' ? '' : ` ${direction}`} ${note}`.trimEnd();
}

function cause({ hypotheses }: ReportFinding, { width }: TextStyle, most: number): string[] {
  const [first] = hypotheses;
  if (first === undefined) return [];
  return atMost(hang(label('cause'), `${first.likelihood}: ${first.cause}`, width), most, width);
}

/** The machine, the command in one piece, and what it shows. */
function firstCommand({ confirm: [first] }: ReportFinding, { width }: TextStyle, most: number): string[] {
  if (first === undefined) return [];
  const indent = ' '.repeat(LABEL_COLUMNS);
  return [
    ...atMost(hang(label('run'), `on ${first.on}:`, width), 2, width),
    `${indent}  ${first.command}`,
    ...(first.expect === '' ? [] : atMost(hang(`${indent}expect: `, first.expect, width), most, width)),
  ];
}

function firstFix(finding: ReportFinding, { width }: TextStyle, most: number): string[] {
  const [first] = finding.fix;
  return first === undefined ? [] : atMost(fixLines(finding, first, label('fix'), width), most, width);
}

function unseen({ unseen: sentences }: Report, { width }: TextStyle, most: number): string[] {
  const [first, ...more] = sentences;
  if (first === undefined) return [];
  const text = more.length === 0 ? first : `${first} (and ${counted(more.length, 'more', 'more')})`;
  return atMost(hang(label('unseen'), text, width), most, width);
}

const HEALTHY_HEADS = { nothing: 'NOTHING TO JUDGE', undecided: 'UNDECIDED', ok: 'OK' } as const;

/** Says what "no fault" rests on. Without a basis the report does not claim it. */
function healthyScreen(report: Report, style: TextStyle): string[] {
  const { paint, width } = style;
  const packets = report.captures.reduce((sum, capture) => sum + capture.packets, 0);
  const works = report.triage.filter((row) => row.verdict === 'ok');
  const open = report.triage.filter((row) => row.verdict === 'not-assessable').map((row) => row.class);
  const size = `${counted(packets, 'packet')} at ${counted(report.points.length, 'capture point')}`;
  const claim = claimOf(report);
  const losses = lossText(report);
  const head = HEALTHY_HEADS[claim];
  const says =
    claim === 'nothing'
      ? `${size} show neither that anything works nor that it fails`
      : `No fault found${claim === 'undecided' ? ' so far' : ''} in ${size}${losses === '' ? '' : `; ${losses}`}`;
  const color = claim === 'ok' ? paint.good : paint.warning;
  const notes = report.findings.length;
  const verdict = atMost(hang(`${head}  `, says, width), losses === '' ? 2 : 3, width);
  return [
    ...partialLine(report, style),
    color(head) + verdict[0].slice(head.length),
    ...verdict.slice(1),
    ...(works.length === 0 ? [] : [clip(`${label('works')}${works.map(({ because }) => because).join('; ')}`, width)]),
    ...(open.length === 0 ? [] : [clip(`${label('open')}not judged: ${open.join(', ')}`, width)]),
    ...(verdict.length > 2 ? [] : unseen(report, style, 1).map((line) => clip(line, width))),
    clip(`${label('more')}-v: ${notes === 0 ? '' : `${counted(notes, 'note')}, `}what was judged and why`, width),
  ].slice(0, HEALTHY_LINES);
}
