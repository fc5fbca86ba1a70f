import {
  type Conversation,
  type Endpoint,
  type Evidence,
  type PointRole,
  TO_SERVER,
} from '../../../flows/evidence/evidence.ts';
import {
  type AnsweringSibling,
  answeringSibling,
  localPolicyCause,
  SIBLING_THRESHOLDS,
} from '../../causes/answering-sibling.ts';
import { type Arrival, arrivalCauses, arrivalOf, DECAPSULATION_THRESHOLDS } from '../../causes/decapsulation.ts';
import { stagedCauses, stagedText } from '../../causes/dropped-by-state.ts';
import { type DroppedInside, droppedInsideCauses, droppedInsideCommands } from '../../causes/dropped-inside.ts';
import { ATTEMPT_THRESHOLDS, endpointText } from '../../facts/attempts.ts';
import { subjectOf } from '../../facts/subject.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { tooLargeCause, VANISHED_THRESHOLDS, type Vanished, vanishedOf, vanishedPart } from '../../facts/vanished.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { escaped, routeTo, runs } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { oneWay } from '../../words/display-filter.ts';
import { tunnelName } from '../../words/tunnel-name.ts';

interface DroppedInNode extends Occurrence {
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
  /** Only replies are lost, and their requests passed the same two devices. The replies may leave by a third device. */
  repliesOnly: boolean;
  /** Nothing shows that the second device is the only way out of the host for these packets. */
  mayLeaveElsewhere: boolean;
  arrival: Arrival;
  /** As in `Vanished`. */
  largeFrom: number | null;
  /** The only node port that all conversations went to, if another node answers on that port. */
  local: { server: Endpoint; sibling: AnsweringSibling } | null;
}

/** Packets enter a host at one point and never reach the next point inside it. */
export const droppedInNode = defineRule<DroppedInNode>({
  meta: {
    id: 'dropped-in-node',
    faultClass: 'network-unreachable',
    level: 'error',
    recordedIn: 'lab/cni-rp-filter-drop',
    place: 'last-seen',
    symptomOf: 'lost-between-points',
    explainsSymptomsOf: ['silent-path'],
    summary: 'Packets enter a node at one device and never reach the next device inside it',
    meaning:
      'The network delivered the packets. The node itself drops them: reverse path filter, firewall rule, NetworkPolicy, full conntrack table, missing route.',
    rule: 'All packets of a conversation (two at least) seen at one point of a host are absent at the next point of the same host, which was capturing that traffic at that time. Or its handshake passes and all that follows is absent, three packets with data at least, which are repeated and never acknowledged.',
    notThis: [
      'The second capture did not run at that time or filters the traffic: not assessable.',
      'The traffic takes another device: the second point must be on the path of like traffic.',
      'The second device is the veth of another pod.',
      'So many lose all of so few packets by chance, at the loss of what passes there: that is packet-loss.',
      'Broadcast, multicast, link-local and neighbour traffic ends at its link.',
      'The other end has the packets, or the sender an answer: they took another way.',
      'The second device is a NIC, and the packets may leave by another one that was not captured: inferred, and said.',
    ],
    causes: [
      'NetworkPolicy or firewall rule on the node',
      'Strict reverse path filter (rp_filter)',
      'Full conntrack table or a connection limit',
      'No route to the pod',
      'The tunnel device has another VNI or MAC than the sender uses',
      'A node port of a service with traffic policy Local, on a node without endpoint',
    ],
    confirm: [
      {
        on: '<node>',
        command: 'nstat -az TcpExtIPReversePathFilter IpInAddrErrors IpForwDatagrams',
        expect: 'TcpExtIPReversePathFilter rises with each attempt',
      },
      { on: '<node>', command: 'iptables -nvL FORWARD', expect: 'a DROP counter that rises with each attempt' },
      { on: '<node>', command: 'conntrack -S', expect: 'drop or insert_failed rises' },
    ],
    fix: ['Remove the rule that drops, or set rp_filter to 2 (loose) on the tunnel device'],
    references: ['Linux net.ipv4.conf.*.rp_filter', 'RFC 3704'],
  },
  thresholds: {
    ...VANISHED_THRESHOLDS,
    ...TRACEROUTE_THRESHOLDS,
    ...DECAPSULATION_THRESHOLDS,
    ...ATTEMPT_THRESHOLDS,
    ...SIBLING_THRESHOLDS,
  },

  *detect(evidence) {
    for (const group of vanishedOf(evidence)) if (group.span === 'inside') yield occurrenceOf(evidence, group);
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
      repliesOnly,
      mayLeaveElsewhere,
      arrival,
      local,
      largeFrom,
    },
    names,
  ) {
    const drop: DroppedInside = {
      sender,
      receiver,
      from,
      to,
      conversationsPassing,
      staged,
      passes:
        conversationsPassing > 0
          ? `${counted(conversationsPassing, 'other conversation passes', 'other conversations pass')} the same two devices`
          : staged > 0
            ? 'nothing passes the two devices but the first packets of connections'
            : 'nothing passes between the two devices',
      isForItself: arrival.tunnel !== null,
    };
    const host = names.host(from);
    return {
      message: `${counted(lost, 'packet')} from ${names.address(sender)} to ${names.address(receiver)}${conversationsLost === 1 ? '' : ` and of ${counted(conversationsLost - 1, 'other conversation')}`} ${lost === 1 ? 'reaches' : 'reach'} ${names.point(from)} and never ${names.point(to)}`,
      why: `Both devices are on ${host} and both captures ran: ${repliesOnly ? `${host} drops the replies between these two devices, or sends them out by a third` : `what dropped the packets is inside ${host}, between these two devices`}${mayLeaveElsewhere && !repliesOnly ? ', unless they leave by a device that was not captured' : ''}.${stagedText(staged, conversationsLost)}`,
      causes: [
        ...tooLargeCause(largeFrom, drop, names),
        ...arrivalCauses(arrival, host),
        ...stagedCauses(staged, host),
        ...(local === null ? [] : [localPolicyCause(local.server, local.sibling)]),
        ...(repliesOnly
          ? [
              {
                id: 'return-route',
                cause: 'the replies leave by another device: the route back is missing or different',
                telling: ['the requests come in through these two devices, the replies do not go out through them'],
                for: [],
                against: [],
                confirm: [
                  routeTo(host, receiver, {
                    expect: `another way than ${names.device(to) ?? 'the device by which the requests came'}`,
                    ...(names.device(to) === null
                      ? {}
                      : { shows: { lacks: `dev ${escaped(names.device(to) ?? '')} ` } }),
                  }),
                ],
                fix: [`Restore the route to ${names.address(receiver)} on ${host} (restart its CNI agent).`],
              },
            ]
          : []),
        ...droppedInsideCauses(drop, names),
        ...(mayLeaveElsewhere && !repliesOnly
          ? [
              {
                id: 'other-way-out',
                cause: `the packets leave ${host} by another device (another route, or several next hops), and are lost or refused behind it`,
                for: [],
                against: [],
                confirm: [
                  routeTo(host, receiver, { expect: `another device than ${names.device(to) ?? 'the one captured'}` }),
                ],
                fix: [`Capture at all devices of ${host} that lead to ${names.address(receiver)}, at the same time.`],
              },
            ]
          : []),
      ],
      confirm: [
        ...(arrival.tunnel === null && arrival.foreignMac === null
          ? []
          : [
              runs(host, 'ip -d link show', {
                expect:
                  arrival.tunnel === null
                    ? `no device with link/ether ${arrival.foreignMac}`
                    : `no tunnel device, or none for ${tunnelName(arrival.tunnel)}${arrival.tunnel.kind === 'vxlan' ? ` with id ${arrival.tunnel.networkId}` : ''}`,
              }),
            ]),
        ...droppedInsideCommands(drop, names),
      ],
      fix: [],
      wireshark: oneWay(sender, receiver),
    };
  },
});

