import type {
  CapturePoint,
  Connection,
  DatagramFlow,
  EchoExchange,
  Endpoint,
  Evidence,
  PacketRef,
} from '../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../flows/evidence/evidence.ts';
import { indexOf } from './evidence-index.ts';
import { clientWentOn, viewsOf } from './tcp/halves.ts';

/** A request that enters a host by one interface, and its replies, which leave by another one. */
export interface Detour {
  protocol: 'tcp' | 'udp' | 'icmp';
  /** Where the request comes in, and where the replies go out. */
  inPoint: number;
  outPoint: number;
  client: Endpoint;
  /** The address that was asked. */
  server: Endpoint;
  /** Source address of the replies. */
  replySource: string;
  requests: readonly PacketRef[];
  replies: readonly PacketRef[];
  /** Conversations of both halves. */
  conversations: readonly number[];
  /** Whether any point shows that the client acknowledged a reply: then the replies arrive. */
  goesOn: boolean;
}

/** One direction of a flow at one point, where the other direction was not captured. */
interface Half {
  protocol: Detour['protocol'];
  point: number;
  /** Equal for the two halves of one flow. */
  key: string;
  client: Endpoint;
  server: Endpoint;
  encapsulation: Connection['encapsulation'];
  packets: readonly PacketRef[];
  conversation: number | undefined;
  goesOn: boolean;
  /** MAC addresses of the interface itself: where the request was sent to, and where the reply was sent from. */
  macs: readonly string[];
  /** MAC addresses of the other end of the link: where the request was sent from, and where the reply was sent to. */
  neighbours: readonly string[];
}

const cache = new WeakMap<Evidence, readonly Detour[]>();

/**
 * Requests and replies of one host that use two interfaces:
 *
 *   client ──request──▶ eth0 ─┐
 *                             ├─ host
 *          ◀──reply──── eth1 ─┘
 *
 * TCP is joined by the client's socket and the number that the SYN-ACK acknowledges, in all 32 bits; datagrams by their
 * addresses and ports; echoes by identifier and sequence number.
 *
 * Left out are two interfaces of one bond, which have one MAC address; devices inside the host (veth, bridge), which
 * packets may pass in one direction only; and requests in a tunnel whose replies leave plain at the same point.
 */
export function detoursOf(evidence: Evidence): readonly Detour[] {
  const known = cache.get(evidence);
  if (known !== undefined) return known;
  const made = findDetours(evidence);
  cache.set(evidence, made);
  return made;
}

function findDetours(evidence: Evidence): Detour[] {
  if (evidence.points.length < 2) return [];
  const replies = new Map<string, Half[]>();
  for (const half of repliesOf(evidence)) {
    const list = replies.get(half.key);
    if (list === undefined) replies.set(half.key, [half]);
    else list.push(half);
  }
  const found: Detour[] = [];
  for (const request of requestsOf(evidence)) {
    const reply = replies.get(request.key)?.find((half) => leavesElsewhere(evidence, request, half));
    if (reply === undefined) continue;
    const conversations = [request.conversation, reply.conversation].filter((index) => index !== undefined);
    found.push({
      protocol: request.protocol,
      inPoint: request.point,
      outPoint: reply.point,
      client: request.client,
      server: request.server,
      replySource: reply.server.address,
      requests: request.packets,
      replies: reply.packets,
      conversations: [...new Set(conversations)],
      goesOn: request.goesOn,
    });
  }
  return found;
}

const INSIDE: ReadonlySet<string> = new Set(['pod-veth', 'bridge', 'any']);

function leavesElsewhere({ points }: Evidence, request: Half, reply: Half): boolean {
  const [a, b] = [points[request.point], points[reply.point]];
  if (a === b || INSIDE.has(a.role) || INSIDE.has(b.role)) return false;
  if (isOneTunnel(a, b, request, reply)) return false;
  return isOneHost(a, b, request, reply) && !request.macs.some((mac) => reply.macs.includes(mac));
}

/**
 * The interfaces of one capture file are those of one machine. Of files that do not say, both are on the link of the
 * neighbour that the request came from: a router between the server and that neighbour would show the reply twice, as it
 * comes and as it goes.
 */
function isOneHost(a: CapturePoint, b: CapturePoint, request: Half, reply: Half): boolean {
  if (a.host !== null && b.host !== null) return a.host === b.host;
  return a.capture === b.capture || request.neighbours.some((mac) => reply.neighbours.includes(mac));
}

/** Whether one point shows inside a tunnel what the tunnel's own device shows plain: that is one way, not two. */
function isOneTunnel(a: CapturePoint, b: CapturePoint, request: Half, reply: Half): boolean {
  const [isInTunnel, leavesInTunnel] = [request.encapsulation.length > 0, reply.encapsulation.length > 0];
  return (a.role === 'tunnel-device' && leavesInTunnel) || (b.role === 'tunnel-device' && isInTunnel);
}

