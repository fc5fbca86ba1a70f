import { dirname, relative, resolve } from 'node:path';
import type { House } from './house.ts';

/** A declaration at the top of a file: what it is called, its text, and the names that it may use. */
interface Declaration {
  file: string;
  name: string;
  text: string;
}

const DECLARATION = /^(?:export )?(?:async )?(?:const|let|function\*?|class|interface|type) (\w+)/;
const IMPORT = /^import (type )?\{([^}]*)\} from '(\.[^']+)';/gms;

/**
 * The exported threshold constants of `heuristics` that a rule's code reads, directly or through the functions of facts,
 * causes and words that it calls: "heuristics/facts/gates.ts#GATES.gapShare", or "…#GATES" where all of an object is
 * read. What only stands in the rule's list of thresholds does not count.
 */
export function thresholdsReadBy(house: House, ruleFile: string): Set<string> {
  const read = new Set<string>();
  const visited = new Set<string>();
  const visit = (file: string, name: string): void => {
    const key = `${file}#${name}`;
    if (visited.has(key)) return;
    visited.add(key);
    const declaration = declarationsOf(house, file).find((one) => one.name === name);
    if (declaration === undefined) return;
    const imported = importedInto(house, file);
    for (const word of new Set(declaration.text.match(/\b[A-Za-z_]\w*\b/g))) {
      if (word === name) continue;
      const from = imported.get(word);
      const home = from ?? file;
      if (!home.startsWith('heuristics/')) continue;
      const shared = home === ruleFile ? undefined : declarationsOf(house, home).find((one) => one.name === word);
      if (shared === undefined || !isThresholds(shared)) visit(home, word);
      else for (const member of membersRead(declaration.text, word)) read.add(`${home}#${member}`);
    }
  };
  for (const { name } of declarationsOf(house, ruleFile)) visit(ruleFile, name);
  return read;
}

/** Exported constants of facts, causes and words that hold thresholds. */
export const sharedThresholds = (house: House): string[] =>
  [...house.keys()]
    .filter((file) => /^heuristics\/(?:facts|causes|words)\//.test(file))
    .flatMap((file) => declarationsOf(house, file).filter(isThresholds))
    .map(({ file, name }) => `${file}#${name}`);

const isThresholds = ({ text }: Declaration): boolean => /^export const [A-Z]/.test(text) && /\bsource:/.test(text);

/** "GATES.gapShare" for each member that is read; "GATES" where the object is read as a whole. */
function membersRead(text: string, name: string): string[] {
  const uses = [...text.matchAll(new RegExp(`\\b${name}\\b(?:\\.(\\w+))?`, 'g'))].map(([, member]) => member);
  const isWhole = uses.some((member) => member === undefined || member === 'value');
  return isWhole ? [name] : uses.map((member) => `${name}.${member}`);
}

const known = new WeakMap<House, Map<string, Declaration[]>>();

function declarationsOf(house: House, file: string): Declaration[] {
  const files = known.get(house) ?? new Map<string, Declaration[]>();
  known.set(house, files);
  const parsed = files.get(file) ?? declarationsIn(file, house.get(file) ?? '');
  files.set(file, parsed);
  return parsed;
}

function declarationsIn(file: string, text: string): Declaration[] {
  const declarations: Declaration[] = [];
  for (const line of text.split('\n')) {
    const name = DECLARATION.exec(line)?.[1];
    if (name !== undefined) declarations.push({ file, name, text: '' });
    const last = declarations.at(-1);
    if (last !== undefined && !/^\s*(?:\*|\/\*\*|\/\/)/.test(line)) last.text += `${line}\n`;
  }
  // A rule lists its thresholds: that is what is checked, not a use.
  const list = /^ {2}thresholds: \{\n(?: {4}.*\n)*? {2}\},$|^ {2}thresholds\b.*,$/gm;
  return declarations.map((one) => ({ ...one, text: one.text.replace(list, '') }));
}

function importedInto(house: House, file: string): Map<string, string> {
  const imported = new Map<string, string>();
  for (const [, , names, specifier] of (house.get(file) ?? '').matchAll(IMPORT)) {
    const target = relative('/', resolve('/', dirname(file), specifier)).replaceAll('\\', '/');
    for (const name of names.split(',')) imported.set(name.replace(/^\s*type /, '').trim(), target);
  }
  return imported;
}
