import { type Conversation, type Evidence, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { breakPointOf } from '../../facts/place.ts';
import { subjectOf } from '../../facts/subject.ts';
import { allUnanswered, type TunnelPair, tunnelPairs } from '../../facts/tunnel-pair.ts';
import { fateOf, firstPackets } from '../../facts/vtep.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { vxlanDevices } from '../../words/commands.ts';
import { between } from '../../words/display-filter.ts';
import { excerpt } from '../../words/excerpt.ts';

const thresholds = {
  packets: { value: 3, unit: 'packets', source: 'docs/thresholds.md, tunnel-packets' },
  identities: { value: 8, unit: 'count', source: 'docs/thresholds.md, identities' },
} as const;

interface VniMismatch extends Occurrence {
  a: string;
  b: string;
  vnisOfA: number[];
  vnisOfB: number[];
  /** The node whose packets do arrive. Its requests are answered, and only the answers are lost. */
  heard: string | null;
}

/** Two nodes put their tunnel packets into different virtual networks. */
export const vxlanVniMismatch = defineRule<VniMismatch>({
  meta: {
    id: 'vxlan-vni-mismatch',
    faultClass: 'cni',
    level: 'error',
    recordedIn: 'lab/cni-vxlan-vni-mismatch',
    place: 'mechanism',
    explains: ['tunnel-blocked', 'asymmetric-return'],
    explainsSymptomsOf: ['lost-between-points', 'silent-path'],
    summary: 'Two nodes use different VXLAN network identifiers',
    meaning:
      'Each node’s VXLAN device drops packets of a VNI that is not its own, so pod traffic fails both ways while the nodes reach each other.',
    rule: 'Between a pair of nodes the VNIs of one direction and of the other have none in common, and no conversation in them is answered (three packets or more), or no answer gets through: SYN-ACKs are repeated and never acknowledged. Or one sends to another that never sends back, in a VNI that the other does not use with those that answer it, or to anybody.',
    notThis: [
      'Cilium puts the sender’s identity into the VNI: with answered conversations, or more than eight VNIs for a pair, nothing is said.',
      'Two overlays side by side: each has answers.',
    ],
    causes: ['A node joined with another CNI configuration', 'Two clusters share a network'],
    confirm: [{ on: 'both nodes', command: 'ip -d link show type vxlan', expect: 'different "id"' }],
    fix: ['Use the same VNI on all nodes, restart the CNI agent'],
    references: ['RFC 7348, 4.1 and 5'],
  },
  thresholds,

  *detect(evidence) {
    for (const pair of tunnelPairs(evidence)) {
      const [vnisOfA, vnisOfB] = [pair.forward, pair.backward].map((flows) =>
        [...new Set(flows.map((flow) => flow.networkId))].sort((x, y) => x - y),
      );
      if (vnisOfA.length === 0 || vnisOfB.length === 0) {
        const other = otherVnis(evidence, pair);
        const conversations = other.length > 0 ? allUnanswered(evidence, pair, thresholds.packets.value) : null;
        if (conversations === null) continue;
        const [ofA, ofB] = vnisOfA.length > 0 ? [vnisOfA, other] : [other, vnisOfB];
        yield { ...occurrenceOf(pair, conversations, ofA, ofB), grade: 'inferred' };
        continue;
      }
      if (vnisOfA.some((vni) => vnisOfB.includes(vni))) continue;
      if (vnisOfA.length + vnisOfB.length > thresholds.identities.value) continue;
      const conversations = allUnanswered(evidence, pair, thresholds.packets.value);
      if (conversations !== null) yield occurrenceOf(pair, conversations, vnisOfA, vnisOfB);
      else yield* answersLost(evidence, pair, vnisOfA, vnisOfB);
    }
  },

  explain({ a, b, vnisOfA, vnisOfB, heard }, names) {
    const effect =
      heard === null
        ? 'neither accepts the other’s packets'
        : `${names.address(heard)} is heard, and does not accept the answers`;
    return {
      message: `${names.address(a)} sends with VNI ${vnisOfA.join(', ')}, ${names.address(b)} with VNI ${vnisOfB.join(', ')}: ${effect}`,
      why: 'A VXLAN device only takes packets of its own network identifier. The others reach the NIC and are dropped without a word.',
      causes: [
        {
          id: 'different-vnis',
          cause: 'the two nodes have different CNI configurations',
          for: [
            heard === null ? 'no conversation between them is answered' : 'no answer between them gets through',
            'they use no VNI in common',
          ],
          against: [],
        },
      ],
      confirm: [a, b].map((node) =>
        vxlanDevices(names.machine(node), {
          expect: `vxlan id ${(node === a ? vnisOfA : vnisOfB).join(', ')}`,
          shows: { has: `vxlan id ${(node === a ? vnisOfA : vnisOfB)[0]}\\b` },
        }),
      ),
      fix: [
        `Use one VNI on ${a} and ${b} and all other nodes (flannel: Backend.VNI in net-conf.json), and restart the CNI agent of the node that differs.`,
      ],
      wireshark: `vxlan && ${between(a, b)}`,
    };
  },
});

/**
 * VNIs that the silent node uses with other nodes, in both directions and with answers. If there are none, all VNIs
 * that the silent node sends with. Empty if the VNI sent to the silent node is among them. Also empty unless other
 * pairs have answers and use the same VNIs in both directions: VNIs that differ by direction carry identities.
 */
function otherVnis(evidence: Evidence, { forward, backward }: TunnelPair): number[] {
  const [flow] = [...forward, ...backward];
  if (flow.kind !== 'vxlan') return [];
  const working = workingPairs(evidence);
  const vnis = new Set<number>();
  if (!working.areNetworks) return [];
  for (const vni of working.byEnd.get(flow.destination) ?? []) vnis.add(vni);
  if (vnis.size === 0)
    for (const { kind, source, networkId } of evidence.tunnels)
      if (kind === 'vxlan' && source === flow.destination) vnis.add(networkId);
  return vnis.has(flow.networkId) || vnis.size > thresholds.identities.value ? [] : [...vnis].sort((x, y) => x - y);
}

/** What the node pairs with answered traffic show. */
interface WorkingPairs {
  /** Such pairs exist, and each of them uses the same VNIs in both directions. */
  areNetworks: boolean;
  /** VNIs that a node uses in both directions, by outer address. */
  byEnd: Map<string, Set<number>>;
}

const workingPairsOf = new WeakMap<Evidence, WorkingPairs>();

/** Computed once per evidence, because every silent pair needs the result. */
function workingPairs(evidence: Evidence): WorkingPairs {
  const known = workingPairsOf.get(evidence);
  if (known !== undefined) return known;
  const found: WorkingPairs = { areNetworks: false, byEnd: new Map() };
  workingPairsOf.set(evidence, found);
  for (const pair of tunnelPairs(evidence)) {
    if (pair.forward.length === 0 || pair.backward.length === 0) continue;
    if (allUnanswered(evidence, pair, 0) !== null) continue;
    const back = new Set(pair.backward.map(({ networkId }) => networkId));
    const common = [...new Set(pair.forward.map(({ networkId }) => networkId))].filter((vni) => back.has(vni));
    found.areNetworks = common.length === back.size;
    if (!found.areNetworks) return found;
    for (const end of [pair.a, pair.b]) found.byEnd.set(end, new Set([...(found.byEnd.get(end) ?? []), ...common]));
  }
  return found;
}

/** For a pair whose requests are answered but whose answers are lost: the client never acknowledges the SYN-ACKs. */
function* answersLost(
  evidence: Evidence,
  pair: TunnelPair,
  vnisOfA: number[],
  vnisOfB: number[],
): Iterable<VniMismatch> {
  const { answered, unanswered } = fateOf(evidence, [...pair.forward, ...pair.backward]);
  const index = indexOf(evidence);
  let heard: string | null = null;
  let synAcks = 0;
  for (const conversation of answered) {
    for (const connection of index.connections(conversation)) {
      if (connection.point !== pair.point) continue;
      if (connection.synAck.length === 0 || connection.handshakeAck !== null) return;
      synAcks += connection.synAck.length;
      const [flow] = connection.directions[TO_SERVER].tunnels.map((number) => evidence.tunnels[number]);
      heard ??= flow?.source ?? null;
    }
  }
  if (heard === null || synAcks < thresholds.packets.value) return;
  yield { ...occurrenceOf(pair, [...answered, ...unanswered], vnisOfA, vnisOfB), heard };
}

function occurrenceOf(
  pair: TunnelPair,
  conversations: Conversation[],
  vnisOfA: number[],
  vnisOfB: number[],
): VniMismatch {
  return {
    key: `${pair.a} ${pair.b} ${vnisOfA.join(',')} ${vnisOfB.join(',')}`,
    grade: gradeOf({ 'no-vni-in-common': 'passed' }),
    subject: { ...subjectOf(conversations).subject, protocol: 'tunnel' },
    conversations: conversations.map((conversation) => conversation.index),
    between: breakPointOf(conversations)?.between ?? null,
    place: `on the VXLAN devices of ${pair.a} and ${pair.b}`,
    ...excerpt(
      firstPackets(
        [...pair.forward, ...pair.backward],
        (flow) => `outer ${flow.source} > ${flow.destination}, VNI ${flow.networkId}`,
      ),
    ),
    reach: conversations.length,
    measured: { vnisOfA, vnisOfB, a: pair.a, b: pair.b },
    a: pair.a,
    b: pair.b,
    vnisOfA,
    vnisOfB,
    heard: null,
  };
}
