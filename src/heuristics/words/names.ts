import type { Evidence } from '../../flows/evidence/evidence.ts';
import type { Names } from '../rule/rule.ts';

/** Names of points and addresses for the words of findings. */
export function namesOf(evidence: Evidence): Names {
  return {
    point: (index) => evidence.points[index].name,
    host: (index) => evidence.points[index].host ?? evidence.points[index].name,
    address: (text) => {
      const name = evidence.known.names[text];
      return name === undefined ? text : `${text} (${name})`;
    },
  };
}
