import { rules } from '../../index.ts';
import { didYouMean } from '../../text/suggestion.ts';
import { SHELLS, type Shell } from '../command-table.ts';
import { bashScript } from '../completion/bash-script.ts';
import { fishScript } from '../completion/fish-script.ts';
import { offeredCommands } from '../completion/offered-words.ts';
import { zshScript } from '../completion/zsh-script.ts';
import { EXIT_CLEAN } from '../exit-status.ts';
import { UsageError } from '../usage-error.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const satisfies Record<Shell, unknown>;

/** Prints a script that knows all words, so no Tab starts this program. @throws UsageError for another shell */
export function completionCommand(given: string): number {
  const shell = SHELLS.find((each) => each === given);
  if (shell === undefined)
    throw new UsageError(`completion is made for ${SHELLS.join(', ')}, not for "${given}"${didYouMean(given, SHELLS)}`);
  process.stdout.write(SCRIPTS[shell](offeredCommands(rules.map(({ id }) => id))));
  return EXIT_CLEAN;
}
