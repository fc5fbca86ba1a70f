import type { Connection, Evidence, TunnelFlow } from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { appendTo } from '../../words/append-to.ts';
import { sendingVtep } from '../vtep.ts';

/** Connections of one address at one point that begin at one node and are reset by another node. */
export interface TornAddress {
  point: number;
  address: string;
  connections: Connection[];
  /** Outer addresses of the nodes, and the MACs of their VTEPs where the overlay has them. */
  nodes: string[];
  macs: string[];
}

/**
 * One pod address at two nodes of an overlay, as seen by a host that both nodes exchange packets with:
 *
 *   node2  ── SYN ──────► server
 *   node1  ◄───── SYN-ACK ── server        the overlay knows the address at node1
 *   node1  ── RST ──────► server           whose pod never asked
 *
 * Only addresses that open connections are checked: a service address that several nodes answer for never opens one. A
 * VTEP that uses two outer addresses has one MAC. Mirrored traffic (GRE) and a pod that moved cause no reset.
 */
export function tornAddresses(evidence: Evidence): TornAddress[] {
  const groups = new Map<string, TornAddress>();
  for (const connection of evidence.connections) {
    if (!isRefusedByClient(connection)) continue;
    const vteps = vtepsOf(evidence, connection);
    if (vteps.length < 2) continue;
    const { point, client } = connection;
    const key = `${point} ${client.address}`;
    const group = groups.get(key) ?? { point, address: client.address, connections: [], nodes: [], macs: [] };
    groups.set(key, group);
    group.connections.push(connection);
    group.nodes = [...new Set([...group.nodes, ...vteps.map(({ source }) => source)])].sort();
    group.macs = [...new Set([...group.macs, ...vteps.flatMap((flow) => sendingVtep(flow) ?? [])])].sort();
  }
  return [...groups.values()];
}

/**
 * Whether the client's side answers the SYN-ACK with a reset without ACK: it does not know the connection (RFC 9293,
 * 3.10.7.1).
 */
const isRefusedByClient = ({ syn, synAck, handshakeAck, resets, directions }: Connection): boolean =>
  syn.length > 0 &&
  synAck.length > 0 &&
  handshakeAck === null &&
  directions[TO_CLIENT].dataSegments === 0 &&
  resets.some(({ direction, hasAck, time }) => direction === TO_SERVER && !hasAck && time >= synAck[0].time);

/** The tunnel flows that carry the client's packets, one for each node. */
function vtepsOf(evidence: Evidence, { directions }: Connection): TunnelFlow[] {
  const nodes = new Map<string, TunnelFlow[]>();
  for (const number of directions[TO_SERVER].tunnels) {
    const flow = evidence.tunnels[number];
    if (flow === undefined || flow.kind === 'gre') continue;
    appendTo(nodes, flow.source, flow);
  }
  const flows = [...nodes.values()].map(([flow]) => flow);
  const macs = flows.map((flow) => sendingVtep(flow));
  const haveMacs = flows.some(({ innerSourceMacs }) => innerSourceMacs.length > 0);
  return haveMacs && (macs.includes(null) || new Set(macs).size < flows.length) ? [] : flows;
}
