import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import AjvDraft4 from 'ajv-draft-04';
import { describe, expect, test } from 'vitest';
import { formatReport } from '../../../../src/format-report.ts';
import { formatSarif, uriOf } from '../../../../src/report/formats/ci/sarif.ts';
import { REPORT_NAMES, reportNamed } from '../../../support/reports-of-captures.ts';
import { emptyReport, sampleReport } from '../../sample.ts';

// The schema of SARIF 2.1.0 as Microsoft's validator ships it (schemastore.org, sarif-2.1.0-rtm.5).
const folder = dirname(createRequire(import.meta.url).resolve('@microsoft/jest-sarif'));
const schema = JSON.parse(readFileSync(join(folder, 'schemas/sarif-2.1.0-rtm.5.json'), 'utf8'));
const validate = new AjvDraft4.default({
  strict: false,
  allErrors: true,
  validateFormats: false,
  unicodeRegExp: false,
}).compile(schema);

interface Log {
  runs: {
    tool: { driver: { rules: Record<string, unknown>[] } };
    results: {
      ruleId: string;
      ruleIndex: number;
      level: string;
      message: { text: string };
      locations: { physicalLocation: { artifactLocation: { uri: string }; region: Record<string, number> } }[];
      relatedLocations?: unknown[];
      partialFingerprints: Record<string, string>;
      suppressions?: unknown[];
      properties: { causes: { id: string }[] };
    }[];
  }[];
}

function checked(text: string): Log['runs'][number] {
  const log = JSON.parse(text);
  expect(validate(log) || validate.errors).toBe(true);
  return log.runs[0];
}

describe('SARIF', () => {
  test.each(REPORT_NAMES)('of "%s" is valid, and has what GitHub asks for', async (name) => {
    const report = await reportNamed(name);
    const run = checked(formatReport(report, 'sarif'));
    expect(run.results.map(({ ruleId }) => ruleId)).toEqual(report.findings.map(({ ruleId }) => ruleId));
    for (const [at, result] of run.results.entries()) {
      const rule = run.tool.driver.rules[result.ruleIndex];
      expect(rule).toMatchObject({
        id: result.ruleId,
        shortDescription: { text: expect.stringMatching(/^.{10,1024}$/s) },
        fullDescription: { text: expect.stringMatching(/^.{10,1024}$/s) },
        help: { text: expect.stringContaining('Fix:'), markdown: expect.stringContaining('**Fix**') },
      });
      expect(result.partialFingerprints.primaryLocationLineHash).toBe(report.findings[at].fingerprint);
      expect(result.partialFingerprints['pcapdiag/v1']).toMatch(/^[0-9a-f]{16}$/);
      const [{ physicalLocation }] = result.locations;
      expect(physicalLocation.region).toEqual({ startLine: 1, startColumn: 1, endLine: 1, endColumn: 2 });
      expect(() => new URL(physicalLocation.artifactLocation.uri, 'file:///repository/')).not.toThrow();
      expect(result.properties.causes.map(({ id }) => id)).toEqual(report.findings[at].hypotheses.map(({ id }) => id));
      expect(result.message.text).not.toContain('](');
      for (const { packet } of report.findings[at].evidence.slice(0, 1))
        expect(result.message.text).toMatch(new RegExp(`^Packets: .* ${packet}\\b`, 'm'));
    }
  });

  test('a result stands at the scenario where there is one', () => {
    const [result] = checked(formatSarif(sampleReport(), { file: 'ci/cni.pcapdiag.yml' })).results;
    expect(result.locations[0].physicalLocation.artifactLocation.uri).toBe('ci/cni.pcapdiag.yml');
    expect(checked(formatSarif(emptyReport())).results).toEqual([]);
  });

  test('a known finding is suppressed, with the reason', () => {
    const report = sampleReport();
    report.findings[0].known = { from: 'baseline', reason: 'ticket 7' };
    const [known, other] = checked(formatSarif(report)).results;
    expect(known.suppressions).toEqual([
      { kind: 'external', status: 'accepted', justification: 'Known (baseline): ticket 7' },
    ]);
    expect(other.suppressions).toBeUndefined();
  });

  test.each([
    ['./a b/c#1.pcap', 'a%20b/c%231.pcap'],
    ['/srv/x.pcap', 'file:///srv/x.pcap'],
    ['../x?.pcap', '../x%3F.pcap'],
    ['standard input', 'stdin'],
    ['standard input/a b.pcap', 'stdin/a%20b.pcap'],
    ['standard inputs.pcap', 'standard%20inputs.pcap'],
    ['\ud800', '%5Cu%7Bd800%7D'],
  ])('the URI of %j', (path, uri) => expect(uriOf(path)).toBe(uri));
});
