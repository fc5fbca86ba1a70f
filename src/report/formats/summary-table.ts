import { sanitize } from '../../text/sanitize.ts';
import { tablePackage } from './table-package.ts';
import { columnsOf, wrap } from './wrap.ts';

/** Spaces between columns. */
const GAP = 2;
/** Fewest columns of the last cell. */
const LAST_LEAST = 20;

/**
 * Rows as lines without borders. The last column wraps at spaces to fit `width`. Cells are sanitised, because `table`
 * throws for tabs and does not remove escape sequences.
 *
 * @param rows all of the same length
 * @param indent empty columns at the start of each line
 */
export function summaryTable(rows: readonly (readonly string[])[], width: number, indent: number): string[] {
  if (rows.length === 0) return [];
  const cells = rows.map((row) => row.map(sanitize));
  const widths = cells[0].map((_, column) => Math.max(1, ...cells.map((row) => columnsOf(row[column]))));
  const last = widths.length - 1;
  const taken = widths.slice(0, last).reduce((sum, own) => sum + own + GAP, indent);
  // Wrapped here because `table` would cut long words, and a path must be copied in one piece.
  const lastLines = cells.map((row) => wrap(row[last], Math.max(LAST_LEAST, width - taken)));
  widths[last] = Math.max(1, ...lastLines.flat().map(columnsOf));
  const text = tablePackage().table(
    cells.map((row, at) => [...row.slice(0, last), lastLines[at].join('\n')]),
    {
      border: NO_BORDER,
      drawHorizontalLine: () => false,
      columnDefault: { paddingLeft: 0, paddingRight: GAP },
      columns: widths.map((own) => ({ width: own })),
    },
  );
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
