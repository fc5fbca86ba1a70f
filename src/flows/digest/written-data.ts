/** Data from a file has the types of this program: every value is what the type of its field says. */
import { PcapdiagError } from '../../text/pcapdiag-error.ts';
import type { Written } from './plain-data.ts';
import { WRITTEN_TYPES } from './written-types.ts';

type Test = (value: unknown) => boolean;

const SCALARS: Readonly<Record<string, Test>> = {
  text: (value) => typeof value === 'string',
  number: (value) => Number.isFinite(value),
  whole: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  flag: (value) => typeof value === 'boolean',
  null: (value) => value === null,
};

/** @throws PcapdiagError 'corrupt-header' with the path of the first value that is something else */
export function assertWritten(value: unknown, what: Written, path: string): void {
  const wrong = wrongIn(value, what, path);
  if (wrong !== null) throw notAsWritten(wrong);
}

/** The refusal of a digest for one part of it. */
export const notAsWritten = (what: string): PcapdiagError =>
  new PcapdiagError('corrupt-header', `no digest that can be used: ${what} is not as it was written`);

/** The path of the first value that is something else; null when all is as it is to be. */
function wrongIn(value: unknown, what: Written, path: string): string | null {
  if (typeof what === 'string') {
    const scalar = SCALARS[what];
    if (scalar === undefined) return wrongInFields(value, fieldsOf(what), path);
    return scalar(value) ? null : path;
  }
  if ('is' in what) return what.is.includes(value as string) ? null : path;
  if ('any' in what) return wrongInAny(value, what.any, path);
  if ('column' in what) return (value as object | null)?.constructor?.name === what.column ? null : path;
  if ('list' in what) return Array.isArray(value) ? wrongInEach(value, () => what.list, path) : path;
  if ('tuple' in what) {
    if (!Array.isArray(value) || value.length !== what.tuple.length) return path;
    return wrongInEach(value, (at) => what.tuple[at], path);
  }
  if ('set' in what) return value instanceof Set ? wrongInEach(value, () => what.set, path) : path;
  if ('map' in what) {
    if (!(value instanceof Map)) return path;
    const [key, item] = what.map;
    return wrongInEach(value.keys(), () => key, path) ?? wrongInEach(value.values(), () => item, path);
  }
  return isPlain(value) ? wrongInEach(Object.values(value), () => what.values, path) : path;
}

/** Of the kinds that a value may be at most one is an object or a list: what is wrong in it is told. */
function wrongInAny(value: unknown, kinds: readonly Written[], path: string): string | null {
  let wrong = path;
  for (const kind of kinds) {
    const found = wrongIn(value, kind, path);
    if (found === null) return null;
    if (found.length > wrong.length) wrong = found;
  }
  return wrong;
}

function wrongInEach(values: Iterable<unknown>, whatAt: (at: number) => Written, path: string): string | null {
  let at = 0;
  for (const value of values) {
    const wrong = wrongIn(value, whatAt(at), path);
    if (wrong !== null) return wrong;
    at++;
  }
  return null;
}

interface Fields {
  byName: ReadonlyMap<string, Written>;
  needed: readonly string[];
}

function wrongInFields(value: unknown, { byName, needed }: Fields, path: string): string | null {
  if (!isPlain(value)) return path;
  for (const name of needed) if (!Object.hasOwn(value, name)) return `${path}.${name}`;
  for (const name of Object.keys(value)) {
    const what = byName.get(name);
    if (what === undefined) return `a field of ${path}`;
    const wrong = wrongIn(value[name], what, `${path}.${name}`);
    if (wrong !== null) return wrong;
  }
  return null;
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

const known = new Map<string, Fields>();

function fieldsOf(name: string): Fields {
  const fields = known.get(name) ?? split(WRITTEN_TYPES[name]);
  known.set(name, fields);
  return fields;
}

function split(type: Readonly<Record<string, Written>>): Fields {
  const all = Object.entries(type).flatMap(([names, what]) => names.split(' ').map((name) => [name, what] as const));
  return {
    byName: new Map(all.map(([name, what]) => [name.replace('?', ''), what])),
    needed: all.map(([name]) => name).filter((name) => !name.endsWith('?')),
  };
}
