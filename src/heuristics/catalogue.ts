import type { Heuristic, Meta } from './heuristic.ts';

/** Every rule, by class in the order of the article. */
export const catalogue: readonly Heuristic[] = [];

/** What each rule says of itself: for documentation and `pcapdiag explain`. */
export const rules: readonly Meta[] = catalogue.map((rule) => rule.meta);
