import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { endpointText } from '../attempts.ts';

/**
 * Hosts of which this point sees only one half of the conversations, with the point. Packets acknowledge data that was
 * never captured, so the answers take another path. For a socket with two biflows the other half is in the second
 * biflow (NAT on a bridge).
 */
export function halfSeenHosts(evidence: Evidence): Set<string> {
  const biflows = new Map<string, number>();
  for (const { point, client, server } of evidence.connections) {
    for (const socket of [client, server]) {
      const key = `${point} ${endpointText(socket)}`;
      biflows.set(key, (biflows.get(key) ?? 0) + 1);
    }
  }
  const halfSeen = new Set<string>();
  for (const { point, client, server, directions } of evidence.connections) {
    const [mine, back] = directions;
    if (back.packets > 0 || mine.ackHigh === null || mine.packets <= mine.resets) continue;
    if ((biflows.get(`${point} ${endpointText(client)}`) ?? 0) > 1) continue;
    halfSeen.add(`${point} ${client.address}`).add(`${point} ${server.address}`);
  }
  return halfSeen;
}
