import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { withExpectations } from '../../src/gate/expectations.ts';
import { lossOf, MEASURE_NAMES, percentile } from '../../src/gate/measures.ts';
import { readScenario } from '../../src/gate/scenario.ts';
import type { TrafficMeasures } from '../../src/gate/traffic-measures.ts';
import { healthyReport, sampleReport } from '../report/sample.ts';

const isScenario = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync('schema/scenario.json', 'utf8')),
);
const unitOf = (name: string): string =>
  /\.(p\d+|max)$/.test(name) ? 'ms' : /answered|failed|retransmitted|loss/.test(name) ? '%' : '';

describe('a scenario', () => {
  test.each([
    ['captures: a.pcap\nexpect: {}', true],
    ['captures: a.pcap\nexpect:', true],
    ['captures: [a.pcap, b]\nexpect: { findings: mtu-black-hole, forbid: ["tcp-*"], evidence: dns }', true],
    ['captures: a\nexpect: { findings: [{ rule: dns-slow, server: 10.0.0.1 }], measures: "loss < 0.1%" }', true],
    ['captures: a\nexpect: { conversations: [{ between: "a,b", measures: rtt.p95 < 5 ms }] }', true],
    ...MEASURE_NAMES.map(
      (name) => [`captures: a\nexpect: { measures: ["${name} <= 1.5${unitOf(name)}"] }`, true] as const,
    ),
    ['captures: a', false],
    ['expect: {}', false],
    ['captures: a\nexpect: { finding: x }', false],
    ['captures: a\nexpect: { measures: [dns.p95 < 100] }', false],
    ['captures: a\nexpect: { measures: [dns.p94 < 100ms] }', false],
    ['captures: a\nexpect: { measures: [tcp.connections < 5 ms] }', false],
    ['captures: a\nexpect: { measures: [rtt.p95 ~ 5 ms] }', false],
    ['captures: a\nexpect: { evidence: tcp }', false],
    ['captures: a\nexpect: { conversations: [{ between: "a,b" }] }', false],
    ['captures: a\nexpect: {}\nfailOn: loud', false],
  ] as const)('the schema and the reader agree on %j', async (content, isRight) => {
    expect(isScenario(parse(content))).toBe(isRight);
    const reading = readScenario(content, 's.yml');
    if (isRight) await reading;
    else await expect(reading).rejects.toThrow(/^s\.yml: /);
  });
});

test('percentiles are samples that were measured (nearest rank)', () => {
  const sorted = Array.from({ length: 20 }, (_, at) => at + 1);
  expect([0.5, 0.95, 0.99, 1].map((share) => percentile(sorted, share))).toEqual([10, 19, 20, 20]);
  expect(percentile([7], 0.5)).toBe(7);
  expect(percentile([], 0.5)).toBeNull();
});

test('loss counts what one point saw and the next did not', () => {
  const path = {
    conversations: 1,
    points: ['p1', 'p2'],
    packets: [
      [100, 90],
      [50, 50],
    ],
    lost: [
      [10, 0],
      [0, 0],
    ],
  };
  expect(lossOf({ paths: [path as never] })).toBeCloseTo(10 / 150);
  expect(lossOf({ paths: [{ ...path, points: ['p1'] } as never] })).toBeNull();
});

const traffic = (some: { dns?: number[]; queries?: number; rtt?: number[]; again?: number }): TrafficMeasures => ({
  packets: 100,
  ends: [],
  dns: { queries: some.queries ?? some.dns?.length ?? 0, unanswered: 0, seconds: some.dns ?? [] },
  tcp: {
    connections: 4,
    failed: 1,
    untold: 0,
    dataSegments: 200,
    sentAgain: some.again ?? 0,
    roundTrips: some.rtt ?? [],
  },
  mss: {},
  toldMtu: {},
  ttl: {},
});

