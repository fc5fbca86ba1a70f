/** Gates of a CI job: the command with a configuration and a baseline, in a folder of its own. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { main } from '../../src/cli/main.ts';

const MTU = resolve('test/pcaps/case-2/client__eth0.pcap');
const HEALTHY = resolve('test/pcaps/healthy-pmtud/client__eth0.pcap');
const DNS = resolve('test/pcaps/case-3/node1__eth0.pcap');

let folder: string;
let home: string;
let output: string;
let errors: string;

beforeEach(() => {
  home = process.cwd();
  folder = mkdtempSync(join(tmpdir(), 'pcapdiag-gate-'));
  mkdirSync(join(folder, 'captures'));
  copyFileSync(MTU, join(folder, 'captures', 'client__eth0.pcap'));
  process.chdir(folder);
});
afterEach(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

/** A capture without packets: the header of a pcap file. */
const EMPTY = Buffer.from('d4c3b2a1020004000000000000000000ffff000001000000', 'hex');
const file = (name: string, text: string | Buffer): void => writeFileSync(join(folder, name), text);

async function run(...argv: string[]): Promise<number | string | null | undefined> {
  output = '';
  errors = '';
  const before = process.exitCode;
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += String(text);
    return true;
  });
  const err = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    errors += String(text);
    return true;
  });
  try {
    process.exitCode = undefined;
    await main(argv);
    return process.exitCode;
  } finally {
    process.exitCode = before;
    out.mockRestore();
    err.mockRestore();
  }
}

