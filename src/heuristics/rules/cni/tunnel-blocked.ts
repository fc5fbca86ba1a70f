import type { Conversation, Evidence, TunnelFlow } from '../../../flows/evidence/evidence.ts';
import { subjectOf } from '../../facts/subject.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { VANISHED_THRESHOLDS, type Vanished, vanishedOf } from '../../facts/vanished.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { escaped, watches } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { familyOf, oneWay } from '../../words/display-filter.ts';
import { excerpt, lostPackets } from '../../words/excerpt.ts';
import { tunnelName } from '../../words/tunnel-name.ts';

interface TunnelBlocked extends Occurrence {
  from: number;
  to: number;
  tunnel: TunnelFlow;
  lost: number;
  plainPasses: number;
}

/** Encapsulated packets leave one NIC and never arrive at the other. Other traffic between the same nodes arrives. */
export const tunnelBlocked = defineRule<TunnelBlocked>({
  meta: {
    id: 'tunnel-blocked',
    faultClass: 'cni',
    level: 'error',
    recordedIn: 'lab/cni-ipip-blocked',
    place: 'last-seen',
    explainsSymptomsOf: ['lost-between-points', 'silent-path'],
    summary: 'Encapsulated packets leave a node and never reach the other, while its other traffic does',
    meaning:
      'The overlay is set up and the nodes can reach each other, but the network between them drops the tunnel itself.',
    rule: 'All packets of a conversation seen encapsulated at one node’s NIC are absent at the other node’s NIC, and un-encapsulated packets, or the other direction of the tunnel, do pass between these NICs.',
    notThis: [
      'So many lose all of so few packets by chance, at the loss of what passes there: that is packet-loss.',
      'Nothing at all passes between the nodes: that is lost-in-underlay or peer-down.',
      'Only large encapsulated packets are lost, or were sent: that is mtu-black-hole, or lost-in-underlay.',
    ],
    causes: [
      'Security group or firewall without UDP 8472/4789 or IP protocol 4',
      'A hypervisor that uses the same VXLAN port for itself',
      'Source/destination check of the cloud NIC',
    ],
    confirm: [
      {
        on: 'both nodes',
        command: "tcpdump -nn -i <nic> 'udp port <port> or ip proto 4'",
        expect: 'leaves one, does not reach the other',
      },
    ],
    fix: ['Allow the tunnel between the nodes, in both directions', 'Move the tunnel to another UDP port'],
    references: ['RFC 7348, 4', 'RFC 2003'],
  },
  thresholds: { ...VANISHED_THRESHOLDS, ...TRACEROUTE_THRESHOLDS },

  *detect(evidence) {
    for (const group of vanishedOf(evidence)) {
      if (group.span !== 'between' || !group.encapsulated || group.passing.length === 0) continue;
      if (group.largeFrom !== null) continue;
      const tunnel = tunnelOf(evidence, group);
      if (tunnel !== undefined && seesTunnels(evidence, group.between[1], tunnel)) yield occurrenceOf(group, tunnel);
    }
  },

  explain({ from, to, tunnel, lost, plainPasses }, names) {
    const carrier = tunnelName(tunnel);
    return {
      message: `${carrier} packets from ${names.address(tunnel.source)} to ${names.address(tunnel.destination)} leave ${names.point(from)} and never reach ${names.point(to)} (${lost} lost), while other traffic between these nodes passes`,
      why: 'The same two NICs exchange other packets at the same time, so the link works: what is dropped is the tunnel.',
      causes: [
        {
          id: 'tunnel-filtered',
          cause: `a firewall or security group between the nodes blocks ${carrier} in this direction`,
          for: [
            `${counted(plainPasses, 'other conversation passes', 'other conversations pass')} between the two NICs`,
          ],
          against: [],
          fix: [
            `Allow ${carrier} from ${tunnel.source} to ${tunnel.destination} in the firewalls and security groups of both nodes and between them.`,
          ],
        },
      ],
      confirm: [
        watches(names.machine(tunnel.destination), `src host ${tunnel.source} and ${filterOf(tunnel)}`, {
          expect: 'nothing arrives',
          shows: { lacks: `${escaped(tunnel.source)}\\S* > ` },
        }),
        watches(names.machine(tunnel.source), `dst host ${tunnel.destination} and ${filterOf(tunnel)}`, {
          expect: 'the packets leave on the NIC',
          shows: { has: `${escaped(tunnel.source)}\\S* > ` },
        }),
      ],
      fix: [],
      wireshark: `${oneWay(tunnel.source, tunnel.destination)}${shownBy(tunnel)}`,
    };
  },
});