function occurrenceOf(evidence: Evidence, group: Vanished): DroppedInNode {
  const [from, to] = group.between;
  const subject = subjectOf(group.conversations);
  const repliesOnly = group.conversations.every((conversation) =>
    conversation.hops.some(
      (hop) => hop.direction === TO_SERVER && hop.from === to && hop.to === from && hop.matched > 0,
    ),
  );
  const arrival = arrivalOf(evidence, group.between, group.conversations);
  const part = vanishedPart(group);
  const mayLeaveElsewhere = isOneWayOutOfSeveral(evidence, group, part.sender, part.receiver);
  return {
    key: `${subject.key} ${evidence.points[from].role} ${evidence.points[to].role}`,
    cause: `${subject.cause} ${evidence.points[from].role} ${evidence.points[to].role}`,
    grade: gradeOf({
      'requests-vanish-too': whereSeen(!repliesOnly),
      'only-way-out-captured': whereSeen(!mayLeaveElsewhere),
    }),
    subject: subject.subject,
    conversations: group.conversations.map((conversation) => conversation.index),
    ...part,
    measured: {
      ...part.measured,
      ...(arrival.foreignMac !== null && { meantMac: arrival.foreignMac, ownMac: arrival.ownMac }),
    },
    repliesOnly,
    mayLeaveElsewhere,
    arrival,
    local: localPolicyOf(evidence, group),
  };
}

/**
 * Whether the packets may have left by a device that was not captured: the second device is a NIC, and a host may have
 * several. Packets that come out of the host leave by the NIC that others between the same addresses leave by. Of packets
 * that a router forwards not even those tell, as it may have several next hops.
 */
function isOneWayOutOfSeveral(
  { points }: Evidence,
  { between: [from, to], passing }: Vanished,
  sender: string,
  receiver: string,
): boolean {
  if (!isNic(points[to].role)) return false;
  const isSamePair = ({ client, server }: Conversation): boolean =>
    (client.address === sender && server.address === receiver) ||
    (client.address === receiver && server.address === sender);
  return isNic(points[from].role) || !passing.some(isSamePair);
}

const isNic = (role: PointRole): boolean => role === 'node-nic' || role === 'host-nic';

/** All conversations go to one port of the node itself, and another node answers on that port. */
function localPolicyOf(evidence: Evidence, { conversations }: Vanished): DroppedInNode['local'] {
  const servers = new Map(conversations.map(({ server }) => [endpointText(server), server]));
  const [server] = servers.values();
  if (servers.size !== 1 || conversations.some(({ protocol }) => protocol !== 'tcp')) return null;
  const sibling = answeringSibling(evidence, server);
  return sibling === null ? null : { server, sibling };
}
