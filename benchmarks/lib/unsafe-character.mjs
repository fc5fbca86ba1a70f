import { formatMarkdown, formatText } from '../../dist/index.js';

/** A character of the report that a terminal would obey, in words; undefined where there is none. */
export function unsafeCharacter(report) {
  for (const text of [formatText(report), formatMarkdown(report)]) {
    // Line ends are of the format itself; all else below space, DEL, C1 and the signs that turn the direction are not.
    const found = /[^\n\P{Cc}]|[\u202a-\u202e\u2066-\u2069]/u.exec(text);
    if (found !== null) return `U+${found[0].codePointAt(0).toString(16)} at ${found.index}`;
  }
  return undefined;
}
