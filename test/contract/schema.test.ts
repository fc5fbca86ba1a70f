/** The JSON Schema and the types of a report say the same, and the reports are as both say. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MEASURED, measuredFile } from '../../build/measured.mjs';
import { SCHEMA, schemaText } from '../../build/schema.mjs';
import { analyze, rules } from '../../src/index.ts';
import { sampleReport } from '../report/sample.ts';
import { isLong } from '../support/long-run.ts';
import { closedSchema, fitsClosed, fitsOpen, whatIsMeasuredWrong } from './schemas.mjs';

describe('generated files', () => {
  // `npm run docs:check` in CI says the same.
  test.runIf(isLong())('the types of what rules measure follow from the rules', () => {
    const { text, wrong } = measuredFile();
    expect(wrong).toEqual([]);
    expect(readFileSync(MEASURED, 'utf8') === text, 'npm run docs').toBe(true);
  });

  test('the schema follows from the types', () => {
    expect(readFileSync(SCHEMA, 'utf8') === schemaText(), 'npm run docs').toBe(true);
  });

  test('every rule has its measured numbers', () => {
    const known = Object.keys(closedSchema.$defs.measuredByRule.properties ?? {});
    expect(known).toEqual(rules.map(({ id }) => id).sort());
  });
});

describe('the schema', () => {
  const report = sampleReport();

  test('takes fields of later versions, at any depth', () => {
    expect(fitsOpen({ ...report, extra: 1, findings: [{ ...report.findings[0], extra: 1 }] })).toBe(true);
    expect(fitsOpen({ ...report, captures: [{ ...report.captures[0], extra: {} }] })).toBe(true);
  });

  test('refuses what is missing or of another kind', () => {
    const { unseen: _, ...less } = report;
    expect(fitsOpen(less)).toBe(false);
    expect(fitsOpen({ ...report, captures: [{ ...report.captures[0], packets: -1 }] })).toBe(false);
    expect(fitsOpen({ ...report, captures: [{ ...report.captures[0], id: 'p1' }] })).toBe(false);
    expect(fitsOpen({ ...report, findings: [{ ...report.findings[0], level: 'bad' }] })).toBe(false);
  });

  test('knows what each rule measures', () => {
    const measured = { lookups: 1, slow: 1, medianSeconds: 1, worstSeconds: 1, repeated: 0 };
    expect(whatIsMeasuredWrong('dns-slow', measured)).toBeUndefined();
    expect(whatIsMeasuredWrong('dns-slow', { ...measured, slow: 'one' })).toContain('slow');
    expect(whatIsMeasuredWrong('dns-slow', { ...measured, further: 1 })).toContain('further');
    expect(fitsOpen({ ...report, findings: [{ ...report.findings[0], ruleId: 'dns-slow', measured: {} }] })).toBe(
      false,
    );
  });

  test('holds for the reports of real captures', async () => {
    const cases = readdirSync('test/pcaps', { withFileTypes: true }).filter((entry) => entry.isDirectory());
    for (const { name } of cases) {
      const captures = readdirSync(join('test/pcaps', name)).filter((file) => /\.pcap(ng)?$/.test(file));
      const json = JSON.stringify(await analyze(captures.map((file) => join('test/pcaps', name, file))));
      expect(fitsClosed(JSON.parse(json)), `${name}: ${JSON.stringify(fitsClosed.errors?.slice(0, 3))}`).toBe(true);
    }
  });
});
