import { type Meta, rules } from '../../index.ts';
import { didYouMean } from '../../text/suggestion.ts';
import { EXIT_CLEAN } from '../exit-status.ts';
import { rulePage } from '../rule-page.ts';
import { UsageError } from '../usage-error.ts';

/** Prints the page of a rule, or the list of all rules. @throws UsageError for a rule that does not exist */
export function explainCommand({ rule, list }: { rule: string | undefined; list: boolean }): number {
  if (list) {
    process.stdout.write(rules.map(line).join(''));
    return EXIT_CLEAN;
  }
  if (rule === undefined) throw new UsageError('explain needs the id of a rule; --list shows them');
  const meta = rules.find(({ id }) => id === rule);
  if (meta === undefined)
    throw new UsageError(`no rule is called "${rule}"${suggested(rule) || ' (explain --list shows all)'}`);
  process.stdout.write(rulePage(meta));
  return EXIT_CLEAN;
}

const line = ({ id, faultClass, level, summary }: Meta): string =>
  `${id.padEnd(28)} ${faultClass.padEnd(20)} ${level.padEnd(8)} ${summary}\n`;

/** The rule with the nearest spelling, or the one whose id shares most words with the given id. */
function suggested(given: string): string {
  const nearest = didYouMean(
    given,
    rules.map(({ id }) => id),
  );
  if (nearest !== '') return nearest;
  const words = new Set(given.toLowerCase().split(/[^a-z]+/));
  const shared = (id: string): number => id.split('-').filter((word) => words.has(word)).length;
  const best = [...rules].sort((a, b) => shared(b.id) - shared(a.id)).find(({ id }) => shared(id) > 0);
  return best === undefined ? '' : `; did you mean ${best.id}?`;
}
