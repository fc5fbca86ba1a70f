import { counted } from '../../text/counted.ts';
import { sanitizeAll } from '../../text/sanitize.ts';
import { pointName } from '../model/points.ts';
import type { Report } from '../model/report.ts';
import { type Paint, paintWith } from './colors.ts';
import { findingHead, findingText, type TextStyle } from './finding-text.ts';
import { gateWord } from './known-text.ts';
import { ladderText } from './ladder-text.ts';
import { leadingFindings } from './leading-findings.ts';
import { partialText } from './partial-text.ts';
import { pathStrips } from './path-strip.ts';
import { screen } from './screen.ts';
import { summaryTable } from './summary-table.ts';
import { triageReason, triageWord } from './triage-row.ts';
import { claimOf, lossText } from './undecided.ts';
import { hang } from './wrap.ts';

/** How a report is written for a terminal. */
export interface TextOptions {
  /** ANSI colours; off unless asked for. */
  color?: boolean;
  /** Columns, 60 to 120; default 80. With `verbose` or `brief` 80 to 120; default 100. */
  width?: number;
  /** Show only the verdict and the heads of findings. */
  brief?: boolean;
  /** Show everything: all packets, causes, commands and fixes, the path, clocks and captures. */
  verbose?: boolean;
}

const SCREEN_WIDTH = 80;
const DEFAULT_WIDTH = 100;
const LEAST_WIDTH = 80;
const LEAST_SCREEN_WIDTH = 60;
const MOST_WIDTH = 120;
/** Findings shown in full; the later ones show only their head. */
const TOLD_IN_FULL = 8;
/** Most rows of a table; a person reads no more. */
const TABLE_ROWS = 12;

/**
 * The report for a terminal, on one screen; with `verbose` the whole of it: the verdict and its packets first, then
 * what else was found, and last what could not be seen.
 */
