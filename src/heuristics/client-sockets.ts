import type { Connection, Endpoint, Evidence } from '../flows/evidence.ts';

const cache = new WeakMap<Evidence, Map<string, Connection[]>>();

/** TCP connections at a point that have one socket of a client at either end: the same address and port. */
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
