/**
 * The meanings of "likely", "possible" and "unlikely" are decided here and nowhere else.
 *
 * - `likely`: an observation speaks for the cause, none against it, and no other cause listed has better evidence.
 * - `unlikely`: an observation speaks against the cause, and no telling fact speaks for it.
 * - `possible`: everything else. The capture does not decide.
 *
 * Evidence for a cause is better when it is telling: the other causes listed would not show it. The number of facts
 * does not count, because two facts often have one origin. Two causes with equally good evidence are both likely.
 */
export type Likelihood = 'likely' | 'possible' | 'unlikely';

/** A possible cause of an occurrence, with the facts of this capture for and against it. */
export interface Cause {
  /** Id in kebab-case. The same cause has the same id in every rule that names it. */
  id: string;
  /** One clause without a full stop. */
  cause: string;
  /** Observed facts that this cause explains and the other causes listed do not. */
  telling?: string[];
  /** Observed facts that fit this cause; another cause may show them as well. */
  for: string[];
  /** Observed facts that this cause does not explain. */
  against: string[];
}

/** A cause as the report prints it. The first cause of a finding is the one with the best evidence. */
export interface Hypothesis {
  id: string;
  cause: string;
  likelihood: Likelihood;
  /** Facts that support the cause, telling ones first. */
  for: string[];
  against: string[];
}

/** How good the evidence for a cause is. */
const TELLING = 2;
const FITTING = 1;
const NONE = 0;

const ORDER: Record<Likelihood, number> = { likely: 0, possible: 1, unlikely: 2 };

/**
 * Weighs the causes of one finding against each other. Likely ones come first, then better evidence, then the listed
 * order.
 */
export function weigh(causes: readonly Cause[]): Hypothesis[] {
  const best = Math.max(NONE, ...causes.filter(({ against }) => against.length === 0).map(evidenceFor));
  return causes
    .map((cause) => ({ cause, likelihood: likelihoodOf(cause, best) }))
    .sort((a, b) => ORDER[a.likelihood] - ORDER[b.likelihood] || evidenceFor(b.cause) - evidenceFor(a.cause))
    .map(({ cause: { id, cause, telling = [], for: fitting, against }, likelihood }) => ({
      id,
      cause,
      likelihood,
      for: [...telling, ...fitting],
      against,
    }));
}

/** Ids of the likely causes, best first: equal for findings that the same causes explain. */
export const likelyIds = (causes: readonly Cause[]): string[] =>
  weigh(causes)
    .filter(({ likelihood }) => likelihood === 'likely')
    .map(({ id }) => id);

/** @param best the best evidence for any cause that nothing speaks against */
function likelihoodOf(cause: Cause, best: number): Likelihood {
  const evidence = evidenceFor(cause);
  if (cause.against.length > 0) return evidence < TELLING ? 'unlikely' : 'possible';
  return evidence > NONE && evidence === best ? 'likely' : 'possible';
}

function evidenceFor({ telling = [], for: fitting }: Cause): number {
  if (telling.length > 0) return TELLING;
  return fitting.length > 0 ? FITTING : NONE;
}
