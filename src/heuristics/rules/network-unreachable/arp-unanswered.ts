import { type ArpExchange, type Conversation, type Evidence, TO_CLIENT } from '../../../flows/evidence/evidence.ts';
import { isLinkLocalUnicast, isSpecial } from '../../../text/addresses.ts';
import {
  type EndpointInTurn,
  endpointInTurn,
  IN_TURN_THRESHOLDS,
  staleEndpointCause,
  staleEndpointCommand,
} from '../../causes/endpoints-in-turn.ts';
import { otherSegment, proxyArpOff } from '../../causes/unanswered-arp.ts';
import { ATTEMPT_THRESHOLDS } from '../../facts/attempts.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { ASK_THRESHOLDS, askedOn, isLadder, makesLadders, pairOf, unansweredAsks } from '../../facts/hosts/asks-on.ts';
import { type Heard, isMute, whatIsHeard } from '../../facts/hosts/heard-addresses.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { appendTo } from '../../words/append-to.ts';
import { escaped, firewallRules, neighbourOf, runs } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { asksFor } from '../../words/display-filter.ts';
import { againAfter, excerpt, packetsAt } from '../../words/excerpt.ts';

const thresholds = {
  ...ASK_THRESHOLDS,
  guardSeconds: { value: 1, unit: 's', source: 'Linux net.ipv4.neigh.*.retrans_time_ms: an answer may still come' },
  sweepTargets: { value: 10, unit: 'addresses', source: 'docs/thresholds.md, sweep-targets' },
} as const;

interface Unanswered extends Occurrence {
  asker: string;
  target: string;
  /** Further silent targets of a sweep. */
  others: number;
  requests: number;
  protocol: 'arp' | 'nd';
  /** The target answers, but only at a point that is not the asker's. The answers are lost on the way. */
  isAnswered: boolean;
  /** Another asker gets answers from the target. */
  answersOthers: boolean;
  /** Clients try several addresses in turn, so the target may be an endpoint of a service. */
  inTurn: EndpointInTurn | null;
  /** Whether the requests were captured on the device of a pod. */
  atPod: boolean;
}

