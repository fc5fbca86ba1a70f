// Writes what follows from the files in src/heuristics/rules/<class>/: the catalogue of rules, and in the README of each
// class the list of its files. The folders are the only list of rules that is kept by hand.
//   node build/catalogue.mjs            writes them
//   node build/catalogue.mjs --check    writes nothing; exit status 1 and the names of the files that differ
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

export const RULES = 'src/heuristics/rules';
const CATALOGUE = `${RULES}/catalogue.ts`;
/** Columns of a line of prose in a README. */
const WIDTH = 120;
/** The list at the end of a README: names of files in backquotes, with commas between them and a full stop. */
const FILE_LIST = /`[a-z0-9-]+\.ts`(?:,\s+`[a-z0-9-]+\.ts`)*\.\s*$/;

/** The classes in the order of reports, as `src/heuristics/rule/rule.ts` lists them. */
export function faultClassesIn(root) {
  const file = 'src/heuristics/rule/rule.ts';
  const list = /FAULT_CLASSES = \[([^\]]+)\] as const/.exec(readFileSync(join(root, file), 'utf8'));
  if (list === null) throw new Error(`${file} has no list FAULT_CLASSES`);
  return [...list[1].matchAll(/'([a-z-]+)'/g)].map((match) => match[1]);
}

/** "dns-slow" → "dnsSlow": the name under which a rule's file exports it. */
export const exportNameOf = (id) => id.replaceAll(/-([a-z0-9])/g, (_, letter) => letter.toUpperCase());

/** Ids of the rules of a class, in the order of the alphabet. */
export function rulesOfClass(root, faultClass) {
  const folder = join(root, RULES, faultClass);
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  return files.map((name) => name.slice(0, -'.ts'.length)).sort();
}

/** The generated files: path from the root → text. */
function generatedFiles(root) {
  const classes = faultClassesIn(root);
  const folders = readdirSync(join(root, RULES), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const unknown = folders.map(({ name }) => name).filter((name) => !classes.includes(name));
  if (unknown.length > 0) throw new Error(`${RULES}/${unknown[0]}: no class of this name in FAULT_CLASSES`);
  const byClass = classes.map((faultClass) => ({ faultClass, ids: rulesOfClass(root, faultClass) }));
  const files = new Map([[CATALOGUE, catalogueText(byClass)]]);
  for (const { faultClass, ids } of byClass) {
    const path = `${RULES}/${faultClass}/README.md`;
    if (existsSync(join(root, path))) files.set(path, withFileList(readFileSync(join(root, path), 'utf8'), ids, path));
  }
  return files;
}

function catalogueText(byClass) {
  // In the order in which Biome wants imports.
  const folders = [...byClass].sort((a, b) => (a.faultClass < b.faultClass ? -1 : 1));
  const imports = folders.flatMap(({ faultClass, ids }) =>
    ids.map((id) => `import { ${exportNameOf(id)} } from './${faultClass}/${id}.ts';`),
  );
  const members = byClass.flatMap(({ ids }) => ids.map((id) => `  ${exportNameOf(id)},`));
  return `// Generated from the files beside it by \`npm run docs\`: do not edit.
import type { Rule } from '../rule/rule.ts';
${imports.join('\n')}

/** Every rule, by class in the order of the article. */
export const catalogue: readonly Rule[] = [
${members.join('\n')}
];
`;
}

function withFileList(text, ids, path) {
  const found = FILE_LIST.exec(text);
  if (found === null) throw new Error(`${path}: does not end with a list of its files`);
  const lines = [''];
  for (const [at, id] of ids.entries()) {
    const word = `\`${id}.ts\`${at < ids.length - 1 ? ',' : '.'}`;
    const last = lines.length - 1;
    const joined = lines[last] === '' ? word : `${lines[last]} ${word}`;
    if (joined.length <= WIDTH) lines[last] = joined;
    else lines.push(word);
  }
  return `${text.slice(0, found.index)}${lines.join('\n')}\n`;
}

function main() {
  const { values } = parseArgs({ options: { check: { type: 'boolean' } } });
  const root = fileURLToPath(new URL('..', import.meta.url));
  for (const [path, text] of generatedFiles(root)) {
    const file = join(root, path);
    if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
    if (values.check) {
      console.error(`${path} does not follow from the files of the rules: run npm run docs`);
      process.exitCode = 1;
    } else writeFileSync(file, text);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
