import { type HopFinding, judgeHops } from '../heuristics/facts/judge-hops.ts';
import type { MtrReport } from './mtr-report.ts';
import { readMtr } from './read-mtr.ts';

/** What a report of mtr means. */
export interface MtrJudgement {
  /** The report. */
  report: MtrReport;
  /** Loss end to end, 0 to 1: the loss of the last hop. */
  loss: number;
  /** Faults first. */
  findings: HopFinding[];
}

/**
 * Judges reports of `mtr --report` or `mtr --json`: loss at a hop counts only when all later hops lose packets too, and
 * the real loss is that of the last hop. Where the deviation is high, best and worst are used in place of the average.
 *
 * @param text one report or several
 * @returns one judgement for each report
 * @throws PcapdiagError 'unsupported-format' or 'limit-exceeded' for text that is not such a report
 */
export const judgeMtr = (text: string): MtrJudgement[] =>
  readMtr(text).map((report) => ({
    report,
    loss: report.hops[report.hops.length - 1].loss,
    findings: judgeHops(report.hops),
  }));
