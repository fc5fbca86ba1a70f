import type { AnalyzeOptions } from './analyze-options.ts';
import { chosenRules } from './chosen-rules.ts';
import type { Evidence } from './flows/evidence/evidence.ts';
import { namesOf } from './heuristics/facts/names.ts';
import { judgeInSteps } from './heuristics/judge/judge.ts';
import type { Judged, Judgement } from './heuristics/judge/judgement.ts';
import { ruleOf } from './own-rule.ts';
import { LastMoments } from './pipeline/in-turns.ts';
import { namesIn, redactReport } from './redact-report.ts';
import type { Report } from './report/model/report.ts';
import { buildReport, type ReportOptions } from './report/sections/build-report.ts';
import type { Tables } from './tables/tables.ts';
import { TOOL_VERSION } from './tool-version.ts';

/** Milliseconds that rules may still take after `stop`; those that are left are not asked. */
const LAST_OF_JUDGING = 300;

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
    { rules, ownRules = [], allFindings, stop }: Pick<AnalyzeOptions, 'rules' | 'ownRules' | 'allFindings' | 'stop'>,
    isWatched = false,
  ) {
    const chosen = chosenRules(rules);
    this.#off = chosen.off;
    const asked = [...chosen.rules, ...ownRules.map((rule) => ruleOf(rule, tables))];
    const last = new LastMoments(stop, LAST_OF_JUDGING);
    this.#steps = judgeInSteps(evidence, asked, namesOf(evidence), {
      apart: allFindings,
      isEnough: () => last.areOver,
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

/**
 * The report of a judgement, redacted where that is asked for: the only way from evidence to what a caller sees.
 *
 * @param more what else the report holds; `names` of the evidence where the caller has them already
 */
export function reportOf(
  evidence: Evidence,
  judgement: Judgement,
  { allFindings, redaction }: Pick<AnalyzeOptions, 'allFindings' | 'redaction'>,
  { names, ...more }: Omit<ReportOptions, 'isWhole'> & { names?: ReadonlyMap<string, string> } = {},
): Report {
  const report = buildReport(evidence, judgement, TOOL_VERSION, { ...more, isWhole: allFindings });
  return redaction === undefined ? report : redactReport(report, redaction, names ?? namesIn(evidence, redaction));
}
