import { spawnSync } from 'node:child_process';
import axe, { type AxeResults } from 'axe-core';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** A browser of this machine (Debian: `apt-get install chromium`), or of `PCAPDIAG_CHROMIUM`; undefined without one. */
export function browserHere(): string | undefined {
  const given = process.env.PCAPDIAG_CHROMIUM;
  if (given !== undefined) return given;
  return NAMES.map((name) => spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim()).find(
    (path) => path !== '',
  );
}

export const launched = (executablePath: string): Promise<Browser> =>
  chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });

export interface Opened {
  /** Messages on the console, errors, and violations of the page's policy. */
  said: string[];
  /** Every address that was asked for. */
  asked: string[];
  /** What `look` returned. */
  looked: unknown;
}

/** Opens a file as a user does, with its own policy in force. @param look an expression of the page's language */
export async function opened(browser: Browser, url: string, look: string, width = 1280): Promise<Opened> {
  const page = await browser.newPage({ viewport: { width, height: 900 } });
  const [said, asked]: [string[], string[]] = [[], []];
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.message));
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(url);
  const looked = await page.evaluate(look);
  await page.close();
  return { said, asked, looked };
}

/**
 * What axe-core finds wrong in a page, light and dark, one line each. The page's policy is bypassed for it. Of dark pages
 * only the contrast is another.
 */
export async function accessibilityFaults(browser: Browser, url: string): Promise<string[]> {
  const context = await browser.newContext({ bypassCSP: true, viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.goto(url);
  await page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })");
  await page.evaluate(axe.source);
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const asked = colorScheme === 'light' ? 'axe.run()' : "axe.run({ runOnly: ['color-contrast'] })";
    const { violations } = (await page.evaluate(asked)) as AxeResults;
    found.push(...violations.map((violation) => `${colorScheme}, ${faultText(violation)}`));
  }
  await context.close();
  return found;
}

const faultText = ({ id, nodes }: AxeResults['violations'][number]): string =>
  `${id}: ${nodes
    .slice(0, 3)
    .map(({ html }) => html.slice(0, 200))
    .join(' | ')}`;
