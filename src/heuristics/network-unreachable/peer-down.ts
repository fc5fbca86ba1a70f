import type { Conversation, Evidence, HostActivity } from '../../flows/evidence.ts';
import { isSpecial } from '../address-kind.ts';
import { excerpt } from '../excerpt.ts';
import { defineHeuristic, type EvidencePacket, type Occurrence } from '../heuristic.ts';
import { shellQuote } from '../shell-quote.ts';

const thresholds = {
  silenceSeconds: {
    value: 2,
    source: 'longer than a retransmitted SYN or ARP request waits (1 s, RFC 6298, 2.1; Linux retrans_time_ms)',
  },
  unanswered: { value: 4, source: 'three retries after the first packet: one lost packet is no outage' },
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
    summary: 'A host that answered before goes silent for everything at once',
    meaning: 'Not one connection or port: the machine or the link to it went away at that moment.',
    rule: 'A host that was heard sends nothing more while at least four packets of two or more conversations go on to it for 2 s and longer, up to the end of the capture.',
    notThis: [
      'The conversations had simply ended: packets must go on to the host after its last word.',
      'One conversation only: that is peer-vanished.',
      'The capture lost one direction altogether: others must still be heard.',
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
    for (const host of evidence.hosts) {
      if (!wentSilent(evidence, host)) continue;
      const conversations = pendingConversations(evidence, host);
      if (conversations.length >= thresholds.conversations.value) yield occurrenceOf(evidence, host, conversations);
    }
  },

  explain({ address, lastHeard, silence, unanswered, point }, names) {
    return {
      message: `${names.address(address)} goes silent ${lastHeard.toFixed(3)} s into the capture: ${unanswered} packets to it over ${silence.toFixed(1)} s stay unanswered, of all conversations`,
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

/** Conversations in which packets went to the host after its last word. */
function pendingConversations(evidence: Evidence, { address, point, lastSent }: HostActivity): Conversation[] {
  return evidence.conversations.filter((conversation) =>
    conversation.legs.some((leg) => {
      if (leg.point !== point || (leg.server.address !== address && leg.client.address !== address)) return false;
      const towards = leg.server.address === address ? 0 : 1;
      if (leg.kind === 'tcp') return (evidence.connections[leg.index].directions[towards].last?.time ?? -1) > lastSent!;
      if (leg.kind === 'datagram') return (evidence.datagrams[leg.index].last[towards]?.time ?? -1) > lastSent!;
      if (leg.kind === 'echo') {
        return evidence.echoes.some(
          (echo) => echo.flow === leg.flow && echo.point === point && (echo.request?.time ?? -1) > lastSent!,
        );
      }
      return evidence.arp.some(
        (exchange) =>
          exchange.flow === leg.flow &&
          exchange.point === point &&
          exchange.requests.some((request) => request.time > lastSent!),
      );
    }),
  );
}

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
