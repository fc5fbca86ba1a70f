import { u8 } from '../octets.ts';
import { printableText } from './octet-text.ts';
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

const isDigit = (octet: number): boolean => octet >= 0x30 && octet <= 0x39;

/** Answers that redirect or ask to load a script first: clients follow them (redis.io, Cluster and EVALSHA). */
const FOLLOWED: ReadonlySet<string> = new Set(['MOVED', 'ASK', 'NOSCRIPT', 'TRYAGAIN']);
/** Errors that refuse every command of the connection or of the server. */
const REFUSING: ReadonlySet<string> = new Set([
  'NOAUTH',
  'WRONGPASS',
  'DENIED',
  'LOADING',
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
  return { code, text: rest.join(' '), fatal: REFUSING.has(code) };
}
