import { u8, u32 } from '../octets.ts';
import { printableText } from './octet-text.ts';

/** Startup messages have no type: length, then a code (PostgreSQL, Frontend/Backend Protocol, Message Formats). */
const STARTUP_OCTETS = 8;
const PROTOCOL_3 = 3;
const CANCEL_REQUEST = 80_877_102;
const SSL_REQUEST = 80_877_103;
const GSSENC_REQUEST = 80_877_104;
/** A startup packet longer than this is refused (PostgreSQL, MAX_STARTUP_PACKET_LENGTH). */
const MOST_STARTUP = 10_000;

export type PostgresqlOpening = 'startup' | 'tls-request' | 'cancel';

/** How a client of PostgreSQL begins, null when it does not begin so. */
export function postgresqlOpening(bytes: Uint8Array, at: number, end: number): PostgresqlOpening | null {
  if (at + STARTUP_OCTETS > end) return null;
  const octets = u32(bytes, at);
  const code = u32(bytes, at + 4);
  if (octets === 8 && (code === SSL_REQUEST || code === GSSENC_REQUEST)) return 'tls-request';
  if (octets === 16 && code === CANCEL_REQUEST) return 'cancel';
  return code >>> 16 === PROTOCOL_3 && octets > STARTUP_OCTETS && octets <= MOST_STARTUP ? 'startup' : null;
}

const ERROR_RESPONSE = 0x45;
const MOST_ERROR_OCTETS = 30_000;
const TEXT_OCTETS = 160;
/** Messages of a server before an error in one answer: AuthenticationOk, parameters, key, rows and their description. */
const BEFORE_AN_ERROR = new Set(
  ['R', 'S', 'K', 'Z', 'N', 'T', 'D', 'C', '1', '2', '3', 'n', 't'].map((type) => type.charCodeAt(0)),
);
const MOST_BEFORE_AN_ERROR = 32;

export interface ServerError {
  /** Code of the protocol: SQLSTATE, the number of MySQL, or the first word of Redis. */
  code: string;
  /** Text of the server, may be cut. */
  text: string;
  /** The server ends the session with it. */
  fatal: boolean;
}

/**
 * The ErrorResponse of an answer that begins at `at`: the first message, or one after other whole messages. Null when
 * there is none, or it is cut before its code.
 */
export function readPostgresqlError(bytes: Uint8Array, at: number, end: number): ServerError | null {
  let place = at;
  for (let passed = 0; passed < MOST_BEFORE_AN_ERROR; passed++) {
    if (place + 5 > end || !BEFORE_AN_ERROR.has(u8(bytes, place))) break;
    const octets = u32(bytes, place + 1);
    if (octets < 4 || octets > end - place - 1) break;
    place += 1 + octets;
  }
  return readErrorAt(bytes, place, end);
}

/** Fields with a letter and a text each (PostgreSQL, Error and Notice Message Fields). */
function readErrorAt(bytes: Uint8Array, at: number, end: number): ServerError | null {
  if (at + 6 > end || u8(bytes, at) !== ERROR_RESPONSE) return null;
  const octets = u32(bytes, at + 1);
  if (octets < 8 || octets > MOST_ERROR_OCTETS) return null;
  const stop = Math.min(end, at + 1 + octets);
  let severity = '';
  let code = '';
  let text = '';
  for (let place = at + 5; place < stop && u8(bytes, place) !== 0; ) {
    const letter = String.fromCharCode(u8(bytes, place));
    let last = place + 1;
    while (last < stop && u8(bytes, last) !== 0) last++;
    const value = printableText(bytes, place + 1, Math.min(last, place + 1 + TEXT_OCTETS));
    if (letter === 'V' || (letter === 'S' && severity === '')) severity = value;
    else if (letter === 'C') code = value;
    else if (letter === 'M') text = value;
    place = last + 1;
  }
  if (!/^[0-9A-Z]{5}$/.test(code)) return null;
  return { code, text, fatal: severity === 'FATAL' || severity === 'PANIC' };
}
