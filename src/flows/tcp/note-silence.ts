import type { Packet } from '../../decode/packet.ts';
import type { Direction } from '../evidence.ts';
import { advance, isAfter } from '../sequence-number.ts';
import * as C from './connection-columns.ts';
import { GAPS_KEPT, keepLargest } from './connection-trouble.ts';
import type { TcpTracker } from './tcp-tracker.ts';

/** A silence this long, seconds, is kept as an idle gap: the initial retransmission timeout (RFC 6298, 2.1). */
const IDLE_SECONDS = 1;

/** A pause of the whole connection that `packet` ends. Waiting for an acknowledgement is none. */
export function noteSilence(
  { columns, troubles }: TcpTracker,
  packet: Packet,
  connection: number,
  direction: Direction,
  time: number,
): void {
  const { lastPacket, lastTime } = columns.direction;
  const speaker = C.lastSpeaker(columns.direction, connection);
  if (time - lastTime[speaker] < IDLE_SECONDS || lastPacket[speaker] === 0) return;
  if (
    (columns.connection.marks[connection] & C.HANDSHAKE_DONE) === 0 &&
    columns.direction.packets[2 * connection + 1] === 0
  )
    return;
  if (waitsForPeer(columns, 2 * connection) || waitsForPeer(columns, 2 * connection + 1)) return;
  const gap = {
    seconds: time - lastTime[speaker],
    from: { packet: lastPacket[speaker], time: lastTime[speaker] },
    to: { packet: packet.number, time },
    direction,
    octets: packet.payloadLength,
    keepAlive:
      packet.payloadLength <= 1 && packet.tcpSeq === advance(columns.direction.nextSeq[2 * connection + direction], -1),
  };
  keepLargest(troubles.make(connection).idleGaps, gap, GAPS_KEPT, ({ seconds }) => seconds);
}

/** Octets of a direction are not acknowledged by a peer that speaks: its sender waits for a timeout and is not idle. */
function waitsForPeer({ direction }: C.ConnectionColumns, row: number): boolean {
  const peer = row ^ 1;
  if ((direction.marks[row] & C.HAS_NEXT) === 0 || direction.packets[peer] === 0) return false;
  return (direction.marks[peer] & C.HAS_ACK) === 0 || isAfter(direction.nextSeq[row], direction.highestAck[peer]);
}
