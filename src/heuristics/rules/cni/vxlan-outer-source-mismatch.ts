import type { AddressLease, Conversation, Evidence, TunnelFlow } from '../../../flows/evidence/evidence.ts';
import { shellQuote } from '../../../text/shell-quote.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { leaseOf } from '../../facts/leases.ts';
import { breakPointOf } from '../../facts/place.ts';
import { subjectOf } from '../../facts/subject.ts';
import { type Fate, fateOf, firstPackets, meantVtep, sendingVtep, VTEP_THRESHOLDS } from '../../facts/vtep.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type EvidencePacket, type Occurrence } from '../../rule/rule.ts';
import { counted } from '../../words/counted.ts';
import { excerpt, synPackets } from '../../words/excerpt.ts';
import { tunnelName } from '../../words/tunnel-name.ts';

const thresholds = {
  packets: { value: 2, unit: 'packets', source: 'docs/thresholds.md, two-show-a-habit' },
} as const;

interface OuterSource extends Occurrence {
  vtep: string;
  networkId: number;
  odd: string[];
  right: string | null;
  rightFrom: 'answered' | 'peers' | 'inventory';
  carrier: string;
  unanswered: number;
  answeredElsewhere: number;
  badChecksums: boolean;
  /** Of the two addresses, the one that DHCP gave to the NIC that sends both. */
  lease: AddressLease | null;
  receiver: string;
  point: number;
}

interface Vtep {
  mac: string;
  networkId: number;
  point: number;
  flows: TunnelFlow[];
  /** Outer addresses that its peers send to. */
  peersSendTo: Set<string>;
}

