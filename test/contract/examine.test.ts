import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { analyze, examine, formatText, type OwnFinding, type OwnRule, type ReportFinding } from '../../src/index.ts';

const CAPTURES = ['node1__enp26s0f0', 'node2__enp26s0f0'].map((name) => `test/pcaps/case-1/${name}.pcap`);

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe('examine', () => {
  test('gives the report that analyze gives', async () => {
    const examination = await examine(CAPTURES);
    expect(await examination.report()).toEqual(await analyze(CAPTURES));
    expect(examination.captures).toEqual((await examination.report()).captures);
    expect(examination.points).toEqual((await examination.report()).points);
  });

  test('gives findings as they are made, and then the report of the same run', async () => {
    const examination = await examine(CAPTURES, { allFindings: true });
    const made = await all(examination.findings());
    const report = await examination.report();
    expect(report).toEqual(await analyze(CAPTURES, { allFindings: true }));
    const prints = (findings: readonly ReportFinding[]) => findings.map(({ fingerprint }) => fingerprint).sort();
    expect(prints(made)).toEqual(prints(report.findings));
    expect(made.every(({ explains, explainedBy }) => explains.length === 0 && explainedBy === null)).toBe(true);
    expect(report.findings.some(({ explains }) => explains.length > 0)).toBe(true);
    // The report is done: the findings can be asked for again.
    expect(await all(examination.findings())).toEqual(made);
  });

  test('runs a rule only when its findings are asked for', async () => {
    const asked: string[] = [];
    const rule = (id: 'a/one' | 'a/two'): OwnRule => ({
      id,
      class: 'tcp',
      level: 'note',
      summary: 'Counts',
      *detect() {
        asked.push(id);
        yield { key: id, message: id, why: 'because', packets: [] };
      },
    });
    const examination = await examine(CAPTURES, { ownRules: [rule('a/one'), rule('a/two')] });
    for await (const { ruleId } of examination.findings()) if (ruleId === 'a/one') break;
    expect(asked).toEqual(['a/one']);
    await examination.report();
    expect(asked).toEqual(['a/one', 'a/two']);
  });

  test('narrows what is measured by the rule', async () => {
    for await (const finding of (await examine(CAPTURES)).findings()) {
      if (finding.ruleId !== 'vxlan-outer-source-mismatch') continue;
      const sources: string[] = finding.measured.outerSources;
      expect(sources).toContain('10.153.204.228');
      return;
    }
    expect.unreachable();
  });

  test('ends by its signal between two findings', async () => {
    const control = new AbortController();
    const findings = (await examine(CAPTURES, { signal: control.signal })).findings();
    await findings.next();
    control.abort(new Error('enough'));
    await expect(all(findings)).rejects.toThrow('enough');
  });
});

describe('tables', () => {
  test('hold connections, lookups and tunnels, and nobody can change them', async () => {
    const { tables, points } = await examine(CAPTURES);
    expect(tables.connections.length).toBe(tables.connectionsTotal);
    const [first] = tables.connections;
    expect(first).toMatchObject({
      index: 0,
      capture: 'c1',
      tunnels: ['vxlan'],
      client: expect.stringMatching(/:\d+$/),
    });
    expect(points.map(({ id }) => id)).toContain(first?.point);
    expect(tables.connections.at(tables.connections.length)).toBeUndefined();
    expect([...tables.connections]).toHaveLength(tables.connections.length);
    const kinds = new Set([...tables.tunnels].map(({ kind }) => kind));
    expect([...kinds]).toEqual(['vxlan']);
    expect([...tables.tunnels].reduce((sum, { packets }) => sum + packets, 0)).toBeGreaterThan(0);
    for (const row of [first, first?.toServer, first?.tunnels, tables, tables.connections, [...tables.tunnels][0]])
      expect(Object.isFrozen(row)).toBe(true);
  });

  test('hold lookups with their answers', async () => {
    const { tables } = await examine('test/pcaps/healthy-dns/node1__cni0.pcap');
    expect(tables.lookups.length).toBeGreaterThan(0);
    expect([...tables.lookups].some(({ answers }) => answers.some(({ seconds }) => (seconds ?? 0) > 0))).toBe(true);
    for (const { name, queries, server } of tables.lookups) {
      expect(name).toMatch(/\w/);
      expect(queries).toBeGreaterThan(0);
      expect(server).toMatch(/:53$/);
    }
  });
});

