import {
  expectsContinue,
  hasMoreHead,
  isRequestLine,
  readStatus,
  requestOctets,
  saysTlsWanted,
} from '../../decode/messages/http1.ts';
import { HttpHead, readHttpHead } from '../../decode/messages/http1-head.ts';
import { beginsWith } from '../../decode/messages/octet-text.ts';
import { u8 } from '../../decode/octets.ts';
import { EXPECTATION_SECONDS } from '../evidence/applications.ts';
import { advance, distance } from '../sequence-number.ts';
import * as M from './content-marks.ts';
import { type ContentTable, TEXT_OCTETS } from './content-table.ts';
import type { ErrorList } from './error-list.ts';
import type { MessageAt } from './message-at.ts';
import type { AfterTurn, TurnOctets } from './turn-octets.ts';

const FIRST_FINAL_STATUS = 200;
const SWITCHING_PROTOCOLS = 101;
const NO_CONTENT = 204;
const NOT_MODIFIED = 304;
const BAD_REQUEST = 400;
const FIRST_ERROR_STATUS = 400;
const LINE_FEED = 0x0a;
/** Chunks are smaller than this, so that their ends are comparable as sequence numbers (RFC 9112, 7.1, sets no limit). */
const MOST_CHUNK = 2 ** 30;

const head = new HttpHead();

export function noteRequest({ table, at, packet, time }: MessageAt): void {
  table.records.setRequestPacket(at, packet);
  table.records.setRequestTime(at, time);
}

export function readRequest(message: MessageAt, { bytes, at, end, octets }: TurnOctets): AfterTurn {
  if (!isRequestLine(bytes, at, end)) return 'goes-on';
  const { records } = message.table;
  message.table.setText(message.at, bytes, at, requestOctets(bytes, at, end, TEXT_OCTETS));
  noteRequest(message);
  if (beginsWith(bytes, at, end, 'HEAD ')) records.addMarks(message.at, M.ASKED_HEAD);
  else records.removeMarks(message.at, M.ASKED_HEAD);
  const isCut = end - at < octets && hasMoreHead(bytes, at, end);
  records.setHeadCut(message.at, isCut ? 1 : 0);
  if (isCut || expectsContinue(bytes, at, end)) records.addMarks(message.at, M.EXPECTS);
  return 'goes-on';
}

/**
 * The client goes on with its request. If it expected 100 (Continue), the server has not answered. Where the
 * head was cut, the pause may be that wait.
 * @param at record of the connection @param time seconds
 */
export function noteMoreOfRequest({ records }: ContentTable, at: number, time: number): void {
  if (!records.hasMarks(at, M.EXPECTS)) return;
  records.removeMarks(at, M.EXPECTS);
  const waited = time - records.requestTime(at);
  if (waited < EXPECTATION_SECONDS) return;
  if (records.headCut(at) === 1) {
    records.setCut(at + M.DIRECTIONS_AT, 1);
    return;
  }
  records.setExpectations(at, Math.min(M.MOST_IN_U16, records.expectations(at) + 1));
  records.setExpectedTime(at, Math.max(records.expectedTime(at), Math.round(waited * 1_000)));
}

/** The first octets of a turn of the server: a status line, or more of the answer before. */
export function readAnswer(message: MessageAt, errors: ErrorList, turn: TurnOctets): AfterTurn {
  const { bytes, at, end } = turn;
  const status = readStatus(bytes, at, end);
  message.table.records.removeMarks(message.at, M.EXPECTS);
  if (status < 0) return followBody(message, errors, turn);
  const after = noteStatus(message, errors, turn, status);
  if (after !== 'goes-on') return after;
  beginBody(message, status, turn, at, turn.sequence);
  return followBody(message, errors, turn);
}

function noteStatus(
  message: MessageAt,
  errors: ErrorList,
  { bytes, at, end, octets }: TurnOctets,
  status: number,
): AfterTurn {
  const { table, at: record } = message;
  const { records } = table;
  if (status === SWITCHING_PROTOCOLS) return 'over';
  if (status < FIRST_FINAL_STATUS) return 'goes-on';
  records.setAnswers(record, records.answers(record) + 1);
  if (status === BAD_REQUEST) {
    if (saysTlsWanted(bytes, at, end)) records.addMarks(record, M.TLS_WANTED);
    else if (end - at < octets) records.addMarks(record, M.ERROR_CUT);
  }
  if (status >= FIRST_ERROR_STATUS) errors.add(message, { kind: 'status', code: `${status}`, text: '', fatal: false });
  return isTunnel(message, status) ? 'opens-again' : 'goes-on';
}

/** CONNECT was granted: what follows is another protocol (RFC 9110, 9.3.6). */
function isTunnel({ table, at }: MessageAt, status: number): boolean {
  const text = table.textOf(at);
  return status < 300 && beginsWith(text, 0, text.length, 'CONNECT ');
}

/**
 * Where the body of the answer ends whose status line is at `at` (RFC 9112, 6.3).
 * @param sequence sequence number of its first octet
 */
