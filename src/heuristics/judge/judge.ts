import type { Evidence } from '../../flows/evidence/evidence.ts';
import type { Explanation, Names, Occurrence, Rule } from '../rule/rule.ts';
import { likelyIds } from '../rule/weigh.ts';
import { namedByCause } from './cause-name.ts';
import { explainsGraphOf } from './explains-graph.ts';
import { failureDomainOf } from './failure-domain.ts';
import { fingerprintOf } from './fingerprint.ts';
import { gatedRules, notAssessable } from './gated.ts';
import type { Judged, Judgement } from './judgement.ts';
import { notTheNetwork } from './not-the-network.ts';
import { alone, onePerCause, type Together } from './one-cause.ts';
import { byImportance, type Found, putUnderCauses, tellsMore } from './strongest-cause.ts';
import { classesLeftOpen } from './triage-classes.ts';

export interface JudgeOptions {
  /** Every finding by itself, also those of one cause. */
  apart?: boolean | undefined;
  /**
   * Called with each finding when its rule has run: before causes are put over symptoms, and before findings of one cause
   * become one.
   */
  onFound?: ((found: Judged) => void) | undefined;
  /** Asked before each rule: once it is true, no further rule is asked. */
  isEnough?: (() => boolean) | undefined;
}

/** Findings that are worded, unless all are asked for: as many as a report of 1 MB can hold. */
const MOST_FINDINGS = 500;

/**
 * Runs every rule over the evidence, puts symptoms under their causes and orders the remaining findings. The first is
 * the verdict.
 */
export function judge(evidence: Evidence, rules: readonly Rule[], names: Names, options: JudgeOptions = {}): Judgement {
  const steps = judgeInSteps(evidence, rules, names, options);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value as Judgement;
  }
}

/** As `judge`, rule by rule, with a pause after each. */
export function* judgeInSteps(
  evidence: Evidence,
  rules: readonly Rule[],
  names: Names,
  options: JudgeOptions = {},
): Generator<undefined, Judgement, undefined> {
  const { isEnough = () => false } = options;
  const detected: Found[] = [];
  let ran = 0;
  for (const rule of rules) {
    if (isEnough()) break;
    ran++;
    const before = detected.length;
    for (const occurrence of rule.detect(evidence)) detected.push(asFound(rule, occurrence));
    if (options.onFound !== undefined)
      for (const { found } of namedByCause(merged(detected.slice(before)).map(alone), evidence.points))
        options.onFound(judgedAlone(found, rule.explain(found.occurrence, names)));
    yield;
  }
  const found = merged(detected);
  const finders = new Set(found.map(({ rule }) => rule));
  const silent = rules.slice(0, ran).filter((rule) => !finders.has(rule));
  const { gated, unasked } = yield* gatedRules(evidence, silent, isEnough);
  const leftOut = [...rules.slice(ran), ...unasked];
  const graph = explainsGraphOf(rules.map(({ meta }) => meta));
  putUnderCauses(found, graph);
  const explain = ({ rule, occurrence }: Found) => rule.explain(occurrence, names);
  const bestExplanation = (one: Found): string =>
    one.rule.isToldApart ? one.fingerprint : likelyIds(explain(one).causes).join(' ');
  const byOrder = [...found].sort((a, b) => byImportance(a, b, graph));
  const groups = namedByCause(
    options.apart === true ? byOrder.map(alone) : onePerCause(byOrder, bestExplanation),
    evidence.points,
  );
  groups.sort((a, b) => byImportance(a.found, b.found, graph));
  const fingerprintOfMember = new Map(
    groups.flatMap(({ found: { fingerprint }, members }) => members.map((member) => [member, fingerprint] as const)),
  );
  const explained = new Map<string, string[]>();
  for (const {
    found: { explainedBy, fingerprint },
  } of groups) {
    if (explainedBy === null) continue;
    const cause = fingerprintOfMember.get(explainedBy) as string;
    const symptoms = explained.get(cause);
    if (symptoms === undefined) explained.set(cause, [fingerprint]);
    else symptoms.push(fingerprint);
  }
  const told = options.apart === true ? groups : theFirst(groups);
  const findings = told.map(
    ({ found: one, members: [first], alike }): Judged => ({
      meta: one.rule.meta,
      occurrence: one.occurrence,
      level: one.explainedBy === null ? one.level : 'note',
      explanation: explain(first),
      fingerprint: one.fingerprint,
      explains: explained.get(one.fingerprint) ?? [],
      explainedBy: one.explainedBy === null ? null : (fingerprintOfMember.get(one.explainedBy) as string),
      alike,
    }),
  );
  const faulty = findings.some(({ level }) => level !== 'note');
  return {
    findings,
    findingsLeftOut: groups.length - told.length,
    ran: rules.filter((rule) => !leftOut.includes(rule)).map((rule) => rule.meta.id),
    ...(leftOut.length > 0 && {
      leftOut: leftOut.map(({ meta }) => ({ ruleId: meta.id, classes: classesLeftOpen(meta) })),
    }),
    gated,
    notAssessable: notAssessable(gated),
    failureDomain: faulty ? failureDomainOf(evidence) : null,
    // A rule that was not asked could have found a fault of the network.
    networkProof: leftOut.length > 0 ? null : notTheNetwork(evidence, findings),
  };
}

/** The first findings, and the first of each rule, so that no class loses its fault. */
function theFirst(groups: readonly Together[]): Together[] {
  const rules = new Set<Rule>();
  return groups.filter(({ found: { rule } }, at) => {
    const isNew = !rules.has(rule);
    rules.add(rule);
    return isNew || at < MOST_FINDINGS;
  });
}

/** A finding as its rule made it. */
const judgedAlone = ({ rule, occurrence, level, fingerprint }: Found, explanation: Explanation): Judged => ({
  meta: rule.meta,
  occurrence,
  level,
  explanation,
  fingerprint,
  explains: [],
  explainedBy: null,
});

function asFound(rule: Rule, occurrence: Occurrence): Found {
  return {
    rule,
    occurrence,
    level: occurrence.level ?? rule.meta.level,
    fingerprint: fingerprintOf(rule.meta.id, rule.meta.faultClass, occurrence.key),
    explainedBy: null,
  };
}

/**
 * Merges the same fault seen at several points into one finding: the one of the point that shows most, with all
 * conversations.
 */
function merged(found: readonly Found[]): Found[] {
  const byFingerprint = new Map<string, Found>();
  for (const finding of found) {
    const other = byFingerprint.get(finding.fingerprint);
    if (other === undefined) {
      byFingerprint.set(finding.fingerprint, finding);
      continue;
    }
    const [more, less] = tellsMore(finding, other) ? [finding, other] : [other, finding];
    const conversations = [...new Set([...more.occurrence.conversations, ...less.occurrence.conversations])];
    byFingerprint.set(finding.fingerprint, { ...more, occurrence: { ...more.occurrence, conversations } });
  }
  return [...byFingerprint.values()];
}
