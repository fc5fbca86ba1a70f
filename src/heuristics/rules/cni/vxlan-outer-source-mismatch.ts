import type { AddressLease, Connection, Conversation, Evidence } from '../../../flows/evidence/evidence.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { leaseOf } from '../../facts/leases.ts';
import { type OddSource, OUTER_SOURCE_THRESHOLDS, oddSources, type Vtep } from '../../facts/outer-sources.ts';
import { breakPointOf } from '../../facts/place.ts';
import { subjectOf } from '../../facts/subject.ts';
import { firstPackets, VTEP_THRESHOLDS } from '../../facts/vtep.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type EvidencePacket, type Occurrence } from '../../rule/rule.ts';
import { addressesOf, escaped, masqueradeRules, vxlanDevices, watches } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { familyOf, fromAddress } from '../../words/display-filter.ts';
import { excerpt, synPackets } from '../../words/excerpt.ts';
import { tunnelName } from '../../words/tunnel-name.ts';

interface OuterSource extends Occurrence {
  vtep: string;
  networkId: number;
  odd: string[];
  right: string | null;
  rightFrom: OddSource['rightFrom'];
  carrier: string;
  unanswered: number;
  /** Conversations that were answered only after a retry with another source, and the time that they lost. */
  repaired: number;
  seconds: number;
  answeredElsewhere: number;
  badChecksums: boolean;
  /** DHCP lease of one of the two addresses, for the NIC that sends with both. */
  lease: AddressLease | null;
  receiver: string;
  point: number;
}

/** One VTEP sends with two outer source addresses, or its source is not the address that its peers send to. */
export const vxlanOuterSourceMismatch = defineRule<OuterSource>({
  meta: {
    id: 'vxlan-outer-source-mismatch',
    faultClass: 'cni',
    level: 'error',
    recordedIn: 'test/pcaps/case-1',
    place: 'mechanism',
    explains: [
      'vxlan-bad-checksum',
      'tunnel-blocked',
      'asymmetric-return',
      'service-ip-not-translated',
      'peer-down',
      'new-connections-dropped',
    ],
    explainsSymptomsOf: ['lost-between-points', 'silent-path'],
    summary: 'One node sends its tunnel packets with two outer source addresses, and one of them is not answered',
    meaning:
      'The node has several addresses, and part of its overlay traffic leaves with one that the other nodes do not know as that node. They get the packets and throw them away.',
    rule: 'A VTEP, told by inner source MAC and VNI, uses several outer sources at the same point, or another one than its peers send to; conversations that leave with the odd one get no answer (two packets or more) while the other one is answered or used by the peers. Packets are judged one by one: where none that left with the odd one is answered, and three connections or more open by what they send again with the other, it is a warning.',
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
  thresholds: { ...OUTER_SOURCE_THRESHOLDS, ...VTEP_THRESHOLDS },

  *detect(evidence) {
    for (const found of oddSources(evidence)) yield occurrenceOf(evidence, found);
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
    } = occurrence;
    const { repaired, seconds } = occurrence;
    const wrong = odd.map((address) => names.address(address)).join(', ');
    const node = right === null ? vtep : names.address(right);
    const sendingNode = `the node with ${node}`;
    return {
      message:
        unanswered === 0
          ? `The node ${node} sends the first packets of ${counted(repaired, 'connection')} with the outer source ${wrong}; only what it sends again with another one is answered, ${seconds.toFixed(1)} s later`
          : `The node ${node} sends ${carrier} packets with the outer source ${wrong}; they get no answer (${counted(unanswered, 'conversation')})${right === null ? '' : answeredElsewhere > 0 ? `; packets with source ${right} are answered` : `; its address is ${right}`}`,
      why: `${right === null ? `Only the inner MAC ${vtep} (VNI ${networkId}) names the node.` : `The inner MAC ${vtep} (VNI ${networkId}) says that it is the same node.`} The receiver does not know ${odd.join(', ')} as this node, so it drops what it gets or answers elsewhere.`,
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
          fix: [
            right === null
              ? `Keep one address on the NIC of ${sendingNode} (BOOTPROTO="none" where DHCP and static are mixed), then restart the network, the container runtime and kubelet there.`
              : `Take ${odd.join(', ')} away from the NIC of ${sendingNode} (BOOTPROTO="none" where DHCP and static are mixed), then restart the network, the container runtime and kubelet there.`,
            `Or bind the CNI of ${sendingNode} to ${right ?? 'the address that its peers know'} (flannel --iface or public-ip-overwrite).`,
          ],
        },
        {
          id: 'second-masquerade',
          cause:
            'kube-proxy masquerades the encapsulated packet a second time (mark 0x4000) and the outer UDP checksum is wrong',
          for: badChecksums ? ['outer UDP checksums of these packets are wrong'] : [],
          against: badChecksums ? [] : ['no wrong outer UDP checksum was seen'],
          fix: [
            `Find the rule that translates ${right ?? 'the outer source'} to ${odd[0]} on ${sendingNode}, and let it leave UDP of the tunnel out; upgrade kube-proxy.`,
            {
              on: sendingNode,
              command:
                "ip -o link show type vxlan | cut -d ' ' -f 2 | tr -d : | xargs -I DEV ethtool -K DEV tx-checksum-ip-generic off",
              note: 'until then',
            },
          ],
        },
      ],
      confirm: [
        addressesOf(sendingNode, familyOf(odd[0]), {
          expect:
            right === null
              ? `${odd.join(', ')} beside the address that the other nodes know`
              : `both ${[...odd, right].join(' and ')} on one interface`,
          shows: { has: escaped(odd[0]) },
        }),
        vxlanDevices(sendingNode, { expect: right === null ? 'the "local" address' : `"local ${right}"` }),
        masqueradeRules(sendingNode, familyOf(odd[0]), {
          expect: `a rule that gives UDP packets the source ${odd[0]}, where translation changes it`,
        }),
        watches(
          names.machine(receiver),
          `udp and src host ${odd[0]}`,
          {
            expect: 'the packets arrive; "bad udp cksum" speaks for the second masquerade',
            shows: { has: `${escaped(odd[0])}\\.\\d+ > ` },
          },
          { how: ' -vv' },
        ),
      ],
      fix: [],
      wireshark: `${odd.map((address) => fromAddress(address)).join(' || ')}`,
    };
  },
});

