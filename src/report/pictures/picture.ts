import { type Markup, markup } from '../../text/markup.ts';

/** A drawn picture with everything that a reader needs who does not see it. */
export interface Picture {
  /** Title in the page, and of the file. */
  title: string;
  /** What the picture shows, in words with its numbers. */
  description: string;
  /** What to look at, in a sentence below the picture. */
  caption: string;
  /** Pixels. */
  width: number;
  height: number;
  body: Markup;
  /** The meaning of lines and colours. */
  legend: readonly LegendEntry[];
}

export interface LegendEntry {
  /** Class of the mark in the style of pictures. */
  mark: string;
  text: string;
}

/**
 * The picture as an `svg` element of a page.
 *
 * @param id unique in the page
 */
export const inlineSvg = ({ title, description, width, height, body }: Picture, id: string): Markup =>
  markup`<svg class="picture" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="${id}-t ${id}-d"><title id="${id}-t">${title}</title><desc id="${id}-d">${description}</desc>${body}</svg>`;

/** Pixels of a line of the legend, and around a picture that stands alone. */
const LEGEND_LINE = 20;
const MARGIN = 16;
const TITLE_HEIGHT = 30;

/** The picture as a file of its own, with its style and legend inside. */
export function svgFile({ title, description, width, height, body, legend }: Picture, style: string): string {
  const full = {
    width: Math.max(width, ...legend.map(({ text }) => 40 + textWidth(text, 12)), textWidth(title, 16)) + 2 * MARGIN,
    height: TITLE_HEIGHT + height + legend.length * LEGEND_LINE + 2 * MARGIN,
  };
  const rows = legend.map(
    ({ mark, text }, at) =>
      markup`<g transform="translate(0 ${at * LEGEND_LINE})"><path class="${mark}" d="M2 8H22"/><text class="small" x="30" y="12">${text}</text></g>`,
  );
  // The style is ours, and holds no text of a capture.
  return `<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${full.width} ${full.height}" width="${full.width}" height="${full.height}" role="img" aria-labelledby="t d">${
    markup`<title id="t">${title}</title><desc id="d">${description}</desc>`.text
  }<style>${style}</style>${
    markup`<rect class="paper" width="${full.width}" height="${full.height}"/><text class="heading" x="${MARGIN}" y="${MARGIN + 16}">${title}</text><g transform="translate(${MARGIN} ${MARGIN + TITLE_HEIGHT})">${body}</g><g transform="translate(${MARGIN} ${MARGIN + TITLE_HEIGHT + height})">${rows}</g>`
      .text
  }</svg>\n`;
}

/** Widths of a letter of a sans-serif face, in parts of its size: about the mean, and a full-width one. */
const LETTER = 0.56;
const WIDE_LETTER = 1.02;

/** About how wide a text will be, in pixels. The reader's font decides, so leave room. */
export function textWidth(text: string, size: number): number {
  let width = 0;
  for (const character of text) width += (character > '\u2e7f' ? WIDE_LETTER : LETTER) * size;
  return width;
}

/** The text, cut to a width, with an ellipsis where it was cut. */
export function fitted(text: string, size: number, width: number): string {
  if (textWidth(text, size) <= width) return text;
  const room = width - size * 0.9;
  let cut = '';
  for (const character of text) {
    if (textWidth(cut + character, size) > room) break;
    cut += character;
  }
  return `${cut}…`;
}

/** Text with its whole as a tooltip where it had to be cut. */
export function label(text: string, x: number, y: number, { size = 12, width = 1e9, kind = '' } = {}): Markup {
  const shown = fitted(text, size, width);
  return shown === text
    ? markup`<text class="${kind}" x="${round(x)}" y="${round(y)}">${text}</text>`
    : markup`<text class="${kind}" x="${round(x)}" y="${round(y)}">${shown}<title>${text}</title></text>`;
}

/** A coordinate with a tenth of a pixel: enough for any screen, and short. */
export const round = (value: number): number => Math.round(value * 10) / 10;
