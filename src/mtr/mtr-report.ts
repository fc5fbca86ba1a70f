import type { ProbedHop } from '../heuristics/facts/judge-hops.ts';

/** A report of `mtr --report` or `mtr --json`. */
export interface MtrReport {
  /** Host that ran mtr. */
  source: string | null;
  /** The target of the trace, when the report gives it (JSON does, text does not). */
  destination: string | null;
  /** In ascending order of TTL. */
  hops: ProbedHop[];
}
