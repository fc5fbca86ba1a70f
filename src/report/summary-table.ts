import { createRequire } from 'node:module';
import { sanitize } from './sanitize.ts';

interface TableModule {
  table(
    rows: readonly (readonly string[])[],
    config: {
      border: object;
      drawHorizontalLine: () => boolean;
      columnDefault: { paddingLeft: number; paddingRight: number };
      columns: { width?: number; wrapWord: boolean }[];
    },
  ): string;
}

/** Longest word that is worth a break inside it; names of interfaces and addresses are shorter. */
const GAP = 2;

let loaded: TableModule | undefined;
/** Loaded when the first table is drawn: a report without tables, and JSON, start faster without it. */
const tableModule = (): TableModule => (loaded ??= createRequire(import.meta.url)('table') as TableModule);

/**
 * Rows as lines without borders; the last column wraps to fit `width`. Cells are sanitised: `table` throws for tabs
 * and passes escape sequences on.
 *
 * @param rows all of the same length
 * @param indent columns left free in front
 */
export function summaryTable(rows: readonly (readonly string[])[], width: number, indent: number): string[] {
  if (rows.length === 0) return [];
  const cells = rows.map((row) => row.map(sanitize));
  const widths = cells[0].map((_, column) => Math.max(1, ...cells.map((row) => [...row[column]].length)));
  const last = widths.length - 1;
  const taken = widths.slice(0, last).reduce((sum, own) => sum + own + GAP, indent);
  const lastWidth = Math.max(20, Math.min(widths[last], width - taken));
  const text = tableModule().table(cells, {
    border: NO_BORDER,
    drawHorizontalLine: () => false,
    columnDefault: { paddingLeft: 0, paddingRight: GAP },
    columns: widths.map((own, column) => ({ width: column === last ? lastWidth : own, wrapWord: true })),
  });
  return text
    .split('\n')
    .map((line) => (' '.repeat(indent) + line).trimEnd())
    .filter((line) => line !== '');
}

const NO_BORDER = Object.fromEntries(
  [
    ...['topBody', 'topJoin', 'topLeft', 'topRight', 'bottomBody', 'bottomJoin', 'bottomLeft', 'bottomRight'],
    ...['bodyLeft', 'bodyRight', 'bodyJoin', 'joinBody', 'joinLeft', 'joinRight', 'joinJoin'],
  ].map((name) => [name, '']),
);
