// Which test file imports which file of the source.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import ts from 'typescript';

/** By path: the files that it imports; null for any. */
const imports = new Map();

/** Whether a file imports another, directly or by others. One that imports by a name it computes may import anything. */
export function isImporting(from, path) {
  const seen = new Set([from]);
  for (const file of seen) {
    if (!imports.has(file)) {
      const text = readFileSync(file, 'utf8');
      const isAny = /\bimport\(\s*[^'"\s]/.test(text);
      const named = ts.preProcessFile(text).importedFiles.map(({ fileName }) => resolve(dirname(file), fileName));
      imports.set(file, isAny ? null : named.filter((name) => name.endsWith('.ts') && existsSync(name)));
    }
    if (imports.get(file) === null) return true;
    for (const name of imports.get(file)) seen.add(name);
  }
  return seen.has(path);
}
