import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/analyze.ts';
import { catalogue } from '../../src/heuristics/rules/catalogue.ts';
import type { Report } from '../../src/report/model/report.ts';
import { SHARED } from '../support/shared-captures.ts';

const ROOTS: Record<string, string> = {
  test: '.',
  lab: join(SHARED, 'lab/public'),
  corpus: SHARED,
};

/** `test/pcaps/…` of the repository, `lab/…` and `corpus/…` of the shared captures. */
function pathOf(recordedIn: string): string {
  const [origin, ...rest] = recordedIn.split('/');
  return origin === 'lab' ? join(ROOTS.lab, ...rest) : join(ROOTS[origin] ?? 'no such origin', recordedIn);
}

const reports = new Map<string, Promise<Report>>();

/** Of a file, or of all captures of a folder together. */
function reportOf(path: string): Promise<Report> {
  const known = reports.get(path);
  if (known !== undefined) return known;
  const files = statSync(path).isDirectory()
    ? readdirSync(path)
        .filter((name) => /\.pcap(ng)?$/.test(name))
        .sort()
        .map((name) => join(path, name))
    : [path];
  const report = analyze(files);
  reports.set(path, report);
  return report;
}

/** The page of a rule says which capture of real packets shows it: here that is tried. */
describe('what a rule says to be recorded in', () => {
  for (const { meta } of catalogue) {
    const { id, recordedIn } = meta;
    if (recordedIn === null) continue;
    const path = pathOf(recordedIn);
    it.skipIf(!recordedIn.startsWith('test/') && !existsSync(path))(`${id}: ${recordedIn}`, async () => {
      const { findings } = await reportOf(path);
      expect(findings.map(({ ruleId }) => ruleId)).toContain(id);
    });
  }
});
