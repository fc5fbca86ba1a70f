import { rules } from './heuristics/rules/catalogue.ts';
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
  return write(report, { ...options, rules });
}
