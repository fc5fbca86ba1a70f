import type { Meta } from '../index.ts';

/** The page of a rule, in Markdown; the same in the documentation and from `pcapdiag explain`. */
export function rulePage(meta: Meta): string {
  const { id, faultClass, level, summary, meaning, rule, notThis, causes, confirm, fix, references } = meta;
  const blocks = [
    `# ${id}`,
    `${summary}.`,
    `Class \`${faultClass}\` · level \`${level}\``,
    section('What it means', meaning),
    section('What is looked for', rule),
    section('What it is not', list(notThis)),
    section('Causes', list(causes)),
    section(
      'Confirm',
      confirm.map(({ on, command, expect }) => `On ${on}:\n\n    ${command}\n\nExpect: ${expect}`).join('\n\n'),
    ),
    section('Fix', list(fix)),
    section('References', list(references)),
    section('Evidence', evidenceOf(meta.recordedIn)),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

/** What the rule rests on besides its tests. */
function evidenceOf(recordedIn: string | null): string {
  if (recordedIn === null) return 'Only traces made for tests show it; no capture of real packets does so far.';
  const [origin, ...rest] = recordedIn.split('/');
  if (origin === 'lab') return `Recorded on real kernels: \`${rest.join('/')}\` of the lab captures.`;
  if (origin === 'corpus') return `Found in traffic of others: \`${rest.join('/')}\`.`;
  return `Recorded on real kernels: \`${recordedIn}\`.`;
}

const section = (title: string, text: string): string => (text === '' ? '' : `## ${title}\n\n${text}`);
const list = (items: readonly string[]): string => items.map((item) => `- ${item}`).join('\n');