function* requestsOf(evidence: Evidence): Iterable<Half> {
  for (const connection of evidence.connections) {
    const [to, back] = connection.directions;
    if (to.iss === null || connection.syn.length === 0 || back.packets > 0) continue;
    yield {
      ...halfOfConnection(evidence, connection),
      key: tcpKey(connection.client, (to.iss + 1) >>> 0),
      packets: connection.syn,
      goesOn: hasGoneOn(evidence, connection),
      macs: to.destinationMacs.map(({ value }) => value),
      neighbours: to.sourceMacs.map(({ value }) => value),
    };
  }
  for (const flow of evidence.datagrams)
    if (flow.packets[TO_SERVER] > 0 && flow.packets[TO_CLIENT] === 0)
      yield { ...halfOfDatagrams(evidence, flow), key: udpKey(flow, flow.client, flow.server) };
  for (const echo of evidence.echoes)
    if (echo.request !== null && echo.reply === null) yield halfOfEcho(evidence, echo, [echo.request]);
}

function* repliesOf(evidence: Evidence): Iterable<Half> {
  for (const connection of evidence.connections) {
    const [to, back] = connection.directions;
    if (connection.synAckAcks === null || connection.synAck.length === 0 || to.packets > 0) continue;
    yield {
      ...halfOfConnection(evidence, connection),
      key: tcpKey(connection.client, connection.synAckAcks),
      packets: connection.synAck,
      macs: back.sourceMacs.map(({ value }) => value),
      neighbours: back.destinationMacs.map(({ value }) => value),
    };
  }
  // A capture that has replies only takes their sender for the client.
  for (const flow of evidence.datagrams)
    if (flow.packets[TO_SERVER] > 0 && flow.packets[TO_CLIENT] === 0)
      yield { ...halfOfDatagrams(evidence, flow), ...turned(flow), key: udpKey(flow, flow.server, flow.client) };
    else if (flow.packets[TO_CLIENT] > 0 && flow.packets[TO_SERVER] === 0)
      yield {
        ...halfOfDatagrams(evidence, flow),
        packets: flow.samples[TO_CLIENT],
        key: udpKey(flow, flow.client, flow.server),
      };
  for (const echo of evidence.echoes)
    if (echo.reply !== null && echo.request === null) yield halfOfEcho(evidence, echo, [echo.reply]);
}

const turned = ({ client, server }: DatagramFlow): Pick<Half, 'client' | 'server'> => ({
  client: server,
  server: client,
});

const tcpKey = ({ address, port }: Endpoint, acknowledged: number): string => `tcp ${address} ${port} ${acknowledged}`;
const udpKey = ({ protocol }: DatagramFlow, client: Endpoint, server: Endpoint): string =>
  `${protocol} ${client.address} ${client.port} ${server.address} ${server.port}`;

function hasGoneOn(evidence: Evidence, { index }: Connection): boolean {
  const conversation = indexOf(evidence).conversationOf('tcp', index);
  return conversation !== undefined && viewsOf(evidence, conversation).some(clientWentOn);
}

function halfOfConnection(
  evidence: Evidence,
  connection: Connection,
): Omit<Half, 'key' | 'packets' | 'macs' | 'neighbours'> {
  const { point, client, server, encapsulation, index } = connection;
  const conversation = indexOf(evidence).conversationOf('tcp', index)?.index;
  return { protocol: 'tcp', point, client, server, encapsulation, conversation, goesOn: false };
}

/** Only connections keep the MAC addresses of their packets. */
const noMacs: Pick<Half, 'macs' | 'neighbours'> = { macs: [], neighbours: [] };

function halfOfDatagrams(evidence: Evidence, flow: DatagramFlow): Omit<Half, 'key'> {
  const { point, client, server, encapsulation, index, samples } = flow;
  const conversation = indexOf(evidence).conversationOf('datagram', index)?.index;
  const packets = samples[TO_SERVER];
  return { protocol: 'udp', point, client, server, encapsulation, packets, conversation, goesOn: false, ...noMacs };
}

function halfOfEcho(evidence: Evidence, echo: EchoExchange, packets: readonly PacketRef[]): Half {
  const { point, source, destination, id, sequence, flow, encapsulation } = echo;
  return {
    protocol: 'icmp',
    point,
    key: `icmp ${source} ${destination} ${id} ${sequence}`,
    client: { address: source, port: 0 },
    server: { address: destination, port: 0 },
    encapsulation,
    packets,
    conversation: indexOf(evidence).conversationOfFlow(point, flow)?.index,
    goesOn: false,
    ...noMacs,
  };
}
