import type { Grade } from './rule.ts';

/**
 * What the capture says to a question that could refute a finding. `passed`: it was asked, and the finding stands.
 * `unchecked`: the capture does not hold what would tell. `refuted`: the finding is wrong.
 */
export type Answer = 'passed' | 'unchecked' | 'refuted';

/** Answers by question, in a rule's own words: kebab-case, the statement that a `passed` makes true. */
export type Answers = Readonly<Record<string, Answer>>;
/** Answers of a rule that has left out what is refuted before. */
export type Standing = Readonly<Record<string, Exclude<Answer, 'refuted'>>>;

/**
 * The only place where a finding becomes `confirmed`: all that was asked has passed, and nothing failed to be checked.
 * With one `unchecked` it is `inferred`; with one `refuted` there is no finding, and null is returned.
 */
export function gradeOf(answers: Standing): Grade;
export function gradeOf(answers: Answers): Grade | null;
export function gradeOf(answers: Answers): Grade | null {
  const given = Object.values(answers);
  if (given.includes('refuted')) return null;
  return given.length > 0 && given.every((answer) => answer === 'passed') ? 'confirmed' : 'inferred';
}

/** The answer to a question that only supports: where it does not hold, nothing is refuted. */
export const whereSeen = (holds: boolean): Exclude<Answer, 'refuted'> => (holds ? 'passed' : 'unchecked');
