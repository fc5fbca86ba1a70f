/**
 * What lies farther than this from all that a side has sent, octets, is no part of it, though a capture may have missed
 * some (docs/thresholds.md, foreign-octets; the rule is seq-rewriting-middlebox).
 */
export const FOREIGN_OCTETS = 1_000_000;
