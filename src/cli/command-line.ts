/** The command line, read by yargs. Handlers do nothing here; they only say which command was given. */
import yargs from 'yargs';
import { ANALYZE_OPTIONS, type OptionName, type RawOptions } from './analyze-arguments.ts';
import { PLAN_OPTIONS, type PlanArguments, planArguments } from './plan-arguments.ts';
import { UsageError } from './usage-error.ts';

export type Command =
  | { name: 'analyze'; files: string[]; raw: RawOptions }
  | { name: 'explain'; rule: string | undefined; list: boolean }
  | { name: 'mtr'; files: string[]; format: 'text' | 'json' }
  | ({ name: 'plan' } & PlanArguments)
  /** Help, version or completion; yargs has written it already. */
  | { name: 'answered' };

const TEXT_OR_JSON = {
  type: 'string',
  choices: ['text', 'json'],
  requiresArg: true,
  describe: 'How to write it (default: text)',
} as const;

/** Replaces a lone `-` while yargs reads the words, because yargs drops it. No argument can contain NUL. */
const STANDARD_INPUT = '\0-';

/** @throws UsageError with yargs' message */
export async function readCommandLine(argv: readonly string[], version: string): Promise<Command> {
  let command: Command = { name: 'answered' };
  const parser = yargs(protectedWords(argv))
    .scriptName('pcapdiag')
    .locale('en')
    .exitProcess(false)
    .fail(false)
    .showHelpOnFail(false)
    .strict()
    .parserConfiguration({
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'camel-case-expansion': false,
    })
    .usage(
      '$0 <command>\n\nSays what is wrong in packet captures of pod traffic, where, how it knows, and what to run next.',
    )
    .command(
      'analyze <files..>',
      'Find the fault in one or several captures',
      (analyze) =>
        analyze
          .positional('files', {
            type: 'string',
            array: true,
            demandOption: true,
            describe: 'Captures (pcap, pcapng, gzip, zstd), folders or tar archives of them, - for standard input',
          })
          .options(yargsOptions())
          .example('$0 analyze pod.pcap', 'What is wrong in one capture')
          .example('$0 analyze node1.pcap node2.pcap', 'Where between two points packets get lost')
          .example('$0 analyze --point a.pcap=node1/eth0 a.pcap b.pcap', 'Say where a capture was taken')
          .example('$0 analyze --export-missing lost.pcapng a.pcap b.pcap', 'And keep the packets that got lost')
          .example('ssh node1 tcpdump -i any -s 0 -w - | $0 analyze -', 'Read from standard input')
          .example('$0 analyze --format json --fail-on warning captures/', 'In a CI job'),
      (given) => {
        command = {
          name: 'analyze',
          files: (given.files as unknown as string[]).map(restored),
          raw: rawOptions(given),
        };
      },
    )
    .command(
      'explain [rule]',
      'What a rule looks for, and what to do about it',
      (explain) =>
        explain
          .positional('rule', { type: 'string', describe: 'Id of the rule, for example mtu-black-hole' })
          .option('list', { type: 'boolean', describe: 'List all rules' }),
      (given) => {
        command = { name: 'explain', rule: given.rule as string | undefined, list: given.list === true };
      },
    )
    .command(
      'mtr <reports..>',
      'What reports of mtr mean: where loss and delay begin, and which of it counts',
      (mtr) =>
        mtr
          .positional('reports', {
            type: 'string',
            array: true,
            demandOption: true,
            describe: 'Output of mtr --report or mtr --json, - for standard input',
          })
          .option('format', TEXT_OR_JSON),
      (given) => {
        command = {
          name: 'mtr',
          files: (given.reports as unknown as string[]).map(restored),
          format: given.format === 'json' ? 'json' : 'text',
        };
      },
    )
    .command(
      'plan',
      'Where to capture, and the commands for it',
      (plan) =>
        plan
          .options(PLAN_OPTIONS)
          .example(
            '$0 plan --pod shop/web-0 --node node1 --cni flannel --target 10.244.2.7:80 --target-node node2',
            'Both ends and each device in between',
          ),
      (given) => {
        command = { name: 'plan', ...planArguments(given) };
      },
    )
    .completion('completion', 'Print a script for the completion of bash or zsh')
    .demandCommand(1, 'Say what to do: analyze, explain, mtr, plan or completion (see pcapdiag --help)')
    .version(version)
    .help()
    .epilogue(
      'Exit status: 0 nothing found, 1 something found (--fail-on), 2 wrong usage or a capture that cannot be read.',
    )
    .wrap(Math.min(100, process.stdout.columns ?? 100));
  try {
    await parser.parseAsync();
  } catch (error) {
    throw new UsageError(worded(error instanceof Error ? error.message : String(error), argv));
  }
  return command;
}

/** Replaces a lone `-`. Words after the first `--` are files, even those that begin with a dash. */
function protectedWords(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  const words = end < 0 ? argv : argv.slice(0, end);
  const files = end < 0 ? [] : argv.slice(end + 1);
  return [
    ...words.map((word) => (word === '-' ? STANDARD_INPUT : word)),
    ...files.map((file) => (file === '-' ? STANDARD_INPUT : file.startsWith('-') ? `./${file}` : file)),
  ];
}

/** Messages of yargs, except one that is unclear to readers who do not know yargs. */
function worded(message: string, argv: readonly string[]): string {
  if (!message.startsWith('Not enough non-option arguments')) return restored(message);
  if (argv.includes('mtr')) return 'name at least one report of mtr (see pcapdiag mtr --help)';
  return 'name at least one capture to analyze (see pcapdiag analyze --help)';
}

const restored = (word: string): string => word.replaceAll(STANDARD_INPUT, '-');

function yargsOptions() {
  return Object.fromEntries(
    Object.entries(ANALYZE_OPTIONS).map(([name, rule]) => [
      name,
      rule.kind === 'flag'
        ? { type: 'boolean' as const, describe: rule.describe }
        : {
            type: 'string' as const,
            describe: rule.describe,
            requiresArg: true,
            ...(rule.kind === 'choice' && { choices: rule.choices }),
          },
    ]),
  );
}

function rawOptions(given: Record<string, unknown>): RawOptions {
  const raw: RawOptions = {};
  for (const name of Object.keys(ANALYZE_OPTIONS) as OptionName[]) {
    const value = given[name];
    if (typeof value === 'string') raw[name] = restored(value);
    else if (Array.isArray(value)) raw[name] = value.map((item) => restored(String(item)));
    else if (typeof value === 'boolean') raw[name] = value;
  }
  return raw;
}
