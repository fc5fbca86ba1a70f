/** --color and --no-color, then NO_COLOR (not empty), then FORCE_COLOR, then whether it is a terminal that is not dumb. */
export function useColor(option: boolean | undefined, environment: NodeJS.ProcessEnv, isTerminal: boolean): boolean {
  if (option !== undefined) return option;
  if (environment.NO_COLOR) return false;
  const forced = environment.FORCE_COLOR;
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return isTerminal && environment.TERM !== 'dumb';
}
