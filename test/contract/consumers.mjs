// Tries the packed package as the programs of others get it: `publint`, `attw`, and the compiler of TypeScript in every
// version from the oldest promised to the newest, in ESM projects (nodenext, bundler) and in CommonJS.
//   npm run build && npm run contract               all versions
//   npm run contract -- own                         the version of this project only
// Compilers come from the npm package `typescript` and stay in node_modules/.cache/typescript-versions.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { extractInto, packTree } from '../package/packed.mjs';

const TREE = fileURLToPath(new URL('../..', import.meta.url));
const CONSUMERS = fileURLToPath(new URL('consumers', import.meta.url));
const KEPT = join(TREE, 'node_modules/.cache/typescript-versions');
/** The oldest that is promised, the first with `require` of ES modules, this project's, and the newest majors. */
const VERSIONS = ['5.4', '5.8', 'own', '6', '7'];
/** The first TypeScript that lets CommonJS `require` ES modules under `nodenext`. */
const REQUIRES_ESM = 5.8;

/** A project of somebody else: files, and options of the compiler beside `strict`. */
export const PROJECTS = [
  { name: 'ESM, nodenext', files: ['library.ts'], module: 'nodenext' },
  { name: 'ESM, bundler', files: ['library.ts'], module: 'esnext', moduleResolution: 'bundler' },
  { name: 'CommonJS, import()', files: ['by-import.cts'], module: 'nodenext' },
  { name: 'CommonJS, require', files: ['by-require.cts'], module: 'nodenext', since: REQUIRES_ESM },
];

/** Packs the tree into a project that has it installed. @returns the folder of the project */
export function consumerProject(scratch, tarball = packTree(TREE, scratch)) {
  const project = join(scratch, 'consumer');
  extractInto(project, tarball, join(TREE, 'node_modules'));
  mkdirSync(join(project, 'node_modules/@types'), { recursive: true });
  for (const name of ['@types/node', 'undici-types'])
    symlinkSync(join(TREE, 'node_modules', name), join(project, 'node_modules', name), 'junction');
  cpSync(CONSUMERS, project, { recursive: true });
  return project;
}

/** @returns what is wrong, a line each */
export function compileConsumers(project, { compiler, version, projects = PROJECTS, skips = [true, false] }) {
  const wrong = [];
  for (const { name, files, since = 0, ...options } of projects) {
    if (Number(version.split('.').slice(0, 2).join('.')) < since) continue;
    for (const skipLibCheck of skips) {
      const config = join(project, 'tsconfig.json');
      const compilerOptions = {
        target: 'es2022',
        lib: ['es2023'],
        types: ['node'],
        strict: true,
        noEmit: true,
        skipLibCheck,
        ...options,
      };
      writeFileSync(config, JSON.stringify({ compilerOptions, files }));
      const { status, stdout, stderr } = spawnSync(process.execPath, [compiler, '-p', config, '--pretty', 'false'], {
        cwd: project,
        encoding: 'utf8',
      });
      if (status !== 0) wrong.push(`${name}, skipLibCheck ${skipLibCheck}: ${(stdout + stderr).trim()}`);
    }
  }
  return wrong;
}

/** Path of `tsc`, and the version that it says it is. */
export function compilerOf(words) {
  if (words === 'own') return versionOf(join(TREE, 'node_modules/typescript/bin/tsc'));
  const folder = join(KEPT, words);
  if (!existsSync(join(folder, 'node_modules/typescript'))) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    npm(['install', '--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts', `typescript@${words}`], folder);
  }
  return versionOf(join(folder, 'node_modules/typescript/bin/tsc'));
}

function versionOf(compiler) {
  const said = execFileSync(process.execPath, [compiler, '--version'], { encoding: 'utf8' });
  return { compiler, version: /\d+\.\d+\.\d+/.exec(said)[0] };
}

const npm = (words, cwd) => execFileSync('npm', words, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

/** Programs that look at a packed package. @returns what is wrong */
function linted(tarball) {
  const tools = [
    ['publint', [join(TREE, 'node_modules/.bin/publint'), tarball, '--strict']],
    ['attw --profile esm-only', [join(TREE, 'node_modules/.bin/attw'), tarball, '--profile', 'esm-only', '--no-emoji']],
  ];
  return tools.flatMap(([name, words]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8', cwd: TREE });
    console.log(`${status === 0 ? 'pass' : 'FAIL'}  ${name}`);
    return status === 0 ? [] : [`${name}: ${stdout}${stderr}`];
  });
}

/** CommonJS in Node itself. */
function loaded(project) {
  const program = "require('pcapdiag').analyze([]).catch(({ code }) => console.log(code))";
  const run = (words) => spawnSync(process.execPath, words, { cwd: project, encoding: 'utf8' });
  const asked = [
    ['require in Node', ['--input-type=commonjs', '-e', program]],
    [
      'import() in CommonJS',
      [
        '--input-type=commonjs',
        '-e',
        program
          .replace("require('pcapdiag').", "import('pcapdiag').then((it) => it.")
          .replace('analyze([])', 'analyze([]))'),
      ],
    ],
  ];
  return asked.flatMap(([name, words]) => {
    const { stdout, stderr } = run(words);
    const isRight = stdout === 'bad-option\n';
    console.log(`${isRight ? 'pass' : 'FAIL'}  ${name} ${process.version}`);
    return isRight ? [] : [`${name}: ${stdout}${stderr}`];
  });
}

function main() {
  const scratch = mkdtempSync(join(tmpdir(), 'pcapdiag-contract-'));
  process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
  const tarball = packTree(TREE, scratch);
  const project = consumerProject(scratch, tarball);
  const wrong = [...linted(tarball), ...loaded(project)];
  const wanted = process.argv.length > 2 ? process.argv.slice(2) : VERSIONS;
  for (const words of wanted) {
    const { compiler, version } = compilerOf(words);
    const errors = compileConsumers(project, { compiler, version });
    console.log(`${errors.length === 0 ? 'pass' : 'FAIL'}  TypeScript ${version}`);
    wrong.push(...errors.map((error) => `TypeScript ${version}, ${error}`));
  }
  for (const line of wrong) console.error(line);
  process.exitCode = wrong.length === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
