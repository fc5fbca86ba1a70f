import type { Grade } from './rule.ts';

/**
 * The capture's answer to a question that could refute a finding. `passed`: the question was asked, and the finding
 * stands. `unchecked`: the capture does not hold what would decide it. `refuted`: the finding is wrong.
 */
export type Answer = 'passed' | 'unchecked' | 'refuted';

/** Answers by question. A question is named by the rule in kebab-case, as the statement that `passed` makes true. */
export type Answers = Readonly<Record<string, Answer>>;
/** Answers of a rule that has already left out refuted findings. */
export type Standing = Readonly<Record<string, Exclude<Answer, 'refuted'>>>;

/**
 * The only place where a finding becomes `confirmed`: every question was checked and passed. With one `unchecked` it is
 * `inferred`. With one `refuted` there is no finding, and null is returned.
 */
export function gradeOf(answers: Standing): Grade;
export function gradeOf(answers: Answers): Grade | null;
export function gradeOf(answers: Answers): Grade | null {
  const given = Object.values(answers);
  if (given.includes('refuted')) return null;
  return given.length > 0 && given.every((answer) => answer === 'passed') ? 'confirmed' : 'inferred';
}

/** The answer to a question that can only support a finding: where the statement does not hold, nothing is refuted. */
export const whereSeen = (holds: boolean): Exclude<Answer, 'refuted'> => (holds ? 'passed' : 'unchecked');
