import {
  type Conversation,
  type Direction,
  type Evidence,
  type Hop,
  TO_CLIENT,
} from '../../flows/evidence/evidence.ts';
import { gradeOf } from '../rule/grade.ts';
import type { Grade } from '../rule/rule.ts';

/** A pair of neighbouring points between which packets vanish, with what vanished there. */
export interface BreakPoint {
  between: [number, number];
  direction: Direction;
  lost: number;
  packets: number;
  conversations: number;
  /** True when no packet of these conversations passed in that direction. */
  total: boolean;
  hops: Hop[];
  /** Inferred where only the wall clocks of the hosts show that the second point was capturing. */
  grade: Grade;
}

/**
 * Where packets of some conversations are lost. Hops that are known to have lost packets are grouped by their two
 * points and direction, and the group that lost most is chosen. On a tie it is the one nearest to the sender.
 */
export function breakPointOf(conversations: readonly Conversation[], direction?: Direction): BreakPoint | null {
  const groups = new Map<string, BreakPoint>();
  for (const conversation of conversations) {
    for (const hop of conversation.hops) {
      if (hop.unknown !== null || hop.lost === 0) continue;
      if (direction !== undefined && hop.direction !== direction) continue;
      const key = `${hop.direction} ${hop.from} ${hop.to}`;
      let group = groups.get(key);
      if (group === undefined) {
        group = {
          between: [hop.from, hop.to],
          direction: hop.direction,
          lost: 0,
          packets: 0,
          conversations: 0,
          total: true,
          hops: [],
          grade: 'inferred',
        };
        groups.set(key, group);
      }
      group.lost += hop.lost;
      group.packets += hop.packets;
      group.conversations++;
      group.total &&= hop.matched === 0;
      group.hops.push(hop);
      if (!hop.byWallClock) group.grade = gradeOf({ 'second-point-was-capturing': 'passed' });
    }
  }
  let best: BreakPoint | null = null;
  for (const group of groups.values()) if (best === null || group.lost > best.lost) best = group;
  return best;
}

/** How two points relate: inside one host, between two hosts, or unknown. */
export function spanOf(evidence: Evidence, [from, to]: [number, number]): 'inside' | 'between' | 'unknown' {
  const a = evidence.points[from].host;
  const b = evidence.points[to].host;
  if (a === null || b === null) return 'unknown';
  return a === b ? 'inside' : 'between';
}

/**
 * Whether a point behind `from`, as seen from the client, shows packets of the server. Then what the server answers got
 * there, also where these points show nothing of it: they see one direction only (an egress hook, a mirror port).
 */
export const isAnsweredBehind = ({ connections }: Evidence, { legs }: Conversation, from: number): boolean =>
  legs
    .slice(legs.findLastIndex(({ point }) => point === from) + 1)
    .some(({ kind, index }) => kind === 'tcp' && connections[index].directions[TO_CLIENT].packets > 0);

/** Point nearest to the client of a conversation. Silence there is silence for the client. */
export const firstPoint = (conversation: Conversation): number => conversation.legs[0].point;
