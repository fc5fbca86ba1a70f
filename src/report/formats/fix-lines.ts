import type { ReportFinding } from '../model/report.ts';
import { hang } from './wrap.ts';

type Repair = ReportFinding['repairs'][number];

/** The command that a fix begins with, and its other words; a fix without a command is words alone. */
export function fixParts(repairs: readonly Repair[], fix: string): { repair: Repair | undefined; text: string } {
  const head = ({ on, command }: Repair): string => `On ${on}: ${command}`;
  const repair = repairs.find((each) => fix.startsWith(head(each)));
  return { repair, text: repair === undefined ? fix : fix.slice(head(repair).length).trim() };
}

/**
 * A fix as lines. A command in it stands on a line of its own, in one piece, however wide the report is.
 *
 * @param head the label before the first line
 */
export function fixLines(
  { repairs }: Pick<ReportFinding, 'repairs'>,
  fix: string,
  head: string,
  width: number,
): string[] {
  const { repair, text } = fixParts(repairs, fix);
  if (repair === undefined) return hang(head, text, width);
  const indent = ' '.repeat(head.length);
  return [
    ...hang(head, `on ${repair.on}:`, width),
    `${indent}  ${repair.command}`,
    ...(text === '' ? [] : hang(indent, text, width)),
  ];
}
