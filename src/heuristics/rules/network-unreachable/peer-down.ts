import { type Conversation, type Evidence, type HostActivity, TO_CLIENT } from '../../../flows/evidence/evidence.ts';
import { isSpecial } from '../../../text/addresses.ts';
import { shellQuote } from '../../../text/shell-quote.ts';
import {
  measuredNeighbour,
  type StaleNeighbour,
  staleNeighbour,
  staleNeighbourCause,
  staleNeighbourCommands,
} from '../../causes/stale-neighbour.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { lastWord } from '../../facts/hosts/last-word.ts';
import {
  PENDING_THRESHOLDS,
  pendingConversations,
  unheardConversations,
} from '../../facts/hosts/pending-conversations.ts';
import { defineRule, type EvidencePacket, type Occurrence } from '../../rule/rule.ts';
import { counted } from '../../words/counted.ts';
import { excerpt } from '../../words/excerpt.ts';

const thresholds = {
  silenceSeconds: { value: 2, unit: 's', source: 'docs/thresholds.md, host-silence' },
  conversations: { value: 2, unit: 'conversations', source: 'docs/thresholds.md, two-conversations' },
  sentBefore: { value: 5, unit: 'packets', source: 'docs/thresholds.md, alive-before' },
  togetherSeconds: { value: 5, unit: 's', source: 'docs/thresholds.md, silent-together' },
} as const;

interface PeerDown extends Occurrence {
  address: string;
  /** Other addresses that went silent with it: pods of a node. */
  others: string[];
  lastHeard: number;
  silence: number;
  unanswered: number;
  point: number;
  neighbour: StaleNeighbour | null;
}

