import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyze } from '../src/analyze.ts';
import { catalogue } from '../src/heuristics/rules/catalogue.ts';
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

const linked = (text: string): string[] => [...text.matchAll(/\(rules\/([^)]+)\.md\)/g)].map(([, id = '']) => id);

/** `test/pcaps/…` of the repository, `lab/…` of the shared captures. */
const recordings = (text: string): string[] =>
  [...text.matchAll(/`((?:test\/pcaps|lab)\/[^`]+)`/g)].map(([, path = '']) =>
    path.startsWith('lab/') ? join(SHARED, 'lab/public', path.slice('lab/'.length)) : path,
  );

/** What the last cell names: recordings that show the signature, and behind "quiet:" those that do not. */
const TRIED = ROWS.flatMap(({ cells }) => {
  const [signature = '', by = '', , shown = ''] = cells;
  const rules = linked(by);
  const [there = '', quiet = ''] = shown.split('quiet:');
  return [there, quiet].flatMap((text, at) =>
    recordings(rules.length === 0 ? '' : text).map((path) => ({
      signature: signature.trim(),
      rules,
      path,
      found: at === 0,
    })),
  );
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

  it('names every rule', () => {
    expect(RULES.filter((id) => !PAGE.includes(`rules/${id}.md`))).toEqual([]);
  });

  for (const { signature, rules, path, found } of TRIED) {
    const title = `${signature} is ${found ? 'found' : 'quiet'} in ${path}`;
    it.skipIf(path.startsWith(SHARED) && !existsSync(SHARED))(title, async () => {
      const files = statSync(path).isDirectory()
        ? readdirSync(path)
            .filter((name) => /\.pcap(ng)?$/.test(name))
            .sort()
            .map((name) => join(path, name))
        : [path];
      const { findings } = await analyze(files);
      expect(findings.some(({ ruleId }) => rules.includes(ruleId))).toBe(found);
    });
  }
});
