/** The pictures of the page, each with words for who does not see it. */
import { type Markup, markup, NOTHING } from '../../text/markup.ts';
import { ladderText } from '../formats/ladder-text.ts';
import { pathStrips } from '../formats/path-strip.ts';
import type { Report } from '../model/report.ts';
import { drawLadder } from '../pictures/ladder.ts';
import { drawMap } from '../pictures/map.ts';
import { inlineSvg, type Picture } from '../pictures/picture.ts';
import type { Part } from './part.ts';

/** Columns of a picture in letters, which scrolls sideways. */
const TEXT_COLUMNS = 160;

export function figureParts(report: Report): Part[] {
  const [wide, narrow] = [drawMap(report, 'wide'), drawMap(report, 'narrow')];
  const ladder = drawLadder(report);
  return [
    ...(wide === null || narrow === null
      ? []
      : [
          {
            id: 'path',
            title: wide.title,
            body: markup`<figure>${drawing(wide, 'map', 'broad')}${drawing(narrow, 'map-tall', 'tall')}${caption(wide)}${inLetters(pathStrips(report, TEXT_COLUMNS))}</figure>`,
          },
        ]),
    ...(ladder === null
      ? []
      : [
          {
            id: 'ladder',
            title: ladder.title,
            body: markup`<figure>${drawing(ladder, 'ladder', 'large')}${caption(ladder)}${inLetters(ladderText(report, TEXT_COLUMNS))}</figure>`,
          },
        ]),
  ];
}

/** A picture that scrolls sideways where it is wider than the screen. */
export const drawing = (picture: Picture, id: string, kind: string): Markup =>
  markup`<div class="drawing ${kind}" tabindex="0" role="group" aria-label="${picture.title}">${inlineSvg(picture, id)}</div>`;

export function caption({ caption: words, legend }: Picture): Markup {
  const entries = legend.map(
    ({ mark, text }) =>
      markup`<li><svg viewBox="0 0 26 14" aria-hidden="true"><path class="${mark}" d="M2 7H24"/></svg>${text}</li>`,
  );
  return markup`${legend.length === 0 ? NOTHING : markup`<ul class="legend">${entries}</ul>`}<figcaption>${words}</figcaption>`;
}

/** The same in letters, as the text report prints it. */
export const inLetters = (lines: readonly string[]): Markup =>
  lines.length === 0
    ? NOTHING
    : markup`<details><summary>The same as text</summary><div class="text-form" tabindex="0" role="group" aria-label="The picture as text"><pre>${lines.map((line) => markup`${line}\n`)}</pre></div></details>`;
