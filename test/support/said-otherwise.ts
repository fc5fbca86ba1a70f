import { namesOf } from '../../src/heuristics/facts/names.ts';
import type { Explanation, Names } from '../../src/heuristics/rule/rule.ts';
import { evidence, point } from './evidence.ts';
import { adviceOf } from './sentences.ts';

/** Names where nothing is known but three points of one host; the last has no name of its device. */
export const names: Names = namesOf(
  evidence({
    points: [
      point({ name: 'node1 eth0', host: 'node1', interfaceName: 'eth0' }),
      point({ name: 'node1 cni0', host: 'node1', interfaceName: 'cni0' }),
      point({ name: 'node1 1', host: 'node1' }),
    ],
  }),
);

type Said = Pick<Explanation, 'causes'> & Partial<Pick<Explanation, 'confirm'>>;

/** For each change of the base, the lines of its causes that are new (+), and those that are gone (-). */
export function saidOtherwise<T extends object>(
  base: T,
  say: (of: T) => Said,
  rows: Record<string, Partial<T>>,
): string {
  const lines = (of: T): string[] => {
    const said = say(of);
    return [
      ...adviceOf({ confirm: [], fix: [], ...said }),
      ...said.causes.map(({ id, cause }) => `${id} is: ${cause}`),
    ];
  };
  const before = lines(base);
  return Object.entries(rows)
    .flatMap(([what, change]) => {
      const now = lines({ ...base, ...change });
      const gone = before.filter((line) => !now.includes(line)).map((line) => `  - ${line}`);
      const more = now.filter((line) => !before.includes(line)).map((line) => `  + ${line}`);
      return [what, ...gone, ...more];
    })
    .join('\n');
}