describe('--baseline', () => {
  test('what a baseline lists passes; what is new fails, and says what', async () => {
    expect(await run('captures')).toBe(1);
    expect(await run('baseline', 'write', '--reason', 'ticket 7', 'captures')).toBe(0);
    expect(output).toMatch(
      /^\+ error mtu-black-hole: tcp .*\npcapdiag-baseline\.json: 1 known, 1 added, 0 taken out\n$/,
    );
    expect(await run('--baseline', 'pcapdiag-baseline.json', 'captures')).toBe(0);
    expect(output).toMatch(/GATE PASSED\n {2}no new finding at or above error\n {2}1 known finding let pass\n$/);
    copyFileSync(DNS, join(folder, 'captures', 'node1__eth0.pcap'));
    expect(await run('--baseline', 'pcapdiag-baseline.json', 'captures')).toBe(1);
    expect(output).toMatch(/GATE FAILED\n {2}new error: service-ip-not-translated: /);
  });

  test('write replaces nothing, update adds, prune takes out', async () => {
    await run('baseline', 'write', 'captures');
    expect(await run('baseline', 'write', 'captures')).toBe(2);
    expect(errors).toContain('pcapdiag-baseline.json is there: update adds to it');
    copyFileSync(DNS, join(folder, 'captures', 'node1__eth0.pcap'));
    expect(await run('baseline', 'prune', 'captures/node1__eth0.pcap')).toBe(0);
    expect(output).toMatch(/^- error mtu-black-hole[^\n]*\npcapdiag-baseline\.json: 0 known, 0 added, 1 taken out\n$/);
    expect(await run('baseline', 'update', 'captures')).toBe(0);
    expect(output).toMatch(/\d+ added, 0 taken out/);
    const first = readFileSync('pcapdiag-baseline.json', 'utf8');
    expect(await run('baseline', 'update', 'captures')).toBe(0);
    expect(readFileSync('pcapdiag-baseline.json', 'utf8')).toBe(first);
  });

  test('an entry that has expired is told, and holds again with --renew only', async () => {
    await run('baseline', 'write', 'captures');
    const baseline = JSON.parse(readFileSync('pcapdiag-baseline.json', 'utf8'));
    baseline.findings[0].expires = '2026-01-31';
    file('pcapdiag-baseline.json', JSON.stringify(baseline));
    expect(await run('baseline', 'update', 'captures')).toBe(0);
    expect(output).toMatch(
      /^! error mtu-black-hole: tcp .*, expired after 2026-01-31\n.*: 1 known, 0 added, 0 taken out, 1 expired \(update --renew DATE/,
    );
    expect(await run('--baseline', 'pcapdiag-baseline.json', 'captures')).toBe(1);
    expect(await run('baseline', 'update', '--renew', '2126-01-31', 'captures')).toBe(0);
    expect(output).toMatch(
      /^~ error mtu-black-hole: tcp .*, holds until 2126-01-31\n.*: 1 known, 0 added, 0 taken out, 1 renewed\n$/,
    );
    expect(await run('--baseline', 'pcapdiag-baseline.json', 'captures')).toBe(0);
  });

  test('fits redacted reports, with a key or without', async () => {
    await run('baseline', 'write', 'captures');
    const [{ fingerprint }] = JSON.parse(readFileSync('pcapdiag-baseline.json', 'utf8')).findings;
    for (const redact of [['--redact'], ['--redact-key', 'a key']]) {
      expect(await run('--baseline', 'pcapdiag-baseline.json', ...redact, '-f', 'json', 'captures')).toBe(0);
      expect(JSON.parse(output)).toMatchObject({ gate: { status: 'passed', unmatched: [] } });
      expect(output).not.toContain(fingerprint);
    }
    const { server } = (await run('-f', 'json', 'captures')) === 1 ? JSON.parse(output).findings[0].subject : {};
    file('pcapdiag.config.json', JSON.stringify({ known: [{ rule: 'mtu-black-hole', server, reason: 'by design' }] }));
    expect(await run('--redact', '-f', 'json', 'captures')).toBe(0);
    expect(output).not.toContain(server);
  });

  test('captures that are read in part write no baseline', async () => {
    file('captures/broken.pcap', 'no capture');
    expect(await run('baseline', 'write', 'captures')).toBe(2);
    expect(existsSync('pcapdiag-baseline.json')).toBe(false);
  });

  test('captures that show nothing prune nothing, and write no baseline', async () => {
    file('empty.pcap', EMPTY);
    expect(await run('baseline', 'write', 'empty.pcap')).toBe(2);
    expect(errors).toContain('there are no packets to judge');
    expect(existsSync('pcapdiag-baseline.json')).toBe(false);
    await run('baseline', 'write', 'captures');
    const whole = readFileSync('pcapdiag-baseline.json', 'utf8');
    for (const action of ['prune', 'update']) {
      expect(await run('baseline', action, 'empty.pcap')).toBe(2);
      expect(errors).toContain('there are no packets to judge: pcapdiag-baseline.json stays as it is');
      expect(output).toBe('');
    }
    expect(readFileSync('pcapdiag-baseline.json', 'utf8')).toBe(whole);
  });

  test('a rule that is off prunes nothing', async () => {
    await run('baseline', 'write', 'captures');
    file('pcapdiag.config.yml', 'rules: { mtu-black-hole: off }');
    expect(await run('baseline', 'prune', 'captures')).toBe(0);
    expect(output).toBe('pcapdiag-baseline.json: 1 known, 0 added, 0 taken out\n');
  });

  test.each([
    [['--baseline', 'absent.json', 'captures'], 'pcapdiag baseline write makes it'],
    [['baseline', 'update', 'captures'], 'pcapdiag baseline write makes it'],
    [['baseline', 'erase', 'captures'], 'baseline must be told to write, update, prune, not "erase"'],
    [['baseline', 'write'], 'say what to do'],
    [['baseline', 'update', '--renew', '2020-01-31', 'captures'], '--renew must be a date from today on'],
    [['baseline', 'update', '--renew', '2127-02-31', 'captures'], '--renew must be a date from today on'],
    [['baseline', 'prune', '--renew', '2126-01-31', 'captures'], '--renew goes with update'],
    [['--max-warnings', 'many', 'captures'], '--max-warnings must be a whole number from 0, not "many"'],
    [['--max-warnings', '-1', 'captures'], '--max-warnings must be a whole number from 0, not "-1"'],
    [['--max-warnings=-1', 'captures'], '--max-warnings must be a whole number from 0, not "-1"'],
    [['--require-evidence', 'luck', 'captures'], '--require-evidence must be one of network-unreachable'],
    [['--config', 'absent.yml', 'captures'], '--config: ENOENT'],
    [['--output', 'pcapdiag.config.yml', 'captures'], 'which is read'],
  ])('wrong usage: %j', async (argv, message) => {
    file('pcapdiag.config.yml', 'failOn: error');
    expect(await run(...argv)).toBe(2);
    expect(errors).toContain(message);
  });
});

describe('a configuration', () => {
  test('is found in the folder of the command: rules, levels, known findings', async () => {
    file('pcapdiag.config.yml', 'rules: { mtu-black-hole: off }');
    expect(await run('captures')).toBe(0);
    file('pcapdiag.config.yml', 'rules: { mtu-black-hole: warning }\nfailOn: warning');
    expect(await run('captures')).toBe(1);
    expect(await run('--fail-on', 'error', 'captures')).toBe(0);
    file('pcapdiag.config.yml', 'known: [{ rule: mtu-black-hole, reason: by design }]');
    expect(await run('-v', 'captures')).toBe(0);
    expect(output).toContain('Known (configuration): by design');
    file('pcapdiag.config.yml', 'rules: { no-such-rule: off }');
    expect(await run('captures')).toBe(2);
    expect(errors).toContain('no rule is called "no-such-rule"');
  });

  test('its paths are relative to it, and its facts about the cluster count', async () => {
    mkdirSync('ci');
    await run('baseline', 'write', '--baseline', 'ci/base.json', 'captures');
    file('ci/gate.json', JSON.stringify({ baseline: 'base.json', cluster: { nodes: { edge: '10.20.30.157' } } }));
    expect(await run('--config', 'ci/gate.json', '-f', 'json', 'captures')).toBe(0);
    expect(JSON.parse(output)).toMatchObject({
      gate: { status: 'passed' },
      findings: [{ known: { from: 'baseline' }, subject: { names: { '10.20.30.157': 'edge' } } }],
    });
  });
});

test.each([
  ['cluster: { inventory: absent.json }', 'pcapdiag.config.yml: cluster.inventory: ENOENT'],
  ['baseline: absent.json', 'pcapdiag.config.yml: baseline: ENOENT'],
])('%s: the message names the configuration, and no option that nobody gave', async (content, message) => {
  file('pcapdiag.config.yml', content);
  expect(await run('captures')).toBe(2);
  expect(errors).toContain(message);
  expect(errors).not.toContain('--');
});

describe('--require-evidence and --max-warnings', () => {
  test('a class that nothing tells of is status 2, and a warning too many is 1', async () => {
    expect(await run('--require-evidence', 'dns', HEALTHY)).toBe(2);
    expect(errors).toContain('dns is not assessable: no DNS packets were captured');
    expect(await run('--require-evidence', 'port-unreachable', HEALTHY)).toBe(0);
    file('pcapdiag.config.yml', 'rules: { mtu-black-hole: warning }');
    expect(await run('captures')).toBe(0);
    expect(await run('--max-warnings', '0', 'captures')).toBe(1);
    expect(output).toContain('1 new warning, and 0 may be');
  });
});

describe('captures of which none can be read', () => {
  const junit = (path: string): string => readFileSync(join(folder, path), 'utf8');
  test.each([
    ['one', ['bad.pcap'], 1],
    ['two', ['bad.pcap', 'worse.pcap'], 2],
    ['an empty folder', ['nothing'], 1],
    ['none', ['absent.pcap'], 1],
  ])('%s: JUnit says so, with an error for each', async (_, captures, errorsOfSuite) => {
    for (const name of ['bad.pcap', 'worse.pcap']) file(name, `no <capture> ${name}`);
    mkdirSync('nothing');
    file('report.xml', 'of an earlier run');
    expect(await run('-f', 'junit', '-o', 'report.xml', ...captures)).toBe(2);
    expect(errors).toMatch(/^pcapdiag: /);
    expect(junit('report.xml')).toContain(
      `<testsuite name="${captures.join(', ')}" tests="${errorsOfSuite}" failures="0" errors="${errorsOfSuite}"`,
    );
    expect(junit('report.xml').match(/<error message="[^"]+" type="not-assessable">/g)).toHaveLength(errorsOfSuite);
  });

  test('a scenario of such captures says so too', async () => {
    file('bad.pcap', 'no capture');
    file('s.yml', 'captures: bad.pcap\nexpect: {}');
    expect(await run('check', '-f', 'junit', '-o', 'report.xml', 's.yml')).toBe(2);
    expect(junit('report.xml')).toMatch(/<testsuite name="s\.yml" tests="1"[\s\S]*bad\.pcap/);
  });

  test('no other format says anything, nor wrong usage', async () => {
    file('bad.pcap', 'no capture');
    expect(await run('-f', 'json', '-o', 'report.json', 'bad.pcap')).toBe(2);
    expect(existsSync('report.json')).toBe(false);
    file('pcapdiag.config.yml', 'rules: { no-such: off }');
    expect(await run('-f', 'junit', '-o', 'report.xml', 'bad.pcap')).toBe(2);
    expect(existsSync('report.xml')).toBe(false);
  });
});
