import type { Meta } from '../rule/rule.ts';

/** Id of a cause → ids of the rules whose findings the cause explains. A rule that explains nothing has no entry. */
export type ExplainsGraph = ReadonlyMap<string, ReadonlySet<string>>;

/** Joins the declarations of all rules: `explains`, `explainsSymptomsOf` with `symptomOf`, and `explainedBy`. */
export function explainsGraphOf(rules: readonly Meta[]): ExplainsGraph {
  const graph = new Map<string, Set<string>>();
  const add = (cause: string, symptom: string): void => {
    const symptoms = graph.get(cause);
    if (symptoms === undefined) graph.set(cause, new Set([symptom]));
    else symptoms.add(symptom);
  };
  for (const { id, explains = [], explainsSymptomsOf = [], explainedBy = [] } of rules) {
    for (const symptom of explains) add(id, symptom);
    for (const { id: symptom, symptomOf } of rules)
      if (symptomOf !== undefined && symptom !== id && explainsSymptomsOf.includes(symptomOf)) add(id, symptom);
    for (const cause of explainedBy) add(cause, id);
  }
  return graph;
}
