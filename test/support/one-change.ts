import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Evidence } from '../../src/flows/evidence/evidence.ts';
import { namesOf } from '../../src/heuristics/facts/names.ts';
import type { Occurrence, Rule } from '../../src/heuristics/rule/rule.ts';
import { likelyIds } from '../../src/heuristics/rule/weigh.ts';
import { rounded } from './sentences.ts';
import { judged } from './threshold-edges.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A row with one thing changed, and what is found then. */
export interface OneChange {
  row: string;
  /** "icmpErrors.1.code = 1", "hosts.0 removed", or "hosts.0 twice" */
  change: string;
  /** "nothing", or what is another than in the row itself: "expired 1; likely small-ttl-set" */
  tells: string;
}

/** Of the file beside the table of the rule, where there is one: a line "# row", and under it "change → what is told". */
export function changesOf({ meta: { faultClass, id } }: Rule): OneChange[] {
  const path = resolve('test/heuristics/rules', faultClass, 'one-change', `${id}.txt`);
  if (!existsSync(path)) return [];
  let row = '';
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      if (line.startsWith('# ')) row = line.slice(2);
      const [change, tells] = line.split(' → ');
      return tells === undefined ? [] : [{ row, change, tells }];
    });
}

/** The row with the change. A point that it does not have is another one, elsewhere. */
export function changed(row: Evidence, change: string): Evidence {
  const [, path, what] = /^(\S+) (.*)$/.exec(change) as RegExpExecArray;
  const result = withChange(row as unknown as Json, path.split('.'), what) as unknown as Evidence;
  const elsewhere = row.points.length;
  if (what !== `= ${elsewhere}` || !/\b(point|from|to)$/.test(path)) return result;
  const [first] = row.points;
  return { ...result, points: [...result.points, { ...first, index: elsewhere, name: 'elsewhere', host: null }] };
}

function withChange(node: Json, [key, ...rest]: readonly string[], what: string): Json {
  if (Array.isArray(node)) {
    const at = Number(key);
    const one = node[at];
    if (rest.length > 0 || what.startsWith('=')) return node.with(at, changedValue(one, rest, what));
    return what === 'removed' ? node.toSpliced(at, 1) : node.toSpliced(at, 0, one);
  }
  const fields = node as { [key: string]: Json };
  return { ...fields, [key]: changedValue(fields[key], rest, what) };
}

const changedValue = (value: Json, rest: readonly string[], what: string): Json =>
  rest.length > 0 ? withChange(value, rest, what) : JSON.parse(what.slice(2));

/** What is told otherwise than of the row: other levels, or the fields and likely causes that differ. */
export function toldOtherwise(rule: Rule, row: Evidence, change: string): string {
  const evidence = changed(row, change);
  const [before, now] = [[...rule.detect(row)], [...rule.detect(evidence)]];
  const levels = judged(rule, now);
  if (levels !== judged(rule, before)) return levels;
  const all = now.flatMap((one, at) => {
    const known = fieldsOf(rule, before[at], row);
    return Object.entries(fieldsOf(rule, one, evidence)).flatMap(([name, text]) =>
      text === known[name] ? [] : [`${name} ${text}`],
    );
  });
  return all.join('; ') || 'the same';
}

function fieldsOf(rule: Rule, occurrence: Occurrence, row: Evidence): Record<string, string> {
  const { packets, measured, ...rest } = occurrence;
  return {
    ...Object.fromEntries(
      Object.entries({ ...measured, ...rest }).map(([name, value]) => [name, JSON.stringify(value, rounded)]),
    ),
    packets: packets.map(({ point, packet, direction, note }) => `${point}:${packet} ${direction} ${note}`).join(', '),
    likely: likelyIds(rule.explain(occurrence, namesOf(row)).causes).join(', '),
  };
}
