import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
// @ts-expect-error a script of the build
import { inlineCalls } from '../../build/inline-calls.mjs';
import { analyze } from '../../src/analyze.ts';
import { formatReport } from '../../src/format-report.ts';

/** What the build makes of files in src/flows/, by their names. */
function compiled(files: Record<string, string>): Record<string, string> {
  const texts = new Map(Object.entries(files).map(([name, text]) => [`/made/src/flows/tcp/${name}.ts`, text]));
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
    noLib: true,
  };
  const host = ts.createCompilerHost(options);
  const written: Record<string, string> = {};
  const program = ts.createProgram([...texts.keys()], options, {
    ...host,
    fileExists: (name) => texts.has(name),
    directoryExists: () => true,
    realpath: (name) => name,
    readFile: (name) => texts.get(name),
    getSourceFile: (name) =>
      texts.has(name) ? ts.createSourceFile(name, texts.get(name)!, ts.ScriptTarget.ES2022, true) : undefined,
    writeFile: (name, text) => {
      written[name.replace('/made/src/flows/tcp/', '').replace('.js', '')] = text;
    },
  });
  program.emit(undefined, undefined, undefined, undefined, { before: [inlineCalls(program)] });
  return written;
}

/** Runs one compiled file. */
async function run(text: string): Promise<Record<string, unknown>> {
  return import(`data:text/javascript,${encodeURIComponent(text)}`);
}

const OCTETS = `
  const SHIFT = 4 | 4;
  export const u8 = (bytes: Uint8Array, at: number): number => bytes[at];
  export const u16 = (bytes: Uint8Array, at: number): number => (u8(bytes, at) << SHIFT) | u8(bytes, at + 1);
`;

describe('replaces', () => {
  test('calls of functions from another file, with the numbers that they use', () => {
    const { reads } = compiled({
      octets: OCTETS,
      reads: `import { u16 } from './octets.ts'; export const port = (b: Uint8Array, at: number): number => u16(b, at + 2);`,
    });
    expect(reads).toContain('b[at + 2]');
    expect(reads).toContain('b[at + 3]');
    expect(reads).not.toContain('u16(');
    expect(reads).not.toContain('SHIFT');
  });

  test('calls of accessors, which read the object at hand', () => {
    const { reads } = compiled({
      'one-access': `export class OneAccess { u16 = [1, 2]; window(at: number): number { return this.u16[at]; } setWindow(at: number, value: number): void { this.u16[at] = value; } }`,
      reads: `import { OneAccess } from './one-access.ts';
        export function move(block: OneAccess, at: number): void { block.setWindow(at, block.window(at + 1)); }`,
    });
    expect(reads).toContain('block.u16[at] = (block.u16[at + 1])');
  });

  test('private methods of the same object', async () => {
    const { row } = compiled({
      row: `export class Row { #next = 40; age(row: number): number { return this.#since(row) * 2; } #since(row: number): number { return this.#next - row; } }`,
    });
    expect(row).not.toContain('this.#since(');
    const { Row } = (await run(row)) as { Row: new () => { age(row: number): number } };
    expect(new Row().age(2)).toBe(76);
  });
});

describe('leaves the result as it was', () => {
  test.each([
    ['an argument that changes something runs once', 'let n = 3; export const told = twice(++n) + n;', 12],
    ['arguments run in their order', 'let n = 1; export const told = pair(n++, n++, 0);', 21],
    ['an argument that is not used runs as well', 'let n = 1; pair(0, 0, ++n); export const told = n;', 2],
    [
      'an argument is read before the function changes what it reads',
      'const o = { n: 1 }; export const told = after(o, o.n);',
      101,
    ],
    ['names at the call are not those of the function', 'export const told = ((BASE) => based(BASE))(5);', 105],
    ['steps of a function have their own variables', 'export const told = mixed(3) + mixed(4);', 26],
    ['a function that changes its parameter', 'const n = 5; export const told = halved(n) + n;', 7],
    ['a function that calls itself', 'export const told = down(4);', 0],
    ['sums of fractions', 'export const told = third(0.1);', 0.1 + 0.2 + 0.3],
    ['sums of texts', 'export const told = text("a");', 'a12'],
    ['the default value of a parameter', 'export const told = ((a = mixed(1)) => a)();', 5],
    ['an assignment as a value', 'const o = { n: 1 }; export const told = [set(o, 4)].length + o.n;', 5],
  ])('%s', async (_, last, told) => {
    const text = `
      const BASE = [100];
      const twice = (a: number): number => a + a;
      const pair = (a: number, b: number, _c: number): number => a + b * 10;
      const after = (o: { n: number }, n: number): number => touch(o) + n;
      function touch(o: { n: number }): number { o.n = 50; return 100; }
      const based = (a: number): number => BASE[0] + a;
      function mixed(a: number): number { let h = a * 2; h = h + a; return h + 2 + a * 0; }
      function halved(a: number): number { a = a >> 1; return a; }
      function down(a: number): number { return a === 0 ? 0 : down(a - 1); }
      const third = (a: number): number => a + 0.2 + 0.3;
      const text = (a: string): string => a + 1 + 2;
      function set(o: { n: number }, value: number): void { o.n = value; }
      ${last.replace('mixed(3) + mixed(4)', 'mixed(3) + mixed(4) + 1')}
    `;
    const { whole } = compiled({ whole: text });
    const plain = ts.transpileModule(text, { compilerOptions: { target: ts.ScriptTarget.ES2022 } }).outputText;
    expect((await run(whole)).told).toEqual((await run(plain)).told);
    expect((await run(whole)).told).toEqual(told);
  });
});

test('an accessor that a subclass declares again ends the build', () => {
  const files = {
    'one-access': `export class OneAccess { u16 = [1]; window(at: number): number { return this.u16[at]; } }`,
    block: `import { OneAccess } from './one-access.ts'; class Block extends OneAccess {}
      export class Narrow extends Block { override window(): number { return 0; } }`,
  };
  expect(() => compiled(files)).toThrow('Narrow declares the accessor window again');
});

describe('what the package runs tells the same as the sources', () => {
  const sets = readdirSync('test/pcaps', { withFileTypes: true }).filter((entry) => entry.isDirectory());
  test.each(sets.map(({ name }) => name).filter((_, at) => at % 4 === 0))('%s', async (name) => {
    const built = (await import(pathToFileURL('dist/index.js').href)) as { analyze: typeof analyze };
    const files = readdirSync(join('test/pcaps', name))
      .filter((file) => /\.pcap(?:ng)?$/.test(file))
      .map((file) => join('test/pcaps', name, file));
    const [told, before] = [await built.analyze(files), await analyze(files)];
    expect(formatReport(told, 'json')).toBe(formatReport(before, 'json'));
  });
});
