import type { Evidence } from '../../src/flows/evidence/evidence.ts';
import { namesOf } from '../../src/heuristics/facts/names.ts';
import type { Occurrence, Rule } from '../../src/heuristics/rule/rule.ts';
import { advise } from '../../src/heuristics/rule/weigh.ts';

/** What is told of each occurrence: the message, and the rest. */
export type Sentences = { message: string; rest: string[] }[];

/** What each row told last: several tests ask for it. */
const told = new WeakMap<Evidence, { rule: Rule; sentences: Sentences }>();

export function sentencesOf(rule: Rule, evidence: Evidence): Sentences {
  const before = told.get(evidence);
  if (before?.rule === rule) return before.sentences;
  const names = namesOf(evidence);
  const sentences = [...rule.detect(evidence)].map((one) => {
    const words = rule.explain(one, names);
    const { level = rule.meta.level, measured } = one;
    return {
      message: `${level}: ${words.message}`,
      rest: [words.why, ...adviceOf(words), words.wireshark, JSON.stringify(measured, rounded)],
    };
  });
  told.set(evidence, { rule, sentences });
  return sentences;
}

/** A line for each cause, command and fix, in the order of a report. */
export function adviceOf(words: Parameters<typeof advise>[0]): string[] {
  const { hypotheses, confirm, fix } = advise(words);
  return [
    ...hypotheses.map(({ id, likelihood, for: fits, against }) =>
      [`${likelihood} ${id}`, ...fits, ...against.map((fact) => `but ${fact}`)].join('; '),
    ),
    ...confirm.map(({ on, command, expect: sight }) => `on ${on}: ${command}  # ${sight}`),
    ...fix,
  ];
}

/** Without what the last digits of a sum of seconds are. */
export const rounded = (_: string, value: unknown): unknown =>
  typeof value === 'number' ? Number(value.toPrecision(9)) : value;

/** "< SYN-ACK 0:101 1:102": packets that are told alike and follow each other, at their points. */
export function packetsOf(packets: Occurrence['packets']): string[] {
  const lines: { what: string; numbers: string }[] = [];
  for (const { point, packet, direction, note } of packets) {
    const what = `${direction} ${note}`.trim();
    const last = lines.at(-1);
    if (last?.what === what) last.numbers += ` ${point}:${packet}`;
    else lines.push({ what, numbers: `${point}:${packet}` });
  }
  return lines.map(({ what, numbers }) => `${what} ${numbers}`);
}
