import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ANALYZE_OPTIONS, analyzeArguments, FORMATS } from '../../src/cli/analyze-arguments.ts';
import { useColor } from '../../src/cli/color-choice.ts';
import { readCommandLine } from '../../src/cli/command-line.ts';
import { longWords } from '../../src/cli/long-words.ts';
import { outputTargets } from '../../src/cli/output-targets.ts';
import { PLAN_OPTIONS } from '../../src/cli/plan-arguments.ts';
import { quickWords } from '../../src/cli/quick-words.ts';
import { yargsWords } from '../../src/cli/yargs-words.ts';
import { CNI_NAMES } from '../../src/index.ts';
import { suggestion } from '../../src/text/suggestion.ts';

const read = (...argv: string[]) => readCommandLine(argv);

describe('operands', () => {
  test.each([
    [['analyze', '-'], ['-']],
    [
      ['analyze', 'a.pcap', '-', 'b.pcap'],
      ['a.pcap', '-', 'b.pcap'],
    ],
    [['analyze', '--', '-x.pcap'], ['./-x.pcap']],
    [
      ['analyze', 'a', '--', '--', '-'],
      ['a', './--', '-'],
    ],
    [
      ['analyze', '0123', '1e3'],
      ['0123', '1e3'],
    ],
    [['analyze', '--point', 'a=h/i', 'b.pcap'], ['b.pcap']],
    [['a.pcap'], ['a.pcap']],
    [['-'], ['-']],
    [['--quiet', 'analyze', 'plan'], ['plan']],
    [['--format', 'json', './mtr'], ['./mtr']],
    [['--', 'plan.pcap'], ['plan.pcap']],
  ])('%j reads the files %j', async (argv, operands) => {
    expect(await read(...argv)).toMatchObject({ command: 'analyze', operands });
  });

  test('a lone dash as the value of an option', async () => {
    expect(await read('analyze', 'a', '--output', '-')).toMatchObject({ raw: { output: '-' } });
  });
});

describe('short options', () => {
  test.each([
    [['-q', 'a.pcap'], { quiet: true }],
    [['a.pcap', '-qf', 'json'], { quiet: true, format: 'json' }],
    [['-fjson', '-o=x', 'a.pcap'], { format: 'json', output: 'x' }],
    [['-o', '-', 'a.pcap'], { output: '-' }],
    [['--quiet', '--no-quiet', 'a.pcap'], { quiet: false }],
    [['--quiet=false', 'a.pcap'], { quiet: false }],
  ])('%j is %j', async (argv, raw) => expect(await read(...argv)).toMatchObject({ raw, operands: ['a.pcap'] }));

  test('no command gives one letter to two options', async () => {
    const { COMMANDS, GLOBAL_OPTIONS } = await import('../../src/cli/command-table.ts');
    for (const { options } of Object.values(COMMANDS)) {
      const letters = Object.values({ ...options, ...GLOBAL_OPTIONS }).flatMap((rule) =>
        'short' in rule ? [rule.short] : [],
      );
      expect(new Set(letters).size).toBe(letters.length);
    }
  });
});

describe('mistakes are told in one line, with what was probably meant', () => {
  test.each([
    [[], 'name captures to analyze, or a command (pcapdiag --help lists both)'],
    [['analyze'], 'name at least one capture to analyze (see pcapdiag analyze --help)'],
    [['--quiet'], 'name at least one capture to analyze (see pcapdiag analyze --help)'],
    [['analyse', 'a.pcap'], '"analyse" is no command and no file; did you mean analyze?'],
    [['frobnicate'], '"frobnicate" is no command and no file (pcapdiag --help lists the commands)'],
    [['a.pcap', '--formt', 'json'], 'there is no option --formt; did you mean --format?'],
    [['a.pcap', '--form', 'json'], 'there is no option --form; did you mean --format?'],
    [['a.pcap', '--nonsense'], 'there is no option --nonsense (see --help)'],
    [['a.pcap', '-z'], 'there is no option -z (see --help)'],
    [['a.pcap', '--format'], `--format needs a value: --format ${FORMATS.join('|')}`],
    [['a.pcap', '--output', '--quiet'], '--output needs a value: --output FILE'],
    [['a.pcap', '--output='], '--output needs a value: --output FILE'],
    [['a.pcap', '--format', 'jsno'], `--format must be one of ${FORMATS.join(', ')}, not "jsno"; did you mean json?`],
    [['a.pcap', '-fxml'], `--format must be one of ${FORMATS.join(', ')}, not "xml"`],
    [['a.pcap', '--no-format'], '--format takes a value, so there is no --no-format'],
    [['a.pcap', '--quiet=yes'], '--quiet takes no value, not "yes"'],
    [['a.pcap', '-f', 'json', '-f', 'text'], '--format may be given once only'],
    [['explain', 'a', 'b'], 'explain takes no further word: "b" (see pcapdiag explain --help)'],
    [['plan', '--pod', 'a'], 'plan needs --node, --cni, --target (see pcapdiag plan --help)'],
    [['explain', '--quiet'], 'there is no option --quiet (see --help)'],
  ])('%j', async (argv, message) => {
    await expect(read(...argv)).rejects.toMatchObject({ name: 'UsageError', message });
  });

  test.each([
    ['analyse', 'analyze'],
    ['anlayze', 'analyze'],
    ['exp', 'explain'],
    ['pl', 'plan'],
    ['ab', undefined],
    ['', undefined],
  ])('%s is taken for %s', (given, meant) => {
    expect(suggestion(given, ['analyze', 'explain', 'mtr', 'plan', 'completion'])).toBe(meant);
  });
});

