import type { TunnelKind } from '../../../decode/packet.ts';
import type { Joined } from '../../capture/capture-digest.ts';
import type { Direction, Endpoint, Leg } from '../../evidence/evidence.ts';
import type { AnyConnection } from '../../tcp/compact-connection.ts';

/** A biflow at one point. It may become a leg of a conversation. */
export interface Biflow {
  /** Index in the list of all biflows. */
  id: number;
  /** Index among the biflows of its capture. */
  slot: number;
  capture: number;
  /** Global point index. */
  point: number;
  /** Flow number, local to the capture. */
  flow: number;
  kind: Leg['kind'];
  /** Index in the joined list of its kind. For echoes and ARP, the index of the first exchange. */
  index: number;
  protocol: number;
  client: Endpoint;
  server: Endpoint;
  encapsulation: TunnelKind[];
  firstPacket: number;
  connection: AnyConnection | null;
}

export const PROTOCOL_TCP = 6;
const PROTOCOL_ICMP = 1;
/** ARP has no IP protocol; 0 distinguishes it. */
const PROTOCOL_ARP = 0;

/**
 * All biflows of joined evidence, by capture, point and first packet. Echo and ARP exchanges of one flow are one
 * biflow.
 */
export function biflowsOf(evidence: Joined): Biflow[] {
  const found: Biflow[] = [];
  const seen = evidence.captures.map(() => new Set<number>());
  const captureOf = (point: number) => evidence.points[point].capture;
  const isNew = (point: number, flow: number): boolean => {
    const ofCapture = seen[captureOf(point)];
    if (ofCapture.has(flow)) return false;
    ofCapture.add(flow);
    return true;
  };
  for (const connection of evidence.connections) {
    const { index, point, flow, client, server, encapsulation } = connection;
    isNew(point, flow);
    const firstPacket = connection.first.packet;
    found.push({
      id: 0,
      slot: 0,
      capture: captureOf(point),
      kind: 'tcp',
      protocol: PROTOCOL_TCP,
      index,
      point,
      flow,
      client,
      server,
      encapsulation,
      firstPacket,
      connection,
    });
  }
  for (const { index, point, flow, source, destination, id, encapsulation, request, reply } of evidence.echoes) {
    if (!isNew(point, flow)) continue;
    const [client, server] = [endpoint(source, id), endpoint(destination, id)];
    const firstPacket = request?.packet ?? reply?.packet ?? 0;
    found.push({
      id: 0,
      slot: 0,
      capture: captureOf(point),
      kind: 'echo',
      protocol: PROTOCOL_ICMP,
      index,
      point,
      flow,
      client,
      server,
      encapsulation,
      firstPacket,
      connection: null,
    });
  }
  for (const { index, point, flow, asker, target, requests, replies } of evidence.arp) {
    if (!isNew(point, flow)) continue;
    const [client, server] = [endpoint(asker, 0), endpoint(target, 0)];
    const firstPacket = requests[0]?.packet ?? replies[0]?.packet ?? 0;
    found.push({
      id: 0,
      slot: 0,
      capture: captureOf(point),
      kind: 'arp',
      protocol: PROTOCOL_ARP,
      index,
      point,
      flow,
      client,
      server,
      encapsulation: [],
      firstPacket,
      connection: null,
    });
  }
  for (const { index, point, flow, protocol, client, server, encapsulation, first } of evidence.datagrams) {
    if (!isNew(point, flow)) continue;
    const firstPacket = Math.min(first[0]?.packet ?? Infinity, first[1]?.packet ?? Infinity);
    found.push({
      id: 0,
      slot: 0,
      capture: captureOf(point),
      kind: 'datagram',
      protocol,
      index,
      point,
      flow,
      client,
      server,
      encapsulation,
      firstPacket,
      connection: null,
    });
  }
  return numbered(found);
}

const endpoint = (address: string, port: number): Endpoint => ({ address, port });

function numbered(biflows: Biflow[]): Biflow[] {
  biflows.sort(
    (a, b) => a.capture - b.capture || a.point - b.point || a.firstPacket - b.firstPacket || a.flow - b.flow,
  );
  let slot = 0;
  biflows.forEach((biflow, id) => {
    slot = id > 0 && biflows[id - 1].capture === biflow.capture ? slot + 1 : 0;
    biflow.id = id;
    biflow.slot = slot;
  });
  return biflows;
}

export const sameEndpoint = (a: Endpoint, b: Endpoint): boolean => a.port === b.port && a.address === b.address;

export const sameAddresses = (a: Biflow, b: Biflow): boolean =>
  sameEndpoint(a.client, b.client) && sameEndpoint(a.server, b.server);

/** Whether both initial sequence numbers of a connection are known. */
export const hasIsnPair = ({ directions: [toServer, toClient], synAckAcks }: AnyConnection): boolean =>
  toClient.iss !== null && (toServer.iss !== null || synAckAcks !== null);

/** Whether two biflows are of one kind. TCP with truncated headers is followed like datagrams. */
export const mayBeSame = (a: Biflow, b: Biflow): boolean =>
  a.kind === b.kind || (a.protocol === PROTOCOL_TCP && b.protocol === PROTOCOL_TCP);

/** Whether two biflows have the same end points, in either role. */
export const sameEnds = (a: Biflow, b: Biflow): boolean =>
  sameAddresses(a, b) || (sameEndpoint(a.client, b.server) && sameEndpoint(a.server, b.client));

/** Whether two biflows have the same kinds of tunnels around them, outermost first. */
export const sameLayers = ({ encapsulation: a }: Biflow, { encapsulation: b }: Biflow): boolean =>
  a.length === b.length && a.every((kind, layer) => kind === b[layer]);

/** Packets in a direction of a connection, as counted by its tracker; undefined for other kinds. */
export const packetsOf = (biflow: Biflow, direction: Direction): number | undefined =>
  biflow.connection?.directions[direction].packets;

const textOf = ({ address, port }: Endpoint): string => `${address} ${port}`;

/** A text that is the same for all biflows between the same end points, in either role (`sameEnds`). */
export function endsOf({ client, server }: Biflow): string {
  const [one, other] = [textOf(client), textOf(server)];
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}

/** A key that is the same for all biflows of one client socket, in either role. Its port is the higher one. */
export const socketOf = ({ client, server }: Biflow): string => textOf(client.port > server.port ? client : server);
