import { describe, expect, test } from 'vitest';
import { formatGithub } from '../../../../src/report/formats/ci/github.ts';
import { leadingFindings } from '../../../../src/report/formats/leading-findings.ts';
import { REPORT_NAMES, reportNamed } from '../../../support/reports-of-captures.ts';
import { emptyReport, judged, reportOf, sampleEvidence, sampleReport } from '../../sample.ts';

/** Read as the runner of GitHub Actions reads a line of output (actions/runner, ActionCommand). */
function command(line: string): { name: string; properties: Record<string, string>; message: string } {
  const parts = /^::(?<name>[a-z-]+) (?<properties>.*?)::(?<message>.*)$/.exec(line)?.groups;
  if (parts === undefined) throw new Error(`no command: ${line}`);
  const decoded = (text: string): string =>
    text
      .replaceAll('%2C', ',')
      .replaceAll('%3A', ':')
      .replaceAll('%0A', '\n')
      .replaceAll('%0D', '\r')
      .replaceAll('%25', '%');
  const properties = Object.fromEntries(
    parts.properties.split(',').map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at), decoded(pair.slice(at + 1))];
    }),
  );
  return { name: parts.name, properties, message: decoded(parts.message) };
}

const commandsOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map(command);

describe('annotations of GitHub', () => {
  test.each(['standard input', 'standard input/case/a.pcap'])('what was read from "%s" has no file', (path) => {
    const report = sampleReport();
    for (const capture of report.captures) capture.path = path;
    const [{ properties }] = commandsOf(formatGithub(report));
    expect(properties).toEqual({ title: 'vxlan-outer-source-mismatch (error)' });
    expect(commandsOf(formatGithub(report, { file: 'ci/s.yml' }))[0].properties).toMatchObject({
      file: 'ci/s.yml',
      line: '1',
    });
  });

  test.each(REPORT_NAMES)('of "%s" are commands, within the limits', async (name) => {
    const report = await reportNamed(name);
    const commands = commandsOf(formatGithub(report));
    for (const kind of ['error', 'warning', 'notice'])
      expect(commands.filter((each) => each.name === kind).length).toBeLessThanOrEqual(10);
    const paths = report.captures.map(({ path }) => path);
    for (const { name: kind, properties, message } of commands) {
      expect(['error', 'warning', 'notice']).toContain(kind);
      expect(paths).toContain(properties.file);
      expect(properties.line).toBe('1');
      expect(message.length).toBeLessThanOrEqual(4000);
    }
    expect(commands.length).toBe(leadingFindings(report).length);
  });

  test('ten of a kind are shown, of which the last counts the rest', () => {
    const many = Array.from({ length: 14 }, (_, at) => judged({ fingerprint: `f${at}` }));
    const commands = commandsOf(formatGithub(reportOf(sampleEvidence(), { findings: many })));
    expect(commands).toHaveLength(10);
    expect(commands[9].message).toBe('5 more errors in the summary of the step');
    const ten = reportOf(sampleEvidence(), { findings: many.slice(0, 10) });
    expect(commandsOf(formatGithub(ten)).every(({ properties }) => properties.file !== undefined)).toBe(true);
  });

  test('what fails the gate is an error, what is known a notice, and the gate says why', () => {
    const report = sampleReport();
    report.findings[0].level = 'warning';
    report.gate = {
      status: 'failed',
      because: ['1 new warning', '2 known findings let pass'],
      failOn: 'warning',
      unmatched: [],
    };
    expect(commandsOf(formatGithub(report, { file: 'ci/a.yml' }))).toMatchObject([
      { name: 'error', message: '1 new warning\n2 known findings let pass' },
      { name: 'error', properties: { file: 'ci/a.yml', title: expect.stringContaining('(warning)') } },
    ]);
    report.findings[0].known = { from: 'baseline', reason: '' };
    report.gate = { status: 'passed', because: [], failOn: 'warning', unmatched: [] };
    expect(commandsOf(formatGithub(report))).toMatchObject([{ name: 'notice' }]);
    expect(formatGithub(emptyReport())).toBe('');
  });
});
