/**
 * Text from captures is hostile: a DNS name may hold an escape sequence that rewrites the terminal, a right-to-left
 * override that turns an address around, or a line separator that forges a line of the report.
 */

/** Control, format (bidi, zero-width), line and paragraph separators, lone surrogates. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/**
 * Replaces unsafe characters by `\u{1b}` (for ESC) and so on; all other text is unchanged. Applying it twice gives the
 * same text.
 */
export const sanitize = (text: string): string =>
  text.replace(UNSAFE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);

/** The same value with every string in it sanitised, keys included. For plain data without cycles. */
export function sanitizeAll<T>(value: T): T {
  if (typeof value === 'string') return sanitize(value) as T;
  if (Array.isArray(value)) return value.map((item) => sanitizeAll<unknown>(item)) as T;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [sanitize(key), sanitizeAll<unknown>(item)]),
  ) as T;
}