test.each([
  [['-h'], { command: undefined, answer: 'help' }],
  [['plan', '--help', '--nonsense'], { command: 'plan', answer: 'help' }],
  [['a.pcap', '-V'], { command: undefined, answer: 'version' }],
])('%j answers before anything is checked', async (argv, line) => expect(await read(...argv)).toEqual(line));

test('the plan offers the plugins that the library knows', () => {
  expect(PLAN_OPTIONS.cni.choices).toEqual(CNI_NAMES);
});

describe('values', () => {
  const options = (raw: Parameters<typeof analyzeArguments>[1]) => analyzeArguments(['a'], raw);

  test('points, nodes and sizes', () => {
    expect(options({ point: ['a=b.pcap=node1/eth0'], node: 'n1=fd00::1', 'memory-limit': '2G' })).toMatchObject({
      points: { 'a=b.pcap': { host: 'node1', interface: 'eth0' } },
      nodes: { n1: ['fd00::1'] },
      memoryLimit: 2 ** 31,
    });
  });

  test.each([
    [{ point: 'a.pcap' }, '--point must be FILE=HOST/INTERFACE'],
    [{ node: 'n1=10.0.0.256' }, '"10.0.0.256" is no IP address'],
    [{ 'service-cidr': '10.96.0.0/33' }, 'is no range'],
    [{ 'pod-cidr': 'fd00::/129' }, 'is no range'],
    [{ dns: '' }, '--dns needs a value'],
    [{ 'memory-limit': '12 apples' }, 'must be a size'],
    [{ format: ['json', 'text'] }, '--format may be given once only'],
  ])('%j is refused', (raw, message) => expect(() => options(raw)).toThrow(message));

  test('the core is on unless it is turned off', () => {
    expect([options({}).core, options({ core: false }).core]).toEqual([true, false]);
  });

  test('a node may have several addresses', () => {
    expect(options({ node: ['n=10.0.0.1', 'm=10.0.0.3', 'n=10.0.0.2'] }).nodes).toEqual({
      n: ['10.0.0.1', '10.0.0.2'],
      m: ['10.0.0.3'],
    });
  });

  test('standard input cannot be read twice', () => {
    expect(() => analyzeArguments(['-', '-'], {})).toThrow('only once');
  });
});

describe('quick reading', () => {
  test.each([
    ['a --'],
    ['a --format json --format json'],
    ['a --output -'],
    ['a --quiet=false'],
    ['a --quiet true'],
    ['a --quiet --quiet'],
  ])('leaves %s to yargs', (line) => expect(quickWords(line.split(' '), ANALYZE_OPTIONS)).toBeUndefined());

  test('gives the same result as yargs for everything that it reads', async () => {
    const name = fc.constantFrom(...Object.keys(ANALYZE_OPTIONS));
    const value = fc.constantFrom(
      'a.pcap',
      '-',
      'json',
      'error',
      '10.0.0.0/8',
      'a=b/c',
      'x y',
      '5',
      '1e3',
      'true',
      '-x',
      '--',
      '',
    );
    const option = fc.oneof(
      fc.tuple(name, value).map(([one, given]) => [`--${one}`, given]),
      fc.tuple(name, value).map(([one, given]) => [`--${one}=${given}`]),
      name.map((one) => [`--${one}`]),
      fc.constantFrom(['--no-color'], ['--color'], ['--quiet'], ['--strict'], ['-q'], ['-f', 'json'], ['-qfjson']),
    );
    const line = fc.array(
      fc.oneof(
        value.map((file) => [file]),
        option,
      ),
      { minLength: 1, maxLength: 5 },
    );
    let read = 0;
    await fc.assert(
      fc.asyncProperty(line, async (words) => {
        const long = longWordsOf(words.flat());
        fc.pre(long !== undefined);
        const quick = quickWords(long!, ANALYZE_OPTIONS);
        fc.pre(quick !== undefined);
        read++;
        expect(quick).toEqual(await yargsWords(long!, ANALYZE_OPTIONS));
      }),
      { numRuns: 100 },
    );
    expect(read).toBeGreaterThan(50);
  });
});

/** Undefined for words that are refused before either reader sees them. */
function longWordsOf(words: readonly string[]): string[] | undefined {
  try {
    return longWords(words, ANALYZE_OPTIONS);
  } catch {
    return undefined;
  }
}

describe('colours', () => {
  test.each([
    [true, { NO_COLOR: '1' }, false, true],
    [false, { FORCE_COLOR: '1' }, true, false],
    [undefined, { NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
    [undefined, { NO_COLOR: '' }, true, true],
    [undefined, { FORCE_COLOR: '1' }, false, true],
    [undefined, { FORCE_COLOR: '0' }, true, false],
    [undefined, { TERM: 'dumb' }, true, false],
    [undefined, {}, false, false],
  ])('option %j, environment %j, terminal %j: %j', (option, environment, terminal, color) => {
    expect(useColor(option, environment, terminal)).toBe(color);
  });
});

describe('--export-missing', () => {
  test('never overwrites captures or standard output', () => {
    expect(analyzeArguments(['a.pcap'], { 'export-missing': 'm.pcapng' }).exportMissing).toBe('m.pcapng');
    expect(() => analyzeArguments(['a.pcap'], { 'export-missing': '-' })).toThrow(/needs a file/);
    expect(() => outputTargets({ 'export-missing': './a.pcap' }, ['a.pcap'])).toThrow('would overwrite a.pcap');
  });
});
