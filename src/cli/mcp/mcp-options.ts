import type { OptionTable } from '../option-rule.ts';

/** Options of `pcapdiag mcp`. */
export const MCP_OPTIONS = {
  root: {
    kind: 'list',
    value: 'FOLDER',
    describe: 'Folder below which captures may be read (default: the current one)',
  },
} as const satisfies OptionTable;

/** Examples of its help. */
export const MCP_EXAMPLES = [
  ['--root /var/captures', 'As the command of a server in the configuration of an assistant'],
] as const;
