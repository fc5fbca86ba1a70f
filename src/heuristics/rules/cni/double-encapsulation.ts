import type { Conversation, Evidence, Leg, TunnelFlow } from '../../../flows/evidence/evidence.ts';
import { type Overhead, overheadOf } from '../../facts/tunnel-overhead.ts';
import { carries, firstPackets } from '../../facts/vtep.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { appendTo } from '../../words/append-to.ts';
import { counted } from '../../words/counted.ts';

const thresholds = {
  packets: { value: 3, unit: 'packets', source: 'docs/thresholds.md, tunnel-packets' },
} as const;

/** MTU of Ethernet (RFC 894). It is assumed under a tunnel when nothing else is known. */
const ETHERNET_MTU = 1500;

interface Nested extends Occurrence {
  overhead: Overhead;
  largestOuterL3: number;
}

/** One tunnel carries another tunnel. */
export const doubleEncapsulation = defineRule<Nested>({
  meta: {
    id: 'double-encapsulation',
    faultClass: 'cni',
    level: 'note',
    recordedIn: 'test/pcaps/vxlan-in-vxlan',
    place: 'mechanism',
    explainedBy: ['mtu-black-hole'],
    summary: 'Packets travel in a tunnel inside a tunnel',
    meaning:
      'Each layer takes its headers from the MTU of the pods. No fault by itself; the first suspect where large packets are lost.',
    rule: 'Packets with more than one layer of encapsulation, three at least, between outer addresses that send such packets to each other.',
    notThis: [
      'Mirrored traffic (vTAP, ERSPAN): both directions of a conversation go to one collector, which sends nothing back.',
      'One layer.',
    ],
    causes: ['A cluster inside a cluster', 'A VPN or WireGuard under an overlay', 'Two CNI plug-ins'],
    confirm: [{ on: '<node>', command: 'ip -d link show', expect: 'two tunnel devices on top of each other' }],
    fix: ['Set the MTU of the pods to that of the underlay less the headers of all layers, or drop one layer'],
    references: ['RFC 4459', 'RFC 7348, 4.3'],
  },
  thresholds,

  *detect(evidence) {
    const groups = new Map<string, { conversation: Conversation; leg: Leg }[]>();
    for (const conversation of evidence.conversations) {
      for (const leg of conversation.legs) {
        if (leg.encapsulation.length > 1)
          appendTo(groups, `${leg.point} ${leg.encapsulation.join('>')}`, { conversation, leg });
      }
    }
    for (const group of groups.values()) {
      const occurrence = occurrenceOf(evidence, group);
      if (occurrence !== null) yield occurrence;
    }
  },

  explain({ overhead, largestOuterL3, reach }) {
    const mtu = ETHERNET_MTU - overhead.octets;
    return {
      message: `${counted(reach, 'conversation travels', 'conversations travel')} as ${overhead.name}: ${overhead.octets} octets of headers in ${overhead.depth} layers`,
      why: `Over links of ${ETHERNET_MTU} the pods may have an MTU of ${mtu} at most; the largest outer packet seen has ${largestOuterL3} octets.`,
      causes: [
        {
          id: 'nested-overlay',
          cause: 'an overlay runs inside another one or inside a VPN',
          for: ['both outer addresses send such packets to each other, so nobody mirrors them'],
          against: [],
        },
      ],
      confirm: [
        {
          on: 'both nodes of the tunnel',
          command: 'ip -d link show',
          expect: `two tunnel devices on top of each other, the inner one with an MTU of ${mtu} or less`,
        },
      ],
      fix: [`Set the MTU of the pods to ${mtu} (that of the underlay less ${overhead.octets}), or drop one layer.`],
      wireshark: 'vxlan || geneve || gre || ip.proto==4',
    };
  },
});

function occurrenceOf(evidence: Evidence, group: readonly { conversation: Conversation; leg: Leg }[]): Nested | null {
  const legs = group.map(({ leg }) => leg);
  const overhead = overheadOf(evidence, legs);
  const outer = mutual(nestedAt(evidence, legs[0]));
  const packets = outer.reduce((sum, flow) => sum + flow.packets, 0);
  if (overhead === null || packets < thresholds.packets.value) return null;
  const conversations = [...new Set(group.map(({ conversation }) => conversation.index))];
  const [first] = outer;
  return {
    key: legs[0].encapsulation.join('>'),
    grade: gradeOf({ 'headers-in-the-packet': 'passed' }),
    subject: { protocol: 'tunnel', client: first.source, server: first.destination },
    conversations,
    packets: firstPackets(outer, (flow) => `${flow.source} to ${flow.destination}: ${overhead.name}`).slice(0, 10),
    packetsTotal: packets,
    reach: conversations.length,
    measured: { layers: overhead.depth, headerOctets: overhead.octets },
    overhead,
    largestOuterL3: Math.max(...outer.map((flow) => flow.largestOuterL3)),
  };
}

/**
 * Outermost tunnel flows at the point of a leg that carry a second tunnel. A deeper flow at that point has the
 * addresses of the second tunnel.
 */
function nestedAt(evidence: Evidence, { point, encapsulation }: Leg): TunnelFlow[] {
  const at = evidence.tunnels.filter((flow) => flow.point === point);
  const inner = at.filter(({ depth, kind }) => depth === 1 && kind === encapsulation[1]);
  return at.filter(
    (flow) =>
      flow.depth === 0 &&
      flow.kind === encapsulation[0] &&
      inner.some(({ source, destination }) => carries(flow, source, destination)),
  );
}

/** Flows that also run in the other direction. A collector of mirrored packets sends nothing back. */
const mutual = (flows: readonly TunnelFlow[]): TunnelFlow[] =>
  flows.filter(({ source, destination }) =>
    flows.some((other) => other.source === destination && other.destination === source),
  );
