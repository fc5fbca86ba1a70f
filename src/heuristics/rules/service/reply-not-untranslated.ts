import type { Connection, Evidence } from '../../../flows/evidence/evidence.ts';
import { TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { addressOf } from '../../../text/addresses.ts';
import {
  againstTranslation,
  forTranslation,
  otherOwnAddressCause,
  type TwoAddresses,
  twoAddresses,
  whyInVain,
} from '../../causes/other-own-address.ts';
import { spokenFor } from '../../facts/arp-speakers.ts';
import { endpointText } from '../../facts/attempts.ts';
import { answeredFromElsewhere } from '../../facts/client-sockets.ts';
import { type EvidenceIndex, indexOf } from '../../facts/evidence-index.ts';
import { inOrder } from '../../facts/packet-order.ts';
import { packetsOfStray, STRAY_ANSWER_THRESHOLDS, type StrayAnswer, strayGroupsOf } from '../../facts/stray-answers.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type EvidencePacket, type Occurrence } from '../../rule/rule.ts';
import { appendTo } from '../../words/append-to.ts';
import { bridgeFiltering, masqueradeRules, routeTo, trackedTo } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { familyOf, withAddress } from '../../words/display-filter.ts';
import { excerpt, packetsAt, synPackets } from '../../words/excerpt.ts';
import { filterBridge } from '../../words/repairs.ts';

interface NotUntranslated extends Occurrence {
  client: string;
  service: string;
  serviceAddress: string;
  answerer: string;
  answererAddress: string;
  attempts: number;
  /** Resets of TCP, or ICMP errors about datagrams, by which the client refuses the answers. */
  resets: number;
  point: number;
  /** The next hop has the answering address: the SYNs go to the MAC that sends from this address. */
  byNextHop: boolean;
  /** Of UDP: what is known of the two addresses. A TCP server always answers from the address that was asked. */
  own: TwoAddresses | null;
}

/** The connection that the client asked for, and the one that answered instead. */
interface Pair {
  asked: Connection;
  answered: Connection;
}

/** The client asked one address, and another one answers. The client refuses the answer. */
export const replyNotUntranslated = defineRule<NotUntranslated>({
  meta: {
    id: 'reply-not-untranslated',
    faultClass: 'service',
    level: 'error',
    recordedIn: 'lab/cni-reply-not-unnated',
    place: 'mechanism',
    explains: [
      'dns-reply-wrong-source',
      'port-closed',
      'half-open',
      'reset-injected',
      'firewall-reject',
      'port-rejected',
    ],
    explainsSymptomsOf: ['lost-between-points', 'silent-path'],
    summary: 'Replies come from another address than was asked',
    meaning:
      'The way there is translated, the way back is not; or a UDP server with several addresses answers from another one. The client gets an answer from an address that it never asked, and refuses it.',
    rule: 'A SYN to one address gets no SYN-ACK from there; a SYN-ACK to the same client port comes from another address, acknowledges exactly that SYN, and the client resets it. Or: datagrams to one address get no answer from there, and from the same port of another address one comes within 2 s after a request each time, and ICMP errors come back about the answers; a warning where there are none and three answers come or more.',
    notThis: [
      'A bridge shows packets before and after translation: there the SYN-ACK with the service address is seen too.',
      'Direct server return: the client accepts the answer and does not reset it.',
      'A port that the client used again for another connection: the acknowledgement number does not fit.',
      'The client asks the answering address too, or several addresses answer (discovery, broadcast).',
      'Datagrams of peers that use one port at both ends, and DNS, which has a rule of its own.',
    ],
    causes: [
      'Client and server pod share a node, and net.bridge.bridge-nf-call-iptables is 0: the reply crosses the bridge past conntrack',
      'The reply takes another way back, past the node that translated',
      'No masquerade for a client in the same subnet as the server',
      'The next hop masquerades replies: it gives them its own address',
      'A UDP server on several addresses, or in the network of its node, answers from that of the outgoing interface',
    ],
    confirm: [{ on: '<node of the client>', command: 'sysctl net.bridge.bridge-nf-call-iptables', expect: '= 0' }],
    fix: ['Load br_netfilter and set net.bridge.bridge-nf-call-iptables=1'],
    references: ['Linux net.bridge.bridge-nf-call-iptables', 'RFC 9293, 3.10.7.3'],
  },
  thresholds: STRAY_ANSWER_THRESHOLDS,

  *detect(evidence) {
    const groups = new Map<string, Pair[]>();
    for (const pair of pairsOf(evidence)) {
      const key = `${pair.asked.client.address} ${endpointText(pair.asked.server)} ${pair.answered.server.address}`;
      appendTo(groups, key, pair);
    }
    for (const pairs of groups.values()) yield occurrenceOf(evidence, pairs);
    for (const strays of strayGroupsOf(evidence)) yield ofDatagrams(evidence, strays);
  },

  explain(found, names) {
    const answerer = names.address(found.answererAddress);
    const node = names.host(found.point);
    const protocol = found.own === null ? 'tcp' : 'udp';
    return {
      message: `${names.address(found.client)} ${found.own === null ? 'connects to' : 'asks'} ${names.address(found.service)}, and ${answerer} answers with its own address`,
      why:
        found.own === null
          ? 'The SYN-ACK acknowledges exactly the SYN that was sent to the service, so the way there works. Its address was not translated back, so the client resets it.'
          : whyInVain(found.resets),
      causes: [
        ...(found.own === null ? [] : [otherOwnAddressCause(found.own, names)]),
        {
          id: 'bridge-skips-conntrack',
          cause: 'replies cross the bridge without passing conntrack (net.bridge.bridge-nf-call-iptables is 0)',
          for:
            found.own === null
              ? [
                  `${answerer} answers ${counted(found.attempts, 'connection')} with its own address`,
                  `the client resets ${counted(found.resets, 'of its packets', 'of its packets')}`,
                ]
              : forTranslation(found.own),
          against: found.own === null ? [] : againstTranslation(found.own),
          fix: [filterBridge(node)],
        },
        {
          id: 'other-way-back',
          cause: 'the replies take another way back, past the node that translated (no masquerade)',
          for: [],
          against: found.own === null ? [] : againstTranslation(found.own),
          confirm: [
            routeTo(names.nodeOf(found.answererAddress), addressOf(found.client), {
              expect: 'a way that does not lead through the node that translated the request',
            }),
          ],
          fix: [
            `Masquerade connections of ${names.address(found.client)} to ${names.address(found.service)} on the node that translates them (kube-proxy --masquerade-all, externalTrafficPolicy Cluster), so that the replies come back through it.`,
          ],
        },
        ...(found.byNextHop
          ? [
              {
                id: 'reply-masqueraded',
                cause: `the next hop ${answerer} gives its own address to replies that pass it (masquerade of replies)`,
                telling: [`the SYNs to ${found.serviceAddress} go to the MAC of ${found.answererAddress}`],
                for: [],
                against: [],
                confirm: [
                  masqueradeRules(answerer, familyOf(found.answererAddress), {
                    expect: 'a rule that matches replies as well',
                  }),
                ],
                fix: [
                  `Leave replies out of the masquerade rule on ${answerer} (match new connections of its own clients only).`,
                ],
              },
            ]
          : []),
      ],
      confirm: [
        bridgeFiltering(node, familyOf(found.serviceAddress)),
        trackedTo(node, protocol, found.serviceAddress, {
          expect: `entries ${found.own === null ? 'in state SYN_SENT ' : ''}marked [UNREPLIED] although answers arrive`,
          shows: { has: 'UNREPLIED' },
        }),
      ],
      fix: [],
      wireshark: `${protocol} && ${withAddress(found.client)} && (${withAddress(found.serviceAddress)} || ${withAddress(found.answererAddress)})`,
    };
  },
});

function* pairsOf(evidence: Evidence): Iterable<Pair> {
  for (const asked of evidence.connections) {
    const answered = answeredFromElsewhere(evidence, asked);
    if (answered !== undefined && answered.directions[TO_SERVER].resets > 0) yield { asked, answered };
  }
}

/** The nearest pair by the order of points on the path, not by the order of the files. */
function nearestToClient(index: EvidenceIndex, pairs: readonly Pair[]): Pair {
  const place = ({ asked }: Pair): number =>
    index.conversationOf('tcp', asked.index)?.legs.findIndex(({ point }) => point === asked.point) ?? 0;
  return pairs.reduce((nearest, pair) => (place(pair) < place(nearest) ? pair : nearest));
}

function occurrenceOf(evidence: Evidence, pairs: readonly Pair[]): NotUntranslated {
  const index = indexOf(evidence);
  const { asked, answered } = nearestToClient(index, pairs);
  const conversations = new Set(
    pairs.flatMap(({ asked: a, answered: b }) => [
      index.conversationOf('tcp', a.index),
      index.conversationOf('tcp', b.index),
    ]),
  );
  const packets = pairs.flatMap(packetsOf).sort(inOrder);
  return {
    key: `${asked.client.address}>${endpointText(asked.server)}<${answered.server.address}`,
    grade: gradeOf({ 'acknowledges-that-syn': 'passed' }),
    subject: {
      protocol: 'tcp',
      client: asked.client.address,
      server: endpointText(answered.server),
      serverBeforeNat: endpointText(asked.server),
    },
    conversations: [...conversations].flatMap((conversation) => conversation?.index ?? []),
    between: backBetween(index, asked, answered),
    place: `on the way back to ${evidence.points[asked.point].name}`,
    ...excerpt(packets),
    reach: pairs.length,
    measured: {
      connections: pairs.length,
      asked: endpointText(asked.server),
      answeredFrom: endpointText(answered.server),
    },
    client: asked.client.address,
    service: endpointText(asked.server),
    serviceAddress: asked.server.address,
    answerer: endpointText(answered.server),
    answererAddress: answered.server.address,
    attempts: pairs.length,
    resets: pairs.reduce((total, pair) => total + pair.answered.directions[TO_SERVER].resets, 0),
    point: asked.point,
    byNextHop: isNextHop(evidence, asked, answered.server.address),
    own: null,
  };
}

function ofDatagrams(evidence: Evidence, strays: readonly StrayAnswer[]): NotUntranslated {
  const index = indexOf(evidence);
  const [{ asked, answerer }] = strays;
  const { point, client, server } = asked;
  const asks = endpointText(server);
  const rejected = strays.flatMap((stray) => stray.rejected);
  const flows = strays.flatMap((stray) => [stray.asked.flow, stray.flow]);
  const conversations = new Set(flows.flatMap((flow) => index.conversationOfFlow(point, flow)?.index ?? []));
  const packets = strays.flatMap(packetsOfStray).sort(inOrder);
  return {
    key: `${client.address}>${asks}<${answerer.address}`,
    ...(rejected.length === 0 && { level: 'warning' as const }),
    grade: gradeOf({ 'answers-are-rejected': whereSeen(rejected.length > 0) }),
    subject: { protocol: 'udp', client: client.address, server: endpointText(answerer), serverBeforeNat: asks },
    conversations: [...conversations],
    place: `on the way back to ${evidence.points[point].name}, or in the server`,
    ...excerpt(packets),
    reach: strays.length,
    measured: {
      asked: asks,
      answeredFrom: endpointText(answerer),
      answers: strays.reduce((sum, { answers }) => sum + answers.length, 0),
      rejected: rejected.length,
    },
    client: client.address,
    service: asks,
    serviceAddress: server.address,
    answerer: endpointText(answerer),
    answererAddress: answerer.address,
    attempts: strays.length,
    resets: rejected.length,
    point,
    byNextHop: false,
    own: twoAddresses(evidence, point, server.address, answerer.address, server.port),
  };
}

/**
 * First the point nearest to the client where the server answers the translated SYN. Then the point before it, which
 * shows the SYN before translation. The reply had to be translated back between them. Null if no two points show this.
 */
function backBetween(index: EvidenceIndex, asked: Connection, answered: Connection): [number, number] | null {
  const conversation = index.conversationOf('tcp', asked.index);
  const legs = conversation === undefined ? [] : index.connections(conversation);
  const isOfSyn = ({ directions }: Connection): boolean =>
    directions[TO_SERVER].iss === asked.directions[TO_SERVER].iss;
  const at = legs.findIndex(
    (leg) =>
      leg.point !== asked.point &&
      leg.server.address === answered.server.address &&
      leg.synAck.length > 0 &&
      isOfSyn(leg),
  );
  const before = legs
    .slice(0, Math.max(at, 0))
    .filter((leg) => leg.server.address === asked.server.address && leg.point !== legs[at].point && isOfSyn(leg));
  return before.length === 0 ? null : [legs[at].point, before[before.length - 1].point];
}

function isNextHop(evidence: Evidence, { point, directions }: Connection, answerer: string): boolean {
  const nextHops = directions[TO_SERVER].destinationMacs;
  return spokenFor(evidence, point, answerer).some(({ mac }) => nextHops.some(({ value }) => value === mac));
}

function packetsOf({ asked, answered }: Pair): EvidencePacket[] {
  const resets = answered.resets.filter(({ direction }) => direction === TO_SERVER);
  return [
    ...synPackets(asked),
    ...packetsAt(answered.point, answered.synAck, `SYN-ACK, from ${answered.server.address}`, '<'),
    ...packetsAt(answered.point, resets, 'the client resets it', '>'),
  ];
}
