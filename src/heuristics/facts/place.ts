import type { Conversation, Direction, Evidence, Hop } from '../../flows/evidence/evidence.ts';
import { gradeOf } from '../rule/grade.ts';
import type { Grade } from '../rule/rule.ts';

/** A pair of neighbouring points between which packets vanish, with what vanished there. */
export interface BreakPoint {
  between: [number, number];
  direction: Direction;
  lost: number;
  packets: number;
  conversations: number;
  /** True when nothing at all of these conversations passed in that direction. */
  total: boolean;
  hops: Hop[];
  /** Inferred where only the wall clocks of the hosts tell that the second point was capturing. */
  grade: Grade;
}

/**
 * Where packets of some conversations die: of the hops that are known to have lost some, grouped by their two points and
 * direction, the one that lost most; on a tie the one nearest to the sender.
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

/** Where two points stand to each other: inside one host, between two hosts, or not known. */
export function spanOf(evidence: Evidence, [from, to]: [number, number]): 'inside' | 'between' | 'unknown' {
  const a = evidence.points[from].host;
  const b = evidence.points[to].host;
  if (a === null || b === null) return 'unknown';
  return a === b ? 'inside' : 'between';
}

/** Point nearest to the client of a conversation: the one whose silence the client feels. */
export const firstPoint = (conversation: Conversation): number => conversation.legs[0].point;
