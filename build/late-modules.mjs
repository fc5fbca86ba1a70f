// Files of the bundle that are loaded at the first call of one of their functions: what a plain analysis never calls.
//
//   import { formatHtml } from '../html/page.js'   →   const formatHtml = (...given) => require('./late-page.js').formatHtml(...given)
//
// Only functions are exported so: who imports anything else ends the build, as there is no such export.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { parseAst } from 'rolldown/parseAst';

/** Modules of Node. */
const BUILTINS = new Set(['node:crypto', 'node:fs/promises', 'node:net', 'node:zlib']);
/** Modules of dist/ that need an option; what only they import is loaded with them. */
const MODULES = [
  'cluster/read-inventory',
  'filter/packet-filter',
  'flows/ordinary/run-core',
  'pipeline/digest-in-worker',
  'pipeline/export-missing',
  'pipeline/read-series',
  'redact/redact-records',
  'redact-report',
  'report/formats/ci/github',
  'report/formats/ci/junit',
  'report/formats/ci/prometheus',
  'report/formats/ci/sarif',
  'report/formats/markdown',
  'report/html/page',
  'report/sections/pictures/pictures-of',
  'report/sections/pictures/wanted-series',
];
const BUILTIN = '\0late-';
const WHOLE = '?whole';
const require = createRequire(import.meta.url);

/** A plugin of rolldown for commands and the files beside them. @param folder dist/ */
export function lateModules(folder) {
  const files = new Map(MODULES.map((name) => [`${folder}${name}.js`, `late-${basename(name)}`]));
  const plugin = {
    name: 'late-modules',
    resolveId(id, importer) {
      if (BUILTINS.has(id) && importer?.startsWith(folder)) return `${BUILTIN}${id}`;
      if (id.endsWith(WHOLE)) return id;
      return /^\.\/late-[a-z-]+\.js$/.test(id) ? { id, external: true } : null;
    },
    load(id) {
      if (id.startsWith(BUILTIN)) return builtinStubs(id.slice(BUILTIN.length));
      if (id.endsWith(WHOLE)) return readFileSync(id.slice(0, -WHOLE.length), 'utf8');
      return files.has(id) ? stubs(functionsOf(id), `./${files.get(id)}.js`) : null;
    },
  };
  return { plugin, input: Object.fromEntries([...files].map(([path, name]) => [name, `${path}${WHOLE}`])) };
}

/** For a group of the bundle: stubs of Node's modules are together, apart from what calls them. */
export const isBuiltin = (id) => id.startsWith(BUILTIN);

/** Classes are left out: a stub cannot be constructed. */
const builtinStubs = (id) =>
  stubs(
    Object.entries(require(id)).flatMap(([name, value]) =>
      typeof value === 'function' && /^[a-z]/.test(name) ? [name] : [],
    ),
    id,
  );

const stubs = (names, file) =>
  [
    `let loaded; const late = () => (loaded ??= require('${file}'));`,
    ...names.map((name) => `export const ${name} = (...given) => late().${name}(...given);`),
  ].join('\n');

/** Names of the exported functions of a file. */
const functionsOf = (path) =>
  parseAst(readFileSync(path, 'utf8')).body.flatMap(({ type, declaration }) => {
    if (type !== 'ExportNamedDeclaration' || declaration === null) return [];
    if (declaration.type === 'FunctionDeclaration') return declaration.generator ? [] : [declaration.id.name];
    const variables = declaration.declarations ?? [];
    return variables.flatMap(({ id, init }) => (init?.type === 'ArrowFunctionExpression' ? [id.name] : []));
  });
