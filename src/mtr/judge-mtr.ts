import { type HopFinding, type HopFindingKind, judgeHops } from '../heuristics/facts/judge-hops.ts';
import type { MtrReport } from './mtr-report.ts';
import { readMtr } from './read-mtr.ts';

export type MtrFinding = HopFinding;
export type MtrFindingKind = HopFindingKind;

export interface MtrJudgement {
  report: MtrReport;
  /** Loss of the whole way, 0 to 1: that of the last hop. */
  loss: number;
  /** Faults first. */
  findings: MtrFinding[];
}

/**
 * Judges reports of `mtr --report` or `mtr --json`: loss at a hop counts only when all later hops lose too, and the real
 * loss is that of the last; where the deviation is high the average says nothing, best and worst do.
 *
 * @param text one report or several
 * @returns one judgement for each report
 * @throws PcapdiagError 'unsupported-format' or 'limit-exceeded' for what is no such report
 */
export const judgeMtr = (text: string): MtrJudgement[] =>
  readMtr(text).map((report) => ({
    report,
    loss: report.hops[report.hops.length - 1].loss,
    findings: judgeHops(report.hops),
  }));
