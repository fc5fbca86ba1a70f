import { u8 } from '../octets.ts';

/** The header of a request or an answer, as far as it tells where its body ends. One instance is reused. */
export class HttpHead {
  /** Octets up to and with the empty line; 0 when that is not there. */
  octets = 0;
  /** Content-Length; -1 without one, or where two of them differ or one is no number. */
  length = -1;
  chunked = false;

  clear(): void {
    this.octets = 0;
    this.length = -1;
    this.chunked = false;
  }
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const CONTENT_LENGTH = 'content-length:';
const TRANSFER_ENCODING = 'transfer-encoding:';
const CHUNKED = 'chunked';
/** Larger bodies than this cannot be followed by sequence numbers of 32 bits. */
export const MOST_LENGTH = 2 ** 30;
const NOT_A_LENGTH = -2;

/**
 * Reads the header whose first line is at `at` (RFC 9112, 2.1): the fields that frame its body (RFC 9112, 6). It is
 * left at 0 octets when `bytes[at … end)` has not all of it, or when its length is no number or too large.
 */
export function readHttpHead(bytes: Uint8Array, at: number, end: number, head: HttpHead): void {
  head.clear();
  let length = -1;
  for (let line = at; line < end; ) {
    const next = endOfLine(bytes, line, end);
    if (next < 0) return;
    if (isEmpty(bytes, line, next)) {
      if (length === NOT_A_LENGTH) return;
      head.octets = next - at;
      head.length = length;
      return;
    }
    if (hasName(bytes, line, next, CONTENT_LENGTH)) {
      const value = numberIn(bytes, line + CONTENT_LENGTH.length, next);
      length = value < 0 || (length !== -1 && length !== value) ? NOT_A_LENGTH : value;
    } else if (hasName(bytes, line, next, TRANSFER_ENCODING)) head.chunked = endsChunked(bytes, line, next);
    line = next;
  }
}

/** Place behind the line that begins at `at`; -1 when it has no end. */
function endOfLine(bytes: Uint8Array, at: number, end: number): number {
  const place = bytes.indexOf(LINE_FEED, at);
  return place < 0 || place >= end ? -1 : place + 1;
}

const isEmpty = (bytes: Uint8Array, line: number, next: number): boolean =>
  next - line === 1 || (next - line === 2 && u8(bytes, line) === CARRIAGE_RETURN);

/** Names of fields are compared without regard to case (RFC 9110, 5.1). */
function hasName(bytes: Uint8Array, line: number, next: number, name: string): boolean {
  if (next - line <= name.length) return false;
  for (let index = 0; index < name.length; index++)
    if (lower(u8(bytes, line + index)) !== name.charCodeAt(index)) return false;
  return true;
}

const lower = (octet: number): number => (octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet);

const isSpace = (octet: number): boolean => octet === 0x20 || octet === 0x09;

/** Decimal number between spaces; -1 when it is none or too large. */
function numberIn(bytes: Uint8Array, at: number, next: number): number {
  let place = at;
  while (place < next && isSpace(u8(bytes, place))) place++;
  let value = 0;
  const first = place;
  for (; place < next; place++) {
    const digit = u8(bytes, place) - 0x30;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
    if (value > MOST_LENGTH) return -1;
  }
  if (place === first) return -1;
  while (place < next && isSpace(u8(bytes, place))) place++;
  return place < next && (u8(bytes, place) === CARRIAGE_RETURN || u8(bytes, place) === LINE_FEED) ? value : -1;
}

/** Whether the last encoding is chunked (RFC 9112, 6.1). */
function endsChunked(bytes: Uint8Array, line: number, next: number): boolean {
  let last = next - 1;
  while (last > line && (isSpace(u8(bytes, last - 1)) || u8(bytes, last - 1) === CARRIAGE_RETURN)) last--;
  return last - line > CHUNKED.length && hasName(bytes, last - CHUNKED.length, last + 1, CHUNKED);
}
