/** The ladder as text lines. */
import { counted } from '../../text/counted.ts';
import { pointName } from '../model/points.ts';
import type { Report, ReportLadder } from '../model/report.ts';
import { clip, columnsOf, padColumns } from './wrap.ts';

/** Fewest columns for the note of a row; with fewer, points are shown as letters. */
const NOTE_COLUMNS = 16;
const GAP = 2;
/** Columns of the shortest line between two numbers: space, line, head, space. */
const RUNG = 4;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/**
 *       seconds     node1 veth0  node1 flannel.1  node2 flannel.1
 *      0.000000  >  3 ─────────→ 5 ─────────────→ ✗                SYN
 *      1.024120  >  6 ─────────→ 9 ─────────────→ 4                SYN
 */
export function ladderText(report: Report, width: number): string[] {
  const { ladder } = report;
  if (ladder === null) return [];
  const names = ladder.points.map((id, at) => {
    const name = pointName(report, id);
    return ladder.points.indexOf(id) === at ? name : `${name} again`;
  });
  const times = ladder.rows.map(({ relativeSeconds }) => relativeSeconds.toFixed(6));
  const timeWidth = Math.max('seconds'.length, ...times.map((time) => time.length));
  const left = 4 + timeWidth + 2 + 1 + 2;
  const legend = left + total(widthsOf(ladder, names)) + NOTE_COLUMNS > width;
  const letters = names.map((_, at) => columnLetters(at));
  const letterWidth = Math.max(...letters.map(({ length }) => length));
  const heads = legend ? letters : names;
  const widths = widthsOf(ladder, heads);
  const head = `    ${'seconds'.padStart(timeWidth)}     ${heads.map((name, at) => padColumns(name, widths[at])).join('')}`;
  const lines = ladder.rows.map(
    (row, at) => `    ${times[at].padStart(timeWidth)}  ${row.direction}  ${rungs(ladder, row, widths)}${row.note}`,
  );
  const more = ladder.rowsTotal - ladder.rows.length;
  return [
    clip(`  ${ladder.client} → ${ladder.server}: packet numbers, and ✗ where one did not arrive`, width),
    ...(legend ? letters.map((letter, at) => clip(`    ${letter.padEnd(letterWidth)}  ${names[at]}`, width)) : []),
    head.trimEnd(),
    ...lines.map((line) => clip(line, width)),
    ...(more > 0 ? [`    … ${counted(more, 'more packet')}`] : []),
  ];
}

/** The name of column `at`, from 0, as spreadsheets count: A to Z, then AA, AB, and so on. */
export function columnLetters(at: number): string {
  const last = ALPHABET[at % ALPHABET.length];
  return at < ALPHABET.length ? last : columnLetters(Math.floor(at / ALPHABET.length) - 1) + last;
}

const total = (widths: readonly number[]): number => widths.reduce((sum, width) => sum + width, 0);

function widthsOf({ rows }: ReportLadder, heads: readonly string[]): number[] {
  return heads.map((head, at) => {
    const numbers = rows.map(({ packets }) => String(packets[at] ?? '').length);
    return Math.max(columnsOf(head) + GAP, ...numbers.map((digits) => digits + RUNG));
  });
}

/** Packet numbers at the points, and a line from the first point to the last. */
function rungs({ points }: ReportLadder, row: ReportLadder['rows'][number], widths: readonly number[]): string {
  const marks = points.map((_, at) => (at === row.missing ? '✗' : String(row.packets[at] ?? '')));
  const first = marks.findIndex((mark) => mark !== '');
  const last = marks.findLastIndex((mark) => mark !== '');
  return marks
    .map((mark, at) => {
      if (at < first || at >= last) return padColumns(mark, widths[at]);
      const start = mark === '' ? '' : `${mark} `;
      const length = widths[at] - columnsOf(start) - 1;
      // There is an arrow head at each point that the packet reached.
      const toRight = row.direction === '>' && marks[at + 1] !== '';
      const toLeft = row.direction === '<' && mark !== '';
      const line = '─'.repeat(length - (toRight || toLeft ? 1 : 0));
      const gap = marks[at + 1] === '' ? '─' : ' ';
      return `${start}${toLeft ? '←' : ''}${line}${toRight ? '→' : ''}${gap}`;
    })
    .join('');
}
