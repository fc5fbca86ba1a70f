import { describe, expect, test } from 'vitest';
import { formatJson } from '../../../src/report/formats/json.ts';
import { EVIDENCE_LIMIT } from '../../../src/report/sections/build-report.ts';
import { isoTime } from '../../../src/report/sections/iso-time.ts';
import { fitsClosed } from '../../contract/schemas.mjs';
import {
  emptyReport,
  healthyReport,
  judged,
  reportOf,
  sampleEvidence,
  sampleJudgement,
  sampleReport,
} from '../sample.ts';

describe('schema', () => {
  test.each([
    ['a fault', sampleReport()],
    ['nothing wrong', healthyReport()],
    ['an empty capture', emptyReport()],
  ])('%s fits schema/report.json', (_, report) => {
    fitsClosed(JSON.parse(formatJson(report)));
    expect(fitsClosed.errors).toBeNull();
  });

  test('no report has a field that the schema does not have', () => {
    expect(fitsClosed({ ...sampleReport(), extra: 1 })).toBe(false);
    const report = sampleReport();
    expect(fitsClosed({ ...report, findings: [{ ...report.findings[0], extra: 1 }] })).toBe(false);
  });
});

describe('times', () => {
  test.each([
    [1_700_000_000, 999_999_999, 0.000000001, '2023-11-14T22:13:21.000000000Z'],
    [1_700_000_000, 999_999_000, 0.000002, '2023-11-14T22:13:21.000001000Z'],
    [1_700_000_000, 0, 8_640_000.123456789, '2024-02-22T22:13:20.123456789Z'],
    [1_700_000_000, 0, -0.000000001, '2023-11-14T22:13:19.999999999Z'],
    [0, 0, 0, '1970-01-01T00:00:00.000000000Z'],
    [9e15, 5, 0, '@9000000000000000.000000005'],
  ])('%d s + %d ns + %d s is %s', (seconds, nanoseconds, relative, text) => {
    expect(isoTime(seconds, nanoseconds, relative)).toBe(text);
  });
});

describe('findings', () => {
  test('packets are sorted by the common clock, independent of the rule', () => {
    const { evidence } = sampleReport().findings[0];
    expect(evidence.map(({ packet }) => packet)).toEqual([12, 21]);
    expect(evidence[0]).toMatchObject({
      capture: 'c1',
      point: 'p1',
      time: '2023-11-14T22:13:21.000001000Z',
      direction: '>',
    });
  });

  test('the place names the last point that saw the packets and the first that should have', () => {
    expect(sampleReport().findings[0].location).toEqual({
      between: ['p1', 'p2'],
      text: 'after node1 eth0, before node2 flannel.1',
    });
  });

  test('packets are capped, and the total counts all', () => {
    const packets = Array.from({ length: 80 }, (_, at) => ({ point: 0, packet: at + 1, time: at, note: '' }));
    const report = reportOf(sampleEvidence(), {
      findings: [judged({ occurrence: { packets, packetsTotal: 900 } })],
    });
    expect(report.findings[0].evidence).toHaveLength(EVIDENCE_LIMIT);
    expect(report.findings[0].evidenceTotal).toBe(900);
  });

  test('the subject includes the names of its addresses', () => {
    expect(sampleReport().findings[0].subject.names).toEqual({ '10.233.65.46': 'pod registry-0' });
  });

  test('a note is not a verdict', () => {
    const report = reportOf(sampleEvidence(), { findings: [judged({ level: 'note' })] });
    expect(report.verdict).toBeNull();
    expect(sampleReport().verdict).toMatchObject({
      ruleId: 'vxlan-outer-source-mismatch',
      class: 'cni',
      level: 'error',
    });
  });

  test('text of the capture cannot steer a terminal, anywhere in the report', () => {
    const hostile = 'a\x1b]0;x\x07\u202eb\u2028c\x9b\ud800';
    const evil = sampleEvidence();
    evil.points[0].name = hostile;
    evil.captures[0].path = hostile;
    evil.captures[0].filters = [hostile];
    evil.known.names['10.233.65.46'] = hostile;
    const finding = judged({ occurrence: { measured: { name: hostile }, place: hostile, between: null } });
    finding.explanation.message = hostile;
    const report = reportOf(evil, { findings: [finding] });
    expect(JSON.stringify(report)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
    expect(report.points[0].name).toBe('a\\u{1b}]0;x\\u{7}\\u{202e}b\\u{2028}c\\u{9b}\\u{d800}');
  });
});

describe('rules', () => {
  test('are in one sorted list, those that ran and those that were gated', () => {
    expect(sampleReport().rules).toEqual([
      {
        ruleId: 'dns-slow',
        status: 'gated',
        because: '3 packets dropped while node2 flannel.1 was captured, 12 captured',
        code: 'dropped',
      },
      { ruleId: 'syn-no-reply', status: 'ran', because: null, code: null },
      { ruleId: 'vxlan-outer-source-mismatch', status: 'ran', because: null, code: null },
    ]);
  });
});

test('the same input gives the same bytes', () => {
  expect(formatJson(reportOf(sampleEvidence(), sampleJudgement()))).toBe(formatJson(sampleReport()));
});
