/**
 * Octets this far from everything that a side has sent do not belong to it, even if a capture missed some data
 * (docs/thresholds.md, foreign-octets; the rule is seq-rewriting-middlebox).
 */
export const FOREIGN_OCTETS: i32 = 1_000_000;
