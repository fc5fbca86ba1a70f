import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import * as correlation from '../src/flows/correlate/same-traffic/thresholds.ts';
import { FOREIGN_OCTETS } from '../src/flows/tcp/foreign-octets.ts';
import { FAILURE_DOMAIN } from '../src/heuristics/judge/failure-domain.ts';
import { NETWORK_THRESHOLDS } from '../src/heuristics/judge/not-the-network.ts';
import { ONE_CAUSE_THRESHOLDS } from '../src/heuristics/judge/one-cause.ts';
import { JUDGE_THRESHOLDS } from '../src/heuristics/judge/strongest-cause.ts';
import { TRIAGE_THRESHOLDS } from '../src/heuristics/judge/triage.ts';
import { TRIAL_THRESHOLDS } from '../src/heuristics/judge/trials.ts';
import type { Threshold } from '../src/heuristics/rule/rule.ts';
import { catalogue } from '../src/heuristics/rules/catalogue.ts';
import { houseIn, planted } from './support/house.ts';
import { numbersIn } from './support/numbers-in-text.ts';
import { sharedThresholds, thresholdsReadBy } from './support/threshold-closure.ts';

const house = houseIn(resolve('src'));
const page = readFileSync('docs/thresholds.md', 'utf8');
const rows = new Set([...page.matchAll(/^\| <a id="([a-z-]+)"><\/a>\1 \| \S.* \| \S.* \|$/gm)].map(([, id]) => id));

/** Where a reader can look: each with what must exist for it. Words may follow after a colon. */
const SOURCES: readonly (readonly [form: RegExp, exists: (name: string) => boolean])[] = [
  [/^RFC \d{3,5}, \d+(?:\.\d+)*(?=$|:)/, () => true],
  [/^Linux (?:net\.[\w.*]+|(?:include|net|kernel|drivers)\/[\w/.-]+, \w+)(?=$|:)/, () => true],
  [/^[\w.-]+\([1-8]\), \w+(?=$|:)/, () => true],
  [/^test\/pcaps\/[\w./-]+(?=$|:)/, (path) => existsSync(path)],
  [/^docs\/thresholds\.md, [a-z-]+(?=$|:)/, (reference) => rows.has(reference.split(', ')[1])],
];
/** Documents and catalogues that a source may not lean on: all but the page of thresholds. */
const CITES_A_DOCUMENT = /\bcatalogue\b|\b(?!docs\/thresholds\.md)[\w/-]+\.md\b/i;

function isOpenable(source: string): boolean {
  if (CITES_A_DOCUMENT.test(source.replace(/^docs\/thresholds\.md/, ''))) return false;
  return SOURCES.some(([form, exists]) => {
    const found = form.exec(source);
    return found !== null && exists(found[0]);
  });
}

const judged: Record<string, Threshold> = {
  ...JUDGE_THRESHOLDS,
  ...ONE_CAUSE_THRESHOLDS,
  ...FAILURE_DOMAIN,
  ...TRIAL_THRESHOLDS,
  ...TRIAGE_THRESHOLDS,
  ...NETWORK_THRESHOLDS,
};
const all = [
  ...catalogue.flatMap(({ meta, thresholds }) =>
    Object.entries(thresholds).map(([name, one]) => [`${meta.id}.${name}`, one] as const),
  ),
  ...Object.entries(judged),
];

describe('sources of thresholds', () => {
  it('can be opened by a reader of the repository', () => {
    expect(
      all.filter(([, { source }]) => !isOpenable(source)).map(([name, { source }]) => `${name}: ${source}`),
    ).toEqual([]);
  });

  test.each([
    'catalogue PD-CAP-03: above 10 %',
    'correlation.md 4.5: one in a thousand',
    'docs/catalogue.md, three-sendings',
    'docs/thresholds.md, no-such-row',
    'docs/thresholds.md',
    'test/pcaps/no-such-recording',
    'RFC 6298',
    'RFC 6298, 2.1: as tcp-analysis.md says',
    'one late answer is an accident',
  ])('refuses %s', (source) => {
    expect(isOpenable(source)).toBe(false);
  });

  it('has no row that nothing cites, and none without its reasons', () => {
    const texts = [...house.values(), page.slice(page.indexOf('## How captures'))].join('\n');
    const cited = (row: string): boolean => texts.includes(`docs/thresholds.md, ${row}`) || texts.includes(`(#${row})`);
    expect([...rows].filter((row) => !cited(row))).toEqual([]);
    expect(rows.size).toBe([...page.matchAll(/<a id=/g)].length);
  });

  it('no file of the source cites a document that is not in the repository', () => {
    const documents = [...house].flatMap(([file, text]) =>
      [...text.matchAll(/(?<![\w/.-])((?:[\w-]+\/)*[\w-]+\.md)\b/g)].map(([, path]) => ({ file, path })),
    );
    const exists = ({ file, path }: { file: string; path: string }): boolean =>
      [path, join('docs', path), join('src', file, '..', path)].some((one) => existsSync(one));
    expect(documents.filter((one) => !exists(one))).toEqual([]);
    expect(
      [...house]
        .filter(([, text]) => /catalogue (?:PD-)?[A-Z]{2,}-?\d|kernel fact \d/.test(text))
        .map(([file]) => file),
    ).toEqual([]);
  });
});

