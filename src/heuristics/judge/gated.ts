import type { Evidence } from '../../flows/evidence/evidence.ts';
import { indexOf } from '../facts/evidence-index.ts';
import { type ClosedGate, type Gate, gateOfHop, gatesOf, withBeginningsOpen, withGatesOpen } from '../facts/gates.ts';
import type { FaultClass, Occurrence, Rule } from '../rule/rule.ts';
import type { GatedRule, Judgement } from './judgement.ts';
import { triageClassesOf } from './triage-classes.ts';

/** Rules that gates kept from an answer, and those that were not asked about it. */
export interface Gated {
  gated: GatedRule[];
  unasked: readonly Rule[];
}

/**
 * Rules that gates kept from an answer: they find nothing, and would find something if the gates were open. Two kinds
 * of rules are not gated: a rule that has nothing to look at, and a rule that finds something where the gates are open.
 * Pauses after each rule.
 *
 * @param silent rules that found nothing in the evidence
 * @param isEnough whether the rules that are left are not to be asked
 */
export function* gatedRules(
  evidence: Evidence,
  silent: readonly Rule[],
  isEnough: () => boolean,
): Generator<undefined, Gated, undefined> {
  const gateHere = (occurrence: Occurrence): ClosedGate | null => gateOf(evidence, occurrence);
  const byQuality = yield* gatedIn(withGatesOpen(evidence), silent, gateHere, isEnough);
  const others = silent.filter(({ meta }) => meta.acquitsNetwork === true && !byQuality.gated.some(isOf(meta.id)));
  const beginningHere = (occurrence: Occurrence): ClosedGate | null => beginningOf(evidence, occurrence);
  const byBeginning = yield* gatedIn(withBeginningsOpen(evidence), others, beginningHere, isEnough);
  return {
    gated: [...byQuality.gated, ...byBeginning.gated],
    unasked: [...new Set([...byQuality.unasked, ...byBeginning.unasked])],
  };
}

const isOf =
  (id: string) =>
  ({ ruleId }: GatedRule): boolean =>
    ruleId === id;

/** @param open evidence with gates open; null when there are none to open */
function* gatedIn(
  open: Evidence | null,
  silent: readonly Rule[],
  gateOfOne: (occurrence: Occurrence) => ClosedGate | null,
  isEnough: () => boolean,
): Generator<undefined, Gated, undefined> {
  const gated: GatedRule[] = [];
  if (open === null) return { gated, unasked: [] };
  for (const [at, rule] of silent.entries()) {
    if (isEnough()) return { gated, unasked: silent.slice(at) };
    const kept = [...rule.detect(open)];
    yield;
    if (kept.length === 0) continue;
    const classes = kept
      .filter(({ level = rule.meta.level }) => level !== 'note')
      .flatMap(({ subject }) => triageClassesOf(rule.meta.faultClass, subject));
    const gates = distinct(kept.flatMap((occurrence) => gateOfOne(occurrence) ?? []));
    gated.push({ ruleId: rule.meta.id, gates, classes: [...new Set(classes)] });
  }
  return { gated, unasked: [] };
}

/** The connection of an occurrence whose beginning is missing. */
function beginningOf(evidence: Evidence, { conversations }: Occurrence): ClosedGate | null {
  for (const index of conversations)
    for (const leg of indexOf(evidence).connections(evidence.conversations[index])) {
      const gate = gatesOf(evidence).beginning(leg);
      if (!gate.ok) return gate;
    }
  return null;
}

/**
 * For each class, its rules that could not be judged. A rule that could only have produced a note leaves no doubt and
 * is left out.
 */
export function notAssessable(gated: readonly GatedRule[]): NonNullable<Judgement['notAssessable']> {
  const found: Partial<Record<FaultClass, GatedRule[]>> = {};
  for (const rule of gated) for (const each of rule.classes) found[each] = [...(found[each] ?? []), rule];
  return found;
}

/** The gate that kept an occurrence from being claimed: the nearest closed gate. */
function gateOf(evidence: Evidence, occurrence: Occurrence): ClosedGate | null {
  for (const gate of gatesNear(evidence, occurrence)) if (!gate.ok) return gate;
  return null;
}

/**
 * Gates of its place, of the points that saw its packets, and of the hops of its conversations; then all other gates.
 */
function* gatesNear(evidence: Evidence, { between, packets, conversations }: Occurrence): Iterable<Gate> {
  const gates = gatesOf(evidence);
  const atPoint = (point: number): Gate[] => [gates.loss(point), gates.single(point)];
  const own = conversations.flatMap((index) => evidence.conversations[index] ?? []);
  const hops = own.flatMap((conversation) => conversation.hops);
  for (const hop of hops) if (hop.from === between?.[0] && hop.to === between[1]) yield gateOfHop(hop);
  for (const { point } of packets) yield* atPoint(point);
  for (const hop of hops) yield gateOfHop(hop);
  for (const { legs } of own) for (const { point } of legs) yield* atPoint(point);
  for (const { index } of evidence.points) yield* atPoint(index);
  for (const conversation of evidence.conversations) for (const hop of conversation.hops) yield gateOfHop(hop);
}

/** One gate for each code and place. */
function distinct(gates: readonly ClosedGate[]): ClosedGate[] {
  const known = new Map<string, ClosedGate>();
  for (const gate of gates) {
    const key =
      gate.code === 'hop-unknown' ? `${gate.reason.code} ${gate.from} ${gate.point}` : `${gate.code} ${gate.point}`;
    if (!known.has(key)) known.set(key, gate);
  }
  return [...known.values()];
}
