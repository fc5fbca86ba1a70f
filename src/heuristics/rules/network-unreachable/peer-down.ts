import { type Conversation, type Evidence, TO_CLIENT } from '../../../flows/evidence/evidence.ts';
import { shellQuote } from '../../../text/shell-quote.ts';
import {
  measuredNeighbour,
  type StaleNeighbour,
  staleNeighbour,
  staleNeighbourCause,
  staleNeighbourCommands,
} from '../../causes/stale-neighbour.ts';
import { fileHasPureAcks, PURE_ACKS } from '../../facts/counter/acknowledgements.ts';
import { othersGoOn, REMOTE_THRESHOLDS } from '../../facts/counter/remote-silence.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { GONE_SILENT_THRESHOLDS, type GoneSilent, goneSilent } from '../../facts/hosts/gone-silent.ts';
import { PENDING_THRESHOLDS, unheardConversations } from '../../facts/hosts/pending-conversations.ts';
import { type Answers, gradeOf } from '../../rule/grade.ts';
import { defineRule, type EvidencePacket, type Occurrence } from '../../rule/rule.ts';
import { kubectl, neighbourOf, pings, routeTo } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { withAddress } from '../../words/display-filter.ts';
import { excerpt } from '../../words/excerpt.ts';

const thresholds = {
  togetherSeconds: { value: 5, unit: 's', source: 'docs/thresholds.md, silent-together' },
} as const;

interface PeerDown extends Occurrence {
  address: string;
  /** Other addresses that became silent with the host: the pods of a node. */
  others: string[];
  lastHeard: number;
  silence: number;
  unanswered: number;
  /** Requests for the MAC of the host that stay without an answer. */
  asked: number;
  point: number;
  neighbour: StaleNeighbour | null;
}

/** A host that answered everything stops answering anything at one moment. */
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
    rule: 'A host that was heard sends nothing more while two or more conversations wait for an answer of it for 2 s and longer, up to the end of the capture, while others go on. Requests for its MAC (ARP, neighbour discovery) count as a conversation. Inferred where nobody else was heard.',
    notThis: [
      'Only FINs wait for it, and they are lost between two points of their way: packet-loss.',
      'It ignored the same octets or FIN before, while it answered others: they do not get to it, and it lives.',
      'Another point sees it answer what gets no answer here: its answers are lost.',
      'The conversations had simply ended, or nobody waits for an answer: closing packets and scans do not count.',
      'One conversation only, and nobody on its link asks for its MAC: that is peer-vanished.',
      'It still asks or answers by ARP: the machine and its link live.',
      'Only new connections to one port wait: that listener may be full, or shut off.',
      'What it does not answer it did not answer before either: that port or protocol is blocked.',
      'Several machines fall silent at once and no other is heard any more: that is local-outage.',
      'The file holds no pure acknowledgements (a capture filter): what it does not show as acknowledged may well be.',
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
  thresholds: {
    ...thresholds,
    ...GONE_SILENT_THRESHOLDS,
    ...PENDING_THRESHOLDS,
    ...PURE_ACKS,
    atOnceSeconds: REMOTE_THRESHOLDS.togetherSeconds,
    machines: REMOTE_THRESHOLDS.machines,
    hopsApart: REMOTE_THRESHOLDS.hopsApart,
    heard: REMOTE_THRESHOLDS.heard,
  },

  *detect(evidence) {
    const down = goneSilent(evidence).filter((gone) => !isOneListener(evidence, gone));
    for (const group of together(down)) {
      const grade = gradeOf(answersAbout(evidence, group));
      if (grade !== null) yield { ...occurrenceOf(evidence, group), grade };
    }
  },

  explain({ address, others, lastHeard, silence, unanswered, asked, point, neighbour }, names) {
    const besides = others.length === 0 ? '' : ` and ${counted(others.length, 'address', 'addresses')} with it`;
    return {
      message: `${names.address(address)}${besides} ${others.length === 0 ? 'goes' : 'go'} silent ${lastHeard.toFixed(3)} s into the capture: ${counted(unanswered, 'conversation goes', 'conversations go')} on for ${silence.toFixed(1)} s without an answer${askedWords(asked)}`,
      why: 'It answered before, and then nothing of it is heard any more, whatever the port or protocol. That is the host or its link, not one service.',
      causes: [
        ...(neighbour === null ? [] : [staleNeighbourCause(neighbour)]),
        {
          id: 'host-down',
          cause: 'the host or its NIC is down, or the link to it failed',
          for: [
            ...(unanswered > 1 ? ['all conversations stop at the same moment'] : []),
            ...(asked > 0 ? [`nobody answers when its MAC is asked for (${counted(asked, 'request')})`] : []),
          ],
          fix: [`Bring ${names.address(address)} or its link back, and drain it meanwhile if it is a node.`],
          against: neighbour === null ? [] : [`${address} still speaks by ARP, from another MAC`],
        },
        {
          id: 'route-withdrawn',
          cause: 'the route to it was withdrawn',
          for: [],
          against: [],
          fix: [`Restore the route of ${names.host(point)} to ${address}.`],
        },
      ],
      confirm: [
        ...(neighbour === null ? [] : staleNeighbourCommands(neighbour, names.host(point))),
        pings(names.host(point), address, false),
        routeTo(names.host(point), address, { expect: 'the way that it took before' }),
        neighbourOf(names.host(point), address, {
          expect: 'FAILED or INCOMPLETE where it is on the same link',
        }),
        kubectl(`get nodes -o wide | grep -w ${shellQuote(address)}`, 'NotReady, where it is a node'),
      ],
      fix: [],
      wireshark: withAddress(address),
    };
  },
});

