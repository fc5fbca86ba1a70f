import { ANALYZE_OPTIONS, type OptionName, type RawOptions } from './analyze-arguments.ts';

/**
 * Reads simple command lines of the form `analyze FILE… --option value …` without yargs, because loading yargs (75 ms)
 * takes longer than the analysis of a small capture.
 *
 * @returns undefined for anything that needs yargs: help, errors, abbreviations, `--`, values that begin with a dash,
 *   unknown options. A test checks that everything else gives the same result as yargs.
 */
export function quickArguments(argv: readonly string[]): { files: string[]; raw: RawOptions } | undefined {
  if (argv[0] !== 'analyze') return undefined;
  const files: string[] = [];
  const raw: RawOptions = {};
  for (let at = 1; at < argv.length; at++) {
    const word = argv[at];
    if (word === '-' || !word.startsWith('-')) {
      files.push(word);
      continue;
    }
    const parts = /^--(no-)?([a-z-]+)(?:=(.+))?$/s.exec(word);
    if (parts === null || !(parts[2] in ANALYZE_OPTIONS)) return undefined;
    const name = parts[2] as OptionName;
    const isFlag = ANALYZE_OPTIONS[name].kind === 'flag';
    if (isFlag) {
      if (parts[3] !== undefined || raw[name] !== undefined || /^(true|false)$/.test(argv[at + 1] ?? ''))
        return undefined;
      raw[name] = parts[1] === undefined;
      continue;
    }
    const value: string | undefined = parts[3] ?? argv[++at];
    if (parts[1] !== undefined || value === undefined || value === '' || value.startsWith('-')) return undefined;
    if (!keep(raw, name, value)) return undefined;
  }
  return files.length === 0 ? undefined : { files, raw };
}

/** False when the option cannot take the value, or already has one. */
function keep(raw: RawOptions, name: OptionName, value: string): boolean {
  const rule = ANALYZE_OPTIONS[name];
  const known = raw[name];
  if (rule.kind === 'list') {
    raw[name] = Array.isArray(known) ? [...known, value] : [value];
    return true;
  }
  if (known !== undefined) return false;
  if (rule.kind === 'choice' && !(rule.choices as readonly string[]).includes(value)) return false;
  raw[name] = value;
  return true;
}
