import { analyze } from '../../src/analyze.ts';
import '../../src/vitest.ts';
import { describe, expect, test } from 'vitest';

const MTU = 'test/pcaps/case-2/client__eth0.pcap';
const HEALTHY = 'test/pcaps/healthy-pmtud/client__eth0.pcap';

/** The message of the failure that an expectation ends with. */
const failure = async (expectation: Promise<unknown>): Promise<string> =>
  expectation.then(
    () => 'it did not fail',
    (error: Error) => error.message,
  );

describe('toHaveNoFindings', () => {
  test('takes captures and reports', async () => {
    await expect(HEALTHY).toHaveNoFindings();
    await expect(await analyze(HEALTHY)).toHaveNoFindings();
    await expect(MTU).not.toHaveNoFindings();
    await expect([
      'test/pcaps/case-1/node1__enp26s0f0.pcap',
      'test/pcaps/case-1/node2__enp26s0f0.pcap',
    ]).not.toHaveNoFindings();
  });

  test('fails with the report', async () => {
    const message = await failure(expect(MTU).toHaveNoFindings());
    expect(message).toMatch(/^expected no findings: 1 at or above warning\n\nFAULT {2}Large packets from/);
    expect(message).toContain('  run ');
    expect(await failure(expect(HEALTHY).not.toHaveNoFindings())).toMatch(
      /^expected findings: 0 at or above warning\n\nOK/,
    );
  });

  test('does not pass where nothing could be judged', async () => {
    const empty = { ...(await analyze(HEALTHY)), findings: [], verdict: null };
    empty.triage = empty.triage.map((row) => ({ ...row, verdict: 'not-assessable' }));
    expect(await failure(expect(empty).toHaveNoFindings())).toMatch(/^expected no findings: nothing could be judged/);
    expect(await failure(expect(empty).not.toHaveNoFindings())).toMatch(/^expected findings: nothing could be judged/);
  });
});

describe('toHaveFinding', () => {
  test('finds by the rule, and by the ends', async () => {
    const report = await analyze(MTU);
    await expect(report).toHaveFinding('mtu-black-hole');
    await expect(report).toHaveFinding('mtu-black-hole', { client: '10.20.30.202', server: '10.20.30.157' });
    await expect(report).not.toHaveFinding('mtu-black-hole', { client: '10.0.0.1' });
    await expect(report).not.toHaveFinding('port-closed');
  });

  test('fails with the report', async () => {
    expect(await failure(expect(HEALTHY).toHaveFinding('mtu-black-hole', { server: '10.0.0.9' }))).toMatch(
      /^expected a finding of mtu-black-hole \(10\.0\.0\.9\)\n\nOK/,
    );
    expect(await failure(expect(MTU).not.toHaveFinding('mtu-black-hole'))).toMatch(
      /^expected no finding of mtu-black-hole\n\nFAULT/,
    );
  });

  test('a capture without packets has not shown that there is nothing', async () => {
    const empty = Buffer.from('d4c3b2a1020004000000000000000000ffff000001000000', 'hex');
    expect(await failure(expect(empty).not.toHaveFinding('mtu-black-hole'))).toMatch(
      /^expected no finding of mtu-black-hole; it cannot be judged: nothing could be judged\n/,
    );
    expect(await failure(expect(empty).toHaveFinding('mtu-black-hole'))).toContain('nothing could be judged');
  });

  test('a rule that could not speak has not shown that there is nothing', async () => {
    const report = await analyze(HEALTHY);
    const gated = {
      ruleId: 'dns-slow',
      status: 'gated' as const,
      because: 'packets were dropped',
      code: 'dropped' as const,
    };
    report.rules = [...report.rules.filter(({ ruleId }) => ruleId !== 'dns-slow'), gated];
    const said = 'of dns-slow; it cannot be judged: packets were dropped';
    expect(await failure(expect(report).not.toHaveFinding('dns-slow'))).toContain(`expected no finding ${said}`);
    expect(await failure(expect(report).toHaveFinding('dns-slow'))).toContain(`expected a finding ${said}`);
  });

  test('a rule that there is not is a mistake', async () =>
    expect(await failure(expect(MTU).toHaveFinding('mtu-blackhole'))).toBe('there is no rule "mtu-blackhole"'));
});
