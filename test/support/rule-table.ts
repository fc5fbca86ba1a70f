import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Evidence } from '../../src/flows/evidence/evidence.ts';
import { namesOf } from '../../src/heuristics/facts/names.ts';
import type { Explanation, Level, Names, Occurrence, Rule } from '../../src/heuristics/rule/rule.ts';
import { advise, likelyIds } from '../../src/heuristics/rule/weigh.ts';
import { whatIsMeasuredWrong } from '../contract/schemas.mjs';
import { changedFields } from './changed-fields.ts';
import { adviceOf, packetsOf, rounded } from './sentences.ts';
import { judged, thresholdEdges, thresholdsOf } from './threshold-edges.ts';
import { toldBegunApart, toldBeside } from './told-otherwise.ts';

export { adviceOf } from './sentences.ts';

/** A row with what the occurrences must hold: one partial occurrence for each, in order. */
interface Expected {
  evidence: Evidence;
  finds: Record<string, unknown>[];
  /** Text that must stand somewhere in the explanation of the first. */
  says?: RegExp[];
}

interface Rows {
  /** At least one occurrence, of the level of `meta` or worse, or of the level that the row itself names above a note. */
  fires: Record<string, Evidence | Expected>;
  /** No occurrence. */
  quiet: Record<string, Evidence>;
  /** Occurrences, all of them at level note. */
  notes?: Record<string, Evidence | Expected>;
}

/** Most packets an occurrence shows; the total counts on. */
const PACKETS_SHOWN = 50;
/** Rows whose fields are changed. */
const ROWS_CHANGED = 2;
/** Rows whose facts are asked again with other thresholds. */
const ROWS_OF_FACTS = 2;
/** The worse the higher. */
const RANK: Record<Level, number> = { note: 0, warning: 1, error: 2 };
/** What a shell would run, were it not quoted. */
const HOSTILE = '$(touch pwned)`x`';

/**
 * Tests of a rule as a table. For every row: the evidence is frozen, `detect` runs twice and agrees with itself, and
 * what comes out is sound: packets and conversations exist, the words are there, nothing of the capture reaches a
 * command unquoted. All that a row tells is kept in `__snapshots__` beside the table: a change of one number or word
 * shows there. `npx vitest run FILE -u` writes it anew; its difference is to be read before it is committed.
 *
 * Five more tests are made of the rows. The thresholds are those of the rule's page. Each threshold is moved to the
 * numbers of each row: "connections: warning at 2, note above". Each field that the rule reads is changed: "what a row
 * rests on" says which change makes a firing row quiet, and a quiet row fire. A condition without such a line lacks a row.
 * Each row is judged beside the same traffic of other hosts, and with captures that began at other times: what is told
 * otherwise then stands in the snapshot, and is to be argued. `verdicts` beside a table judges conditions one by one.
 */
export function ruleTable(rule: Rule, { fires, quiet, notes = {} }: Rows): void {
  describe(rule.meta.id, () => {
    refuseEqualRows({ ...fires, ...quiet, ...notes });
    test('a quiet row for each false positive that meta names', () => {
      expect(Object.keys({ ...quiet, ...notes }).length).toBeGreaterThanOrEqual(rule.meta.notThis.length);
    });
    test('the page of the rule has its thresholds', () => expect(tableOf(rule)).toEqual(pageTable(rule)));
    const { own, shared } = thresholdsOf(rule);
    test('where a row passes a threshold of the rule', () => {
      const rows = Object.entries({ ...fires, ...notes, ...quiet });
      const edges = rows.flatMap(([name, row]) =>
        thresholdEdges(rule, () => evidenceOf(row), own).map((edge) => `${name}: ${edge}`),
      );
      expect(edges.join('\n')).toMatchSnapshot();
    });
    test('where a row passes a threshold of a fact', () => {
      const rows = Object.entries({ ...fires, ...notes }).slice(0, ROWS_OF_FACTS);
      const edges = rows.flatMap(([name, row]) =>
        thresholdEdges(rule, () => structuredClone(evidenceOf(row)), shared).map((edge) => `${name}: ${edge}`),
      );
      expect(edges.join('\n')).toMatchSnapshot();
    });
    test('what a row rests on', () => {
      const rows = [...Object.values(fires), ...Object.values(notes), ...Object.values(quiet)].map(evidenceOf);
      const decisive = new Set<string>();
      const told = Object.entries(fires)
        .slice(0, ROWS_CHANGED)
        .flatMap(([name, row]) =>
          restsOn(rule, evidenceOf(row), rows).map(({ path, line, isOfLevel }) => {
            if (isOfLevel) decisive.add(path);
            return `${name}: ${line}`;
          }),
        );
      const keptQuiet = Object.entries(quiet).flatMap(([name, row]) =>
        restsOn(rule, evidenceOf(row), rows, (path) => decisive.has(path)).map(({ line }) => `${name}: ${line}`),
      );
      expect([...told, ...keptQuiet].join('\n')).toMatchSnapshot();
    });
    const evidences = (rows: Record<string, Evidence | Expected>): Record<string, Evidence> =>
      Object.fromEntries(Object.entries(rows).map(([name, row]) => [name, evidenceOf(row)]));
    test('what a row tells otherwise beside traffic of other hosts', () => {
      const [other] = Object.values(fires).map(evidenceOf);
      expect(toldBeside(rule, evidences({ ...fires, ...notes, ...quiet }), other)).toMatchSnapshot();
    });
    test('what a row tells otherwise when its captures began at other times', () => {
      expect(toldBegunApart(rule, evidences({ ...fires, ...notes, ...quiet }))).toMatchSnapshot();
    });
    for (const [name, row] of Object.entries(fires)) {
      test(`fires: ${name}`, () => {
        const found = judgeRow(rule, row);
        expect(toldOf(rule, row, found)).toMatchSnapshot();
        expect(found.length).toBeGreaterThan(0);
        expect(found.some((one) => RANK[one.level ?? rule.meta.level] >= leastRank(rule, row))).toBe(true);
      });
    }
    for (const [name, row] of Object.entries(quiet)) {
      test(`quiet: ${name}`, () => expect(judgeRow(rule, row).map(({ key }) => key)).toEqual([]));
    }
    for (const [name, row] of Object.entries(notes)) {
      test(`only a note: ${name}`, () => {
        const found = judgeRow(rule, row);
        expect(toldOf(rule, row, found)).toMatchSnapshot();
        const levels = found.map(({ level }) => level ?? rule.meta.level);
        expect(levels.length).toBeGreaterThan(0);
        expect(new Set(levels)).toEqual(new Set(['note']));
      });
    }
  });
}

