import { formatHtml } from '../html/page.ts';
import type { Report } from '../model/report.ts';
import { formatGithub } from './ci/github.ts';
import { formatJunit } from './ci/junit.ts';
import { formatNdjson } from './ci/ndjson.ts';
import { formatPrometheus } from './ci/prometheus.ts';
import { formatSarif } from './ci/sarif.ts';
import type { RuleHelp } from './ci/sarif-rule.ts';
import { formatJson } from './json.ts';
import { formatMarkdown } from './markdown.ts';
import { formatText, type TextOptions } from './text.ts';

/** What formats may be told beside the report. Each one takes what it has use for. */
export interface FormatOptions extends TextOptions {
  /** The file that annotations and results stand at: a scenario. */
  file?: string;
  /** The pages of the rules. */
  rules?: readonly RuleHelp[];
}

/** Name of a format on the command line. */
export type FormatName = 'text' | 'json' | 'markdown' | 'html' | 'ndjson' | 'sarif' | 'junit' | 'github' | 'prometheus';

/** Every format of a report, by its name on the command line. */
export const FORMAT_TABLE: Readonly<Record<FormatName, (report: Report, options: FormatOptions) => string>> = {
  text: formatText,
  json: (report) => formatJson(report),
  markdown: (report) => formatMarkdown(report),
  html: (report) => formatHtml(report),
  ndjson: (report) => formatNdjson(report),
  sarif: formatSarif,
  junit: (report, { file }) => formatJunit(report, file === undefined ? {} : { suite: file }),
  github: formatGithub,
  prometheus: (report) => formatPrometheus(report),
};
