import { catalogue } from './heuristics/rules/catalogue.ts';
import { formatUnreadAsJunit } from './report/formats/ci/junit.ts';
import { FORMAT_TABLE, type FormatName, type FormatOptions } from './report/formats/format-table.ts';
import type { Report } from './report/model/report.ts';

/**
 * A report in one of the formats of the command line. Whatever a capture holds, the text is safe where the format is
 * shown or read.
 *
 * @param options for `text`: colours, width, length; for formats that name a place in a repository: the file
 */
export function formatReport(report: Report, format: FormatName, options: Omit<FormatOptions, 'rules'> = {}): string {
  const write: (report: Report, options: FormatOptions) => string = FORMAT_TABLE[format];
  return write(report, {
    ...options,
    // A getter: only SARIF reads the pages of the rules, which the bundle has in a file of their own.
    get rules() {
      return catalogue.map(({ meta }) => meta);
    },
  });
}

/**
 * What a job reads in place of the report, where no capture could be read.
 *
 * @param reasons why, one for each capture
 * @param suite the captures, or the scenario
 * @returns null for a format whose readers take a file that is not there for no result; JUnit's take it for none to fail
 */
export const formatUnread = (reasons: readonly string[], format: FormatName, suite: string): string | null =>
  format === 'junit' ? formatUnreadAsJunit(reasons, suite) : null;
