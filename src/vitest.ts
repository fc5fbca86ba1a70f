/** Matchers for Vitest: `import 'pcapdiag/vitest'` in a test, or in `setupFiles`. */
import { expect } from 'vitest';
import { analyze } from './analyze.ts';
import type { CaptureSource } from './decode/files/capture-source.ts';
import { isJudged, whySilent } from './gate/decide.ts';
import { fits } from './gate/known-finding.ts';
import { formatText } from './report/formats/text.ts';
import type { Level, Report } from './report/model/report.ts';
import { rules } from './rule-pages.ts';

/** Captures, or a report that was made already. */
export type Judgeable = CaptureSource | readonly CaptureSource[] | Report;

/** Whom a finding is about: an address, or an address and a port. */
export interface FindingEnds {
  client?: string;
  server?: string;
}

export interface PcapdiagMatchers<R = unknown> {
  /**
   * Nothing is wrong at this level or worse (default "warning"), and something could be judged.
   */
  toHaveNoFindings(level?: Level): Promise<R>;
  /** The rule finds something. With `not` it finds nothing, and could have. */
  toHaveFinding(ruleId: string, ends?: FindingEnds): Promise<R>;
}

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: the declaration of Vitest has it
  interface Matchers<T = any> extends PcapdiagMatchers<T> {}
}

interface Outcome {
  pass: boolean;
  message: () => string;
}

const SEVERITY = { error: 1, warning: 2, note: 3 } as const satisfies Record<Level, number>;

const NOTHING_JUDGED = 'nothing could be judged';

async function toHaveNoFindings(
  this: { isNot: boolean },
  received: Judgeable,
  level: Level = 'warning',
): Promise<Outcome> {
  const report = await reportOf(received);
  const found = report.findings.filter((finding) => SEVERITY[finding.level] <= SEVERITY[level]);
  const isOpen = !isJudged(report);
  const said = isOpen ? NOTHING_JUDGED : `${found.length} at or above ${level}`;
  return {
    // Where nothing was judged, neither the expectation nor its contrary holds.
    pass: isOpen ? this.isNot : found.length === 0,
    message: () => `expected ${this.isNot ? 'findings' : 'no findings'}: ${said}\n\n${formatText(report)}`,
  };
}

async function toHaveFinding(
  this: { isNot: boolean },
  received: Judgeable,
  ruleId: string,
  ends: FindingEnds = {},
): Promise<Outcome> {
  if (!rules.some(({ id }) => id === ruleId)) throw new TypeError(`there is no rule "${ruleId}"`);
  const report = await reportOf(received);
  const entry = { ...ends, rule: ruleId, from: 'scenario', reason: '' } as const;
  const isFound = report.findings.some((finding) => fits(entry, finding, ''));
  const row = report.rules.find((rule) => rule.ruleId === ruleId);
  // A rule that could not speak has found nothing, and has not shown that there is nothing.
  const isOpen = !isFound && (row?.status !== 'ran' || !isJudged(report));
  const whom = [ends.client, ends.server].filter((end) => end !== undefined).join(' → ');
  const what = `${ruleId}${whom === '' ? '' : ` (${whom})`}`;
  const why = isOpen
    ? `; it cannot be judged: ${isJudged(report) ? ((row && whySilent(row)) ?? 'the rule did not run') : NOTHING_JUDGED}`
    : '';
  return {
    pass: isFound || (isOpen && this.isNot),
    message: () => `expected ${this.isNot ? 'no finding of' : 'a finding of'} ${what}${why}\n\n${formatText(report)}`,
  };
}

const reportOf = async (received: Judgeable): Promise<Report> =>
  isReport(received) ? received : analyze(received as CaptureSource | readonly CaptureSource[]);

const isReport = (received: Judgeable): received is Report =>
  typeof received === 'object' && 'schemaVersion' in received && 'findings' in received;

expect.extend({ toHaveNoFindings, toHaveFinding });
