/** The manual page, in the man macros (man(7) of groff), made from the table of commands. */
import { COMMAND_NAMES, type CommandName, commandRule, GLOBAL_OPTIONS } from './command-table.ts';
import { EXIT_STATUSES } from './help-text.ts';
import { type OptionTable, valueName } from './option-rule.ts';

export function manualPage(version: string): string {
  return [
    `.TH PCAPDIAG 1 "" "pcapdiag ${version}" "User Commands"`,
    '.SH NAME',
    `pcapdiag ${dash} say what is wrong in packet captures, and where`,
    '.SH SYNOPSIS',
    '.B pcapdiag\n.RI [ OPTIONS ] " FILE" ...',
    ...COMMAND_NAMES.map((name) => `.br\n.B pcapdiag ${name}\n.RI ${macroText(commandRule(name).operands)}`),
    '.SH DESCRIPTION',
    'pcapdiag reads packet captures of Kubernetes pod traffic and says what is wrong, where on the path, how it knows, what it could not see, and what to run next.',
    'Without a command it analyzes the files. A file is a capture (pcap, pcapng; plain, gzip, zstd, xz), a folder or a tar archive of captures, or \\- for standard input.',
    ...COMMAND_NAMES.flatMap(section),
    '.SH OPTIONS OF EVERY COMMAND',
    ...optionLines(GLOBAL_OPTIONS),
    '.SH EXIT STATUS',
    `${escaped(EXIT_STATUSES.replace('Exit status: ', ''))} 130 and 143 after SIGINT and SIGTERM.`,
    '.SH ENVIRONMENT',
    '.B NO_COLOR\nand\n.B FORCE_COLOR\nswitch colours off and on.',
    '.SH SEE ALSO',
    '.BR tcpdump (8),\n.BR pcap-filter (7),\n.BR tshark (1)',
    '',
  ].join('\n');
}

const dash = '\\-';

function section(name: CommandName): string[] {
  const { summary, options, examples } = commandRule(name);
  return [
    `.SH PCAPDIAG ${name.toUpperCase()}`,
    `${escaped(summary)}.`,
    ...optionLines(options),
    ...examples.flatMap(([line, does]) => [
      '.PP',
      `${escaped(does)}:`,
      '.PP',
      `.RS 4\n.EX\npcapdiag ${name} ${escaped(line)}\n.EE\n.RE`,
    ]),
  ];
}

const optionLines = (options: OptionTable): string[] =>
  Object.entries(options).flatMap(([name, rule]) => {
    const value = valueName(rule);
    const short = rule.short === undefined ? '' : `\\fB${dash}${rule.short}\\fR, `;
    const words = `${short}\\fB${dash}${dash}${escaped(name)}\\fR${value === undefined ? '' : ` \\fI${escaped(value)}\\fR`}`;
    return ['.TP', words, `${escaped(rule.describe)}.`];
  });

/** A dash that can be copied, no escape and no macro at the start of a line. */
const escaped = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/, '\\&');

const macroText = (text: string): string => `"${escaped(text)}"`;
