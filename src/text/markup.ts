/** HTML and SVG put together so that text cannot become markup: everything that is put in is escaped, unless it is markup itself. */
import { sanitize } from './sanitize.ts';

/** Text that is already HTML or SVG. Only `markup` makes it. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type MarkupValue = Markup | string | number | readonly Markup[];

/** Tag of a template: `` markup`<p title="${text}">${more}</p>` ``. Attributes have to stand in double quotes. */
export function markup(parts: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  let text = parts[0];
  for (const [at, value] of values.entries()) text += textOf(value) + parts[at + 1];
  return new Markup(text);
}

export const NOTHING = new Markup('');

/** Markup if there is a reason for it, else nothing. */
export const when = (isShown: boolean, make: () => Markup): Markup => (isShown ? make() : NOTHING);

function textOf(value: MarkupValue): string {
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map(({ text }: Markup) => text).join('');
  return escapeMarkup(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Text for an element or a quoted attribute of HTML and XML. Control and bidi characters are written as `\u{…}`, and
 * code units that XML forbids (half surrogates, U+FFFE, U+FFFF) too.
 */
export const escapeMarkup = (text: string): string =>
  sanitize(text)
    .replace(/[\ufffe\uffff]/g, (unit) => `\\u{${unit.charCodeAt(0).toString(16)}}`)
    .replace(/[&<>"']/g, (character) => ENTITIES[character]);
