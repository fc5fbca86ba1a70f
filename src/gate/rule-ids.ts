import { catalogue } from '../heuristics/rules/catalogue.ts';
import { didYouMean } from '../text/suggestion.ts';
import { type Read, ShapeError, text } from './shape.ts';

const IDS: readonly string[] = catalogue.map(({ meta }) => meta.id);

/** The id of a rule of the catalogue. @throws ShapeError with the id that was probably meant */
export const catalogueRule: Read<string> = (value, place) => {
  const id = text(value, place);
  if (!IDS.includes(id))
    throw new ShapeError(place, `: no rule is called "${id}"${didYouMean(id, IDS)} (pcapdiag explain --list)`);
  return id;
};

/** The id of a rule, also of one that a program adds to the catalogue ("acme/many-syns"), which nobody knows here. */
export const ruleId: Read<string> = (value, place) =>
  text(value, place).includes('/') ? (value as string) : catalogueRule(value, place);

/** The id of a rule, in which * may stand for any part. @throws ShapeError where no rule has such an id */
export const rulePattern: Read<string> = (value, place) => {
  const pattern = text(value, place);
  if (pattern.includes('/')) return pattern;
  if (!pattern.includes('*')) return catalogueRule(pattern, place);
  const isMeant = matcherOf(pattern);
  if (!IDS.some((id) => isMeant.test(id)))
    throw new ShapeError(place, `: no rule has an id such as "${pattern}" (pcapdiag explain --list)`);
  return pattern;
};

/** Whole ids that a pattern means. */
export function matcherOf(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replace(/[^a-z0-9-]/gi, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}
