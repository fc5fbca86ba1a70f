/** Names that a capture holds, and all other text of a report, are text in each format and nothing else. */
import { parse } from 'junit2json';
import { lexer, type Token, walkTokens } from 'marked';
import { describe, expect, test } from 'vitest';
import { formatReport } from '../../../src/format-report.ts';
import { FORMAT_TABLE, type FormatName } from '../../../src/report/formats/format-table.ts';
import type { Report } from '../../../src/report/model/report.ts';
import { sanitize } from '../../../src/text/sanitize.ts';
import { HOSTILE, reportNamed } from '../../support/reports-of-captures.ts';
import { sampleReport } from '../sample.ts';

/** Members of a report that are ids, codes, numbers or times: no name can come into them. */
const NO_NAMES =
  /^(?:id|capture|point|points|between|type|version|level|class|grade|likelihood|code|ruleId|status|verdict|from|kind|explains|explainedBy|firstTime|lastTime|time|failOn|end|reference|direction|fingerprint|capturePoint)$/;

/** The same report with a hostile text in place of every name and sentence. */
function poisoned<T>(value: T, key = ''): T {
  if (typeof value === 'string') return (NO_NAMES.test(key) ? value : HOSTILE) as T;
  if (Array.isArray(value)) return value.map((item) => poisoned<unknown>(item, key)) as T;
  if (value === null || typeof value !== 'object') return value;
  if (key === 'names') return { [HOSTILE]: HOSTILE } as T;
  // The name of the tool is a constant.
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      name === 'tool' ? item : poisoned<unknown>(item, name === 'verdict' && typeof item === 'object' ? '' : name),
    ]),
  ) as T;
}

const gated = (): Report => ({
  ...sampleReport(),
  gate: { status: 'failed', because: ['1 new error'], failOn: 'error', unmatched: [{ fingerprint: 'f', ruleId: 'r' }] },
});
const lines = (text: string): number => text.split('\n').length;
const written = (report: Report, format: FormatName): string => formatReport(report, format);

/** What a reader of the format would take for markup, a command, another line. Every format has to be here. */
const CHECKS: Record<FormatName, (text: string, harmless: string) => void | Promise<void>> = {
  text: (text) => expect(text).not.toContain('\x1b'),
  json: (text) => expect(() => JSON.parse(text)).not.toThrow(),
  markdown: (text) => {
    const kinds = new Set<string>();
    const strong: string[] = [];
    const tokens = lexer(text, { gfm: true });
    walkTokens(tokens, (token: Token) => {
      kinds.add(token.type);
      if (token.type === 'strong') strong.push(token.text);
    });
    for (const kind of ['html', 'link', 'image', 'def', 'del', 'em', 'br', 'checkbox', 'hr'])
      expect(kinds).not.toContain(kind);
    expect(strong.filter((label) => /\bc\b/.test(label))).toEqual([]);
    // A mention and a reference to an issue are no Markdown: GitHub finds them in the text that is shown.
    const shown = text.replace(/(`+)[^`][\s\S]*?\1/g, '');
    expect(shown).not.toMatch(/@team|(?<!\\)#\d/);
  },
  html: (text, harmless) => {
    const tags = (page: string) =>
      [...new Set(page.match(/<\/?[a-z0-9!-]+/gi))].filter((tag) => !tag.includes('title')).sort();
    expect(tags(text)).toEqual(tags(harmless));
    const attributes = (page: string) =>
      [...new Set([...page.matchAll(/\s([a-z-]+)="/g)].map(([, name]) => name))].sort();
    expect(attributes(text)).toEqual(attributes(harmless));
  },
  ndjson: (text, harmless) => {
    expect(lines(text)).toBe(lines(harmless));
    for (const line of text.trimEnd().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
  },
  sarif: (text, harmless) => {
    const results = (log: string) => JSON.parse(log).runs[0].results;
    expect(results(text).length).toBe(results(harmless).length);
    expect(text).not.toContain('](');
    for (const { locations } of results(text)) {
      const { uri } = locations[0].physicalLocation.artifactLocation;
      expect(uri).toMatch(/^(?:[\w.~!*'()/-]|%[0-9A-F]{2})+$/);
    }
  },
  junit: async (text, harmless) => {
    const casesOf = async (document: string) =>
      ((await parse(document)) as unknown as { testsuite: { testcase: object[] }[] }).testsuite[0].testcase;
    const [given, usual] = [await casesOf(text), await casesOf(harmless)];
    expect(given.map((each) => Object.keys(each).sort())).toEqual(usual.map((each) => Object.keys(each).sort()));
  },
  github: (text, harmless) => {
    expect(lines(text)).toBe(lines(harmless));
    for (const line of text.trimEnd().split('\n'))
      expect(line).toMatch(/^::(?:error|warning|notice) (?:(?:file|line|title)=[^,:\r\n]*,?)+::/);
  },
  prometheus: (text, harmless) => {
    const comments = (metrics: string) => metrics.split('\n').filter((line) => line.startsWith('#'));
    expect(comments(text)).toEqual(comments(harmless));
    // Two points with one name are one series.
    expect(lines(text)).toBeLessThanOrEqual(lines(harmless));
  },
};

describe.each(Object.keys(FORMAT_TABLE) as FormatName[])('%s', (format) => {
  test('takes every text of a report for text', async () => {
    const hostile = poisoned(gated());
    expect(hostile.findings[0].message).toBe(HOSTILE);
    const text = written(hostile, format);
    await CHECKS[format](text, written(gated(), format));
    expectPrintable(text);
  });

  test('takes hostile names of a capture for text', async () => {
    const report = await reportNamed('hostile names');
    const names = [report.captures[0].path, ...report.points.map((point) => point.interface)];
    expect(names.join(' ')).toContain('onerror');
    const text = written(report, format);
    await CHECKS[format](text, text);
    expectPrintable(text);
  });
});

/** No control, format or separator character but the line feed; Markdown puts a word joiner behind `@` and `#`. */
function expectPrintable(text: string): void {
  const rest = text.replaceAll('\n', '').replace(/(?<=[@#])\u2060/g, '');
  expect(rest).toBe(sanitize(rest));
}
