import { describe, expect, test } from 'vitest';
import { formatMarkdown } from '../../../src/report/formats/markdown.ts';
import { REPORT_NAMES, reportNamed } from '../../support/reports-of-captures.ts';
import { judged, reportOf, sampleEvidence, sampleReport } from '../sample.ts';

const octets = (text: string): number => Buffer.byteLength(text);
const many = (count: number) =>
  reportOf(sampleEvidence(), {
    findings: Array.from({ length: count }, (_, at) => judged({ fingerprint: `f${at}` })),
  });

describe('Markdown', () => {
  test.each(REPORT_NAMES)('of "%s" fits into a comment, and tells what was found', async (name) => {
    const report = await reportNamed(name);
    const text = formatMarkdown(report);
    expect(octets(text)).toBeLessThanOrEqual(65_536);
    for (const { ruleId } of report.findings) expect(text).toContain(`\`${ruleId}\``);
    for (const row of report.triage) expect(text).toContain(`| ${row.class} | `);
  });

  test('says how much would not fit, and keeps the verdict, the table and the end', () => {
    const whole = formatMarkdown(many(100), { limit: 10_000_000 });
    const cut = formatMarkdown(many(100));
    expect(octets(whole)).toBeGreaterThan(65_536);
    expect(octets(cut)).toBeLessThanOrEqual(65_536);
    expect(octets(cut)).toBeGreaterThan(60_000);
    expect(whole).not.toContain('**Cut.**');
    const shown = cut.match(/^## error:/gm)?.length ?? 0;
    const left = Number(/\*\*Cut\.\*\* (\d+) sections/.exec(cut)?.[1]);
    expect(shown + left).toBeGreaterThanOrEqual(100);
    expect(cut).toMatch(/^\*\*error\*\*/m);
    expect(cut).toMatch(/pcapdiag .* · 2 captures: [^\n]*\n$/);
  });

  test('the decision of a gate comes first, and what is known is said with the finding', () => {
    const report = sampleReport();
    report.findings[0].known = { from: 'baseline', reason: 'ticket 7' };
    report.gate = { status: 'failed', because: ['1 new error'], failOn: 'error', unmatched: [] };
    const text = formatMarkdown(report);
    expect(text).toMatch(/^# Network diagnosis\n\n\*\*Gate failed\.\*\*\n\n- 1 new error\n/);
    expect(text).toContain('\n\nKnown \\(baseline\\): ticket 7.\n\n');
  });
});
