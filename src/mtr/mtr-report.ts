/** One hop as mtr saw it. Milliseconds; null: the column is not in the report. */
export interface MtrHop {
  /** TTL of the probes, from 1. */
  hop: number;
  /** Name or address; null when nothing answered ("???"). */
  host: string | null;
  /** Share of probes without an answer, 0 to 1. */
  loss: number;
  sent: number | null;
  last: number | null;
  average: number | null;
  best: number | null;
  worst: number | null;
  deviation: number | null;
}

/** A report of `mtr --report` or `mtr --json`. */
export interface MtrReport {
  /** Host that ran mtr. */
  source: string | null;
  /** What was traced, when the report says it (JSON does, text does not). */
  destination: string | null;
  /** By rising TTL. */
  hops: MtrHop[];
}
