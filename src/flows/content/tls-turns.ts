import { ConnectionTable } from '../tcp/connection-table.ts';
import type { FollowedConnections } from '../tcp/followed-connections.ts';
import * as M from './content-marks.ts';
import type { ContentTable } from './content-table.ts';

/**
 * Counts the turns so far as those of the TLS handshake, once for a connection. The client's first encrypted record ends
 * them in TLS 1.3, where it holds its Finished; the second Finished in TLS 1.2.
 *
 *   TLS 1.3   ClientHello → ServerHello … Finished    | Finished, request → answer
 *   TLS 1.2   ClientHello → ServerHello … Done, key exchange, Finished → Finished    | request → answer
 *
 * @param at record of what was read of the connection
 */
export function noteHandshakeTurns(table: ContentTable, at: number, tcp: FollowedConnections): void {
  const { records } = table;
  if (!records.hasMarks(at, M.HELLO) || records.hasMarks(at, M.TLS_TURNS)) return;
  records.addMarks(at, M.TLS_TURNS);
  if (!records.hasMarks(at, M.SERVER_HELLO)) return;
  const connection = records.connection(at);
  const block = tcp.records.blockOf(connection);
  const place = ConnectionTable.placeOf(connection);
  block.setTlsTurns(place, Math.min(M.MOST_IN_U8, block.turns(place)));
  const hello = records.requestPacket(at);
  // What was asked before the ClientHello is of another protocol: CONNECT of a proxy, or a database asked for TLS.
  for (const turn of tcp.troubles.of(connection)?.slowTurns ?? []) turn.tls = turn.request.packet >= hello;
}
