import { counted } from '../../text/counted.ts';
import { type Markup, markup, NOTHING } from '../../text/markup.ts';

/** A part of the page with a place in its table of contents. */
export interface Part {
  /** Anchor; unique in the page. */
  id: string;
  title: string;
  body: Markup;
}

/** A table with a head; the first cell of a row names it. */
export interface Table {
  caption: string;
  head: readonly string[];
  rows: readonly (readonly (string | number | Markup)[])[];
  /** Columns of numbers, from 0. */
  numbers?: readonly number[];
}

/** @param most rows that are shown; the rest is counted */
export function tableOf({ caption, head, rows, numbers = [] }: Table, most = 60): Markup {
  if (rows.length === 0) return NOTHING;
  const kind = (column: number): string => (numbers.includes(column) ? 'number' : '');
  const line = (cells: Table['rows'][number]): Markup =>
    markup`<tr>${cells.map((cell, at) => (at === 0 ? markup`<th scope="row" class="${kind(at)}">${cell}</th>` : markup`<td class="${kind(at)}">${cell}</td>`))}</tr>`;
  return markup`<div class="wide" tabindex="0" role="group" aria-label="${caption}"><table><caption>${caption}</caption><thead><tr>${head.map((text, at) => markup`<th scope="col" class="${kind(at)}">${text}</th>`)}</tr></thead><tbody>${rows.slice(0, most).map(line)}</tbody></table></div>${leftOut(rows.length - most)}`;
}

/** "and 12 more (see --format json)". */
export const leftOut = (count: number): Markup =>
  count > 0 ? markup`<p class="quiet">and ${counted(count, 'more', 'more')} (see --format json)</p>` : NOTHING;

export const listOf = (items: readonly (string | Markup)[], kind = 'plain'): Markup =>
  items.length === 0 ? NOTHING : markup`<ul class="${kind}">${items.map((item) => markup`<li>${item}</li>`)}</ul>`;
