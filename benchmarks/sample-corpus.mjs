#!/usr/bin/env node
/**
 * Draws the captures that docs/corpus-audit.md judges: 200 of ../shared/corpus, every source repository with at least
 * one, the rest in proportion to size. The draw depends on the seed and on the content of the captures only.
 *
 *   node benchmarks/sample-corpus.mjs [--seed TEXT] [--count N] [--corpus DIR] [--quiet]
 *
 * One tab-separated line a capture: repository, path in it, first 12 characters of its SHA-256, file under the corpus.
 * `--quiet` draws only captures that have no finding above a note (needs `npm run build`; 8 s).
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SEED = 'pcapdiag corpus audit 1';
const COUNT = 200;

const option = (name, fallback) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : process.argv[at + 1];
};

/** Order in which a capture is drawn: as good as random, and the same each time. */
const lot = (seed, sha256) => createHash('sha256').update(`${seed} ${sha256}`).digest('hex');

/** Rows of the manifest whose file is there, in the order of their lots. */
function readManifest(corpus, seed) {
  const [header, ...lines] = readFileSync(join(corpus, 'manifest.tsv'), 'utf8').trimEnd().split('\n');
  const names = header.split('\t');
  return lines
    .map((line) => Object.fromEntries(line.split('\t').map((value, at) => [names[at], value])))
    .filter((row) => existsSync(join(corpus, row.file)))
    .map((row) => ({ ...row, lot: lot(seed, row.sha256) }))
    .sort((a, b) => (a.lot < b.lot ? -1 : 1));
}

/** One of each repository first, then by lot. */
export function drawSample(corpus, seed = SEED, count = COUNT, isWanted = () => true) {
  const rows = readManifest(corpus, seed).filter(isWanted);
  const seen = new Set();
  const first = rows.filter(({ source_repo }) => !seen.has(source_repo) && seen.add(source_repo));
  const chosen = new Set(first);
  const sample = [...first, ...rows.filter((row) => !chosen.has(row))].slice(0, Math.max(count, first.length));
  return sample.sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** Files of the corpus that are read and have no finding above a note. */
async function quietFiles(corpus) {
  const { analyze } = await import('../dist/index.js');
  const quiet = new Set();
  for (const { file } of readManifest(corpus, '')) {
    const report = await analyze([join(corpus, file)]).catch(() => undefined);
    if (report?.findings.every(({ level }) => level === 'note')) quiet.add(file);
  }
  return quiet;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const corpus = option('--corpus', fileURLToPath(new URL('../../shared/corpus', import.meta.url)));
  if (!existsSync(corpus)) {
    console.error(`no corpus at ${corpus}`);
    process.exit(2);
  }
  const quiet = process.argv.includes('--quiet') ? await quietFiles(corpus) : null;
  const isWanted = ({ file }) => quiet === null || quiet.has(file);
  for (const row of drawSample(corpus, option('--seed', SEED), Number(option('--count', String(COUNT))), isWanted)) {
    console.log([row.source_repo, row.path, row.sha256.slice(0, 12), row.file].join('\t'));
  }
}
