import type { CapturePoint, Evidence } from '../../flows/evidence/evidence.ts';
import { gradeOf } from '../rule/grade.ts';
import { defineRule, type Explanation, type Meta, type Occurrence, type Rule, type Threshold } from '../rule/rule.ts';

/** A fact about one capture or capture point. `where` is its name for people. */
export interface QualityFact {
  where: string;
  /** The point concerned; null when the fact is about a whole capture. */
  point: number | null;
}

interface QualityNote<F extends QualityFact> extends Occurrence {
  facts: F[];
}

interface QualityRule<F extends QualityFact> {
  meta: Omit<Meta, 'faultClass' | 'level' | 'place'>;
  thresholds: Readonly<Record<string, Threshold>>;
  /** One fact for each capture or point concerned. */
  facts(evidence: Evidence): F[];
  measured(facts: readonly F[]): Occurrence['measured'];
  words(facts: readonly F[]): Pick<Explanation, 'message' | 'why' | 'fix'> & Partial<Explanation>;
}

/**
 * A rule about the capture itself. Such a rule finds no fault of the network: it says what the capture cannot show, so
 * its level is always `note`, and one finding covers all captures of the report.
 */
export function defineQualityNote<F extends QualityFact>(rule: QualityRule<F>): Rule {
  return defineRule<QualityNote<F>>({
    meta: { ...rule.meta, faultClass: 'capture', level: 'note', place: 'mechanism' },
    thresholds: rule.thresholds,

    *detect(evidence) {
      const facts = rule.facts(evidence);
      if (facts.length === 0) return;
      yield {
        // The one finding of its rule. What a point is taken for may hang on the name of its file.
        key: 'captures',
        grade: gradeOf({ 'counted-in-the-capture': 'passed' }),
        subject: { protocol: 'capture', client: null, server: null },
        conversations: [],
        place: listed(facts),
        packets: [],
        packetsTotal: 0,
        reach: facts.length,
        measured: rule.measured(facts),
        facts,
      };
    },

    explain: ({ facts }) => ({ causes: [], confirm: [], wireshark: '', ...rule.words(facts) }),
  });
}

/** A point in a quality note. */
export const factOf = ({ index, name }: CapturePoint): QualityFact => ({ where: name, point: index });

/** Most places that are named one by one. The rest is counted. */
const NAMED = 3;

/** "a, b, c and 4 more". */
export function listed(facts: readonly QualityFact[]): string {
  const names = [...new Set(facts.map((fact) => fact.where))];
  const more = names.length - NAMED;
  return more > 0 ? `${names.slice(0, NAMED).join(', ')} and ${more} more` : names.join(', ');
}

export const sum = <F>(facts: readonly F[], of: (fact: F) => number): number =>
  facts.reduce((total, fact) => total + of(fact), 0);

/** Share of `part` in `whole` as a percentage with one digit, at least "<0.1". */
export function percent(part: number, whole: number): string {
  const share = whole === 0 ? 0 : (100 * part) / whole;
  return share > 0 && share < 0.1 ? '<0.1 %' : `${share.toFixed(1)} %`;
}
