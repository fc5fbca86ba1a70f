import { describe, expect, test } from 'vitest';
import type { Evidence } from '../../src/flows/evidence/evidence.ts';
import type { Rule } from '../../src/heuristics/rule/rule.ts';
import { judged } from './threshold-edges.ts';

/** A row, what is found of it ("error", "2 warnings", "nothing"), and what the first that is found holds. */
export type Verdict = readonly [row: Evidence, found: string, first?: Readonly<Record<string, unknown>>];

/**
 * Rows that differ from one that fires, or from a quiet one, in one condition each. They keep no text of what is told: what
 * is expected stands beside the row, and follows from the rule that `meta` tells. They stand below the table of a rule, or
 * in `test/heuristics/conditions` where its file would be too long.
 */
export function verdicts(rule: Rule, rows: Readonly<Record<string, Verdict>>): void {
  describe(`${rule.meta.id}: each condition alone`, () => {
    test.each(Object.entries(rows))('%s', (_, [row, verdict, first]) => {
      const found = [...rule.detect(row)];
      expect(judged(rule, found)).toBe(verdict);
      if (first !== undefined) expect(found[0]).toMatchObject(first);
    });
  });
}
