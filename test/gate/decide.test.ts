import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { analyze } from '../../src/analyze.ts';
import {
  type BaselineEntry,
  baselineEntries,
  formatBaseline,
  knownFromBaseline,
  prunedBaseline,
  readBaseline,
  updatedBaseline,
} from '../../src/gate/baseline.ts';
import { withGate } from '../../src/gate/decide.ts';
import type { KnownFinding } from '../../src/gate/known-finding.ts';
import type { Level, Report } from '../../src/report/model/report.ts';
import { emptyReport, healthyReport, judged, reportOf, sampleEvidence, sampleReport } from '../report/sample.ts';

const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync('schema/report.json', 'utf8')),
);
const gated = (...given: Parameters<typeof withGate>) => {
  const report = withGate(...given);
  expect(validate(JSON.parse(JSON.stringify(report))) || validate.errors).toBe(true);
  return report;
};
const findings = (...levels: Level[]): Report =>
  reportOf(sampleEvidence(), {
    findings: levels.map((level, at) => judged({ fingerprint: `f${at}`, level, id: `rule-${at}` })),
  });
const known = (some: Partial<KnownFinding>): KnownFinding => ({ from: 'configuration', reason: 'x', ...some });

describe('a gate', () => {
  test.each([
    ['error', ['error'], 'failed'],
    ['error', ['warning', 'note'], 'passed'],
    ['warning', ['warning'], 'failed'],
    ['note', ['note'], 'failed'],
    ['never', ['error'], 'passed'],
    ['error', [], 'passed'],
  ] as const)('that fails on %s, with findings %j: %s', (failOn, levels, status) =>
    expect(gated(findings(...levels), { failOn }).gate.status).toBe(status),
  );

  test('says what is new, and names no more than a person reads', () => {
    const { gate } = gated(findings(...Array<Level>(8).fill('error')), {});
    expect(gate.because).toHaveLength(6);
    expect(gate.because[0]).toMatch(/^new error: rule-0: Node node1 sends/);
    expect(gate.because[5]).toBe('3 more new findings');
  });

  test('counts new warnings', () => {
    expect(gated(findings('warning', 'warning'), { maxWarnings: 2 }).gate.status).toBe('passed');
    const { gate } = gated(findings('warning', 'warning'), { maxWarnings: 1 });
    expect(gate).toMatchObject({ status: 'failed', because: ['2 new warnings, and 1 may be'] });
    const one = [known({ fingerprint: 'f0' })];
    expect(gated(findings('warning', 'warning'), { maxWarnings: 1, known: one }).gate.status).toBe('passed');
  });

  test('does not pass where nothing was seen of what it has to judge', () => {
    const { gate } = gated(healthyReport(), { requireEvidence: ['dns'] });
    expect(gate.status).toBe('not-assessable');
    expect(gate.because[0]).toBe('dns is not assessable: no DNS packets were captured');
    expect(gated(healthyReport(), { requireEvidence: ['port-unreachable'] }).gate.status).toBe('passed');
    expect(gated(emptyReport(), { requireEvidence: ['network-unreachable'] }).gate.status).toBe('not-assessable');
    // A fault is a fault, whatever else was not seen.
    expect(gated(sampleReport(), { requireEvidence: ['dns'] }).gate.status).toBe('failed');
  });

  test('asks no more of a class whose trouble follows from another fault', () => {
    const report = sampleReport();
    expect(report.triage.find((row) => row.class === 'port-unreachable')?.code).toBe('explained');
    const { gate } = gated(report, { failOn: 'never', requireEvidence: ['port-unreachable'] });
    expect(gate.status).toBe('passed');
  });
});

