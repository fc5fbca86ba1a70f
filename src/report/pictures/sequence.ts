/** The time-sequence graph: sequence numbers over time, as tcptrace draws them and Wireshark names them. */
import { counted, grouped } from '../../text/counted.ts';
import { duration } from '../../text/duration.ts';
import { type Markup, markup, NOTHING } from '../../text/markup.ts';
import type { ReportSentKind, ReportSequence } from '../model/pictures.ts';
import { pointName } from '../model/points.ts';
import type { Report } from '../model/report.ts';
import { type Plot, timeWords, xAxis, yAxis } from './axes.ts';
import { type LegendEntry, type Picture, round } from './picture.ts';
import { linearScale, type Scale, shortNumber } from './scale.ts';

const WIDTH = 880;
const HEIGHT = 420;
const PLOT: Plot = { left: 62, top: 26, right: 864, bottom: 374 };
/** Pixels that a segment takes at least, so that it is seen. */
const LEAST_HEIGHT = 2.5;
/** Windows beyond this many times the octets sent are not drawn to their end: the segments would be flat. */
const MOST_WINDOW = 1.6;

const MARKS: Readonly<Record<ReportSentKind, string>> = {
  new: 'sent',
  open: 'sent',
  close: 'sent',
  again: 'again',
  late: 'late',
  probe: 'late',
  reset: 'again',
};

export function drawSequence(report: Report, sequence: ReportSequence): Picture {
  const { sent, acks, sacks, seconds } = sequence;
  const top = Math.max(1, ...sent.map(([, , , to]) => to));
  const limits = acks.map(([, , limit]) => limit).filter((limit) => limit !== null);
  const isWindowFar = limits.some((limit) => limit > top * MOST_WINDOW);
  const highest = Math.min(top * MOST_WINDOW, Math.max(top, ...limits));
  const x = linearScale([0, seconds || 1e-6], [PLOT.left + 4, PLOT.right - 4], 8);
  const y = linearScale([0, (isWindowFar ? top * 1.08 : highest) || 1], [PLOT.bottom, PLOT.top], 6);
  const place = (value: number): number => round(Math.max(PLOT.top, y(value)));
  const name = pointName(report, sequence.point);
  const counts = countsOf(sequence);
  const shut = shutWindows(acks, seconds);
  return {
    title: `Time and sequence at ${name}`,
    description: wordsOf(sequence, name, counts, shut),
    caption: `Octets of ${sequence.from} to ${sequence.to}, ${counted(sequence.packets, 'packet')}. Time 0 is ${sequence.startSeconds.toFixed(6)} s after the first packet of the capture${isWindowFar ? '; the window goes on above' : ''}${limits.length === 0 ? '; the window is not drawn, since its scale is not known' : ''}${sequence.leftOut > 0 ? `; ${grouped(sequence.leftOut)} marks are left out` : ''}.`,
    width: WIDTH,
    height: HEIGHT,
    body: markup`${xAxis(PLOT, x, timeWords(x), 'time')}${yAxis(PLOT, y, shortNumber, 'octets, relative sequence number')}${shutAreas(shut, x)}${windowLine(sequence, x, place)}${ackLine(sequence, x, place)}${sackMarks(sacks, x, place)}${segments(sent, x, place)}`,
    legend: legendOf(sequence, counts, shut.length > 0, limits.length > 0),
  };
}

interface Counts {
  again: number;
  late: number;
  probes: number;
  resets: number;
  duplicates: number;
}

function countsOf({ sent, acks }: ReportSequence): Counts {
  const of = (wanted: ReportSentKind): number =>
    sent.reduce((sum, [, , , , packets, kind]) => sum + (kind === wanted ? packets : 0), 0);
  return {
    again: of('again'),
    late: of('late'),
    probes: of('probe'),
    resets: of('reset'),
    duplicates: acks.filter(([, , , duplicate]) => duplicate === 1).length,
  };
}

function wordsOf(
  { sent, sacks, seconds, from, to }: ReportSequence,
  name: string,
  counts: Counts,
  shut: readonly Shut[],
): string {
  const octets = Math.max(0, ...sent.map(([, , , end]) => end));
  const shutSeconds = shut.reduce((sum, [start, end]) => sum + end - start, 0);
  const facts = [
    `${grouped(octets)} octets in ${duration(seconds)}`,
    `${counted(counts.again, 'segment')} sent again`,
    ...(counts.late > 0 ? [`${grouped(counts.late)} out of order`] : []),
    ...(counts.probes > 0 ? [counted(counts.probes, 'probe')] : []),
    ...(counts.resets > 0 ? [counted(counts.resets, 'reset')] : []),
    ...(counts.duplicates > 0 ? [counted(counts.duplicates, 'duplicate acknowledgement')] : []),
    ...(sacks.length > 0 ? [counted(sacks.length, 'SACK block')] : []),
    ...(shut.length > 0 ? [`window shut ${counted(shut.length, 'time')}, ${duration(shutSeconds)} in all`] : []),
  ];
  return `${from} to ${to} at ${name}: ${facts.join('; ')}.`;
}

