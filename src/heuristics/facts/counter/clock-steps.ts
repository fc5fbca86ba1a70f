import type { Evidence } from '../../../flows/evidence/evidence.ts';

/**
 * Whether a duration at a point is longer than the largest step back of its clock. A shorter one may come from the clock,
 * or from packets that stand in another order in the file than they were sent.
 *
 * @param seconds duration between two packets of the point
 */
export const isBeyondClockSteps = ({ points }: Evidence, point: number, seconds: number): boolean =>
  seconds > (points[point]?.quality.largestTimeStepBack ?? 0);
