import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { isLong } from '../support/long-run.ts';

/** A copy of what the command reads and writes; the captures of the tests are linked. */
const copy = mkdtempSync(join(tmpdir(), 'pcapdiag-new-rule-'));
const COPIED = ['bin', 'build', 'docs', 'package.json', 'tsconfig.json', 'tsconfig.build.json', 'biome.json', 'src'];
const COPIED_TOO = ['CHANGELOG.md', 'vitest.config.ts', 'schema'];
/** A build and two runs of other programs, beside other tests. */
const TIME = 300_000;

beforeAll(() => {
  for (const name of [...COPIED, ...COPIED_TOO]) cpSync(name, join(copy, name), { recursive: true });
  cpSync('test', join(copy, 'test'), { recursive: true, filter: (path) => path !== join('test', 'pcaps') });
  // Nothing here asks for the installed package.
  const config = readFileSync('vitest.config.ts', 'utf8');
  writeFileSync(join(copy, 'vitest.config.ts'), config.replace(/ *globalSetup: .*\n/, ''));
  for (const name of ['node_modules', 'test/pcaps']) symlinkSync(resolve(name), join(copy, name));
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** As at a desk: where CI is set, Vitest writes no snapshot, and that of a new rule is yet to be written. */
const { CI: _, ...AT_A_DESK } = process.env;

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8', env: { ...AT_A_DESK, NO_COLOR: '1' } });
}

const read = (path: string): string => readFileSync(join(copy, path), 'utf8');

describe('build/catalogue.mjs --check', () => {
  it('agrees with the files of the repository', () => {
    expect(run('build/catalogue.mjs', '--check')).toMatchObject({ status: 0, stderr: '' });
  });

  it('names what a rule without a line in the catalogue makes wrong', () => {
    const planted = join(copy, 'src/heuristics/rules/dns/dns-planted.ts');
    writeFileSync(planted, 'export const dnsPlanted = 1;\n');
    const { status, stderr } = run('build/catalogue.mjs', '--check');
    rmSync(planted);
    expect(status).toBe(1);
    expect(stderr).toContain('rules/catalogue.ts');
    expect(stderr).toContain('rules/dns/README.md');
  });
});

describe('npm run new-rule', () => {
  test.each<[string, string[], RegExp]>([
    ['no name', [], /^usage: /],
    ['two names', ['dns/dns-foo', 'dns/dns-bar'], /^usage: /],
    ['no class', ['dns-foo'], /^usage: /],
    ['a path', ['dns/../dns-foo'], /^usage: /],
    ['an unknown class', ['voip/voip-foo'], /^no class "voip"; the classes are network-unreachable, /],
    ['capitals', ['dns/Dns-foo'], /^"Dns-foo" is no id: /],
    ['one word', ['dns/foo'], /^"foo" is no id: /],
    ['a hyphen at the end', ['dns/dns-'], /^"dns-" is no id: /],
    ['an id that is taken', ['dns/dns-slow'], /^a rule "dns-slow" exists: src\/heuristics\/rules\/dns\/dns-slow\.ts/],
    ['an id of another class', ['tcp/dns-slow'], /^a rule "dns-slow" exists: /],
    ['a word of the code', ['dns/node-nic'], /^"node-nic" is a word of src\/.* already/],
  ])('refuses %s', (_claim, args, message) => {
    const { status, stderr } = run('build/new-rule.mjs', ...args);
    expect(stderr).toMatch(message);
    expect(status).toBe(1);
  });

  // A type check and a run of tests in the copy, half a minute: CI does it.
  it.runIf(isLong())(
    'writes a rule that compiles and passes every test but the one that asks for its own words',
    () => {
      const rule = 'src/heuristics/rules/dns/dns-foo.ts';
      const written = 'test/heuristics/rules/dns/dns-foo.test.ts';
      const { status, stdout, stderr } = run('build/new-rule.mjs', 'dns/dns-foo');
      expect(status, stderr).toBe(0);
      expect(stdout).toContain(`\n  ${rule}\n  ${written}\n`);

      expect(read('src/heuristics/rules/catalogue.ts')).toContain("import { dnsFoo } from './dns/dns-foo.ts';");
      expect(read('src/heuristics/rules/dns/README.md')).toContain('`dns-foo.ts`');
      const section = /## DNS\n[\s\S]*?\n## /.exec(read('docs/catalogue-coverage.md'))?.[0];
      expect(section).toContain('\n| `dns-foo` | **rule** [`dns-foo`](rules/dns-foo.md) |');
      expect(read('docs/rules/dns-foo.md')).toMatch(/^# dns-foo\n[\s\S]*Class `dns`/);
      expect(read('docs/rules/README.md')).toContain('[`dns-foo`](dns-foo.md)');
      expect(/\n## [\s\S]*?\n## /.exec(read('CHANGELOG.md'))?.[0]).toContain(
        '- New rule [`dns-foo`](docs/rules/dns-foo.md).',
      );

      writeFileSync(
        join(copy, 'tsconfig.written.json'),
        JSON.stringify({ extends: './tsconfig.json', include: ['src/flows/tables/assembly.d.ts', written] }),
      );
      expect(run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.written.json').stdout).toBe('');

      const walls = ['test/heuristics/rule-declarations.test.ts', 'test/architecture.test.ts'];
      const tests = run('node_modules/vitest/vitest.mjs', 'run', '--reporter=json', written, ...walls);
      const { testResults } = JSON.parse(tests.stdout) as {
        testResults: { assertionResults: { title: string; status: string; fullName: string }[] }[];
      };
      const results = testResults.flatMap(({ assertionResults }) => assertionResults);
      // Three rows, and the seven questions that a table asks of all rows.
      expect(results.filter(({ fullName }) => fullName.startsWith('dns-foo'))).toHaveLength(10);
      const failed = results.filter(({ status: outcome }) => outcome !== 'passed').map(({ title }) => title);
      expect(failed).toEqual(['leaves no line of the skeleton unwritten']);
    },
    TIME,
  );
});
