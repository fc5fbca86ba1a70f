import { printable } from './printable.ts';

/** One line on standard error: message, and where in which file when the error knows and its message does not say. */
export function complain(error: Error): void {
  const { path, offset } = error as { path?: unknown; offset?: unknown };
  let message = error.message;
  if (typeof path === 'string' && !message.includes(path)) message = `${path}: ${message}`;
  if (typeof offset === 'number' && !/\boffset\b/.test(message)) message += ` (at offset ${offset})`;
  process.stderr.write(`pcapdiag: ${printable(message)}\n`);
}
