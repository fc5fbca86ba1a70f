import type { Report } from '../report/model/report.ts';
import { type GatedReport, whySilent, withGate } from './decide.ts';
import type { GateSettings } from './gate-settings.ts';
import { fits } from './known-finding.ts';
import { holds, LOSS, lossOf, type MeasureExpectation, measured, valueText } from './measures.ts';
import { matcherOf } from './rule-ids.ts';
import { type ExpectedFinding, knownFromScenario, type Scenario } from './scenario.ts';
import type { TrafficMeasures } from './traffic-measures.ts';

/** What was measured of each capture, by its path. */
export interface MeasuredCaptures {
  /** Of all its packets. */
  whole: ReadonlyMap<string, TrafficMeasures>;
  /** For each conversation of the scenario, in its order. */
  conversations: readonly ReadonlyMap<string, TrafficMeasures>[];
}

/** What an expectation came to: why it fails, or why it cannot be judged. */
interface Outcome {
  failed: string[];
  open: string[];
}

/** The report with the decision on a scenario: its expectations, and the gate for all that it does not expect. */
export function withExpectations(
  report: Report,
  scenario: Scenario,
  captures: MeasuredCaptures,
  settings: GateSettings = {},
): GatedReport {
  const { expect, failOn } = scenario;
  const gated = withGate(report, {
    ...settings,
    ...(failOn !== undefined && settings.failOn === undefined && { failOn }),
    requireEvidence: [...(settings.requireEvidence ?? []), ...(expect.evidence ?? [])],
    known: [...knownFromScenario(scenario), ...(settings.known ?? [])],
  });
  const outcomes = [
    ...(expect.findings ?? []).map((finding) => ofFinding(report, finding)),
    ...(expect.forbid ?? []).map((pattern) => ofForbidden(report, pattern)),
    ...(expect.measures ?? []).map((measure) => ofMeasure(measure, captures.whole, report, '')),
    ...(expect.conversations ?? []).flatMap(({ between, measures }, at) =>
      measures.map((measure) => ofMeasure(measure, captures.conversations[at], report, ` between ${between}`)),
    ),
  ];
  const failed = outcomes.flatMap((outcome) => outcome.failed);
  const open = outcomes.flatMap((outcome) => outcome.open);
  const { gate } = gated;
  const status =
    failed.length > 0 ? 'failed' : open.length > 0 && gate.status === 'passed' ? 'not-assessable' : gate.status;
  // What passed the gate alone says so; with a broken expectation that would be no reason.
  const because = gate.status === 'passed' && status !== 'passed' ? gate.because.slice(1) : gate.because;
  return { ...gated, gate: { ...gate, status, because: [...failed, ...open, ...because] } };
}

/** A rule that could not speak has not failed to find. */
function ofFinding(report: Report, expected: ExpectedFinding): Outcome {
  const isFound = report.findings.some((finding) => fits({ ...expected, from: 'scenario', reason: '' }, finding, ''));
  if (isFound) return { failed: [], open: [] };
  const ends = [expected.client, expected.server].filter((end) => end !== undefined).join(' → ');
  const what = `${expected.rule}${ends === '' ? '' : ` (${ends})`}`;
  const rule = report.rules.find(({ ruleId }) => ruleId === expected.rule);
  const silence = rule && whySilent(rule);
  return silence === undefined
    ? { failed: [`expected and not found: ${what}`], open: [] }
    : { failed: [], open: [`expected and not assessable: ${what}: ${silence}`] };
}

/** Where none of the rules that are meant could speak, nobody looked for what is forbidden. */
function ofForbidden({ findings, rules }: Report, pattern: string): Outcome {
  const isMeant = matcherOf(pattern);
  const found = findings.find(({ ruleId }) => isMeant.test(ruleId));
  if (found !== undefined) return { failed: [`forbidden (${pattern}): ${found.ruleId}: ${found.message}`], open: [] };
  const silences = rules.filter(({ ruleId }) => isMeant.test(ruleId)).map(whySilent);
  return silences.length === 0 || silences.includes(undefined)
    ? { failed: [], open: [] }
    : { failed: [], open: [`forbidden and not assessable: ${pattern}: ${silences[0]}`] };
}

/** A measure holds when it holds at each capture that has a sample; without any it cannot be judged. */
function ofMeasure(
  measure: MeasureExpectation,
  captures: ReadonlyMap<string, TrafficMeasures>,
  report: Report,
  where: string,
): Outcome {
  const values =
    measure.name === LOSS
      ? [['all captures', lossOf(report)] as const]
      : [...captures].map(
          ([path, measures]) => [path, measures.packets === 0 ? null : measured(measure, measures)] as const,
        );
  const samples = values.flatMap(([path, value]) => (value === null ? [] : [{ path, value }]));
  if (samples.length === 0) return { failed: [], open: [`${measure.text}${where}: nothing to measure it by`] };
  const broken = samples.filter(({ value }) => !holds(measure, value));
  return {
    failed: broken.map(
      ({ path, value }) => `${measure.text}${where}: it is ${valueText(measure.kind, value)} in ${path}`,
    ),
    open: [],
  };
}
