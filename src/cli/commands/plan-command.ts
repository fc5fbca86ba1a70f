import { formatPlan, planCaptures } from '../../index.ts';
import { EXIT_CLEAN } from '../exit-status.ts';
import type { PlanArguments } from '../plan-arguments.ts';

/** Prints where to capture and how. @throws PcapdiagError for an impossible value */
export function planCommand({ request, format }: PlanArguments): number {
  const plan = planCaptures(request);
  process.stdout.write(format === 'json' ? `${JSON.stringify(plan, null, 2)}\n` : formatPlan(plan));
  return EXIT_CLEAN;
}