/** The same in the language of Wireshark; nothing where the outer header is IPv6 and may have others between. */
function shownBy({ destinationPort, kind, source }: TunnelFlow): string {
  if (destinationPort > 0) return ` && udp.dstport==${destinationPort}`;
  return familyOf(source) === 6 ? '' : ` && ip.proto==${kind === 'gre' ? 47 : 4}`;
}

const filterOf = (tunnel: TunnelFlow): string =>
  tunnel.destinationPort > 0
    ? `udp port ${tunnel.destinationPort}`
    : tunnel.kind === 'gre'
      ? 'ip proto 47'
      : 'ip proto 4';

/**
 * True if the point can see tunnels. After decapsulation, a blocked tunnel looks like a drop inside the receiving node.
 */
const seesTunnels = (evidence: Evidence, point: number, { destination }: TunnelFlow): boolean =>
  evidence.points[point].role === 'node-nic' ||
  evidence.points[point].role === 'host-nic' ||
  evidence.tunnels.some((tunnel) => tunnel.point === point) ||
  evidence.hosts.some((host) => host.point === point && host.address === destination && host.sent > 0);

/**
 * The tunnel flow that carries most of the conversations. The first by address wins a tie, as when both ways are
 * blocked.
 */
function tunnelOf(evidence: Evidence, group: Vanished): TunnelFlow | undefined {
  const conversations = new Map<TunnelFlow, number>();
  for (const conversation of group.conversations)
    for (const number of new Set(tunnelsAt(evidence, conversation, group.between[0])))
      conversations.set(evidence.tunnels[number], (conversations.get(evidence.tunnels[number]) ?? 0) + 1);
  const [most] = [...conversations].sort(([a, m], [b, n]) => n - m || (keyOf(a) < keyOf(b) ? -1 : 1));
  return most?.[0];
}

function tunnelsAt(evidence: Evidence, conversation: Conversation, point: number): number[] {
  return conversation.legs
    .filter((leg) => leg.point === point)
    .flatMap((leg) =>
      leg.kind === 'tcp'
        ? evidence.connections[leg.index].directions.flatMap((direction) => direction.tunnels)
        : leg.kind === 'datagram'
          ? evidence.datagrams[leg.index].tunnels
          : evidence.tunnels.filter((tunnel) => tunnel.point === point).map((tunnel) => tunnel.index),
    );
}

const keyOf = ({ kind, source, destination, destinationPort }: TunnelFlow): string =>
  `${kind} ${source}>${destination}:${destinationPort}`;

function occurrenceOf(group: Vanished, tunnel: TunnelFlow): TunnelBlocked {
  const { subject } = subjectOf(group.conversations);
  return {
    key: keyOf(tunnel),
    grade: gradeOf({ 'absent-at-the-other-nic': 'passed' }),
    subject,
    conversations: group.conversations.map((conversation) => conversation.index),
    between: group.between,
    ...excerpt(group.hops.flatMap(lostPackets)),
    reach: group.conversations.length,
    measured: { lost: group.lost, conversations: group.conversations.length, passing: group.passing.length },
    from: group.between[0],
    to: group.between[1],
    tunnel,
    lost: group.lost,
    plainPasses: group.passing.length,
  };
}
