/** Pages from real captures in a real browser. Without one these tests say that they are skipped. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { analyze } from '../../../src/analyze.ts';
import { formatHtml } from '../../../src/report/html/page.ts';
import type { Report } from '../../../src/report/model/report.ts';
import { accessibilityFaults, browserHere, launched, opened } from '../../support/browser.ts';
import { isLong } from '../../support/long-run.ts';
import { emptyReport } from '../sample.ts';
import { hostileReport } from './hostile-report.ts';
import { longReport } from './long-report.ts';

/** Recorded in the lab and in the field: faults of every class, several at once, and nothing wrong. */
const CAPTURES = [
  'case-1',
  'case-2',
  'case-3',
  'healthy-dns',
  'healthy-pmtud',
  'losses-together',
  'dns-forward-loop',
  'stale-endpoint',
  'pod-address-twice',
  'tls-certificate-expired',
  'vxlan-in-vxlan',
  'ipv6-mtu-sender-only',
  'source-port-race',
  'accept-queue-full',
] as const;

/** A page takes three seconds; CI looks at all of them. */
const SHORT = ['case-2', 'tls-certificate-expired'] as const;

const folder = mkdtempSync(join(tmpdir(), 'pcapdiag-html-'));
const path = browserHere();
let browser: Browser | undefined;

beforeAll(async () => {
  browser = path === undefined ? undefined : await launched(path);
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

const capturesOf = (name: string): string[] =>
  readdirSync(join('test/pcaps', name))
    .filter((file) => /\.pcap(ng)?$/.test(file))
    .sort()
    .map((file) => join('test/pcaps', name, file));

async function reportOf(name: string): Promise<Report> {
  if (name === 'nothing to judge') return emptyReport();
  if (name === 'hostile names') return hostileReport();
  if (name === 'several findings') return longReport(12);
  return analyze(capturesOf(name), { pictures: true });
}

function pageFile(name: string, report: Report): string {
  const file = join(folder, `${name.replaceAll(' ', '-')}.html`);
  writeFileSync(file, formatHtml(report));
  return pathToFileURL(file).href;
}

/** Pixels of the page that do not fit, and elements that no page of ours has. */
const SIZES = `({
  sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  foreign: document.querySelectorAll('img,iframe,object,embed,form,link,base,b i,[onerror],[onload],[style]').length,
})`;

describe.skipIf(path === undefined)('in Chromium (skipped without: apt-get install chromium)', () => {
  it.each([...(isLong() ? CAPTURES : SHORT), 'nothing to judge', 'hostile names', 'several findings'])(
    '%s',
    async (name) => {
      const url = pageFile(name, await reportOf(name));
      const running = browser as Browser;
      for (const width of [1280, 400]) {
        const { said, asked, looked } = await opened(running, url, SIZES, width);
        expect(said).toEqual([]);
        expect(asked).toEqual([url]);
        // Nothing makes the page itself scroll sideways.
        expect(looked).toMatchObject({ sideways: 0, foreign: 0 });
      }
      expect(await accessibilityFaults(running, url)).toEqual([]);
    },
  );

  it('has buttons that copy and enlarge only with a script', async () => {
    const url = pageFile('buttons', await reportOf('case-2'));
    const count = "document.querySelectorAll('button').length";
    expect((await opened(browser as Browser, url, count)).looked).toBeGreaterThan(5);
    const context = await (browser as Browser).newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(url);
    expect(await page.locator('button').count()).toBe(0);
    expect(await page.locator('main').innerText()).toContain('Triage');
    await context.close();
  });

  it('copies the command that its button stands beside', async () => {
    const url = pageFile('copy', await reportOf('case-2'));
    const page = await (browser as Browser).newPage();
    await page.goto(url);
    await page.evaluate(
      "Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => { window.copied = text; } } })",
    );
    const box = page.locator('.command').first();
    await box.locator('button').click();
    expect(await page.evaluate('window.copied')).toBe(await box.locator('code').innerText());
    await page.close();
  });
});
