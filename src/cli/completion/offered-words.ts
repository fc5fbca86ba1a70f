/** What a shell may offer, as plain lists: the three scripts are made from it. */
import { COMMAND_NAMES, type CommandName, commandRule, GLOBAL_OPTIONS, SHELLS } from '../command-table.ts';
import type { OptionRule, OptionTable } from '../option-rule.ts';

export interface OfferedOption {
  /** `--format`. */
  long: string;
  /** `-f`. */
  short: string | undefined;
  describe: string;
  /** `files` for names of files, a list of values, `free` for other values, `none` for a flag. */
  value: 'files' | 'free' | 'none' | readonly string[];
  isRepeated: boolean;
}

export interface OfferedCommand {
  name: CommandName;
  summary: string;
  options: OfferedOption[];
  /** What stands in place of an operand. */
  operands: 'files' | 'none' | readonly string[];
  mostOperands: number;
}

/** @param rules ids of all rules */
export function offeredCommands(rules: readonly string[]): OfferedCommand[] {
  return COMMAND_NAMES.map((name) => {
    const { summary, options, operandKind, most } = commandRule(name);
    const words = { rule: rules, shell: SHELLS, command: COMMAND_NAMES, files: 'files', none: 'none' } as const;
    return {
      name,
      summary,
      options: allOptions(options).map(([option, rule]) => ({
        long: `--${option}`,
        short: rule.short === undefined ? undefined : `-${rule.short}`,
        describe: rule.describe,
        value: rule.kind === 'flag' ? 'none' : (rule.choices ?? (rule.value?.startsWith('FILE') ? 'files' : 'free')),
        isRepeated: rule.kind === 'list',
      })),
      operands: words[operandKind],
      mostOperands: most,
    };
  });
}

const allOptions = (options: OptionTable): [string, OptionRule][] => Object.entries({ ...options, ...GLOBAL_OPTIONS });
