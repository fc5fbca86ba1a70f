import type { AnalyzeOptions } from './analyze-options.ts';
import { chosenRules } from './chosen-rules.ts';
import type { Joined } from './flows/capture/capture-digest.ts';
import { dropOrdinary } from './flows/correlate/conversations/drop-ordinary.ts';
import type { Evidence } from './flows/evidence/evidence.ts';
import { namesOf } from './heuristics/facts/names.ts';
import { judgeInSteps } from './heuristics/judge/judge.ts';
import type { Judged, Judgement } from './heuristics/judge/judgement.ts';
import { ruleOf } from './own-rule.ts';
import { inTurns } from './pipeline/in-turns.ts';
import type { Report, ReportCapture, ReportFinding, ReportPoint } from './report/model/report.ts';
import { buildReport, captureOf, findingOf, pointOf } from './report/sections/build-report.ts';
import type { CutShort } from './report/sections/cut-short.ts';
import { type Tables, tablesOf } from './tables/tables.ts';
import { sanitizeAll } from './text/sanitize.ts';
import { TOOL_VERSION } from './tool-version.ts';

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

/** A run of the rules, step by step, for whoever asks first. */
export class Judging {
  readonly made: Judged[] = [];
  judgement: Judgement | undefined;
  readonly #steps: Generator<undefined, Judgement, undefined>;
  readonly #off: NonNullable<Judgement['off']>;

  /** @param isWatched whether the findings are kept as they are made */
  constructor(
    evidence: Evidence,
    tables: Tables,
    { rules, ownRules = [], allFindings }: AnalyzeOptions,
    isWatched = false,
  ) {
    const chosen = chosenRules(rules);
    this.#off = chosen.off;
    const asked = [...chosen.rules, ...ownRules.map((rule) => ruleOf(rule, tables))];
    this.#steps = judgeInSteps(evidence, asked, namesOf(evidence), {
      apart: allFindings,
      onFound: isWatched ? (found) => void this.made.push(found) : undefined,
    });
  }

  *steps(): Generator<undefined, Judgement, undefined> {
    while (this.judgement === undefined) {
      const { done, value } = this.#steps.next();
      if (done) this.judgement = { ...(value as Judgement), off: this.#off };
      else yield;
    }
    return this.judgement;
  }
}

/** @param cut what was left out because reading was stopped */
export function examinationOf(evidence: Joined, options: AnalyzeOptions, cut: CutShort | undefined): Examination {
  const telling = dropOrdinary(evidence);
  const tables = tablesOf(evidence);
  let watched: Judging | undefined;
  return {
    captures: sanitizeAll(evidence.captures.map((_, index) => captureOf(evidence, index))),
    points: sanitizeAll(evidence.points.map((_, index) => pointOf(evidence, index))),
    tables,
    async *findings() {
      watched ??= new Judging(telling, tables, options, true);
      const { made } = watched;
      const steps = watched.steps();
      for (let told = 0, isOver = false; ; ) {
        for (; told < made.length; told++) {
          options.signal?.throwIfAborted();
          yield sanitizeAll(findingOf(telling, made[told]));
        }
        if (isOver) return;
        isOver = steps.next().done === true;
      }
    },
    async report() {
      const judging = watched ?? new Judging(telling, tables, options);
      const judgement = await inTurns(judging.steps(), options.signal);
      return buildReport(telling, judgement, TOOL_VERSION, { cut, isWhole: options.allFindings });
    },
  };
}
