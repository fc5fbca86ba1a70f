import { isStatusLine, readStatus } from '../decode/messages/http1.ts';
import { HttpHead, readHttpHead } from '../decode/messages/http1-head.ts';
import { markHttp } from './mark-turn.ts';
import type { Marks } from './marks.ts';

/** What comes next in the answers of a server (RFC 9112, 6 and 7.1). */
export interface Http1State {
  body: 'head' | 'chunk-size' | 'trailer';
}

const FIRST_FINAL_STATUS = 200;
const NO_CONTENT = 204;
const NOT_MODIFIED = 304;
const LINE_FEED = 0x0a;
/** Longest line of a chunk's size, or of a trailer, that is waited for. */
const MOST_LINE = 4_096;

const head = new HttpHead();

/**
 * Marks the head of an answer at `at`, or the line of a chunk or a trailer.
 *
 * @returns octets up to the next of these; 0 when more are needed; -1 when nothing more of the answer is followed
 */
export function markHttp1(
  marks: Marks,
  state: Http1State,
  bytes: Uint8Array,
  at: number,
  end: number,
  isFinal: boolean,
): number {
  if (state.body === 'head') return markHead(marks, state, bytes, at, end);
  const found = bytes.indexOf(LINE_FEED, at);
  if (found < 0 || found >= end) {
    if (isFinal || end - at > MOST_LINE) return -1;
    markLine(marks, state, bytes, at, end);
    return 0;
  }
  const next = found + 1;
  markLine(marks, state, bytes, at, next);
  const line = next - at;
  if (state.body === 'trailer') {
    if (line <= 2) state.body = 'head';
    return line;
  }
  const size = Number.parseInt(/^[0-9a-f]*/i.exec(latin1(bytes, at, next))?.[0] || '0', 16);
  if (size === 0) state.body = 'trailer';
  // The data of a chunk are followed by the end of a line.
  return size === 0 ? line : line + size + 2;
}

function markHead(marks: Marks, state: Http1State, bytes: Uint8Array, at: number, end: number): number {
  if (!isStatusLine(bytes, at, end)) return -1;
  markHttp(marks, bytes, at, end);
  readHttpHead(bytes, at, end, head);
  if (head.octets === 0) return -1;
  const status = readStatus(bytes, at, end);
  if (status < FIRST_FINAL_STATUS || status === NO_CONTENT || status === NOT_MODIFIED) return head.octets;
  if (!head.chunked) return head.length < 0 ? -1 : head.octets + head.length;
  state.body = 'chunk-size';
  return head.octets;
}

/** Size and end of a line stay; an extension or a trailer is text. */
function markLine(marks: Marks, { body }: Http1State, bytes: Uint8Array, at: number, end: number): void {
  const digits = body === 'trailer' ? 0 : (/^[0-9a-f]*/i.exec(latin1(bytes, at, end))?.[0].length ?? 0);
  marks.keep(at, at + digits);
  marks.words(at + digits, end);
}

const latin1 = (bytes: Uint8Array, at: number, end: number): string =>
  Buffer.from(bytes.subarray(at, Math.min(end, at + MOST_LINE))).toString('latin1');
