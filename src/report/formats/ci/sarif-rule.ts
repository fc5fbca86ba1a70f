import type { Level } from '../../model/report.ts';
import { escapeMarkdown } from '../markdown.ts';

/** What the page of a rule says; `rules` of the library has it. */
export interface RuleHelp {
  /** Id of the rule. */
  id: string;
  /** Class of its faults. */
  faultClass: string;
  /** Level of its findings. */
  level: Level;
  /** What it finds, in one sentence. */
  summary: string;
  /** What a finding means for the user. */
  meaning: string;
  /** What it looks for. */
  rule: string;
  /** What usually causes it. */
  causes: readonly string[];
  /** What usually repairs it. */
  fix: readonly string[];
  /** RFCs, man pages and the like. */
  references: readonly string[];
}

/** GitHub refuses longer descriptions. */
const MOST_DESCRIPTION = 1024;
const SEVERITY = { error: 'error', warning: 'warning', note: 'recommendation' } as const satisfies Record<
  Level,
  string
>;

/** A `reportingDescriptor`, with help as text and as Markdown. */
export function ruleDescriptor(id: string, help: RuleHelp | undefined, version: string): object {
  const helpUri = `https://unpkg.com/pcapdiag@${version}/docs/rules/${id}.md`;
  if (help === undefined) {
    const text = { text: id };
    return { id, name: id, shortDescription: text, fullDescription: text, help: text, helpUri };
  }
  return {
    id,
    name: id,
    shortDescription: { text: clipped(`${help.summary}.`) },
    fullDescription: { text: clipped(help.meaning) },
    help: { text: helpText(help), markdown: helpMarkdown(help) },
    helpUri,
    defaultConfiguration: { level: help.level },
    properties: {
      tags: ['network', help.faultClass],
      precision: 'high',
      'problem.severity': SEVERITY[help.level],
    },
  };
}

const clipped = (text: string): string =>
  text.length <= MOST_DESCRIPTION ? text : `${[...text].slice(0, MOST_DESCRIPTION - 1).join('')}…`;

const SECTIONS = [
  ['What it looks for', ({ rule }: RuleHelp) => [rule]],
  ['Possible causes', ({ causes }: RuleHelp) => causes],
  ['Fix', ({ fix }: RuleHelp) => fix],
  ['References', ({ references }: RuleHelp) => references],
] as const;

const helpText = (help: RuleHelp): string =>
  [help.meaning, ...SECTIONS.flatMap(([title, of]) => [`${title}:`, ...of(help).map((item) => `- ${item}`)])].join(
    '\n',
  );

const helpMarkdown = (help: RuleHelp): string =>
  [
    escapeMarkdown(help.meaning),
    ...SECTIONS.filter(([, of]) => of(help).length > 0).map(
      ([title, of]) =>
        `**${title}**\n\n${of(help)
          .map((item) => `- ${escapeMarkdown(item)}`)
          .join('\n')}`,
    ),
  ].join('\n\n');
