import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compiledCodeOf, loadBundle } from '../../src/cli/load-bundle.ts';

describe('loadBundle', () => {
  let folder: string;
  let bundle: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pcapdiag-bundle-'));
    bundle = join(folder, 'main.cjs');
    writeFileSync(bundle, 'exports.answer = () => 42;\nexports.name = __filename;\n');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const load = (options?: { withoutCode: boolean }) =>
    loadBundle<{ answer: () => number; name: string }>(pathToFileURL(bundle), options);

  it('loads a bundle that has no compiled code beside it', () => {
    const { exports, compiledCode } = load();
    expect(exports.answer()).toBe(42);
    expect(compiledCode).toBeUndefined();
  });

  it('takes the code that an earlier run kept', () => {
    const first = load({ withoutCode: true });
    first.exports.answer();
    writeFileSync(compiledCodeOf(bundle), first.compiledCode!());
    const { exports, compiledCode } = load();
    expect(compiledCode).toBeDefined();
    expect(exports.answer()).toBe(42);
    expect(exports.name).toBe(bundle);
  });

  it('compiles anew when the code is of another version or damaged', () => {
    writeFileSync(compiledCodeOf(bundle), 'not what V8 wrote');
    const { exports, compiledCode } = load();
    expect(exports.answer()).toBe(42);
    expect(compiledCode).toBeUndefined();
  });

  it('compiles anew when the bundle has changed since', () => {
    const first = load({ withoutCode: true });
    writeFileSync(compiledCodeOf(bundle), first.compiledCode!());
    writeFileSync(bundle, 'exports.answer = () => 43; // and longer or shorter than before');
    expect(load().exports.answer()).toBe(43);
  });
});

describe('the bundle of the command line', () => {
  it('is started with compiled code by the Node that built it', () => {
    const { compiledCode } = loadBundle(new URL('../../dist/bundle/main.cjs', import.meta.url));
    expect(compiledCode).toBeDefined();
  });
});
