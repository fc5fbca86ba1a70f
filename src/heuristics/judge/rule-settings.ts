import type { Level, Rule } from '../rule/rule.ts';

/** What a user wants of a rule: nothing, its own level, or another one. */
export type RuleSetting = 'off' | 'on' | Level;
/** By the id of the rule. */
export type RuleSettings = Readonly<Record<string, RuleSetting>>;

const SEVERITY = { note: 0, warning: 1, error: 2 } as const satisfies Record<Level, number>;

/**
 * The rules that are not off. A rule with another level finds at that level what it finds at its own; where it says
 * less, since the evidence is weaker, it still says no more.
 */
export function rulesAsSet(rules: readonly Rule[], settings: RuleSettings): Rule[] {
  return rules.flatMap((rule) => {
    const setting = settings[rule.meta.id] ?? 'on';
    if (setting === 'off') return [];
    return [setting === 'on' ? rule : atLevel(rule, setting)];
  });
}

function atLevel(rule: Rule, level: Level): Rule {
  const own = rule.meta.level;
  return {
    ...rule,
    meta: { ...rule.meta, level },
    *detect(evidence) {
      for (const occurrence of rule.detect(evidence)) {
        const said = occurrence.level ?? own;
        // Weaker than usual: not raised, and lowered to the new level where that is lower still.
        const now = SEVERITY[said] < SEVERITY[own] ? lower(said, level) : level;
        yield { ...occurrence, level: now };
      }
    },
  };
}

const lower = (a: Level, b: Level): Level => (SEVERITY[a] < SEVERITY[b] ? a : b);