/** One VTEP sends with two outer source addresses, or with another than its peers send to. */
export const vxlanOuterSourceMismatch = defineRule<OuterSource>({
  meta: {
    id: 'vxlan-outer-source-mismatch',
    faultClass: 'cni',
    level: 'error',
    recordedIn: 'test/pcaps/case-1',
    place: 'mechanism',
    explains: ['vxlan-bad-checksum', 'tunnel-blocked', 'asymmetric-return', 'service-ip-not-translated', 'peer-down'],
    explainsSymptomsOf: ['lost-between-points', 'silent-path'],
    summary: 'One node sends its tunnel packets with two outer source addresses, and one of them is not answered',
    meaning:
      'The node has several addresses, and part of its overlay traffic leaves with one that the other nodes do not know as that node. They get the packets and throw them away.',
    rule: 'A VTEP, told by inner source MAC and VNI, uses several outer sources at the same point, or another one than its peers send to; conversations that leave with the odd one get no answer (two packets or more) while the other one is answered or used by the peers.',
    notThis: [
      'Both outer sources are answered: a plain receiver accepts any, so nothing is said.',
      'The node was re-addressed: the old source is no longer used when the new one is.',
      'Dummy MACs that many nodes share name no VTEP.',
      'IPv4 and IPv6 underlays side by side are two tunnels.',
    ],
    causes: [
      'Two addresses on the NIC (DHCP and static)',
      'The encapsulated packet is masqueraded a second time (mark 0x4000 survives encapsulation)',
      'flannel bound to another interface (--iface, public-ip annotation)',
    ],
    confirm: [
      { on: '<node>', command: 'ip -4 addr show', expect: 'two addresses on the NIC' },
      { on: '<node>', command: 'ip -d link show flannel.1', expect: '"local" is the right address' },
    ],
    fix: [
      'Keep one address only (BOOTPROTO="none"), then restart network, container runtime and kubelet',
      'Or bind the CNI to the right address (--iface, public-ip-overwrite)',
    ],
    references: ['RFC 7348, 4.1', 'kubernetes issue 88986', 'flannel troubleshooting guide'],
  },
  thresholds: { ...thresholds, ...VTEP_THRESHOLDS },

  *detect(evidence) {
    for (const vtep of vtepsOf(evidence)) {
      const occurrence = judged(evidence, vtep);
      if (occurrence !== null) yield occurrence;
    }
  },

  explain(occurrence, names) {
    const {
      vtep,
      networkId,
      odd,
      right,
      rightFrom,
      carrier,
      unanswered,
      answeredElsewhere,
      badChecksums,
      lease,
      receiver,
      point,
    } = occurrence;
    const wrong = odd.map((address) => names.address(address)).join(', ');
    const node = right === null ? vtep : names.address(right);
    return {
      message: `The node ${node} sends ${carrier} packets with the outer source ${wrong}; they get no answer (${counted(unanswered, 'conversation')})${right === null ? '' : answeredElsewhere > 0 ? `, with ${right} they do` : `; its address is ${right}`}`,
      why: `The inner MAC ${vtep} (VNI ${networkId}) says that it is the same node. The receiver does not know ${odd.join(', ')} as this node, so it drops what it gets or answers elsewhere.`,
      causes: [
        {
          id: 'two-addresses',
          cause:
            'two addresses on the node’s NIC (DHCP and static), and the encapsulated packet leaves with the wrong one',
          telling: [
            ...(right === null
              ? [`no node has the address ${odd.join(' or ')}`]
              : [
                  {
                    answered: `${counted(answeredElsewhere, 'conversation')} with outer source ${right} ${answeredElsewhere === 1 ? 'is' : 'are'} answered`,
                    peers: `the peers send to ${right}`,
                    inventory: `the node announces ${right} as the address of this VTEP`,
                  }[rightFrom],
                ]),
            ...(lease === null ? [] : [leaseText(lease, odd, right)]),
          ],
          for: badChecksums ? [] : ['the outer UDP checksums are sound or absent'],
          against: badChecksums ? ['the outer UDP checksums are wrong'] : [],
        },
        {
          id: 'second-masquerade',
          cause:
            'kube-proxy masquerades the encapsulated packet a second time (mark 0x4000) and the outer UDP checksum is wrong',
          for: badChecksums ? ['outer UDP checksums of these packets are wrong'] : [],
          against: badChecksums ? [] : ['no wrong outer UDP checksum was seen'],
        },
      ],
      confirm: [
        {
          on: node,
          command: 'ip -4 addr show',
          expect: `both ${[...odd, ...(right === null ? [] : [right])].join(' and ')} on one interface`,
        },
        {
          on: node,
          command: 'ip -d link show type vxlan',
          expect: right === null ? 'the "local" address' : `"local ${right}"`,
        },
        {
          on: node,
          command: `conntrack -L -p udp --src ${shellQuote(right ?? odd[0])}`,
          expect: `entries whose reply goes to ${odd[0]}: the outer packet is masqueraded`,
        },
        {
          on: names.address(receiver),
          command: `tcpdump -nn -vv -i any ${shellQuote(`udp and src host ${odd[0]}`)}`,
          expect: 'the packets arrive; "bad udp cksum" tells the second reading',
        },
      ],
      fix: [
        `Keep one address on the NIC${right === null ? '' : ` (${right})`}: set BOOTPROTO="none" where DHCP and static are mixed, restart the network, the container runtime and kubelet on ${names.host(point)}.`,
        'Or bind the CNI to the right address (flannel --iface or public-ip-overwrite).',
      ],
      wireshark: `${odd.map((address) => `ip.src==${address}`).join(' || ')}`,
    };
  },
});

/** VTEPs by point, VNI and inner source MAC. */
function vtepsOf(evidence: Evidence): Vtep[] {
  const vteps = new Map<string, Vtep>();
  for (const flow of evidence.tunnels) {
    const mac = sendingVtep(flow);
    if (mac === null) continue;
    const { networkId, point } = flow;
    const key = `${point} ${networkId} ${mac}`;
    const vtep = vteps.get(key) ?? { mac, networkId, point, flows: [], peersSendTo: new Set<string>() };
    vteps.set(key, vtep);
    vtep.flows.push(flow);
  }
  for (const flow of evidence.tunnels) {
    const mac = meantVtep(flow);
    if (mac !== null) vteps.get(`${flow.point} ${flow.networkId} ${mac}`)?.peersSendTo.add(flow.destination);
  }
  return [...vteps.values()];
}

function judged(evidence: Evidence, vtep: Vtep): OuterSource | null {
  const sources = [...new Set(vtep.flows.map((flow) => flow.source))];
  const fates = new Map(
    sources.map((source) => [
      source,
      fateOf(
        evidence,
        vtep.flows.filter((flow) => flow.source === source),
      ),
    ]),
  );
  const answeredSource =
    sources.find((source) => fates.get(source)!.answered.length > 0 && vtep.peersSendTo.has(source)) ?? null;
  const announced = evidence.known.vteps?.[vtep.mac] ?? null;
  const right =
    announced ??
    answeredSource ??
    sources.find((source) => vtep.peersSendTo.has(source)) ??
    [...vtep.peersSendTo][0] ??
    sources.find((source) => fates.get(source)!.answered.length > 0) ??
    null;
  if (right !== null && isSharedByFamily(right, sources)) return null;
  const isOdd = (source: string): boolean => (right === null ? isNoNode(evidence, source) : source !== right);
  const odd = sources.filter((source) => isOdd(source) && isFailing(fates.get(source)!));
  if (odd.length === 0) return null;
  const told = right === null || right === announced ? 'inventory' : 'peers';
  const rightFrom = right !== null && right === answeredSource ? 'answered' : told;
  return occurrenceOf(evidence, vtep, odd, right, rightFrom, fates);
}

