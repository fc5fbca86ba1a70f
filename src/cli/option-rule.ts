/** One option of a command. Help, manual, completion and both readers of the command line are made from it. */
export interface OptionRule {
  /** `text` and `choice` take a value once, `list` takes one each time that it is given, `flag` takes none. */
  kind: 'text' | 'choice' | 'flag' | 'list';
  /** What it does, for help and manual: no full stop. */
  describe: string;
  /** One letter: `-o`. */
  short?: string;
  choices?: readonly string[];
  /** Name of the value in help and manual. The shells complete names of files for `FILE`. */
  value?: string;
  /** It takes two values, which are kept with a space between them. */
  isPair?: true;
  /** The command does nothing without it. */
  isNeeded?: true;
  /** The option with which this one is not needed. */
  unless?: string;
}

export type OptionTable = Readonly<Record<string, OptionRule>>;
/** Option values as given on the command line. */
export type RawOptions<Name extends string = string> = { [Each in Name]?: string | boolean | readonly string[] };

/** Words of a command line, told apart. */
export interface Words {
  operands: string[];
  raw: RawOptions;
}

/** How help, manual and messages call the value of an option; undefined for a flag. */
export function valueName({ kind, choices, value }: OptionRule): string | undefined {
  if (kind === 'flag') return undefined;
  return value ?? (choices === undefined ? 'VALUE' : choices.join('|'));
}
