/**
 * Checks, in this order: --color and --no-color, NO_COLOR (not empty), FORCE_COLOR, then whether the output is a
 * terminal and not a dumb one.
 */
export function useColor(option: boolean | undefined, environment: NodeJS.ProcessEnv, isTerminal: boolean): boolean {
  if (option !== undefined) return option;
  if (environment.NO_COLOR) return false;
  const forced = environment.FORCE_COLOR;
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return isTerminal && environment.TERM !== 'dumb';
}