export function formatText(unsafe: Report, options: TextOptions = {}): string {
  const report = sanitizeAll(unsafe);
  const isScreen = !options.verbose && !options.brief;
  const [usual, least] = isScreen ? [SCREEN_WIDTH, LEAST_SCREEN_WIDTH] : [DEFAULT_WIDTH, LEAST_WIDTH];
  const width = Math.min(MOST_WIDTH, Math.max(least, Math.floor(options.width ?? usual)));
  const style: TextStyle = { paint: paintWith(options.color ?? false), width };
  const sections = options.brief
    ? [partial(report, style), verdict(report, style), heads(report, style)]
    : !options.verbose
      ? [screen(report, style)]
      : whole(report, style);
  return `${[...sections, gate(report, style)]
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** The verdict with its packets along the path comes first, then the other findings, then what they rest on. */
function whole(report: Report, style: TextStyle): string[][] {
  const { width } = style;
  const [first = [], ...others] = findings(report, style);
  return [
    partial(report, style),
    verdict(report, style),
    first,
    section('Packets of the verdict along the path', ladderText(report, width), style.paint),
    section('Capture next', nextCapture(report, style), style.paint),
    ...others,
    triage(report, style),
    section('Path', pathStrips(report, width), style.paint),
    section('Address translation', nat(report, style), style.paint),
    section('Clocks', clocks(report, style), style.paint),
    section('Captures', captures(report, style), style.paint),
    section('What this report could not see', unseen(report, style), style.paint),
  ];
}

/** Last, where a reader of a job's log looks: what the gate decided, and why. */
function gate({ gate: decided }: Report, { paint, width }: TextStyle): string[] {
  if (decided === undefined) return [];
  const word = gateWord(decided).toUpperCase();
  const painted = decided.status === 'passed' ? paint.good(word) : paint.error(word);
  return [painted, ...decided.because.flatMap((because) => hang('  ', because, width))];
}

const section = (title: string, lines: readonly string[], paint: Paint): string[] =>
  lines.length === 0 ? [] : [paint.strong(title), ...lines];

/** Before everything else: what follows is not all that the captures hold. */
function partial(report: Report, { paint, width }: TextStyle): string[] {
  if (report.partial === undefined) return [];
  const head = 'PARTIAL';
  const [first, ...more] = hang(`${head}  `, `${partialText(report.partial)}. What follows rests on that.`, width);
  return [paint.warning(head) + first.slice(head.length), ...more];
}

function verdict(report: Report, { paint, width }: TextStyle): string[] {
  if (report.verdict === null) return healthy(report, { paint, width });
  const { level, class: faultClass, summary, notTheNetwork } = report.verdict;
  const word = level === 'error' ? 'FAULT' : 'WARNING';
  const [first, ...more] = hang(`${word}  `, summary, width);
  const finding = report.findings[0];
  const place = finding?.location.text === '' ? '' : ` · ${finding?.location.text}`;
  return [
    paint[level](word) + first.slice(word.length),
    ...more,
    ...(notTheNetwork === null ? [] : hang(' '.repeat(word.length + 2), notTheNetwork, width)),
    ...hang(' '.repeat(word.length + 2), `${faultClass} · ${finding?.grade}${place}`, width).map(paint.faint),
    ...(report.failureDomain === null ? [] : hang(' '.repeat(word.length + 2), report.failureDomain, width)),
  ];
}

/** Says what "no fault" rests on. Without a basis the report does not claim it. */
function healthy(report: Report, { paint, width }: TextStyle): string[] {
  const packets = report.captures.reduce((sum, capture) => sum + capture.packets, 0);
  const rests = report.triage.filter((row) => row.verdict === 'ok');
  const size = `${counted(packets, 'packet')} at ${counted(report.points.length, 'capture point')}`;
  if (rests.length === 0) {
    const head = 'NOTHING TO JUDGE';
    const [first, ...more] = hang(`${head}  `, `${size} show neither that anything works nor that it fails`, width);
    return [paint.warning(head) + first.slice(head.length), ...more];
  }
  const notes = report.findings.length === 0 ? '' : `; ${counted(report.findings.length, 'note')} below`;
  const open = report.triage.filter((row) => row.verdict === 'not-assessable').map((row) => row.class);
  const losses = lossText(report);
  const lost = losses === '' ? [] : hang('    ', `Lost on the way: ${losses}`, width);
  return [
    // What was not read, or not compared, may hold the fault.
    claimOf(report) === 'undecided'
      ? `${paint.warning('UNDECIDED')}  No fault found so far in ${size}${notes}`
      : `${paint.good('OK')}  No fault found in ${size}${notes}`,
    ...lost,
    ...hang('    ', `This rests on: ${rests.map((row) => `${row.because} (${row.class})`).join('; ')}`, width),
    ...(open.length === 0 ? [] : hang('    ', `Not judged: ${open.join(', ')}`, width)),
  ];
}

function triage(report: Report, { paint, width }: TextStyle): string[] {
  const rows = report.triage.map((row) => [row.class, triageWord(report, row), triageReason(row)]);
  const lines = summaryTable(rows, width, 2).map((line) =>
    line.replace(/^(\s+\S+\s+)FAULT(?=\s)/, (_, before: string) => before + paint.error('FAULT')),
  );
  return section('Triage', lines, paint);
}

function findings(report: Report, style: TextStyle): string[][] {
  const all = leadingFindings(report);
  const full = all.slice(0, TOLD_IN_FULL).map((finding) => findingText(report, finding, style));
  const rest = all.slice(TOLD_IN_FULL);
  if (rest.length === 0) return full;
  const title = `${counted(rest.length, 'more finding')} (in full with --format json)`;
  return [
    ...full,
    section(
      title,
      rest.flatMap((finding) => findingHead(finding, style)),
      style.paint,
    ),
  ];
}

const heads = (report: Report, style: TextStyle): string[] =>
  leadingFindings(report).flatMap((finding) => findingHead(finding, style));

function nextCapture({ nextCapture: next }: Report, { width }: TextStyle): string[] {
  if (next === null) return [];
  // The command must be copied in one piece.
  return [...hang('  ', `On ${next.on}: ${next.why}.`, width), `    ${next.command}`];
}

function nat(report: Report, { width }: TextStyle): string[] {
  const groups = new Map<string, { row: [string, string, string]; conversations: number }>();
  for (const { kind, protocol, before, after, between, conversations } of report.nat) {
    const place = between.map((id) => pointName(report, id)).join(' and ');
    // Source ports are new for each conversation. Of a source only the translated address matters.
    const [from, to] = kind === 'snat' ? [withoutPort(before), withoutPort(after)] : [before, after];
    const row: [string, string, string] = [kind, protocol, `${from} → ${to}, between ${place}`];
    const group = groups.get(row.join(' '));
    if (group === undefined) groups.set(row.join(' '), { row, conversations });
    else group.conversations += conversations;
  }
  const rows = [...groups.values()].map(({ row: [kind, protocol, what], conversations }) => [
    kind,
    protocol,
    `${what} (${counted(conversations, 'conversation')})`,
  ]);
  return [...summaryTable(rows.slice(0, TABLE_ROWS), width, 2), ...more(rows.length, 'translation')];
}

const withoutPort = (end: string): string => /^\[(.*)\]:\d+$/.exec(end)?.[1] ?? end.replace(/^([^:]*):\d+$/, '$1');

function clocks(report: Report, { width }: TextStyle): string[] {
  const rows = report.clocks.slice(0, TABLE_ROWS).map((clock) => {
    if (clock.offsetSeconds === null)
      return [clock.host, `not aligned with ${clock.reference}: ${clock.because ?? 'no common packets'}`];
    const error = clock.errorSeconds === null ? '' : ` ± ${seconds(clock.errorSeconds)}`;
    const skew = clock.skewPpm === null ? '' : `, drifts ${clock.skewPpm.toFixed(1)} ppm`;
    const ahead = `${seconds(Math.abs(clock.offsetSeconds))}${error} ${clock.offsetSeconds < 0 ? 'behind' : 'ahead of'} ${clock.reference}`;
    return [clock.host, `${ahead}${skew} (${counted(clock.matches, 'packet')} seen by both)`];
  });
  return [...summaryTable(rows, width, 2), ...more(report.clocks.length, 'clock')];
}

const seconds = (value: number): string => {
  if (value === 0) return '0 s';
  if (value < 0.001) return `${(value * 1e6).toFixed(1)} µs`;
  return value < 1 ? `${(value * 1e3).toFixed(3)} ms` : `${value.toFixed(3)} s`;
};

function captures(report: Report, { width }: TextStyle): string[] {
  const rows = report.captures.slice(0, TABLE_ROWS).map((capture) => {
    const points = report.points.filter((point) => point.capture === capture.id).map(({ name }) => name);
    const at = points.length === 0 ? '' : ` (${points.join(', ')})`;
    return [counted(capture.packets, 'packet'), microseconds(capture.firstTime), capture.path + at];
  });
  return [...summaryTable(rows, width, 2), ...more(report.captures.length, 'capture')];
}

/** Seconds for people; nine decimals are only useful to programs. */
const microseconds = (time: string | null): string => time?.replace(/(\.\d{6})\d{3}Z$/, '$1Z') ?? 'empty';

const more = (count: number, what: string): string[] =>
  count > TABLE_ROWS ? [`  and ${counted(count - TABLE_ROWS, `more ${what}`)}`] : [];

function unseen(report: Report, { width }: TextStyle): string[] {
  if (report.unseen.length === 0) {
    const told = report.captures.every(({ dropped }) => dropped === 0)
      ? 'no drops, gaps'
      : 'drops are unknown; no gaps';
    return [`  Nothing known to be missing: ${told}, cut packets or one-way connections.`];
  }
  return report.unseen.flatMap((sentence) => hang('  - ', sentence, width));
}
