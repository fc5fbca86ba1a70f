import { formatJobs, formatPlan, planCaptures, planJobs } from '../../index.ts';
import { EXIT_CLEAN } from '../exit-status.ts';
import type { PlanArguments } from '../plan-arguments.ts';

/** Prints where to capture and how, or Jobs for many nodes. @throws PcapdiagError for an impossible value */
export function planCommand(given: PlanArguments): number {
  const [plan, text] = 'jobs' in given ? jobsOf(given.jobs) : captureOf(given.request);
  process.stdout.write(given.format === 'json' ? `${JSON.stringify(plan, null, 2)}\n` : text());
  return EXIT_CLEAN;
}

function captureOf(request: Parameters<typeof planCaptures>[0]) {
  const plan = planCaptures(request);
  return [plan, () => formatPlan(plan)] as const;
}

function jobsOf(request: Parameters<typeof planJobs>[0]) {
  const plan = planJobs(request);
  return [plan, () => formatJobs(plan)] as const;
}
