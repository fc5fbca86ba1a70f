// Puts the compiled modules of the command line into one file under dist/bundle/, and beside it the code that V8 compiled
// of it: Node takes 0.1 s to find, read and link 230 modules one by one, and 0.05 s more to compile them, longer than the
// analysis of a small capture. The library stays as tsc made it.
// For readable stacks run `dist/cli/main.js` itself: node -e "import('./dist/cli/main.js').then((cli) => cli.main(['analyze', 'FILE']))"
//   npm run build
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const OUT = root('dist/bundle');

/** The library loads `table` when it is needed, by a call that no bundler sees through; the bundle has it inside. */
const tableInside = {
  name: 'table-inside',
  load: (id) =>
    id === root('dist/report/formats/table-package.js')
      ? "import { table } from 'table'; export const tablePackage = () => ({ table });"
      : null,
};

/** The version is read from the package file by its place beside `dist/`; the bundle lies a folder deeper and has it inside. */
const versionInside = {
  name: 'version-inside',
  load: (id) =>
    id === root('dist/tool-version.js')
      ? `export const TOOL_VERSION = ${JSON.stringify(JSON.parse(readFileSync(root('package.json'), 'utf8')).version)};`
      : null,
};

/** Commands other than `analyze` need yargs, which finds its texts beside its own modules: they stay as they are. */
const commandLineOutside = {
  name: 'command-line-outside',
  resolveId: (id) => (id === './command-line.js' ? { id: '../cli/command-line.js', external: true } : null),
};

/** One bundle for the command line and its threads: they run the same code, and so does what V8 compiled of it. */
const ENTRY = '\0entry';
const entry = {
  name: 'entry',
  resolveId: (id) => (id === ENTRY ? id : null),
  load: (id) =>
    id === ENTRY
      ? `export { main } from '${root('dist/cli/main.js')}';
         export { workForParent } from '${root('dist/pipeline/work-for-parent.js')}';`
      : null,
};

rmSync(OUT, { recursive: true, force: true });
const bundle = await rolldown({
  input: ENTRY,
  platform: 'node',
  plugins: [entry, tableInside, versionInside, commandLineOutside],
});
const { output } = await bundle.generate({
  format: 'cjs',
  minify: true,
  codeSplitting: false,
});
mkdirSync(OUT, { recursive: true });
writeFileSync(`${OUT}/main.cjs`, inAscii(output[0].code));
writeFileSync(`${OUT}/LICENSES.txt`, licensesOf(output));
// Where the bundled `new URL('./digest-worker.js', import.meta.url)` looks for it.
writeFileSync(
  `${OUT}/digest-worker.js`,
  `import { loadBundle } from '../cli/load-bundle.js';

await loadBundle(new URL('./main.cjs', import.meta.url)).exports.workForParent();
`,
);
execFileSync(process.execPath, [root('build/keep-compiled.mjs'), `${OUT}/main.cjs`], { stdio: 'inherit' });

/** One byte for each character in V8's memory instead of two. */
function inAscii(code) {
  return code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The licences of the packages inside, as their terms ask. */
function licensesOf(chunks) {
  const folders = new Set();
  for (const { modules = {} } of chunks) {
    for (const id of Object.keys(modules)) {
      const folder = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1];
      if (folder !== undefined) folders.add(folder);
    }
  }
  return [...folders].sort().map(licenseOf).join('\n\n');
}

function licenseOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const file = ['LICENSE', 'license', 'LICENSE.md', 'LICENSE.txt'].map((each) => `${folder}/${each}`).find(isFile);
  return `${name} ${version} (${license})\n\n${file === undefined ? '' : readFileSync(file, 'utf8')}`;
}

function isFile(path) {
  try {
    return readFileSync(path).length > 0;
  } catch {
    return false;
  }
}