/** Exported constants of one file that are a threshold, or an object of them. */
async function thresholdsIn(key: string): Promise<[string, Threshold][]> {
  const [file, path] = key.split('#');
  const [name, member] = path.split('.');
  const exported = (await import(`../src/${file}`))[name];
  if (member !== undefined) return [[member, exported[member]]];
  return 'source' in exported ? [[name, exported]] : Object.entries(exported);
}

const missing = async (inHouse: typeof house, ruleFile: string, listed: readonly Threshold[]): Promise<string[]> => {
  const read = await Promise.all([...thresholdsReadBy(inHouse, ruleFile)].map(thresholdsIn));
  return read.flat().flatMap(([name, one]) => (listed.includes(one) ? [] : [name]));
};

describe('thresholds of a rule', () => {
  it.each(catalogue.map((rule) => [rule.meta.id, rule] as const))(
    '%s lists its own and those of the facts, causes and gates that it depends on',
    async (_, { meta, thresholds }) => {
      const file = `heuristics/rules/${meta.faultClass}/${meta.id}.ts`;
      expect(await missing(house, file, Object.values(thresholds))).toEqual([]);
      const shared = (await Promise.all(sharedThresholds(house).map(thresholdsIn))).flat();
      const read = (await Promise.all([...thresholdsReadBy(house, file)].map(thresholdsIn))).flat();
      const listed = Object.values(thresholds);
      const unread = shared.filter(([, one]) => listed.includes(one) && !read.some(([, other]) => other === one));
      expect(unread.map(([name]) => name)).toEqual([]);
    },
  );

  it('a planted use of a shared threshold that the rule does not list is found', async () => {
    const file = 'heuristics/rules/dns/dns-slow.ts';
    const rule = catalogue.find(({ meta }) => meta.id === 'dns-slow');
    const use = `${house.get(file)}\nimport { gatesOf } from '../../facts/gates.ts';\nconst planted = (evidence) => gatesOf(evidence);\n`;
    expect(await missing(planted(house, file, use), file, Object.values(rule?.thresholds ?? {}))).toContain(
      'droppedShare',
    );
  });

  it('are on its page with value, unit and source', () => {
    for (const { meta, thresholds } of catalogue) {
      const text = readFileSync(`docs/rules/${meta.id}.md`, 'utf8');
      for (const [name, { value, unit }] of Object.entries(thresholds))
        expect(text).toContain(`| \`${name}\` | ${value} | ${unit} | `);
    }
  });

  it.each(catalogue.map((rule) => [rule.meta.id, rule] as const))(
    '%s: each number in the words of the rule is a threshold',
    (_, { meta, thresholds }) => {
      expect(notThresholds(meta.rule, Object.values(thresholds))).toEqual([]);
    },
  );

  test.each([
    ['Three or more packets', 5, ['Three']],
    ['within 50 ms', 0.5, ['50 ms']],
    ['half of them', 0.75, ['half']],
    ['one in a hundred', 0.02, ['one in a hundred']],
    ['Three or more packets', 3, []],
    ['within 50 ms', 0.05, []],
    ['30 % of the exchanges', 0.3, []],
    ['three quarters of them', 0.75, []],
    ['as RFC 6298, 2.1 says, IPv4 3/13 from one host', 9, []],
  ])('%s, where the threshold is %d', (text, value, refused) => {
    expect(notThresholds(text, [{ value, unit: 'count', source: '' }])).toEqual(refused);
  });
});

const notThresholds = (text: string, thresholds: readonly Threshold[]): string[] =>
  numbersIn(text)
    .filter(({ value }) => !thresholds.some((one) => Math.abs(one.value - value) < 1e-9))
    .map(({ words }) => words);

describe('thresholds of no rule', () => {
  it('are on the page of thresholds: constants of correlation', () => {
    for (const [name, value] of Object.entries(correlation)) {
      const [, written] = new RegExp(`^\\| \`${name}\` \\| ([^|]+) \\| [^|]+ \\| \\S`, 'm').exec(page) ?? [];
      expect(JSON.stringify(written === undefined ? null : JSON.parse(written)), name).toBe(JSON.stringify(value));
    }
  });

  it('are on the page of thresholds: those of the judge', () => {
    for (const [name, { value, unit }] of Object.entries(judged))
      expect(page).toContain(`| \`${name}\` | ${value} | ${unit} | `);
  });

  it('the limit of foreign octets equals that of the rule which names it', () => {
    const rule = catalogue.find(({ meta }) => meta.id === 'seq-rewriting-middlebox');
    expect(rule?.thresholds.foreignOctets?.value).toBe(FOREIGN_OCTETS);
  });
});
