import {
  debugDataAt,
  FRAME_HEADER_OCTETS,
  frameOctets,
  frameType,
  GOAWAY,
  HEADERS,
  RST_STREAM,
  readFrameStatus,
  SETTINGS,
} from '../decode/messages/http2.ts';
import { beginsWith } from '../decode/messages/octet-text.ts';
import { u8 } from '../decode/octets.ts';
import type { Marks } from './marks.ts';

const WINDOW_UPDATE = 8;
const PADDED = 0x08;
const HAS_PRIORITY = 0x20;
const LAST_TYPE = 0x20;
/** A literal status: the field, its length, three digits. */
const LITERAL_STATUS = 5;
/** Octets of each type that are looked at. */
const STATUS_OCTETS = 12;
const GOAWAY_OCTETS = 88;
const INDEXED = 0x80;
/** Debug data of programs that says nothing of their owner: gRPC, nginx, Envoy. */
const DEBUG_WORDS = ['too_many_pings', 'max_age', 'max_idle', 'graceful_stop', 'app_requested', 'session_timed_out'];

/** Marks the frame at `at`. @returns its octets; 0 when more are needed; -1 when there is no frame */
export function markHttp2Frame(marks: Marks, bytes: Uint8Array, at: number, end: number, isFinal: boolean): number {
  if (end - at < FRAME_HEADER_OCTETS) {
    marks.keep(at, end);
    return 0;
  }
  const octets = frameOctets(bytes, at);
  const type = frameType(bytes, at);
  if (type > LAST_TYPE || u8(bytes, at + 5) >= 0x80) return -1;
  const from = at + FRAME_HEADER_OCTETS;
  const stop = Math.min(end, from + octets);
  marks.keep(at, from);
  const wanted = Math.min(octets, type === HEADERS ? STATUS_OCTETS : type === GOAWAY ? GOAWAY_OCTETS : octets);
  if (type === SETTINGS || type === WINDOW_UPDATE || type === RST_STREAM) marks.keep(from, stop);
  else if (type === HEADERS) markHeaders(marks, bytes, at, stop);
  else if (type === GOAWAY) markGoaway(marks, bytes, at, stop);
  else return FRAME_HEADER_OCTETS + octets;
  return stop - from < wanted && !isFinal ? 0 : FRAME_HEADER_OCTETS + octets;
}

/** The status stays, or what shows that the first field is none. */
function markHeaders(marks: Marks, bytes: Uint8Array, at: number, end: number): void {
  const from = at + FRAME_HEADER_OCTETS;
  const flags = u8(bytes, at + 4);
  const field = from + ((flags & PADDED) === 0 ? 0 : 1) + ((flags & HAS_PRIORITY) === 0 ? 0 : 5);
  const isLiteral = field < end && u8(bytes, field) < INDEXED && readFrameStatus(bytes, at, end) >= 0;
  marks.keep(from, Math.min(end, field + (isLiteral ? LITERAL_STATUS : 1)));
}

function markGoaway(marks: Marks, bytes: Uint8Array, at: number, end: number): void {
  const text = Math.min(end, debugDataAt(at));
  marks.keep(at + FRAME_HEADER_OCTETS, text);
  if (DEBUG_WORDS.some((word) => beginsWith(bytes, text, end, word) && end - text === word.length))
    marks.keep(text, end);
  else marks.words(text, end);
}
