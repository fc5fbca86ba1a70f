import type { Evidence } from '../../../flows/evidence/evidence.ts';
import type { Answer } from '../../rule/grade.ts';
import { indexOf } from '../evidence-index.ts';

/**
 * Was there time left for an answer before the capture ended?
 * @param since time of the point, seconds
 * @param needed seconds
 */
export const hadTimeLeft = (evidence: Evidence, point: number, since: number, needed: number): Answer =>
  indexOf(evidence).endOf(point) - since >= needed ? 'passed' : 'refuted';
