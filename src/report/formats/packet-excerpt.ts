/** The packets that prove a finding: a list, or, with several capture points, a ladder on one clock. */
import { counted } from '../../text/counted.ts';
import { pointName } from '../model/points.ts';
import type { Report, ReportEvidence, ReportPoint } from '../model/report.ts';
import { clip, columnsOf, padColumns } from './wrap.ts';

/** Most packets shown: the first ones show where trouble begins, the last ones how it ends. */
const FIRST_SHOWN = 5;
const LAST_SHOWN = 3;
/** Most capture points with a column of their own. */
const LADDER_COLUMNS = 4;

/**
 *       17   0.000300  <  win 1460
 *       18   0.010400  <  win 0       window shut
 *        22 more packets
 *
 * Numbers are Wireshark's frame.number in the capture; times are seconds since its first packet, or with several points
 * since the first of these packets on the common clock.
 */
export function packetExcerpt(
  report: Report,
  evidence: readonly ReportEvidence[],
  total: number,
  width: number,
): string[] {
  if (evidence.length === 0) return [];
  const points = [...new Set(evidence.map(({ point }) => point))];
  const shown =
    evidence.length > FIRST_SHOWN + LAST_SHOWN
      ? [...evidence.slice(0, FIRST_SHOWN), ...evidence.slice(-LAST_SHOWN)]
      : [...evidence];
  const rows = points.length > 1 ? ladder(report, shown, points) : list(report, shown, points[0]);
  const lines = rows.lines.map((line) => clip(line, width));
  const left = total - shown.length;
  if (left > 0) {
    const folded = `${' '.repeat(8)}… ${counted(left, 'more packet')}`;
    const at = shown.length < FIRST_SHOWN + LAST_SHOWN ? shown.length : FIRST_SHOWN;
    lines.splice(shown.length === evidence.length ? lines.length : at, 0, folded);
  }
  return rows.head === '' ? lines : [clip(rows.head, width), ...lines];
}

interface Rows {
  head: string;
  lines: string[];
}

function list(report: Report, shown: readonly ReportEvidence[], point: string): Rows {
  const numberWidth = Math.max(4, ...shown.map(({ packet }) => String(packet).length));
  const times = shown.map(({ relativeSeconds }) => relativeSeconds.toFixed(6));
  const timeWidth = Math.max(...times.map((time) => time.length));
  const lines = shown.map(
    ({ packet, direction, note }, at) =>
      `    ${String(packet).padStart(numberWidth)}  ${times[at].padStart(timeWidth)}  ${direction.padEnd(1)}  ${note}`,
  );
  // With one capture and one point, no name is needed above its packets.
  const head = report.points.length > 1 ? `    seen at ${pointName(report, point)}` : '';
  return { head, lines };
}

function ladder(report: Report, shown: readonly ReportEvidence[], points: readonly string[]): Rows {
  const clock = commonClock(report, shown);
  const times = shown.map((packet) => clock(packet).toFixed(6));
  const timeWidth = Math.max(...times.map((time) => time.length));
  const columns = points.length <= LADDER_COLUMNS ? inPathOrder(report, points) : [];
  const names = columns.map((point) => pointName(report, point));
  const place = ({ point, packet }: ReportEvidence): string => {
    if (columns.length === 0) return `${pointName(report, point)} #${packet}`;
    return columns
      .map((column, at) => padColumns(column === point ? `#${packet}` : '·', columnsOf(names[at])))
      .join('  ');
  };
  const places = shown.map(place);
  const placeWidth = Math.max(...places.map(columnsOf));
  const lines = shown.map(
    ({ direction, note }, at) =>
      `    ${times[at].padStart(timeWidth)}  ${padColumns(places[at], placeWidth)}  ${direction.padEnd(1)}  ${note}`,
  );
  return { head: columns.length === 0 ? '' : `    ${' '.repeat(timeWidth)}  ${names.join('  ')}`, lines };
}

/**
 * Points in the order in which packets pass them, by the longest path that holds them; else in the order of the list.
 */
function inPathOrder(report: Report, points: readonly string[]): string[] {
  const path = report.paths.find((candidate) => points.every((point) => candidate.points.includes(point)));
  const order = path?.points ?? report.points.map(({ id }) => id);
  return [...points].sort((a, b) => order.indexOf(a) - order.indexOf(b));
}

/** Seconds since the earliest of these packets. Times of a clock that is known to be ahead are corrected. */
function commonClock(report: Report, packets: readonly ReportEvidence[]): (packet: ReportEvidence) => number {
  const points = new Map<string, ReportPoint>(report.points.map((point) => [point.id, point]));
  const firstTimes = new Map(report.captures.map(({ id, firstTime }) => [id, nanosecondsOf(firstTime)]));
  // Any instant works as the origin. Subtracting it first keeps the nanoseconds of a double exact.
  const origin = firstTimes.get(packets[0].capture) ?? 0n;
  const time = ({ capture, point, relativeSeconds }: ReportEvidence): number =>
    Number((firstTimes.get(capture) ?? origin) - origin) / 1e9 +
    relativeSeconds -
    (points.get(point)?.clock.offsetSeconds ?? 0);
  const earliest = Math.min(...packets.map(time));
  return (packet) => time(packet) - earliest;
}

/** 0 for times outside the calendar. */
function nanosecondsOf(iso: string | null): bigint {
  const parts = /^(.*)\.(\d{9})Z$/.exec(iso ?? '');
  if (parts === null) return 0n;
  return BigInt(Date.parse(`${parts[1]}Z`)) * 1_000_000n + BigInt(parts[2]);
}
