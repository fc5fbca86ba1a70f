import { u8 } from '../octets.ts';

/** Printable ASCII, RFC 20: space to tilde. */
const FIRST_PRINTABLE = 0x20;
const LAST_PRINTABLE = 0x7e;

/**
 * The octets of `bytes[at … end)` as text, up to the first octet that is not printable ASCII. Text of a capture is
 * hostile: it leaves the program through `sanitize` or `shellQuote` only.
 */
export function printableText(bytes: Uint8Array, at: number, end: number): string {
  let text = '';
  for (let index = at; index < end && isPrintable(u8(bytes, index)); index++)
    text += String.fromCharCode(u8(bytes, index));
  return text;
}

export const isPrintable = (octet: number): boolean => octet >= FIRST_PRINTABLE && octet <= LAST_PRINTABLE;

/** Whether `bytes[at … end)` begins with all characters of `word`. */
export function beginsWith(bytes: Uint8Array, at: number, end: number, word: string): boolean {
  return at + word.length <= end && agrees(bytes, at, end, word);
}

/** Whether no octet of `bytes[at … end)` contradicts the characters of `word`: the octets may end before the word. */
export function agrees(bytes: Uint8Array, at: number, end: number, word: string): boolean {
  const octets = Math.min(word.length, end - at);
  for (let index = 0; index < octets; index++) if (u8(bytes, at + index) !== word.charCodeAt(index)) return false;
  return true;
}

/** Where `word` begins in `bytes[at … end)`; -1 when it is not there. */
export function placeOfWord(bytes: Uint8Array, at: number, end: number, word: string): number {
  const first = word.charCodeAt(0);
  for (let place = bytes.indexOf(first, at); place >= 0 && place + word.length <= end; ) {
    if (beginsWith(bytes, place, end, word)) return place;
    place = bytes.indexOf(first, place + 1);
  }
  return -1;
}

/** The decimal number in `bytes[at … at + digits)`; -1 when one of these octets is no digit or is not there. */
export function decimalAt(bytes: Uint8Array, at: number, end: number, digits: number): number {
  if (at + digits > end) return -1;
  let number = 0;
  for (let index = at; index < at + digits; index++) {
    const digit = u8(bytes, index) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number;
}
