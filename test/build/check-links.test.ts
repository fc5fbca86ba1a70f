import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let site: string;
beforeEach(() => {
  site = mkdtempSync(join(tmpdir(), 'site-'));
});
afterEach(() => rmSync(site, { recursive: true }));

function check(pages: Record<string, string>): { status: number | null; told: string } {
  for (const [name, text] of Object.entries(pages)) {
    mkdirSync(dirname(join(site, name)), { recursive: true });
    writeFileSync(join(site, name), text);
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, ['build/check-links.mjs', site], { encoding: 'utf8' });
  return { status, told: stdout + stderr };
}

test('pages, files, folders and headings that are there, and other sites', () => {
  const links = ['b/', './b/index.html#part', '/file.yml', '#here', 'https://example.org/x'].map(
    (href) => `<a href="${href}">`,
  );
  const { status, told } = check({
    'index.html': `<h2 id="here">${links.join('')}`,
    'b/index.html': '<p id="part">',
    'file.yml': '',
  });
  expect(told).toBe('2 pages, every link leads somewhere\n');
  expect(status).toBe(0);
});

test('what is not there is told with its page', () => {
  const { status, told } = check({
    'index.html': '<a class="x" href="b.html"><a href="#gone"><a href="/c/#x">',
    'c/index.html': '',
  });
  expect(status).toBe(1);
  expect(told).toBe('index.html: b.html\nindex.html: #gone\nindex.html: /c/#x\n3 links lead nowhere\n');
});

test('a site without pages is none', () => expect(check({}).status).toBe(1));
