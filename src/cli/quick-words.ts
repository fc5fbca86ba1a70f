import type { OptionTable, RawOptions, Words } from './option-rule.ts';

/**
 * Reads simple words of the form `FILE… --option value …` without yargs, because loading yargs (75 ms) takes longer than
 * the analysis of a small capture.
 *
 * @param words long options only (`longWords`)
 * @returns undefined for anything that needs yargs: `--`, a value that begins with a dash, an option given twice, a flag
 *   with a value. A test checks that everything else gives the same result as yargs.
 */
export function quickWords(words: readonly string[], options: OptionTable): Words | undefined {
  const operands: string[] = [];
  const raw: RawOptions = {};
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word === '-' || !word.startsWith('-')) {
      operands.push(word);
      continue;
    }
    const parts = /^--(no-)?([a-z-]+)(?:=(.+))?$/s.exec(word);
    if (parts === null || !Object.hasOwn(options, parts[2])) return undefined;
    const name = parts[2];
    if (options[name].kind === 'flag') {
      if (parts[3] !== undefined || raw[name] !== undefined || /^(true|false)$/.test(words[at + 1] ?? ''))
        return undefined;
      raw[name] = parts[1] === undefined;
      continue;
    }
    const value: string | undefined = parts[3] ?? words[++at];
    if (parts[1] !== undefined || value === undefined || value === '' || value.startsWith('-')) return undefined;
    if (!keep(raw, name, value, options)) return undefined;
  }
  return { operands, raw };
}

/** False when the option cannot take the value, or already has one. */
function keep(raw: RawOptions, name: string, value: string, options: OptionTable): boolean {
  const rule = options[name];
  const known = raw[name];
  if (rule.kind === 'list') {
    raw[name] = Array.isArray(known) ? [...known, value] : [value];
    return true;
  }
  if (known !== undefined) return false;
  if (rule.choices !== undefined && !rule.choices.includes(value)) return false;
  raw[name] = value;
  return true;
}
