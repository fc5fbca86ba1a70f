import type { AnalyzeOptions } from './analyze-options.ts';
import type { Evidence } from './flows/evidence/evidence.ts';
import type { Judgement } from './heuristics/judge/judgement.ts';
import { Judging, reportOf } from './judging.ts';
import { inTurns } from './pipeline/in-turns.ts';
import type { Report, ReportCapture, ReportFinding, ReportPoint } from './report/model/report.ts';
import { captureOf, findingOf, pointOf } from './report/sections/build-report.ts';
import type { CutShort } from './report/sections/cut-short.ts';
import type { Tables } from './tables/tables.ts';
import { sanitizeAll } from './text/sanitize.ts';

/** Captures that were read once, and what can be asked of them. */
export interface Examination {
  /** The captures, as in the report. */
  readonly captures: readonly ReportCapture[];
  /** The capture points, as in the report. */
  readonly points: readonly ReportPoint[];
  /** Connections, lookups and tunnels, read-only. */
  readonly tables: Tables;
  /**
   * The findings, each as soon as its rule has run: before causes are put over their symptoms and before findings of one
   * cause become one. So `explains` is empty, `explainedBy` is null, and `level` is that of the rule; `report` has the
   * final ones, with the same fingerprints.
   *
   * @throws the reason of `signal` when it is aborted
   */
  findings(): AsyncGenerator<ReportFinding, void, undefined>;
  /**
   * The report, as `analyze` gives it. Rules that `findings` ran are not run again.
   *
   * @throws the reason of `signal` when it is aborted
   */
  report(): Promise<Report>;
}

/**
 * @param evidence as the rules see it
 * @param tables of all that was read
 * @param cutBy what was left out because the analysis was stopped
 */
export function examinationOf(
  evidence: Evidence,
  tables: Tables,
  options: AnalyzeOptions,
  cutBy: (judgement: Judgement) => CutShort | undefined,
): Examination {
  let watched: Judging | undefined;
  return {
    captures: sanitizeAll(evidence.captures.map((_, index) => captureOf(evidence, index))),
    points: sanitizeAll(evidence.points.map((_, index) => pointOf(evidence, index))),
    tables,
    async *findings() {
      watched ??= new Judging(evidence, tables, options, true);
      const { made } = watched;
      const steps = watched.steps();
      for (let told = 0, isOver = false; ; ) {
        for (; told < made.length; told++) {
          options.signal?.throwIfAborted();
          yield sanitizeAll(findingOf(evidence, made[told]));
        }
        if (isOver) return;
        isOver = steps.next().done === true;
      }
    },
    async report() {
      const judging = watched ?? new Judging(evidence, tables, options);
      const judgement = await inTurns(judging.steps(), options.signal);
      return reportOf(evidence, judgement, options, { cut: cutBy(judgement) });
    },
  };
}