/** ", nor do 3 requests for its MAC"; empty without requests. */
const askedWords = (asked: number): string =>
  asked === 0 ? '' : `, and ${counted(asked, 'request')} for its MAC ${asked === 1 ? 'is' : 'are'} not answered`;

/** Whether other remote hosts are still heard, and whether the file would contain an acknowledgement. */
function answersAbout(evidence: Evidence, group: readonly GoneSilent[]): Answers {
  const [{ host }] = group;
  const isTcpOnly = group.every(({ conversations }) => conversations.every(({ protocol }) => protocol === 'tcp'));
  return {
    'others-go-on': othersGoOn(evidence, host.point, host.lastSent!),
    'silent-everywhere': group.some((gone) => answersElsewhere(evidence, gone)) ? 'refuted' : 'passed',
    'closing-packets-reach-it': group.every(({ conversations }) => conversations.every(losesOnlyEnds))
      ? 'refuted'
      : 'passed',
    'acknowledgements-in-file': isTcpOnly ? fileHasPureAcks(evidence, host.point) : 'passed',
  };
}

/**
 * Whether all that a conversation loses are SYNs and FINs between two points that both ran, while other packets pass them:
 * then both ends wait, and neither is gone.
 */
function losesOnlyEnds({ hops }: Conversation): boolean {
  const lossy = hops.filter(({ unknown, lost }) => unknown === null && lost > 0);
  return (
    lossy.length > 0 &&
    lossy.every(({ lostData, lostControl, matched }) => matched > 0 && lostData === 0 && lostControl > 0)
  );
}

/**
 * Only new attempts at one port wait where the host fell silent. The fault may be limited to that listener or to a device
 * in front of it. What another point shows of its answers does not matter: they do not get here.
 */
function isOneListener(evidence: Evidence, { host, conversations }: GoneSilent): boolean {
  const [{ server }] = conversations;
  return conversations.every(
    (conversation) =>
      conversation.protocol === 'tcp' &&
      conversation.server.port === server.port &&
      conversation.server.address === server.address &&
      indexOf(evidence)
        .connections(conversation)
        .every(({ point, directions }) => point !== host.point || directions[TO_CLIENT].packets === 0),
  );
}

/**
 * Whether another point sees the host answer attempts that get no answer at the point where it fell silent: then the host
 * lives, and its answers are lost.
 */
const answersElsewhere = (evidence: Evidence, { host, conversations }: GoneSilent): boolean =>
  conversations.some((conversation) => {
    const legs = indexOf(evidence).connections(conversation);
    const here = legs.filter(({ point }) => point === host.point);
    return (
      here.length > 0 &&
      here.every(({ server, directions }) => server.address === host.address && directions[TO_CLIENT].packets === 0) &&
      legs.some(({ directions: [, back] }) => back.packets > back.resets)
    );
  });

/**
 * A node and its pods are one fault. Hosts belong together if the same conversations wait for them, or if one point
 * last heard them at about the same time. The node comes first: an outer address before inner ones, then the nearest by
 * hop limit.
 */
function together(down: readonly GoneSilent[]): GoneSilent[][] {
  const nearness = ({ host }: GoneSilent): number => Math.max(0, ...host.ttls.map(({ value }) => value));
  const order = [...down].sort(
    (a, b) =>
      Number(b.host.outer) - Number(a.host.outer) ||
      nearness(b) - nearness(a) ||
      b.conversations.length - a.conversations.length,
  );
  const groups: GoneSilent[][] = [];
  for (const one of order) {
    const group = groups.find((members) => members.some((other) => isSameSilence(one, other)));
    if (group === undefined) groups.push([one]);
    else group.push(one);
  }
  return groups;
}

const isSameSilence = (a: GoneSilent, b: GoneSilent): boolean =>
  a.conversations.some((conversation) => b.conversations.includes(conversation)) ||
  (a.host.point === b.host.point && Math.abs(a.host.lastSent! - b.host.lastSent!) <= thresholds.togetherSeconds.value);

function occurrenceOf(evidence: Evidence, group: readonly GoneSilent[]): PeerDown {
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
    grade: 'inferred',
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
    asked: Math.max(...group.map((down) => down.asked)),
    point: host.point,
    neighbour,
  };
}
