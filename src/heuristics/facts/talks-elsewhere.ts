import type { DatagramFlow, Endpoint, Evidence } from '../../flows/evidence/evidence.ts';
import { endpointText } from './attempts.ts';

/** IP protocol (RFC 9260, 3). */
export const SCTP = 132;

interface Sockets {
  /** Pairs of a socket and a host that exchange packets both ways. */
  talking: Set<string>;
  /** Client sockets, by point, that get packets from a server that they never send to. */
  answered: Set<string>;
}

const cache = new WeakMap<Evidence, Sockets>();

/**
 * True when the client's UDP socket gets its answers from another address. There are two such cases. NAT changed the
 * port, and peers (VPN, voice) try both the address that they were given and the one that they see. Or the point shows
 * the requests to a pod and the answers from its service (a bridge with br_netfilter):
 *
 *   client:5000  ──►  pod:53
 *   client:5000  ◄──  service:53
 */
export function talksElsewhere(evidence: Evidence, { point, client, server }: DatagramFlow): boolean {
  const { talking, answered } = socketsOf(evidence);
  return talking.has(pairOf(client, server)) || answered.has(socketAt(point, client));
}

const pairOf = (socket: Endpoint, host: Endpoint): string => `${endpointText(socket)} ${host.address}`;
const socketAt = (point: number, socket: Endpoint): string => `${point} ${endpointText(socket)}`;

function socketsOf(evidence: Evidence): Sockets {
  const known = cache.get(evidence);
  if (known !== undefined) return known;
  const found: Sockets = { talking: new Set(), answered: new Set() };
  for (const { point, client, server, packets } of evidence.datagrams) {
    const [there, back] = packets;
    if (there > 0 && back > 0) found.talking.add(pairOf(client, server)).add(pairOf(server, client));
    else if (back > 0) found.answered.add(socketAt(point, client));
  }
  cache.set(evidence, found);
  return found;
}

/**
 * Whether the SCTP association of two ports is answered from another address: a server may have several (RFC 9260, 6.4).
 * One that is not is silent at any port: INIT is answered by INIT ACK or ABORT, and DATA and HEARTBEAT are acknowledged to
 * the address that they came from (5.1, 6.2 and 8.3 there).
 */
export function isAnsweredElsewhere({ datagrams }: Evidence, { client, server }: DatagramFlow): boolean {
  const socket = endpointText(client);
  return datagrams.some(
    ({ protocol, client: one, server: other, packets: [there, back] }) =>
      protocol === SCTP &&
      ((back > 0 && other.port === server.port && endpointText(one) === socket) ||
        (there > 0 && one.port === server.port && endpointText(other) === socket)),
  );
}
