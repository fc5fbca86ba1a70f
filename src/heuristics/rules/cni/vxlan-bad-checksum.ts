import type { Conversation, Evidence, TunnelFlow } from '../../../flows/evidence/evidence.ts';
import {
  CHECKSUM_THRESHOLDS,
  isEnough,
  isOuter,
  isRepaired,
  type WrongPackets,
  wrongPackets,
} from '../../facts/checksums.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { GATES } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { breakPointOf } from '../../facts/place.ts';
import { subjectOf } from '../../facts/subject.ts';
import { fateOf } from '../../facts/vtep.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type Explanation, type Names, type Occurrence } from '../../rule/rule.ts';
import { appendTo } from '../../words/append-to.ts';
import { counterOf, counters, runs } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { familyOf, oneWay } from '../../words/display-filter.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';
import { tunnelName } from '../../words/tunnel-name.ts';

const thresholds = {
  withoutChecksum: { value: 3, unit: 'packets', source: 'docs/thresholds.md, three-sendings' },
} as const;
/** Tunnels with an outer UDP header. */
const OVER_UDP: ReadonlySet<TunnelFlow['kind']> = new Set(['vxlan', 'vxlan-gpe', 'geneve']);

interface BadChecksum extends Occurrence {
  source: string;
  destination: string;
  carrier: string;
  header: 'IP' | 'UDP';
  /** The UDP checksum is left out, which a receiver of IPv6 takes only if it was told so. */
  leftOut: boolean;
  bad: number;
  conversationsHit: number;
  repaired: boolean;
  /** Packets in the same tunnel direction that were answered. */
  othersAnswered: number;
}

/** A checksum of the outer header is wrong, so the receiver drops the tunnel packet. */
export const vxlanBadChecksum = defineRule<BadChecksum>({
  meta: {
    id: 'vxlan-bad-checksum',
    faultClass: 'cni',
    level: 'error',
    recordedIn: 'test/pcaps/vxlan-bad-checksum',
    place: 'mechanism',
    explains: ['tunnel-blocked', 'new-connections-dropped'],
    explainsSymptomsOf: ['lost-between-points', 'silent-path'],
    summary: 'Tunnel packets carry a wrong checksum in their outer header',
    meaning:
      'The receiving kernel drops them before decapsulation. Typical: 63 s, 3 s or 1 s delays of service traffic, since only masqueraded packets are affected.',
    rule: 'Three or more packets of a tunnel direction (or the first SYNs of two connections) whose outer IPv4 or UDP checksum is present, wrong, and not the partial sum that transmit offload leaves, none of which is answered before it is sent again with a right one. Over IPv6 likewise where all three packets or more of a direction carry no UDP checksum, none is answered, and the other side sends with checksums. Packets are judged one by one: other traffic of the same tunnel with right checksums acquits nothing. A warning where work goes on by what is sent again.',
    notThis: [
      'No checksum over IPv6 where the receiver sends none either, or answers: it was told to take that.',
      'Logs and metrics over UDP, without a checksum over IPv6: nobody answers them.',
      'Partial checksums on the sender: the NIC fills them in.',
      'Checksum 0 is legal for VXLAN over IPv4.',
      'Packets cut by the snaplen cannot be verified.',
      'A packet with a wrong checksum is answered: its receiver does not look at it, or the capture shows it too early.',
    ],
    causes: [
      'Double masquerade of the encapsulated packet (mark 0x4000 not cleared)',
      'A NIC or kernel defect in VXLAN checksum offload',
    ],
    confirm: [{ on: '<receiving node>', command: 'nstat -az UdpInCsumErrors', expect: 'rises with each attempt' }],
    fix: [
      'ethtool -K flannel.1 tx-checksum-ip-generic off',
      'Upgrade kube-proxy (1.16.13, 1.17.9, 1.18.6 or later) or the kernel',
    ],
    references: ['RFC 7348, 5', 'kubernetes issue 88986', 'calico issue 3145', 'flannel issue 1279'],
  },
  thresholds: { ...thresholds, ...CHECKSUM_THRESHOLDS, ...GATES, oneWayShare: ONE_WAY_SHARE },

  *detect(evidence) {
    const tunnels = new Map<string, WrongPackets[]>();
    for (const found of wrongPackets(evidence, isOuter)) {
      const flow = evidence.tunnels[found.unanswered[0].tunnel];
      if (flow !== undefined && flow.fates.wrongAnswered === 0) appendTo(tunnels, keyOf(flow), found);
    }
    for (const found of tunnels.values()) {
      const flow = shownBy(evidence, found);
      const atPoint = found.filter(({ checked }) => checked.point === flow.point);
      if (isEnough(atPoint)) yield occurrenceOf(evidence, flow, atPoint, found);
    }
    const told = new Set<string>();
    for (const flow of evidence.tunnels) {
      if (told.has(keyOf(flow)) || !isLeftOut(evidence, flow)) continue;
      told.add(keyOf(flow));
      yield leftOutOccurrence(evidence, flow);
    }
  },

  explain(occurrence, names) {
    const { source, destination, carrier, header, bad, conversationsHit, repaired, othersAnswered } = occurrence;
    if (occurrence.leftOut) return explainLeftOut(occurrence, names);
    const conversations = counted(conversationsHit, 'conversation');
    const counter = header === 'UDP' ? 'UdpInCsumErrors' : 'IpInHdrErrors';
    const deviceType = carrier.startsWith('Geneve') ? 'geneve' : 'vxlan';
    return {
      message: `${counted(bad, `${carrier} packet`)} from ${names.address(source)} to ${names.address(destination)} ${bad === 1 ? 'carries' : 'carry'} a wrong outer ${header} checksum and ${bad === 1 ? 'is' : 'are'} not answered; ${repaired ? `${conversations} ${conversationsHit === 1 ? 'goes' : 'go'} on by what is sent again` : `${conversations} ${conversationsHit === 1 ? 'is' : 'are'} hit`}`,
      why: 'The receiving kernel verifies the outer checksum before it decapsulates, and drops what is wrong without a word.',
      causes: [
        ...(header === 'UDP'
          ? []
          : [
              {
                id: 'rewritten-on-the-way',
                cause: 'a device on the way rewrites the outer header and not its checksum',
                for: ['Linux writes the checksum of the outer IP header itself, without the NIC'],
                against: [],
                fix: [
                  `Find what rewrites the packets between ${names.address(source)} and ${names.address(destination)}.`,
                ],
              },
            ]),
        {
          id: 'second-masquerade',
          cause: 'kube-proxy masquerades the encapsulated packet a second time and the checksum is not corrected',
          fix: ['Upgrade kube-proxy (1.16.13, 1.17.9, 1.18.6 and later mark such packets once only).'],
          for:
            othersAnswered > 0
              ? [`other packets of the tunnel are answered (${othersAnswered}): only part of its traffic is affected`]
              : [],
          against: header === 'UDP' ? [] : ['it leaves the checksum of the IP header right'],
        },
        {
          id: 'checksum-offload',
          cause: `checksum offload of the NIC is broken for ${carrier}`,
          for: [],
          against: [],
          fix: [`Upgrade the driver of the NIC on ${names.address(source)}, or leave its checksum offload off.`],
        },
      ],
      confirm: [
        counters(names.machine(destination), [counter], familyOf(destination), {
          expect: `${counterOf(counter, familyOf(destination))} rises with each attempt`,
          shows: { rises: counterOf(counter, familyOf(destination)) },
        }),
        ...(header === 'UDP'
          ? [
              runs(
                names.machine(source),
                "ls /sys/class/net | xargs -n 1 ethtool -k | grep -E 'Features|tx-checksum-ip-generic'",
                { expect: 'tx-checksum-ip-generic: on at the device of the tunnel' },
              ),
            ]
          : []),
      ],
      fix:
        header === 'UDP'
          ? [
              {
                on: names.machine(source),
                command: `ip -o link show type ${deviceType} | cut -d ' ' -f 2 | tr -d : | xargs -n 1 -I DEV ethtool -K DEV tx-checksum-ip-generic off`,
                note: 'until the kernel or kube-proxy is upgraded',
              },
            ]
          : [],
      wireshark: `${oneWay(source, destination)} && ${header.toLowerCase()}.checksum.status==0`,
    };
  },
});

