import { didYouMean } from '../text/suggestion.ts';
import { type OptionRule, type OptionTable, valueName } from './option-rule.ts';
import { UsageError } from './usage-error.ts';

/**
 * Writes short options as long ones (`-qf json` as `--quiet --format json`), and refuses what the command does not know.
 * What it returns has known options only, each with a value where it takes one.
 *
 * @throws UsageError in one line, with what was probably meant
 */
export function longWords(words: readonly string[], options: OptionTable): string[] {
  const long: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word === '--') return [...long, ...words.slice(at)];
    if (!word.startsWith('-') || word === '-') {
      long.push(word);
      continue;
    }
    const spelled = word.startsWith('--') ? [word] : spelledOut(word, options);
    const last = spelled[spelled.length - 1];
    for (const each of spelled.slice(0, -1)) long.push(checkedFlag(each, options));
    if (!takesNext(last, options)) {
      long.push(checkedFlag(last, options));
      continue;
    }
    const value = words[++at];
    if (value === undefined || (value.startsWith('-') && value !== '-' && !NEGATIVE.test(value)))
      throw needsValue(last.slice(2), options);
    checkChoice(last.slice(2), value, options);
    if (NEGATIVE.test(value)) {
      long.push(`${last}=${value}`);
      continue;
    }
    if (!options[last.slice(2)].isPair || value.includes(' ')) {
      long.push(last, value);
      continue;
    }
    const second = words[++at];
    if (second === undefined || second.startsWith('-')) throw needsValue(last.slice(2), options);
    long.push(last, `${value} ${second}`);
  }
  return long;
}

/** No letter is a digit, so this is a value: its option says what is wrong with it. */
const NEGATIVE = /^-\d/;

/** `-qo` as `--quiet` and `--output`; the rest of the letters is the value of an option that takes one. */
function spelledOut(word: string, options: OptionTable): string[] {
  const spelled: string[] = [];
  for (let at = 1; at < word.length; at++) {
    const found = Object.entries(options).find(([, { short }]) => short === word[at]);
    if (found === undefined) throw new UsageError(`there is no option -${word[at]}${seeHelp}`);
    const [name, rule] = found;
    const rest = word.slice(at + 1);
    if (rule.kind !== 'flag' && rest !== '') return [...spelled, `--${name}=${rest.replace(/^=/, '')}`];
    spelled.push(`--${name}`);
  }
  return spelled;
}

/** Whether the word is an option whose value is the next word. @throws UsageError for an option that does not exist */
function takesNext(word: string, options: OptionTable): boolean {
  if (word.includes('=')) return false;
  const [name, rule] = known(word.slice(2), options);
  return rule.kind !== 'flag' && word.slice(2) === name;
}

/** An option with its value inside, or a flag. */
function checkedFlag(word: string, options: OptionTable): string {
  const at = word.indexOf('=');
  const name = at < 0 ? word.slice(2) : word.slice(2, at);
  const [found, rule] = known(name, options);
  if (at < 0) {
    if (rule.kind !== 'flag') throw new UsageError(`--${found} takes a value, so there is no --${name}`);
    return word;
  }
  const value = word.slice(at + 1);
  if (rule.kind === 'flag') {
    if (value !== 'true' && value !== 'false') throw new UsageError(`--${found} takes no value, not "${value}"`);
  } else if (value === '') throw needsValue(found, options);
  checkChoice(found, value, options);
  return word;
}

/** The option of this name, or the flag that `no-` switches off. */
function known(name: string, options: OptionTable): [string, OptionRule] {
  for (const each of [name, name.replace(/^no-/, '')]) if (Object.hasOwn(options, each)) return [each, options[each]];
  const meant = didYouMean(name, Object.keys(options), '--');
  throw new UsageError(`there is no option --${name}${meant === '' ? seeHelp : meant}`);
}

const seeHelp = ' (see --help)';

function needsValue(name: string, options: OptionTable): UsageError {
  const rule = options[name];
  return new UsageError(`--${name} needs a value: --${name} ${valueName(rule)}`);
}

function checkChoice(name: string, value: string, options: OptionTable): void {
  const { choices } = options[name];
  if (choices === undefined || choices.includes(value)) return;
  throw new UsageError(`--${name} must be one of ${choices.join(', ')}, not "${value}"${didYouMean(value, choices)}`);
}
