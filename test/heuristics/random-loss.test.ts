import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { generateCapture } from '../../benchmarks/generate-capture.mjs';
import { analyze } from '../../src/analyze.ts';

const folder = mkdtempSync(join(tmpdir(), 'pcapdiag-loss-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Rules that say that something on the way drops packets by a rule, a limit or a state. */
const DROPS = [
  'lost-in-underlay',
  'dropped-in-node',
  'tunnel-blocked',
  'new-connections-dropped',
  'first-syn-lost',
  'listen-queue-overflow',
];

describe('packets that are lost at random between two points', () => {
  // Before chance was asked, the six of 5 % and more gave findings such as "a firewall drops these packets".
  test.each([0.02, 0.05, 0.15, 0.3].flatMap((loss) => [1, 2].map((seed) => ({ loss, seed }))))(
    '$loss, seed $seed',
    async ({ loss, seed }) => {
      const out = join(folder, `${loss}-${seed}.pcap`);
      const made = generateCapture({ out, packets: 20_000, connections: 200, points: 2, loss, seed });
      const { findings, verdict } = await analyze(made.map(({ path }) => path));
      expect(verdict).toMatchObject({ ruleId: 'packet-loss' });
      expect(findings.map(({ ruleId }) => ruleId).filter((ruleId) => DROPS.includes(ruleId))).toEqual([]);
    },
  );
});
