import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { lineSchemaOf } from '../../../../build/line-schema.mjs';
import { formatNdjson } from '../../../../src/report/formats/ci/ndjson.ts';
import { formatJson } from '../../../../src/report/formats/json.ts';
import { REPORT_NAMES, reportNamed } from '../../../support/reports-of-captures.ts';
import { sampleReport } from '../../sample.ts';

const schemaFile = (name: string) => JSON.parse(readFileSync(`schema/${name}`, 'utf8'));
const schema = schemaFile('report-line.json');
const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true, discriminator: true }).compile(schema);

const linesOf = (text: string): Record<string, unknown>[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('NDJSON', () => {
  test.each(REPORT_NAMES)('of "%s" has a valid object on each line, and all of the report', async (name) => {
    const report = await reportNamed(name);
    const lines = linesOf(formatNdjson(report));
    for (const line of lines) expect(validate(line) || validate.errors).toBe(true);
    const whole = JSON.parse(formatJson(report));
    const ofType = (type: string) => lines.filter((line) => line.type === type).map(({ type: _, ...rest }) => rest);
    expect(ofType('finding')).toEqual(whole.findings);
    expect(ofType('capture')).toEqual(whole.captures);
    expect(ofType('point')).toEqual(whole.points);
    expect(ofType('triage')).toEqual(whole.triage);
    expect(ofType('nat')).toEqual(whole.nat);
    expect(ofType('path')).toEqual(whole.paths);
    expect(lines.at(-1)).toMatchObject({ type: 'summary', unseen: whole.unseen });
  });

  test('the summary counts known findings apart', () => {
    const report = sampleReport();
    report.findings[0].known = { from: 'baseline', reason: 'x' };
    report.gate = { status: 'passed', because: ['x'], failOn: 'error', unmatched: [] };
    const last = linesOf(formatNdjson(report)).at(-1);
    expect(last).toMatchObject({ findings: { error: 0, warning: 0, note: 1, known: 1 }, gate: { status: 'passed' } });
    expect(validate(last) || validate.errors).toBe(true);
  });

  test('the schema refuses what is no line', () => {
    for (const line of [
      {},
      { type: 'other' },
      { type: 'finding' },
      { ...linesOf(formatNdjson(sampleReport()))[0], packets: 'many' },
    ])
      expect(validate(line)).toBe(false);
  });

  test('the schema takes fields of later versions', () =>
    expect(validate({ ...linesOf(formatNdjson(sampleReport()))[0], x: 1 })).toBe(true));

  test('the schema is made from that of the report (node build/line-schema.mjs)', () =>
    expect(schema).toEqual(lineSchemaOf(schemaFile('report.json'))));
});
