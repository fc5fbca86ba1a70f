import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { endpointText } from '../attempts.ts';

/**
 * Hosts whose conversations this point sees by half, with the point: somebody acknowledges what was never captured,
 * so the answers travel another way. A socket with two biflows shows its other half beside (NAT on a bridge).
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