/** A host that answered everything goes silent for everything at one moment. */
export const peerDown = defineRule<PeerDown>({
  meta: {
    id: 'peer-down',
    faultClass: 'network-unreachable',
    level: 'error',
    recordedIn: 'lab/net-link-failure',
    place: 'last-seen',
    explains: ['tunnel-blocked', 'arp-unanswered', 'no-route'],
    explainsSymptomsOf: ['lost-between-points', 'silent-path'],
    summary: 'A host that answered before goes silent for everything at once',
    meaning: 'Not one connection or port: the machine or the link to it went away at that moment.',
    rule: 'A host that was heard sends nothing more while two or more conversations wait for an answer of it for 2 s and longer, up to the end of the capture.',
    notThis: [
      'The conversations had simply ended, or nobody waits for an answer: closing packets and scans do not count.',
      'One conversation only: that is peer-vanished.',
      'It still asks or answers by ARP: the machine and its link live.',
      'Only new connections to one port wait: that listener may be full, or shut off.',
      'What it does not answer it did not answer before either: that port or protocol is blocked.',
      'The capture lost one direction altogether: others must still be heard.',
      'Only packets larger than all that ever passed stay unanswered: that is mtu-black-hole.',
    ],
    causes: [
      'The node or its NIC is down',
      'A link or switch failed',
      'The node’s address was taken away',
      'The address has moved to another MAC, and the sender keeps the old one',
    ],
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
  thresholds: { ...thresholds, ...PENDING_THRESHOLDS },

  *detect(evidence) {
    const down = evidence.hosts
      .filter((host) => wentSilent(evidence, host))
      .map((host) => ({ ...host, lastSent: lastWord(evidence, host) }))
      .filter((host) => wentSilent(evidence, host))
      .map((host) => ({ host, conversations: pendingConversations(evidence, host) }))
      .filter(({ conversations }) => conversations.length >= thresholds.conversations.value)
      .filter(({ conversations }) => !isOneListener(evidence, conversations));
    for (const group of together(down)) yield occurrenceOf(evidence, group);
  },

  explain({ address, others, lastHeard, silence, unanswered, point, neighbour }, names) {
    const besides = others.length === 0 ? '' : ` and ${counted(others.length, 'address', 'addresses')} with it`;
    return {
      message: `${names.address(address)}${besides} goes silent ${lastHeard.toFixed(3)} s into the capture: ${unanswered} conversations go on for ${silence.toFixed(1)} s without an answer`,
      why: 'It answered before, and then nothing of it is heard any more, whatever the port or protocol. That is the host or its link, not one service.',
      causes: [
        ...(neighbour === null ? [] : [staleNeighbourCause(neighbour)]),
        {
          id: 'host-down',
          cause: 'the host or its NIC is down, or the link to it failed',
          for: ['all conversations stop at the same moment'],
          against: neighbour === null ? [] : [`${address} still speaks by ARP, from another MAC`],
        },
        { id: 'route-withdrawn', cause: 'the route to it was withdrawn', for: [], against: [] },
      ],
      confirm: [
        ...(neighbour === null ? [] : staleNeighbourCommands(neighbour, names.host(point))),
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

/** New attempts at one port wait and nothing else does: that listener, or what is in front of it, may be all that is deaf. */
function isOneListener(evidence: Evidence, conversations: readonly Conversation[]): boolean {
  const [{ server }] = conversations;
  return conversations.every(
    (conversation) =>
      conversation.protocol === 'tcp' &&
      conversation.server.port === server.port &&
      conversation.server.address === server.address &&
      indexOf(evidence)
        .connections(conversation)
        .every(({ directions }) => directions[TO_CLIENT].packets === 0),
  );
}

/** A host that went silent, and the conversations that wait for it. */
interface Down {
  host: HostActivity;
  conversations: Conversation[];
}

/**
 * A node and its pods are one fault: those that wait for the same conversations, and those last heard at about the same
 * time at one point. The node leads: outer address before inner ones, then the one nearest by hop limit.
 */
function together(down: readonly Down[]): Down[][] {
  const nearness = ({ host }: Down): number => Math.max(0, ...host.ttls.map(({ value }) => value));
  const order = [...down].sort(
    (a, b) =>
      Number(b.host.outer) - Number(a.host.outer) ||
      nearness(b) - nearness(a) ||
      b.conversations.length - a.conversations.length,
  );
  const groups: Down[][] = [];
  for (const one of order) {
    const group = groups.find((members) => members.some((other) => isSameSilence(one, other)));
    if (group === undefined) groups.push([one]);
    else group.push(one);
  }
  return groups;
}

const isSameSilence = (a: Down, b: Down): boolean =>
  a.conversations.some((conversation) => b.conversations.includes(conversation)) ||
  (a.host.point === b.host.point && Math.abs(a.host.lastSent! - b.host.lastSent!) <= thresholds.togetherSeconds.value);

function occurrenceOf(evidence: Evidence, group: readonly Down[]): PeerDown {
  const [{ host }] = group;
  const conversations = [...new Set(group.flatMap((down) => down.conversations))].sort((a, b) => a.index - b.index);
  const unheard = unheardConversations(
    evidence,
    group.map((down) => down.host),
  );
  const symptoms = [...new Set([...conversations, ...unheard])].sort((a, b) => a.index - b.index);
  const silence = host.lastReceived! - host.lastSent!;
  const neighbour = staleNeighbour(
    evidence,
    symptoms
      .flatMap((conversation) => indexOf(evidence).connections(conversation))
      .filter(({ point, server }) => point === host.point && server.address === host.address),
  );
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
    conversations: symptoms.map((conversation) => conversation.index),
    place: `at or before ${host.address}, as seen from ${evidence.points[host.point].name}`,
    ...excerpt(packets),
    reach: conversations.length,
    measured: { silenceSeconds: silence, conversations: conversations.length, ...measuredNeighbour(neighbour) },
    address: host.address,
    others: [...new Set(group.map((down) => down.host.address))].filter((address) => address !== host.address).sort(),
    lastHeard: host.lastSent!,
    silence,
    unanswered: conversations.length,
    point: host.point,
    neighbour,
  };
}
