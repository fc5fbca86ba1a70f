/**
 * How long Chromium takes to open the page of a report with many findings, milliseconds; the page is to open in a second.
 *
 *   npm run build && node benchmarks/open-page.mjs [FINDINGS] [CHROMIUM]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { analyze, formatHtml } from '../dist/index.js';

const [findings = '100', executablePath = '/usr/bin/chromium'] = process.argv.slice(2);
const TIMES = 5;

const report = await analyze('test/pcaps/case-2/client__eth0.pcap', { pictures: true });
const [first] = report.findings;
report.findings = Array.from({ length: Number(findings) }, (_, at) => ({
  ...first,
  fingerprint: `pcapdiag/v1:${String(at).padStart(16, '0')}`,
}));
const page = formatHtml(report);
const folder = mkdtempSync(join(tmpdir(), 'pcapdiag-page-'));
const file = join(folder, 'page.html');
writeFileSync(file, page);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
const times = [];
for (let at = 0; at < TIMES; at++) {
  const tab = await browser.newPage();
  const start = performance.now();
  await tab.goto(pathToFileURL(file).href);
  times.push(Math.round(performance.now() - start));
  await tab.close();
}
await browser.close();
rmSync(folder, { recursive: true });
console.log(`${findings} findings, ${Math.round(page.length / 1000)} kB: ${times.sort((a, b) => a - b).join(', ')} ms`);
