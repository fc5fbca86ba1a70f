import { sanitizeAll } from '../../text/sanitize.ts';
import type { Report } from '../model/report.ts';
import { leadingFindings } from './leading-findings.ts';

/**
 * The commands of a report alone, for copying: each on one line, behind a comment that names the machine. A line
 * beginning with `#` does nothing in a POSIX shell.
 */
export function formatCommands(unsafe: Report): string {
  const report = sanitizeAll(unsafe);
  const lines: string[] = [];
  let machine = '';
  const on = (name: string) => {
    if (name === machine) return;
    machine = name;
    lines.push(...(lines.length > 0 ? [''] : []), `# on ${name}`);
  };
  for (const { confirm } of leadingFindings(report)) {
    for (const command of confirm) {
      on(command.on);
      lines.push(command.command);
    }
  }
  if (report.nextCapture !== null) {
    on(report.nextCapture.on);
    lines.push(report.nextCapture.command);
  }
  return lines.length === 0 ? '# no commands: no fault was found\n' : `${lines.join('\n')}\n`;
}