/** True when the nodes were given, with addresses of this family, and it is none of them. */
function isNoNode({ known: { nodes } }: Evidence, source: string): boolean {
  const family = source.includes(':');
  return nodes[source] === undefined && Object.keys(nodes).some((address) => address.includes(':') === family);
}

/** Sources of another address family than the right one belong to another underlay. */
const isSharedByFamily = (right: string, sources: readonly string[]): boolean =>
  sources.every((source) => source === right || source.includes(':') !== right.includes(':'));

const isFailing = (fate: Fate): boolean =>
  fate.unanswered.length > 0 && fate.answered.length === 0 && fate.unansweredPackets >= thresholds.packets.value;

function occurrenceOf(
  evidence: Evidence,
  vtep: Vtep,
  odd: string[],
  right: string | null,
  rightFrom: OuterSource['rightFrom'],
  fates: Map<string, Fate>,
): OuterSource {
  const unanswered = odd.flatMap((source) => fates.get(source)!.unanswered);
  const oddFlows = vtep.flows.filter((flow) => odd.includes(flow.source));
  const answeredElsewhere = right === null ? 0 : (fates.get(right)?.answered.length ?? 0);
  const lease = leaseOf(
    evidence,
    [...odd, ...(right === null ? [] : [right])],
    vtep.flows.flatMap(({ sourceMacs }) => sourceMacs.map(({ value }) => value)),
  );
  const found = breakPointOf(unanswered);
  return {
    key: `${vtep.networkId} ${odd.join(',')} not ${right ?? 'a node'}`,
    grade: gradeOf({ 'one-vtep-several-sources': 'passed' }),
    subject: subjectOf(unanswered).subject,
    conversations: unanswered.map((conversation) => conversation.index),
    between: found?.between ?? null,
    place: `on the node with ${right ?? vtep.mac}, before ${evidence.points[vtep.point].name}`,
    ...excerpt([
      ...firstPackets(
        vtep.flows,
        (flow) =>
          `outer ${flow.source} > ${flow.destination}, ${flow.packets} packets${odd.includes(flow.source) ? ', not answered' : ''}`,
      ),
      ...unansweredSyns(evidence, vtep.point, unanswered),
    ]),
    reach: unanswered.length,
    measured: {
      outerSources: [...odd, ...(right === null ? [] : [right])],
      vtep: vtep.mac,
      vni: vtep.networkId,
      unanswered: unanswered.length,
      answered: answeredElsewhere,
      ...(lease !== null && { leased: lease.address }),
    },
    vtep: vtep.mac,
    networkId: vtep.networkId,
    odd,
    right,
    rightFrom,
    carrier: tunnelName(oddFlows[0]),
    unanswered: unanswered.length,
    answeredElsewhere,
    badChecksums: oddFlows.some((flow) => flow.checksums.bad > 0),
    lease,
    receiver: oddFlows[0].destination,
    point: vtep.point,
  };
}

/** A static address beside a leased one: the two that the article’s node had. */
const leaseText = (
  { address, mac, server, packet }: AddressLease,
  odd: readonly string[],
  right: string | null,
): string =>
  `DHCP (${server}, packet ${packet}) gave ${address} to ${mac}, the NIC that also sends with ${odd.includes(address) ? (right ?? 'the other address') : odd.join(', ')}`;

/** The SYNs that leave with the odd source; the first of each is already shown as the flow's first packet. */
function unansweredSyns(evidence: Evidence, point: number, conversations: readonly Conversation[]): EvidencePacket[] {
  const index = indexOf(evidence);
  return conversations
    .flatMap((conversation) => index.connections(conversation))
    .filter((connection) => connection.point === point && connection.syn.length > 0)
    .flatMap((connection) => synPackets(connection).slice(1));
}
