/** Paths as strips: counts at each capture point, with the place of loss marked. */
import { counted, grouped } from '../../text/counted.ts';
import { lostBehind, pointName } from '../model/points.ts';
import type { Report, ReportPath } from '../model/report.ts';
import { columnsOf } from './wrap.ts';

/** Most paths shown. A report of many nodes has more than a person reads. */
const STRIPS = 6;

/**
 * One strip per path that has several points:
 *
 *     12 connections
 *     node1 veth0 ──── node1 flannel.1 ──✗── node2 flannel.1
 *  >  40               40           40 lost  0
 *  <  0                0                     0
 */
export function pathStrips(report: Report, width: number): string[] {
  const several = report.paths.filter(({ points }) => points.length > 1);
  const lines = several.slice(0, STRIPS).flatMap((path) => strip(report, path, width));
  if (several.length > STRIPS) lines.push(`  and ${counted(several.length - STRIPS, 'more path')} (see --format json)`);
  return lines;
}

function strip(report: Report, path: ReportPath, width: number): string[] {
  const names = path.points.map((id) => pointName(report, id));
  const stretches = names.slice(1).map((_, at) => lostBehind(path, at));
  const cells = names.map((name, at) => ({
    name,
    counts: [path.packets[0][at] ?? 0, path.packets[1][at] ?? 0],
    next: stretches[at],
  }));
  const head = `  ${counted(path.conversations, 'conversation')}`;
  const flat = flatStrip(cells);
  return [head, ...(flat.some((line) => columnsOf(line) > width) ? tallStrip(cells) : flat)];
}

interface Cell {
  name: string;
  counts: number[];
  /** Lost between this point and the next, by direction; undefined for the last point. */
  next: [number, number] | undefined;
}

function flatStrip(cells: readonly Cell[]): string[] {
  const rows = ['    ', '  > ', '  < '];
  for (const { name, counts, next } of cells) {
    const nameWidth = Math.max(columnsOf(name), ...counts.map((count) => grouped(count).length));
    const losses = [0, 1].map((direction) => (next?.[direction] ? `${grouped(next[direction])} lost` : ''));
    const nextWidth = Math.max(4, ...losses.map((loss) => loss.length)) + 2;
    rows[0] += name.padEnd(nameWidth) + (next === undefined ? '' : link(next, nextWidth));
    for (const direction of [0, 1])
      rows[direction + 1] +=
        grouped(counts[direction]).padEnd(nameWidth) +
        (next === undefined ? '' : centred(losses[direction], nextWidth));
  }
  return rows.map((row) => row.trimEnd());
}

/** One line for each point, used when the strip is wider than the terminal. */
function tallStrip(cells: readonly Cell[]): string[] {
  const nameWidth = Math.max(...cells.map(({ name }) => columnsOf(name)));
  return cells.flatMap(({ name, counts, next }) => {
    const line = `    ${name.padEnd(nameWidth)}  > ${grouped(counts[0])}  < ${grouped(counts[1])}`;
    if (next === undefined || !isBroken(next)) return [line];
    const losses = [0, 1].filter((direction) => next[direction] > 0);
    return [
      line,
      `      ✗ ${losses.map((direction) => `${'><'[direction]} ${grouped(next[direction])} lost`).join(', ')}`,
    ];
  });
}

const isBroken = (losses: [number, number]): boolean => losses[0] > 0 || losses[1] > 0;

function link(losses: [number, number], width: number): string {
  const line = '─'.repeat(width - 2);
  if (!isBroken(losses)) return ` ${line} `;
  const middle = Math.floor(line.length / 2);
  return ` ${line.slice(0, middle)}✗${line.slice(middle + 1)} `;
}

const centred = (text: string, width: number): string => {
  const left = Math.floor((width - text.length) / 2);
  return ' '.repeat(left) + text + ' '.repeat(width - left - text.length);
};
