import type { Packet } from '../../decode/packet.ts';
import type { Direction } from '../evidence.ts';
import * as C from './connection-columns.ts';
import {
  ACK,
  FIN,
  OUT_OF_ORDER,
  PREVIOUS_SEGMENT_NOT_CAPTURED,
  RETRANSMISSION,
  RST,
  SYN,
  ZERO_WINDOW,
} from './segment-kind.ts';

/** Letters of `Connection.history`, by what they are numbered with below. */
const HISTORY = 'SHADFRTGWQ';
/** Most letters of a history that fit a number. */
const HISTORY_LETTERS = 10;

type Connections = C.ConnectionRows;

/** Word of the history so far: letters in order, upper case from the client. */
export function historyOf({ connection: columns }: C.ConnectionColumns, connection: number): string {
  const marks = columns.marks[connection];
  let code = columns.history[connection];
  let word = '';
  while (code > 0) {
    const letter = HISTORY[Math.floor((code % 32) / 2)];
    word = (code % 2 === 0 ? letter : letter.toLowerCase()) + word;
    code = Math.floor(code / 32) - 1;
  }
  return (marks & (C.ROLES_FROM_SYN | C.ROLES_FROM_SYN_ACK)) === 0 ? `^${word}` : word;
}

/** Adds the letters of one segment that the direction had not before. */
export function writeHistory(
  { connection: columns }: C.ConnectionColumns,
  packet: Packet,
  connection: number,
  direction: Direction,
  kinds: number,
): void {
  const { tcpFlags, payloadLength } = packet;
  if (tcpFlags & SYN) letter(columns, connection, direction, tcpFlags & ACK ? 1 : 0);
  else if (payloadLength === 0 && tcpFlags & ACK && !(tcpFlags & (FIN | RST)))
    letter(columns, connection, direction, 2);
  if (payloadLength > 0) letter(columns, connection, direction, 3);
  if (tcpFlags & FIN) letter(columns, connection, direction, 4);
  if (tcpFlags & RST) letter(columns, connection, direction, 5);
  if (kinds === 0) return;
  if (kinds & RETRANSMISSION) letter(columns, connection, direction, 6);
  if (kinds & PREVIOUS_SEGMENT_NOT_CAPTURED) letter(columns, connection, direction, 7);
  if (kinds & ZERO_WINDOW) letter(columns, connection, direction, 8);
  if (kinds & OUT_OF_ORDER) letter(columns, connection, direction, 9);
}

function letter(columns: Connections, connection: number, direction: Direction, which: number): void {
  const bit = 1 << (which * 2 + direction);
  const seen = columns.historySeen[connection];
  if ((seen & bit) !== 0 || seen >>> 28 >= HISTORY_LETTERS) return;
  columns.historySeen[connection] = (seen | bit) + (1 << 28);
  columns.history[connection] = (columns.history[connection] + 1) * 32 + which * 2 + direction;
}
