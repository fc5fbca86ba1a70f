import { u8, u16le, u32le } from '../octets.ts';
import { isPrintable, printableText } from './octet-text.ts';
import type { ServerError } from './postgresql.ts';

/** Packet: length 3 (little-endian), sequence 1, payload (MySQL, Client/Server Protocol, Packets). */
const HEADER_OCTETS = 4;
const GREETING = 10;
const ERROR = 0xff;
/** Highest number of an error of the server (mysqld_error.h ends below 16,000; MariaDB uses up to 4,999). */
const FIRST_ERROR = 1_000;
const LAST_ERROR = 16_000;
const TEXT_OCTETS = 160;
/** Errors before the greeting end the connection: too many connections, host not allowed or blocked. */
const OPENING_SEQUENCES = 3;
const MOST_GREETING = 300;
/** Capability CLIENT_SSL: the client sends a short packet and then a ClientHello. */
const CLIENT_SSL = 0x0800;
const SSL_REQUEST_OCTETS = 32;

const payloadOctets = (bytes: Uint8Array, at: number): number => u32le(bytes, at) & 0xff_ffff;

/** Whether the octets are the greeting of a server: protocol version 10 and a printable version. */
export function isMysqlGreeting(bytes: Uint8Array, at: number, end: number): boolean {
  if (at + HEADER_OCTETS + 3 > end || u8(bytes, at + 3) !== 0 || u8(bytes, at + 4) !== GREETING) return false;
  const octets = payloadOctets(bytes, at);
  const digit = u8(bytes, at + 5);
  return octets >= 40 && octets <= MOST_GREETING && digit >= 0x33 && digit <= 0x39 && isPrintable(u8(bytes, at + 6));
}

/** Whether the answer of a client to the greeting asks for TLS. */
export const asksForMysqlTls = (bytes: Uint8Array, at: number, end: number): boolean =>
  at + HEADER_OCTETS + 2 <= end &&
  payloadOctets(bytes, at) === SSL_REQUEST_OCTETS &&
  u8(bytes, at + 3) === 1 &&
  (u16le(bytes, at + HEADER_OCTETS) & CLIENT_SSL) !== 0;

/** The error packet at `at`; null when it is none. */
export function readMysqlError(bytes: Uint8Array, at: number, end: number): ServerError | null {
  if (at + HEADER_OCTETS + 3 > end || u8(bytes, at + HEADER_OCTETS) !== ERROR) return null;
  const number = u16le(bytes, at + HEADER_OCTETS + 1);
  const octets = payloadOctets(bytes, at);
  if (number < FIRST_ERROR || number > LAST_ERROR || octets < 4 || octets > 1_024) return null;
  const stop = Math.min(end, at + HEADER_OCTETS + octets);
  const textAt = at + HEADER_OCTETS + 3;
  const hasState = textAt < stop && u8(bytes, textAt) === 0x23;
  const text = printableText(bytes, textAt + (hasState ? 6 : 0), Math.min(stop, textAt + TEXT_OCTETS));
  // With the first packets of a connection it is the login that fails.
  return { code: `${number}`, text, fatal: u8(bytes, at + 3) <= OPENING_SEQUENCES && !hasStatement(number) };
}

/** Errors from 1046 on are about statements, but for those of the login (mysqld_error.h). */
const LOGIN_ERRORS: ReadonlySet<number> = new Set([
  1040, 1042, 1043, 1044, 1045, 1047, 1049, 1053, 1129, 1130, 1158, 1159, 1160, 1161, 1203, 1226, 1251, 1698, 1862,
  3118, 3159, 4151,
]);
const hasStatement = (number: number): boolean => !LOGIN_ERRORS.has(number);