function occurrenceOf(evidence: Evidence, found: OddSource): OuterSource {
  const { vtep, odd, right, rightFrom, fates, repaired } = found;
  const unanswered = odd.flatMap((source) => fates.get(source)!.unanswered);
  const hit = [...unanswered, ...repaired];
  const oddFlows = vtep.flows.filter((flow) => odd.includes(flow.source));
  const answeredElsewhere = right === null ? 0 : (fates.get(right)?.answered.length ?? 0);
  const lease = leaseOf(
    evidence,
    [...odd, ...(right === null ? [] : [right])],
    vtep.flows.flatMap(({ sourceMacs }) => sourceMacs.map(({ value }) => value)),
  );
  return {
    key: `${vtep.networkId} ${odd.join(',')} not ${right ?? 'a node'}`,
    level: unanswered.length === 0 ? 'warning' : 'error',
    grade: gradeOf({ 'one-vtep-several-sources': 'passed' }),
    subject: subjectOf(hit).subject,
    conversations: hit.map((conversation) => conversation.index),
    between: breakPointOf(hit)?.between ?? null,
    place: `on the node with ${right ?? vtep.mac}, before ${evidence.points[vtep.point].name}`,
    ...excerpt([
      ...firstPackets(
        vtep.flows,
        (flow) =>
          `outer ${flow.source} > ${flow.destination}, ${flow.packets} packets${odd.includes(flow.source) ? ', not answered' : ''}`,
      ),
      ...otherSyns(evidence, vtep, hit),
    ]),
    reach: hit.length,
    measured: {
      outerSources: [...odd, ...(right === null ? [] : [right])],
      vtep: vtep.mac,
      vni: vtep.networkId,
      unanswered: unanswered.length,
      ...(repaired.length > 0 && { repaired: repaired.length }),
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
    repaired: repaired.length,
    seconds: delayOf(evidence, vtep.point, repaired),
    answeredElsewhere,
    badChecksums: oddFlows.some((flow) => flow.checksums.bad > 0),
    lease,
    receiver: oddFlows[0].destination,
    point: vtep.point,
  };
}

/** Describes a static address beside a leased one. The node in the article had both. */
const leaseText = (
  { address, mac, server, packet }: AddressLease,
  odd: readonly string[],
  right: string | null,
): string =>
  `DHCP (${server}, packet ${packet}) gave ${address} to ${mac}, the NIC that also sends with ${odd.includes(address) ? (right ?? 'the other address') : odd.join(', ')}`;

/** All SYNs except those that are shown as the first packet of their tunnel flow. */
function otherSyns(
  evidence: Evidence,
  { point, flows }: Vtep,
  conversations: readonly Conversation[],
): EvidencePacket[] {
  const shown = new Set(flows.map(({ first }) => first.packet));
  return connectionsAt(evidence, point, conversations)
    .flatMap(synPackets)
    .filter(({ packet }) => !shown.has(packet));
}

/** Median time from the first SYN of a connection to its SYN-ACK, seconds; 0 if there is no SYN-ACK. */
function delayOf(evidence: Evidence, point: number, conversations: readonly Conversation[]): number {
  const delays = connectionsAt(evidence, point, conversations)
    .flatMap(({ syn: [syn], synAck: [synAck] }) => (synAck === undefined ? [] : [synAck.time - syn.time]))
    .sort((a, b) => a - b);
  return delays[delays.length >> 1] ?? 0;
}

const connectionsAt = (evidence: Evidence, point: number, conversations: readonly Conversation[]): Connection[] =>
  conversations
    .flatMap((conversation) => indexOf(evidence).connections(conversation))
    .filter((connection) => connection.point === point && connection.syn.length > 0);
