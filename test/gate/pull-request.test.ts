/**
 * A pull request: a repository in a temporary folder with captures, a baseline and a scenario, in which the steps of the
 * reusable workflow run as the runner runs them.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installIn, runWorkflow, steps } from '../support/gate-repository.ts';
import { installedCommand } from '../support/installed.ts';
import { isLong } from '../support/long-run.ts';

const TWICE = resolve('test/recorded-twice');
let folder: string;
const at = (...names: string[]): string => join(folder, ...names);
const git = (...argv: string[]): string =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...argv], {
    cwd: folder,
    encoding: 'utf8',
  });

/** Puts a recording of a fault into the folder of captures: `first`, or `second`, the same fault another day. */
function record(name: string, fault: string, which: 'first' | 'second'): void {
  rmSync(at('captures', name), { recursive: true, force: true });
  mkdirSync(at('captures', name), { recursive: true });
  for (const file of readdirSync(join(TWICE, fault, which)))
    copyFileSync(join(TWICE, fault, which, file), at('captures', name, file));
}

const SCENARIO = `title: The DNS server answers in time
captures: ../captures/dns
expect:
  findings: dns-slow
  measures: dns.p50 < 60s
`;
const GATE = {
  baseline: 'ci/pcapdiag-baseline.json',
  scenarios: 'ci/*.pcapdiag.yml',
  'require-evidence': 'network-unreachable dns',
};

beforeAll(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'pull-request-')), 'repository');
  mkdirSync(at('ci'), { recursive: true });
  record('mtu', 'case-2-ipip-mtu-blackhole', 'first');
  record('dns', 'dns-slow-server', 'first');
  writeFileSync(at('ci', 'dns.pcapdiag.yml'), SCENARIO);
  writeFileSync(at('.gitignore'), 'node_modules\npcapdiag.*\n');
  installIn(folder);
  execFileSync(
    process.execPath,
    [
      installedCommand(),
      'baseline',
      'write',
      '--baseline',
      GATE.baseline,
      '--reason',
      'ticket 7: the old tunnel',
      'captures',
    ],
    { cwd: folder },
  );
  git('init', '-q');
  git('add', '-A');
  git('commit', '-qm', 'captures, a baseline, a scenario');
});
afterAll(() => rmSync(join(folder, '..'), { recursive: true }));

