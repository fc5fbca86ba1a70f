import type { Level, Occurrence, Rule } from '../rule/rule.ts';
import type { ExplainsGraph } from './explains-graph.ts';

export const JUDGE_THRESHOLDS = {
  /**
   * A cause takes a symptom under it when at least this share of the symptom's conversations are the cause's too. The
   * share is half: a symptom with a wider reach than its cause has a second cause of its own.
   */
  sharedConversations: { value: 0.5, unit: 'share', source: 'docs/thresholds.md, shared-conversations' },
} as const;

/** An occurrence on its way to a finding. */
export interface Found {
  rule: Rule;
  occurrence: Occurrence;
  level: Level;
  /** Of the key. A finding that is told has that of its cause (`cause-name.ts`). */
  fingerprint: string;
  explainedBy: Found | null;
}

/**
 * Puts each symptom under its root cause. A cause that is itself explained passes its symptoms on to its own cause.
 * Notes explain nothing.
 */
export function putUnderCauses(found: readonly Found[], graph: ExplainsGraph): void {
  const sharing = causesByConversation(found, graph);
  for (const symptom of found) symptom.explainedBy = strongestCause(symptom, found, sharing, graph);
}

/** Places in `found` of what may be a cause, by conversation: only causes that share one with a symptom are compared. */
function causesByConversation(found: readonly Found[], graph: ExplainsGraph): Map<number, number[]> {
  const sharing = new Map<number, number[]>();
  for (const [at, { rule, level, occurrence }] of found.entries()) {
    if (level === 'note' || !graph.has(rule.meta.id)) continue;
    for (const conversation of new Set(occurrence.conversations)) {
      const causes = sharing.get(conversation);
      if (causes === undefined) sharing.set(conversation, [at]);
      else causes.push(at);
    }
  }
  return sharing;
}

function strongestCause(
  symptom: Found,
  found: readonly Found[],
  sharing: ReadonlyMap<number, readonly number[]>,
  graph: ExplainsGraph,
): Found | null {
  const { conversations } = symptom.occurrence;
  const shared = new Map<number, number>();
  for (const conversation of conversations)
    for (const at of sharing.get(conversation) ?? [])
      if (canExplain(found[at], symptom, graph)) shared.set(at, (shared.get(at) ?? 0) + 1);
  let best: Found | null = null;
  for (const [at, count] of [...shared].sort(([a], [b]) => a - b)) {
    const cause = found[at];
    if (cause === symptom || count / conversations.length < JUDGE_THRESHOLDS.sharedConversations.value) continue;
    if (
      best === null ||
      explains(cause, best, graph) ||
      (!explains(best, cause, graph) && byImportance(cause, best, graph) < 0)
    )
      best = cause;
  }
  return best;
}

const canExplain = (cause: Found, symptom: Found, graph: ExplainsGraph): boolean =>
  graph.get(cause.rule.meta.id)?.has(symptom.rule.meta.id) === true;

function explains(cause: Found, symptom: Found, graph: ExplainsGraph): boolean {
  if (!canExplain(cause, symptom, graph)) return false;
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
export function byImportance(a: Found, b: Found, graph: ExplainsGraph): number {
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

/** The one of two sightings of the same fault that shows more. */
export function tellsMore(a: Found, b: Found): boolean {
  const order =
    LEVEL_RANK[a.level] - LEVEL_RANK[b.level] ||
    gradeRank(a) - gradeRank(b) ||
    Number(!a.occurrence.between) - Number(!b.occurrence.between) ||
    b.occurrence.packetsTotal - a.occurrence.packetsTotal;
  return order < 0;
}

const gradeRank = (found: Found): number => (found.occurrence.grade === 'confirmed' ? 0 : 1);
const breadth = (found: Found, graph: ExplainsGraph): number => graph.get(found.rule.meta.id)?.size ?? 0;
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
