import { type Conversation, type Evidence, type Leg, TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { endpointText } from '../attempts.ts';

/** A node stops to translate the service address of a connection that it has translated before. */
export interface EndedTranslation {
  /** The NIC by which the later packets leave the node of the client, with the service address and unanswered. */
  point: number;
  /** Packets that leave it so. */
  packets: number;
  /** "10.96.0.20:80". */
  service: string;
  /** The pod to which the earlier packets went: "10.244.2.7:8080". */
  backend: string;
}

/**
 * Whether the node of the client has lost its NAT entry of this connection. It translated the service address, and the
 * later packets leave its NIC plain, with the service address, without the beginning of the connection or an answer. Where
 * packets are translated after that, the entry is there.
 *
 *   pod ─ SYN, data ─▶ [service ▶ pod] ─▶ NIC      to the pod
 *   pod ─ data ──────▶ [             ] ─▶ NIC      to the service address, which no machine has
 */
export function endedTranslation(
  { points, connections }: Evidence,
  { legs, server, serverBeforeNat }: Conversation,
): EndedTranslation | null {
  const { host, role } = points[legs[0].point];
  if (serverBeforeNat === null || host === null || role === 'node-nic') return null;
  const service = endpointText(serverBeforeNat);
  const here = legs.filter(({ kind, point }) => kind === 'tcp' && points[point].host === host);
  const translated = here.filter((leg) => endpointText(leg.server) !== service);
  const plain = here.find(
    (leg) =>
      points[leg.point].role === 'node-nic' && leg.encapsulation.length === 0 && endpointText(leg.server) === service,
  );
  if (plain === undefined || translated.length === 0) return null;
  const { syn, directions, first } = connections[plain.index];
  const { packets } = directions[TO_SERVER];
  if (syn.length > 0 || packets === 0 || directions[TO_CLIENT].packets > 0) return null;
  const lastOf = ({ point, index }: Leg): number =>
    (connections[index].directions[TO_SERVER].last ?? connections[index].first).time + points[point].timeShift;
  if (translated.some((leg) => lastOf(leg) > first.time + points[plain.point].timeShift)) return null;
  return { point: plain.point, packets, service, backend: endpointText(server) };
}
