import type { UnaskedRule } from './heuristics/judge/judgement.ts';
import { type RuleSettings, rulesAsSet } from './heuristics/judge/rule-settings.ts';
import { classesLeftOpen } from './heuristics/judge/triage-classes.ts';
import type { Rule } from './heuristics/rule/rule.ts';
import { catalogue } from './heuristics/rules/catalogue.ts';

/** The rules of the catalogue as they are set, and those that are off. @param settings that `checked-options` let pass */
export function chosenRules(settings: RuleSettings = {}): { rules: readonly Rule[]; off: UnaskedRule[] } {
  return {
    rules: rulesAsSet(catalogue, settings),
    off: catalogue.flatMap(({ meta }) =>
      settings[meta.id] === 'off' ? [{ ruleId: meta.id, classes: classesLeftOpen(meta) }] : [],
    ),
  };
}
