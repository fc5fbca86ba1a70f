import type { ReportFinding } from '../model/report.ts';
import { hang } from './wrap.ts';

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
  const repair = repairs.find(({ on, command }) => fix.startsWith(`On ${on}: ${command}`));
  if (repair === undefined) return hang(head, fix, width);
  const indent = ' '.repeat(head.length);
  const note = fix.slice(`On ${repair.on}: ${repair.command}`.length).trim();
  return [
    ...hang(head, `on ${repair.on}:`, width),
    `${indent}  ${repair.command}`,
    ...(note === '' ? [] : hang(indent, note, width)),
  ];
}
