/** The installed package with this Node; `npm run matrix` does the same with several. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rules } from '../../src/rule-pages.ts';
import { installedCommand, installedProject } from '../support/installed.ts';
import { isLong } from '../support/long-run.ts';
import { INPUT_FORMS, type InputForm, inputOf, whatIsWrong, writeInputs } from './input-forms.mjs';
import { COMMAND } from './packed.mjs';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(installedProject(), 'inputs-'));
  writeInputs(resolve('test/pcaps'), folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(form: InputForm, command = join(installedProject(), COMMAND)) {
  const program = form.program === undefined ? command : join(folder, form.program);
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [program, ...form.argv], {
    cwd: folder,
    input: inputOf(form, folder),
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
  });
  return { status, signal, stdout, stderr };
}

// CI tries all; the lines of the README are always tried.
const TRIED = INPUT_FORMS.filter(({ readme }, index) => isLong() || readme || index % 3 === 0);

describe('every input form', () => {
  test.each(TRIED.map((form) => [form.name, form] as const))('%s', (_, form) => {
    expect(whatIsWrong(form, run(form), folder)).toBeUndefined();
  });

  test('each line of the README is one', () => {
    const use = /\n## Use it\n\n((?: {4}.*\n)+)/.exec(readFileSync('README.md', 'utf8'))?.[1] ?? '';
    const lines = use.split('\n').map((line) => line.replace(/ +#.*/, '').trim());
    expect(lines.filter((line) => line !== '')).toEqual(
      INPUT_FORMS.filter(({ readme }) => readme).map(({ name }) => name),
    );
  });
});

test.runIf(availableParallelism() > 1)('large captures are read in threads of the bundle', () => {
  const broken = join(folder, 'node_modules/pcapdiag');
  cpSync(join(installedProject(), 'node_modules/pcapdiag'), broken, { recursive: true });
  writeFileSync(join(broken, 'dist/bundle/digest-worker.js'), "throw new Error('a thread was started');");
  const command = join(folder, COMMAND);
  for (const form of INPUT_FORMS.filter(({ threads }) => threads))
    expect(run(form, command)).toMatchObject({ status: 2, stderr: expect.stringContaining('a thread was started') });
});

test.each([
  [['--version'], []],
  [['--help'], []],
  [['packets'], ['read.js', 'inspect-commands.js']],
  [['flows'], ['read.js', 'inspect-commands.js']],
  [['stats'], ['read.js', 'inspect-commands.js']],
  [['mtr'], ['read.js', 'mtr-command.js']],
  [['analyze'], ['read.js', 'catalogue.js', 'analyze.js']],
])('%s loads the files that it needs: rules are for analyses', (argv, needed) => {
  const listing = join(folder, 'listing.cjs');
  writeFileSync(listing, "process.on('exit', () => console.error(Object.keys(require.cache).join('\\n')));");
  const command = [...argv, ...(argv[0].startsWith('-') ? [] : [resolve('test/pcaps/case-1/node1__flannel.1.pcap')])];
  const { stderr } = spawnSync(process.execPath, ['-r', listing, installedCommand(), ...command], { encoding: 'utf8' });
  const loaded = stderr.split('\n').map((path) => basename(path));
  expect(loaded).toContain('main.js');
  expect(loaded).toEqual(expect.arrayContaining(needed));
  const heavy = ['read.js', 'catalogue.js', 'analyze.js', 'yaml.js', 'table.js', 'yargs-words.js'];
  const isDrawn = argv[0] === 'flows' ? ['table.js'] : [];
  expect(loaded.filter((name) => heavy.includes(name)).sort()).toEqual(
    [...needed.filter((name) => heavy.includes(name)), ...isDrawn].sort(),
  );
});

test('the bundle says what the modules say that it was made of', () => {
  // yargs has its texts in files, which the bundle leaves out.
  const modules = "import('./dist/cli/main.js').then((cli) => cli.main(process.argv.slice(1)))";
  for (const line of [
    '',
    '--help',
    'analyze --help',
    'plan',
    'explain --list',
    'explain packet-loss',
    'explain server-slow',
    'analyze a --format xml',
    'analyze a --x --y',
    '--version',
  ]) {
    const argv = line === '' ? [] : line.split(' ');
    const own = spawnSync(process.execPath, ['-e', modules, '--', ...argv], { encoding: 'utf8', env: plain });
    const bundled = spawnSync(process.execPath, [installedCommand(), ...argv], { encoding: 'utf8', env: plain });
    expect([line, bundled.status, bundled.stdout, bundled.stderr]).toEqual([line, own.status, own.stdout, own.stderr]);
  }
});

