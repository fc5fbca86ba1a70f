/** The pictures of the page, each with words for who does not see it. */
import { type Markup, markup, NOTHING } from '../../text/markup.ts';
import { ladderText } from '../formats/ladder-text.ts';
import { pathStrips } from '../formats/path-strip.ts';
import type { Report } from '../model/report.ts';
import { drawLadder } from '../pictures/ladder.ts';
import { drawMap } from '../pictures/map.ts';
import { inlineSvg, type Picture } from '../pictures/picture.ts';
import { drawRates } from '../pictures/rates.ts';
import { drawSequence } from '../pictures/sequence.ts';
import { drawSizes } from '../pictures/sizes.ts';
import { drawTries } from '../pictures/tries.ts';
import { drawWaits } from '../pictures/waits.ts';
import type { Part } from './part.ts';

/** Columns of a picture in letters, which scrolls sideways. */
const TEXT_COLUMNS = 160;

export function figureParts(report: Report): Part[] {
  return [
    ...mapPart(report),
    ...partOf('ladder', [drawLadder(report)], ladderText(report, TEXT_COLUMNS)),
    ...sequencePart(report),
    ...partOf('sizes', [drawSizes(report)]),
    ...partOf('tries', [drawTries(report)]),
    ...partOf('waits', [drawWaits(report)]),
  ];
}

/** Where the client sees the connection; where the server does stands behind a fold. */
function sequencePart(report: Report): Part[] {
  const [first, ...more] = (report.pictures?.sequences ?? []).map((sequence) => [
    drawSequence(report, sequence),
    drawRates(report, sequence),
  ]);
  if (first === undefined) return [];
  const [part] = partOf('sequence', first);
  const folded = more.flatMap((drawn, at) => partOf(`sequence-${at + 2}`, drawn));
  const body = markup`${part.body}${folded.map(({ title, body }) => markup`<details><summary>${title}</summary>${body}</details>`)}`;
  return [{ ...part, body }];
}

/** From left to right on a broad screen and on paper, from top to bottom on a narrow one. */
function mapPart(report: Report): Part[] {
  const [wide, narrow] = [drawMap(report, 'wide'), drawMap(report, 'narrow')];
  if (wide === null || narrow === null) return [];
  const body = markup`<figure>${drawing(wide, 'map', 'broad')}${drawing(narrow, 'map-tall', 'tall')}${caption(wide)}${inLetters(pathStrips(report, TEXT_COLUMNS))}</figure>`;
  return [{ id: 'path', title: wide.title, body }];
}

/** A part with the title of its first picture; the others have theirs above them. */
function partOf(id: string, drawn: readonly (Picture | null)[], letters: readonly string[] = []): Part[] {
  const [first, ...more] = drawn.filter((picture) => picture !== null);
  if (first === undefined) return [];
  const figure = (picture: Picture, at: number): Markup =>
    markup`<figure>${drawing(picture, `${id}-${at}`, id === 'ladder' ? 'steps' : 'graph')}${caption(picture)}${at === 0 ? inLetters(letters) : NOTHING}</figure>`;
  const others = more.map((picture, at) => markup`<h3>${picture.title}</h3>${figure(picture, at + 1)}`);
  return [{ id, title: first.title, body: markup`${figure(first, 0)}${others}` }];
}

/** A picture that scrolls sideways where it is wider than the screen. */
const drawing = (picture: Picture, id: string, kind: string): Markup =>
  markup`<div class="drawing ${kind}" tabindex="0" role="group" aria-label="${picture.title}">${inlineSvg(picture, `picture-${id}`)}</div>`;

function caption({ caption: words, legend }: Picture): Markup {
  const entries = legend.map(
    ({ mark, text }) =>
      markup`<li><svg viewBox="0 0 26 14" aria-hidden="true"><path class="${mark}" d="M2 7H24"/></svg>${text}</li>`,
  );
  return markup`${legend.length === 0 ? NOTHING : markup`<ul class="legend">${entries}</ul>`}<figcaption>${words}</figcaption>`;
}

/** The same in letters, as the text report prints it. */
const inLetters = (lines: readonly string[]): Markup =>
  lines.length === 0
    ? NOTHING
    : markup`<details><summary>The same as text</summary><div class="text-form" tabindex="0" role="group" aria-label="The picture as text"><pre>${lines.map((line) => markup`${line}\n`)}</pre></div></details>`;
