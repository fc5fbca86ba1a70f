import type { Evidence } from '../../src/flows/evidence/evidence.ts';
import type { Rule } from '../../src/heuristics/rule/rule.ts';
import { begunApart } from './begun-apart.ts';
import { beside, elsewhere } from './beside.ts';
import { type Sentences, sentencesOf } from './sentences.ts';

/**
 * Each row with the first firing row beside it, of other hosts, and that row with its own twin: what is told otherwise
 * than alone. Nothing, but for a rule that weighs or sums up what all hosts do.
 */
export function toldBeside(rule: Rule, rows: Readonly<Record<string, Evidence>>, firing: Evidence): string {
  const others = { 'own points': elsewhere(firing, 'own points'), 'same points': elsewhere(firing, 'same points') };
  const ofOther = sentencesOf(rule, others['same points']);
  const ofOtherPoints = sentencesOf(rule, others['own points']);
  const lines = Object.entries(rows).flatMap(([name, one]) => {
    if (JSON.stringify(one.known) !== JSON.stringify(firing.known)) return [];
    const ofRow = sentencesOf(rule, one);
    const change = (both: Evidence, other: Sentences): string => changeOf(ofRow, other, sentencesOf(rule, both));
    const changes = {
      'captured elsewhere, before it': change(beside(others['own points'], one, 'own points'), ofOtherPoints),
      'at the same points, behind it': areCapturedAlike(one, firing)
        ? change(beside(one, others['same points'], 'same points'), ofOther)
        : '',
    };
    return Object.entries(changes).flatMap(([way, told]) =>
      told === '' ? [] : [`${name}, the other ${way}: ${told}`],
    );
  });
  return lines.join('\n');
}

/** Each row in captures that began at other times: what is told otherwise. Nothing, but for times of a capture. */
export function toldBegunApart(rule: Rule, rows: Readonly<Record<string, Evidence>>): string {
  const lines = Object.entries(rows).flatMap(([name, row]) => {
    const change = changeOf(sentencesOf(rule, row), [], sentencesOf(rule, begunApart(row)));
    return change === '' ? [] : [`${name}: ${change}`];
  });
  return lines.join('\n');
}

/** "not both; error: 4 conversations …": what two rows tell together and neither alone. Empty where nothing differs. */
function changeOf(row: Sentences, other: Sentences, together: Sentences): string {
  const [ofRow, ofOther, ofBoth] = [row, other, together].map((all) => all.map(({ message }) => message));
  const more = without(ofBoth, [...ofRow, ...ofOther]);
  const [isRowLess, isOtherLess] = [ofRow, ofOther].map((all) => without(all, ofBoth).length > 0);
  const less = isRowLess && isOtherLess ? 'neither' : isRowLess ? 'not the row' : isOtherLess ? 'not the other' : '';
  const [restAlone, restOfBoth] = [[...row, ...other], together].map((all) => all.flatMap(({ rest }) => rest));
  const rest = less === '' && more.length === 0 ? without(restOfBoth, restAlone) : [];
  return [less, ...more, ...rest].filter((text) => text !== '').join('; ');
}

function without(texts: readonly string[], others: readonly string[]): string[] {
  const rest = [...others];
  return texts.filter((text) => {
    const nth = rest.indexOf(text);
    if (nth >= 0) rest.splice(nth, 1);
    return nth < 0;
  });
}

const areCapturedAlike = (one: Evidence, other: Evidence): boolean =>
  JSON.stringify([one.points, one.captures]) === JSON.stringify([other.points, other.captures]);