describe('a known finding', () => {
  test('passes with what follows from it, and the rest does not', () => {
    const report = sampleReport();
    const [cause] = report.findings;
    const { findings: marked, gate } = gated(report, {
      failOn: 'note',
      known: [known({ fingerprint: cause.fingerprint })],
    });
    expect(marked.map((finding) => finding.known?.reason)).toEqual(['x', 'x']);
    expect(gate).toMatchObject({
      status: 'passed',
      because: ['no new finding at or above note', '1 known finding let pass'],
    });
    expect(report.findings[0].known).toBeUndefined();
  });

  test.each([
    [{ rule: 'vxlan-outer-source-mismatch' }, true],
    [{ rule: 'vxlan-outer-source-mismatch', client: '10.233.66.0', server: '10.233.65.46' }, true],
    [{ rule: 'vxlan-outer-source-mismatch', server: '10.233.65.46:5000' }, true],
    [{ rule: 'vxlan-outer-source-mismatch', server: '10.233.0.100' }, true],
    [{ rule: 'vxlan-outer-source-mismatch', server: '10.233.65.4' }, false],
    [{ rule: 'dns-slow' }, false],
    [{ rule: 'vxlan-outer-source-mismatch', level: 'warning' }, false],
    [{ rule: 'vxlan-outer-source-mismatch', expires: '2026-11-28' }, false],
    [{ rule: 'vxlan-outer-source-mismatch', expires: '2026-11-29' }, true],
  ] as const)('%j: %j', (entry, isKnown) => {
    const { findings: marked } = gated(sampleReport(), { known: [known(entry)], today: '2026-11-29' });
    expect(marked[0].known !== undefined).toBe(isKnown);
  });

  test('that is found no more, or expired, is told', () => {
    const { gate } = gated(healthyReport(), {
      known: [known({ fingerprint: 'gone', rule: 'r' }), known({ rule: 'dns-slow', expires: '2020-01-01' })],
      today: '2026-11-29',
    });
    expect(gate.unmatched).toEqual([{ fingerprint: 'gone', ruleId: 'r' }]);
    expect(gate.because.slice(1)).toEqual([
      '1 known finding expired',
      '1 known finding no longer found (pcapdiag baseline prune takes them out)',
    ]);
  });
});

describe('a baseline', () => {
  const entry = (some: Partial<BaselineEntry>): BaselineEntry => ({
    fingerprint: 'a',
    rule: 'r',
    level: 'warning',
    about: 'tcp',
    ...some,
  });

  test('makes known what it was written from, and is the same text again', async () => {
    const report = await analyze('test/pcaps/case-2/client__eth0.pcap');
    const entries = baselineEntries(report, 'warning', 'before the upgrade');
    expect(entries).toMatchObject([{ rule: 'mtu-black-hole', level: 'error', reason: 'before the upgrade' }]);
    const text = formatBaseline({ schemaVersion: 1, findings: entries });
    const read = await readBaseline(text, 'b.json');
    expect(formatBaseline({ schemaVersion: 1, findings: [...read.findings].reverse() })).toBe(text);
    expect(withGate(report, {}).gate.status).toBe('failed');
    expect(withGate(report, { known: knownFromBaseline(read) }).gate.status).toBe('passed');
  });

  test('update adds, keeps reasons, and takes a finding that became worse', () => {
    const old = {
      schemaVersion: 1 as const,
      findings: [entry({ reason: 'mine', expires: '2027-01-31' }), entry({ fingerprint: 'gone' })],
    };
    const again = updatedBaseline(old, [entry({ reason: 'other' }), entry({ fingerprint: 'new' })]);
    expect(again.added).toEqual([entry({ fingerprint: 'new' })]);
    expect(again.baseline.findings).toEqual([...old.findings, entry({ fingerprint: 'new' })]);
    const worse = updatedBaseline(old, [entry({ level: 'error' })]);
    expect(worse.baseline.findings[0]).toEqual(entry({ level: 'error', reason: 'mine', expires: '2027-01-31' }));
  });

  test('prune takes out and adds nothing', () => {
    const report = sampleReport();
    const here = entry({ fingerprint: report.findings[0].fingerprint });
    const change = prunedBaseline({ schemaVersion: 1, findings: [here, entry({ fingerprint: 'gone' })] }, report);
    expect(change).toEqual({
      baseline: { schemaVersion: 1, findings: [here] },
      added: [],
      removed: [entry({ fingerprint: 'gone' })],
      renewed: [],
      expired: [],
    });
  });

  test('update and prune tell what has expired; a new date comes only when it is asked for, and only to what is found', () => {
    const over = { expires: '2026-01-31', reason: 'mine' };
    const [found, gone, holds] = [
      entry(over),
      entry({ ...over, fingerprint: 'gone' }),
      entry({ fingerprint: 'b', expires: '2027-01-31' }),
    ];
    const old = { schemaVersion: 1 as const, findings: [found, gone, holds] };
    const now = [entry({}), entry({ fingerprint: 'b' })];
    const silent = updatedBaseline(old, now, { today: '2026-11-29' });
    expect(silent).toEqual({ baseline: old, added: [], removed: [], renewed: [], expired: [found, gone] });
    const renewed = { ...found, expires: '2027-06-30' };
    const change = updatedBaseline(old, now, { today: '2026-11-29', renew: '2027-06-30' });
    expect(change).toEqual({
      baseline: { schemaVersion: 1, findings: [renewed, gone, holds] },
      added: [],
      removed: [],
      renewed: [renewed],
      expired: [gone],
    });
    expect(updatedBaseline(old, now, { today: '2026-01-31' }).expired).toEqual([]);
    // What has become worse is added, and has still expired.
    expect(updatedBaseline(old, [entry({ level: 'error' })], { today: '2026-11-29' }).expired[0]).toMatchObject({
      level: 'error',
      ...over,
    });
    const report = sampleReport();
    const listed = { ...found, fingerprint: report.findings[0].fingerprint };
    expect(
      prunedBaseline({ schemaVersion: 1, findings: [listed, gone] }, report, { today: '2026-11-29' }),
    ).toMatchObject({ removed: [gone], expired: [listed] });
  });

  test('holds what a gate of its level fails for: notes only when asked, symptoms never', () => {
    const report = sampleReport();
    expect(baselineEntries(report, 'never', undefined)).toEqual([]);
    expect(baselineEntries(report, 'note', undefined).map(({ rule }) => rule)).toEqual(['vxlan-outer-source-mismatch']);
  });
});

