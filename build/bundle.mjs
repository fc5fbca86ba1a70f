// Puts the compiled modules of the command line into a few files under dist/bundle/: Node takes 0.1 s to find, read and
// link 230 modules one by one. Each command loads the files that it needs. The library stays as tsc made it.
// For readable stacks run `dist/cli/main.js` itself: node -e "import('./dist/cli/main.js').then((cli) => cli.main(['analyze', 'FILE']))"
//   npm run build
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { inAscii, licensesOf } from './bundled-code.mjs';
import { isBuiltin, lateModules } from './late-modules.mjs';
import { rulePages } from './rule-pages.mjs';

const root = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const OUT = root('dist/bundle');

/** Packages in files of their own, loaded with the first table, and with the first file of YAML. */
const BESIDE = new Map([
  [root('dist/report/formats/table-package.js'), `export const tablePackage = () => require('./table.js');`],
  [root('dist/text/yaml-package.js'), `export const yamlPackage = () => require('./yaml.js');`],
]);
const packagesBeside = {
  name: 'packages-beside',
  load: (id) => BESIDE.get(id) ?? null,
  resolveId: (id) => (id === './table.js' || id === './yaml.js' ? { id, external: true } : null),
};

/** Tables are drawn with one configuration, which the tests of the library check with the validators inside. */
const configurationAsChecked = {
  name: 'configuration-as-checked',
  load: (id) =>
    id === root('node_modules/table/dist/src/generated/validators.js')
      ? `const valid = () => true; module.exports = { 'config.json': valid, 'streamConfig.json': valid };`
      : null,
};

const { version } = JSON.parse(readFileSync(root('package.json'), 'utf8'));

/** The modules read the version from the package file, by its place beside them; a bundle has it inside. */
const versionInside = {
  name: 'version-inside',
  load: (id) => {
    if (id === root('dist/tool-version.js')) return `export const TOOL_VERSION = ${JSON.stringify(version)};`;
    return id === root('dist/cli/version.js') ? `export const VERSION = ${JSON.stringify(version)};` : null;
  },
};

/** A thread waits for nothing: what `workForParent` throws is an unhandled rejection, which its parent hears as an error. */
const WORKER = '\0digest-worker';
const workerEntry = {
  name: 'worker-entry',
  resolveId: (id) => (id === WORKER ? id : null),
  load: (id) =>
    id === WORKER
      ? `import { workForParent } from '${root('dist/pipeline/work-for-parent.js')}'; workForParent();`
      : null,
};

const late = lateModules(root('dist/'));
const pages = rulePages(root('dist/heuristics/rules'));

/** CommonJS: `import()` inside becomes `require`, and Node 20 starts it 5 ms sooner than ES modules. */
const BUNDLES = [
  {
    input: { main: root('dist/cli/main.js'), 'digest-worker': WORKER, ...late.input, ...pages.input },
    plugins: [packagesBeside, versionInside, workerEntry, late.plugin, pages.plugin],
  },
  { input: { table: 'table' }, plugins: [configurationAsChecked] },
  { input: { yaml: 'yaml' }, plugins: [] },
];

/**
 * Loading a module of the project does nothing else: a command that lists packets loads no rules, although `index.js`
 * names all modules.
 */
const treeshake = { moduleSideEffects: (id) => !id.startsWith(root('dist/')) };

/** What every analysis needs to read captures. A file of `late` is one of its own. */
const READ = /\/dist\/(?:(?:decode|flows(?!\/series)|pipeline|text)\/|filter\/(?:filter-error|selection)\.js)[^?]*$/;
/** An analysis of captures reads no digest from a file, only its threads have a parent, and few captures need the core. */
const NOT_READ =
  /\/dist\/(?:flows\/digest\/(?:digest-file|digest-references|written-data|written-types)|flows\/ordinary\/(?!state-(?:access|layout)\.)[a-z-]+|pipeline\/(?:stored-digests|work-for-parent))\.js$/;

/** What commands that judge captures share with those that list. */
const SOURCES =
  /\/dist\/(?:cli\/(?:expand-sources|inventory|progress|waiting)|cluster\/read-inventory|report\/formats\/(?:summary-table|wrap))\.js$/;

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
const written = [];
for (const { input, plugins } of BUNDLES) {
  // The SDK of `pcapdiag mcp` is an optional package of who uses it.
  const external = [/^@modelcontextprotocol\//];
  const bundle = await rolldown({ input, platform: 'node', cwd: root(''), plugins, treeshake, onLog, external });
  // All files in one folder: `new URL('./digest-worker.js', import.meta.url)` looks beside the module that it is written in.
  const { output: files } = await bundle.generate({
    format: 'cjs',
    minify: true,
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    // Few files, as each takes 0.08 ms to find and open; a group takes what its modules import and no group before it has.
    // What each packet meets calls each other within one file: a call into another file looks a property up.
    // The words of the command line look for what was probably meant, and for days: for that nothing has to be able to
    // read captures.
    codeSplitting: {
      groups: [
        { name: 'words', test: /\/dist\/text\/(?:day|suggestion)\.js$/, priority: 3 },
        { name: 'builtins', test: isBuiltin, priority: 3 },
        { name: 'start', test: /\/dist\/cli\/(?:complain|exit-status|version)\.js$/, priority: 3 },
        { name: 'mtr', test: /\/dist\/heuristics\/facts\/judge-hops\.js$/, priority: 3 },
        { name: 'read', test: (id) => READ.test(id) && !NOT_READ.test(id), priority: 2 },
        { name: 'catalogue', test: /\/dist\/heuristics\/rules\/catalogue\.js$/, priority: 2 },
        { name: 'command', test: /\/dist\/cli\/command-(?:line|table)\.js$/, priority: 2 },
        { name: 'sources', test: SOURCES, priority: 1 },
        { name: 'analyze', test: /\/dist\/(?:cli\/(?:analyze-sources|gate-files)|format-report)\.js$/ },
      ],
    },
  });
  for (const { fileName, code } of files) writeFileSync(`${OUT}/${fileName}`, inAscii(code));
  written.push(...files);
}
// The package is one of ES modules.
writeFileSync(`${OUT}/package.json`, '{ "type": "commonjs" }\n');
writeFileSync(`${OUT}/LICENSES.txt`, licensesOf(written));

/** yargs has `import.meta` where it looks for configuration files, which nobody here asks it to. */
function onLog(level, log, say) {
  if (!(log.code === 'EMPTY_IMPORT_META' && log.message.includes('apply-extends.js'))) say(level, log);
}
