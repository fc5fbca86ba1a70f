import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ANALYZE_OPTIONS, analyzeArguments, type OptionName } from '../../src/cli/analyze-arguments.ts';
import { useColor } from '../../src/cli/color-choice.ts';
import { readCommandLine } from '../../src/cli/command-line.ts';
import { outputTargets } from '../../src/cli/output-targets.ts';
import { quickArguments } from '../../src/cli/quick-arguments.ts';

const read = (...argv: string[]) => readCommandLine(argv, '1.2.3');

describe('yargs', () => {
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
  ])('%j reads the files %j', async (argv, files) => {
    expect(await read(...argv)).toMatchObject({ name: 'analyze', files });
  });

  test('a lone dash as the value of an option', async () => {
    expect(await read('analyze', 'a', '--output', '-')).toMatchObject({ raw: { output: '-' } });
  });

  test.each([
    [['analyze'], /name at least one capture/],
    [['analyze', 'a', '--format'], /Not enough arguments following: format/],
    [['analyze', 'a', '--format', 'xml'], /Choices: "text", "json", "markdown"/],
    [['analyze', 'a', '--nonsense'], /Unknown argument: nonsense/],
    [['frobnicate'], /Unknown argument: frobnicate/],
    [[], /Say what to do/],
  ])('%j is a usage error', async (argv, message) => {
    await expect(read(...argv)).rejects.toMatchObject({ name: 'UsageError', message: expect.stringMatching(message) });
  });
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
    ['analyze'],
    ['analyze --help a'],
    ['analyze a --'],
    ['analyze a --format xml'],
    ['analyze a --format'],
    ['analyze a --format json --format json'],
    ['analyze a --output -'],
    ['analyze a -q'],
    ['analyze a --no-format json'],
    ['analyze a --quiet=false'],
    ['explain x'],
  ])('leaves %s to yargs', (line) => expect(quickArguments(line.split(' '))).toBeUndefined());

  test('gives the same result as yargs for everything that it reads', async () => {
    const name = fc.constantFrom(...(Object.keys(ANALYZE_OPTIONS) as OptionName[]));
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
      fc.constantFrom(['--no-color'], ['--color'], ['--quiet'], ['--strict']),
    );
    const line = fc.array(
      fc.oneof(
        value.map((file) => [file]),
        option,
      ),
      { minLength: 1, maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(line, async (words) => {
        const argv = ['analyze', ...words.flat()];
        const quick = quickArguments(argv);
        fc.pre(quick !== undefined);
        const command = await read(...argv);
        if (command.name !== 'analyze' || quick === undefined) throw new Error('yargs read something else');
        expect(analyzeOutcome(quick)).toEqual(analyzeOutcome(command));
      }),
      { numRuns: 100 },
    );
  });
});

function analyzeOutcome({ files, raw }: { files: string[]; raw: Parameters<typeof analyzeArguments>[1] }): unknown {
  try {
    return analyzeArguments(files, raw);
  } catch (error) {
    return (error as Error).message;
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
