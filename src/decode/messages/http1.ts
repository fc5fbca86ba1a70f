import { u8 } from '../octets.ts';
import { agrees, beginsWith, decimalAt, placeOfWord } from './octet-text.ts';

/** Methods of HTTP/1 (RFC 9110, 9; RFC 5789; WebDAV, RFC 4918) with the space behind them. */
const METHODS = [
  'GET ',
  'POST ',
  'PUT ',
  'HEAD ',
  'DELETE ',
  'OPTIONS ',
  'PATCH ',
  'CONNECT ',
  'TRACE ',
  'PROPFIND ',
  'REPORT ',
  'MKCOL ',
];
const STATUS_LINE = 'HTTP/1.';
const LESS_THAN = 0x3c;
/** Answers of servers that take the request for HTTP/0.9, which has no status line (RFC 1945, 3.1). */
const BARE_PAGES = ['<!DOCTYPE HTML', '<!DOCTYPE html', '<!doctype html', '<html', '<HTML'];

/** Whether the octets begin a request line. A method that is cut counts from four octets on. */
export const isRequestLine = (bytes: Uint8Array, at: number, end: number): boolean =>
  end - at >= 4 && isUpperCase(u8(bytes, at)) && METHODS.some((method) => agrees(bytes, at, end, method));

const isUpperCase = (octet: number): boolean => octet >= 0x41 && octet <= 0x5a;

export const isStatusLine = (bytes: Uint8Array, at: number, end: number): boolean =>
  beginsWith(bytes, at, end, STATUS_LINE);

export const isBarePage = (bytes: Uint8Array, at: number, end: number): boolean =>
  at < end && u8(bytes, at) === LESS_THAN && BARE_PAGES.some((page) => beginsWith(bytes, at, end, page));

/** Status of the answer whose status line is at `at` (RFC 9112, 4), 100 to 599; -1 when it is none or is cut. */
export function readStatus(bytes: Uint8Array, at: number, end: number): number {
  if (!isStatusLine(bytes, at, end)) return -1;
  const status = decimalAt(bytes, at + STATUS_LINE.length + 2, end, 3);
  return status >= 100 && status <= 599 ? status : -1;
}

/** "Expect: 100-continue" without its first letter, which may be a capital (RFC 9110, 10.1.1). */
const EXPECTATION = 'xpect: 100-continue';
const UPPER_P = 0x50;

/**
 * Whether the request at `at` wants to hear that its body is welcome before it sends it. Only methods with a body are
 * looked at: POST, PUT, PATCH.
 */
export const expectsContinue = (bytes: Uint8Array, at: number, end: number): boolean =>
  at < end && u8(bytes, at) === UPPER_P && placeOfWord(bytes, at, end, EXPECTATION) >= 0;

/** Whether the head of such a request goes on behind `end`, so that what it expects is not known. */
export const hasMoreHead = (bytes: Uint8Array, at: number, end: number): boolean =>
  at < end && u8(bytes, at) === UPPER_P && placeOfWord(bytes, at, end, '\r\n\r\n') < 0;

const SPACE = 0x20;
const QUESTION_MARK = 0x3f;
const CARRIAGE_RETURN = 0x0d;

/**
 * Octets of method and path of the request line at `at`, at most `most`. It ends before the query, which may hold
 * secrets, and before the version.
 */
export function requestOctets(bytes: Uint8Array, at: number, end: number, most: number): number {
  const stop = Math.min(end, at + most);
  let spaces = 0;
  for (let index = at; index < stop; index++) {
    const octet = u8(bytes, index);
    if (octet === SPACE) spaces++;
    if (octet === QUESTION_MARK || octet === CARRIAGE_RETURN || spaces === 2) return index - at;
  }
  return stop - at;
}

/**
 * How servers of TLS name a request in plain text in the body of their answer: nginx (497), Go's net/http, Apache
 * (mod_ssl), Tomcat.
 */
const TLS_WANTED = [
  'plain HTTP request was sent to HTTPS port',
  'Client sent an HTTP request to an HTTPS server',
  'speaking plain HTTP to an SSL-enabled server port',
  'combination of host and port requires TLS',
];

/** Whether the answer in `bytes[at … end)` says that this port wants TLS. */
export const saysTlsWanted = (bytes: Uint8Array, at: number, end: number): boolean =>
  tlsWantedPlace(bytes, at, end) !== undefined;

/** Where it says so; undefined when it does not. */
export function tlsWantedPlace(bytes: Uint8Array, at: number, end: number): { at: number; end: number } | undefined {
  for (const words of TLS_WANTED) {
    const place = placeOfWord(bytes, at, end, words);
    if (place >= 0) return { at: place, end: place + words.length };
  }
  return undefined;
}
