import type { OffRule } from './heuristics/judge/judgement.ts';
import { type RuleSettings, rulesAsSet } from './heuristics/judge/rule-settings.ts';
import type { Rule } from './heuristics/rule/rule.ts';
import { catalogue } from './heuristics/rules/catalogue.ts';
import { PcapdiagError } from './text/pcapdiag-error.ts';

/**
 * The rules of the catalogue as they are set, and those that are off.
 *
 * @throws PcapdiagError 'bad-option' for an id that no rule has
 */
export function chosenRules(settings: RuleSettings = {}): { rules: readonly Rule[]; off: OffRule[] } {
  const known = new Set(catalogue.map(({ meta }) => meta.id));
  const strange = Object.keys(settings).find((id) => !known.has(id));
  if (strange !== undefined) throw new PcapdiagError('bad-option', `there is no rule "${strange}"`);
  return {
    rules: rulesAsSet(catalogue, settings),
    off: catalogue.flatMap(({ meta }) =>
      settings[meta.id] === 'off' ? [{ ruleId: meta.id, class: meta.faultClass }] : [],
    ),
  };
}
