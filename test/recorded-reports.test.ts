/**
 * The whole report of every recording, as a reader gets it: findings, evidence, path, clocks, what could not be seen. A
 * change of one word or number shows in `goldens`. `npx vitest run test/recorded-reports.test.ts -u` writes them anew;
 * the difference is to be read before it is committed.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { analyze } from '../src/analyze.ts';
import { formatReport } from '../src/format-report.ts';

const PCAPS = 'test/pcaps';
const FOLDERS = readdirSync(PCAPS, { withFileTypes: true }).filter((entry) => entry.isDirectory());

test.each(FOLDERS.map(({ name }) => name))('%s', async (folder) => {
  const files = readdirSync(join(PCAPS, folder)).filter((name) => /\.pcap(ng)?$/.test(name));
  const report = await analyze(files.sort().map((name) => join(PCAPS, folder, name)));
  await expect(formatReport(report, 'text', { verbose: true })).toMatchFileSnapshot(`goldens/${folder}.report.txt`);
});
