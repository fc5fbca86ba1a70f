import { expect, test } from 'vitest';
import { type RuleSetting, rulesAsSet } from '../../../src/heuristics/judge/rule-settings.ts';
import type { Level, Rule } from '../../../src/heuristics/rule/rule.ts';
import { evidence } from '../../support/evidence.ts';

/** A rule of this level that finds once, at its own level or at another one. */
const rule = (id: string, level: Level, said?: Level): Rule =>
  ({
    meta: { id, level },
    *detect() {
      yield { key: id, ...(said && { level: said }) };
    },
  }) as unknown as Rule;
const levels = (own: Level, setting: RuleSetting, said?: Level): (Level | undefined)[] =>
  rulesAsSet([rule('a', own, said)], { a: setting }).flatMap((one) => [
    one.meta.level,
    ...[...one.detect(evidence())].map(({ level }) => level),
  ]);

test('a rule that is off is left out, others stay as they are', () => {
  const rules = [rule('a', 'error'), rule('b', 'warning'), rule('c', 'note')];
  expect(rulesAsSet(rules, { b: 'off' }).map(({ meta }) => meta.id)).toEqual(['a', 'c']);
  expect(rulesAsSet(rules, { a: 'on' })[0]).toBe(rules[0]);
  expect(rulesAsSet(rules, {})[2]).toBe(rules[2]);
  expect(rulesAsSet(rules, { a: 'note' })[0].meta).toEqual({ id: 'a', level: 'note' });
});

/** Own level of the rule, what it is set to, what an occurrence says, and at which level that is found. */
test.each<[Level, Level, Level | undefined, Level]>([
  ['error', 'warning', undefined, 'warning'],
  ['error', 'note', undefined, 'note'],
  ['note', 'error', undefined, 'error'],
  ['warning', 'error', undefined, 'error'],
  ['warning', 'error', 'warning', 'error'],
  // As strong as usual, or stronger: the level that is set.
  ['warning', 'note', 'error', 'note'],
  ['note', 'warning', 'error', 'warning'],
  // Weaker than usual: not raised, and lowered with the rule.
  ['warning', 'error', 'note', 'note'],
  ['error', 'error', 'warning', 'warning'],
  ['error', 'warning', 'note', 'note'],
  ['error', 'warning', 'warning', 'warning'],
  ['error', 'note', 'warning', 'note'],
])('a rule of level %s, set to %s, that says %s', (own, setting, said, found) =>
  expect(levels(own, setting, said)).toEqual([setting, found]),
);
