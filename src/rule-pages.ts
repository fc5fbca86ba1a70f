import type { RulePage } from './heuristics/rule/rule.ts';
import { catalogue } from './heuristics/rules/catalogue.ts';

/** What each rule says of itself: for documentation and `pcapdiag explain`. */
export const rules: readonly RulePage[] = catalogue.map(({ meta, thresholds }) => ({ ...meta, thresholds }));
