import type { Connection, Evidence, FragmentedDatagram, TunnelFlow } from '../../../flows/evidence/evidence.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { octetsOf } from '../../facts/tunnel-overhead.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { appendTo } from '../../words/append-to.ts';
import { routeTo, runs } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { familyOf, fragments, oneWay } from '../../words/display-filter.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';
import { tunnelName } from '../../words/tunnel-name.ts';

const thresholds = {
  datagrams: { value: 3, unit: 'datagrams', source: 'docs/thresholds.md, three-cases' },
  /** Most octets before the inner packet in the first fragment: headers of IP, UDP, VXLAN and Ethernet. */
  tunnelOctets: { value: 70, unit: 'octets', source: 'docs/thresholds.md, largest-tunnel-header' },
} as const;

/** MTU of Ethernet (RFC 894). */
const ETHERNET_MTU = 1500;

interface DfCleared extends Occurrence {
  tunnel: TunnelFlow;
  datagrams: number;
}

/** Packets that must not be fragmented are fragmented by the tunnel around them. */
export const dfClearedFragmentation = defineRule<DfCleared>({
  meta: {
    id: 'df-cleared-fragmentation',
    faultClass: 'large-packet-loss',
    level: 'note',
    recordedIn: 'test/pcaps/outer-fragments',
    place: 'mechanism',
    explainedBy: ['mtu-black-hole', 'fragments-lost'],
    summary: 'A tunnel is fragmented although what it carries says not to',
    meaning:
      'The sender forbade fragmentation to learn the path MTU. The tunnel hides that from the network and cuts its own packets: every large packet becomes two, the receiving node puts them together, and a firewall that drops fragments turns it into loss.',
    rule: 'Three or more outer packets of a tunnel in one direction leave in fragments, something comes back in it, and it carries TCP whose packets say "do not fragment" (all of IPv6 do) and are as large as the first fragment.',
    notThis: [
      'What the tunnel carries allows fragmentation (DF not set).',
      'The inner packets are fragmented, the outer ones are whole.',
      'One or two fragmented packets.',
      'Mirrored traffic (ERSPAN): nothing comes back in the tunnel.',
    ],
    causes: [
      'The MTU of the tunnel device is not smaller than the underlay’s by the headers of the tunnel',
      'The tunnel does not copy DF (VXLAN df unset, IPIP nopmtudisc)',
    ],
    confirm: [
      { on: '<sending node>', command: 'ip -d link show type vxlan', expect: 'an MTU above that of the NIC less 50' },
    ],
    fix: ['Give the tunnel device and the pods an MTU smaller than the underlay’s by the headers of the tunnel'],
    references: ['RFC 2003, 3.1 and 5.1', 'RFC 7348, 4.3', 'RFC 8900'],
  },
  thresholds,

  *detect(evidence) {
    const groups = new Map<string, FragmentedDatagram[]>();
    for (const datagram of evidence.fragments) {
      if (datagram.outer && datagram.hasFirst)
        appendTo(groups, `${datagram.point} ${datagram.source} ${datagram.destination}`, datagram);
    }
    for (const datagrams of groups.values()) {
      if (datagrams.length < thresholds.datagrams.value) continue;
      const occurrence = occurrenceOf(evidence, datagrams);
      if (occurrence !== null) yield occurrence;
    }
  },

  explain({ tunnel, datagrams }, names) {
    const carrier = tunnelName(tunnel);
    const overhead = octetsOf(tunnel);
    return {
      message: `${counted(datagrams, 'packet')} of the ${carrier} tunnel from ${names.address(tunnel.source)} to ${names.address(tunnel.destination)} leave in fragments, although the packets inside forbid fragmentation`,
      why: 'With the headers of the tunnel they are larger than the MTU of the underlay. Fragments cost twice the packets, and whoever drops fragments drops every large packet.',
      causes: [
        {
          id: 'tunnel-mtu-too-large',
          cause: 'the MTU of the tunnel device leaves no room for the headers of the tunnel',
          for: [`outer packets of ${tunnel.largestOuterL3} octets and more`],
          against: [],
        },
      ],
      confirm: [
        runs(names.machine(tunnel.source), 'ip -d link show', {
          expect: 'a tunnel device whose MTU is not smaller than that of the NIC by the headers of the tunnel',
        }),
        routeTo(names.machine(tunnel.source), tunnel.destination, { expect: 'the NIC, whose MTU counts' }),
      ],
      fix: [
        `Lower the MTU of the tunnel device and of the pods on ${names.address(tunnel.source)} by the headers of the tunnel (${overhead} octets: ${ETHERNET_MTU - overhead} over a NIC of ${ETHERNET_MTU}).`,
      ],
      wireshark: `${oneWay(tunnel.source, tunnel.destination)} && ${fragments(familyOf(tunnel.source))}`,
    };
  },
});

function occurrenceOf(evidence: Evidence, datagrams: readonly FragmentedDatagram[]): DfCleared | null {
  const [{ point, source, destination }] = datagrams;
  const least = Math.min(...datagrams.map(({ seenOctets }) => seenOctets)) - thresholds.tunnelOctets.value;
  const flows = evidence.tunnels.filter(
    (flow) => flow.point === point && flow.source === source && flow.destination === destination && flow.fragments > 0,
  );
  const numbers = new Set(flows.map(({ index }) => index));
  const whole = evidence.connections.filter(
    (connection) => connection.point === point && forbidsFragments(connection, numbers, least),
  );
  const isMutual = evidence.tunnels.some(
    (flow) => flow.point === point && flow.source === destination && flow.destination === source,
  );
  if (flows.length === 0 || whole.length === 0 || !isMutual) return null;
  const [tunnel] = flows;
  const index = indexOf(evidence);
  const conversations = whole.flatMap((connection) => index.conversationOf('tcp', connection.index)?.index ?? []);
  return {
    key: `${tunnel.kind} ${source}>${destination}`,
    grade: gradeOf({ 'fragment-of-what-forbids-it': 'passed' }),
    subject: { protocol: 'tunnel', client: source, server: destination },
    conversations: [...new Set(conversations)],
    place: `on the node with ${source}`,
    ...excerpt(
      packetsAt(
        point,
        datagrams.map(({ first }) => first),
        'first fragment of a tunnel packet',
        '>',
      ),
    ),
    reach: datagrams.length,
    measured: { fragmented: datagrams.length, connections: whole.length },
    tunnel,
    datagrams: datagrams.length,
  };
}

const forbidsFragments = (
  { directions, ipVersion }: Connection,
  numbers: ReadonlySet<number>,
  least: number,
): boolean =>
  directions.some(
    ({ dontFragment, largestL3, tunnels }) =>
      (dontFragment || ipVersion === 6) && largestL3 >= least && tunnels.some((tunnel) => numbers.has(tunnel)),
  );
