/** A file of its own, so that the commands that only list load no rules: hops are told from a whole analysis. */
export { formatHops, hopStats } from '../index.ts';
