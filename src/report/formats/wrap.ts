/** Wide East Asian and emoji ranges take two columns; combining marks none (Unicode Standard Annex 11, coarsely). */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;
const ZERO = /\p{Mn}|\p{Me}/u;

/** Columns that plain text (no escapes) takes in a terminal. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += ZERO.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return columns;
}

/** Text padded with spaces to a number of columns. */
export const padColumns = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - columnsOf(text)));

/**
 * Lines of at most `width` columns, broken at spaces. A word that is longer than a line stays whole: commands and
 * addresses must be copied in one piece.
 */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && columnsOf(line) + 1 + columnsOf(word) > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Wrapped text with a head before the first line, and spaces of the same width before the others. */
export function hang(head: string, text: string, width: number): string[] {
  const indent = ' '.repeat(columnsOf(head));
  return wrap(text, Math.max(20, width - indent.length)).map((line, at) => (at === 0 ? head : indent) + line);
}

/** A line of at most `width` columns, with an ellipsis where it was cut. */
export function clip(line: string, width: number): string {
  if (columnsOf(line) <= width) return line.trimEnd();
  let clipped = '';
  let columns = 0;
  for (const character of line) {
    columns += columnsOf(character);
    if (columns > width - 1) break;
    clipped += character;
  }
  return `${clipped}…`;
}
