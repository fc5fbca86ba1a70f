import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyze } from '../src/analyze.ts';
import { catalogue } from '../src/heuristics/catalogue.ts';
import { SHARED } from './support/shared-captures.ts';

const PAGE = readFileSync('docs/catalogue-coverage.md', 'utf8');
const RULES = catalogue.map(({ meta }) => meta.id);

interface Row {
  section: string;
  line: string;
  cells: string[];
}

/** Rows of the tables, without their heads. */
const ROWS = PAGE.split(/^## /m)
  .slice(1)
  .flatMap((part): Row[] => {
    const [section = '', ...lines] = part.split('\n');
    const rows = lines.filter((line) => line.startsWith('|'));
    return rows.slice(2).map((line) => ({ section, line, cells: line.split(/(?<!\\)\|/).slice(1, -1) }));
  });
const EMPTY = PAGE.split(/^## /m).filter((part) => !part.includes('|'));

const linked = (text: string): string[] => [...text.matchAll(/\(rules\/([^)]+)\.md\)/g)].map(([, id = '']) => id);

/** `test/pcaps/…` of the repository, `lab/…` of the shared captures. */
const recordings = (text: string): string[] =>
  [...text.matchAll(/`((?:test\/pcaps|lab)\/[^`]+)`/g)].map(([, path = '']) =>
    path.startsWith('lab/') ? join(SHARED, 'lab/public', path.slice('lab/'.length)) : path,
  );

const SHOWN = ROWS.flatMap(({ cells }) => {
  const [signature = '', by = '', , shown = ''] = cells;
  const rules = linked(by);
  return rules.length === 0 ? [] : recordings(shown).map((path) => ({ signature: signature.trim(), rules, path }));
});

/** The table says what the rules say, and what it says to be shown is. */
describe('docs/catalogue-coverage.md', () => {
  it('has rows of four cells', () => {
    expect(ROWS.length).toBeGreaterThan(40);
    expect(ROWS.filter(({ cells }) => cells.length !== 4).map(({ line }) => line)).toEqual([]);
  });

  it('names rules that exist', () => {
    expect(linked(PAGE).filter((id) => !RULES.includes(id))).toEqual([]);
  });

  // Sections are written one by one.
  it.skipIf(EMPTY.length > 0)('names every rule', () => {
    expect(RULES.filter((id) => !PAGE.includes(`rules/${id}.md`))).toEqual([]);
  });

  for (const { signature, rules, path } of SHOWN) {
    it.skipIf(path.startsWith(SHARED) && !existsSync(SHARED))(`${signature} is found in ${path}`, async () => {
      const files = statSync(path).isDirectory()
        ? readdirSync(path)
            .filter((name) => /\.pcap(ng)?$/.test(name))
            .sort()
            .map((name) => join(path, name))
        : [path];
      const found = (await analyze(files)).findings.map(({ ruleId }) => ruleId);
      expect(found.filter((id) => rules.includes(id))).not.toEqual([]);
    });
  }
});
