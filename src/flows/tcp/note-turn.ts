import type { Packet } from '../../decode/packet.ts';
import type { Direction } from '../evidence.ts';
import { TO_SERVER } from '../evidence.ts';
import * as C from './connection-columns.ts';
import { keepLargest, TURNS_KEPT } from './connection-trouble.ts';
import * as K from './segment-kind.ts';
import type { TcpTracker } from './tcp-tracker.ts';

/** A wait for an answer below this, seconds, is not worth an object. */
const SLOW_TURN_SECONDS = 0.1;

/**
 * Request and answer take turns. A request is the client's data since the server last spoke; its answer is the next
 * data of the server.
 */
export function noteTurn(
  { columns, troubles }: TcpTracker,
  packet: Packet,
  connection: number,
  direction: Direction,
  time: number,
  kinds: number,
): void {
  const { connection: perConnection } = columns;
  const waits = (perConnection.marks[connection] & C.WAITS_FOR_ANSWER) !== 0;
  const again = (kinds & (K.RETRANSMISSION | K.KEEP_ALIVE | K.ZERO_WINDOW_PROBE)) !== 0;
  if (direction === TO_SERVER) {
    if (packet.payloadLength === 0 || again) return;
    if (!waits) perConnection.requestOctets[connection] = 0;
    perConnection.marks[connection] |= C.WAITS_FOR_ANSWER;
    perConnection.requestPacket[connection] = packet.number;
    perConnection.requestTime[connection] = time;
    perConnection.requestAckTime[connection] = -1;
    perConnection.requestOctets[connection] += packet.payloadLength;
    return;
  }
  if (!waits) return;
  if (packet.payloadLength === 0) {
    if (perConnection.requestAckTime[connection] < 0 && packet.tcpAck === columns.direction.nextSeq[2 * connection])
      perConnection.requestAckTime[connection] = time;
    return;
  }
  if (again) return;
  perConnection.marks[connection] &= ~C.WAITS_FOR_ANSWER;
  const seconds = time - perConnection.requestTime[connection];
  perConnection.turns[connection]++;
  perConnection.turnSeconds[connection] += seconds;
  if (seconds < perConnection.fastestTurn[connection]) perConnection.fastestTurn[connection] = seconds;
  if (seconds >= SLOW_TURN_SECONDS)
    keepLargest(
      troubles.make(connection).slowTurns,
      turnOf(columns, connection, { packet: packet.number, time }, seconds),
      TURNS_KEPT,
      (turn) => turn.seconds,
    );
}

/** The request that waits, with its answer or without one. */
export function turnOf(
  { connection: columns }: C.ConnectionColumns,
  connection: number,
  response: { packet: number; time: number } | null,
  seconds: number,
) {
  const ackTime = columns.requestAckTime[connection];
  return {
    request: { packet: columns.requestPacket[connection], time: columns.requestTime[connection] },
    requestOctets: columns.requestOctets[connection],
    ackTime: ackTime < 0 ? null : ackTime,
    response,
    seconds,
  };
}
