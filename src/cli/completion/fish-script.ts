import { DEFAULT_COMMAND } from '../command-table.ts';
import type { OfferedCommand, OfferedOption } from './offered-words.ts';

/** Completion for fish 3: a file pcapdiag.fish in the folder of completions. */
export function fishScript(commands: readonly OfferedCommand[]): string {
  const others = commands.map(({ name }) => name).filter((name) => name !== DEFAULT_COMMAND);
  const first = commands.map(({ name, summary }) => line('__fish_use_subcommand', `-a ${name}`, summary));
  const ofCommands = commands.flatMap(({ name, options, operands }) => {
    const condition =
      name === DEFAULT_COMMAND
        ? `not __fish_seen_subcommand_from ${others.join(' ')}`
        : `__fish_seen_subcommand_from ${name}`;
    const words = typeof operands === 'string' ? '' : ` -a ${quoted(operands.join(' '))}`;
    const noFiles = operands === 'files' ? [] : [`complete -c pcapdiag -n ${quoted(condition)} -f${words}`];
    return [...noFiles, ...options.map((option) => line(condition, optionWords(option), option.describe))];
  });
  return `# Completion of pcapdiag for fish: the file pcapdiag.fish in ~/.config/fish/completions.\n${[...first, ...ofCommands].join('\n')}\n`;
}

/** `-r` takes a value that may be a file, `-x` one that is none. */
function optionWords({ long, short, value }: OfferedOption): string {
  const names = `-l ${long.slice(2)}${short === undefined ? '' : ` -s ${short.slice(1)}`}`;
  if (value === 'none') return names;
  if (value === 'files') return `${names} -r -F`;
  return value === 'free' ? `${names} -x` : `${names} -x -a ${quoted(value.join(' '))}`;
}

const line = (condition: string, words: string, describe: string): string =>
  `complete -c pcapdiag -n ${quoted(condition)} ${words} -d ${quoted(describe)}`;

const quoted = (text: string): string => `'${text.replace(/['\\]/g, '\\$&')}'`;
