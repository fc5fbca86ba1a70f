import { type Connection, type Endpoint, type Evidence, TO_SERVER } from '../../flows/evidence/evidence.ts';

const cache = new WeakMap<Evidence, Map<string, Connection[]>>();

/** TCP connections at a point that have a given client socket (address and port) at either end. */
export function connectionsBySocket(evidence: Evidence): (point: number, socket: Endpoint) => readonly Connection[] {
  let known = cache.get(evidence);
  if (known === undefined) {
    known = new Map();
    for (const connection of evidence.connections)
      for (const end of [connection.client, connection.server]) {
        const key = keyOf(connection.point, end);
        const list = known.get(key);
        if (list === undefined) known.set(key, [connection]);
        else list.push(connection);
      }
    cache.set(evidence, known);
  }
  const sockets = known;
  return (point, socket) => sockets.get(keyOf(point, socket)) ?? [];
}

const keyOf = (point: number, { address, port }: Endpoint): string => `${point} ${address} ${port}`;

/**
 * The connection of the same client socket, at the same point, in which another address than the one asked answers
 * exactly this SYN. The request was translated to that address, and the answer was not translated back. Undefined when
 * there is no such connection.
 */
export function answeredFromElsewhere(evidence: Evidence, asked: Connection): Connection | undefined {
  const { iss } = asked.directions[TO_SERVER];
  if (iss === null || asked.syn.length === 0 || asked.synAck.length > 0) return undefined;
  return connectionsBySocket(evidence)(asked.point, asked.client).find(
    (other) => other.server.address !== asked.server.address && other.synAckAcks === (iss + 1) >>> 0,
  );
}
