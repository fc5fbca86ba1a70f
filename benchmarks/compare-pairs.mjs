// Compares our correlation with pairs of captures of the same traffic, row by row:
//   npm run compare:pairs -- CORPUS [--rows N-M] [--min-shared 50] [--min 0.98] [--all]
// CORPUS holds pairs.tsv (fileA, fileB, shared …) and the captures. Prints the rows that differ (--all: every row) and a
// summary; exit status 1 when a row with at least --min-shared packets in common is matched by less than --min, when a
// packet is matched to a packet that it is not, or when a loss is claimed that the captures contradict; 2 when nothing
// could be compared.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { comparePair } from './pair-comparison.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rows: { type: 'string', default: '1-' },
    'min-shared': { type: 'string', default: '50' },
    min: { type: 'string', default: '0.98' },
    all: { type: 'boolean', default: false },
  },
});
const [corpus] = positionals;
const least = Number(options.min);
const minShared = Number(options['min-shared']);
const [firstRow, lastRow] = options.rows.includes('-') ? options.rows.split('-') : [options.rows, options.rows];
if (corpus === undefined || !existsSync(join(corpus, 'pairs.tsv'))) {
  console.error('usage: npm run compare:pairs -- CORPUS [--rows N-M] [--min-shared 50] [--min 0.98] [--all]');
  process.exitCode = 2;
} else {
  process.exitCode = await compareRows();
  await compareSimulated();
}

async function compareRows() {
  const tally = { rows: 0, shared: 0, matched: 0, judged: 0, few: 0, wrong: 0, lost: 0, falseLost: 0 };
  for (const [index, row] of tsv(join(corpus, 'pairs.tsv')).entries()) {
    const number = index + 1;
    if (number < Number(firstRow) || number > (Number(lastRow) || Infinity)) continue;
    const [a, b] = [join(corpus, row.fileA), join(corpus, row.fileB)];
    if (!existsSync(a) || !existsSync(b)) continue;
    const result = await comparePair(a, b);
    const shared = Number(row.shared);
    const isJudged = shared >= minShared;
    const isFew = result.matched < least * shared;
    tally.rows++;
    tally.shared += shared;
    tally.matched += Math.min(shared, result.matched);
    tally.judged += isJudged ? 1 : 0;
    tally.few += isJudged && isFew ? 1 : 0;
    tally.wrong += result.wrong.length;
    tally.lost += result.lost;
    tally.falseLost += result.falseLost.length;
    if (options.all || isFew || result.wrong.length > 0 || result.lost > 0 || result.findings.length > 0)
      printRow(number, row, result);
  }
  return summarise(tally);
}

/** A traffic generator that drops packets on purpose and writes both ends: data packets seen at one end only. */
async function compareSimulated() {
  if (!existsSync(join(corpus, 'pairs-simulated.tsv'))) return;
  const files = new Map(tsv(join(corpus, 'manifest.tsv')).map(({ sha256, file }) => [sha256, join(corpus, file)]));
  const rows = tsv(join(corpus, 'pairs-simulated.tsv'));
  let equal = 0;
  for (const row of rows) {
    const { lostDataFrom } = await comparePair(files.get(row.sha_client), files.get(row.sha_server));
    const wanted = [Number(row.data_lost_seen_only_at_client), Number(row.data_lost_seen_only_at_server)];
    if (wanted.join() === lostDataFrom.join()) equal++;
    else console.log(`${row.test}: only at one end ${lostDataFrom}, the row says ${wanted}`);
  }
  console.log(`${equal} of ${rows.length} simulated pairs equal`);
}

function printRow(number, row, { matched, wrong, lost, lostData, falseLost, findings }) {
  const share = ((100 * matched) / Number(row.shared)).toFixed(1);
  console.log(
    `${number}: ${row.fileA} ${row.fileB}: ${matched} of ${row.shared} (${share} %), lost ${lost} (${lostData} with data); row: only A ${row.onlyA}, only B ${row.onlyB}`,
  );
  printFew('wrong match', wrong);
  printFew('not lost', falseLost);
  for (const { ruleId, level, message } of findings) console.log(`    ${level} ${ruleId}: ${message}`);
}

function printFew(title, lines) {
  for (const line of lines.slice(0, 5)) console.log(`    ${title}: ${line}`);
  if (lines.length > 5) console.log(`    ${title}: ${lines.length - 5} more`);
}

function summarise({ rows, shared, matched, judged, few, wrong, lost, falseLost }) {
  console.log(
    `${rows} rows, ${matched} of ${shared} shared packets matched; of ${judged} rows with ${minShared} or more, ${few} below ${100 * least} %; ${wrong} wrong matches; ${lost} packets said to be lost, ${falseLost} of them contradicted`,
  );
  if (rows === 0) return 2;
  return few > 0 || wrong > 0 || falseLost > 0 ? 1 : 0;
}

function tsv(path) {
  const [head, ...lines] = readFileSync(path, 'utf8').replace(/\n$/, '').split('\n');
  const names = head.split('\t');
  return lines.map((line) => {
    const cells = line.split('\t');
    return Object.fromEntries(names.map((name, at) => [name, cells[at] ?? '']));
  });
}
