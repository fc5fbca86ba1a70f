/** Words that the quick reader leaves: they are read by yargs, with the options of the command. */
import yargs from 'yargs';
import type { OptionTable, RawOptions, Words } from './option-rule.ts';
import { UsageError } from './usage-error.ts';

/** Replaces a lone `-` while yargs reads the words, because yargs drops it. No argument can contain NUL. */
const STANDARD_INPUT = '\0-';

/** @param words long options only (`longWords`) @throws UsageError with yargs' message */
export async function yargsWords(words: readonly string[], options: OptionTable): Promise<Words> {
  const parser = yargs(protectedWords(words))
    .scriptName('pcapdiag')
    .locale('en')
    .exitProcess(false)
    .fail(false)
    .showHelpOnFail(false)
    .help(false)
    .version(false)
    .strictOptions()
    .parserConfiguration({
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'camel-case-expansion': false,
    })
    .options(yargsOptions(options));
  try {
    const given = await parser.parseAsync();
    return { operands: given._.map((word) => restored(String(word))), raw: rawOptions(given, options) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(restored(message).replace(/\s*\n\s*/g, ' '));
  }
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

const restored = (word: string): string => word.replaceAll(STANDARD_INPUT, '-');

const yargsOptions = (options: OptionTable) =>
  Object.fromEntries(
    Object.entries(options).map(([name, rule]) => [
      name,
      rule.kind === 'flag'
        ? { type: 'boolean' as const }
        : { type: 'string' as const, requiresArg: true, ...(rule.choices && { choices: rule.choices }) },
    ]),
  );

function rawOptions(given: Record<string, unknown>, options: OptionTable): RawOptions {
  const raw: RawOptions = {};
  for (const name of Object.keys(options)) {
    const value = given[name];
    if (options[name].kind === 'flag') {
      // Of a flag that is given several times the last one counts.
      const last: unknown = Array.isArray(value) ? value.at(-1) : value;
      if (typeof last === 'boolean') raw[name] = last;
    } else if (typeof value === 'string')
      raw[name] = options[name].kind === 'list' ? [restored(value)] : restored(value);
    else if (Array.isArray(value)) raw[name] = value.map((item) => restored(String(item)));
  }
  return raw;
}
