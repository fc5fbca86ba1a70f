import { type ChecksumHeader, type Evidence, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import {
  CHECKSUM_THRESHOLDS,
  isRepaired,
  RIGHT_ANSWERED,
  type WrongOnArrival,
  wrongOnArrival,
} from '../../facts/checksums.ts';
import { GATES } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { subjectOf } from '../../facts/subject.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { counterOf, counters, watches } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { familyOf } from '../../words/display-filter.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';

interface WrongOnArrivalOccurrence extends Occurrence {
  header: 'IPv4' | 'TCP' | 'UDP';
  /** Sender and destination of the packets. The one that is the server has its port. */
  sender: string;
  receiver: string;
  /** Address of the receiver. */
  address: string;
  point: number;
  before: number | null;
  beforeIs: WrongOnArrival['beforeIs'];
  wrong: number;
  repaired: boolean;
  rightAnswered: number;
  /** One of the packets, used to make a tcpdump filter. */
  example: number;
}

/** Packets arrive with a wrong checksum, so the receiver drops them silently. */
export const badChecksumOnArrival = defineRule<WrongOnArrivalOccurrence>({
  meta: {
    id: 'bad-checksum-on-arrival',
    faultClass: 'cni',
    level: 'error',
    recordedIn: 'test/pcaps/bad-checksum-on-arrival',
    place: 'mechanism',
    explains: ['new-connections-dropped'],
    explainsSymptomsOf: ['silent-path', 'lost-between-points'],
    summary: 'Packets arrive with a wrong IP, TCP or UDP checksum and are not answered',
    meaning:
      'The receiving kernel drops them before any socket or firewall rule that logs sees them. A device on the way rewrote the packet without its checksum, or nobody filled in what transmit offload had left open.',
    rule: 'Three packets or more (or the first SYNs of two connections) whose innermost IPv4, TCP or UDP checksum is wrong and that get no answer before they are sent again with a right one. Either an earlier point of their way shows right or partial checksums of the same direction, or at the same point two right packets with the same source MAC are answered and no wrong one is.',
    notThis: [
      'Partial sums that transmit offload leaves: the network card fills them in.',
      'A packet with a wrong checksum is answered: the capture shows it before it was completed, or was changed afterwards.',
      'All packets of that sender are wrong at the only point: nothing tells a fault from offload that leaves other values.',
      'Packets cut by the snaplen, and fragments, cannot be verified.',
      'Right packets of the same connection get no answer either: something else is in the way.',
      'The outer header of a tunnel is vxlan-bad-checksum.',
    ],
    causes: [
      'A device or program on the way rewrites packets and not their checksum',
      'Packets of a virtual interface with transmit offload are diverted (XDP, user-space switch, tunnel) before anybody fills the checksum in',
      'A defect in the checksum offload of a network card',
    ],
    confirm: [
      {
        on: '<receiving host>',
        command: 'nstat -az TcpInCsumErrors UdpInCsumErrors',
        expect: 'rises with each attempt',
      },
    ],
    fix: ['ethtool -K <sending interface> tx off, until the device that rewrites the packets is mended'],
    references: ['RFC 1071', 'RFC 9293, 3.1', 'RFC 768', 'Linux: Documentation/networking/checksum-offloads.rst'],
  },
  thresholds: { ...CHECKSUM_THRESHOLDS, ...RIGHT_ANSWERED, ...GATES, oneWayShare: ONE_WAY_SHARE },

  *detect(evidence) {
    for (const group of wrongOnArrival(evidence)) yield occurrenceOf(evidence, group);
  },

  explain(occurrence, names) {
    const { header, sender, receiver, address, point, before, beforeIs, wrong, repaired, rightAnswered, example } =
      occurrence;
    const at = names.point(point);
    const counter = { IPv4: 'IpInHdrErrors', TCP: 'TcpInCsumErrors', UDP: 'UdpInCsumErrors' }[header];
    return {
      message: `${counted(wrong, 'packet')} of ${names.address(sender)} to ${names.address(receiver)} arrive at ${at} with a wrong ${header} checksum; ${repaired ? 'only what is sent again with a right one is answered' : 'none is answered'}`,
      why: 'A kernel drops a packet with a wrong checksum before any socket sees it, and sends nothing back.',
      causes:
        before === null
          ? [
              {
                id: 'rewritten-on-the-way',
                cause: 'a device before this point rewrites the packets without their checksum',
                for: [
                  `${counted(rightAnswered, 'packet')} with right checksums from the same link address ${rightAnswered === 1 ? 'is' : 'are'} answered`,
                ],
                against: [],
              },
              {
                id: 'checksum-offload',
                cause: 'transmit offload at the sender left the checksum open, and nobody filled it in',
                for: [],
                against: ['the values are not the partial sums that Linux leaves'],
              },
            ]
          : [
              {
                id: beforeIs === 'right' ? 'rewritten-on-the-way' : 'checksum-offload',
                cause:
                  beforeIs === 'right'
                    ? `what lies between ${names.point(before)} and ${at} changes the packets`
                    : `what lies between ${names.point(before)} and ${at} fills in a wrong checksum`,
                for: [
                  beforeIs === 'right'
                    ? `the checksums are right at ${names.point(before)}`
                    : `${names.point(before)} shows the partial sums of transmit offload`,
                ],
                against: [],
              },
            ],
      confirm: [
        counters(names.machine(address), [counter], familyOf(address), {
          expect: `${counterOf(counter, familyOf(address))} rises with each attempt`,
          shows: { rises: counterOf(counter, familyOf(address)) },
        }),
        watches(
          names.host(point),
          `dst host ${address}`,
          {
            expect: `"incorrect" or "bad cksum" for packets like ${example}`,
            shows: { has: 'incorrect|bad (udp )?cksum' },
          },
          { how: ' -vv' },
        ),
      ],
      fix: [
        before === null
          ? `Find what rewrites the packets before ${at}. Until it is mended, turn transmit checksum offload off where they are sent (ethtool -K, tx off).`
          : `Find what ${beforeIs === 'right' ? 'rewrites the packets' : 'completes the checksums'} between ${names.point(before)} and ${at}. Until it is mended, turn transmit checksum offload off on ${names.host(before)} (ethtool -K, tx off, at each device of the path).`,
      ],
      wireshark: `${header === 'IPv4' ? 'ip' : header.toLowerCase()}.checksum.status==0`,
    };
  },
});

const HEADERS: Record<ChecksumHeader, WrongOnArrivalOccurrence['header']> = {
  'outer-ip': 'IPv4',
  'outer-udp': 'UDP',
  ip: 'IPv4',
  tcp: 'TCP',
  udp: 'UDP',
};

function occurrenceOf(evidence: Evidence, group: WrongOnArrival): WrongOnArrivalOccurrence {
  const { point, before, beforeIs, header, found, rightAnswered } = group;
  const conversations = [...new Set(found.map(({ conversation }) => conversation))];
  const { subject, key, cause, servers, clients } = subjectOf(conversations);
  const packets = found.flatMap(({ unanswered }) => unanswered);
  const wrong = found.reduce((sum, { checked }) => sum + checked.wrongTotal, 0);
  const name = HEADERS[header];
  const isToServer = found[0].checked.direction === TO_SERVER;
  return {
    key,
    cause,
    level: isRepaired(found) ? 'warning' : 'error',
    grade: gradeOf({ 'right-at-an-earlier-point': whereSeen(before !== null) }),
    subject,
    conversations: conversations.map(({ index }) => index),
    between: before === null ? null : [before, point],
    place: `before ${evidence.points[point].name}`,
    ...excerpt(packetsAt(point, packets, `${name} checksum wrong, not answered`)),
    reach: conversations.length,
    measured: { wrong, rightAnswered, header: name },
    header: name,
    sender: isToServer ? clients[0] : servers[0],
    receiver: isToServer ? servers[0] : clients[0],
    address: isToServer ? conversations[0].server.address : conversations[0].client.address,
    point,
    before,
    beforeIs,
    wrong,
    repaired: isRepaired(found),
    rightAnswered,
    example: packets[0].packet,
  };
}
