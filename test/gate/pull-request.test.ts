/**
 * A pull request: a repository in a temporary folder with captures, a baseline and a scenario, in which the steps of the
 * reusable workflow run as the runner runs them.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { installedCommand, installedProject } from '../support/installed.ts';

interface Step {
  id?: string;
  if?: string;
  run?: string;
}

const TWICE = resolve('test/recorded-twice');
const workflow = parse(readFileSync('.github/workflows/gate.yml', 'utf8'));
const steps: Step[] = workflow.jobs.gate.steps.filter(({ run, id }: Step) => run !== undefined && id !== 'install');
const inputs: Record<string, { default: string }> = workflow.on.workflow_call.inputs;

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

interface Job {
  /** Exit status by the id of the step. */
  status: Record<string, number | null>;
  output: string;
  summary: string;
}

/** What `uses: …/gate.yml` with these inputs does, after the package is installed. */
function runWorkflow(given: Record<string, string>): Job {
  const value = (name: string): string => given[name] ?? String(inputs[name].default);
  const variables = Object.fromEntries(
    Object.entries<string>(workflow.jobs.gate.env).map(([name, expression]) => {
      const input = /^\$\{\{ inputs\.([a-z-]+) \}\}$/.exec(expression)?.[1];
      return [name, value(input as string)];
    }),
  );
  const summary = at('..', `summary-${Math.random()}`);
  writeFileSync(summary, '');
  const job: Job = { status: {}, output: '', summary: '' };
  for (const { id = '', if: condition = '', run = '' } of steps) {
    const needed = /inputs\.([a-z-]+) != ''/.exec(condition)?.[1];
    if (needed !== undefined && value(needed) === '') continue;
    const { status, stdout, stderr } = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', run], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, ...variables, GITHUB_STEP_SUMMARY: summary },
    });
    job.status[id] = status;
    job.output += stdout + stderr;
  }
  job.summary = readFileSync(summary, 'utf8');
  rmSync(summary);
  return job;
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
  // As `npm install` leaves it: what was packed, and a link to its command.
  mkdirSync(at('node_modules', '.bin'), { recursive: true });
  symlinkSync(join(installedProject(), 'node_modules', 'pcapdiag'), at('node_modules', 'pcapdiag'));
  symlinkSync(join('..', 'pcapdiag', 'bin', 'pcapdiag.js'), at('node_modules', '.bin', 'pcapdiag'));
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
    const { status, output, summary } = runWorkflow(GATE);
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
    const { status, output, summary } = runWorkflow(GATE);
    expect(status).toEqual({ findings: 1, scenarios: 0, reports: 0 });
    expect(summary).toMatch(/\*\*Gate failed\.\*\*\n\n- new error: [a-z-]+: /);
    expect(output).toMatch(/^::error title=pcapdiag%3A gate::new error: /m);
    expect(output).toMatch(/^::error file=captures\/policy\/\w+\.pcap,line=1,title=[a-z-]+ \(error\)::/m);
    expect(readFileSync(at('pcapdiag.junit.xml'), 'utf8')).toMatch(/failures="[1-9]/);
    rmSync(at('captures', 'policy'), { recursive: true });
  });

  test('is red where an expectation is broken, and the summary says which', () => {
    writeFileSync(at('ci', 'dns.pcapdiag.yml'), SCENARIO.replace('60s', '1ms'));
    const { status, output, summary } = runWorkflow(GATE);
    expect(status).toEqual({ findings: 0, scenarios: 1, reports: 0 });
    expect(summary).toMatch(/\*\*Gate failed\.\*\*\n\n- dns.p50 \\< 1ms: it is /);
    expect(output).toMatch(/^::error title=pcapdiag%3A gate::dns\.p50 < 1ms: it is /m);
    git('checkout', '-q', '--', 'ci');
  });

  test('is red where the captures hold nothing of what is to be judged', () => {
    const { status, output } = runWorkflow({ ...GATE, captures: 'captures/mtu' });
    expect(status.findings).toBe(2);
    expect(output).toContain('dns is not assessable: no DNS packets were captured');
  });

  test('is red on a difference from a golden recording, and shows it', () => {
    git('stash', '-q');
    mkdirSync(at('golden'), { recursive: true });
    for (const file of readdirSync(at('captures', 'dns')))
      copyFileSync(at('captures', 'dns', file), at('golden', file));
    const same = runWorkflow({ captures: 'captures/dns', golden: 'golden', 'fail-on': 'never' });
    expect(same.status).toEqual({ findings: 0, golden: 0, reports: 0 });
    expect(same.summary).toContain('nothing is different');
    const other = runWorkflow({ captures: 'captures/mtu', golden: 'golden', 'fail-on': 'never' });
    expect(other.status.golden).toBe(1);
    expect(other.summary).toMatch(
      /# Differences from the golden recording\n```text\nworse {4}finding {4}new error: mtu-black-hole/,
    );
  });

  test('no input is put into a script: each comes as a variable', () => {
    for (const { run = '' } of steps) expect(run).not.toContain('${{');
    const { output, status } = runWorkflow({
      ...GATE,
      captures: '$(touch owned); captures',
      'fail-on': '`touch owned`',
    });
    expect(status.findings).toBe(2);
    expect(output).toContain('--fail-on must be one of');
    expect(readdirSync(folder)).not.toContain('owned');
  });
});
