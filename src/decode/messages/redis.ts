import { u8 } from '../octets.ts';
import { placeOfWord, printableText } from './octet-text.ts';
import type { ServerError } from './postgresql.ts';

const ARRAY = 0x2a;
const ERROR = 0x2d;
const BULK = 0x24;
const CARRIAGE_RETURN = 0x0d;
const TEXT_OCTETS = 160;
/** Most digits of the number of parts of a command. */
const MOST_DIGITS = 7;

/** Whether the octets begin a command of RESP: an array of bulk strings, "*2\r\n$3\r\n" (redis.io, RESP). */
export function isRedisCommand(bytes: Uint8Array, at: number, end: number): boolean {
  if (at + 5 > end || u8(bytes, at) !== ARRAY) return false;
  let place = at + 1;
  while (place < end && place - at <= MOST_DIGITS && isDigit(u8(bytes, place))) place++;
  if (place === at + 1 || place + 3 > end) return false;
  return u8(bytes, place) === CARRIAGE_RETURN && u8(bytes, place + 2) === BULK;
}

/**
 * Commands that the server answers when there is something to tell, or after a time that the client names (redis.io,
 * commands: lists, sorted sets, pub/sub, WAIT), and those that do so with the word BLOCK (streams).
 */
const WAITING: ReadonlySet<string> = new Set([
  'BLPOP',
  'BRPOP',
  'BLMOVE',
  'BLMPOP',
  'BRPOPLPUSH',
  'BZPOPMIN',
  'BZPOPMAX',
  'BZMPOP',
  'WAIT',
  'WAITAOF',
  'SUBSCRIBE',
  'PSUBSCRIBE',
  'SSUBSCRIBE',
  'MONITOR',
]);
const WAITING_WITH_BLOCK: ReadonlySet<string> = new Set(['XREAD', 'XREADGROUP']);
const BLOCK_WORDS = ['\r\nBLOCK\r\n', '\r\nblock\r\n'];
/** Longest of these names, letters. */
const MOST_LETTERS = 10;

/** Whether the command at `at` asks the server to hold its answer. */
export function asksRedisToWait(bytes: Uint8Array, at: number, end: number): boolean {
  // "*3\r\n$5\r\nBLPOP\r\n": the name follows the second end of a line.
  const first = endOfLine(bytes, at, end);
  const from = first < 0 ? -1 : endOfLine(bytes, first, end);
  if (from < 0) return false;
  const name = printableText(bytes, from, Math.min(end, from + MOST_LETTERS + 1)).toUpperCase();
  if (WAITING.has(name)) return true;
  return WAITING_WITH_BLOCK.has(name) && BLOCK_WORDS.some((word) => placeOfWord(bytes, from, end, word) >= 0);
}

/** Place behind the line that begins at `at`, a number of at most `MOST_DIGITS`; -1 when it has no end. */
function endOfLine(bytes: Uint8Array, at: number, end: number): number {
  let place = at + 1;
  while (place < end && place - at <= MOST_DIGITS && isDigit(u8(bytes, place))) place++;
  return place + 2 <= end && u8(bytes, place) === CARRIAGE_RETURN ? place + 2 : -1;
}

const isDigit = (octet: number): boolean => octet >= 0x30 && octet <= 0x39;

/** Answers that ask to load a script first, or to try again: clients follow them (redis.io, EVALSHA and Cluster). */
const FOLLOWED: ReadonlySet<string> = new Set(['NOSCRIPT', 'TRYAGAIN']);
/** The answer to a connection beyond `maxclients`. */
const TOO_MANY = 'max number of clients reached';
/** Whether it says so, also where the text is cut behind its first words. */
const saysTooMany = (text: string): boolean =>
  text.startsWith(TOO_MANY) || (text.length >= FEWEST_LETTERS && TOO_MANY.startsWith(text));
const FEWEST_LETTERS = 'max number'.length;

/** Errors that refuse every command of the connection or of the server. */
const REFUSING: ReadonlySet<string> = new Set([
  'NOAUTH',
  'WRONGPASS',
  'DENIED',
  'LOADING',
  'BUSY',
  'NOREPLICAS',
  'MASTERDOWN',
  'CLUSTERDOWN',
  'MISCONF',
  'OOM',
  'READONLY',
]);

/** The error answer at `at`, "-NOAUTH Authentication required."; null when it is none or is followed by clients. */
export function readRedisError(bytes: Uint8Array, at: number, end: number): ServerError | null {
  if (at + 4 > end || u8(bytes, at) !== ERROR) return null;
  const line = printableText(bytes, at + 1, Math.min(end, at + 1 + TEXT_OCTETS));
  const [code = '', ...rest] = line.split(' ');
  if (!/^[A-Z]{2,}$/.test(code) || FOLLOWED.has(code)) return null;
  const text = rest.join(' ');
  return { code, text, fatal: REFUSING.has(code) || (code === 'ERR' && saysTooMany(text)) };
}
