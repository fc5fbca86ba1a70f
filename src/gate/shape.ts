import { isDay } from '../text/day.ts';

/** Keys and positions that lead to a value of a file; none for the whole file. */
export type Place = readonly (string | number)[];

/** What a value from a file has to look like, and what is wrong with it, by its place: `rules.dns-slow`. */
export class ShapeError extends Error {
  readonly place: Place;

  /** @param message what follows the place in a sentence */
  constructor(place: Place, message: string) {
    super(`${placeText(place)}${message.startsWith(':') ? '' : ' '}${message}`.trimStart());
    this.name = 'ShapeError';
    this.place = place;
  }
}

const placeText = (place: Place): string =>
  place.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? key : `${text}.${key}`),
    '',
  );

/** Returns the value as it is meant. @throws ShapeError with the place of what is wrong */
export type Read<T> = (value: unknown, place: Place) => T;

export const text: Read<string> = (value, place) => {
  if (typeof value !== 'string' || value === '') throw new ShapeError(place, 'must be a text');
  return value;
};

/** A whole number from 0. */
export const count: Read<number> = (value, place) => {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0)
    throw new ShapeError(place, 'must be a whole number from 0');
  return value;
};

/** A date without a time: "2027-01-31". */
export const date: Read<string> = (value, place) => {
  const written = value instanceof Date ? value.toISOString().slice(0, 10) : value;
  if (typeof written !== 'string' || !isDay(written)) throw new ShapeError(place, 'must be a date such as 2027-01-31');
  return written;
};

export const choice =
  <const C extends string>(choices: readonly C[]): Read<C> =>
  (value, place) => {
    const found = choices.find((each) => each === value);
    if (found === undefined) throw new ShapeError(place, `must be one of ${choices.join(', ')}`);
    return found;
  };

export const list =
  <T>(item: Read<T>): Read<T[]> =>
  (value, place) => {
    if (!Array.isArray(value)) throw new ShapeError(place, 'must be a list');
    return value.map((each, at) => item(each, [...place, at]));
  };

/** A list, or one item without it. */
export const oneOrMore =
  <T>(item: Read<T>): Read<T[]> =>
  (value, place) =>
    Array.isArray(value) ? list(item)(value, place) : [item(value, place)];

/** Any keys, with values of one kind. @param name what a key has to be; any text without it */
export const record =
  <T>(item: Read<T>, name: Read<string> = (key) => key as string): Read<Record<string, T>> =>
  (value, place) =>
    Object.fromEntries(
      Object.entries(mapping(value, place)).map(([key, each]) => [
        name(key, [...place, key]),
        item(each, [...place, key]),
      ]),
    );

/** These keys and no others; those that are not there are left out. */
export const object =
  <T extends object>(fields: { readonly [K in keyof T]-?: Read<NonNullable<T[K]>> }): Read<Partial<T>> =>
  (value, place) => {
    const given = mapping(value, place);
    const strange = Object.keys(given).find((key) => !Object.hasOwn(fields, key));
    if (strange !== undefined)
      throw new ShapeError([...place, strange], `is not known here; known are ${Object.keys(fields).join(', ')}`);
    const read: Partial<T> = {};
    for (const key of Object.keys(given) as (keyof T & string)[]) read[key] = fields[key](given[key], [...place, key]);
    return read;
  };

/** @throws ShapeError where a key is missing */
export function needed<T extends object, K extends keyof T & string>(
  given: T,
  keys: readonly K[],
  place: Place,
): T & { [P in K]-?: NonNullable<T[P]> } {
  const missing = keys.find((key) => given[key] === undefined);
  if (missing !== undefined) throw new ShapeError(place, `needs ${missing}`);
  return given as T & { [P in K]-?: NonNullable<T[P]> };
}

function mapping(value: unknown, place: Place): Record<string, unknown> {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new ShapeError(place, place.length === 0 ? 'no keys and values' : 'must have keys and values');
  return value as Record<string, unknown>;
}
