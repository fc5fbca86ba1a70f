import type { Evidence } from '../../flows/evidence/evidence.ts';
import type { Level, Names, Occurrence, Rule } from '../rule/rule.ts';
import { inIpv6Words } from '../words/ipv6-words.ts';
import { type ExplainsGraph, explainsGraphOf } from './explains-graph.ts';
import { failureDomainOf } from './failure-domain.ts';
import { fingerprintOf } from './fingerprint.ts';
import { gatedRules, notAssessable } from './gated.ts';
import type { Judged, Judgement } from './judgement.ts';

export const JUDGE_THRESHOLDS = {
  /**
   * A cause takes a symptom under it when at least this share of the symptom's conversations are the cause's too. The
   * share is half: a symptom with a wider reach than its cause has a second cause of its own.
   */
  sharedConversations: { value: 0.5, unit: 'share', source: 'docs/thresholds.md, shared-conversations' },
} as const;

interface Found {
  rule: Rule;
  occurrence: Occurrence;
  level: Level;
  fingerprint: string;
  explainedBy: Found | null;
}

/**
 * Runs every rule over the evidence, puts symptoms under their causes and orders the remaining findings. The first is
 * the verdict.
 */
export function judge(evidence: Evidence, rules: readonly Rule[], names: Names): Judgement {
  const steps = judgeInSteps(evidence, rules, names);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value as Judgement;
  }
}

/** As `judge`, rule by rule. The caller may stop between two rules. */
export function* judgeInSteps(
  evidence: Evidence,
  rules: readonly Rule[],
  names: Names,
): Generator<undefined, Judgement, undefined> {
  const detected: Found[] = [];
  for (const rule of rules) {
    for (const occurrence of rule.detect(evidence)) detected.push(asFound(rule, occurrence));
    yield;
  }
  const found = merged(detected);
  const graph = explainsGraphOf(rules.map(({ meta }) => meta));
  for (const symptom of found) symptom.explainedBy = strongestCause(symptom, found, graph);
  const ordered = [...found].sort((a, b) => byImportance(a, b, graph));
  const findings: Judged[] = ordered.map((finding) => ({
    meta: finding.rule.meta,
    occurrence: finding.occurrence,
    level: finding.explainedBy === null ? finding.level : 'note',
    explanation: inIpv6Words(finding.rule.explain(finding.occurrence, names), finding.occurrence),
    fingerprint: finding.fingerprint,
    explains: ordered.filter((other) => other.explainedBy === finding).map((other) => other.fingerprint),
    explainedBy: finding.explainedBy?.fingerprint ?? null,
  }));
  const finders = new Set(found.map(({ rule }) => rule));
  const gated = gatedRules(
    evidence,
    rules.filter((rule) => !finders.has(rule)),
  );
  const faulty = findings.some(({ level }) => level !== 'note');
  return {
    findings,
    ran: rules.map((rule) => rule.meta.id),
    gated,
    notAssessable: notAssessable(gated),
    failureDomain: faulty ? failureDomainOf(evidence) : null,
  };
}

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

function tellsMore(a: Found, b: Found): boolean {
  const order =
    LEVEL_RANK[a.level] - LEVEL_RANK[b.level] ||
    gradeRank(a) - gradeRank(b) ||
    Number(!a.occurrence.between) - Number(!b.occurrence.between) ||
    b.occurrence.packetsTotal - a.occurrence.packetsTotal;
  return order < 0;
}

/**
 * The root cause of a symptom. A cause that is itself explained passes its symptoms on to its own cause. Notes explain
 * nothing.
 */
function strongestCause(symptom: Found, found: readonly Found[], graph: ExplainsGraph): Found | null {
  let best: Found | null = null;
  for (const cause of found) {
    if (cause === symptom || cause.level === 'note' || !explains(cause, symptom, graph)) continue;
    if (
      best === null ||
      explains(cause, best, graph) ||
      (!explains(best, cause, graph) && byImportance(cause, best, graph) < 0)
    )
      best = cause;
  }
  return best;
}

function explains(cause: Found, symptom: Found, graph: ExplainsGraph): boolean {
  if (!graph.get(cause.rule.meta.id)?.has(symptom.rule.meta.id)) return false;
  const mine = new Set(cause.occurrence.conversations);
  const theirs = symptom.occurrence.conversations;
  if (theirs.length === 0) return false;
  let shared = 0;
  for (const conversation of theirs) if (mine.has(conversation)) shared++;
  return shared / theirs.length >= JUDGE_THRESHOLDS.sharedConversations.value;
}

const LEVEL_RANK: Record<Level, number> = { error: 0, warning: 1, note: 2 };

/**
 * Order: unexplained before explained, then level, grade, how much the rule explains, and reach. The name makes the
 * order stable.
 */
function byImportance(a: Found, b: Found, graph: ExplainsGraph): number {
  return (
    Number(a.explainedBy !== null) - Number(b.explainedBy !== null) ||
    LEVEL_RANK[a.level] - LEVEL_RANK[b.level] ||
    gradeRank(a) - gradeRank(b) ||
    breadth(b, graph) - breadth(a, graph) ||
    b.occurrence.reach - a.occurrence.reach ||
    compare(a.rule.meta.id, b.rule.meta.id) ||
    compare(a.occurrence.key, b.occurrence.key)
  );
}

const gradeRank = (found: Found): number => (found.occurrence.grade === 'confirmed' ? 0 : 1);
const breadth = (found: Found, graph: ExplainsGraph): number => graph.get(found.rule.meta.id)?.size ?? 0;
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