/** Key of one tunnel direction; it is the same at every point. */
const keyOf = ({ kind, source, destination, networkId, destinationPort }: TunnelFlow): string =>
  `${kind} ${source} ${destination} ${networkId} ${destinationPort}`;

/** The tunnel flow with the strongest proof: the one at a receiving NIC, or else the first one. */
function shownBy(evidence: Evidence, found: readonly WrongPackets[]): TunnelFlow {
  const flows = found.map(({ unanswered: [first] }) => evidence.tunnels[first.tunnel]);
  return flows.find((flow) => isReceiving(evidence, flow)) ?? flows[0];
}

/** @param atPoint entries of `found` that are at the point of the tunnel flow */
function occurrenceOf(
  evidence: Evidence,
  flow: TunnelFlow,
  atPoint: readonly WrongPackets[],
  found: readonly WrongPackets[],
): BadChecksum {
  const conversations = [...new Set(found.map(({ conversation }) => conversation))];
  const touched = [...new Set([...conversations, ...unverified(evidence, flow)])];
  const packets = atPoint.flatMap(({ unanswered }) => unanswered);
  const header = packets[0].header === 'outer-ip' ? 'IP' : 'UDP';
  const bad = atPoint.reduce((sum, { checked }) => sum + checked.wrongTotal, 0);
  return {
    key: `${flow.source}>${flow.destination}`,
    level: isRepaired(found) ? 'warning' : 'error',
    grade: gradeOf({ 'bad-at-the-receiver': whereSeen(isReceiving(evidence, flow)) }),
    subject: subjectOf(touched).subject,
    conversations: touched.map((conversation) => conversation.index),
    between: breakPointOf(touched)?.between ?? null,
    place: `between ${flow.source} and the decapsulation on ${flow.destination}`,
    ...excerpt(packetsAt(flow.point, packets, `outer ${header} checksum wrong`)),
    reach: conversations.length,
    measured: { bad, good: flow.checksums.good, absent: flow.checksums.absent, otherAnswered: flow.fates.answered },
    source: flow.source,
    destination: flow.destination,
    carrier: tunnelName(flow),
    header,
    leftOut: false,
    bad,
    conversationsHit: conversations.length,
    repaired: isRepaired(found),
    othersAnswered: flow.fates.answered,
  };
}

