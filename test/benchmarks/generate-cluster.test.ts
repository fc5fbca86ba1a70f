import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
// @ts-expect-error: a script without declarations
import { generateCluster } from '../../benchmarks/generate-cluster.mjs';
import { analyze } from '../../src/analyze.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cluster-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const capturesOf = (out: string): string[] =>
  readdirSync(out)
    .sort()
    .map((name) => join(out, name));

test('both planted faults of a cluster are placed, also without names and with loss elsewhere', async () => {
  const cluster = { nodes: 4, packets: 400, isHub: true, hasFaults: true };
  generateCluster({ ...cluster, out: join(folder, 'named') });
  const { findings } = await analyze(capturesOf(join(folder, 'named')));
  expect(
    findings.filter(({ level }) => level === 'error').map(({ ruleId, location }) => [ruleId, location.text]),
  ).toEqual([
    ['mtu-black-hole', 'after node0 eth0, before node1 eth0'],
    ['dropped-in-node', 'after node3 eth0, before node3 cni0'],
  ]);
  generateCluster({ ...cluster, out: join(folder, 'nameless'), isNameless: true, loss: 0.01 });
  const nameless = await analyze(capturesOf(join(folder, 'nameless')));
  expect(nameless.findings.map(({ ruleId }) => ruleId)).toEqual(
    expect.arrayContaining(['mtu-black-hole', 'dropped-in-node']),
  );
});

test('the same options give the same bytes', () => {
  const octetsOf = (out: string): Buffer[] => {
    generateCluster({ out: join(folder, out), nodes: 3, packets: 100, seed: 5 });
    return capturesOf(join(folder, out)).map((path) => readFileSync(path));
  };
  expect(octetsOf('once')).toEqual(octetsOf('again'));
});
