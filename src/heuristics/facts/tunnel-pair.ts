import type { Conversation, Evidence, TunnelFlow } from '../../flows/evidence/evidence.ts';
import { fateOf } from './vtep.ts';

/** Both directions of the tunnel between two nodes at one point. */
export interface TunnelPair {
  point: number;
  a: string;
  b: string;
  forward: TunnelFlow[];
  backward: TunnelFlow[];
}

/** Pairs of outer addresses that send to each other, by point and kind of tunnel. */
export function tunnelPairs(evidence: Evidence): TunnelPair[] {
  const pairs = new Map<string, TunnelPair>();
  for (const flow of evidence.tunnels) {
    const [a, b] = [flow.source, flow.destination].sort();
    const key = `${flow.point} ${flow.kind} ${a} ${b}`;
    const pair = pairs.get(key) ?? { point: flow.point, a, b, forward: [], backward: [] };
    pairs.set(key, pair);
    (flow.source === a ? pair.forward : pair.backward).push(flow);
  }
  return [...pairs.values()];
}

/**
 * Conversations in a pair's tunnel flows when none of them is answered. Null when some are answered, or too few packets
 * were sent.
 */
export function allUnanswered(
  evidence: Evidence,
  { forward, backward }: TunnelPair,
  leastPackets: number,
): Conversation[] | null {
  const fate = fateOf(evidence, [...forward, ...backward]);
  if (fate.answered.length > 0 || fate.unansweredPackets < leastPackets) return null;
  return fate.unanswered;
}

export const packetsOf = (flows: readonly TunnelFlow[]): number => flows.reduce((sum, flow) => sum + flow.packets, 0);
