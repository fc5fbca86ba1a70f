/** Tables of `npm run bench` in benchmarks/README.md: rows that were measured take the place of those of the same name. */
import { readFileSync, writeFileSync } from 'node:fs';

/** @param {readonly string[]} cells */
const lineOf = (cells) => `| ${cells.join(' | ')} |`;

/**
 * Puts rows into the table of that name, in the order of `order`; others that stand there stay.
 *
 * @param {string} path
 * @param {string} name
 * @param {{ head: readonly string[], order: readonly string[], rows: ReadonlyMap<string, readonly string[]> }} table rows
 *   by their first cell, without it
 */
export function fillTable(path, name, { head, order, rows }) {
  const known = new Map(
    partOf(path, name)
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .slice(1)
      .map((line) => line.slice(2, -2).split(' | '))
      .map(([first, ...others]) => [first, others]),
  );
  for (const [first, others] of rows) known.set(first, others);
  const lines = order.filter((first) => known.has(first)).map((first) => lineOf([first, ...known.get(first)]));
  fillPart(path, name, [lineOf(head), `|${'---|'.repeat(head.length)}`, ...lines].join('\n'));
}

/** Puts a text into the part of that name. */
export function fillPart(path, name, part) {
  const text = readFileSync(path, 'utf8');
  const { start, end } = placeOf(text, name);
  writeFileSync(path, `${text.slice(0, start)}\n\n${part}\n\n${text.slice(end)}`);
}

function partOf(path, name) {
  const text = readFileSync(path, 'utf8');
  const { start, end } = placeOf(text, name);
  return text.slice(start, end);
}

/** @throws Error where the text has no such part */
function placeOf(text, name) {
  const [from, to] = [`<!-- bench ${name} -->`, `<!-- end of bench ${name} -->`];
  const [start, end] = [text.indexOf(from) + from.length, text.indexOf(to)];
  if (!text.includes(from) || end < start) throw new Error(`no part between ${from} and ${to}`);
  return { start, end };
}