const evidenceOf = (row: Evidence | Expected): Evidence => ('evidence' in row ? row.evidence : row);

/** Fields whose change changes what is found or its likely causes: "connections.end.byReset = true: nothing". */
function restsOn(
  rule: Rule,
  row: Evidence,
  rows: readonly Evidence[],
  isAsked?: (path: string) => boolean,
): { path: string; line: string; isOfLevel: boolean }[] {
  const verdict = (evidence: Evidence): { level: string; causes: string } => {
    const found = [...rule.detect(evidence)];
    const names = namesOf(evidence);
    const causes = found.flatMap((one) => likelyIds(rule.explain(one, names).causes));
    return { level: judged(rule, found), causes: [...new Set(causes)].join(', ') };
  };
  const before = verdict(row);
  const lines: { path: string; line: string; isOfLevel: boolean }[] = [];
  for (const { path, change, evidence } of changedFields(row, rows, (read) => verdict(read), isAsked)) {
    let now: ReturnType<typeof verdict>;
    try {
      now = verdict(evidence);
    } catch {
      // No capture gives such evidence.
      continue;
    }
    if (now.level !== before.level) lines.push({ path, line: `${change}: ${now.level}`, isOfLevel: true });
    else if (now.causes !== before.causes)
      lines.push({ path, line: `${change}: likely ${now.causes || 'no cause'}`, isOfLevel: false });
  }
  return lines;
}

const tableOf = ({ thresholds }: Rule): string[] =>
  Object.entries(thresholds).map(([name, { value, unit }]) => `${name} ${value} ${unit}`);

const pageTable = ({ meta }: Rule): string[] =>
  [
    ...readFileSync(resolve('docs/rules', `${meta.id}.md`), 'utf8').matchAll(/^\| `(\w+)` \| (\S+) \| ([^|]+) \|/gm),
  ].map(([, name, value, unit]) => `${name} ${value} ${unit}`);

/** A row that says which level it finds may say a warning; any other has the level of `meta` or worse. */
function leastRank(rule: Rule, row: Evidence | Expected): number {
  const saysLevel = 'evidence' in row && row.finds.some((finding) => 'level' in finding);
  return saysLevel ? RANK.warning : RANK[rule.meta.level];
}

function judgeRow(rule: Rule, row: Evidence | Expected): Occurrence[] {
  const { evidence, finds, says } = 'evidence' in row ? row : { evidence: row, finds: undefined, says: undefined };
  deepFreeze(evidence);
  const found = [...rule.detect(evidence)];
  // A clone has no part in caches kept by identity.
  expect([...rule.detect(deepFreeze(structuredClone(evidence)))], 'the same evidence gives the same').toEqual(found);
  const names = namesOf(evidence);
  for (const occurrence of found) checkOccurrence(rule, occurrence, evidence, names);
  if (finds !== undefined) expect(found).toMatchObject(finds);
  if (says !== undefined) {
    const text = JSON.stringify(rule.explain(found[0], names));
    for (const pattern of says) expect(text).toMatch(pattern);
  }
  return found;
}

/** Every field of every occurrence of a row, and what is said of it: a line for each. */
function toldOf(rule: Rule, row: Evidence | Expected, found: readonly Occurrence[]): string {
  const names = namesOf('evidence' in row ? row.evidence : row);
  return found
    .map((occurrence) => [...fieldsOf(rule, occurrence), ...wordsOf(rule, occurrence, names)].join('\n'))
    .join('\n\n');
}

