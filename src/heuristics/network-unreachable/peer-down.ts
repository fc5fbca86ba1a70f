import {
  type Connection,
  type Conversation,
  type Direction,
  type EchoExchange,
  type Evidence,
  type HostActivity,
  type Leg,
  type TcpDirection,
  TO_CLIENT,
  TO_SERVER,
} from '../../flows/evidence.ts';
import { isSpecial } from '../address-kind.ts';
import { indexOf } from '../evidence-index.ts';
import { excerpt } from '../excerpt.ts';
import { defineHeuristic, type EvidencePacket, type Occurrence } from '../heuristic.ts';
import { shellQuote } from '../shell-quote.ts';

const thresholds = {
  silenceSeconds: {
    value: 2,
    source: 'longer than a retransmitted SYN or ARP request waits (1 s, RFC 6298, 2.1; Linux retrans_time_ms)',
  },
  conversations: { value: 2, source: 'one conversation alone is peer-vanished: the process or pod, not the host' },
  sentBefore: { value: 5, source: 'the host must have been seen alive: a handshake and an exchange' },
};

interface PeerDown extends Occurrence {
  address: string;
  lastHeard: number;
  silence: number;
  unanswered: number;
  point: number;
}

/** A host that answered everything goes silent for everything at one moment. */
export const peerDown = defineHeuristic<PeerDown>({
  meta: {
    id: 'peer-down',
    faultClass: 'network-unreachable',
    level: 'error',
    recordedIn: 'lab/net-link-failure',
    summary: 'A host that answered before goes silent for everything at once',
    meaning: 'Not one connection or port: the machine or the link to it went away at that moment.',
    rule: 'A host that was heard sends nothing more while two or more conversations wait for an answer of it for 2 s and longer, up to the end of the capture.',
    notThis: [
      'The conversations had simply ended, or nobody waits for an answer: closing packets and scans do not count.',
      'One conversation only: that is peer-vanished.',
      'The capture lost one direction altogether: others must still be heard.',
      'Only packets larger than all that ever passed stay unanswered: that is mtu-black-hole.',
    ],
    causes: ['The node or its NIC is down', 'A link or switch failed', 'The node’s address was taken away'],
    confirm: [
      {
        on: 'a machine with kubectl',
        command: 'kubectl get nodes -o wide',
        expect: 'the node is NotReady since that time',
      },
    ],
    fix: ['Bring the node or the link back; drain the node meanwhile'],
    references: ['RFC 1122, 4.2.3.5'],
  },
  thresholds,

  *detect(evidence) {
    const down = evidence.hosts
      .filter((host) => wentSilent(evidence, host))
      .map((host) => ({ host, conversations: pendingConversations(evidence, host) }))
      .filter(({ conversations }) => conversations.length >= thresholds.conversations.value);
    for (const { host, conversations } of down) {
      const isBehind = down.some(
        ({ host: node, conversations: all }) =>
          node.outer && !host.outer && node.point === host.point && conversations.every((one) => all.includes(one)),
      );
      if (!isBehind) yield occurrenceOf(evidence, host, conversations);
    }
  },

  explain({ address, lastHeard, silence, unanswered, point }, names) {
    return {
      message: `${names.address(address)} goes silent ${lastHeard.toFixed(3)} s into the capture: ${unanswered} conversations go on for ${silence.toFixed(1)} s without an answer`,
      why: 'It answered before, and then nothing of it is heard any more, whatever the port or protocol. That is the host or its link, not one service.',
      hypotheses: [
        {
          cause: 'the host or its NIC is down, or the link to it failed',
          likelihood: 'likely',
          for: ['all conversations stop at the same moment'],
          against: [],
        },
        { cause: 'the route to it was withdrawn', likelihood: 'possible', for: [], against: [] },
      ],
      confirm: [
        {
          on: names.host(point),
          command: `ping -c 3 ${shellQuote(address)}; ip neigh show ${shellQuote(address)}`,
          expect: 'no answer; FAILED',
        },
        {
          on: 'a machine with kubectl',
          command: 'kubectl get nodes -o wide',
          expect: `the node with ${address} is NotReady`,
        },
      ],
      fix: ['Bring the host or the link back. Drain the node meanwhile.'],
      wireshark: `ip.addr==${address}`,
    };
  },
});

function wentSilent(evidence: Evidence, { address, point, sent, lastSent, lastReceived }: HostActivity): boolean {
  if (isSpecial(address) || lastSent === null || lastReceived === null || sent < thresholds.sentBefore.value)
    return false;
  if (lastReceived - lastSent < thresholds.silenceSeconds.value) return false;
  return evidence.points[point].quality.lastTime - lastSent >= thresholds.silenceSeconds.value;
}

