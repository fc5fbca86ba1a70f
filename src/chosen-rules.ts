import type { OffRule } from './heuristics/judge/judgement.ts';
import { type RuleSettings, rulesAsSet } from './heuristics/judge/rule-settings.ts';
import { triageClassesOf } from './heuristics/judge/triage-classes.ts';
import type { FaultClass, Meta, Rule } from './heuristics/rule/rule.ts';
import { catalogue } from './heuristics/rules/catalogue.ts';

/** The rules of the catalogue as they are set, and those that are off. @param settings that `checked-options` let pass */
export function chosenRules(settings: RuleSettings = {}): { rules: readonly Rule[]; off: OffRule[] } {
  return {
    rules: rulesAsSet(catalogue, settings),
    off: catalogue.flatMap(({ meta }) =>
      settings[meta.id] === 'off' ? [{ ruleId: meta.id, classes: classesLeftOpen(meta) }] : [],
    ),
  };
}

/** A rule that only finds notes leaves no doubt: a note is no trouble, so no verdict on a class rests on it. */
const classesLeftOpen = ({ faultClass, level }: Meta): FaultClass[] =>
  level === 'note' ? [] : triageClassesOf(faultClass, { protocol: 'ip', server: null });
