/** Every line that docs/cni-gate.md tells people to run, in the order of the page, in a repository of its own. */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { bash, installIn, runWorkflow } from '../support/gate-repository.ts';

const page = readFileSync('docs/cni-gate.md', 'utf8');
const fenced = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, kind, text]) => ({ kind, text }));
const block = (kind: string, start: string): string => {
  const found = fenced.filter((each) => each.kind === kind && each.text.startsWith(start));
  expect(found).toHaveLength(1);
  return found[0].text;
};
/** Lines of indented blocks, and of the block of other CI systems. */
const lines = page.split('\n').flatMap((line) => /^(?: {4,})?((?:pcapdiag|bash) .*)$/.exec(line)?.[1] ?? []);
const lineOf = (start: string): string => {
  const found = lines.filter((line) => line.startsWith(start));
  expect(found).toHaveLength(1);
  return found[0];
};

let folder: string;
const at = (...names: string[]): string => join(folder, ...names);
/** What `ci/record.sh` would record. */
const RECORDED = ['test/gate/healthy-two-nodes', 'test/pcaps/redis-no-password'].map((name) => resolve(name));

function recorded(into: string, ...faults: string[]): void {
  rmSync(at(into), { recursive: true, force: true });
  for (const [nth, from] of [...RECORDED, ...faults.map((name) => resolve(name))].entries()) {
    mkdirSync(at(into, `${nth}`), { recursive: true });
    for (const name of readdirSync(from).filter((each) => each.endsWith('.pcap')))
      copyFileSync(join(from, name), at(into, `${nth}`, name));
  }
}

/** A line of the page, as a person types it. */
const typed = (line: string) =>
  bash(folder, line, { PATH: `${at('node_modules', '.bin')}:${process.env.PATH}`, CI: '' });

beforeAll(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'cni-gate-')), 'repository');
  mkdirSync(at('ci'), { recursive: true });
  installIn(folder);
  writeFileSync(at('ci', 'cni.pcapdiag.yml'), block('yaml', 'title:'));
  recorded('golden');
  recorded('captures');
});
afterAll(() => rmSync(join(folder, '..'), { recursive: true }));

describe('the page of the gate', () => {
  test('has the lines that are run here, and no other', () => {
    expect(lines.map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
      'pcapdiag plan --pod',
      'bash ci/record.sh golden',
      'pcapdiag baseline write',
      'pcapdiag analyze --baseline',
      'pcapdiag check --baseline',
      'pcapdiag diff --ignore',
      'pcapdiag baseline update',
      'pcapdiag baseline prune',
    ]);
  });

  test('1: the plan is made, and the script is one that bash reads', () => {
    expect(typed(lineOf('pcapdiag plan'))).toMatchObject({ status: 0, stdout: expect.stringContaining('tcpdump') });
    writeFileSync(at('record.sh'), block('sh', '# ci/record.sh'));
    expect(typed('bash -n record.sh').status).toBe(0);
  });

  test('2: what is wrong today comes into the baseline', () => {
    const { status, stdout } = typed(lineOf('pcapdiag baseline write'));
    expect(status).toBe(0);
    expect(stdout).toMatch(/^\+ error application-error: .*\nci\/pcapdiag-baseline\.json: 1 known, 1 added/);
  });

  const gate = ['pcapdiag analyze', 'pcapdiag check', 'pcapdiag diff'];
  const run = () => gate.map((start) => typed(lineOf(start)));
  const workflow = () => {
    const { network } = parse(block('yaml', '# .github')).jobs;
    expect(network.uses).toMatch(/\/\.github\/workflows\/gate\.yml@/);
    const { artifact, ...inputs } = network.with;
    return runWorkflow(folder, { ...inputs, captures: artifact });
  };

  test('3: the lines and the workflow are green on the same traffic, with a known fault', () => {
    const [analyze, check, diff] = run();
    expect([analyze.status, check.status, diff.status]).toEqual([0, 0, 0]);
    expect(analyze.stdout).toContain('1 known finding let pass');
    expect(check.stdout).toContain('GATE PASSED');
    expect(diff.stdout).toBe('nothing is different\n');
    const { status, summary } = workflow();
    expect(status).toEqual({ findings: 0, scenarios: 0, golden: 0, reports: 0 });
    expect(summary).toContain('**Gate passed.**');
  });

  test('4: they are red on a new fault, and say the words of the page', () => {
    recorded('captures', 'test/recorded-twice/case-2-ipip-mtu-blackhole/first');
    const [analyze, check, diff] = run();
    expect([analyze.status, check.status, diff.status]).toEqual([1, 1, 1]);
    expect(analyze.stdout).toMatch(/GATE FAILED\n {2}new error: mtu-black-hole: Large packets from/);
    expect(block('text', 'GATE FAILED')).toMatch(/^GATE FAILED\n {2}new error: mtu-black-hole: Large packets from/);
    expect(check.stdout).toContain('forbidden (mtu-black-hole)');
    expect(diff.stdout).toMatch(/^worse {4}finding {4}new error: mtu-black-hole/);
    const { status, summary } = workflow();
    expect(status).toEqual({ findings: 1, scenarios: 1, golden: 1, reports: 0 });
    expect(summary).toMatch(/\*\*Gate failed\.\*\*\n\n- new error: mtu-black-hole: /);
  });

  test('4 and 5: added, it is known; gone, it is taken out', () => {
    expect(typed(lineOf('pcapdiag baseline update')).stdout).toMatch(
      /^\+ error mtu-black-hole: .*\nci\/pcapdiag-baseline\.json: 2 known, 1 added/,
    );
    expect(typed(lineOf('pcapdiag analyze')).status).toBe(0);
    // The scenario forbids it, known or not.
    expect(typed(lineOf('pcapdiag check')).status).toBe(1);
    recorded('captures');
    expect(typed(lineOf('pcapdiag baseline prune')).stdout).toMatch(
      /^- error mtu-black-hole: .*\nci\/pcapdiag-baseline\.json: 1 known, 0 added, 1 taken out/,
    );
  });
});

describe('docs/ci.md', () => {
  const [configuration] = [...readFileSync('docs/ci.md', 'utf8').matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(
    ([, text]) => text,
  );
  const gate = () => typed('pcapdiag analyze --config page.yml captures');

  test('its configuration is green on traffic with a known fault: a note rule that is off leaves nothing open', () => {
    expect(configuration).toMatch(/^failOn: [\s\S]*requireEvidence: \[dns, cni\][\s\S]*dns-search-expansion: off/);
    writeFileSync(at('page.yml'), configuration);
    writeFileSync(at('cluster.json'), '{"kind":"List","items":[]}');
    recorded('captures');
    expect(gate()).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(/GATE PASSED\n/) });
    recorded('captures', 'test/recorded-twice/case-2-ipip-mtu-blackhole/first');
    expect(gate()).toMatchObject({ status: 1, stdout: expect.stringContaining('new error: mtu-black-hole') });
  });
});
