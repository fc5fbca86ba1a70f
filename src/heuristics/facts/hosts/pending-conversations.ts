import {
  type Connection,
  type Conversation,
  type Direction,
  type EchoExchange,
  type Evidence,
  type HostActivity,
  type Leg,
  type PacketRef,
  type TcpDirection,
  TO_CLIENT,
  TO_SERVER,
} from '../../../flows/evidence/evidence.ts';
import { indexOf } from '../evidence-index.ts';

/** Conversations that still send packets to the host, or in a tunnel to it, after its last packet. */
export function pendingConversations(evidence: Evidence, host: HostActivity): Conversation[] {
  const tunnels = tunnelsTo(evidence, host);
  return evidence.conversations.filter((conversation) =>
    conversation.legs.some((leg) => leg.point === host.point && isPending(evidence, host, leg, tunnels)),
  );
}

const tunnelsTo = (evidence: Evidence, { outer, point, address }: HostActivity): Set<number> =>
  new Set(
    outer
      ? evidence.tunnels
          .filter((tunnel) => tunnel.point === point && tunnel.destination === address)
          .map((tunnel) => tunnel.index)
      : [],
  );

export const PENDING_THRESHOLDS = {
  /**
   * A host that still sends this long after a request had time to answer it: the least retransmission timeout of Linux.
   */
  timeToAnswerSeconds: {
    value: 0.2,
    unit: 's',
    source: 'Linux include/net/tcp.h, TCP_RTO_MIN: by then the sender asks again',
  },
} as const;

/**
 * Services that ignored an attempt while their host still sent packets, by point. They were silent before the host was.
 */
function deafServices(evidence: Evidence): Map<string, number> {
  const known = deafCache.get(evidence);
  if (known !== undefined) return known;
  const deaf = new Map<string, number>();
  const note = (key: string, time: number): void => {
    deaf.set(key, Math.min(deaf.get(key) ?? time, time));
  };
  for (const { point, server, syn, directions } of evidence.connections)
    if (directions[TO_CLIENT].packets === 0 && syn.length > 1)
      note(`${point} ${server.address} ${server.port}`, syn[0].time + PENDING_THRESHOLDS.timeToAnswerSeconds.value);
  const answering = largestAnswered(evidence);
  for (const { point, destination, request, reply } of evidence.echoes)
    if (request !== null && reply === null && !answering.has(`${point} ${destination}`))
      note(`${point} ${destination} echo`, request.time + PENDING_THRESHOLDS.timeToAnswerSeconds.value);
  deafCache.set(evidence, deaf);
  return deaf;
}
const deafCache = new WeakMap<Evidence, Map<string, number>>();

const wasDeaf = (evidence: Evidence, { point, lastSent }: HostActivity, service: string): boolean =>
  (deafServices(evidence).get(`${point} ${service}`) ?? Number.POSITIVE_INFINITY) < lastSent!;

/** Whether a biflow still sends to the host after its last packet, with packets that are not too large for the path. */
function isPending(evidence: Evidence, host: HostActivity, leg: Leg, tunnels: ReadonlySet<number>): boolean {
  const since = host.lastSent!;
  const towards = leg.server.address === host.address ? 0 : leg.client.address === host.address ? 1 : null;
  if (leg.kind === 'tcp') {
    const connection = evidence.connections[leg.index];
    return ([0, 1] as const).some((direction) => {
      const { last, tunnels: carriers } = connection.directions[direction];
      const isTo = host.outer ? carriers.some((tunnel) => tunnels.has(tunnel)) : towards === direction;
      if (!isTo || (last?.time ?? -1) <= since || !isUnanswered(connection, direction)) return false;
      if (waitedBefore(connection.directions[direction], since)) return false;
      const { address, port } = connection.server;
      return connection.directions[TO_CLIENT].packets > 0 || !wasDeaf(evidence, host, `${address} ${port}`);
    });
  }
  if (leg.kind === 'datagram') {
    const flow = evidence.datagrams[leg.index];
    const isTo = host.outer ? flow.tunnels.some((tunnel) => tunnels.has(tunnel)) : towards === TO_SERVER;
    return isTo && flow.packets[TO_CLIENT] > 0 && (flow.last[TO_SERVER]?.time ?? -1) > since;
  }
  if (leg.kind === 'arp')
    return (
      towards !== null &&
      evidence.arp.some(
        (exchange) =>
          exchange.flow === leg.flow &&
          exchange.point === host.point &&
          exchange.requests.some((request) => request.time > since),
      )
    );
  if (host.outer) return isPingedThrough(evidence, leg, host, tunnels);
  if (towards === null) return false;
  return (
    !wasDeaf(evidence, host, `${host.address} echo`) &&
    echoesOf(evidence, leg).some((echo) => isUnansweredPing(evidence, echo, since))
  );
}

function echoesOf(evidence: Evidence, { flow, point }: Leg): EchoExchange[] {
  const index = indexOf(evidence);
  const conversation = index.conversationOfFlow(point, flow);
  return conversation === undefined
    ? []
    : index.echoes(conversation).filter((echo) => echo.flow === flow && echo.point === point);
}

