/** dist/index.d.ts: the contract of the library, in one file. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { installedProject } from '../support/installed.ts';

const root = join(installedProject(), 'node_modules/pcapdiag');
const text = readFileSync(join(root, 'dist/index.d.ts'), 'utf8');
const file = ts.createSourceFile('index.d.ts', text, ts.ScriptTarget.Latest, true);

/** What a number can be. */
const UNITS =
  /\b(?:nano|micro|milli)?seconds?\b|octets?|bytes|\bnumber\b|numbers|\b0 to 1\b|whole seconds|per cent|index|offset|ports?\b|packets|segments|[A-Z][a-z-]+s\b|how often|TTL|version/i;

const nameOf = (statement: string): string =>
  /(?:interface|type|class|const|function) (\w+)/.exec(statement)?.[1] ?? statement;

/** Members of interfaces, classes and type literals that are a part of the contract, with the path to each. */
function* members(node: ts.Node, path: string): Generator<{ path: string; node: ts.Node }> {
  for (const child of node.getChildren()) {
    const name = (child as { name?: ts.Node }).name?.getText();
    if (isMember(child)) yield { path: `${path}.${name ?? 'constructor'}`, node: child };
    yield* members(child, name === undefined ? path : `${path}.${name}`);
  }
}

const isMember = (node: ts.Node): boolean =>
  (ts.isPropertySignature(node) ||
    ts.isMethodSignature(node) ||
    ts.isPropertyDeclaration(node) ||
    ts.isMethodDeclaration(node)) &&
  // `#private` tells that a class has private fields, and no more.
  !ts.isPrivateIdentifier(node.name);

const docOf = (node: ts.Node): string =>
  ts
    .getJSDocCommentsAndTags(node)
    .map((doc) => doc.getText())
    .join('\n');

const isNumber = (node: ts.Node): boolean => {
  const { type } = node as { type?: ts.Node };
  return type !== undefined && /^(?:number|WholeNumber|\[number, number\])(?: \| null)?$/.test(type.getText());
};

describe('the declarations', () => {
  test('are in one file, and those of other entries take their types from it', () => {
    const files = readdirSync(join(root, 'dist'), { recursive: true }).filter((name) => `${name}`.endsWith('.d.ts'));
    expect(files.sort()).toEqual(['index.d.ts', 'vitest.d.ts']);
    const other = readFileSync(join(root, 'dist/vitest.d.ts'), 'utf8');
    expect([...other.matchAll(/from '(\.[^']+)'/g)].map((match) => match[1])).not.toContain(
      expect.not.stringMatching('^./index.js$'),
    );
    expect(text).not.toMatch(/^import |import\(|\/\/\/ <reference/m);
  });

  test('export everything that they name', () => {
    const isExported = (one: ts.Statement): boolean =>
      ts.isExportDeclaration(one) ||
      (ts.getCombinedModifierFlags(one as unknown as ts.Declaration) & ts.ModifierFlags.Export) !== 0;
    const forgotten = file.statements.filter((one) => !isExported(one)).map((one) => one.getText().split('\n')[0]);
    expect(forgotten.map(nameOf).sort(), 'export it from src/index.ts').toEqual([]);
  });

  test('say of every export what it is', () => {
    const mute = file.statements
      .filter((one) => !ts.isExportDeclaration(one))
      .filter((one) => docOf(one) === '')
      .map((one) => one.getText().split('\n')[0]);
    expect(mute.map(nameOf)).toEqual([]);
  });

  test('say of every field what it is, and of every number what it counts', () => {
    const all = file.statements.flatMap((one) => [...members(one, (one as { name?: ts.Node }).name?.getText() ?? '')]);
    expect(all.length).toBeGreaterThan(400);
    // Parameters of functions are described by their functions.
    const fields = all.filter(({ node }) => !ts.findAncestor(node, ts.isParameter));
    const mute = fields.filter(({ node }) => docOf(node) === '').map(({ path }) => path);
    expect(mute).toEqual([]);
    const uncounted = fields.filter(({ node }) => isNumber(node) && !UNITS.test(docOf(node)));
    expect(uncounted.map(({ path, node }) => `${path}: ${docOf(node)}`)).toEqual([]);
  });

  test('name every value that the library exports, and no other', async () => {
    const declared = file.statements.flatMap((one) => {
      const isValue = ts.isFunctionDeclaration(one) || ts.isClassDeclaration(one) || ts.isVariableStatement(one);
      if (!isValue) return [];
      if (ts.isVariableStatement(one)) return one.declarationList.declarations.map(({ name }) => name.getText());
      return [one.name?.getText() ?? ''];
    });
    const library = await import(join(root, 'dist/index.js'));
    expect(Object.keys(library).sort()).toEqual([...new Set(declared)].sort());
  });
});
