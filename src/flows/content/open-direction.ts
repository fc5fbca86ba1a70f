import { isControlFrame, PREFACE } from '../../decode/messages/http2.ts';
import {
  clientOpening,
  HTTP1,
  HTTP2,
  MAIL,
  MYSQL,
  NO_OPENING,
  PROXY,
  REDIS,
  serverOpening,
  TLS,
  UNKNOWN,
} from '../../decode/messages/opening.ts';
import { proxyHeaderOctets } from '../../decode/messages/proxy-header.ts';
import { isRecord } from '../../decode/messages/tls-record.ts';
import type { Packet } from '../../decode/packet.ts';
import { TO_CLIENT, TO_SERVER } from '../evidence/evidence.ts';
import { advance } from '../sequence-number.ts';
import { ConnectionTable } from '../tcp/connection-table.ts';
import * as R from '../tcp/record-marks.ts';
import type { TcpTracker } from '../tcp/tcp-tracker.ts';
import * as M from './content-marks.ts';
import type { ContentTable } from './content-table.ts';
import { type MessageAt, MORE } from './message-at.ts';
import { hasTurns } from './read-turn.ts';

/** Openings that are recognised with certainty, so that they may be looked for in the middle of a connection. */
const CERTAIN: ReadonlySet<number> = new Set([TLS, HTTP1, HTTP2, REDIS]);
/** Beginnings of turns of a connection without its start that are tried: HTTP/2 sends many frames before a GOAWAY. */
const MOST_TRIES = 64;

/**
 * Reads the first octets of a direction, and decides how it is read on. The message begins at `at`.
 *
 * @returns MORE when these octets are too few to tell and further ones may come
 */
export function openDirection(message: MessageAt, bytes: Uint8Array, at: number, end: number): typeof MORE | undefined {
  const { table, at: record, mine, direction } = message;
  const { records } = table;
  const kind = direction === TO_SERVER ? clientOpening(bytes, at, end) : serverOpening(bytes, at, end);
  const isMidStream = records.hasMarks(record, M.MID_STREAM);
  if (isMidStream && isControlFrame(bytes, at, end)) {
    records.setProtocol(record, HTTP2);
    setFraming(message, M.HTTP2_FRAMES);
    return undefined;
  }
  if (isMidStream && !CERTAIN.has(kind)) {
    const tries = records.tries(record) + 1;
    records.setTries(record, tries);
    if (tries >= MOST_TRIES) records.setState(mine, M.OVER);
    return undefined;
  }
  const isShort = end - at < M.FEWEST_OCTETS && kind === UNKNOWN && !message.isFinal;
  if (isShort && !hasTurns(records.protocol(record))) return MORE;
  if (records.opening(mine) === NO_OPENING) records.setOpening(mine, kind);
  if (direction === TO_SERVER) openClient(message, kind, bytes, at, end);
  else openServer(message, kind);
  return undefined;
}

function openClient(message: MessageAt, kind: number, bytes: Uint8Array, at: number, end: number): void {
  const { table, at: record, mine, peer } = message;
  const { records } = table;
  if (kind === PROXY) {
    const octets = proxyHeaderOctets(bytes, at, end);
    records.addMarks(record, M.PROXIED);
    records.setProtocol(record, PROXY);
    if (octets === 0) records.setState(mine, M.OVER);
    else records.setNext(mine, advance(records.next(mine), octets));
    return;
  }
  // The servers of MySQL and of mail speak first, and the answer of the client has no mark of its own.
  const spoken = records.protocol(record);
  const protocol = kind === UNKNOWN && (spoken === MYSQL || spoken === MAIL) ? spoken : kind;
  records.setProtocol(record, protocol);
  if (protocol === TLS) setFraming(message, M.TLS_RECORDS);
  else if (protocol === HTTP2) {
    records.setNext(mine, advance(records.next(mine), PREFACE.length));
    setFraming(message, M.HTTP2_FRAMES);
  } else if (hasTurns(protocol)) {
    records.setState(mine, M.TURNS);
    if (records.hasMarks(record, M.MID_STREAM)) records.setState(peer, M.TURNS);
  } else records.setState(mine, M.OVER);
}

function openServer(message: MessageAt, kind: number): void {
  const { table, at: record, mine, peer } = message;
  const { records } = table;
  const protocol = records.protocol(record);
  if (kind === TLS) setFraming(message, M.TLS_RECORDS);
  else if (kind === HTTP2 && protocol !== TLS) setFraming(message, M.HTTP2_FRAMES);
  else if (kind === HTTP1 && (protocol === UNKNOWN || protocol === NO_OPENING)) {
    // A method that is not known, or an answer in the middle of a connection.
    records.setProtocol(record, HTTP1);
    records.setState(mine, M.TURNS);
    if (records.state(peer) !== M.OVER) records.setState(peer, M.TURNS);
  } else if ((kind === MYSQL || kind === MAIL || kind === REDIS) && protocol === NO_OPENING) {
    records.setProtocol(record, kind);
    records.setState(mine, M.TURNS);
  } else records.setState(mine, hasTurns(protocol) ? M.TURNS : M.OVER);
}

function setFraming({ table, mine }: MessageAt, framing: number): void {
  table.records.setFraming(mine, framing);
  table.records.setState(mine, M.FRAMES);
}

/** Says where the first message of a direction begins: `packet` is its first data. @param at record @param mine direction */
export function beginDirection(
  { connection, direction, records: connections }: TcpTracker,
  { records }: ContentTable,
  packet: Packet,
  at: number,
  mine: number,
): void {
  const block = connections.blockOf(connection);
  const side = ConnectionTable.placeOf(connection) + R.DIRECTIONS_AT + direction * R.DIRECTION_BYTES;
  const hasStart = block.hasMarks(side, R.HAS_ISS);
  records.setBegan(mine, 1);
  records.setNext(mine, hasStart ? advance(block.iss(side), 1) : packet.tcpSeq);
  if (!hasStart) records.addMarks(at, M.MID_STREAM);
}

/** Both sides begin another protocol behind what they have sent so far. @param at record of the connection */
export function openAgain({ records: connections }: TcpTracker, { records }: ContentTable, at: number): void {
  const connection = records.connection(at);
  const block = connections.blockOf(connection);
  const place = ConnectionTable.placeOf(connection);
  records.setProtocol(at, NO_OPENING);
  for (const direction of [TO_SERVER, TO_CLIENT]) {
    const mine = at + M.DIRECTIONS_AT + direction * M.DIRECTION_BYTES;
    records.setState(mine, M.OPENING);
    records.setNext(mine, block.nextSeq(place + R.DIRECTIONS_AT + direction * R.DIRECTION_BYTES));
  }
}

/** Whether a message begins with the segment, after its direction was lost. @param mostTries segments that are tried */
export function isFoundAgain({ table, at, mine }: MessageAt, packet: Packet, mostTries: number): boolean {
  const { records } = table;
  const { bytes, payloadAt, payloadEnd, tcpSeq } = packet;
  const isFound =
    records.framing(mine) === M.TLS_RECORDS
      ? isRecord(bytes, payloadAt, payloadEnd)
      : isControlFrame(bytes, payloadAt, payloadEnd);
  if (isFound) {
    records.setState(mine, M.FRAMES);
    records.setNext(mine, tcpSeq);
  } else records.setTries(at, Math.min(mostTries, records.tries(at) + 1));
  return isFound;
}