describe('expectations', () => {
  const NO_CAPTURES = { whole: new Map<string, TrafficMeasures>(), conversations: [] };
  const gateOf = async (
    expected: string,
    report = healthyReport(),
    captures: Parameters<typeof withExpectations>[2] = NO_CAPTURES,
  ) => {
    const { gate } = withExpectations(
      report,
      await readScenario(`captures: a\nexpect: ${expected}`, 's.yml'),
      captures,
    );
    return gate;
  };

  test('a finding that is expected passes, one that is missing fails, one that is not expected fails', async () => {
    const expected = '{ findings: vxlan-outer-source-mismatch }';
    expect(await gateOf(expected, sampleReport())).toMatchObject({ status: 'passed' });
    expect((await gateOf(expected)).because[0]).toBe('expected and not found: vxlan-outer-source-mismatch');
    expect(await gateOf('{}', sampleReport())).toMatchObject({ status: 'failed' });
    const elsewhere = '{ findings: [{ rule: vxlan-outer-source-mismatch, server: 10.9.9.9 }] }';
    const { status, because } = await gateOf(elsewhere, sampleReport());
    expect(status).toBe('failed');
    expect(because[0]).toBe('expected and not found: vxlan-outer-source-mismatch (10.9.9.9)');
  });

  test('a rule that the captures do not allow to speak is not assessable', async () => {
    const { status, because } = await gateOf('{ findings: [vxlan-outer-source-mismatch, dns-slow] }', sampleReport());
    expect(status).toBe('not-assessable');
    expect(because[0]).toMatch(/^expected and not assessable: dns-slow: /);
  });

  test.each([
    ['off', 'switched off'],
    ['stopped', 'the analysis was stopped'],
  ] as const)('a rule that is expected and %s is not assessable', async (how, because) => {
    const rule = { ruleId: 'tunnel-blocked', status: how, because: null, code: null };
    const report = { ...healthyReport(), rules: [...healthyReport().rules, rule] };
    expect(await gateOf('{ findings: tunnel-blocked }', report)).toMatchObject({
      status: 'not-assessable',
      because: [`expected and not assessable: tunnel-blocked: ${because}`],
    });
  });

  test('what is forbidden and nobody looked for is not assessable', async () => {
    const ran = healthyReport().rules;
    const off = { status: 'off' as const, because: null, code: null };
    const report = { ...healthyReport(), rules: [...ran, { ruleId: 'tunnel-blocked', ...off }] };
    expect(await gateOf('{ forbid: tunnel-blocked }', report as never)).toMatchObject({
      status: 'not-assessable',
      because: ['forbidden and not assessable: tunnel-blocked: switched off'],
    });
    // One rule of a pattern that looked is an answer.
    const other = { ruleId: 'tunnel-other', status: 'ran', because: '', code: null };
    const both = { ...report, rules: [...report.rules, other] };
    expect(await gateOf('{ forbid: "tunnel-*" }', both as never)).toMatchObject({ status: 'passed' });
  });

  test('patterns forbid, also what the gate would let pass', async () => {
    const expected = '{ findings: vxlan-outer-source-mismatch, forbid: ["syn-*"] }';
    const { status, because } = await gateOf(expected, sampleReport());
    expect(status).toBe('failed');
    expect(because[0]).toMatch(/^forbidden \(syn-\*\): syn-no-reply: /);
    // No id has a dot: one of a pattern means itself, and neither any letter nor nothing.
    for (const pattern of ['*.*', 'syn.*', 'tpc-*'])
      await expect(gateOf(`{ forbid: ["${pattern}"] }`, sampleReport())).rejects.toThrow(
        `s.yml: expect.forbid[0]: no rule has an id such as "${pattern}"`,
      );
  });

  test.each([
    ['{ forbid: syn-noreply }', 'expect.forbid: no rule is called "syn-noreply"; did you mean syn-no-reply?'],
    ['{ findings: [dns-slow, dns-solw] }', 'expect.findings[1]: no rule is called "dns-solw"; did you mean dns-slow?'],
    [
      '{ findings: { rule: mtu-blackhole } }',
      'expect.findings.rule: no rule is called "mtu-blackhole"; did you mean mtu-black-hole?',
    ],
  ])('%s: an id that no rule has is refused', async (expected, message) =>
    expect(gateOf(expected)).rejects.toThrow(`s.yml: ${message} (pcapdiag explain --list) (line 2)`),
  );

  const two = {
    whole: new Map([
      ['a', traffic({ dns: [0.01, 0.02, 0.3] })],
      ['b', traffic({ dns: [0.01], again: 2 })],
    ]),
    conversations: [],
  };
  test.each([
    ['dns.p50 < 100ms', 'passed', ''],
    ['dns.p95 < 100ms', 'failed', 'dns.p95 < 100ms: it is 300.0 ms in a'],
    ['dns.answered = 100%', 'passed', ''],
    ['tcp.retransmitted < 1%', 'failed', 'tcp.retransmitted < 1%: it is 1 % in b'],
    ['tcp.retransmitted <= 1%', 'passed', ''],
    ['tcp.connections >= 5', 'failed', 'tcp.connections >= 5: it is 4 in a'],
    ['rtt.p95 < 5ms', 'not-assessable', 'rtt.p95 < 5ms: nothing to measure it by'],
    ['loss < 1%', 'not-assessable', 'loss < 1%: nothing to measure it by'],
  ])('%s: %s', async (measure, status, because) => {
    const gate = await gateOf(`{ measures: ["${measure}"] }`, healthyReport(), two);
    expect(gate.status).toBe(status);
    if (because !== '') expect(gate.because[0]).toBe(because);
  });

  test('of one conversation', async () => {
    const captures = { whole: new Map(), conversations: [new Map([['a', traffic({ rtt: [0.02] })]])] };
    const expected = '{ conversations: [{ between: "10.0.0.1,10.0.0.2:80", measures: rtt.p95 < 5ms }] }';
    const { because } = await gateOf(expected, healthyReport(), captures);
    expect(because[0]).toBe('rtt.p95 < 5ms between 10.0.0.1,10.0.0.2:80: it is 20.0 ms in a');
  });
});
