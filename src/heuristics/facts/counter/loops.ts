import type { PacketLoop } from '../../../flows/evidence/evidence.ts';
import type { Answer } from '../../rule/grade.ts';

export const LOOP_THRESHOLDS = {
  passes: { value: 3, unit: 'count', source: 'docs/thresholds.md, loop-passes' },
  passesByOne: { value: 6, unit: 'count', source: 'docs/thresholds.md, loop-passes' },
} as const;

/** How much the TTL falls from the first pass to the second. */
export const stepOf = ({ ttls: [first, second] }: PacketLoop): number => first - second;

/**
 * Does the packet go in a circle? Its TTL must fall and never rise again. In addition, three passes with one step above
 * one, or six passes, must be seen: an `any` capture or merged captures of several places also show a packet several
 * times.
 */
export function goesInCircle(loop: PacketLoop): Answer {
  if (loop.rises > 0) return 'refuted';
  const step = stepOf(loop);
  const isEven = loop.ttls.every((ttl, at) => at === 0 || loop.ttls[at - 1] - ttl === step);
  const least = isEven && step > 1 ? LOOP_THRESHOLDS.passes : LOOP_THRESHOLDS.passesByOne;
  return loop.packets.length >= least.value ? 'passed' : 'refuted';
}
