import type { Evidence } from '../../src/flows/evidence/evidence.ts';

/** A field of all items of a list: "connections.directions.0.fins". Elements of inner lists share one path. */
interface Field {
  path: string;
  values: Set<Json>;
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Fields that place an item and say nothing of it. */
const PLACES: ReadonlySet<string> = new Set([
  'index',
  'point',
  'flow',
  'packet',
  'capture',
  'time',
  'from',
  'to',
  'port',
]);
const isIndex = (key: string): boolean => /^\d+$/.test(key);
const isOfDirections = (path: string): boolean => path.endsWith('.directions');
/** What only names something: addresses, names, MACs. */
const isName = (text: string): boolean => !/^[a-z][a-z-]*$/.test(text);

/** A row in which one field has another value, in all items that have it. */
export interface ChangedField {
  /** "connections.turns" */
  path: string;
  /** "connections.turns = 0" */
  change: string;
  evidence: Evidence;
}

/**
 * The row with each field changed that `read` reads: flags turned, counts from none to one and from any to none, lists
 * emptied, and what may be null set to null. What may be null, and the other words of a field, are told by the rows.
 *
 * @param isAsked whether the field is to be changed
 */
export function* changedFields(
  row: Evidence,
  rows: readonly Evidence[],
  read: (evidence: Evidence) => unknown,
  isAsked: (path: string) => boolean = () => true,
): Generator<ChangedField> {
  const known = new Map<string, Set<Json>>();
  for (const one of rows) collect(one as unknown as Json, '', known);
  for (const { path, values } of fieldsRead(row, read)) {
    if (!isAsked(path)) continue;
    const others = [...(known.get(path) ?? [])].filter((value) => value === null || typeof value === 'string');
    for (const value of otherValues(values, others)) {
      const evidence = withValue(row as unknown as Json, path.split('.'), value) as unknown as Evidence;
      yield { path, change: `${path} = ${JSON.stringify(value)}`, evidence };
    }
  }
}

function otherValues(values: ReadonlySet<Json>, others: readonly Json[]): Json[] {
  const all = [...values];
  const found = new Set<Json>();
  if (all.some((one) => typeof one === 'boolean')) for (const one of [true, false]) found.add(one);
  if (all.some((one) => typeof one === 'number')) found.add(all.some((one) => one === 0) ? 1 : 0);
  if (all.some(Array.isArray)) return [[]];
  for (const other of others) if (!(typeof other === 'string' && isName(other))) found.add(other);
  return [...found].filter((one) => all.some((value) => value !== one));
}

/** Paths that are read, with their values: what the rule asks. */
function fieldsRead(row: Evidence, read: (evidence: Evidence) => unknown): Field[] {
  const fields = new Map<string, Field>();
  const wrapped = new WeakMap<object, object>();
  const wrap = (node: object, path: string): object => {
    const before = wrapped.get(node);
    if (before !== undefined) return before;
    const proxy = new Proxy(node, {
      get(target, key, receiver) {
        const value = Reflect.get(target, key, receiver) as Json;
        if (typeof key !== 'string' || typeof value === 'function') return value;
        // Both directions are told apart; elements of other lists are not.
        if (Array.isArray(target))
          return inner(value, isIndex(key) ? `${path}${isOfDirections(path) ? `.${key}` : ''}` : '');
        const here = path === '' ? key : `${path}.${key}`;
        if (path !== '' && !PLACES.has(key)) {
          const field = fields.get(here) ?? { path: here, values: new Set() };
          fields.set(here, field);
          field.values.add(value);
        }
        return inner(value, here);
      },
    });
    wrapped.set(node, proxy);
    return proxy;
  };
  const inner = (value: Json, path: string): unknown =>
    typeof value === 'object' && value !== null && path !== '' ? wrap(value, path) : value;
  read(wrap(structuredClone(row), '') as Evidence);
  return [...fields.values()].sort((a, b) => a.path.localeCompare(b.path));
}

function collect(node: Json, path: string, known: Map<string, Set<Json>>): void {
  if (Array.isArray(node))
    for (const [nth, one] of node.entries()) collect(one, isOfDirections(path) ? `${path}.${nth}` : path, known);
  else if (typeof node === 'object' && node !== null)
    for (const [key, value] of Object.entries(node)) {
      const here = path === '' ? key : `${path}.${key}`;
      const values = known.get(here) ?? new Set();
      known.set(here, values);
      if (typeof value !== 'object' || value === null) values.add(value);
      collect(value, here, known);
    }
}

/** With a new value at the path. What does not change is shared with the row, of which it is a copy otherwise. */
function withValue(node: Json, path: readonly string[], value: Json): Json {
  if (path.length === 0) return value;
  const [key, ...rest] = path;
  if (Array.isArray(node))
    return isIndex(key)
      ? node.map((one, nth) => (nth === Number(key) ? withValue(one, rest, value) : one))
      : node.map((one) => withValue(one, path, value));
  if (typeof node !== 'object' || node === null || !(key in node)) return node;
  return { ...node, [key]: withValue(node[key], rest, value) };
}