/** Conversations in which packets went to the host, or in a tunnel to it, after its last word. */
function pendingConversations(evidence: Evidence, host: HostActivity): Conversation[] {
  const tunnels = new Set(
    host.outer
      ? evidence.tunnels
          .filter((tunnel) => tunnel.point === host.point && tunnel.destination === host.address)
          .map((tunnel) => tunnel.index)
      : [],
  );
  return evidence.conversations.filter((conversation) =>
    conversation.legs.some((leg) => leg.point === host.point && isPending(evidence, host, leg, tunnels)),
  );
}

/** Whether a biflow goes on to the host after its last word, with packets that are not too large for the path. */
function isPending(evidence: Evidence, host: HostActivity, leg: Leg, tunnels: ReadonlySet<number>): boolean {
  const since = host.lastSent!;
  const towards = leg.server.address === host.address ? 0 : leg.client.address === host.address ? 1 : null;
  if (leg.kind === 'tcp') {
    const connection = evidence.connections[leg.index];
    return ([0, 1] as const).some((direction) => {
      const { last, tunnels: carriers } = connection.directions[direction];
      const isTo = host.outer ? carriers.some((tunnel) => tunnels.has(tunnel)) : towards === direction;
      return isTo && (last?.time ?? -1) > since && isUnanswered(connection, direction);
    });
  }
  if (leg.kind === 'datagram') {
    const flow = evidence.datagrams[leg.index];
    const isTo = host.outer ? flow.tunnels.some((tunnel) => tunnels.has(tunnel)) : towards === TO_SERVER;
    return isTo && flow.packets[TO_CLIENT] > 0 && (flow.last[TO_SERVER]?.time ?? -1) > since;
  }
  if (host.outer) return leg.kind === 'echo' && isPingedThrough(evidence, leg, host, tunnels);
  if (towards === null) return false;
  if (leg.kind === 'echo') return echoesOf(evidence, leg).some((echo) => isUnansweredPing(evidence, echo, since));
  return evidence.arp.some(
    (exchange) =>
      exchange.flow === leg.flow &&
      exchange.point === host.point &&
      exchange.requests.some((request) => request.time > since),
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

/** A host that answers small echo requests and not larger ones is not down: mtu-black-hole tells that. */
function isUnansweredPing(evidence: Evidence, { request, reply, ...echo }: EchoExchange, since: number): boolean {
  if (request === null || reply !== null || request.time <= since) return false;
  const largest = largestAnswered(evidence).get(`${echo.point} ${echo.destination}`);
  return largest === undefined || largest >= echo.l3Length;
}

/** A new attempt, or octets that wait for an acknowledgement: a closing packet or a half-open scan waits for nothing. */
function isUnanswered({ directions, syn, synAck, handshakeAck, server }: Connection, direction: Direction): boolean {
  const there = directions[direction];
  const back = directions[direction === TO_SERVER ? TO_CLIENT : TO_SERVER];
  if (server.port > 0 && back.packets === 0) return direction === TO_SERVER && syn.length > 1;
  const established = handshakeAck !== null || (there.dataSegments > 0 && (back.dataSegments > 0 || synAck.length > 0));
  return established && back.resets === 0 && there.unackedOctets > 0 && !isOnlyTooLarge(there);
}

/** What waits is larger than all that ever passed: the path may drop it for its size. */
const isOnlyTooLarge = ({ repeats, largestAckedL3 }: TcpDirection): boolean => {
  const waiting = repeats.filter((repeat) => repeat.ackedTime === null);
  return waiting.length > 0 && waiting.every((repeat) => repeat.smallestL3Length > largestAckedL3);
};

function occurrenceOf(evidence: Evidence, host: HostActivity, conversations: readonly Conversation[]): PeerDown {
  const silence = host.lastReceived! - host.lastSent!;
  const packets: EvidencePacket[] = conversations.flatMap((conversation) =>
    conversation.legs
      .filter((leg) => leg.point === host.point && leg.kind === 'tcp')
      .flatMap((leg) => {
        const connection = evidence.connections[leg.index];
        const last = connection.directions[connection.server.address === host.address ? 0 : 1].last;
        return last === null
          ? []
          : [
              {
                ...last,
                point: host.point,
                note: `last packet to ${host.address}, unanswered`,
                direction: '>' as const,
              },
            ];
      }),
  );
  return {
    key: host.address,
    grade: 'confirmed',
    subject: { protocol: 'ip', client: null, server: host.address },
    conversations: conversations.map((conversation) => conversation.index),
    place: `at or before ${host.address}, as seen from ${evidence.points[host.point].name}`,
    ...excerpt(packets),
    reach: conversations.length,
    measured: { silenceSeconds: silence, conversations: conversations.length },
    address: host.address,
    lastHeard: host.lastSent!,
    silence,
    unanswered: conversations.length,
    point: host.point,
  };
}
