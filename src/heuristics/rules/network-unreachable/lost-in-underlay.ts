import { type CapturePoint, type Conversation, type Evidence, TO_CLIENT } from '../../../flows/evidence/evidence.ts';
import { stagedCauses, stagedText } from '../../causes/dropped-by-state.ts';
import { nicsCaptured } from '../../facts/claims.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { subjectOf } from '../../facts/subject.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { tooLargeCause, VANISHED_THRESHOLDS, type Vanished, vanishedOf, vanishedPart } from '../../facts/vanished.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { escaped, linkCounters, routeTo, watches } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { oneWay } from '../../words/display-filter.ts';

interface LostInUnderlay extends Occurrence {
  from: number;
  to: number;
  /** Ends of the lost packets. */
  sender: string;
  receiver: string;
  lost: number;
  conversationsLost: number;
  conversationsPassing: number;
  /** Lost conversations whose handshake passed. */
  staged: number;
  encapsulated: boolean;
  /**
   * `seen` if both points are NICs, so that the underlay lies between them. Otherwise, why the NICs do not show the
   * loss.
   */
  wires: keyof typeof WIRES_UNSEEN;
  /** As in `Vanished`. */
  largeFrom: number | null;
  /** The two captures share no packet. Only the wall clocks show that they ran at the same time. */
  byWallClock: boolean;
}

/** Packets leave one host and never reach the other. */
export const lostInUnderlay = defineRule<LostInUnderlay>({
  meta: {
    id: 'lost-in-underlay',
    faultClass: 'network-unreachable',
    level: 'error',
    recordedIn: 'test/pcaps/dns-tcp-fallback-dropped',
    place: 'last-seen',
    symptomOf: 'lost-between-points',
    explainsSymptomsOf: ['silent-path'],
    summary: 'Packets leave one node and never reach the other',
    meaning:
      'The sender did its part. What drops the packets is between the two capture points: the network between the nodes, or a device that was not captured.',
    rule: 'All packets of a conversation (two at least) seen at the last point of one host are absent at the first point of the other host, which was capturing that traffic at that time. Where no packet was seen by both hosts, by their wall clocks, with a second to spare. Or the handshake of a connection passes and all that follows is absent, three packets with data at least, which are repeated and never acknowledged.',
    notThis: [
      'The second capture did not run at that time or filters the traffic: not assessable.',
      'The captures share no packet, so their clocks cannot be compared: datagrams that need no answer are left out, and the rest is inferred.',
      'Single packets are lost: that is packet-loss.',
      'So many lose all of so few packets by chance, at the loss of what passes there: that is packet-loss.',
      'The second device is the veth of another pod.',
      'Broadcast, multicast, link-local and neighbour traffic ends at its link.',
      'The other end has the packets, or the sender an answer: they took another way.',
    ],
    causes: [
      'A security group, firewall or switch drops them',
      'The encapsulated packets carry a wrong outer address',
      'The link is down',
    ],
    confirm: [
      {
        on: '<receiving node>',
        command: 'tcpdump -nn -i <nic> host <sending node>',
        expect: 'the packets do not arrive',
      },
    ],
    fix: ['Open the path between the nodes', 'Capture on both NICs to see in which form the packets leave'],
    references: ['RFC 7348, 4'],
  },
  thresholds: { ...VANISHED_THRESHOLDS, ...TRACEROUTE_THRESHOLDS },

  *detect(evidence) {
    for (const group of vanishedOf(evidence)) {
      if (group.span !== 'between') continue;
      const inside = insideOpaque(evidence, group);
      if (group.byWallClock && isOneWayByNature(group) && inside.length === 0) continue;
      yield occurrenceOf(evidence, group, inside);
    }
  },

  explain(
    {
      from,
      to,
      sender,
      receiver,
      lost,
      conversationsLost,
      conversationsPassing,
      staged,
      encapsulated,
      wires,
      byWallClock,
      largeFrom,
    },
    names,
  ) {
    const passing =
      conversationsPassing > 0
        ? `${counted(conversationsPassing, 'other conversation passes', 'other conversations pass')}`
        : staged > 0
          ? 'the first packets of connections pass'
          : null;
    return {
      message: `${counted(lost, 'packet')} from ${names.address(sender)} to ${names.address(receiver)}${conversationsLost === 1 ? '' : ` and of ${counted(conversationsLost - 1, 'other conversation')}`} ${lost === 1 ? 'leaves' : 'leave'} ${names.point(from)} and never ${lost === 1 ? 'reaches' : 'reach'} ${names.point(to)}`,
      why: `Both captures ran at that time${byWallClock ? ' by the clocks of their hosts, which no packet compares: not one was seen by both' : ''}. What is sent at the first point and absent at the second was dropped between them.${WIRES_UNSEEN[wires]}${stagedText(staged, conversationsLost)}`,
      causes: [
        {
          id: 'filtered',
          cause: `a firewall, security group or switch between ${names.host(from)} and ${names.host(to)} drops these packets`,
          for: [passing ?? 'nothing passes between the two points'],
          against: [],
          fix: [
            `Let packets from ${names.address(sender)} to ${names.address(receiver)} pass between ${names.host(from)} and ${names.host(to)} (security group, firewall, source check of the cloud or hypervisor).`,
          ],
        },
        {
          id: 'link-or-route-down',
          cause: 'the link or the route between the nodes is down',
          for: passing === null ? ['nothing passes between the two points'] : [],
          against: passing === null ? [] : [passing],
          confirm: [
            routeTo(names.host(from), receiver, { expect: `the way that leads to ${names.host(to)}` }),
            linkCounters(names.host(from), 'carrier is there, and no TX errors or drops: the packets did leave'),
          ],
          fix: [`Bring the link or route from ${names.host(from)} to ${names.host(to)} back.`],
        },
        ...stagedCauses(staged, `the firewall between ${names.host(from)} and ${names.host(to)}`),
        ...tooLargeCause(largeFrom, { from, to, receiver }, names),
        ...(byWallClock
          ? [
              {
                id: 'second-capture-filtered',
                cause: 'the second capture was filtered, or ran at another time than its clock says',
                for: ['the two captures have no packet in common'],
                against: ['the packets were not answered either'],
              },
            ]
          : []),
      ],
      confirm: [
        watches(
          names.host(to),
          encapsulated ? 'udp or ip proto 4 or ip proto 47' : `host ${sender} and host ${receiver}`,
          {
            expect: 'nothing arrives on the NIC; if it does, the machine itself drops it',
            ...(encapsulated ? {} : { shows: { lacks: `${escaped(sender)}\\S* > ` } }),
          },
        ),
        watches(
          names.host(from),
          encapsulated ? 'udp or ip proto 4 or ip proto 47' : `host ${sender} and host ${receiver}`,
          {
            expect: 'the packets leave',
            ...(encapsulated ? {} : { shows: { has: `${escaped(sender)}\\S* > ` } }),
          },
        ),
      ],
      fix:
        wires === 'seen'
          ? []
          : [
              `${wires === 'unread' ? 'Compare what the two NICs show' : `Capture on both NICs${wires === 'cut' ? ' with -s 0' : ''}`} to see whether and in which form the packets leave.`,
            ],
      wireshark: oneWay(sender, receiver),
    };
  },
});

