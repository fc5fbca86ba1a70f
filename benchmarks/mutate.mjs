// Mutants of the source: would a test notice? Works in a copy of the tree, never in place.
//   npm run mutate -- --count 100 --seed 1 [--under src/flows --under src/heuristics] [--operators comparison,gate]
//     [--only 3,17] [--together 3] [--tests test/flows] [--copy FOLDER] [--reached FILE]
// Each mutant is one change by one operator (lib/mutation-places.mjs) at a place drawn by the seed. All tests run once with a
// mark at each place, which tells the tests that run it; a test that does not cannot notice the mutant. Those that do run
// with the mutant: the test of the file's name first, then what noticed most for its time, to the first that fails. That file
// alone must fail with the mutant and pass without it. Slow tests run with all mutants at once that are left by then: where
// one passes it notices none of them, and where it fails the half is looked for that it notices. A mutant whose tests take
// far more processor time than without it is told apart, as "timed out". Survivors are printed with file, line and change:
// each is an equivalent change, which is to be argued, or a test that is missing. `--only` tries some of the draw again, by
// the number that is printed, `--together` without running the quick tests with each of these alone; `--reached` keeps in a
// file what the run of all tests told, and reads it the next time.
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { copyOfTree } from './lib/copy-of-tree.mjs';
import { draw, marked, mutated, OPERATORS, placesIn } from './lib/mutation-places.mjs';
import { isImporting } from './lib/test-imports.mjs';
import { warmTests } from './lib/warm-tests.mjs';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    under: { type: 'string', multiple: true, default: ['src/flows', 'src/heuristics'] },
    operators: { type: 'string', default: OPERATORS.join(',') },
    only: { type: 'string' },
    together: { type: 'string' },
    tests: { type: 'string', multiple: true, default: [] },
    copy: { type: 'string' },
    reached: { type: 'string' },
  },
});
/** What a batch of test files told is kept when a later one is interrupted. */
const FILES_A_BATCH = 12;
/** Seconds of tests, without a mutant, that each mutant meets alone; it meets the rest together with others. */
const ALONE_SECONDS = 4;

const recorder = resolve(import.meta.dirname, 'lib/record-reached.mjs');
const root = resolve(values.copy ?? copyOfTree());
const operators = values.operators.split(',');
const files = values.under.flatMap((path) =>
  path.endsWith('.ts')
    ? [path]
    : readdirSync(join(root, path), { recursive: true })
        .filter((name) => name.endsWith('.ts') && !/-(access|offsets)\.ts$|core-octets\.ts$|catalogue\.ts$/.test(name))
        .map((name) => join(path, name))
        .sort(),
);
const textOf = (file) => readFileSync(join(root, file), 'utf8');
const places = files
  .flatMap((file) => placesIn(file, textOf(file)))
  .filter(({ operator }) => operators.includes(operator));
const mutants = draw(places, Number(values.count), Number(values.seed), textOf);
console.log(
  `seed ${values.seed}: ${mutants.length} of ${places.length} places in ${files.length} files; operators: ${operators.join(', ')}`,
);

/** Processor time of each test file that passes without a mutant: seconds. */
const baseline = new Map();
let isMeasured = false;
const tests = await warmTests(root, values.tests, recorder, (file) =>
  isMeasured ? (baseline.get(file) ?? 0) : undefined,
);
const testFiles = tests.files.filter((test) => mutants.some(({ file }) => isImporting(test, join(root, file))));
/** By the number of a mutant: the test files that run its place, and which of their tests. */
const reachedBy = mutants.map(() => new Map());
await measureTests();
isMeasured = true;
const noticed = new Map(testFiles.map((file) => [file, { times: 0, of: 0 }]));
const only = values.only?.split(',').map(Number);
const tried = mutants.filter(({ number }) => only?.includes(number) ?? true);
const together = values.together?.split(',').map(Number) ?? [];
for (const mutant of tried) await tryAlone(mutant, together.includes(mutant.number) ? 0 : ALONE_SECONDS);
await tryTogether(tried.filter(({ verdict }) => verdict === undefined));
const [killed, survived, timedOut] = ['killed', 'survived', 'timed out'].map(
  (of) => tried.filter(({ verdict }) => verdict === of).length,
);
const percent = ((100 * killed) / Math.max(1, tried.length)).toFixed(0);
console.log(`${killed} of ${tried.length} killed (${percent} %), ${survived} survived, ${timedOut} timed out`);
await tests.close();
process.exit(0);

