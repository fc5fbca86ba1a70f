import { clientOpening, serverOpening, UNKNOWN } from '../../decode/messages/opening.ts';
import type { Packet } from '../../decode/packet.ts';
import { TO_CLIENT, TO_SERVER } from '../evidence/evidence.ts';
import type { ConnectionBlock } from '../tcp/connection-block.ts';
import { ConnectionTable } from '../tcp/connection-table.ts';
import * as R from '../tcp/record-marks.ts';
import type { TcpTracker } from '../tcp/tcp-tracker.ts';
import * as M from './content-marks.ts';
import type { ContentTable } from './content-table.ts';
import type { UseTable } from './use-table.ts';

/**
 * The short way of a connection of which nothing is read: first the client, then the server begins with no protocol that
 * is known. Two marks of the TCP record are all that it needs. The result is that of `ContentTracker` without this way;
 * a property test checks that both agree.
 *
 * It is for whole first segments of connections whose start was seen. Any other segment takes the long way, and
 * `takeOver` writes what the client began with into its record.
 *
 * @returns whether the segment is done. @param nothingNew whether the segment brings no new octets
 */
export function isUnknownOpening(tcp: TcpTracker, uses: UseTable, packet: Packet, nothingNew: boolean): boolean {
  const { connection, direction } = tcp;
  const block = tcp.records.blockOf(connection);
  const place = ConnectionTable.placeOf(connection);
  const clientBegan = block.hasMarksAndLetters(place, R.REQUEST_UNKNOWN);
  if (direction === TO_SERVER && clientBegan) return true;
  if (nothingNew || (direction === TO_CLIENT) !== clientBegan) return false;
  if (!isFirstAndWhole(packet, block, place + R.DIRECTIONS_AT + direction * R.DIRECTION_BYTES)) return false;
  const { bytes, payloadAt, payloadEnd } = packet;
  if (direction === TO_SERVER) {
    if (clientOpening(bytes, payloadAt, payloadEnd) !== UNKNOWN) return false;
    block.addMarksAndLetters(place, R.REQUEST_UNKNOWN);
    return true;
  }
  if (serverOpening(bytes, payloadAt, payloadEnd) !== UNKNOWN) return false;
  block.addMarksAndLetters(place, R.CONTENT_READ);
  uses.addUnknown(block, place);
  return true;
}

/** @param side the direction of the segment in the record of its connection */
const isFirstAndWhole = (packet: Packet, block: ConnectionBlock, side: number): boolean =>
  block.hasMarks(side, R.HAS_ISS) &&
  ((block.iss(side) + 1) | 0) === (packet.tcpSeq | 0) &&
  packet.payloadEnd - packet.payloadAt === packet.payloadLength &&
  packet.payloadLength >= M.FEWEST_OCTETS;

/** Whether the client of a connection began so, and the server has not yet answered. */
export const waitsForServer = (block: ConnectionBlock, place: number): boolean =>
  block.hasMarksAndLetters(place, R.REQUEST_UNKNOWN) && !block.hasMarksAndLetters(place, R.CONTENT_READ);

/** Writes what the client began with into the new record of its connection. @param at the record */
export function takeOver({ records }: ContentTable, at: number): void {
  const client = at + M.DIRECTIONS_AT;
  records.setProtocol(at, UNKNOWN);
  records.setLastDirection(at, TO_SERVER + 1);
  records.setBegan(client, 1);
  records.setOpening(client, UNKNOWN);
  records.setState(client, M.OVER);
}
