// Puts the compiled modules of the command line into a few files under dist/bundle/: Node takes 0.1 s to find, read and
// link 230 modules one by one, longer than the analysis of a small capture. The library stays as tsc made it.
// For readable stacks run `dist/cli/main.js` itself: node -e "import('./dist/cli/main.js').then((cli) => cli.main(['analyze', 'FILE']))"
//   npm run build
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const OUT = root('dist/bundle');

/** The library loads `table` when it is needed, by a call that no bundler sees through; the bundle has it inside. */
const tableInside = {
  name: 'table-inside',
  load: (id) =>
    id === root('dist/report/table-package.js')
      ? "import { table } from 'table'; export const tablePackage = () => ({ table });"
      : null,
};

rmSync(OUT, { recursive: true, force: true });
const bundle = await rolldown({
  input: { main: root('dist/cli/main.js'), 'digest-worker': root('dist/flows/digest-worker.js') },
  platform: 'node',
  external: ['yargs'],
  plugins: [tableInside],
});
const { output } = await bundle.write({
  dir: OUT,
  format: 'esm',
  minify: true,
  entryFileNames: '[name].js',
  chunkFileNames: '[name].js',
});
writeFileSync(`${OUT}/LICENSES.txt`, licensesOf(output));

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
