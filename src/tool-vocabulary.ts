import { catalogue } from './heuristics/rules/catalogue.ts';

let known: ReadonlySet<string> | undefined;

/** Words that reports use, whatever was captured: those of the pages of all rules. */
export function toolVocabulary(): ReadonlySet<string> {
  known ??= new Set(
    JSON.stringify(catalogue.map(({ meta }) => meta))
      .toLowerCase()
      .match(/[a-z][a-z0-9-]+/g) ?? [],
  );
  return known;
}
