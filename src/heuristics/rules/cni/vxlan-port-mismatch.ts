import type { Conversation, Evidence, IcmpError, TunnelFlow } from '../../../flows/evidence/evidence.ts';
import { breakPointOf } from '../../facts/place.ts';
import { subjectOf } from '../../facts/subject.ts';
import { allUnanswered, type TunnelPair, tunnelPairs } from '../../facts/tunnel-pair.ts';
import { firstPackets } from '../../facts/vtep.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type Explanation, type Names, type Occurrence } from '../../rule/rule.ts';
import { vxlanDevices } from '../../words/commands.ts';
import { between } from '../../words/display-filter.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';

const thresholds = {
  packets: { value: 3, unit: 'packets', source: 'docs/thresholds.md, tunnel-packets' },
  refusals: { value: 2, unit: 'count', source: 'docs/thresholds.md, refusals' },
} as const;

interface PortMismatch extends Occurrence {
  a: string;
  b: string;
  portsOfA: number[];
  portsOfB: number[];
  refused: number;
}

/** Two nodes use different UDP ports for the tunnel. */
export const vxlanPortMismatch = defineRule<PortMismatch>({
  meta: {
    id: 'vxlan-port-mismatch',
    faultClass: 'cni',
    level: 'error',
    recordedIn: 'lab/cni-vxlan-port-mismatch',
    place: 'mechanism',
    explains: ['tunnel-blocked', 'port-rejected', 'asymmetric-return'],
    explainsSymptomsOf: ['lost-between-points', 'silent-path'],
    summary: 'Two nodes use different UDP ports for VXLAN',
    meaning:
      'Each node sends to a port on which the other does not listen. Its kernel answers port unreachable, or nothing.',
    rule: 'Between a pair of nodes the destination ports of one direction and of the other have none in common, and no conversation in them is answered; ICMP port unreachable about them confirms it. Or one alone sends and the other answers port unreachable, twice or more. VXLAN is found by content, whatever the port.',
    notThis: ['Two overlays side by side: each has answers.'],
    causes: ['Windows and Linux nodes mixed (4789 and 8472)', 'Calico (4789) and flannel (8472) defaults mixed'],
    confirm: [{ on: 'both nodes', command: 'ip -d link show type vxlan', expect: 'different "dstport"' }],
    fix: ['Use one port on all nodes'],
    references: ['RFC 7348, 5', 'IANA: vxlan 4789', 'Linux default 8472'],
  },
  thresholds,

  *detect(evidence) {
    for (const pair of tunnelPairs(evidence)) {
      const [portsOfA, portsOfB] = [pair.forward, pair.backward].map(portsIn);
      if (portsOfA.length === 0 || portsOfB.length === 0) {
        const conversations = isRefused(evidence, pair)
          ? allUnanswered(evidence, pair, thresholds.packets.value)
          : null;
        if (conversations !== null) yield occurrenceOf(evidence, pair, conversations, portsOfA, portsOfB);
        continue;
      }
      if (portsOfA.some((port) => portsOfB.includes(port))) continue;
      const conversations = allUnanswered(evidence, pair, thresholds.packets.value);
      if (conversations !== null) yield occurrenceOf(evidence, pair, conversations, portsOfA, portsOfB);
    }
  },

  explain(occurrence, names) {
    const { a, b, portsOfA, portsOfB, refused } = occurrence;
    if (portsOfA.length === 0 || portsOfB.length === 0) return explainRefused(occurrence, names);
    return {
      message: `${names.address(a)} sends VXLAN to UDP port ${portsOfA.join(', ')}, ${names.address(b)} to ${portsOfB.join(', ')}: neither listens where the other sends`,
      why:
        refused > 0
          ? `The kernels say so: ${refused} ICMP port unreachable about these packets.`
          : 'Packets to a port where no VXLAN device listens are dropped.',
      causes: [
        {
          id: 'different-ports',
          cause: 'the two nodes have different VXLAN ports configured',
          for: [
            'no conversation between them is answered',
            ...(refused > 0 ? [`${refused} ICMP port unreachable quote VXLAN packets`] : []),
          ],
          against: [],
        },
      ],
      confirm: [a, b].map((node) =>
        vxlanDevices(names.machine(node), {
          expect: `dstport ${(node === a ? portsOfA : portsOfB).join(', ')}`,
          shows: { has: `dstport ${(node === a ? portsOfA : portsOfB)[0]}\\b` },
        }),
      ),
      fix: [
        `Use one VXLAN port on ${a} and ${b} and all other nodes (flannel: Backend.Port; Calico: vxlanPort), and restart the CNI agent of the node that differs.`,
      ],
      wireshark: `udp.port in {${[...portsOfA, ...portsOfB].join(', ')}} && ${between(a, b)}`,
    };
  },
});

