import { spawnSync } from 'node:child_process';
import { parse } from 'junit2json';
import { describe, expect, test } from 'vitest';
import { formatJunit } from '../../../../src/report/formats/ci/junit.ts';
import { escapeXml } from '../../../../src/report/formats/ci/xml.ts';
import { sanitize } from '../../../../src/text/sanitize.ts';
import { REPORT_NAMES, reportNamed } from '../../../support/reports-of-captures.ts';
import { hasProgram } from '../../../support/shared-captures.ts';
import { sampleReport } from '../../sample.ts';

interface Case {
  classname: string;
  name: string;
  failure?: { message: string; type: string; inner: string }[];
  error?: { message: string }[];
  skipped?: { message: string }[];
  'system-out'?: string[];
}

/** Parsed by a package that reads reports of CI jobs. */
async function parsed(text: string): Promise<{ cases: Case[]; suite: Record<string, unknown> }> {
  const suites = (await parse(text)) as unknown as { testsuite: { testcase: Case[] }[] };
  const [suite] = suites.testsuite;
  return { cases: suite.testcase ?? [], suite: suite as unknown as Record<string, unknown> };
}

describe('JUnit XML', () => {
  test.each(REPORT_NAMES)('of "%s" is read as it is meant', async (name) => {
    const report = await reportNamed(name);
    const text = formatJunit(report);
    const { cases, suite } = await parsed(text);
    const failures = cases.filter(({ failure }) => failure);
    const skipped = cases.filter((each) => each.skipped);
    expect(suite).toMatchObject({ tests: cases.length, failures: failures.length, skipped: skipped.length, errors: 0 });
    expect(failures.map(({ failure }) => failure?.[0].message)).toEqual(
      report.findings.filter(({ level }) => level === 'error').map(({ message }) => message),
    );
    const reasons = report.triage.filter(({ verdict }) => verdict === 'not-assessable').map(({ because }) => because);
    for (const reason of reasons)
      expect(skipped.map((each) => each.skipped?.[0].message)).toContain(`not assessable: ${reason}`);
    const gated = report.rules.filter(({ status }) => status === 'gated').map(({ ruleId }) => ruleId);
    expect(skipped.map((each) => each.name)).toEqual(expect.arrayContaining(gated));
    for (const { ruleId } of report.findings) expect(cases.some((each) => each.name.startsWith(ruleId))).toBe(true);
  });

  test.runIf(hasProgram('xmllint'))('is well-formed to xmllint', async () => {
    for (const name of REPORT_NAMES) {
      const { status, stderr } = spawnSync('xmllint', ['--noout', '-'], {
        input: formatJunit(await reportNamed(name)),
      });
      expect(`${name} ${status} ${stderr}`).toBe(`${name} 0 `);
    }
  });

  test('a known finding is skipped, and a warning fails where the gate says so', async () => {
    const report = sampleReport();
    report.findings[0].known = { from: 'configuration', reason: 'by design' };
    expect((await parsed(formatJunit(report))).cases[0]).toMatchObject({
      skipped: [{ message: 'Known (configuration): by design' }],
    });
    const strict = sampleReport();
    strict.findings[0].level = 'warning';
    expect((await parsed(formatJunit(strict))).cases[0].failure).toBeUndefined();
    strict.gate = { status: 'failed', because: ['one new warning'], failOn: 'warning', unmatched: [] };
    const { cases } = await parsed(formatJunit(strict));
    expect(cases[0].failure?.[0].type).toBe('warning');
    expect(cases.find(({ classname }) => classname === 'pcapdiag.gate')?.failure?.[0].message).toBe('one new warning');
  });

  test('evidence that a gate asked for and that is not there is an error', async () => {
    const report = sampleReport();
    report.gate = { status: 'not-assessable', because: ['dns: no lookups'], failOn: 'error', unmatched: [] };
    const { cases, suite } = await parsed(formatJunit(report));
    expect(suite.errors).toBe(1);
    expect(cases.find(({ classname }) => classname === 'pcapdiag.gate')?.error?.[0].message).toBe('dns: no lookups');
  });

  test('no text leaves its place', async () => {
    const evil = '</failure><x a="1" b=\'2\'>&lt;]]>\ufffe\u0001\ud800 end';
    const report = sampleReport();
    report.findings[0].message = evil;
    const { cases } = await parsed(formatJunit(report, { suite: evil }));
    expect(cases[0].failure?.[0].message).toBe(sanitize(evil).replace('\ufffe', '\\u{fffe}'));
    expect(escapeXml('\ud800\udc00 \udc00')).toBe('\ud800\udc00 \\u{dc00}');
  });
});
