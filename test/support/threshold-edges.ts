import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Evidence } from '../../src/flows/evidence/evidence.ts';
import type { Occurrence, Rule, Threshold, Unit } from '../../src/heuristics/rule/rule.ts';

/** Above every number of a row. */
const ENDLESS = 1e12;
/** What is not counted is moved by a millionth. */
const CONTINUOUS: ReadonlySet<Unit> = new Set(['s', 'ms', 'share', 'factor', 'standard deviations']);
const NEXT = 1e-6;

type Adjustable = { -readonly [K in keyof Threshold]: Threshold[K] };
export type NamedThreshold = [name: string, threshold: Adjustable];

/** The thresholds that stand in the file of the rule, and those of facts and causes that it reads. */
export function thresholdsOf(rule: Rule): { own: NamedThreshold[]; shared: NamedThreshold[] } {
  const { faultClass, id } = rule.meta;
  const text = readFileSync(resolve('src/heuristics/rules', faultClass, `${id}.ts`), 'utf8');
  const isOwn = (name: string): boolean => new RegExp(`^ {2}${name}: \\{`, 'm').test(text);
  const all: NamedThreshold[] = Object.entries(rule.thresholds);
  return { own: all.filter(([name]) => isOwn(name)), shared: all.filter(([name]) => !isOwn(name)) };
}

/**
 * Where what is found changes when a threshold moves, at the numbers that were measured and the shares of one in another:
 * "connections: warning at 2, note above" says that the row has two, and that two are enough for a warning. So each row
 * tests the boundary of each threshold that decides it, wherever the row itself lies.
 *
 * @param evidenceOf a new copy each time where facts may be kept by evidence
 */
export function thresholdEdges(
  rule: Rule,
  evidenceOf: () => Evidence,
  thresholds: readonly NamedThreshold[],
): string[] {
  return thresholds.flatMap(([name, threshold]) => {
    const { value } = threshold;
    const at = (moved: number): Occurrence[] => {
      threshold.value = moved;
      try {
        return [...rule.detect(evidenceOf())];
      } finally {
        threshold.value = value;
      }
    };
    const isWhole = !CONTINUOUS.has(threshold.unit);
    const ends = [value, isWhole ? 1 : value * NEXT, ENDLESS].map(at);
    if (new Set(ends.map((found) => judged(rule, found))).size === 1) return [];
    const numbers = numbersOf(ends.flat()).filter((number) => !isWhole || Number.isInteger(number));
    return numbers.flatMap((number) => {
      const step = isWhole ? 1 : number * NEXT;
      const [below, there, above] = [Math.max(step, number - step), number, number + step].map((moved) =>
        judged(rule, at(moved)),
      );
      const sentences = there === above ? [] : [`${name}: ${there} at ${shown(number)}, ${above} above`];
      // The number before says the same.
      if (there !== below && !numbers.includes(number - step))
        sentences.unshift(`${name}: ${below} below ${shown(number)}, ${there} there`);
      return sentences;
    });
  });
}

/** The levels that are found, by number: "2 warning, 1 note". */
export function judged(rule: Rule, found: readonly Occurrence[]): string {
  const levels = found.map(({ level = rule.meta.level }) => level);
  const counts = (['error', 'warning', 'note'] as const).map((level) => levels.filter((one) => one === level).length);
  const words = ['error', 'warning', 'note'].map((level, nth) =>
    counts[nth] > 1 ? `${counts[nth]} ${level}s` : level,
  );
  return words.filter((_, nth) => counts[nth] > 0).join(' and ') || 'nothing';
}

/** What was measured, and the shares of one number in another. */
function numbersOf(found: readonly Occurrence[]): number[] {
  const numbers = new Set<number>();
  for (const { measured, reach, packetsTotal } of found) {
    const of = [reach, packetsTotal, ...Object.values(measured)].filter((one) => typeof one === 'number' && one > 0);
    for (const one of of as number[]) {
      numbers.add(one);
      for (const other of of as number[]) if (one < other) numbers.add(one / other);
    }
  }
  return [...numbers].sort((a, b) => a - b);
}

const shown = (number: number): string => String(Number(number.toPrecision(6)));
