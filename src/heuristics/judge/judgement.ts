/** What the rules found, in final order and ready to be worded: the contract between `heuristics` and `report`. */
import type { Explanation, FaultClass, Level, Meta, Occurrence } from '../rule/rule.ts';

/** One finding: an occurrence with its words and its place among the causes. */
export interface Judged {
  meta: Meta;
  occurrence: Occurrence;
  /** After causes have taken their symptoms: a symptom that a cause explains is a note. */
  level: Level;
  explanation: Explanation;
  /** Same text for the same trouble in another capture. */
  fingerprint: string;
  /** Fingerprints of the findings that this one explains. */
  explains: string[];
  /** Fingerprint of the cause that explains this one; null for a cause of its own. */
  explainedBy: string | null;
}

/** What is known of one class of fault: "ok" only where packets show that it works. */
export interface TriageRow {
  class: FaultClass;
  verdict: 'ok' | 'fault' | 'not-assessable';
  because: string;
}

/** A rule that could not be asked, and why not. */
export interface GatedRule {
  ruleId: string;
  because: string;
}

export interface Judgement {
  /** Final order: the verdict first, then by level and reach. */
  findings: Judged[];
  /** Ids of the rules that were asked; the report sorts them. */
  ran?: readonly string[];
  gated?: readonly GatedRule[];
  /** The smallest description that separates failing from working attempts, as a sentence; null when there is none. */
  failureDomain?: string | null;
  /**
   * Reasons of the rules why one of the article's classes cannot be judged, when evidence alone does not show it.
   * The report adds what it sees from the evidence itself.
   */
  notAssessable?: Partial<Record<FaultClass, string>>;
}
