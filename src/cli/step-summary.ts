/** The summary of a step of GitHub Actions: a file that the runner names, to which a step appends Markdown. */
import { appendFileSync, statSync } from 'node:fs';
import { formatMarkdown, type Report } from '../index.ts';
import { complain } from './complain.ts';

/** The runner refuses the whole file beyond 1 MiB. */
const MOST_OCTETS = 2 ** 20;
/** Less is not worth a heading. */
const LEAST_OCTETS = 4096;

/** Appends the report to the file that `GITHUB_STEP_SUMMARY` names, as far as it has room. Without it nothing is done. */
export function appendStepSummary(report: Report, environment: NodeJS.ProcessEnv): void {
  const path = environment.GITHUB_STEP_SUMMARY;
  if (path === undefined || path === '') return;
  try {
    const room = MOST_OCTETS - (statSync(path, { throwIfNoEntry: false })?.size ?? 0);
    if (room < LEAST_OCTETS) throw new Error('it has no room left');
    appendFileSync(path, `${formatMarkdown(report, { limit: room - 1 })}\n`);
  } catch (error) {
    complain(new Error(`the summary of the step is not written: ${error instanceof Error ? error.message : error}`));
  }
}
