// Begins the single file (build/single-file.mjs): the files of dist/bundle/ and the licences are assets in it.
const { compileFunction } = require('node:vm');
const { getAsset } = require('node:sea');
const { join, basename } = require('node:path');
const threads = require('node:worker_threads');

/** A name for stacks and for `import.meta.url`; nothing is read from there. */
const INSIDE = join(process.execPath, '..', 'pcapdiag-inside');
const loaded = new Map();

/** Threads take their module from the file as well. */
class Worker extends threads.Worker {
  constructor(script, options) {
    super(`${getAsset('start', 'utf8')}\nload(${JSON.stringify(basename(script.pathname))});`, {
      ...options,
      eval: true,
    });
  }
}

function load(name) {
  const known = loaded.get(name);
  if (known !== undefined) return known.exports;
  const module = { exports: {} };
  loaded.set(name, module);
  const filename = join(INSIDE, name);
  const words = ['exports', 'require', 'module', '__filename', '__dirname'];
  compileFunction(getAsset(name, 'utf8'), words, { filename }).call(
    module.exports,
    module.exports,
    requireFor,
    module,
    filename,
    INSIDE,
  );
  return module.exports;
}

function requireFor(name) {
  if (name.startsWith('.')) return load(basename(name));
  return name === 'node:worker_threads' ? { ...threads, Worker } : require(name);
}
