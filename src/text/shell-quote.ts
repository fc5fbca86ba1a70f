/** Characters that no POSIX shell gives a meaning to, wherever they stand in a word. */
const BARE = /^[\w@%+:,./-]+$/;

/**
 * One argument, safe for POSIX sh whatever it holds: text of a capture goes into the commands that a report suggests.
 * Addresses, ports and plain names pass as they are. NUL cannot be an argument and is left out; a lone control
 * character stays inside the quotes (`report` escapes it for the terminal).
 */
export function shellQuote(argument: string): string {
  if (BARE.test(argument)) return argument;
  return `'${argument.replaceAll('\0', '').replaceAll("'", "'\\''")}'`;
}