function beginBody(
  { table, at: record, mine }: MessageAt,
  status: number,
  turn: TurnOctets,
  at: number,
  sequence: number,
) {
  const { records } = table;
  readHttpHead(turn.bytes, at, turn.end, head);
  records.setBodyNext(mine, advance(sequence, head.octets));
  records.setBodyOctets(mine, 0);
  // The answer to a request before the capture may be one to HEAD.
  const isUnasked = records.hasMarks(record, M.MID_STREAM) && records.requestPacket(record) === 0;
  if (head.octets === 0 || isUnasked) records.setBody(mine, M.BODY_UNKNOWN);
  else if (status < FIRST_FINAL_STATUS || status === NO_CONTENT || status === NOT_MODIFIED) nextHead();
  else if (records.hasMarks(record, M.ASKED_HEAD)) nextHead();
  else if (head.chunked) records.setBody(mine, M.CHUNK_SIZE);
  else if (head.length < 0) records.setBody(mine, M.UNTIL_CLOSE);
  else {
    records.setBodyNext(mine, advance(sequence, head.octets + head.length));
    records.setBodyOctets(mine, head.length);
    records.setBody(mine, M.BY_LENGTH);
  }

  function nextHead(): void {
    records.setBody(mine, M.NEXT_HEAD);
  }
}

/**
 * Follows the body of an answer by counted octets: to the next head, through the sizes of its chunks, to the end. When
 * octets that are needed are missing, nothing is said of this answer.
 */
export function followBody(message: MessageAt, errors: ErrorList, turn: TurnOctets): AfterTurn {
  const { records } = message.table;
  const { mine } = message;
  for (;;) {
    const state = records.body(mine);
    if (state === M.BODY_UNKNOWN || state === M.UNTIL_CLOSE) return 'goes-on';
    const offset = distance(turn.sequence, records.bodyNext(mine));
    if (offset >= turn.octets) return 'goes-on';
    const place = turn.at + offset;
    if (offset < 0 || place >= turn.end) {
      records.setBody(mine, M.BODY_UNKNOWN);
      return 'goes-on';
    }
    if (state === M.BY_LENGTH || state === M.NEXT_HEAD) {
      const after = readNextHead(message, errors, turn, place);
      if (after !== 'goes-on') return after;
    } else readChunks(message, turn, place);
  }
}

/** The answer behind another one: a final one behind an interim one, or to the next of several requests (RFC 9112, 9.3.2). */
function readNextHead(message: MessageAt, errors: ErrorList, turn: TurnOctets, place: number): AfterTurn {
  const { bytes, end, octets, sequence, at } = turn;
  const { records } = message.table;
  const status = readStatus(bytes, place, end);
  const rest = { bytes, at: place, end, octets: octets - (place - at), sequence: advance(sequence, place - at) };
  const after = status < 0 ? 'goes-on' : noteStatus(message, errors, rest, status);
  if (status < 0 || after !== 'goes-on') records.setBody(message.mine, M.BODY_UNKNOWN);
  else beginBody(message, status, rest, place, rest.sequence);
  return after;
}

/** Sizes of chunks and trailers, octet by octet; the data between is skipped (RFC 9112, 7.1). */
function readChunks({ table, mine }: MessageAt, { bytes, at, end, sequence }: TurnOctets, from: number): void {
  const { records } = table;
  let state = records.body(mine);
  let size = records.bodyOctets(mine);
  let place = from;
  if (state === M.CHUNK_DATA) {
    state = M.CHUNK_SIZE;
    size = 0;
  }
  while (place < end && state !== M.CHUNK_DATA && state !== M.NEXT_HEAD && state !== M.BODY_UNKNOWN) {
    const octet = u8(bytes, place++);
    if (state === M.CHUNK_SIZE) {
      const digit = hexadecimal(octet);
      if (digit >= 0) size = size * 16 + digit;
      else state = M.CHUNK_LINE;
      if (size > MOST_CHUNK) state = M.BODY_UNKNOWN;
    }
    if (state === M.CHUNK_LINE && octet === LINE_FEED) {
      state = size === 0 ? M.TRAILER : M.CHUNK_DATA;
      // The line of a trailer begins; chunk data is followed by the end of a line.
      if (size > 0) place += size + 2;
    } else if (state === M.TRAILER) {
      if (octet !== LINE_FEED) size++;
      else if (size <= 1) state = M.NEXT_HEAD;
      else size = 0;
    }
  }
  records.setBody(mine, state);
  records.setBodyOctets(mine, size);
  records.setBodyNext(mine, advance(sequence, place - at));
}

/** Value of a hexadecimal digit; -1 of any other octet. */
function hexadecimal(octet: number): number {
  if (octet >= 0x30 && octet <= 0x39) return octet - 0x30;
  const letter = octet | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** Octets of the body that are still to come after `end`, the sequence number behind the last data; 0 when it is whole. */
export function bodyOctetsLeft({ table, mine }: Pick<MessageAt, 'table' | 'mine'>, end: number): number {
  const { records } = table;
  const state = records.body(mine);
  if (state === M.BODY_UNKNOWN || state === M.NEXT_HEAD || state === M.UNTIL_CLOSE) return 0;
  const left = distance(end, records.bodyNext(mine));
  // A chunked body has at least its last chunk to come: "0", and two ends of lines.
  return state === M.BY_LENGTH ? Math.max(0, left) : Math.max(1, left);
}
