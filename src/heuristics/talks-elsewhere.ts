import type { DatagramFlow, Endpoint, Evidence } from '../flows/evidence.ts';
import { endpointText } from './attempts.ts';

const cache = new WeakMap<Evidence, Set<string>>();

/**
 * True when the client's UDP socket does talk with the same host on another of its ports: NAT moved the port, and
 * peers (VPN, voice) try the one they were told as well as the one they see.
 */
export const talksElsewhere = (evidence: Evidence, { client, server }: DatagramFlow): boolean =>
  sockets(evidence).has(pairOf(client, server));

const pairOf = (socket: Endpoint, host: Endpoint): string => `${endpointText(socket)} ${host.address}`;

function sockets(evidence: Evidence): Set<string> {
  const known = cache.get(evidence);
  if (known !== undefined) return known;
  const found = new Set<string>();
  for (const { client, server, packets } of evidence.datagrams) {
    if (packets[0] === 0 || packets[1] === 0) continue;
    found.add(pairOf(client, server));
    found.add(pairOf(server, client));
  }
  cache.set(evidence, found);
  return found;
}