function fieldsOf(rule: Rule, occurrence: Occurrence): string[] {
  const { key, level = rule.meta.level, packets, packetsTotal, measured, ...rest } = occurrence;
  return [
    `${level} ${key}`,
    ...packetsOf(packets),
    `of ${packetsTotal} packets`,
    ...Object.entries({ ...rest, ...measured }).map(([name, value]) => `${name} ${JSON.stringify(value, rounded)}`),
  ];
}

function wordsOf(rule: Rule, occurrence: Occurrence, names: Names): string[] {
  const words = rule.explain(occurrence, names);
  return [words.message, words.why, ...adviceOf(words), words.wireshark].map((text) =>
    JSON.stringify(text).slice(1, -1),
  );
}

function checkOccurrence(rule: Rule, occurrence: Occurrence, evidence: Evidence, names: Names): void {
  expect(occurrence.key).not.toBe('');
  expect(whatIsMeasuredWrong(rule.meta.id, occurrence.measured)).toBeUndefined();
  expect(occurrence.packets.length).toBeLessThanOrEqual(PACKETS_SHOWN);
  expect(occurrence.packetsTotal).toBeGreaterThanOrEqual(occurrence.packets.length);
  expect(occurrence.reach).toBeGreaterThan(0);
  for (const { point, packet } of occurrence.packets) {
    expect(evidence.points[point], `packet ${packet} is of a point that exists`).toBeDefined();
  }
  for (const index of occurrence.conversations) expect(evidence.conversations[index]).toBeDefined();
  expect(new Set(occurrence.conversations).size, 'no conversation twice').toBe(occurrence.conversations.length);
  for (const index of occurrence.between ?? []) expect(evidence.points[index]).toBeDefined();
  checkWords(rule.explain(occurrence, names), /\\(u00[01]|[bfnrt])/.test(JSON.stringify(evidence)));
  checkQuoting(rule.explain(poisoned(occurrence), names));
}

function checkWords(words: Explanation, controlCharactersGiven: boolean): void {
  const ids = words.causes.map(({ id }) => id);
  expect(new Set(ids).size, `each cause has an id of its own: ${ids}`).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  for (const text of [words.message, words.why]) expect(text).toMatch(/^\S.*\S$/su);
  for (const text of textsOf(words)) {
    expect(text).not.toMatch(/undefined|NaN|\[object|null/);
    expect(text, 'a number and its noun agree').not.toMatch(
      /(?<![\d.:])1 (connections|conversations|packets|times|others|sockets|requests|replies|resets|queries|clients|lookups|exchanges|attempts|answers(?! ))\b/,
    );
    if (!controlCharactersGiven) expect(text).not.toMatch(/\p{Cc}/u);
  }
  expect(words.message, 'a message is one sentence without a full stop').not.toMatch(/\.$/);
  for (const { command } of [...advise(words).confirm, ...advise(words).repairs]) {
    expect(unquoted(command), 'real values, no placeholder').not.toMatch(/<[a-z][\w ./-]*>/i);
  }
}

const textsOf = (words: Explanation): string[] => [
  words.message,
  words.why,
  words.wireshark,
  ...advise(words).fix,
  ...advise(words).confirm.flatMap(({ on, command, expect: sight }) => [on, command, sight]),
  ...advise(words).hypotheses.flatMap((hypothesis) => [hypothesis.cause, ...hypothesis.for, ...hypothesis.against]),
];

/** Addresses and names of the occurrence with a command substitution behind them: it must stay inside quotes. */
function checkQuoting(words: Explanation): void {
  for (const { command } of [...advise(words).confirm, ...advise(words).repairs]) {
    expect(unquoted(command).includes('pwned'), `not quoted: ${command}`).toBe(false);
  }
}

/** What a POSIX shell reads outside single quotes. */
const unquoted = (command: string): string => command.replaceAll(/'[^']*'/g, '');

/** Looks like an address, an end point, or a DNS name: what comes from the capture. */
const FROM_CAPTURE = /^(\[?[\da-f.:]+\]?(:\d+)?|[\w-]+(\.[\w-]+)+\.?)$/i;

function poisoned<T>(value: T): T {
  if (typeof value === 'string') return (FROM_CAPTURE.test(value) && /[.:]/.test(value) ? value + HOSTILE : value) as T;
  if (Array.isArray(value)) return value.map(poisoned) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, poisoned(inner)])) as T;
}

function refuseEqualRows(rows: Record<string, Evidence | Expected>): void {
  const seen = new Map<string, string>();
  for (const [name, row] of Object.entries(rows)) {
    const text = JSON.stringify('evidence' in row ? row.evidence : row);
    const twin = seen.get(text);
    if (twin !== undefined) throw new Error(`rows "${twin}" and "${name}" are equal`);
    seen.set(text, name);
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
  return value;
}