describe('rules', () => {
  test('that are switched off find nothing, and the report says so', async () => {
    const { findings, rules, triage, unseen } = await analyze(CAPTURES, {
      rules: { 'vxlan-outer-source-mismatch': 'off', 'dns-slow': 'off', 'packet-loss': 'on' },
    });
    expect(findings.map(({ ruleId }) => ruleId)).not.toContain('vxlan-outer-source-mismatch');
    expect(rules.filter(({ status }) => status === 'off')).toEqual(
      ['dns-slow', 'vxlan-outer-source-mismatch'].map((ruleId) => ({
        ruleId,
        status: 'off',
        because: null,
        code: null,
      })),
    );
    expect(triage.filter(({ verdict }) => verdict === 'ok').map((row) => row.class)).not.toContain('cni');
    expect(unseen).toContain('not looked for, since these rules are off: dns-slow, vxlan-outer-source-mismatch');
  });

  test('a class is not ok when a rule of it was switched off', async () => {
    const folder = 'test/pcaps/healthy-pmtud';
    const files = readdirSync(folder).map((name) => `${folder}/${name}`);
    const before = await analyze(files);
    const after = await analyze(files, { rules: { 'mtu-black-hole': 'off' } });
    const large = ({ triage }: typeof before) => triage.find((row) => row.class === 'large-packet-loss');
    expect(large(before)).toMatchObject({ verdict: 'ok' });
    expect(large(after)).toMatchObject({
      verdict: 'not-assessable',
      code: 'switched-off',
      because: 'mtu-black-hole: switched off',
    });
  });

  const own = (detect: OwnRule['detect']): OwnRule => ({
    id: 'acme/many-syns',
    class: 'tcp',
    level: 'error',
    summary: 'A client sends many SYNs',
    detect,
  });

  test('of the caller stand among the others, in the report and as text', async () => {
    const rule = own(function* (tables): Generator<OwnFinding> {
      for (const { client, server, point, firstPacket, firstTime, toServer } of tables.connections)
        if (toServer.syns > 3)
          yield {
            key: server,
            grade: 'confirmed',
            message: `${client} sends ${toServer.syns} SYNs`,
            why: 'Counted.',
            protocol: 'tcp',
            client,
            server,
            packets: [{ point, packet: firstPacket, time: firstTime, note: 'first \u001b[31m', direction: '>' }],
            measured: { syns: toServer.syns },
          };
    });
    const report = await analyze(CAPTURES, { ownRules: [rule] });
    const found = report.findings.filter(({ ruleId }) => ruleId === 'acme/many-syns');
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      class: 'tcp',
      level: 'error',
      grade: 'confirmed',
      measured: { syns: expect.any(Number) },
      evidence: [{ packet: expect.any(Number), direction: '>', note: 'first \\u{1b}[31m' }],
      hypotheses: [],
    });
    expect(report.rules).toContainEqual({ ruleId: 'acme/many-syns', status: 'ran', because: null, code: null });
    expect(formatText(report, { verbose: true })).toContain('SYNs');
  });

  test.each<[string, OwnRule['detect'], string]>([
    [
      'throws',
      () => {
        throw new Error('oops');
      },
      'ownRules: acme/many-syns: oops',
    ],
    ['names no point', () => [finding({ point: 'p99', packet: 1, time: 0 })], 'no capture point is called "p99"'],
    ['names no packet', () => [finding({ point: 'p1', packet: Number.NaN, time: 0 })], 'is no packet of p1'],
    [
      'says nothing',
      () => [{ ...finding({ point: 'p1', packet: 1, time: 0 }), message: '' }],
      'a finding has no message',
    ],
  ])('of the caller that %s is told as a mistake of the caller', async (_, detect, message) => {
    const error = await analyze(CAPTURES, { ownRules: [own(detect)] }).catch((e: unknown) => e as Error);
    expect(error).toMatchObject({
      name: 'PcapdiagError',
      code: 'bad-option',
      message: expect.stringContaining(message),
    });
  });
});

const finding = (packet: OwnFinding['packets'][number]): OwnFinding => ({
  key: 'k',
  message: 'm',
  why: 'w',
  packets: [packet],
});