describe('rules as set', () => {
  const CLIENT = 'test/pcaps/case-2/client__eth0.pcap';
  test('a rule that is off finds nothing, and the report says so', async () => {
    const report = await analyze(CLIENT, { rules: { 'mtu-black-hole': 'off' } });
    expect(report.findings.map(({ ruleId }) => ruleId)).not.toContain('mtu-black-hole');
    expect(report.rules.find(({ ruleId }) => ruleId === 'mtu-black-hole')?.status).toBe('off');
    expect(report.unseen).toContain('not looked for, since these rules are off: mtu-black-hole');
    expect(validate(JSON.parse(JSON.stringify(report))) || validate.errors).toBe(true);
  });

  test.each([
    // A note would have changed no verdict; an error would have.
    ['dns-search-expansion', 'dns', 'passed'],
    ['dns-no-response', 'dns', 'not-assessable'],
    // A fault of a service is a fault of the cluster network.
    ['service-ip-not-translated', 'cni', 'not-assessable'],
    ['service-ip-not-translated', 'dns', 'passed'],
  ] as const)('%s off, evidence of %s required: %s', async (rule, wanted, status) => {
    const folder = 'test/pcaps/healthy-dns';
    const report = await analyze(
      readdirSync(folder).map((name) => `${folder}/${name}`),
      { rules: { [rule]: 'off' } },
    );
    expect(withGate(report, { requireEvidence: [wanted] }).gate).toMatchObject({
      status,
      because: [
        status === 'passed' ? 'no new finding at or above error' : `${wanted} is not assessable: ${rule}: switched off`,
      ],
    });
  });

  test('a rule finds at another level, and no more than it says itself where evidence is weaker', async () => {
    const at = async (level: Level) => (await analyze(CLIENT, { rules: { 'mtu-black-hole': level } })).findings[0];
    expect(await at('warning')).toMatchObject({ ruleId: 'mtu-black-hole', level: 'warning' });
    expect(await at('error')).toMatchObject({ ruleId: 'mtu-black-hole', level: 'error' });
    const usual = await analyze(CLIENT);
    expect((await at('warning')).fingerprint).toBe(usual.findings[0].fingerprint);
  });

  test('an id that no rule has is refused before anything is read', async () =>
    expect(analyze('nowhere.pcap', { rules: { 'mtu-blackhole': 'off' } as object })).rejects.toThrow(
      'no rule is called "mtu-blackhole"; did you mean mtu-black-hole?',
    ));
});

test('what nobody read or judged passes no gate', () => {
  const healthy = { ...sampleReport(), findings: [], verdict: null };
  expect(withGate(healthy, { unread: 2 }).gate).toMatchObject({
    status: 'not-assessable',
    because: [expect.stringContaining('2 captures could not be read')],
  });
  expect(withGate(healthy, { damages: ['a.tar ends inside b.pcap'] }).gate).toMatchObject({
    status: 'not-assessable',
    because: ['a.tar ends inside b.pcap'],
  });
  const open = healthy.triage.map((row) => ({ ...row, verdict: 'not-assessable' as const }));
  const nothing = { ...healthy, triage: open };
  expect(withGate(nothing, {}).gate).toMatchObject({ status: 'not-assessable', because: ['nothing could be judged'] });
  expect(withGate(nothing, { allowNothing: true }).gate.status).toBe('passed');
});