/** Segments as bars from their first octet to their last; one path for each kind. */
function segments(sent: ReportSequence['sent'], x: Scale, y: (value: number) => number): Markup {
  const paths = new Map<string, string>();
  const signs: Markup[] = [];
  for (const [time, until, from, to, , kind] of sent) {
    const [left, right, low, high] = [round(x(time)), round(x(until)), y(from), y(to)];
    const bar =
      right - left > 1
        ? `M${left} ${low}L${right} ${high}`
        : `M${left} ${round(Math.max(low, high + LEAST_HEIGHT))}V${high}`;
    paths.set(kind, (paths.get(kind) ?? '') + bar);
    if (kind === 'reset') signs.push(markup`<path class="cross" d="M${left - 5} ${low - 5}l10 10m0 -10l-10 10"/>`);
    else if (kind === 'probe') signs.push(markup`<path class="warn-fill" d="M${left} ${low - 4}l4 7h-8z"/>`);
  }
  const order: ReportSentKind[] = ['new', 'open', 'close', 'late', 'probe', 'again', 'reset'];
  return markup`${order.map((kind) => (paths.has(kind) ? markup`<path class="${MARKS[kind]}" d="${paths.get(kind) ?? ''}"/>` : NOTHING))}${signs}`;
}

function ackLine({ acks, seconds }: ReportSequence, x: Scale, y: (value: number) => number): Markup {
  if (acks.length === 0) return NOTHING;
  let d = '';
  let duplicates = '';
  for (const [time, ack, , duplicate] of acks) {
    const [left, top] = [round(x(time)), y(Math.max(0, ack))];
    d += d === '' ? `M${left} ${top}` : `H${left}V${top}`;
    if (duplicate === 1) duplicates += `M${left} ${top + 1}v5`;
  }
  d += `H${round(x(seconds))}`;
  return markup`<path class="acked" d="${d}"/>${duplicates === '' ? NOTHING : markup`<path class="acked" d="${duplicates}"/>`}`;
}

function windowLine({ acks, seconds }: ReportSequence, x: Scale, y: (value: number) => number): Markup {
  let d = '';
  for (const [time, , limit] of acks) {
    if (limit === null) continue;
    const [left, top] = [round(x(time)), y(limit)];
    d += d === '' ? `M${left} ${top}` : `H${left}V${top}`;
  }
  return d === '' ? NOTHING : markup`<path class="window" d="${d}H${round(x(seconds))}"/>`;
}

function sackMarks(sacks: ReportSequence['sacks'], x: Scale, y: (value: number) => number): Markup {
  const d = sacks.map(([time, from, to]) => `M${round(x(time))} ${y(from)}V${y(to)}`).join('');
  return d === '' ? NOTHING : markup`<path class="sack" d="${d}"/>`;
}

type Shut = readonly [start: number, end: number];

/** Times in which the receiver took nothing, from the acknowledgement that says so to the next one that takes some. */
function shutWindows(acks: ReportSequence['acks'], seconds: number): Shut[] {
  const shut: Shut[] = [];
  let start: number | undefined;
  for (const [time, ack, limit] of acks) {
    if (limit !== null && limit <= ack) start ??= time;
    else if (start !== undefined) {
      shut.push([start, time]);
      start = undefined;
    }
  }
  if (start !== undefined) shut.push([start, seconds]);
  return shut;
}

const shutAreas = (shut: readonly Shut[], x: Scale): Markup =>
  markup`${shut.map(([start, end]) => markup`<rect class="warn-area" x="${round(x(start))}" y="${PLOT.top}" width="${round(Math.max(2, x(end) - x(start)))}" height="${PLOT.bottom - PLOT.top}"/>`)}`;

function legendOf({ sacks }: ReportSequence, counts: Counts, isShut: boolean, hasWindow: boolean): LegendEntry[] {
  const entries: readonly (readonly [boolean, string, string])[] = [
    [true, 'sent', 'sent for the first time'],
    [counts.again > 0, 'again', `sent again (${grouped(counts.again)})`],
    [counts.late > 0, 'late', `out of order (${grouped(counts.late)})`],
    [counts.probes > 0, 'late', `probes, keep-alives (${grouped(counts.probes)})`],
    [
      true,
      'acked',
      `acknowledged${counts.duplicates > 0 ? `, ticks: duplicates (${grouped(counts.duplicates)})` : ''}`,
    ],
    [hasWindow, 'window', 'end of the receive window'],
    [sacks.length > 0, 'sack', 'selectively acknowledged (SACK)'],
    [isShut, 'shut', 'window shut'],
  ];
  return entries.filter(([isShown]) => isShown).map(([, mark, text]) => ({ mark, text }));
}
