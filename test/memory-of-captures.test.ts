import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Report } from '../src/report/model/report.ts';
import { FLOODS, type Flood, writeFlood } from './support/floods.ts';

const folder = mkdtempSync(join(tmpdir(), 'pcapdiag-floods-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What one capture may take, whatever it holds (DECISIONS.md). */
const MOST_BYTES = 250_000_000;
const MOST_REPORT_OCTETS = 1_000_000;

/** Without a budget each of these took 290 MB and more, of those that took more than the budget at all. */
const SIZES: Partial<Record<Flood, number>> = {
  interfaces: 500_000,
  'ten mixed': 3_000_000,
  'VXLAN networks': 400_000,
  'lookups without an answer': 300_000,
};
const SIZE = 600_000;

/** All kinds take two minutes: with PCAPDIAG_MEMORY=1. Two always run. */
const ALWAYS: readonly Flood[] = ['SYNs of many clients', 'lookups without an answer'];
const isWanted = (kind: Flood): boolean => process.env.PCAPDIAG_MEMORY === '1' || ALWAYS.includes(kind);

interface Analysed {
  peak: number;
  octets: number;
  report: Report;
}

const known = new Map<string, Analysed>();

function analysed(kind: Flood, count: number): Analysed {
  const key = `${kind} ${count}`;
  const one = known.get(key) ?? analysedAnew(kind, count);
  known.set(key, one);
  return one;
}

function analysedAnew(kind: Flood, count: number): Analysed {
  const path = join(folder, 'flood.pcap');
  writeFlood(path, kind, count);
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--require', resolve('test/support/tell-peak.cjs'), 'bin/pcapdiag.js', 'analyze', path, '--format', 'json'],
    { encoding: 'utf8', maxBuffer: 1 << 28 },
  );
  return {
    peak: Number(stderr.trimEnd().split('\n').at(-1)),
    octets: Buffer.byteLength(stdout),
    report: JSON.parse(stdout),
  };
}

describe('one capture, whatever it holds', () => {
  it.runIf(FLOODS.some(isWanted)).each(FLOODS.filter(isWanted))(
    '%s: memory and report stay within their budget',
    (kind) => {
      const count = SIZES[kind] ?? SIZE;
      const { peak, octets, report } = analysed(kind, count);
      expect(peak).toBeGreaterThan(20_000_000);
      expect(peak).toBeLessThan(MOST_BYTES);
      expect(octets).toBeLessThan(MOST_REPORT_OCTETS);
      expect(report.captures[0].packets).toBe(kind === 'names' ? 0 : count);
    },
  );

  it('says what was let go, also in the finding that rests on the rest', () => {
    const { report } = analysed('lookups without an answer', 300_000);
    expect(report.findings.map(({ ruleId }) => ruleId)).toContain('dns-no-response');
    expect(report.findings[0].alike?.others).toBe(199);
    expect(report.findings[0].why).toMatch(/rests on a part of the capture: [\d,]+ of 300,000 DNS lookups/);
    expect(report.unseen.join('\n')).toMatch(/no room for .*DNS lookups that are only counted/);
  });
});
