/** What is shipped. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { installedProject } from '../support/installed.ts';
import { packTree } from './packed.mjs';

const scratch = mkdtempSync(join(tmpdir(), 'pcapdiag-packed-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const root = join(installedProject(), 'node_modules/pcapdiag');
const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
const packageFile = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

describe('the packed package', () => {
  test('is the same bytes when the tree is packed again', () => {
    const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
    expect(sha256(packTree(resolve('.'), scratch))).toBe(sha256(inject('tarball')));
  });

  test('holds no path of who built it', () => {
    expect(files.length).toBeGreaterThan(500);
    const builder = [resolve('.'), tmpdir(), homedir(), 'file://'].map((path) => Buffer.from(`${path}/`));
    const telling = files.filter((file) => builder.some((path) => readFileSync(join(root, file)).includes(path)));
    expect(telling).toEqual([]);
  });

  test('has its manual page in a list, since npm links no other', () => {
    expect(packageFile.man).toEqual(['./dist/man/pcapdiag.1']);
    expect(files).toContain('dist/man/pcapdiag.1');
  });

  test('runs nothing when it is installed', () => {
    const scripts = ['prepare', 'prepublish', 'prepack', 'preinstall', 'install', 'postinstall'];
    expect(Object.keys(packageFile.scripts).filter((name) => scripts.includes(name))).toEqual([]);
  });

  test('holds what it names, and nothing that a build leaves beside it', () => {
    expect(files).toEqual(
      expect.arrayContaining([
        'bin/pcapdiag.js',
        'dist/index.js',
        'dist/index.d.ts',
        'schema/report.json',
        'SECURITY.md',
        'dist/man/pcapdiag.1',
      ]),
    );
    const kinds = new Set(files.map((file) => file.replace(/^.*?((\.d)?\.[a-z0-9]+)$/, '$1')));
    expect([...kinds].sort()).toEqual(['.1', '.d.ts', '.js', '.json', '.md', '.txt', 'LICENSE']);
  });

  test('compiles nothing itself and keeps no compiled code', () => {
    const ways =
      /node:vm|require\([`'"]vm[`'"]\)|from ['"]vm['"]|cachedData|enableCompileCache|new Function\(|\beval\(/;
    expect(files.filter((file) => /\.js$/.test(file) && ways.test(readFileSync(join(root, file), 'utf8')))).toEqual([]);
  });
});

test('a list of what is inside can be made (CycloneDX)', () => {
  const list = JSON.parse(execFileSync('npm', ['run', '--silent', 'sbom'], { encoding: 'utf8', maxBuffer: 2 ** 26 }));
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, { version: string; dev?: boolean }>;
  };
  // Without those of the packages beside it.
  const words = ['ls', '--all', '--omit=dev', '--workspaces=false', '--package-lock-only', '--parseable'];
  const [root, ...paths] = execFileSync('npm', words, { encoding: 'utf8' }).trim().split('\n');
  const shipped = paths.map((path) => [path.slice(root.length + 1), packages[path.slice(root.length + 1)]] as const);
  expect(shipped.filter(([, { dev }]) => dev)).toEqual([]);
  const locked = shipped.map(([path, { version }]) => `pkg:npm/${path.split('node_modules/').at(-1)}@${version}`);
  const { name, version } = packageFile;
  expect(list).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { name, version } } });
  // `ajv` and others of them are both of the package and of its tests.
  const listed: string[] = list.components.map(({ purl }: { purl: string }) => purl);
  expect(listed.length).toBeGreaterThan(20);
  expect(new Set(listed)).toEqual(new Set(locked));
});
