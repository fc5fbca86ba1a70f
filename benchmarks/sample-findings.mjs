#!/usr/bin/env node
/**
 * Draws the findings that docs/corpus-audit.md judges. It analyses every capture of ../shared/corpus on its own and takes
 * of all findings above a note: each one of the rules in `JUDGED_WHOLE`, each one of a rule that has fewer than ten, and
 * of the other rules equal shares, until COUNT findings beyond `JUDGED_WHOLE` are drawn. The share of a rule is drawn over
 * the source repositories in turn, so that no repository fills it. The draw depends on the seed, on the captures and on
 * the findings only.
 *
 *   npm run build && node benchmarks/sample-findings.mjs [--seed TEXT] [--count N] [--corpus DIR] [--all]
 *
 * One tab-separated line a finding: rule, level, grade, source repository, path in it, first 12 characters of the
 * SHA-256, file under the corpus, message. `--all` prints every finding above a note.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SEED = 'pcapdiag findings audit 2';
const COUNT = 120;
/** Rules of which most findings were wrong in an earlier audit. */
const JUDGED_WHOLE = new Set([
  'reset-injected',
  'peer-down',
  'idle-timeout',
  'routing-loop',
  'fragments-lost',
  'mtu-black-hole',
  'no-reply',
]);
const FEW = 10;

const option = (name, fallback) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : process.argv[at + 1];
};

function readManifest(corpus) {
  const [header, ...lines] = readFileSync(join(corpus, 'manifest.tsv'), 'utf8').trimEnd().split('\n');
  const names = header.split('\t');
  return lines
    .map((line) => Object.fromEntries(line.split('\t').map((value, at) => [names[at], value])))
    .filter((row) => existsSync(join(corpus, row.file)));
}

/** Every finding above a note, with its capture. A capture that cannot be read gives none. */
export async function loudFindings(corpus, analyze) {
  const found = [];
  for (const capture of readManifest(corpus)) {
    const report = await analyze([join(corpus, capture.file)]).catch(() => undefined);
    const loud = (report?.findings ?? []).filter(({ level }) => level !== 'note');
    found.push(...loud.map((finding) => ({ capture, finding })));
  }
  return found;
}

const lotOf = (seed, { capture, finding }) =>
  createHash('sha256').update(`${seed} ${capture.sha256} ${finding.ruleId} ${finding.message}`).digest('hex');

/** In the order of their lots, the first of each repository before the second of any. */
function inTurn(seed, found) {
  const drawn = new Map();
  return found
    .map((row) => ({ row, lot: lotOf(seed, row) }))
    .sort((a, b) => (a.lot < b.lot ? -1 : 1))
    .map(({ row }) => {
      const turn = drawn.get(row.capture.source_repo) ?? 0;
      drawn.set(row.capture.source_repo, turn + 1);
      return { row, turn };
    })
    .sort((a, b) => a.turn - b.turn)
    .map(({ row }) => row);
}

export function drawFindings(found, seed = SEED, count = COUNT) {
  const byRule = Map.groupBy ? Map.groupBy(found, ({ finding }) => finding.ruleId) : groupByRule(found);
  const sample = [];
  const large = [];
  let left = count;
  for (const [ruleId, rows] of byRule) {
    if (JUDGED_WHOLE.has(ruleId)) sample.push(...rows);
    else if (rows.length < FEW) {
      sample.push(...rows);
      left -= rows.length;
    } else large.push(inTurn(seed, rows));
  }
  large.sort((a, b) => a.length - b.length);
  large.forEach((rows, at) => {
    const share = rows.slice(0, Math.max(0, Math.ceil(left / (large.length - at))));
    sample.push(...share);
    left -= share.length;
  });
  return sample.sort(
    (a, b) => a.finding.ruleId.localeCompare(b.finding.ruleId) || (a.capture.file < b.capture.file ? -1 : 1),
  );
}

function groupByRule(found) {
  const groups = new Map();
  for (const row of found) groups.set(row.finding.ruleId, [...(groups.get(row.finding.ruleId) ?? []), row]);
  return groups;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const corpus = option('--corpus', fileURLToPath(new URL('../../shared/corpus', import.meta.url)));
  if (!existsSync(corpus)) {
    console.error(`no corpus at ${corpus}`);
    process.exit(2);
  }
  const { analyze } = await import('../dist/index.js');
  const found = await loudFindings(corpus, analyze);
  const drawn = process.argv.includes('--all')
    ? found
    : drawFindings(found, option('--seed', SEED), Number(option('--count', String(COUNT))));
  for (const { capture, finding } of drawn) {
    const words = finding.message.replace(/\s+/g, ' ');
    const { source_repo: repository, path, sha256, file } = capture;
    console.log(
      [finding.ruleId, finding.level, finding.grade, repository, path, sha256.slice(0, 12), file, words].join('\t'),
    );
  }
}
