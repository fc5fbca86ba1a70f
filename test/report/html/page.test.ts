import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { formatHtml } from '../../../src/report/html/page.ts';
import { emptyReport, healthyReport, sampleReport } from '../sample.ts';
import { HOSTILE, hostileReport } from './hostile-report.ts';
import { longReport } from './long-report.ts';

const sha256 = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;
/** Octets of the largest page. */
const MOST_OCTETS = 2_000_000;
const headings = (html: string): string[] => [...html.matchAll(/<h2[^>]*>([^<]*)/g)].map(([, text]) => text);

describe('the page', () => {
  const html = formatHtml(sampleReport());

  it('has the verdict first, then triage, pictures, findings, commands, and what was not seen', () => {
    expect(headings(html).map((text) => text.replace(/ \(\d+\)/, ''))).toEqual([
      'Verdict and proof',
      'Triage',
      'The path',
      'Findings',
      'Commands',
      'What was not seen',
      'Captures and clocks',
    ]);
    expect(html).toMatch(/<span class="badge bad">FAULT<\/span>\s*<h1>Node node1 sends/);
  });

  it('has a policy that allows its own style and script by their hashes, and nothing else', () => {
    const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html) ?? [];
    const [, style] = /<style>([\s\S]*?)<\/style>/.exec(html) ?? [];
    const [, script] = /<script>([\s\S]*?)<\/script>/.exec(html) ?? [];
    expect(policy).toBe(
      `default-src 'none'; style-src '${sha256(style)}'; script-src '${sha256(script)}'; base-uri 'none'; form-action 'none'`,
    );
    expect(html.match(/<(script|style)\b/g)).toEqual(['<style', '<script']);
    expect(html).not.toMatch(/<[^>]*\s(style|on\w+|src)=/);
    expect(html).not.toMatch(/https?:\/\//);
  });

  it('says what is not wrong', () => {
    expect(formatHtml(healthyReport())).toContain('<span class="badge good">OK</span>');
    expect(formatHtml(emptyReport())).toContain('<span class="badge quiet">NOT JUDGED</span>');
    const triage = healthyReport().triage.map((row) => ({ ...row, code: 'content-cut' as const }));
    expect(formatHtml({ ...healthyReport(), triage })).toContain('<span class="badge warn">UNDECIDED</span>');
  });

  it('has names of captures as text only', () => {
    const hostile = formatHtml(hostileReport());
    for (const part of ['<img', '<b>', 'alert(1)</script>', '</style><', '\u001b', '\u202e', '\0', '\u2028', '\ud800'])
      expect(hostile.split(part).length - 1, part).toBe(part === '<b>' ? 1 : 0);
    expect(hostile).toContain('&lt;img src=x onerror=&quot;alert(2)&quot;&gt;');
    expect(hostile).toContain('\\u{202e}=cmd|');
    expect(HOSTILE).toContain('&lt;');
    expect(hostile).toContain('&amp;lt;');
  });

  it('stays below 2 MB, and says what it leaves out', () => {
    const page = formatHtml(longReport(2000));
    expect(Buffer.byteLength(page)).toBeLessThan(MOST_OCTETS);
    const told = page.match(/<article>/g)?.length ?? 0;
    expect(told).toBeGreaterThan(50);
    expect(page).toContain(`${(2000 - told).toLocaleString('en')} further findings in short`);
    expect(page).toContain(`and ${(2000 - told - 300).toLocaleString('en')} more (see --format json)`);
  });
});