/** All tests without a mutant: which pass, the processor time of each file, and who runs which place. */
async function measureTests() {
  const record = values.reached ?? join(mkdtempSync(join(tmpdir(), 'pcapdiag-reached-')), 'reached.jsonl');
  const known = () => (existsSync(record) ? readFileSync(record, 'utf8').trim().split('\n').map(JSON.parse) : []);
  const done = new Set(known().map(({ file }) => file));
  const rest = testFiles.filter((file) => !done.has(file));
  while (rest.length > 0) await runMarked(rest.splice(0, FILES_A_BATCH), record);
  for (const { file, byTest, seconds, isFailed } of known().filter(({ file }) => testFiles.includes(file))) {
    if (isFailed) console.log(`left out: ${relative(root, file)} fails without a mutant`);
    else baseline.set(file, seconds);
    for (const [test, numbers] of byTest)
      for (const number of numbers) {
        const known = reachedBy[number].get(file) ?? new Set();
        reachedBy[number].set(file, known.add(test));
      }
  }
  if (values.reached === undefined) rmSync(dirname(record), { recursive: true });
  const sum = [...baseline.values()].reduce((all, of) => all + of, 0);
  console.log(`${baseline.size} test files pass without a mutant, in ${sum.toFixed(0)} s of processor time`);
}

async function runMarked(batch, record) {
  const ofBatch = `${record}.part`;
  writeFileSync(ofBatch, '');
  process.env.REACHED_PLACES = ofBatch;
  const originals = new Map();
  for (const { file } of mutants)
    if (!originals.has(file)) {
      originals.set(file, readFileSync(join(root, file), 'utf8'));
      const here = mutants.filter((mutant) => mutant.file === file).map((mutant) => [mutant.number, mutant]);
      tests.change(file, marked(originals.get(file), here));
    }
  const { seconds, failed } = await tests.run(
    batch.map((test) => tests.specification(test)),
    true,
  );
  for (const [file, original] of originals) tests.change(file, original);
  delete process.env.REACHED_PLACES;
  const reached = new Map(
    readFileSync(ofBatch, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => [JSON.parse(line).file, JSON.parse(line).byTest]),
  );
  for (const file of batch) {
    const told = { file, seconds: seconds.get(file) ?? 0, isFailed: failed.includes(file) };
    appendFileSync(record, `${JSON.stringify({ ...told, byTest: reached.get(file) ?? [] })}\n`);
  }
  rmSync(ofBatch);
}

/** The mutant alone, with the likeliest tests. What is left to run of a mutant that they do not notice is in `rest`. */
async function tryAlone(mutant, most) {
  const order = orderOf(mutant);
  let seconds = 0;
  const first = order.filter((test, nth) => most > 0 && (nth === 0 || (seconds += baseline.get(test)) < most));
  mutant.order = order;
  mutant.rest = order.filter((test) => !first.includes(test));
  while (mutant.verdict === undefined && first.length > 0) {
    const { failed, ended, timedOut } = await runWith([mutant], first);
    for (const test of ended) noticed.get(test).of++;
    first.splice(0, Math.max(1, ended.length));
    if (timedOut) tell(mutant, 'timed out');
    else if (failed.length === 0) break;
    else if (await isConfirmed(failed[0], mutant)) tell(mutant, 'killed', failed[0]);
  }
  if (mutant.verdict === undefined && mutant.rest.length === 0) tell(mutant, 'survived');
  else if (mutant.verdict === undefined)
    console.log(`OPEN      ${wordsOf(mutant)}  ${mutant.rest.length} slow test files left`);
}