/** An ARP request or neighbour solicitation for the next hop gets no answer. */
export const arpUnanswered = defineRule<Unanswered>({
  meta: {
    id: 'arp-unanswered',
    faultClass: 'network-unreachable',
    level: 'error',
    recordedIn: 'lab/net-arp-unresolved',
    place: 'mechanism',
    explains: ['no-route', 'tunnel-blocked'],
    explainsSymptomsOf: ['lost-between-points', 'silent-path'],
    summary: 'ARP for the next hop gets no answer',
    meaning: 'The sender cannot find the MAC address of its next hop, so no IP packet leaves at all.',
    rule: 'Three or more requests of one asker for one address, each 1 s or more before the capture ends, no answer at that point, where the asker’s own traffic is visible; or, where nothing else of the asker is heard, three in a row a second apart, as only unanswered ones are repeated. A target that answers, or answers others, is no word against it where the asker goes on asking every second and sends nothing else; nor at any pace, where it asks all each time and its machine sends nothing to the point.',
    notThis: [
      'A bystander sees broadcast requests but never the unicast answers: the asker’s own unicast traffic must be visible at the point, or the point be inside a node, and the asker mute but for its requests.',
      'Requests alone, minutes apart, with nothing of the other direction in the capture: the answers may not be visible.',
      'The target is seen to send IP packets at the point and answers nobody there: the answer was missed.',
      'A host that polls its gateway (bonding with arp_interval) asks every second and is answered: it sends IP packets besides.',
      'Sweeps: an asker with ten or more silent targets is told once, as a note.',
      'Announcements and probes (RFC 5227) are no requests.',
    ],
    causes: [
      'The target is down or has another address',
      'It is in another segment (wrong netmask, VLAN, bridge port)',
      'It was a pod, and a service still sends to its address',
      'The CNI did not set up proxy ARP on the veth',
    ],
    confirm: [{ on: '<asker>', command: 'ip neigh show <target>', expect: 'FAILED or INCOMPLETE' }],
    fix: ['Start or renumber the target, or repair the segment between them'],
    references: ['RFC 826', 'RFC 4861, 7.2.2', 'RFC 5227'],
  },
  thresholds: { ...thresholds, ...ATTEMPT_THRESHOLDS, ...TRACEROUTE_THRESHOLDS, ...IN_TURN_THRESHOLDS },

  *detect(evidence) {
    const heard = whatIsHeard(evidence);
    const onward = askedOn(evidence, (point, asker) => isMute(heard, point, asker));
    const silent = unansweredAsks(evidence).filter((exchange) => isSilent(evidence, heard, exchange));
    const told = new Set(silent.map(pairOf));
    for (const exchanges of onward.values())
      if (!told.has(pairOf(exchanges[0])) && mayBeAsked(heard, exchanges[0]))
        yield occurrenceOf(evidence, heard, exchanges, 0);
    const byAsker = new Map<string, ArpExchange[]>();
    for (const exchange of silent) {
      const key = `${exchange.point} ${exchange.asker}`;
      appendTo(byAsker, key, exchange);
    }
    for (const exchanges of byAsker.values()) {
      const targets = new Set(exchanges.map((exchange) => exchange.target));
      const sweep = targets.size >= thresholds.sweepTargets.value;
      for (const target of sweep ? [...targets].slice(0, 1) : targets) {
        const ofTarget = exchanges.filter((exchange) => exchange.target === target);
        yield occurrenceOf(evidence, heard, ofTarget, sweep ? targets.size - 1 : 0);
      }
    }
  },

  explain({ asker, target, others, requests, protocol, isAnswered, answersOthers, inTurn, atPod }, names) {
    const name = protocol === 'arp' ? 'ARP' : 'Neighbour discovery';
    const silence = answersOthers ? 'gets no answer, while others do' : 'nobody answers';
    const isPodGateway = protocol === 'arp' && isLinkLocalUnicast(target);
    const outcome = isAnswered ? 'the answers do not reach it' : silence;
    return {
      message: `${name}: ${names.address(asker)} asks ${counted(requests, 'time')} who has ${names.address(target)} and ${outcome}${others === 0 ? '' : `; ${counted(others, 'further address is', 'further addresses are')} asked for in vain`}`,
      why: 'Without the MAC address of the next hop no packet can be sent to it. The sender gives up after about 3 s with "no route to host".',
      causes: [
        ...(protocol === 'nd' && !isAnswered
          ? [
              {
                id: 'discovery-filtered',
                cause: 'a rule or NetworkPolicy drops neighbour discovery (ICMPv6 types 135 and 136)',
                for: atPod ? ['the questions were captured on the device of the pod, whose other end is its node'] : [],
                against: answersOthers ? ['others get their answers'] : [],
                confirm: [
                  firewallRules(names.nodeOf(asker), 6, 'icmpv6|ipv6-icmp|drop', {
                    expect:
                      'a policy that drops, and no rule that accepts neighbour-solicitation and neighbour-advertisement',
                  }),
                ],
                fix: [
                  `Let ICMPv6 types 135 and 136 of ${names.address(asker)} and ${names.address(target)} pass on ${names.nodeOf(asker)}.`,
                ],
              },
            ]
          : []),
        ...(isAnswered || answersOthers
          ? [
              {
                id: 'answers-dropped',
                cause: `what goes to ${asker} is dropped on the way: a switch port, hypervisor or policy does not take its MAC address`,
                for: [
                  isAnswered ? `${target} answers, and is asked again` : `${target} answers others, but not ${asker}`,
                ],
                against: [],
                fix: [
                  `Let the port of ${asker} take frames to its MAC address (promiscuous mode and forged transmits of the virtual switch, port security, policy).`,
                ],
              },
            ]
          : [
              isPodGateway
                ? proxyArpOff(asker, target, names)
                : {
                    id: 'target-down',
                    cause: `${target} is down or has another address`,
                    for: [`no answer of ${target} in the capture`],
                    against: [],
                    confirm: [
                      runs(names.machine(target), 'ip -br addr; ip -br link', {
                        expect: `${target} is missing, or the link is down`,
                        shows: { lacks: `${escaped(target)}/` },
                      }),
                    ],
                    fix: [
                      `Start ${names.address(target)}, or give it this address; if it is gone for good, let ${asker} use another next hop.`,
                    ],
                  },
            ]),
        ...(inTurn === null ? [] : [staleEndpointCause(target, inTurn)]),
        ...(isPodGateway ? [] : [otherSegment({ asker, target, isAnswered }, names)]),
      ],
      confirm: [
        ...(inTurn === null ? [] : [staleEndpointCommand(target)]),
        neighbourOf(names.machine(asker), target, {
          expect: 'FAILED or INCOMPLETE',
          shows: { has: 'FAILED|INCOMPLETE' },
        }),
      ],
      fix: [],
      wireshark: asksFor(target),
    };
  },
});

