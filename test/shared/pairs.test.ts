import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { comparePair } from '../../benchmarks/pair-comparison.mjs';
import { hasShared, SHARED } from '../support/shared-captures.ts';

/** Every eighth row, and the largest. `npm run compare:pairs -- ../shared/corpus` takes all. */
const EVERY = 8;
/** Rows with fewer are not judged by their share: one packet that no matcher can tell is a large part of them. */
const MOST_JUDGED = 50;

interface Row {
  number: number;
  fileA: string;
  fileB: string;
  shared: number;
}

function rows(): Row[] {
  const [head, ...lines] = readFileSync(join(SHARED, 'corpus/pairs.tsv'), 'utf8').trimEnd().split('\n');
  const names = head.split('\t');
  return lines.map((line, index) => {
    const cells = line.split('\t');
    const cell = (name: string): string => cells[names.indexOf(name)];
    const [fileA, fileB] = [cell('fileA'), cell('fileB')];
    return { number: index + 1, fileA, fileB, shared: Number(cell('shared')) };
  });
}

describe.skipIf(!hasShared)('pairs of captures of the same traffic (needs ../shared)', () => {
  const all = hasShared ? rows() : [];
  const sample = all.filter(({ number, shared }) => shared >= MOST_JUDGED || number % EVERY === 0);

  test('98 % of what both saw is matched, no packet to another, and nothing is lost that is not', async () => {
    const few: string[] = [];
    const contradicted: string[] = [];
    for (const { number, fileA, fileB, shared } of sample) {
      const { matched, wrong, falseLost } = await comparePair(
        join(SHARED, 'corpus', fileA),
        join(SHARED, 'corpus', fileB),
      );
      if (shared >= MOST_JUDGED && matched < 0.98 * shared) few.push(`${number}: ${matched} of ${shared}`);
      contradicted.push(...[...wrong, ...falseLost].map((line) => `${number}: ${line}`));
    }
    expect(few).toEqual([]);
    expect(contradicted).toEqual([]);
    expect(sample.length).toBeGreaterThan(100);
  });
});
