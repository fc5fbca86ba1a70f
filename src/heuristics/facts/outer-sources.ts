import type { Conversation, Evidence, TunnelFlow } from '../../flows/evidence/evidence.ts';
import { TO_SERVER } from '../../flows/evidence/evidence.ts';
import { indexOf } from './evidence-index.ts';
import { type Fate, fateOf, meantVtep, sendingVtep } from './vtep.ts';

export const OUTER_SOURCE_THRESHOLDS = {
  packets: { value: 2, unit: 'packets', source: 'docs/thresholds.md, two-show-a-habit' },
  repaired: { value: 3, unit: 'connections', source: 'docs/thresholds.md, first-packets-lost' },
} as const;

/** One VTEP at one point: all packets that are sent with its inner MAC. */
export interface Vtep {
  mac: string;
  networkId: number;
  point: number;
  flows: TunnelFlow[];
  /** Outer addresses to which its peers send. */
  peersSendTo: Set<string>;
}

/** A VTEP that sends with an outer source address that gets no answers. */
export interface OddSource {
  vtep: Vtep;
  odd: string[];
  right: string | null;
  rightFrom: 'answered' | 'peers' | 'inventory';
  fates: ReadonlyMap<string, Fate>;
  /** Conversations that were answered only after a packet was sent again with another source. */
  repaired: Conversation[];
}

/**
 * VTEPs of which one outer source is not answered, while another source is answered or is the known address of the
 * VTEP.
 */
export function oddSources(evidence: Evidence): OddSource[] {
  return vtepsOf(evidence).flatMap((vtep) => judged(evidence, vtep) ?? []);
}

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

function judged(evidence: Evidence, vtep: Vtep): OddSource | null {
  const sources = [...new Set(vtep.flows.map((flow) => flow.source))];
  const announced = evidence.known.vteps?.[vtep.mac] ?? null;
  // An only address that is given, or that the peers send to, is the right one whatever became of its packets.
  const [first] = sources;
  if (sources.length === 1 && (announced ?? (vtep.peersSendTo.has(first) ? first : null)) === first) return null;
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
  const right =
    announced ??
    answeredSource ??
    sources.find((source) => vtep.peersSendTo.has(source)) ??
    [...vtep.peersSendTo][0] ??
    sources.find((source) => fates.get(source)!.answered.length > 0) ??
    null;
  if (right !== null && isSharedByFamily(right, sources)) return null;
  const isOdd = (source: string): boolean => (right === null ? isNoNode(evidence, source) : source !== right);
  const repairedOf = new Map(
    sources.map((source) => [source, repairedWith(evidence, vtep, source, fates.get(source)!)]),
  );
  const odd = sources.filter(
    (source) => isOdd(source) && (isFailing(fates.get(source)!) || repairedOf.get(source)!.length > 0),
  );
  if (odd.length === 0) return null;
  const told = right === null || right === announced ? 'inventory' : 'peers';
  const rightFrom = right !== null && right === answeredSource ? 'answered' : told;
  const repaired = odd.flatMap((source) => repairedOf.get(source)!);
  return { vtep, odd, right, rightFrom, fates, repaired };
}

/** True when the nodes were given with addresses of this family, and `source` is not one of them. */
function isNoNode({ known: { nodes } }: Evidence, source: string): boolean {
  const family = source.includes(':');
  return nodes[source] === undefined && Object.keys(nodes).some((address) => address.includes(':') === family);
}

/** Sources of another address family than the right one belong to another underlay. */
const isSharedByFamily = (right: string, sources: readonly string[]): boolean =>
  sources.every((source) => source === right || source.includes(':') !== right.includes(':'));

const isFailing = (fate: Fate): boolean =>
  fate.unanswered.length > 0 &&
  fate.answered.length === 0 &&
  fate.unansweredPackets >= OUTER_SOURCE_THRESHOLDS.packets.value;

/**
 * Conversations that were answered only because they also used another source. They sent packets with `source`, none of
 * these was answered, and the same packets with another source of the same VTEP were. None when any packet with
 * `source` was answered, or when there are too few such conversations.
 *
 * Linux computes a new hash for a SYN that is sent again (net.core.txrehash). The SYN leaves with another outer port,
 * so the translation that applied to the first outer packet does not apply to it.
 */
function repairedWith(evidence: Evidence, vtep: Vtep, source: string, fate: Fate): Conversation[] {
  const ofSource = vtep.flows.filter((flow) => flow.source === source);
  const sent = ofSource.reduce((sum, { fates }) => sum + fates.sent, 0);
  const isAnswered = ofSource.some(({ fates }) => fates.answered > 0);
  if (isAnswered || sent < OUTER_SOURCE_THRESHOLDS.repaired.value) return [];
  const others = new Set(vtep.flows.filter((flow) => flow.source !== source).map((flow) => flow.index));
  const isRepaired = (conversation: Conversation): boolean =>
    indexOf(evidence)
      .connections(conversation)
      .some(
        ({ point, syn, directions }) =>
          point === vtep.point && syn.length > 1 && directions[TO_SERVER].tunnels.some((number) => others.has(number)),
      );
  const isWhole = fate.answered.length >= OUTER_SOURCE_THRESHOLDS.repaired.value && fate.answered.every(isRepaired);
  return isWhole ? fate.answered : [];
}
