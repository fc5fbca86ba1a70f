import {
  debugDataAt,
  FRAME_HEADER_OCTETS,
  frameOctets,
  frameType,
  GOAWAY,
  HEADERS,
  NO_ERROR,
  RST_STREAM,
  readErrorCode,
  readFrameStatus,
} from '../../decode/messages/http2.ts';
import { printableText } from '../../decode/messages/octet-text.ts';
import { u8 } from '../../decode/octets.ts';
import { TO_CLIENT } from '../evidence/evidence.ts';
import type { ErrorList } from './error-list.ts';
import { type MessageAt, MORE, WRONG } from './message-at.ts';

/** Octets of the debug data of GOAWAY that are kept. */
const DEBUG_OCTETS = 80;
/** Octets of a header block that hold its status: a size update of the table and the first field. */
const STATUS_OCTETS = 12;
/** Frame types of RFC 9113 and its extensions end here (registry of IANA, HTTP/2 Frame Type). */
const LAST_TYPE = 0x20;
const FIRST_ERROR_STATUS = 400;

/** Reads one frame of HTTP/2. @returns its octets, MORE or WRONG */
export function readHttp2Frame(
  message: MessageAt,
  errors: ErrorList,
  bytes: Uint8Array,
  at: number,
  end: number,
): number {
  if (end - at < FRAME_HEADER_OCTETS) return message.isFinal ? WRONG : MORE;
  const octets = frameOctets(bytes, at);
  const type = frameType(bytes, at);
  if (type > LAST_TYPE || u8(bytes, at + 5) >= 0x80) return WRONG;
  const wanted = FRAME_HEADER_OCTETS + Math.min(octets, wantedOctets(type));
  if (end - at < wanted && !message.isFinal) return MORE;
  if (type === HEADERS && message.direction === TO_CLIENT) noteStatus(message, errors, readFrameStatus(bytes, at, end));
  else if (type === GOAWAY) noteGoaway(message, errors, bytes, at, end);
  else if (type === RST_STREAM) noteReset(message, errors, readErrorCode(bytes, at, end));
  return FRAME_HEADER_OCTETS + octets;
}

function wantedOctets(type: number): number {
  if (type === HEADERS) return STATUS_OCTETS;
  if (type === GOAWAY) return 8 + DEBUG_OCTETS;
  return type === RST_STREAM ? 4 : 0;
}

function noteStatus(message: MessageAt, errors: ErrorList, status: number): void {
  const { records } = message.table;
  if (status < 200) return;
  records.setAnswers(message.at, records.answers(message.at) + 1);
  if (status >= FIRST_ERROR_STATUS) errors.add(message, { kind: 'status', code: `${status}`, text: '', fatal: false });
}

function noteGoaway(message: MessageAt, errors: ErrorList, bytes: Uint8Array, at: number, end: number): void {
  const code = readErrorCode(bytes, at, end);
  if (code <= NO_ERROR) return;
  const from = debugDataAt(at);
  const text = printableText(
    bytes,
    from,
    Math.min(end, at + FRAME_HEADER_OCTETS + frameOctets(bytes, at), from + DEBUG_OCTETS),
  );
  errors.add(message, { kind: 'goaway', code: `${code}`, text, fatal: true });
}

/** A client that no longer wants an answer cancels its stream; that is no error (RFC 9113, 8.1). */
const CANCEL = 8;

function noteReset(message: MessageAt, errors: ErrorList, code: number): void {
  if (code <= NO_ERROR || code === CANCEL) return;
  const { records } = message.table;
  // It takes the place of the answer.
  if (message.direction === TO_CLIENT) records.setAnswers(message.at, records.answers(message.at) + 1);
  errors.add(message, { kind: 'stream-reset', code: `${code}`, text: '', fatal: false });
}