/** Unanswered conversations of a tunnel flow that has cut packets. The checksums of cut packets cannot be verified. */
const unverified = (evidence: Evidence, flow: TunnelFlow): readonly Conversation[] =>
  flow.checksums.notCaptured > 0 ? fateOf(evidence, [flow]).unanswered : [];

/** True at the NIC of a node that received the packets through a router. No device fills in the checksum after that. */
const isReceiving = (evidence: Evidence, { point, ttls }: TunnelFlow): boolean =>
  evidence.points[point].role === 'node-nic' && ttls.some(({ value }) => value < 64);

/**
 * Whether a tunnel over IPv6 carries no UDP checksum in one direction, where nothing is answered, while the other side
 * sends with checksums. A receiver drops such packets unless it was told to take them (RFC 6935, 5; udp6zerocsumrx).
 */
function isLeftOut(evidence: Evidence, flow: TunnelFlow): boolean {
  const { kind, point, source, destination, packets, checksums, fates } = flow;
  if (!OVER_UDP.has(kind) || familyOf(source) !== 6 || fates.sent === 0 || fates.answered > 0) return false;
  if (packets < thresholds.withoutChecksum.value || checksums.absent < packets) return false;
  const { unanswered } = fateOf(evidence, [flow]);
  if (unanswered.length > 0 && !unanswered.some((one) => wantsAnswer(evidence, one))) return false;
  const back = evidence.tunnels.filter(
    (other) =>
      other.point === point && other.kind === kind && other.source === destination && other.destination === source,
  );
  return back.some((other) => other.checksums.good > 0) && back.every((other) => other.checksums.absent === 0);
}

/** Datagrams that are no DNS queries may be logs or metrics, which nobody answers. */
const wantsAnswer = (evidence: Evidence, conversation: Conversation): boolean =>
  conversation.protocol !== 'udp' || indexOf(evidence).dns(conversation).length > 0;

function leftOutOccurrence(evidence: Evidence, flow: TunnelFlow): BadChecksum {
  const { point, source, destination, packets, first, last } = flow;
  const conversations = fateOf(evidence, [flow]).unanswered;
  return {
    key: `${source}>${destination} without`,
    grade: gradeOf({ 'dropped-for-that': 'unchecked' }),
    subject: { protocol: 'tunnel', client: source, server: destination },
    conversations: conversations.map((conversation) => conversation.index),
    between: breakPointOf(conversations)?.between ?? null,
    place: `between ${source} and the decapsulation on ${destination}`,
    ...excerpt(packetsAt(point, first.packet === last.packet ? [first] : [first, last], 'no outer UDP checksum')),
    reach: conversations.length,
    measured: { bad: 0, good: 0, absent: packets, otherAnswered: 0 },
    source,
    destination,
    carrier: tunnelName(flow),
    header: 'UDP',
    leftOut: true,
    bad: packets,
    conversationsHit: conversations.length,
    repaired: false,
    othersAnswered: 0,
  };
}

const explainLeftOut = ({ source, destination, carrier, bad }: BadChecksum, names: Names): Explanation => ({
  message: `${counted(bad, `${carrier} packet`)} from ${names.address(source)} to ${names.address(destination)} carry no outer UDP checksum over IPv6, and none is answered`,
  why: `A receiver drops UDP without a checksum over IPv6 unless the tunnel was told to take it. ${names.address(destination)} itself sends with checksums.`,
  causes: [
    {
      id: 'zero-checksum-refused',
      cause: `the tunnel device of ${names.address(source)} leaves the checksum out (udp6zerocsumtx), and that of ${names.address(destination)} does not take such packets (udp6zerocsumrx)`,
      telling: [`all ${bad} packets carry none, and those of the other direction do`],
      for: [],
      against: [],
      fix: [
        `Give the tunnel devices of both nodes the same setting: checksums on, or udp6zerocsumtx and udp6zerocsumrx on both.`,
      ],
    },
  ],
  confirm: [
    counters(names.machine(destination), ['UdpInCsumErrors'], 6, {
      expect: `${counterOf('UdpInCsumErrors', 6)} rises with each attempt`,
      shows: { rises: counterOf('UdpInCsumErrors', 6) },
    }),
    runs(names.machine(source), "ip -d link show type vxlan | grep -o '[a-z]*udp6zerocsum[a-z]*'", {
      expect: 'udp6zerocsumtx; on the other node noudp6zerocsumrx',
    }),
  ],
  fix: [],
  wireshark: `${oneWay(source, destination)} && udp.checksum==0`,
});
