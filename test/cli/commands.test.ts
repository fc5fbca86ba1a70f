import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { installedCommand } from '../support/installed.ts';

const REPORT = (loss: number) =>
  `HOST: node1  Loss%  Snt  Last  Avg  Best  Wrst  StDev\n  1.|-- 10.9.0.1  ${loss}%  100  1  1  1  1  0\n`;
const PLAN = ['plan', '--pod', 'shop/web-0', '--node', 'node1', '--cni', 'flannel', '--target'];

let folder: string;
let output: string;
let errors: string;

/** Runs the installed command; the status that it ends with. */
function run(...argv: string[]): number | null {
  const { status, stdout, stderr } = spawnSync(process.execPath, [installedCommand(), ...argv], { encoding: 'utf8' });
  output += stdout;
  errors += stderr;
  return status;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'commands-'));
  output = '';
  errors = '';
});
afterEach(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

describe('pcapdiag mtr', () => {
  test('the exit status says whether something was found', () => {
    expect(run('mtr', file('ok', REPORT(0)))).toBe(0);
    expect(output).toMatch(/^OK {2}node1 to 10\.9\.0\.1/);
    expect(run('mtr', file('ok', REPORT(0)), file('lossy', REPORT(20)))).toBe(1);
    expect(output).toContain('loss: 20 % of 100 probes');
    expect(run('mtr', file('other', 'hello'))).toBe(2);
    expect(errors).toContain(`${join(folder, 'other')}: no report of mtr`);
    expect(run('mtr', join(folder, 'absent'))).toBe(2);
    expect(run('mtr')).toBe(2);
    expect(errors).toContain('name at least one report of mtr');
  });

  test('prints JSON', () => {
    expect(run('mtr', '--format', 'json', file('lossy', REPORT(20)))).toBe(1);
    expect(JSON.parse(output)).toMatchObject([{ loss: 0.2, findings: [{ kind: 'loss', level: 'fault', hops: [1] }] }]);
  });
});

describe('pcapdiag plan', () => {
  test('prints text and JSON', () => {
    expect(run(...PLAN, '10.244.2.7:80', '--target-node', 'node2', '--dns')).toBe(0);
    expect(output).toContain('On node2 as root');
    output = '';
    expect(run(...PLAN, '10.244.2.7:80', '--service', '10.96.0.9', '--seconds', '5', '--format', 'json')).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ nodes: [{ node: 'node1' }], analyze: 'pcapdiag analyze node1__*.pcap' });
  });

  test.each([
    [[...PLAN, 'web'], 'target must be ADDRESS:PORT'],
    [['plan', '--pod', 'a'], 'plan needs --node, --cni, --target'],
    [[...PLAN, '10.0.0.1:80', '--cni', 'x'], 'cni'],
    [[...PLAN, '10.0.0.1:80', '--node', 'n'], '--node may be given once only'],
    [[...PLAN, '10.0.0.1:80', '--seconds', 'x'], 'seconds must be'],
    [[...PLAN, '10.0.0.1:80', 'more'], 'more'],
  ])('wrong usage: %#', (argv, message) => {
    expect(run(...argv)).toBe(2);
    expect(errors).toContain(message);
    expect(output).toBe('');
  });
});

describe('pcapdiag analyze --inventory', () => {
  const list = (ip: string) =>
    JSON.stringify(
      {
        kind: 'List',
        items: [
          { kind: 'Node', metadata: { name: 'worker' }, status: { addresses: [{ type: 'InternalIP', address: ip }] } },
        ],
      },
      null,
      4,
    );

  test('reads the lists of several kubectl calls in one file', () => {
    const inventory = file('inventory.json', `${list('10.153.204.15')}\n${list('10.61.187.48')}\n`);
    expect(run('analyze', '--inventory', inventory, 'test/pcaps/case-1')).toBe(1);
    expect(output).toContain('10.153.204.15 (worker)');
  });

  test('reports the place of an error in the inventory', () => {
    expect(run('analyze', '--inventory', file('wrong.json', list('10.0.0.300')), 'test/pcaps/case-1')).toBe(2);
    expect(errors).toContain('items[0].status.addresses[0].address must be an IP address');
    expect(run('analyze', '--inventory', file('text.json', 'hello'), 'test/pcaps/case-1')).toBe(2);
    expect(errors).toContain('is no JSON');
  });
});
