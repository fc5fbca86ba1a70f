import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { generateCapture } from '../benchmarks/generate-capture.mjs';
import { analyze } from '../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'pcapdiag-large-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** More connections than are handed to the rules one by one; a few packets in a thousand are lost at random. */
const LOSSY = { packets: 60_000, connections: 7_000, sizes: 'small', loss: 0.003 } as const;

describe('captures of which rules see a sample', () => {
  it.each(['none', 'vxlan'] as const)(
    'random loss does not look like a fault of a listener (overlay %s)',
    async (overlay) => {
      const [{ path }] = generateCapture({ out: join(folder, `${overlay}.pcap`), overlay, ...LOSSY });
      const report = await analyze(path);
      const connections = report.triage.find((row) => row.class === 'port-unreachable');
      expect(connections?.verdict).toBe('ok');
      expect(report.findings.filter(({ level }) => level === 'error')).toEqual([]);
      expect(report.unseen.join('\n')).toMatch(/connections of 7,000 only counted/);
    },
  );

  it('random loss does not look like a fault between two points', async () => {
    const made = generateCapture({ out: join(folder, 'two.pcap'), points: 2, overlay: 'vxlan', ...LOSSY });
    const report = await analyze(made.map(({ path }) => path));
    expect(report.findings.filter(({ level }) => level === 'error')).toEqual([]);
    expect(report.findings.map(({ ruleId }) => ruleId)).toContain('packet-loss');
  });
});
