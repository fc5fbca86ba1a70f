import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { explainsGraphOf } from '../../src/heuristics/judge/explains-graph.ts';
import { type Meta, SYMPTOM_GROUPS } from '../../src/heuristics/rule/rule.ts';
import { rules } from '../../src/rule-pages.ts';
import { type House, houseIn, planted } from '../support/house.ts';

const RULES = 'heuristics/rules';
/** Fields of `meta` in which a rule may name other rules. */
const NAMES_OTHER_RULES = /\b(?:explains|explainedBy): \[[^\]]*\]/g;
/** What `npm run new-rule` leaves for the author to replace. */
const UNWRITTEN = /new-rule: /;

const house = houseIn(resolve('src'));
const tests = houseIn(resolve('test'));

const fileOf = ({ id, faultClass }: Pick<Meta, 'id' | 'faultClass'>): string => `${RULES}/${faultClass}/${id}.ts`;

/** Ids in declarations that no rule has. */
function unknownIds(metas: readonly Meta[]): string[] {
  const known = new Set(metas.map(({ id }) => id));
  return metas.flatMap(({ id, explains = [], explainedBy = [] }) =>
    [...explains, ...explainedBy].filter((other) => !known.has(other)).map((other) => `${id} names ${other}`),
  );
}

/** Pairs of cause and symptom that are declared twice: by id and by group, or by both of them. */
function declaredTwice(metas: readonly Meta[]): string[] {
  const pairs = metas.flatMap(({ id, explains = [], explainsSymptomsOf = [], explainedBy = [] }) => [
    ...explains.map((symptom) => `${id} > ${symptom}`),
    ...metas
      .filter(({ symptomOf }) => symptomOf !== undefined && explainsSymptomsOf.includes(symptomOf))
      .map((symptom) => `${id} > ${symptom.id}`),
    ...explainedBy.map((cause) => `${cause} > ${id}`),
  ]);
  return pairs.filter((pair, index) => pairs.indexOf(pair) !== index);
}

/** Rules that explain themselves, directly or through others. */
function circles(metas: readonly Meta[]): string[] {
  const graph = explainsGraphOf(metas);
  const found: string[] = [];
  const settled = new Set<string>();
  const visit = (id: string, path: readonly string[]): void => {
    if (path.includes(id)) found.push([...path.slice(path.indexOf(id)), id].join(' → '));
    if (path.includes(id) || settled.has(id)) return;
    for (const next of graph.get(id) ?? []) visit(next, [...path, id]);
    settled.add(id);
  };
  for (const { id } of metas) visit(id, []);
  return found;
}

const IDS = new Set(rules.map(({ id }) => id));

