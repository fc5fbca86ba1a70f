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
import type { Command, Fix, Repair } from './command.ts';

/** `likely`: the best evidence, and nothing against it; `unlikely`: something speaks against it; `possible`: all else. */
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
  /** Commands that show this cause. */
  confirm?: Command[];
  /** What repairs this cause, the best first. */
  fix?: Fix[];
}

/** A cause as the report prints it. The first cause of a finding is the one with the best evidence. */
export interface Hypothesis {
  /** Id of the cause: the same cause has the same id in every rule that names it. */
  id: string;
  /** The cause in one clause. */
  cause: string;
  /** What the facts make of it. */
  likelihood: Likelihood;
  /** Facts that support the cause, telling ones first. */
  for: string[];
  /** Facts that the cause does not explain. */
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

/** What a finding tells people to do, in the order in which to do it. */
export interface Advice {
  hypotheses: Hypothesis[];
  confirm: Command[];
  /** Sentences, with their commands. */
  fix: string[];
  /** Those fixes that are commands. */
  repairs: Pick<Repair, 'on' | 'command'>[];
}

/**
 * Puts the commands and fixes of causes and explanation into one order: first those of the likely causes, the best
 * first, then what helps whatever the cause is, then those of possible causes. An unlikely cause keeps its commands, at
 * the end, and loses its fixes. Nothing is listed twice.
 */
export function advise({ causes, confirm, fix }: { causes: readonly Cause[]; confirm: Command[]; fix: Fix[] }): Advice {
  const hypotheses = weigh(causes);
  const of = (likelihood: Hypothesis['likelihood']): Cause[] =>
    hypotheses.flatMap((one) => (one.likelihood === likelihood ? causes.filter(({ id }) => id === one.id) : []));
  const [likely, possible, unlikely] = [of('likely'), of('possible'), of('unlikely')];
  const commandsOf = (list: readonly Cause[]): Command[] =>
    list.flatMap(({ id, confirm: own = [] }) => own.map((command) => ({ ...command, cause: id })));
  const fixesOf = (list: readonly Cause[]): Fix[] => list.flatMap((cause) => cause.fix ?? []);
  const fixes = [...fixesOf(likely), ...fix, ...fixesOf(possible)];
  return {
    hypotheses,
    confirm: onceEach(
      [...commandsOf(likely), ...confirm, ...commandsOf(possible), ...commandsOf(unlikely)],
      ({ on, command }) => `${on} ${command}`,
    ),
    fix: onceEach(fixes.map(fixText), (text) => text),
    repairs: onceEach(
      fixes.filter((one) => typeof one !== 'string').map(({ on, command }) => ({ on, command })),
      ({ on, command }) => `${on} ${command}`,
    ),
  };
}

/** "On the node with 10.0.0.7: sysctl -w …". */
const fixText = (fix: Fix): string =>
  typeof fix === 'string' ? fix : `On ${fix.on}: ${fix.command}${fix.note === undefined ? '' : ` (${fix.note})`}`;

function onceEach<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  const seen = new Set<string>();
  return items.filter((item) => !seen.has(keyOf(item)) && seen.add(keyOf(item)));
}
