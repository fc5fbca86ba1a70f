import type { RulePage, Threshold } from '../index.ts';

/** The page of a rule in Markdown: the same in the documentation and in `pcapdiag explain`. */
export function rulePage(page: RulePage): string {
  const { id, faultClass, level, summary, meaning, rule, notThis, causes, confirm, fix, references } = page;
  const blocks = [
    `# ${id}`,
    `${summary}.`,
    `Class \`${faultClass}\` · level \`${level}\``,
    section('What it means', meaning),
    section('What is looked for', rule),
    section('Thresholds', thresholdTable(Object.entries(page.thresholds))),
    section('What it is not', list(notThis)),
    section('Causes', list(causes)),
    section(
      'Confirm',
      confirm.map(({ on, command, expect }) => `On ${on}:\n\n    ${command}\n\nExpect: ${expect}`).join('\n\n'),
    ),
    section('Fix', list(fix)),
    section('References', list(references)),
    section('Evidence', evidenceOf(page.recordedIn)),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

/** Thresholds of the rule first, then those that it depends on. */
function thresholdTable(thresholds: readonly [name: string, threshold: Threshold][]): string {
  if (thresholds.length === 0) return '';
  const rows = thresholds.map(
    ([name, { value, unit, source }]) => `| \`${name}\` | ${value} | ${unit} | ${linked(source)} |`,
  );
  return ['| name | value | unit | source |', '|---|---|---|---|', ...rows].join('\n');
}

/** Rows of the page of thresholds and recordings as links from `docs/rules`. */
const linked = (source: string): string =>
  source
    .replace(/docs\/thresholds\.md, ([a-z-]+)/, '[$1](../thresholds.md#$1)')
    .replace(/\btest\/pcaps\/[\w.-]+/, '[$&](../../$&)');

/** What the rule is based on besides its tests. */
function evidenceOf(recordedIn: string | null): string {
  if (recordedIn === null) return 'Only traces made for tests show it; no capture of real packets does so far.';
  const [origin, ...rest] = recordedIn.split('/');
  if (origin === 'lab') return `Recorded on real kernels: \`${rest.join('/')}\` of the lab captures.`;
  if (origin === 'corpus') return `Found in traffic of others: \`${rest.join('/')}\`.`;
  return `Recorded on real kernels: \`${recordedIn}\`.`;
}

const section = (title: string, text: string): string => (text === '' ? '' : `## ${title}\n\n${text}`);
const list = (items: readonly string[]): string => items.map((item) => `- ${item}`).join('\n');