function isPingedThrough(evidence: Evidence, leg: Leg, host: HostActivity, tunnels: ReadonlySet<number>): boolean {
  return (
    leg.encapsulation.length > 0 &&
    !wasDeaf(evidence, host, `${leg.server.address} echo`) &&
    [...tunnels].some((tunnel) =>
      evidence.tunnels[tunnel].innerDestinations.some(({ value }) => value === leg.server.address),
    ) &&
    echoesOf(evidence, leg).some((echo) => isUnansweredPing(evidence, echo, host.lastSent!))
  );
}

const answeredSizes = new WeakMap<Evidence, Map<string, number>>();

/** IP length of the largest answered echo request, by point and destination. */
function largestAnswered(evidence: Evidence): Map<string, number> {
  const known = answeredSizes.get(evidence);
  if (known !== undefined) return known;
  const sizes = new Map<string, number>();
  for (const { point, destination, reply, l3Length } of evidence.echoes) {
    if (reply === null) continue;
    const key = `${point} ${destination}`;
    sizes.set(key, Math.max(sizes.get(key) ?? 0, l3Length));
  }
  answeredSizes.set(evidence, sizes);
  return sizes;
}

/** A host that answers small echo requests and not larger ones is not down: mtu-black-hole reports that. */
function isUnansweredPing(evidence: Evidence, { request, reply, ...echo }: EchoExchange, since: number): boolean {
  if (request === null || reply !== null || request.time <= since || isFragment(evidence, echo.point, request))
    return false;
  const largest = largestAnswered(evidence).get(`${echo.point} ${echo.destination}`);
  return largest === undefined || largest >= echo.l3Length;
}

/** Fragments are left out, because they can fail for reasons of their own. */
const isFragment = (evidence: Evidence, point: number, { packet }: PacketRef): boolean =>
  evidence.fragments.some((datagram) => datagram.point === point && datagram.first.packet === packet);

/**
 * Whether a new attempt waits for an answer, or octets wait for an acknowledgement. Closing packets and half-open scans
 * wait for nothing, nor does a side that resets the connection itself.
 */
function isUnanswered({ directions, syn, synAck, handshakeAck, server }: Connection, direction: Direction): boolean {
  const there = directions[direction];
  const back = directions[direction === TO_SERVER ? TO_CLIENT : TO_SERVER];
  if (server.port > 0 && back.packets === 0) return direction === TO_SERVER && syn.length > 1;
  const established = handshakeAck !== null || (there.dataSegments > 0 && (back.dataSegments > 0 || synAck.length > 0));
  return established && back.resets === 0 && there.resets === 0 && there.unackedOctets > 0 && !isOnlyTooLarge(there);
}

/**
 * Whether the host still spoke when the oldest octet or FIN that waits had been due for an answer: the host lived and did
 * not get it, or ignored it.
 */
const waitedBefore = ({ unackedSince }: TcpDirection, lastSent: number): boolean =>
  unackedSince !== null && unackedSince.time + PENDING_THRESHOLDS.timeToAnswerSeconds.value < lastSent;

/** Whether the waiting packets are larger than all that ever passed: the path may drop them for their size. */
const isOnlyTooLarge = ({ repeats, largestAckedL3 }: TcpDirection): boolean => {
  const waiting = repeats.filter((repeat) => repeat.ackedTime === null);
  return waiting.length > 0 && waiting.every((repeat) => repeat.smallestL3Length > largestAckedL3);
};

/**
 * Other conversations that sent to the silent hosts after their last packet and got no answer: a symptom, but no proof.
 */
export function unheardConversations(evidence: Evidence, hosts: readonly HostActivity[]): Conversation[] {
  const since = new Map(hosts.map((host) => [`${host.point} ${host.address}`, host.lastSent!]));
  const tunnels = new Map<number, number>();
  for (const host of hosts) for (const tunnel of tunnelsTo(evidence, host)) tunnels.set(tunnel, host.lastSent!);
  return evidence.conversations.filter((conversation) =>
    conversation.legs.some((leg) => {
      const silence = since.get(`${leg.point} ${leg.server.address}`);
      if (leg.kind === 'tcp') {
        const { first, directions } = evidence.connections[leg.index];
        const carrier = directions[TO_SERVER].tunnels.map((number) => tunnels.get(number)).find(isKnown);
        return directions[TO_CLIENT].packets === 0 && first.time > (silence ?? carrier ?? Number.POSITIVE_INFINITY);
      }
      if (leg.kind === 'datagram') {
        const flow = evidence.datagrams[leg.index];
        const carrier = flow.tunnels.map((number) => tunnels.get(number)).find(isKnown);
        const first = flow.first[TO_SERVER]?.time ?? -1;
        return flow.packets[TO_CLIENT] === 0 && first > (silence ?? carrier ?? Number.POSITIVE_INFINITY);
      }
      if (leg.kind !== 'echo' || silence === undefined) return false;
      return echoesOf(evidence, leg).every(({ request, reply }) => reply === null && (request?.time ?? -1) > silence);
    }),
  );
}

const isKnown = (time: number | undefined): time is number => time !== undefined;
