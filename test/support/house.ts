import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/** The files of the house with their text, so that a test can plant a violation without writing a file. */
export type House = ReadonlyMap<string, string>;

/** All TypeScript files under `folder`, by their path from it. */
export function houseIn(folder: string): House {
  const root = resolve(folder);
  const names = (readdirSync(root, { recursive: true }) as string[])
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.ts'))
    .sort();
  return new Map(names.map((name) => [name, readFileSync(join(root, name), 'utf8')]));
}

/** The same house with one more file, or with other text in one. */
export const planted = (house: House, file: string, text: string): House => new Map([...house, [file, text]]);

/** Files of the house that `file` imports, by `import`, `export … from`, `import()` and `import('…')` types. */
export function importsOf(house: House, file: string): string[] {
  const text = house.get(file) ?? '';
  const specifiers = [...text.matchAll(/(?:\bfrom|\bimport\(|\bimport)\s*['"](\.[^'"]+)['"]/g)].map(
    (match) => match[1],
  );
  return specifiers.map((specifier) => relative('/', resolve('/', dirname(file), specifier)).replaceAll('\\', '/'));
}