function isSilent(evidence: Evidence, heard: Heard, exchange: ArpExchange): boolean {
  const { point, asker, target } = exchange;
  if (exchange.gratuitous || exchange.replies.length > 0 || exchange.requestsTotal < thresholds.requests.value)
    return false;
  if (!mayAsk(exchange) || asker === target || !mayBeAsked(heard, exchange)) return false;
  const latest = indexOf(evidence).endOf(point) - thresholds.guardSeconds.value;
  const requests = exchange.requests.filter(({ time }) => time <= latest);
  if (requests.length < thresholds.requests.value) return false;
  const inLadder = isLadder(requests);
  const isWaiting = inLadder && isMute(heard, point, asker);
  const answersOthers = heard.answeringTargets.has(`${point} ${target}`);
  if (heard.answered.has(pairOf(exchange)) && !isWaiting) return false;
  if (heard.senders.has(`${point} ${target}`) && !(isWaiting && answersOthers)) return false;
  if (seesAsker(heard, point, asker)) return true;
  return (isWaiting && answersOthers) || (inLadder && isHeardAlone(evidence, heard, exchange));
}

/** A router asks from its link-local address (RFC 4861, 7.2.2). An unspecified asker probes for duplicates. */
const mayAsk = ({ protocol, asker }: ArpExchange): boolean =>
  !isSpecial(asker) || (protocol === 'nd' && asker.startsWith('fe80:'));

/**
 * A link-local target may be the gateway of pods (Calico: 169.254.1.1; any router in IPv6). Then no traffic of the
 * asker leaves its host. If the asker does send other traffic, it looked for a service that may not exist.
 */
const mayBeAsked = ({ senders }: Heard, { point, asker, target }: ArpExchange): boolean =>
  !isSpecial(target) || (isLinkLocalUnicast(target) && !senders.has(`${point} ${asker}`));

/**
 * The port of a bystander receives only broadcasts. The side of the asker also shows unicast: IP packets to the asker,
 * or an ARP answer to it.
 */
const seesAsker = (heard: Heard, point: number, asker: string): boolean =>
  heard.receivers.has(`${point} ${asker}`) ||
  heard.answeredAskers.has(`${point} ${asker}`) ||
  heard.answeringTargets.has(`${point} ${asker}`);

/**
 * The point hears only the asker, where a bystander's own traffic would be heard. Or the point is a bridge or veth and
 * the asker sends only solicitations: other hosts' broadcasts arrive there, but no bystander polls neighbours. Or nothing
 * is heard at an unknown point but solicitations, and the asker makes one ladder after the other.
 */
