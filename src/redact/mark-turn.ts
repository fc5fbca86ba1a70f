import { isBarePage, isRequestLine, isStatusLine, tlsWantedPlace } from '../decode/messages/http1.ts';
import { asksForMysqlTls, isMysqlGreeting, readMysqlError } from '../decode/messages/mysql.ts';
import { beginsWith } from '../decode/messages/octet-text.ts';
import { postgresqlOpening, readPostgresqlError } from '../decode/messages/postgresql.ts';
import { isRedisCommand, readRedisError } from '../decode/messages/redis.ts';
import { u32 } from '../decode/octets.ts';
import type { Marks } from './marks.ts';

const LINE_FEED = 0x0a;
const COLON = 0x3a;
const SPACE = 0x20;
/** Header fields of HTTP whose values are words of the protocol. */
const PROTOCOL_FIELDS = new Set([
  'accept',
  'accept-encoding',
  'cache-control',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'keep-alive',
  'retry-after',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'vary',
]);
/** Octets of a page that begins without a status line. */
const BARE_PAGE = 14;

/**
 * What a segment begins with, for protocols that are read by their turns: request and status lines, openings and errors
 * of databases, greetings. True when it begins so.
 */
export function markTurn(marks: Marks, bytes: Uint8Array, at: number, end: number, length: number): boolean {
  if (isRequestLine(bytes, at, end) || isStatusLine(bytes, at, end)) return markHttp(marks, bytes, at, end);
  if (isBarePage(bytes, at, end)) {
    marks.keep(at, Math.min(end, at + BARE_PAGE));
    markTlsWanted(marks, bytes, at, end);
    return true;
  }
  return markDatabase(marks, bytes, at, end, length) || markGreeting(marks, bytes, at, end);
}

/** Lines of a head, up to the empty one. */
export function markHttp(marks: Marks, bytes: Uint8Array, at: number, end: number): true {
  let line = at;
  for (let nth = 0; line < end; nth++) {
    const found = bytes.indexOf(LINE_FEED, line);
    const stop = found < 0 || found >= end ? end : found + 1;
    if (nth === 0) markStartLine(marks, bytes, line, stop);
    else if (stop - line <= 2) {
      marks.keep(line, stop);
      break;
    } else markField(marks, bytes, line, stop);
    line = stop;
  }
  markTlsWanted(marks, bytes, at, end);
  return true;
}

/** Method and version stay, or version and status; target and reason do not. */
function markStartLine(marks: Marks, bytes: Uint8Array, at: number, end: number): void {
  const isAnswer = isStatusLine(bytes, at, end);
  const space = bytes.indexOf(SPACE, at);
  const first = space < 0 || space >= end ? end : space + 1;
  const kept = isAnswer ? Math.min(end, first + 4) : first;
  marks.keep(at, kept);
  const version = isAnswer ? end : bytes.lastIndexOf(SPACE, end - 1);
  const target = version < kept ? end : version;
  marks.words(kept, target);
  marks.keep(target, end);
}

function markField(marks: Marks, bytes: Uint8Array, at: number, end: number): void {
  const colon = bytes.indexOf(COLON, at);
  if (colon < 0 || colon >= end) {
    marks.words(at, end);
    return;
  }
  const name = Buffer.from(bytes.subarray(at, colon)).toString('latin1').toLowerCase();
  marks.keep(at, colon + 1);
  if (PROTOCOL_FIELDS.has(name)) marks.keep(colon + 1, end);
  else marks.words(colon + 1, end);
}

function markTlsWanted(marks: Marks, bytes: Uint8Array, at: number, end: number): void {
  const place = tlsWantedPlace(bytes, at, end);
  if (place !== undefined) marks.keep(place.at, place.end);
}

function markDatabase(marks: Marks, bytes: Uint8Array, at: number, end: number, length: number): boolean {
  if (postgresqlOpening(bytes, at, end) !== null) {
    marks.keep(at, at + 8);
    if (postgresqlOpening(bytes, at, end) === 'startup') marks.words(at + 8, end);
    return true;
  }
  // The answer to a request for TLS: "S" or "N".
  if (length === 1 && (bytes[at] === 0x53 || bytes[at] === 0x4e)) {
    marks.keep(at, end);
    return true;
  }
  if (readPostgresqlError(bytes, at, end) !== null) return markPostgresqlError(marks, bytes, at, end);
  if (isMysqlGreeting(bytes, at, end)) {
    const version = bytes.indexOf(0, at + 5);
    marks.keep(at, version < 0 ? end : Math.min(end, version + 1));
    return true;
  }
  if (readMysqlError(bytes, at, end) !== null) {
    const text = bytes[at + 7] === 0x23 ? at + 13 : at + 7;
    marks.keep(at, Math.min(end, text));
    marks.words(text, end);
    return true;
  }
  if (asksForMysqlTls(bytes, at, end)) {
    marks.keep(at, Math.min(end, at + 36));
    return true;
  }
  return markRedis(marks, bytes, at, end);
}

/** Whole messages stand before the error: their type and length stay. */
function markPostgresqlError(marks: Marks, bytes: Uint8Array, from: number, end: number): true {
  const ERROR = 0x45;
  let at = from;
  while (at + 5 <= end && bytes[at] !== ERROR) {
    marks.keep(at, at + 5);
    at += 1 + u32(bytes, at + 1);
  }
  marks.keep(at, Math.min(end, at + 5));
  for (let place = at + 5; place < end && bytes[place] !== 0; ) {
    const found = bytes.indexOf(0, place + 1);
    const stop = found < 0 || found >= end ? end : found + 1;
    // Severity and code are words of the protocol.
    if ('SVC'.includes(String.fromCharCode(bytes[place]))) marks.keep(place, stop);
    else {
      marks.keep(place, place + 1);
      marks.words(place + 1, stop);
    }
    place = stop;
  }
  return true;
}

function markRedis(marks: Marks, bytes: Uint8Array, at: number, end: number): boolean {
  if (isRedisCommand(bytes, at, end)) {
    const bulk = bytes.indexOf(LINE_FEED, at) + 2;
    marks.keep(at, Math.min(end, bulk));
    return true;
  }
  const error = readRedisError(bytes, at, end);
  if (error === null) return false;
  const text = at + 1 + error.code.length;
  marks.keep(at, Math.min(end, text));
  const line = bytes.indexOf(LINE_FEED, text);
  marks.words(text, line < 0 ? end : Math.min(end, line + 1));
  return true;
}

const GREETINGS = ['SSH-2.0-', 'SSH-1.99-', 'SSH-', '220 ', '220-', '* OK ', '+OK '];

function markGreeting(marks: Marks, bytes: Uint8Array, at: number, end: number): boolean {
  if (beginsWith(bytes, at, end, 'AMQP')) {
    marks.keep(at, Math.min(end, at + 8));
    return true;
  }
  const greeting = GREETINGS.find((word) => beginsWith(bytes, at, end, word));
  if (greeting === undefined) return false;
  marks.keep(at, at + greeting.length);
  const line = bytes.indexOf(LINE_FEED, at);
  marks.words(at + greeting.length, line < 0 ? end : Math.min(end, line + 1));
  return true;
}
