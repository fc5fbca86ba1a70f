import { u8 } from '../octets.ts';
import { isBarePage, isRequestLine, isStatusLine } from './http1.ts';
import { isControlFrame, isPreface } from './http2.ts';
import { isMailGreeting } from './mail.ts';
import { isMemcachedCommand } from './memcached.ts';
import { isMysqlGreeting, readMysqlError } from './mysql.ts';
import { beginsWith } from './octet-text.ts';
import { postgresqlOpening, readPostgresqlError } from './postgresql.ts';
import { isProxyHeader } from './proxy-header.ts';
import { isRedisCommand, readRedisError } from './redis.ts';
import { CLIENT_HELLO, SERVER_HELLO } from './tls-handshake.ts';
import { ALERT, HANDSHAKE, isRecord, RECORD_HEADER_OCTETS, recordType } from './tls-record.ts';

/** What the first octets of a direction are. Columns store the index. */
export const OPENINGS = [
  'none',
  'unknown',
  'tls',
  'http1',
  'http2',
  'proxy',
  'postgresql',
  'mysql',
  'redis',
  'ssh',
  'amqp',
  'mail',
  'memcached',
] as const;
export type Opening = (typeof OPENINGS)[number];

/** Codes of `OPENINGS`. */
export const NO_OPENING = 0;
export const UNKNOWN = 1;
export const TLS = 2;
export const HTTP1 = 3;
export const HTTP2 = 4;
export const PROXY = 5;
export const POSTGRESQL = 6;
export const MYSQL = 7;
export const REDIS = 8;
export const SSH = 9;
export const AMQP = 10;
export const MAIL = 11;
export const MEMCACHED = 12;

/** The octets that tell one opening from another: as many as the preface of HTTP/2 has. */
export const OPENING_OCTETS = 24;

/**
 * First octets of all that `clientOpening` and `serverOpening` know, so that one look tells most payload of programs
 * that nobody here reads. A greeting and an error of MySQL begin with a length of three octets, little-endian, below
 * 2^16, so their third octet is 0.
 */
export const CLIENT_BEGINS = octetsOf('GPHDOCTRMAS*\r\0\x16gsarpcidtmv');
const SERVER_BEGINS = octetsOf('\x15\x16\0H<*+-245ESARKZNTDC13nt');

/** By octet: 1 where it is in `letters`. */
function octetsOf(letters: string): Uint8Array {
  const among = new Uint8Array(256);
  for (const letter of letters) among[letter.charCodeAt(0)] = 1;
  return among;
}

/** What a client begins with. By content only, never by a port. */
export const clientOpening = (bytes: Uint8Array, at: number, end: number): number =>
  at < end && CLIENT_BEGINS[u8(bytes, at)] === 1 ? clientOpeningOf(bytes, at, end) : UNKNOWN;

/** What a server answers with, or says first. */
export const serverOpening = (bytes: Uint8Array, at: number, end: number): number =>
  at + 2 < end && (SERVER_BEGINS[u8(bytes, at)] === 1 || u8(bytes, at + 2) === 0)
    ? serverOpeningOf(bytes, at, end)
    : UNKNOWN;

/** As `clientOpening`, asking every reader. */
export function clientOpeningOf(bytes: Uint8Array, at: number, end: number): number {
  if (isRecord(bytes, at, end) && recordType(bytes, at) === HANDSHAKE) return TLS;
  if (isPreface(bytes, at, end)) return HTTP2;
  if (isRequestLine(bytes, at, end)) return HTTP1;
  if (isProxyHeader(bytes, at, end)) return PROXY;
  if (isRedisCommand(bytes, at, end)) return REDIS;
  if (isMemcachedCommand(bytes, at, end)) return MEMCACHED;
  if (postgresqlOpening(bytes, at, end) !== null) return POSTGRESQL;
  if (beginsWith(bytes, at, end, 'SSH-')) return SSH;
  return beginsWith(bytes, at, end, 'AMQP') ? AMQP : UNKNOWN;
}

/** Who says this, of whom the first octets tell it: a request, a preface, a hello, a status line; null otherwise. */
export function speakerOf(bytes: Uint8Array, at: number, end: number): 'client' | 'server' | null {
  if (isRecord(bytes, at, end) && recordType(bytes, at) === HANDSHAKE && at + RECORD_HEADER_OCTETS < end) {
    const message = u8(bytes, at + RECORD_HEADER_OCTETS);
    return message === CLIENT_HELLO ? 'client' : message === SERVER_HELLO ? 'server' : null;
  }
  if (isPreface(bytes, at, end) || isRequestLine(bytes, at, end)) return 'client';
  return isStatusLine(bytes, at, end) ? 'server' : null;
}

/** As `serverOpening`, asking every reader. */
export function serverOpeningOf(bytes: Uint8Array, at: number, end: number): number {
  if (isRecord(bytes, at, end) && (recordType(bytes, at) === HANDSHAKE || recordType(bytes, at) === ALERT)) return TLS;
  if (isStatusLine(bytes, at, end) || isBarePage(bytes, at, end)) return HTTP1;
  if (isControlFrame(bytes, at, end)) return HTTP2;
  if (isMysqlGreeting(bytes, at, end) || readMysqlError(bytes, at, end) !== null) return MYSQL;
  if (readPostgresqlError(bytes, at, end) !== null) return POSTGRESQL;
  if (beginsWith(bytes, at, end, 'SSH-')) return SSH;
  if (beginsWith(bytes, at, end, 'AMQP')) return AMQP;
  if (isMailGreeting(bytes, at, end)) return MAIL;
  // In place of an answer, also before a command: protected mode, too many clients.
  if (readRedisError(bytes, at, end)?.fatal) return REDIS;
  return UNKNOWN;
}
