/** From `argv` to a command with its words. */
import { existsSync } from 'node:fs';
import { didYouMean } from '../text/suggestion.ts';
import {
  COMMAND_NAMES,
  type CommandName,
  type CommandRule,
  commandRule,
  DEFAULT_COMMAND,
  GLOBAL_OPTIONS,
} from './command-table.ts';
import { longWords } from './long-words.ts';
import type { OptionTable, RawOptions } from './option-rule.ts';
import { quickWords } from './quick-words.ts';
import { UsageError } from './usage-error.ts';

export type CommandLine =
  | { command: CommandName; operands: string[]; raw: RawOptions }
  /** `-h`, `--help` or `--version`: nothing else is read. */
  | { command: CommandName | undefined; answer: 'help' | 'version' };

/** @throws UsageError in one line */
export async function readCommandLine(argv: readonly string[]): Promise<CommandLine> {
  const { command, words } = commandOf(argv);
  const answer = answerOf(words);
  if (answer !== undefined) return { command, answer };
  if (argv.length === 0) throw new UsageError('name captures to analyze, or a command (pcapdiag --help lists both)');
  const name = command ?? DEFAULT_COMMAND;
  const rule = commandRule(name);
  const long = longWords(words, rule.options);
  const { operands, raw } =
    quickWords(long, rule.options) ?? (await (await import('./yargs-words.ts')).yargsWords(long, rule.options));
  if (command === undefined && operands.length > 0) assertIsFile(operands[0]);
  assertOperands(name, rule, operands);
  assertOptions(name, rule.options, raw);
  return { command: name, operands, raw };
}

/** The command is the first word that is no option, if a command has that name. */
function commandOf(argv: readonly string[]): { command: CommandName | undefined; words: string[] } {
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at];
    if (word === '--') break;
    if (word.startsWith('-') && word !== '-') {
      if (takesNext(word)) at++;
      continue;
    }
    const command = COMMAND_NAMES.find((name) => name === word);
    if (command !== undefined) return { command, words: argv.toSpliced(at, 1) };
    break;
  }
  return { command: undefined, words: [...argv] };
}

/** Whether the next word is the value of this option, of any command: options may stand before the command. */
function takesNext(word: string): boolean {
  const isIt = (name: string, short?: string): boolean => word === `--${name}` || word === `-${short}`;
  return COMMAND_NAMES.some((command) =>
    Object.entries(commandRule(command).options).some(
      ([name, { kind, short }]) => kind !== 'flag' && isIt(name, short),
    ),
  );
}

function answerOf(words: readonly string[]): 'help' | 'version' | undefined {
  const end = words.indexOf('--');
  const before = end < 0 ? words : words.slice(0, end);
  for (const [name, { short }] of Object.entries(GLOBAL_OPTIONS))
    if (before.some((word) => word === `--${name}` || word === `-${short}`)) return name as 'help' | 'version';
  return undefined;
}

/** Without a command the first operand is a capture. A word that is neither is probably a misspelt command. */
function assertIsFile(word: string): void {
  if (word === '-' || /[./\\]/.test(word) || existsSync(word)) return;
  const meant = didYouMean(word, COMMAND_NAMES);
  throw new UsageError(
    `"${word}" is no command and no file${meant === '' ? ' (pcapdiag --help lists the commands)' : meant}`,
  );
}

function assertOperands(name: CommandName, rule: CommandRule, operands: readonly string[]): void {
  if (operands.length < rule.least) throw new UsageError(`${rule.without} (see pcapdiag ${name} --help)`);
  if (operands.length <= rule.most) return;
  throw new UsageError(`${name} takes no further word: "${operands[rule.most]}" (see pcapdiag ${name} --help)`);
}

function assertOptions(name: CommandName, options: OptionTable, raw: RawOptions): void {
  for (const [option, { kind }] of Object.entries(options))
    if (kind !== 'list' && Array.isArray(raw[option])) throw new UsageError(`--${option} may be given once only`);
  const missing = Object.entries(options)
    .filter(
      ([option, { isNeeded, unless }]) =>
        isNeeded && raw[option] === undefined && (unless === undefined || raw[unless] === undefined),
    )
    .map(([option]) => `--${option}`);
  if (missing.length > 0) throw new UsageError(`${name} needs ${missing.join(', ')} (see pcapdiag ${name} --help)`);
}
