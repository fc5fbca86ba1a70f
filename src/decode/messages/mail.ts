import { u8 } from '../octets.ts';
import { beginsWith, decimalAt, printableText } from './octet-text.ts';
import type { ServerError } from './postgresql.ts';

const TEXT_OCTETS = 160;
const SPACE = 0x20;
const HYPHEN = 0x2d;
const GREETING = 220;
const SERVICE_CLOSING = 221;
const FIRST_ERROR = 400;
const LAST_REPLY = 599;
/** The service is not available and closes the connection (RFC 5321, 4.2.3; RFC 959, 4.2). */
export const NOT_AVAILABLE = 421;
/**
 * Replies that refuse what the client wants: a mailbox, a message, a login, a name (RFC 5321, 4.2.3; RFC 4954, 6;
 * RFC 7504, 3). Those about syntax and order (500 to 504) end nothing: a client tries another command.
 */
const REFUSING: ReadonlySet<number> = new Set([
  NOT_AVAILABLE,
  450,
  451,
  452,
  454,
  455,
  521,
  530,
  535,
  550,
  551,
  552,
  553,
  554,
  555,
  556,
]);

/** The reply of SMTP or FTP at `at`, "250-mail.example", 200 to 599; -1 when it is none. */
export function readMailReply(bytes: Uint8Array, at: number, end: number): number {
  if (at + 4 > end || (u8(bytes, at + 3) !== SPACE && u8(bytes, at + 3) !== HYPHEN)) return -1;
  const reply = decimalAt(bytes, at, end, 3);
  return reply >= 200 && reply <= LAST_REPLY ? reply : -1;
}

/** "220 mail.example …": SMTP and FTP greet so (RFC 5321, 3.1; RFC 959, 4.2); "* OK" and "+OK": IMAP and POP3. */
export function isMailGreeting(bytes: Uint8Array, at: number, end: number): boolean {
  if (beginsWith(bytes, at, end, '* OK ') || beginsWith(bytes, at, end, '+OK ')) return true;
  const reply = readMailReply(bytes, at, end);
  // In place of the greeting: "421 too many connections", "554 no service for you".
  return reply === GREETING || reply === NOT_AVAILABLE || reply === 554;
}

/** Whether the reply says good-bye, and answers no request for work. */
export const isMailFarewell = (bytes: Uint8Array, at: number, end: number): boolean =>
  readMailReply(bytes, at, end) === SERVICE_CLOSING;

/** The error reply at `at`; null when it is none. */
export function readMailError(bytes: Uint8Array, at: number, end: number): ServerError | null {
  const reply = readMailReply(bytes, at, end);
  if (reply < FIRST_ERROR) return null;
  const text = printableText(bytes, at + 4, Math.min(end, at + 4 + TEXT_OCTETS));
  return { code: `${reply}`, text, fatal: REFUSING.has(reply) };
}

/** Whether the client asks for TLS: STARTTLS (RFC 3207), AUTH TLS of FTP (RFC 4217), STLS of POP3 (RFC 2595). */
export const asksForMailTls = (bytes: Uint8Array, at: number, end: number): boolean =>
  WORDS.some((word) => beginsWith(bytes, at, end, word));
const WORDS = ['STARTTLS', 'starttls', 'AUTH TLS', 'AUTH SSL', 'STLS'];