/** The slow tests, each with all mutants that are left: where it passes, it notices none of them. */
async function tryTogether(left) {
  const slow = [...new Set(left.flatMap(({ rest }) => rest))].sort((a, b) => baseline.get(a) - baseline.get(b));
  while (slow.length > 0) {
    const open = left.filter(({ verdict }) => verdict === undefined);
    const batch = slow.splice(0, FILES_A_BATCH).filter((test) => open.some(({ rest }) => rest.includes(test)));
    if (batch.length === 0) continue;
    const { failed, timedOut } = isOverlapping(open) ? { failed: batch } : await runWith(open, batch, true);
    for (const test of timedOut ? batch : failed)
      await findNoticed(
        test,
        left.filter(({ verdict, rest }) => verdict === undefined && rest.includes(test)),
      );
  }
  for (const mutant of left) if (mutant.verdict === undefined) tell(mutant, 'survived');
}

async function findNoticed(test, group) {
  if (group.length === 0) return;
  const { failed, timedOut } = isOverlapping(group) ? { failed: [test] } : await runWith(group, [test]);
  if (failed.length === 0 && !timedOut) return;
  if (group.length === 1) {
    if (timedOut) tell(group[0], 'timed out');
    else if (await isConfirmed(test, group[0])) tell(group[0], 'killed', test);
    return;
  }
  const half = Math.ceil(group.length / 2);
  await findNoticed(test, group.slice(0, half));
  await findNoticed(test, group.slice(half));
}

/** A failure counts when the file alone fails with the mutant, and passes alone without it: tests share modules in a run. */
async function isConfirmed(test, mutant) {
  if ((await runWith([mutant], [test])).failed.length === 0) return false;
  const without = await tests.run([specificationOf(test, [mutant])], false);
  return without.failed.length === 0 && !without.timedOut;
}

function isOverlapping(group) {
  const isInside = (one, other) => one !== other && one.file === other.file && one.at <= other.at && other.at < one.end;
  return group.some((one) => group.some((other) => isInside(one, other)));
}

async function runWith(group, files, isWhole = false) {
  const originals = new Map(group.map(({ file }) => [file, textOf(file)]));
  try {
    for (const [file, original] of originals)
      tests.change(
        file,
        mutated(
          original,
          group.filter((one) => one.file === file),
        ),
      );
    return await tests.run(
      files.map((test) => specificationOf(test, group)),
      isWhole,
    );
  } finally {
    for (const [file, original] of originals) tests.change(file, original);
  }
}

function tell(mutant, verdict, by) {
  mutant.verdict = verdict;
  if (by) noticed.get(by).times++;
  const how = by ? `by ${relative(root, by)}` : `of ${mutant.order.length} test files that run it`;
  console.log(`${verdict.toUpperCase().padEnd(9)} ${wordsOf(mutant)}  ${how}`);
}

function wordsOf({ number, file, line, was, becomes, operator }) {
  const [before, after] = [was, becomes].map((text) => text.replace(/\s+/g, ' ').slice(0, 100));
  return `${number}  ${file}:${line}  ${before}  →  ${after}  (${operator})`;
}

/** Test files that run the place and pass without a mutant, the likeliest to notice in little time first. */
function orderOf({ file, number, isLoaded }) {
  const name = basename(file, '.ts');
  const folder = dirname(file).replace('src', 'test');
  const likelihood = (test) => {
    const { times, of } = noticed.get(test);
    const near = test.includes(`${folder}/`) ? 4 : 1;
    return (near * (times + 1)) / (of + 4) / (0.1 + baseline.get(test));
  };
  const isSame = (test) => Number(basename(test, '.test.ts') === name);
  const reaching = reachedBy[number];
  // What no test runs itself may run while a module is loaded: once for all files of a run, by the first of them.
  const isOfModule = isLoaded || [...reaching.values()].every((tests) => tests.size === 1 && tests.has(''));
  const all = isOfModule ? testFiles.filter((test) => isImporting(test, join(root, file))) : [...reaching.keys()];
  return all
    .filter((test) => baseline.has(test))
    .sort((a, b) => isSame(b) - isSame(a) || likelihood(b) - likelihood(a));
}

/** The tests of the file that run the place; all of them when it runs while the file is loaded. */
function specificationOf(test, group) {
  const ids = group.filter(({ order }) => order.includes(test)).map(({ number }) => reachedBy[number].get(test));
  const isWhole = ids.some((of) => of === undefined || of.has(''));
  return tests.specification(test, isWhole ? undefined : [...new Set(ids.flatMap((of) => [...of]))]);
}