const WIRES_UNSEEN = {
  seen: '',
  cut: ' What the NICs saw is cut too short to read: it may also have been inside one of the two nodes.',
  unread:
    ' The NICs were captured, and what they show of these packets cannot be compared: it may also have been inside one of the two nodes.',
  some: ' Not both NICs were captured: it may also have been inside one of the two nodes.',
  none: ' The NICs were not captured: it may also have been inside one of the two nodes.',
};

function wiresOf(evidence: Evidence, between: readonly number[]): LostInUnderlay['wires'] {
  const { points } = evidence;
  const isWire = ({ role }: CapturePoint): boolean => /-nic$/.test(role);
  if (between.every((point) => isWire(points[point]))) return 'seen';
  const hosts = between.map((point) => points[point].host);
  if (points.some((point) => isWire(point) && point.quality.unreadable > 0 && hosts.includes(point.host))) return 'cut';
  const captured = nicsCaptured(evidence, between);
  return captured === 'both' ? 'unread' : captured;
}

/**
 * Only UDP, which may need no answer (logs, metrics). A capture of another host that shares no packet proves no loss.
 */
const isOneWayByNature = ({ encapsulated, conversations }: Vanished): boolean =>
  !encapsulated && conversations.every(({ protocol }) => protocol === 'udp');

function occurrenceOf(evidence: Evidence, group: Vanished, inside: readonly Conversation[]): LostInUnderlay {
  const subject = subjectOf(group.conversations);
  return {
    key: `${subject.key} ${evidence.points[group.between[0]].role} ${evidence.points[group.between[1]].role}`,
    cause: `${subject.cause} ${evidence.points[group.between[0]].role} ${evidence.points[group.between[1]].role}`,
    grade: gradeOf({ 'second-point-was-capturing': whereSeen(!group.byWallClock) }),
    subject: subject.subject,
    conversations: [...group.conversations, ...inside].map((conversation) => conversation.index),
    ...vanishedPart(group),
    encapsulated: group.encapsulated,
    wires: wiresOf(evidence, group.between),
    byWallClock: group.byWallClock,
  };
}

/**
 * The tunnel device shows in plain form the packets that the NIC of the same host shows encrypted (WireGuard, IPsec).
 * When the packets of the tunnel itself vanish, the unanswered packets inside it vanished with them.
 */
function insideOpaque(evidence: Evidence, { between: [from], conversations, encapsulated }: Vanished): Conversation[] {
  const { host } = evidence.points[from];
  const isOpaque =
    !encapsulated &&
    host !== null &&
    conversations.every(({ protocol }) => protocol === 'udp' || protocol === 'other') &&
    !evidence.tunnels.some(({ point }) => point === from);
  if (!isOpaque) return [];
  const index = indexOf(evidence);
  return evidence.conversations.filter((conversation) => {
    const last = evidence.points[conversation.legs[conversation.legs.length - 1].point];
    if (last.role !== 'tunnel-device' || last.host !== host) return false;
    return !(
      index.connections(conversation).some(({ directions }) => directions[TO_CLIENT].packets > 0) ||
      index.datagrams(conversation).some(({ packets }) => packets[TO_CLIENT] > 0) ||
      index.echoes(conversation).some(({ reply }) => reply !== null)
    );
  });
}
