// Runs the packed, installed package with several versions of Node in every input form of the README, and says what it
// ran. All versions have to print the same bytes.
//   npm run build && npm run matrix                     20.19.0, and the newest 20, 22, 24 and 26
//   npm run matrix -- 20.19.0 newest                    the oldest that is promised, and the newest that there is
// Versions come from the npm package `node` and stay in node_modules/.cache/node-versions.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { INPUT_FORMS, inputOf, whatIsWrong, writeInputs } from './input-forms.mjs';
import { COMMAND, installFromRegistry, packTree } from './packed.mjs';

const TREE = fileURLToPath(new URL('../..', import.meta.url));
const KEPT = join(TREE, 'node_modules/.cache/node-versions');
const DEFAULT_VERSIONS = ['20.19.0', '20', '22', '24', '26'];
/** A run that takes longer hangs. */
const MOST_MILLISECONDS = 120_000;
const NPM = ['--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts'];
/** What the package `node` fetches by a script when it is installed; npm may refuse to run that. */
const PLATFORM_PACKAGE = `${process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node'}-${process.platform}-${process.arch}`;

const wanted = process.argv.length > 2 ? process.argv.slice(2) : DEFAULT_VERSIONS;
const scratch = mkdtempSync(join(tmpdir(), 'pcapdiag-matrix-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

const published = JSON.parse(
  twice('ask the registry for the versions of Node', () => npm(['view', 'node', 'versions', '--json'])),
);
const tarball = packTree(TREE, scratch);
const project = join(scratch, 'project');
twice('install the package', () => installFromRegistry(project, tarball));
console.log(`${tarball.split('/').at(-1)}, installed into an empty project; ${INPUT_FORMS.length} forms`);

const outputs = new Map();
let failed = 0;
for (const words of wanted) {
  const version = newestOf(words);
  if (version === undefined) {
    failed++;
    console.log(`FAIL  Node ${words}: the registry has no such version of the package \`node\``);
    continue;
  }
  const wrong = runForms(version);
  for (const line of wrong) console.log(`      ${line}`);
  failed += wrong.length;
}
console.log(failed === 0 ? 'every form passed with every version' : `${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** @returns what went wrong, a line each */
function runForms(version) {
  const node = twice(`fetch Node ${version}`, () => nodeOf(version));
  const folder = join(project, `inputs-${version}`);
  mkdirSync(folder);
  writeInputs(join(TREE, 'test/pcaps'), folder);
  const wrong = [];
  for (const form of INPUT_FORMS) {
    const program = form.program === undefined ? join(project, COMMAND) : join(folder, form.program);
    const { status, signal, stdout, stderr } = spawnSync(node, [program, ...form.argv], {
      cwd: folder,
      input: inputOf(form, folder),
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      timeout: MOST_MILLISECONDS,
      env: { PATH: process.env.PATH, HOME: scratch, NO_COLOR: '1' },
    });
    const reason = whatIsWrong(form, { status, signal, stdout, stderr }, folder) ?? differs(form, version, stdout);
    if (reason !== undefined) wrong.push(`${form.name}: ${reason}`);
  }
  rmSync(folder, { recursive: true });
  const passed = INPUT_FORMS.length - wrong.length;
  console.log(
    `${wrong.length === 0 ? 'pass' : 'FAIL'}  Node ${version}: ${passed} of ${INPUT_FORMS.length} forms passed`,
  );
  return wrong;
}

/** The first version that ran a form says what the others have to print. */
function differs({ name }, version, stdout) {
  const first = outputs.get(name);
  if (first === undefined) outputs.set(name, { version, stdout });
  return first === undefined || first.stdout === stdout ? undefined : `other output than with Node ${first.version}`;
}

/** `20.19.0` itself, the newest of `22`, or of all for `newest`; undefined when there is none. */
function newestOf(words) {
  const numbers = (version) => version.split('.').map(Number);
  const byVersion = (a, b) =>
    numbers(a)[0] - numbers(b)[0] || numbers(a)[1] - numbers(b)[1] || numbers(a)[2] - numbers(b)[2];
  const releases = published.filter((version) => /^\d+\.\d+\.\d+$/.test(version)).sort(byVersion);
  return releases.findLast((version) => words === 'newest' || version === words || version.startsWith(`${words}.`));
}

/** Path of the program, which says that it is this version. */
function nodeOf(version) {
  const folder = join(KEPT, version);
  const node = join(folder, 'node_modules', PLATFORM_PACKAGE, 'bin/node');
  if (!existsSync(node)) {
    const fresh = `${folder}.new`;
    rmSync(fresh, { recursive: true, force: true });
    mkdirSync(fresh, { recursive: true });
    writeFileSync(join(fresh, 'package.json'), '{ "private": true }\n');
    npm(['install', ...NPM, `${PLATFORM_PACKAGE}@${version}`], fresh);
    rmSync(folder, { recursive: true, force: true });
    renameSync(fresh, folder);
  }
  const said = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  if (said !== `v${version}`) throw new Error(`${node} says that it is ${said}`);
  return node;
}

function npm(words, cwd = scratch) {
  return execFileSync('npm', words, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Once more after a failure, which with a registry is often one of the network. */
function twice(what, work) {
  try {
    return work();
  } catch {
    try {
      return work();
    } catch (error) {
      console.error(`cannot ${what}: ${error.message}`);
      process.exit(1);
    }
  }
}