/** Quoted ids of rules in `src`: only the rule's own file may hold it, and the declarations of other rules. */
function foreignIds(files: House): string[] {
  return [...files].flatMap(([file, text]) => {
    // The types of what each rule measures are made from the rules.
    if (file === 'heuristics/rule/measured.ts') return [];
    const isRule = rules.some((meta) => fileOf(meta) === file);
    const judged = isRule ? text.replaceAll(NAMES_OTHER_RULES, '') : text;
    const quoted = [...judged.matchAll(/(['"`])([a-z0-9-]+)\1/g)].map((match) => match[2]);
    const foreign = quoted.filter((id) => IDS.has(id) && !file.endsWith(`/${id}.ts`));
    return foreign.map((id) => `${file} names ${id}`);
  });
}

/** Tests in the class folders whose rule is not in the catalogue, and rules without a test of their own. */
function withoutPartner(files: House): string[] {
  const tested = [...files.keys()].filter((file) => file.startsWith(`${RULES}/`) && file.endsWith('.test.ts'));
  const registered = rules.map((meta) => fileOf(meta).replace(/\.ts$/, '.test.ts'));
  return [
    ...tested.filter((file) => !registered.includes(file)).map((file) => `no rule for test/${file}`),
    ...registered.filter((file) => !tested.includes(file)).map((file) => `no test/${file}`),
  ];
}

const unwritten = (files: House): string[] =>
  [...files].filter(([, text]) => UNWRITTEN.test(text)).map(([file]) => file);

describe('what rules declare', () => {
  it('names only rules that exist', () => expect(unknownIds(rules)).toEqual([]));

  it('has no pair of cause and symptom twice', () => expect(declaredTwice(rules)).toEqual([]));

  it('explains without a circle', () => expect(circles(rules)).toEqual([]));

  it('uses every group of symptoms, on both sides', () => {
    for (const group of SYMPTOM_GROUPS) {
      expect(rules.some(({ symptomOf }) => symptomOf === group)).toBe(true);
      expect(rules.some(({ explainsSymptomsOf = [] }) => explainsSymptomsOf.includes(group))).toBe(true);
    }
  });

  it('is the only place in src that names rules by id', () => expect(foreignIds(house)).toEqual([]));

  it('has a test for each rule, and a rule for each test', () => expect(withoutPartner(tests)).toEqual([]));

  it('has a page for each rule, and a rule for each page', () => {
    const pages = readdirSync('docs/rules').filter((name) => name !== 'README.md');
    expect(pages.map((name) => name.replace('.md', '')).sort()).toEqual([...IDS].sort());
  });

  it('has a README in the folder of each class, which the generated list of its files needs', () => {
    const classes = [...new Set(rules.map(({ faultClass }) => faultClass))];
    expect(classes.filter((name) => !existsSync(join('src', RULES, name, 'README.md')))).toEqual([]);
  });

  it('leaves no line of the skeleton unwritten', () => {
    expect([...unwritten(house), ...unwritten(new Map([...tests].filter(([file]) => file.startsWith(RULES))))]).toEqual(
      [],
    );
    expect(readFileSync('docs/catalogue-coverage.md', 'utf8')).not.toMatch(UNWRITTEN);
  });
});

describe('planted violations of the declarations are caught', () => {
  const [first, second] = rules;
  const withFirst = (some: Partial<Meta>): Meta[] => [{ ...first, ...some }, ...rules.slice(1)];

  test.each<[string, (metas: readonly Meta[]) => string[], Meta[]]>([
    ['an explained id that is no rule', unknownIds, withFirst({ explains: ['sudden-end'] })],
    ['an explaining id that is no rule', unknownIds, withFirst({ explainedBy: ['sudden-end'] })],
    [
      'a pair of both sides',
      declaredTwice,
      [
        { ...first, explains: [second.id] },
        { ...second, explainedBy: [first.id] },
      ],
    ],
    [
      'a pair by id and by group',
      declaredTwice,
      [
        { ...first, explains: [second.id], explainsSymptomsOf: ['silent-path'] },
        { ...second, symptomOf: 'silent-path' },
      ],
    ],
    [
      'two rules that explain each other',
      circles,
      [
        { ...first, explains: [second.id] },
        { ...second, explains: [first.id] },
      ],
    ],
    [
      'a circle through a group',
      circles,
      [
        { ...first, explains: [], symptomOf: 'silent-path', explainedBy: [] },
        { ...second, explains: [], explainsSymptomsOf: ['silent-path'], explainedBy: [first.id] },
      ],
    ],
  ])('%s', (_claim, wall, metas) => {
    expect(wall(rules)).toEqual([]);
    expect(wall([...metas, ...rules.filter(({ id }) => !metas.some((meta) => meta.id === id))])).not.toEqual([]);
  });

  test.each<[string, string, string]>([
    ['a list of ids in the judge', 'heuristics/judge/planted.ts', "const VANISH = new Set(['no-reply']);"],
    ['a comparison in a fact', 'heuristics/facts/planted.ts', 'if (id === "mtu-black-hole") return;'],
    ['a template in a report', 'report/sections/planted.ts', 'const id = `packet-loss`;'],
    ['an id in a command', 'cli/planted.ts', "run('reordering');"],
    [
      'another rule outside of explains',
      fileOf({ id: 'dns-slow', faultClass: 'dns' }),
      "const meta = { explains: ['no-reply'] }; if (other === 'no-reply') return;",
    ],
  ])('%s', (_claim, file, text) => expect(foreignIds(planted(house, file, text))).not.toEqual([]));

  it('lets a rule name others in its declarations', () => {
    const file = fileOf({ id: 'dns-slow', faultClass: 'dns' });
    const text = "meta: { id: 'dns-slow', explains: ['no-reply', 'packet-loss'], explainedBy: ['mtu-black-hole'] }";
    expect(foreignIds(planted(house, file, text))).toEqual([]);
  });

  it('a test of a rule that is not in the catalogue is caught', () => {
    expect(withoutPartner(planted(tests, `${RULES}/dns/dns-planted.test.ts`, ''))).toHaveLength(1);
  });

  it('a rule without a test is caught', () => {
    const lost = new Map([...tests].filter(([file]) => !file.endsWith('/dns-slow.test.ts')));
    expect(withoutPartner(lost)).toHaveLength(1);
  });

  it('a line of the skeleton is caught', () => {
    expect(unwritten(planted(house, 'planted.ts', `// ${'new-rule'}: say what it finds`))).toContain('planted.ts');
  });
});
