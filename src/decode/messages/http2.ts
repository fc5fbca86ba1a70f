import { u8, u24, u32 } from '../octets.ts';
import { agrees, beginsWith, decimalAt } from './octet-text.ts';

/** What a client of HTTP/2 sends first (RFC 9113, 3.4). */
export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
/** Frame header (RFC 9113, 4.1): length 3, type 1, flags 1, stream 4. */
export const FRAME_HEADER_OCTETS = 9;
export const HEADERS = 1;
export const RST_STREAM = 3;
export const SETTINGS = 4;
const PING = 6;
export const GOAWAY = 7;
const WINDOW_UPDATE = 8;
const PADDED = 0x08;
const HAS_PRIORITY = 0x20;
/** Error code of a frame that ends nothing by a fault (RFC 9113, 7). */
export const NO_ERROR = 0;
/** Before the debug data of GOAWAY: last stream and error code. */
const GOAWAY_OCTETS = 8;
const RESERVED_BIT = 0x80000000;

export const isPreface = (bytes: Uint8Array, at: number, end: number): boolean =>
  end - at >= 4 && agrees(bytes, at, end, PREFACE) && beginsWith(bytes, at, end, PREFACE.slice(0, 4));

export const frameOctets = (bytes: Uint8Array, at: number): number => u24(bytes, at);
export const frameType = (bytes: Uint8Array, at: number): number => u8(bytes, at + 3);

/**
 * Whether the octets begin a frame whose length and stream fit its type: SETTINGS, PING, GOAWAY, WINDOW_UPDATE or
 * RST_STREAM (RFC 9113, 6).
 */
export function isControlFrame(bytes: Uint8Array, at: number, end: number): boolean {
  if (at + FRAME_HEADER_OCTETS > end) return false;
  const octets = frameOctets(bytes, at);
  const stream = u32(bytes, at + 5);
  if (stream >= RESERVED_BIT) return false;
  switch (frameType(bytes, at)) {
    case SETTINGS:
      return stream === 0 && octets % 6 === 0 && octets <= 600;
    case PING:
      return stream === 0 && octets === 8;
    case GOAWAY:
      return stream === 0 && octets >= GOAWAY_OCTETS && octets <= 1_024;
    case WINDOW_UPDATE:
      return octets === 4;
    case RST_STREAM:
      return stream > 0 && octets === 4;
    default:
      return false;
  }
}

/** Error code of the GOAWAY or RST_STREAM frame at `at`; -1 when it is cut. */
export function readErrorCode(bytes: Uint8Array, at: number, end: number): number {
  const place = at + FRAME_HEADER_OCTETS + (frameType(bytes, at) === GOAWAY ? 4 : 0);
  return place + 4 <= end ? u32(bytes, place) : -1;
}

/** Place of the debug data of the GOAWAY frame at `at` (RFC 9113, 6.8). It ends where the frame ends. */
export const debugDataAt = (at: number): number => at + FRAME_HEADER_OCTETS + GOAWAY_OCTETS;

/** Statuses of the static table, 8 to 14 (RFC 7541, appendix A). */
const STATIC_STATUS = [200, 204, 206, 304, 400, 404, 500];
const FIRST_STATIC_STATUS = 8;
const INDEXED = 0x80;

/**
 * Status of the HEADERS frame at `at` where its first field is a status of the static table or a literal
 * (RFC 7541, 6); -1 otherwise: the frame is a request or a trailer, is cut, or refers to an earlier header.
 */
export function readFrameStatus(bytes: Uint8Array, at: number, end: number): number {
  if (at + FRAME_HEADER_OCTETS > end) return -1;
  const flags = u8(bytes, at + 4);
  const place = at + FRAME_HEADER_OCTETS + ((flags & PADDED) === 0 ? 0 : 1) + ((flags & HAS_PRIORITY) === 0 ? 0 : 5);
  if (place >= Math.min(end, at + FRAME_HEADER_OCTETS + frameOctets(bytes, at))) return -1;
  const first = u8(bytes, place);
  if ((first & INDEXED) !== 0) return STATIC_STATUS[(first & 0x7f) - FIRST_STATIC_STATUS] ?? -1;
  // A literal with the name of entry 8: with indexing 0x48, without 0x08, never indexed 0x18.
  if (first !== 0x48 && first !== 0x08 && first !== 0x18) return -1;
  if (place + 2 > end) return -1;
  const length = u8(bytes, place + 1);
  return length === 3 ? decimalAt(bytes, place + 2, end, 3) : readHuffmanStatus(bytes, place + 1, end);
}

/** Three digits in the code of RFC 7541, appendix B: 0, 1 and 2 have five bits, 3 to 9 six. */
function readHuffmanStatus(bytes: Uint8Array, at: number, end: number): number {
  const octets = u8(bytes, at) & 0x7f;
  if (u8(bytes, at) < 0x80 || octets < 2 || octets > 3 || at + 1 + octets > end) return -1;
  const word = octets === 2 ? (u8(bytes, at + 1) * 256 + u8(bytes, at + 2)) * 256 : u24(bytes, at + 1);
  let bit = 24;
  let status = 0;
  for (let digit = 0; digit < 3; digit++) {
    const five = (word >>> (bit - 5)) & 31;
    if (five <= 2) {
      status = status * 10 + five;
      bit -= 5;
    } else {
      const six = (word >>> (bit - 6)) & 63;
      if (six < 25 || six > 31) return -1;
      status = status * 10 + six - 22;
      bit -= 6;
    }
  }
  return status >= 100 && status <= 599 ? status : -1;
}