describe('a pull request', () => {
  test('the baseline names both faults, with the reason', () => {
    const { findings } = JSON.parse(readFileSync(at(GATE.baseline), 'utf8'));
    expect(findings.map(({ rule }: { rule: string }) => rule)).toEqual(['dns-slow', 'mtu-black-hole']);
    expect(findings[0].reason).toBe('ticket 7: the old tunnel');
  });

  test('is green on known faults that were recorded again, and says that they are known', () => {
    record('mtu', 'case-2-ipip-mtu-blackhole', 'second');
    record('dns', 'dns-slow-server', 'second');
    expect(git('status', '--porcelain').split('\n').length).toBeGreaterThan(2);
    const { status, output, summary } = runWorkflow(folder, GATE);
    expect(status).toEqual({ findings: 0, scenarios: 0, reports: 0 });
    expect(summary).toContain('**Gate passed.**\n\n- no new finding at or above error\n- 2 known findings let pass');
    expect(summary).toContain('Known \\(baseline\\): ticket 7: the old tunnel');
    expect(output).not.toContain('::error');
    const sarif = JSON.parse(readFileSync(at('pcapdiag.sarif'), 'utf8'));
    const results: {
      level: string;
      suppressions?: object[];
      locations: { physicalLocation: { artifactLocation: { uri: string } } }[];
    }[] = sarif.runs[0].results;
    expect(results.filter(({ level, suppressions }) => level !== 'note' && suppressions === undefined)).toEqual([]);
    expect(results[0].locations[0].physicalLocation.artifactLocation.uri).toMatch(/^captures\/(mtu|dns)\/\w+\.pcap$/);
    expect(readFileSync(at('pcapdiag.junit.xml'), 'utf8')).toContain('failures="0"');
    expect(readFileSync(at('pcapdiag.html'), 'utf8')).toMatch(/^<!doctype html>/i);
  });

  test('is red on a new fault, and the summary says which', () => {
    record('policy', 'port-firewall-drop', 'first');
    const { status, output, summary } = runWorkflow(folder, GATE);
    expect(status).toEqual({ findings: 1, scenarios: 0, reports: 0 });
    expect(summary).toMatch(/\*\*Gate failed\.\*\*\n\n- new error: [a-z-]+: /);
    expect(output).toMatch(/^::error title=pcapdiag%3A gate::new error: /m);
    expect(output).toMatch(/^::error file=captures\/policy\/\w+\.pcap,line=1,title=[a-z-]+ \(error\)::/m);
    expect(readFileSync(at('pcapdiag.junit.xml'), 'utf8')).toMatch(/failures="[1-9]/);
    rmSync(at('captures', 'policy'), { recursive: true });
  });

  test.runIf(isLong())('is red where an expectation is broken, and the summary says which', () => {
    writeFileSync(at('ci', 'dns.pcapdiag.yml'), SCENARIO.replace('60s', '1ms'));
    const { status, output, summary } = runWorkflow(folder, GATE);
    expect(status).toEqual({ findings: 0, scenarios: 1, reports: 0 });
    expect(summary).toMatch(/\*\*Gate failed\.\*\*\n\n- dns.p50 \\< 1ms: it is /);
    expect(output).toMatch(/^::error title=pcapdiag%3A gate::dns\.p50 < 1ms: it is /m);
    git('checkout', '-q', '--', 'ci');
  });

  test.runIf(isLong())('is red where the captures hold nothing of what is to be judged', () => {
    const { status, output } = runWorkflow(folder, { ...GATE, captures: 'captures/mtu' });
    expect(status.findings).toBe(2);
    expect(output).toContain('dns is not assessable: no DNS packets were captured');
    // Every report is written all the same, and says so.
    expect(status.reports).toBe(2);
    expect(readFileSync(at('pcapdiag.junit.xml'), 'utf8')).toMatch(/<error message="dns is not assessable: /);
    expect(readFileSync(at('pcapdiag.sarif'), 'utf8')).toContain('dns is not assessable: ');
    expect(readFileSync(at('pcapdiag.html'), 'utf8')).toContain('dns is not assessable: ');
  });

  test.runIf(isLong())('a scenario that expects nothing lets pass what the baseline knows', () => {
    writeFileSync(at('ci', 'dns.pcapdiag.yml'), `${SCENARIO.replace('  findings: dns-slow\n', '')}failOn: warning\n`);
    expect(runWorkflow(folder, GATE).status).toEqual({ findings: 0, scenarios: 0, reports: 0 });
    expect(runWorkflow(folder, { ...GATE, baseline: '' }).status).toMatchObject({ findings: 1, scenarios: 1 });
    git('checkout', '-q', '--', 'ci');
  });

  test.runIf(isLong())('is red on a difference from a golden recording, and shows it', () => {
    git('stash', '-q');
    mkdirSync(at('golden'), { recursive: true });
    for (const file of readdirSync(at('captures', 'dns')))
      copyFileSync(at('captures', 'dns', file), at('golden', file));
    const same = runWorkflow(folder, { captures: 'captures/dns', golden: 'golden', 'fail-on': 'never' });
    expect(same.status).toEqual({ findings: 0, golden: 0, reports: 0 });
    expect(same.summary).toContain('nothing is different');
    const other = runWorkflow(folder, { captures: 'captures/mtu', golden: 'golden', 'fail-on': 'never' });
    expect(other.status.golden).toBe(1);
    expect(other.summary).toMatch(
      /# Differences from the golden recording\n```text\nworse {4}finding {4}new error: mtu-black-hole/,
    );
  });

  test('no input is put into a script: each comes as a variable', () => {
    for (const { run = '' } of steps) expect(run).not.toContain('${{');
    const { output, status } = runWorkflow(folder, {
      ...GATE,
      captures: '$(touch owned); captures',
      'fail-on': '`touch owned`',
    });
    expect(status.findings).toBe(2);
    expect(output).toContain('--fail-on must be one of');
    expect(readdirSync(folder)).not.toContain('owned');
  });
});
