import { u8 } from '../octets.ts';
import { beginsWith, printableText } from './octet-text.ts';
import type { ServerError } from './postgresql.ts';

/** Commands of the text protocol with the space behind them (memcached, doc/protocol.txt), and those without a key. */
const COMMANDS = [
  'get ',
  'gets ',
  'gat ',
  'gats ',
  'set ',
  'add ',
  'replace ',
  'append ',
  'prepend ',
  'cas ',
  'incr ',
  'decr ',
  'delete ',
  'touch ',
  'mg ',
  'ms ',
  'md ',
  'ma ',
  'stats\r\n',
  'version\r\n',
];
const LINE_FEED = 0x0a;
/** A key has 250 octets at most, and few numbers follow it. */
const MOST_LINE = 512;
const TEXT_OCTETS = 160;
const SERVER_ERROR = 'SERVER_ERROR ';
const CLIENT_ERROR = 'CLIENT_ERROR ';
const ERROR = 'ERROR\r\n';

/** Whether the octets begin a command: one of these words, and a line of printable characters that ends. */
export function isMemcachedCommand(bytes: Uint8Array, at: number, end: number): boolean {
  if (!COMMANDS.some((word) => beginsWith(bytes, at, end, word))) return false;
  const stop = Math.min(end, at + MOST_LINE);
  for (let place = at; place < stop; place++) if (u8(bytes, place) === LINE_FEED) return u8(bytes, place - 1) === 0x0d;
  return false;
}

/** The error answer at `at`; null when it is none. SERVER_ERROR is one of the server, the others are about the command. */
export function readMemcachedError(bytes: Uint8Array, at: number, end: number): ServerError | null {
  for (const word of [SERVER_ERROR, CLIENT_ERROR])
    if (beginsWith(bytes, at, end, word)) {
      const text = printableText(bytes, at + word.length, Math.min(end, at + word.length + TEXT_OCTETS));
      return { code: word.trim(), text, fatal: word === SERVER_ERROR };
    }
  return beginsWith(bytes, at, end, ERROR) ? { code: 'ERROR', text: '', fatal: false } : null;
}