const LATE = [
  [[], []],
  [['--redact', '--redact-key', 'secret'], ['late-redact-report.js']],
  [
    ['--redact', '--redact-key', 'secret', '--export-missing', 'MISSING'],
    ['late-export-missing.js', 'late-redact-records.js', 'late-redact-report.js'],
  ],
  [['--filter', 'tcp port 80 or vlan'], ['late-packet-filter.js']],
  [['--format', 'markdown'], ['late-markdown.js']],
  [
    ['--format', 'sarif'],
    ['late-markdown.js', 'late-rule-pages.js', 'late-sarif.js'],
  ],
  [['--format', 'junit'], ['late-junit.js']],
  [['--format', 'prometheus'], ['late-prometheus.js']],
  [['--format', 'github'], ['late-github.js']],
  [
    ['--format', 'html'],
    ['late-page.js', 'late-pictures-of.js', 'late-read-series.js', 'late-wanted-series.js'],
  ],
] as const;
const CASE = readdirSync('test/pcaps/case-1').map((name) => resolve('test/pcaps/case-1', name));

// CI tries all options.
test.each(LATE.filter((_, index) => isLong() || index % 3 === 0))(
  'analyze %j loads %j when it needs them, and says what the modules say',
  (options, needed) => {
    const listing = join(folder, 'late.cjs');
    const files = join(folder, 'late.txt');
    const loaded = 'Object.keys(require.cache).join("\\n")';
    writeFileSync(
      listing,
      `process.on('exit', () => require('fs').writeFileSync(${JSON.stringify(files)}, ${loaded}));`,
    );
    const missing = join(folder, 'missing.pcapng');
    const argv = ['analyze', ...options.map((option) => (option === 'MISSING' ? missing : option)), ...CASE];
    const modules = "import('./dist/cli/main.js').then((cli) => cli.main(process.argv.slice(1)))";
    const own = spawnSync(process.execPath, ['-e', modules, '--', ...argv], { encoding: 'utf8', env: plain });
    const command = ['-r', listing, installedCommand(), ...argv];
    const bundled = spawnSync(process.execPath, command, { encoding: 'utf8', env: plain });
    expect(bundled.stdout.length).toBeGreaterThan(100);
    expect([bundled.status, bundled.stdout, bundled.stderr]).toEqual([own.status, own.stdout, own.stderr]);
    const names = readFileSync(files, 'utf8')
      .split('\n')
      .map((path) => basename(path));
    // Each file takes time to find and open.
    expect(names.filter((name) => name.endsWith('.js')).length).toBeLessThan(25);
    // Several captures may be read in threads.
    expect(names.filter((name) => name.startsWith('late-')).sort()).toEqual(['late-digest-in-worker.js', ...needed]);
  },
);

test('an analysis does not load what only the pages of rules show', () => {
  const [found, paged] = ['catalogue', 'late-rule-pages'].map((name) =>
    readFileSync(join(installedProject(), 'node_modules/pcapdiag/dist/bundle', `${name}.js`), 'utf8'),
  );
  // Rules about the capture itself are made by one function, and stay whole.
  const pages = rules.filter(({ faultClass }) => faultClass !== 'capture');
  const wordsOf = (meaning: string) => /^[\x20-\x7e]{1,30}/.exec(meaning)?.[0] ?? '';
  expect(pages.filter(({ meaning }) => found.includes(wordsOf(meaning))).map(({ id }) => id)).toEqual([]);
  expect(pages.filter(({ meaning }) => !paged.includes(wordsOf(meaning))).map(({ id }) => id)).toEqual([]);
});

test('an analysis of one capture loads no module of Node that only others need', () => {
  const listing = join(folder, 'node.cjs');
  writeFileSync(listing, "process.on('exit', () => console.error(process.moduleLoadList.join('\\n')));");
  const loaded = (...options: string[]) => {
    const command = ['-r', listing, installedCommand(), 'analyze', ...options];
    const { stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
    expect(stderr).toContain('NativeModule fs\n');
    return stderr.split('\n').filter((name) => /^NativeModule (?:crypto|worker_threads|zlib)$/.test(name));
  };
  expect(loaded(CASE[0])).toEqual([]);
  expect(loaded(CASE[0], '-o', join(folder, 'out.txt'))).toEqual(['NativeModule crypto']);
});

const plain = { ...process.env, LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' };
