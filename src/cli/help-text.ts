/** Help, made from the table of commands: it needs neither yargs nor the library. */
import {
  COMMAND_NAMES,
  type CommandName,
  type CommandRule,
  commandRule,
  DEFAULT_COMMAND,
  GLOBAL_OPTIONS,
} from './command-table.ts';
import { type OptionRule, type OptionTable, valueName } from './option-rule.ts';

const PURPOSE = 'Says what is wrong in packet captures of pod traffic, where, how it knows, and what to run next.';
export const EXIT_STATUSES =
  'Exit status: 0 nothing found, 1 something found (--fail-on), 2 wrong usage, a capture that cannot be read, or nothing to judge (--allow-nothing).';

/** @param width columns of the terminal */
export function helpText(command: CommandName | undefined, width: number): string {
  return command === undefined ? overview(width) : ofCommand(command, width);
}

function overview(width: number): string {
  const commands = COMMAND_NAMES.map((name) => [`${name} ${commandRule(name).operands}`, commandRule(name).summary]);
  const { options, examples } = commandRule(DEFAULT_COMMAND);
  return paragraphs([
    ['pcapdiag FILE...', 'pcapdiag COMMAND ...'],
    wrapped(PURPOSE, width),
    ['Commands (without one: analyze):', ...columns(commands, width)],
    ['Options of analyze:', ...optionLines(options, width)],
    [
      'Examples:',
      ...columns(
        examples.map(([line, does]) => [`pcapdiag ${line}`, does]),
        width,
      ),
    ],
    wrapped(EXIT_STATUSES, width),
    ['pcapdiag COMMAND --help tells the options of a command.'],
  ]);
}

function ofCommand(name: CommandName, width: number): string {
  const { operands, summary, options, examples } = commandRule(name);
  const lines = examples.map(([line, does]) => [`pcapdiag ${name} ${line}`, does]);
  return paragraphs([
    [`pcapdiag ${name} ${Object.keys(options).length === 0 ? '' : '[OPTIONS] '}${operands}`.trimEnd()],
    wrapped(`${summary}.`, width),
    ...operandsOf(commandRule(name), width),
    ['Options:', ...optionLines(options, width)],
    ...(lines.length === 0 ? [] : [['Examples:', ...columns(lines, width)]]),
    ...(name === 'analyze' ? [wrapped(EXIT_STATUSES, width)] : []),
  ]);
}

const CAPTURES =
  'FILE: a capture (pcap, pcapng; plain, gzip, zstd, xz), a folder or a tar archive of captures, or - for standard input.';

const operandsOf = ({ operands }: CommandRule, width: number): string[][] =>
  operands.startsWith('FILE') ? [wrapped(CAPTURES, width)] : [];

const optionLines = (options: OptionTable, width: number): string[] =>
  columns(
    Object.entries({ ...options, ...GLOBAL_OPTIONS }).map(([name, rule]) => [optionWords(name, rule), rule.describe]),
    width,
  );

/** `-f, --format text|json`. */
export function optionWords(name: string, rule: OptionRule): string {
  const value = valueName(rule);
  const short = rule.short === undefined ? '    ' : `-${rule.short}, `;
  return `${short}--${name}${value === undefined ? '' : ` ${value}`}`;
}

const paragraphs = (blocks: readonly (readonly string[])[]): string =>
  `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;

/** Widest first column; the text of a longer one begins on the next line. */
const MOST_COLUMN = 34;

function columns(rows: readonly (readonly string[])[], width: number): string[] {
  const first = Math.min(MOST_COLUMN, Math.max(...rows.map(([words]) => words.length)));
  const gap = ' '.repeat(first + 4);
  return rows.flatMap(([words, text]) => {
    const [head, ...more] = wrapped(text, width - gap.length);
    const rest = more.map((line) => `${gap}${line}`);
    if (words.length > first) return [`  ${words}`, `${gap}${head}`, ...rest];
    return [`  ${words.padEnd(first)}  ${head}`, ...rest];
  });
}

/** Fewest columns that text is wrapped to. */
const LEAST_WIDTH = 30;

function wrapped(text: string, width: number): string[] {
  const most = Math.max(LEAST_WIDTH, width);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > most) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
