import { describe, expect, test } from 'vitest';
import { explainsGraphOf } from '../../../src/heuristics/judge/explains-graph.ts';
import { byImportance, type Found, putUnderCauses, tellsMore } from '../../../src/heuristics/judge/strongest-cause.ts';
import type { Meta, Occurrence, Rule } from '../../../src/heuristics/rule/rule.ts';

const meta = (id: string, some: Partial<Meta> = {}): Meta => ({ id, ...some }) as Meta;
/** `cause` explains `symptom` and `middle`, `middle` explains `symptom`. */
const RULES = [
  meta('cause', { explains: ['symptom', 'middle'] }),
  meta('middle', { explains: ['symptom'] }),
  meta('other', { explains: ['symptom'] }),
  meta('symptom'),
];
const graph = explainsGraphOf(RULES);
const found = (id: string, conversations: number[], some: Partial<Found & Occurrence> = {}): Found => {
  const { level = 'error', explainedBy = null, ...occurrence } = some;
  return {
    rule: { meta: meta(id) } as Rule,
    level,
    fingerprint: '',
    explainedBy,
    occurrence: { key: id, grade: 'confirmed', conversations, packetsTotal: 1, reach: 1, ...occurrence } as Occurrence,
  };
};
const under = (...all: Found[]): (string | undefined)[] => {
  putUnderCauses(all, graph);
  return all.map(({ explainedBy }) => explainedBy?.rule.meta.id);
};

describe('a symptom goes under its cause', () => {
  test.each<[name: string, all: Found[], causes: (string | undefined)[]]>([
    ['of the same conversations', [found('symptom', [1, 2]), found('cause', [1, 2])], ['cause', undefined]],
    ['of half of them', [found('symptom', [1, 2]), found('cause', [2, 3, 4])], ['cause', undefined]],
    ['not of less than half', [found('symptom', [1, 2, 3]), found('cause', [3])], [undefined, undefined]],
    ['not of others', [found('symptom', [1]), found('cause', [2])], [undefined, undefined]],
    ['not without any', [found('symptom', []), found('cause', [])], [undefined, undefined]],
    ['not under a note', [found('symptom', [1]), found('cause', [1], { level: 'note' })], [undefined, undefined]],
    [
      'a note goes under a cause',
      [found('symptom', [1], { level: 'note' }), found('cause', [1])],
      ['cause', undefined],
    ],
    ['not under what does not explain it', [found('cause', [1]), found('other', [1])], [undefined, undefined]],
    [
      'under the cause of its cause, in any order',
      [found('middle', [1]), found('symptom', [1]), found('cause', [1])],
      ['cause', 'cause', undefined],
    ],
    [
      'under the cause of its cause, the other way round',
      [found('cause', [1]), found('symptom', [1]), found('middle', [1])],
      [undefined, 'cause', 'cause'],
    ],
    [
      'of two that explain each other not: the worse one',
      [found('other', [1], { level: 'warning' }), found('symptom', [1]), found('middle', [1])],
      [undefined, 'middle', undefined],
    ],
    [
      'of two that explain each other not: the worse one, the other way round',
      [found('other', [1]), found('symptom', [1]), found('middle', [1], { level: 'warning' })],
      [undefined, 'other', undefined],
    ],
    [
      'under the cause of its cause, though that is the lesser one',
      [found('symptom', [1]), found('middle', [1]), found('cause', [1], { level: 'warning' })],
      ['cause', 'cause', undefined],
    ],
    [
      'under the lesser cause of its cause, with half of the conversations of both',
      [found('symptom', [2, 3]), found('middle', [2, 3]), found('cause', [2], { level: 'warning' })],
      ['cause', 'cause', undefined],
    ],
    [
      'not under a lesser one that explains less than half of the cause',
      [found('symptom', [2]), found('middle', [1, 2, 3]), found('cause', [2], { level: 'warning' })],
      ['middle', undefined, undefined],
    ],
    [
      'a cause of the cause with less than half of its conversations explains it not',
      [found('symptom', [1, 2, 3]), found('middle', [1, 2, 3], { reach: 9 }), found('cause', [1, 4])],
      ['middle', undefined, undefined],
    ],
  ])('%s', (_, all, causes) => expect(under(...all)).toEqual(causes));
});

/** The first of each pair stands first, whatever else is worse: the earlier rows decide before the later ones. */
const ORDER: [name: string, first: Partial<Found & Occurrence>, second: Partial<Found & Occurrence>][] = [
  ['what is not explained', {}, { explainedBy: found('cause', []) }],
  ['an error before a warning', { level: 'error' }, { level: 'warning' }],
  ['a warning before a note', { level: 'warning' }, { level: 'note' }],
  ['what is confirmed', { grade: 'confirmed' }, { grade: 'inferred' }],
  ['the wider reach', { reach: 2 }, { reach: 1 }],
  ['the key that sorts first', { key: 'a' }, { key: 'b' }],
];

describe('order of findings', () => {
  test.each(ORDER.map((row, nth) => [...row, nth] as const))('%s', (_, first, second, nth) => {
    const later = ORDER.slice(nth + 1);
    const worst = Object.assign({}, ...later.toReversed().map(([, , other]) => other));
    const best = Object.assign({}, ...later.toReversed().map(([, other]) => other));
    const [a, b] = [found('symptom', [], { ...worst, ...first }), found('symptom', [], { ...best, ...second })];
    expect(Math.sign(byImportance(a, b, graph))).toBe(-1);
    expect(Math.sign(byImportance(b, a, graph))).toBe(1);
  });
  test('the rule that explains more, then the name of the rule', () => {
    expect(byImportance(found('cause', [], { reach: 1 }), found('middle', [], { reach: 9 }), graph)).toBeLessThan(0);
    expect(byImportance(found('middle', []), found('other', []), graph)).toBeLessThan(0);
    expect(byImportance(found('other', []), found('middle', []), graph)).toBeGreaterThan(0);
    expect(byImportance(found('other', []), found('other', []), graph)).toBe(0);
  });
});

test.each<[name: string, more: Partial<Found & Occurrence>, less: Partial<Found & Occurrence>]>([
  ['an error', { level: 'error', grade: 'inferred' }, { level: 'warning' }],
  ['a proof', { grade: 'confirmed', packetsTotal: 1 }, { grade: 'inferred', between: [0, 1] }],
  ['a place between two points', { between: [0, 1], packetsTotal: 1 }, { packetsTotal: 9 }],
  ['more packets', { packetsTotal: 2 }, { packetsTotal: 1 }],
])('of two sightings %s tells more', (_, more, less) => {
  const [a, b] = [found('symptom', [], more), found('symptom', [], less)];
  expect([tellsMore(a, b), tellsMore(b, a), tellsMore(a, a)]).toEqual([true, false, false]);
});

test('what explains what: named, by group, and named by the symptom', () => {
  const rules = [
    meta('a', { explains: ['b', 'c'], symptomOf: 'silent-path', explainsSymptomsOf: ['silent-path'] }),
    meta('b', { symptomOf: 'silent-path' }),
    meta('c', { symptomOf: 'lost-between-points' }),
    meta('d', { explainedBy: ['a', 'c'], symptomOf: 'silent-path' }),
    meta('e', { symptomOf: 'silent-path' }),
    meta('f', { symptomOf: 'lost-between-points' }),
  ];
  const plain = [...explainsGraphOf(rules)].map(([cause, symptoms]) => [cause, [...symptoms].sort()]);
  expect(plain.sort()).toEqual([
    ['a', ['b', 'c', 'd', 'e']],
    ['c', ['d']],
  ]);
});
