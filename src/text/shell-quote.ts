/** Characters that have no special meaning in any POSIX shell, wherever they stand in a word. */
const BARE = /^[\w@%+:,./-]+$/;

/**
 * Quotes one argument for POSIX sh. It is safe for any text, because text of a capture goes into the commands that a
 * report suggests. Addresses, ports and plain names are unchanged. NUL cannot be part of an argument and is removed; a
 * lone control character stays inside the quotes (`report` escapes it for the terminal).
 */
export function shellQuote(argument: string): string {
  if (BARE.test(argument)) return argument;
  return `'${argument.replaceAll('\0', '').replaceAll("'", "'\\''")}'`;
}
