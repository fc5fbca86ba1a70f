import { readFileSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

/** What `build/bundle.mjs` puts beside a bundle: its code as V8 compiled it. */
export const compiledCodeOf = (bundle: string): string => `${bundle}.compiled`;

export interface LoadedBundle<Exports> {
  exports: Exports;
  /** V8's code of what has run so far, for `compiledCodeOf`; undefined when the bundle was loaded in the usual way. */
  compiledCode?: () => Buffer;
}

/**
 * Loads a CommonJS bundle with the code that V8 compiled when it was built: compiling takes longer than the analysis of
 * a small capture. V8 refuses that code when it comes from another version; then the bundle is loaded in the usual way
 * (from Node 22.8 on with Node's own store of compiled code).
 *
 * Code loaded so cannot use `import()`.
 *
 * @throws what the bundle throws when it is evaluated, and when there is no such file
 */
export function loadBundle<Exports>(url: URL, { withoutCode = false } = {}): LoadedBundle<Exports> {
  const filename = fileURLToPath(url);
  const require = createRequire(url);
  const cachedData = withoutCode ? undefined : readIfThere(compiledCodeOf(filename));
  if (cachedData === undefined && !withoutCode) return { exports: loadAsUsual(require, filename) };
  const script = new Script(module.wrap(readFileSync(filename, 'utf8')), { filename, cachedData });
  if (script.cachedDataRejected) return { exports: loadAsUsual(require, filename) };
  const own = { exports: {} as Exports };
  script.runInThisContext()(own.exports, require, own, filename, dirname(filename));
  return { exports: own.exports, compiledCode: () => script.createCachedData() };
}

function loadAsUsual<Exports>(require: NodeJS.Require, filename: string): Exports {
  (module as { enableCompileCache?: () => void }).enableCompileCache?.();
  return require(filename) as Exports;
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
