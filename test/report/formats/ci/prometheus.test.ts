import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { formatPrometheus } from '../../../../src/report/formats/ci/prometheus.ts';
import { REPORT_NAMES, reportNamed } from '../../../support/reports-of-captures.ts';
import { hasProgram } from '../../../support/shared-captures.ts';
import { sampleReport } from '../../sample.ts';

/** `name{label="value"} number`, by the exposition format of Prometheus, version 0.0.4. */
const SAMPLE =
  /^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?<labels>(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\[\\"n])*"(?:,(?!\})|(?=\})))*)\})? (?<value>-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|NaN|[+-]Inf)$/;

/** Series to value. @throws Error where a line is none of the format, or a series or a metric comes twice */
function samplesOf(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  const described = new Set<string>();
  let metric = '';
  expect(text.endsWith('\n')).toBe(true);
  const lines = text.slice(0, -1).split('\n');
  for (const [at, line] of lines.entries()) {
    const help = /^# HELP (\S+) \S.*\.$/.exec(line)?.[1];
    if (help !== undefined) {
      if (described.has(help) || lines[at + 1] !== `# TYPE ${help} gauge`) throw new Error(`described twice: ${line}`);
      described.add((metric = help));
    } else if (line !== `# TYPE ${metric} gauge`) {
      const parts = SAMPLE.exec(line)?.groups;
      if (parts?.name !== metric) throw new Error(`no sample of ${metric}: ${line}`);
      const series = `${parts.name}{${parts.labels ?? ''}}`;
      if (samples.has(series)) throw new Error(`twice: ${series}`);
      samples.set(series, Number(parts.value));
    }
  }
  return samples;
}

describe('Prometheus text', () => {
  test.each(REPORT_NAMES)('of "%s" is the exposition format, and counts what the report holds', async (name) => {
    const report = await reportNamed(name);
    const samples = samplesOf(formatPrometheus(report));
    const sum = (start: string) =>
      [...samples].filter(([series]) => series.startsWith(start)).reduce((total, [, value]) => total + value, 0);
    expect(sum('pcapdiag_findings{')).toBe(report.findings.length);
    expect(sum('pcapdiag_class_verdict{')).toBe(report.triage.length);
    expect(sum('pcapdiag_capture_packets{')).toBe(report.captures.reduce((total, { packets }) => total + packets, 0));
    const lost = report.paths.flatMap((path) => path.lost.flat()).reduce((a, b) => a + b, 0);
    expect(sum('pcapdiag_lost_packets{')).toBe(lost);
  });

  test.runIf(hasProgram('promtool'))('promtool has nothing to say against it', async () => {
    for (const name of REPORT_NAMES) {
      const text = formatPrometheus(await reportNamed(name));
      const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
      expect(`${name}: ${stdout}${stderr}${status}`).toBe(`${name}: 0`);
    }
  });

  test('known findings and the gate', () => {
    const report = sampleReport();
    report.findings[0].known = { from: 'baseline', reason: '' };
    report.gate = { status: 'failed', because: [], failOn: 'note', unmatched: [] };
    const samples = samplesOf(formatPrometheus(report));
    expect(samples.get('pcapdiag_gate_passed{}')).toBe(0);
    expect([...samples.keys()].filter((series) => series.includes('known="true"'))).toHaveLength(1);
    expect(
      samples.get('pcapdiag_capture_last_packet_timestamp_seconds{capture="node1__eth0.pcap",id="c1"}'),
    ).toBeGreaterThan(0);
  });
});