function isHeardAlone(
  evidence: Evidence,
  { voices, senders }: Heard,
  { point, asker, requests }: ArpExchange,
): boolean {
  const { role } = evidence.points[point];
  const isInside = role === 'pod-veth' || role === 'bridge';
  const own = voices.get(point) ?? new Set();
  const isMuted = [...own].every((address) => !senders.has(`${point} ${address}`));
  return (
    own.size === 1 ||
    (isMuted && role === 'unknown' && makesLadders(requests)) ||
    (isInside && !senders.has(`${point} ${asker}`))
  );
}

/** @param others further silent targets of a sweep that this occurrence stands for */
function occurrenceOf(evidence: Evidence, heard: Heard, exchanges: readonly ArpExchange[], others: number): Unanswered {
  const [{ point, asker, target, protocol, replies }] = exchanges;
  const answeredAt = heard.answered.get(pairOf(exchanges[0]))?.find((other) => other !== point);
  const requests = exchanges.flatMap((exchange) => exchange.requests);
  const total = exchanges.reduce((sum, exchange) => sum + exchange.requestsTotal, 0);
  const conversations = evidence.conversations.filter(
    (conversation) =>
      conversation.legs.some((leg) => leg.client.address === target || leg.server.address === target) ||
      (isNode(evidence, exchanges[0]) && isStuckBefore(evidence, point, conversation)),
  );
  const between: Unanswered['between'] = replies.length === 0 && answeredAt !== undefined ? [answeredAt, point] : null;
  const isAnswered = replies.length > 0 || answeredAt !== undefined;
  const answersOthers = heard.answeredBy.get(target)?.some((other) => other !== asker) ?? false;
  // Where the target answers, only the rhythm of the requests tells that the asker got nothing, or its own point does.
  const wouldSee = between !== null || !(isAnswered || answersOthers);
  return {
    key: `${asker}>${target}`,
    ...(others > 0 && { level: 'note' as const }),
    grade: gradeOf({ 'asker-would-see-the-answer': whereSeen(wouldSee) }),
    subject: { protocol: 'arp', client: asker, server: target },
    conversations: conversations.map((conversation) => conversation.index),
    between,
    place: `in the segment of ${evidence.points[point].name}`,
    ...excerpt(packetsAt(point, requests, againAfter(`who has ${target}`, requests[0]), '>')),
    reach: Math.max(1, exchanges.length),
    measured: { requests: total, seconds: Number((requests[requests.length - 1].time - requests[0].time).toFixed(3)) },
    asker,
    target,
    others,
    requests: total,
    protocol,
    isAnswered,
    answersOthers,
    inTurn: others > 0 ? null : endpointInTurn(evidence, target),
    atPod: evidence.points[point].role === 'pod-veth',
  };
}

/** The asker owns this NIC. Its pods' packets wait for the same neighbour. */
const isNode = (evidence: Evidence, { point }: ArpExchange): boolean =>
  evidence.points[point].role === 'node-nic' && evidence.points[point].host !== null;

/** The conversation is unanswered. The last device before its host's NIC saw it, and the NIC did not. */
function isStuckBefore(evidence: Evidence, nic: number, { legs }: Conversation): boolean {
  const { host } = evidence.points[nic];
  const hasTunnelDevice = evidence.points.some((point) => point.host === host && point.role === 'tunnel-device');
  if (legs.some((leg) => leg.point === nic || evidence.points[leg.point].host !== host)) return false;
  const isAtTunnel = !hasTunnelDevice || legs.some(({ point }) => evidence.points[point].role === 'tunnel-device');
  return isAtTunnel && !legs.some((leg) => hasAnswer(evidence, leg));
}

function hasAnswer(evidence: Evidence, { kind, index, point, flow }: Conversation['legs'][number]): boolean {
  if (kind === 'tcp') return evidence.connections[index].directions[TO_CLIENT].packets > 0;
  if (kind === 'datagram') return evidence.datagrams[index].packets[TO_CLIENT] > 0;
  return evidence.echoes.some((echo) => echo.point === point && echo.flow === flow && echo.reply !== null);
}
