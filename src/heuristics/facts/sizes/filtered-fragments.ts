import type { Evidence } from '../../../flows/evidence/evidence.ts';

/**
 * Whether a capture filter on one port seems to be set: the point shows no later fragment, no ARP, no TCP, and one port
 * only.
 */
export function looksFiltered(evidence: Evidence, point: number): boolean {
  const laterSeen = evidence.fragments.some(
    (datagram) => datagram.point === point && (!datagram.hasFirst || datagram.packets > 1),
  );
  const isResolved = evidence.arp.some((exchange) => exchange.point === point);
  if (laterSeen || isResolved || evidence.points[point].quality.arpPackets > 0) return false;
  const flows = evidence.datagrams.filter((flow) => flow.point === point);
  return (
    new Set(flows.map((flow) => flow.server.port)).size <= 1 &&
    evidence.connections.every((connection) => connection.point !== point)
  );
}

/**
 * Whether a point holds later fragments and nothing else: one member of a LAG that spreads packets by their ports, or a
 * capture filter. First fragments would come by elsewhere.
 */
export function holdsOnlyRests({ fragments, datagrams, connections, echoes, arp }: Evidence, point: number): boolean {
  const isHere = (one: { point: number }): boolean => one.point === point;
  return (
    fragments.every((datagram) => datagram.point !== point || !datagram.hasFirst) &&
    ![...datagrams, ...connections, ...echoes, ...arp].some(isHere)
  );
}
