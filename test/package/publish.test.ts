/** What the publish workflow packs and publishes: its own steps, in a shell, with a copy of the tree. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { parse } from 'yaml';
import { extractInto } from './packed.mjs';

interface Step {
  name?: string;
  run?: string;
}

const { publish } = parse(readFileSync('.github/workflows/publish.yml', 'utf8')).jobs;
const steps: Step[] = publish.steps;
const packageOf = (folder: string) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const [main, queue] = ['.', 'packages/queue'].map(packageOf);

const scratch = mkdtempSync(join(tmpdir(), 'pcapdiag-publish-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const tree = join(scratch, 'tree');
const release = join(tree, 'release');

/** A step of the workflow as a runner runs it (bash -e), at a tag. */
function ran(name: string, tag: string, before = '') {
  const script = steps.find((step) => step.name?.startsWith(name))?.run;
  if (script === undefined) throw new Error(`no step ${name}`);
  const env = { ...process.env, GITHUB_REF_NAME: tag };
  return spawnSync('bash', ['-e', '-o', 'pipefail', '-c', `${before}\n${script}`], {
    cwd: tree,
    env,
    encoding: 'utf8',
  });
}

beforeAll(() => {
  const listed = execFileSync('git', ['ls-files', '-z', ...PARTS], { encoding: 'utf8' });
  for (const path of listed.split('\0').filter((each) => each !== '')) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    cpSync(path, join(tree, path));
  }
  cpSync('dist', join(tree, 'dist'), { recursive: true });
  symlinkSync(resolve('node_modules'), join(tree, 'node_modules'), 'junction');
  const { status, stderr } = ran('Pack', `v${main.version}`);
  expect(status, stderr).toBe(0);
});

/** What the packages and the list of what is inside are made from. */
const PARTS = ['*.json', '*.md', 'LICENSE', 'bin', 'build', 'docs', 'packages', 'schema'].map((part) => `:/${part}`);

describe('both packages have one version', () => {
  test('and the queue wants the pcapdiag that it was released with', () => {
    expect(queue.version).toBe(main.version);
    expect(queue.peerDependencies).toEqual({ pcapdiag: `^${main.version}` });
    expect(queue.license).toBe(main.license);
    expect(queue.engines).toEqual(main.engines);
  });

  test('which is that of the tag, else nothing is published', () => {
    const { version } = main;
    const [first] = steps.filter(({ run }) => run !== undefined);
    expect(first.name).toBe('The tag is the version of both packages');
    expect(ran('The tag', `v${version}`).status).toBe(0);
    expect(ran('The tag', 'v99.0.0').status).toBe(1);
    const file = join(tree, 'packages/queue/package.json');
    writeFileSync(file, JSON.stringify({ ...queue, version: '99.0.0' }));
    expect(ran('The tag', `v${version}`).status).toBe(1);
    cpSync('packages/queue/package.json', file);
  });
});

describe('what was packed', () => {
  test('is both packages, with the list of what is inside and the checksums of all', () => {
    const { version } = main;
    const files = [`pcapdiag-${version}.tgz`, `pcapdiag-queue-${version}.tgz`, 'sbom.cdx.json'];
    expect(readdirSync(release).sort()).toEqual(['SHA256SUMS', ...files]);
    const sums = readFileSync(join(release, 'SHA256SUMS'), 'utf8').trim().split('\n');
    expect(sums.map((line) => line.split('  ')[1])).toEqual(files);
  });

  test('is published with provenance, each tarball once', () => {
    expect(publish.permissions['id-token']).toBe('write');
    const told = ['Publish pcapdiag', 'Publish @pcapdiag/queue'].map(
      (name) => ran(name, `v${main.version}`, 'npm() { printf "%s\\n" "$@"; }').stdout,
    );
    const words = told.map((text) => text.trim().split('\n'));
    expect(words.map(([command]) => command)).toEqual(['publish', 'publish']);
    for (const each of words) expect(each).toEqual(expect.arrayContaining(['--provenance', '--access', 'public']));
    const tarballs = readdirSync(release).filter((name) => name.endsWith('.tgz'));
    expect(words.map((each) => each.at(-1))).toEqual(tarballs.map((name) => `release/${name}`));
    expect(steps.filter(({ run }) => run?.includes('npm publish'))).toHaveLength(2);
  });

  test('@pcapdiag/queue runs in an empty folder, and runs the pcapdiag beside it', () => {
    const project = join(scratch, 'project');
    extractInto(project, inject('tarball'), resolve('node_modules'));
    const tarball = join(release, `pcapdiag-queue-${main.version}.tgz`);
    extractInto(project, tarball, resolve('node_modules'), '@pcapdiag/queue');
    const installed = join(project, 'node_modules/@pcapdiag/queue');
    expect(readdirSync(installed).sort()).toEqual(['LICENSE', 'README.md', 'bin', 'dist', 'package.json']);
    const command = join(installed, 'bin/pcapdiag-queue.js');
    const help = spawnSync(process.execPath, [command, '--help'], { cwd: project, encoding: 'utf8' });
    expect(help).toMatchObject({ status: 0, stderr: '' });
    expect(help.stdout).toContain('pcapdiag-queue collect --run ID');
    const program = `
      import { runPcapdiag } from ${JSON.stringify(join(installed, 'dist/run-pcapdiag.js'))};
      process.stdout.write(JSON.stringify(await runPcapdiag(['--version'])));`;
    const ran = execFileSync(process.execPath, ['--input-type=module', '-e', program], { cwd: project });
    expect(JSON.parse(`${ran}`)).toEqual({ status: 0, out: `${main.version}\n`, told: '' });
  });
});
