import { didYouMean } from '../../text/suggestion.ts';
import { COMMAND_NAMES, type CommandName } from '../command-table.ts';
import { EXIT_CLEAN } from '../exit-status.ts';
import { helpText } from '../help-text.ts';
import { UsageError } from '../usage-error.ts';

/** Widest lines of help, in columns. */
const MOST_COLUMNS = 100;

/** Prints what a command does; without one, what there is. */
export function printHelp(command: CommandName | undefined): number {
  process.stdout.write(helpText(command, Math.min(MOST_COLUMNS, process.stdout.columns ?? MOST_COLUMNS)));
  return EXIT_CLEAN;
}

/** `pcapdiag help [COMMAND]`. @throws UsageError for a command that does not exist */
export function helpCommand(given: string | undefined): number {
  const command = COMMAND_NAMES.find((name) => name === given);
  if (given !== undefined && command === undefined)
    throw new UsageError(`no command is called "${given}"${didYouMean(given, COMMAND_NAMES)}`);
  return printHelp(command);
}
