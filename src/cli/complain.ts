import { printable } from './printable.ts';

/**
 * Writes one line to standard error: the message, and the file and offset when the error has them and its message does
 * not name them.
 */
export function complain(error: Error): void {
  const { path, offset } = error as { path?: unknown; offset?: unknown };
  let message = error.message;
  if (typeof path === 'string' && !message.includes(path)) message = `${path}: ${message}`;
  if (typeof offset === 'number' && !/\boffset\b/.test(message)) message += ` (at offset ${offset})`;
  process.stderr.write(`pcapdiag: ${printable(message)}\n${placeIn(error)}`);
}

/** The expression of a filter with a mark under the place in question; nothing for other errors. */
function placeIn(error: Error): string {
  const { expression, at } = error as { expression?: unknown; at?: unknown };
  if (typeof expression !== 'string' || typeof at !== 'number') return '';
  const before = printable(expression.slice(0, at));
  return `  ${before}${printable(expression.slice(at))}\n  ${' '.repeat(before.length)}^\n`;
}