const portsIn = (flows: readonly TunnelFlow[]): number[] =>
  [...new Set(flows.map((flow) => flow.destinationPort))].filter((port) => port > 0).sort((x, y) => x - y);

/**
 * Only one node sends, and the kernel of the other reports that nothing listens on the port. The tunnel device there
 * uses another port or does not exist.
 */
const isRefused = (evidence: Evidence, pair: TunnelPair): boolean =>
  refusalsOf(evidence, pair).length >= thresholds.refusals.value;

function refusalsOf(evidence: Evidence, { point, forward, backward }: TunnelPair): IcmpError[] {
  const flows = [...forward, ...backward];
  return evidence.icmpErrors.filter(
    ({ version, type, code, from, quoted, point: at }) =>
      at === point &&
      (version === 4 ? type === 3 && code === 3 : type === 1 && code === 4) &&
      quoted?.protocol === 17 &&
      flows.some((flow) => flow.destination === from && flow.destinationPort === quoted.destination.port),
  );
}

function occurrenceOf(
  evidence: Evidence,
  pair: TunnelPair,
  conversations: Conversation[],
  portsOfA: number[],
  portsOfB: number[],
): PortMismatch {
  const ports = [...portsOfA, ...portsOfB];
  const refusals = refusalsOf(evidence, pair);
  return {
    key: `${pair.a} ${pair.b} ${ports.join(',')}`,
    grade: gradeOf({ 'no-port-in-common': 'passed' }),
    subject: { ...subjectOf(conversations).subject, protocol: 'tunnel' },
    conversations: conversations.map((conversation) => conversation.index),
    between: breakPointOf(conversations)?.between ?? null,
    place: `on the VXLAN devices of ${pair.a} and ${pair.b}`,
    ...excerpt([
      ...firstPackets(
        [...pair.forward, ...pair.backward],
        (flow) => `outer ${flow.source} > ${flow.destination}, UDP port ${flow.destinationPort}`,
      ),
      ...refusals
        .slice(0, 4)
        .flatMap((error) => packetsAt(error.point, [error], `port unreachable from ${error.from}`)),
    ]),
    reach: conversations.length,
    measured: { portsOfA, portsOfB, a: pair.a, b: pair.b, refused: refusals.length },
    a: pair.a,
    b: pair.b,
    portsOfA,
    portsOfB,
    refused: refusals.length,
  };
}

function explainRefused({ a, b, portsOfA, portsOfB, refused }: PortMismatch, names: Names): Explanation {
  const [from, to, ports] = portsOfA.length > 0 ? [a, b, portsOfA] : [b, a, portsOfB];
  return {
    message: `${names.address(from)} sends VXLAN to UDP port ${ports.join(', ')} of ${names.address(to)}, where nothing listens`,
    why: `The kernel of ${names.address(to)} says so: ${refused} ICMP port unreachable about these packets.`,
    causes: [
      {
        id: 'different-ports',
        cause: 'the two nodes have different VXLAN ports configured',
        for: [`${refused} ICMP port unreachable quote VXLAN packets`],
        against: [],
      },
      {
        id: 'no-vxlan-device',
        cause: `${to} has no VXLAN device: its CNI agent does not run`,
        for: [`no VXLAN packet comes from ${to}`],
        against: [],
      },
    ],
    confirm: [from, to].map((node) => ({
      on: node,
      command: 'ip -d link show type vxlan',
      expect: node === from ? `dstport ${ports.join(', ')}` : 'another dstport, or no device',
    })),
    fix: ['Use one VXLAN port on all nodes (flannel: Backend.Port; Calico: vxlanPort) and restart the CNI agent.'],
    wireshark: `udp.port in {${ports.join(', ')}} && ${between(a, b)}`,
  };
}
