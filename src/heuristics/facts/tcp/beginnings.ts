import type { Connection, Endpoint, Evidence } from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { endpointText } from '../attempts.ts';

export const BEGINNING_THRESHOLDS = {
  clientPort: { value: 32_768, unit: 'port', source: 'docs/thresholds.md, client-ports' },
} as const;

/** Bounds of a round trip in seconds. Both are equal where it was measured by a handshake. */
export interface RoundTrip {
  /** 0 where nothing tells. */
  least: number;
  /** Infinity where nothing tells. */
  most: number;
}

interface Known {
  /** Sockets to which a SYN was sent. */
  servers: ReadonlySet<string>;
  /** Sockets that are taken for the server by several client sockets. */
  shared: ReadonlySet<string>;
  /** Shortest round trip by handshake, by point and addresses. */
  handshakes: ReadonlyMap<string, number>;
}

const cache = new WeakMap<readonly Connection[], Known>();

function knownOf({ connections }: Evidence): Known {
  const found = cache.get(connections);
  if (found !== undefined) return found;
  const servers = new Set<string>();
  const firstClients = new Map<string, string>();
  const shared = new Set<string>();
  const handshakes = new Map<string, number>();
  for (const leg of connections) {
    const server = endpointText(leg.server);
    const client = endpointText(leg.client);
    if ((firstClients.get(server) ?? client) !== client) shared.add(server);
    firstClients.set(server, client);
    if (leg.rolesFrom !== 'guess') servers.add(server);
    const seconds = handshakeOf(leg);
    if (seconds === null) continue;
    const key = pairOf(leg);
    handshakes.set(key, Math.min(handshakes.get(key) ?? seconds, seconds));
  }
  const known = { servers, shared, handshakes };
  cache.set(connections, known);
  return known;
}

const pairOf = ({ point, client, server }: Connection): string => `${point} ${client.address} ${server.address}`;

const handshakeOf = ({ handshakeServerSide, handshakeClientSide }: Connection): number | null =>
  handshakeServerSide === null || handshakeClientSide === null ? null : handshakeServerSide + handshakeClientSide;

/**
 * Whether it is certain enough who is the client: a SYN or SYN-ACK says so, another connection was opened to the same
 * socket, several connections share it, or the ports are those of a server and of a client.
 */
export function knowsRoles(evidence: Evidence, { rolesFrom, client, server }: Connection): boolean {
  if (rolesFrom !== 'guess') return true;
  const { servers, shared } = knownOf(evidence);
  if (servers.has(endpointText(client)) || shared.has(endpointText(client))) return false;
  if (servers.has(endpointText(server)) || shared.has(endpointText(server))) return true;
  return isServerPort(server) && !isServerPort(client);
}

/** Whether who was taken for the client is the server: other connections were opened to its socket. */
export function isTurned(evidence: Evidence, { rolesFrom, client, server }: Connection): boolean {
  if (rolesFrom !== 'guess') return false;
  const { servers } = knownOf(evidence);
  return servers.has(endpointText(client)) && !servers.has(endpointText(server));
}

const isServerPort = ({ port }: Endpoint): boolean => port < BEGINNING_THRESHOLDS.clientPort.value;

/**
 * The round trip between both ends. Without a handshake the one of another connection of the same two machines counts,
 * then what lies between two points. Data and its acknowledgement give an upper bound: a receiver may wait before it
 * acknowledges, and an answer that carries the acknowledgement took its time to make.
 *
 * @param legs the connection at all points, in path order from the client
 */
export function roundTripBetween(evidence: Evidence, legs: readonly Connection[]): RoundTrip {
  const leg = legs[legs.length - 1];
  const own = handshakeOf(leg);
  if (own !== null) return exactly(own);
  const known = knownOf(evidence).handshakes.get(pairOf(leg));
  if (known !== undefined) return exactly(known);
  if (leg.rolesFrom === 'syn') return exactly(roundTripOf(leg));
  return { least: betweenPoints(legs[0], leg), most: Math.min(...legs.map(mostByData)) };
}

const exactly = (seconds: number): RoundTrip => ({ least: seconds, most: seconds });

/** Seconds of a round trip, by the handshake; without one an upper bound by data. 0 where nothing tells. */
export function roundTripOf(leg: Connection): number {
  const { rolesFrom, handshakeServerSide, handshakeClientSide, rtt } = leg;
  if (rolesFrom === 'syn') return (handshakeServerSide ?? 0) + (handshakeClientSide ?? 0);
  return (rtt[TO_SERVER]?.min ?? 0) + (rtt[TO_CLIENT]?.min ?? 0);
}

/** Both sides acknowledged data of the other: together these are the way to both ends and back. */
const mostByData = ({ rtt }: Connection): number =>
  (rtt[TO_SERVER]?.min ?? Number.POSITIVE_INFINITY) + (rtt[TO_CLIENT]?.min ?? Number.POSITIVE_INFINITY);

/** Seconds there and back between two points: the same data is acknowledged sooner at the point nearer to its receiver. */
function betweenPoints(first: Connection, last: Connection): number {
  const there = (first.rtt[TO_SERVER]?.min ?? 0) - (last.rtt[TO_SERVER]?.min ?? 0);
  const back = (last.rtt[TO_CLIENT]?.min ?? 0) - (first.rtt[TO_CLIENT]?.min ?? 0);
  return Math.max(0, Math.min(there, back));
}
