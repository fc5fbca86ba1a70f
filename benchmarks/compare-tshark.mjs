// Compares our kinds of TCP segment with tshark's, frame by frame, and our retransmissions with an independent word:
//   npm run compare:tshark -- CAPTURES ORACLE [CAUSES] [--worst N] [--file TEXT]
// CAPTURES holds manifest.tsv (sha256 … file), ORACLE index.tsv and <sha256>.tsv, CAUSES events.tsv.
// Exit status 1 when a metric is below its least value.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { classifySegments } from '../dist/flows/tcp/classify-segments.js';

const RETRANSMISSION = 1;
const METRICS = [
  // name, our bits, the oracle's columns, least precision and recall
  [
    'retransmission or out-of-order',
    1 | 8,
    ['retransmission', 'fast_retransmission', 'spurious_retransmission', 'out_of_order'],
    0.98,
  ],
  ['lost segment', 16, ['lost_segment'], 0.98],
  ['duplicate ACK', 32, ['duplicate_ack'], 0.98],
  ['zero window', 64, ['zero_window'], 0.98],
  ['keep-alive', 256, ['keep_alive'], 0.98],
];
const LEAST_CAUSES = 0.97;

const { paths, worst, only } = argumentsOf(process.argv.slice(2));
const [captures, oracle, causes] = paths;
if (oracle === undefined) {
  console.error('usage: npm run compare:tshark -- CAPTURES ORACLE [CAUSES] [--worst N] [--file TEXT]');
  process.exitCode = 2;
} else {
  const files = filesBySha(captures);
  let failed = await compareFrames(files);
  if (causes !== undefined) failed = (await compareCauses(files)) || failed;
  process.exitCode = failed ? 1 : 0;
}

/** Three tables: what counts, what tshark itself is unsure of, and where the frames contradict their own IP headers. */
async function compareFrames(files) {
  const groups = { counted: newTally(), unsure: newTally(), short: newTally() };
  for (const row of tsv(join(oracle, 'index.tsv'))) {
    const file = files.get(row.sha256);
    if (file === undefined || (only !== undefined && !file.includes(only))) continue;
    let ours;
    try {
      ours = await classifySegments(join(captures, file));
    } catch (error) {
      console.log(`not read: ${file}: ${error.message}`);
      continue;
    }
    const group = row.preferences_that_matter ? groups.unsure : ours.shortFrames > 0 ? groups.short : groups.counted;
    tallyFile(
      group,
      file,
      ours,
      new Map(tsv(join(oracle, `${row.sha256}.tsv`)).map((frame) => [Number(frame['frame.number']), frame])),
    );
  }
  print('Files that count', groups.counted);
  print('Set apart: copies or times that go back (preferences_that_matter)', groups.unsure);
  print('Set apart: frames shorter than their IP header says (docs/tshark-differences.md)', groups.short);
  printWorst(groups.counted.differences);
  return METRICS.some(([name, , , least]) => below(groups.counted[name], least));
}

function tallyFile(group, file, { packets, flags }, theirs) {
  group.files++;
  for (const [name, bits, columns] of METRICS) {
    const difference = [];
    for (let frame = 1; frame <= packets; frame++) {
      const oursSays = (flags[frame] & bits) !== 0;
      const row = theirs.get(frame);
      const theirsSays =
        row !== undefined &&
        columns.some((column) => row[column] !== '' && row[column] !== '0' && row[column] !== undefined);
      if (oursSays && theirsSays) group[name].both++;
      else if (oursSays) {
        group[name].onlyOurs++;
        difference.push(`+${frame}`);
      } else if (theirsSays) {
        group[name].onlyTheirs++;
        difference.push(`-${frame}`);
      }
    }
    if (difference.length > 0) group.differences.push({ file, name, difference });
  }
}

/**
 * Recall: retransmission events whose frame we call a retransmission (not out-of-order). Precision: frames we call
 * retransmissions that are such events, over the captures that have events.
 */
async function compareCauses(files) {
  const events = new Map();
  for (const { sha256, frame, kind } of tsv(join(causes, 'events.tsv'))) {
    if (!events.has(sha256)) events.set(sha256, new Set());
    if (kind === 'retransmission') events.get(sha256).add(Number(frame));
  }
  let [found, missed, extra] = [0, 0, 0];
  for (const [sha, frames] of events) {
    const file = files.get(sha);
    if (file === undefined) continue;
    const { packets, flags } = await classifySegments(join(captures, file));
    for (let frame = 1; frame <= packets; frame++) {
      const ours = (flags[frame] & RETRANSMISSION) !== 0;
      if (frames.has(frame)) ours ? found++ : missed++;
      else if (ours) extra++;
    }
  }
  const [precision, recall] = [found / (found + extra), found / (found + missed)];
  console.log(
    `\nretransmission events by cause: precision ${precision.toFixed(4)}, recall ${recall.toFixed(4)} (${found} found, ${missed} missed, ${extra} extra)`,
  );
  return precision < LEAST_CAUSES || recall < LEAST_CAUSES;
}

function newTally() {
  return {
    files: 0,
    differences: [],
    ...Object.fromEntries(METRICS.map(([name]) => [name, { both: 0, onlyOurs: 0, onlyTheirs: 0 }])),
  };
}

function precisionOf({ both, onlyOurs }) {
  return both + onlyOurs === 0 ? 1 : both / (both + onlyOurs);
}
function recallOf({ both, onlyTheirs }) {
  return both + onlyTheirs === 0 ? 1 : both / (both + onlyTheirs);
}
function below(tally, least) {
  return precisionOf(tally) < least || recallOf(tally) < least;
}

function print(title, group) {
  console.log(`\n${title}: ${group.files} files`);
  for (const [name] of METRICS) {
    const tally = group[name];
    console.log(
      `  ${name.padEnd(32)} precision ${precisionOf(tally).toFixed(4)}  recall ${recallOf(tally).toFixed(4)}  (${tally.both} both, ${tally.onlyOurs} only ours, ${tally.onlyTheirs} only tshark's)`,
    );
  }
}

function printWorst(differences) {
  for (const { file, name, difference } of differences
    .sort((a, b) => b.difference.length - a.difference.length)
    .slice(0, worst)) {
    console.log(`  ${name}: ${file}: ${difference.slice(0, 12).join(' ')}${difference.length > 12 ? ' …' : ''}`);
  }
}

function filesBySha(folder) {
  return new Map(tsv(join(folder, 'manifest.tsv')).map(({ sha256, file }) => [sha256, file]));
}

function tsv(path) {
  const [head, ...lines] = readFileSync(path, 'utf8').replace(/\n$/, '').split('\n');
  const names = head.split('\t');
  return lines.map((line) => {
    const cells = line.split('\t');
    return Object.fromEntries(names.map((name, at) => [name, cells[at] ?? '']));
  });
}

function argumentsOf(argv) {
  const option = (name) => (argv.includes(name) ? argv[argv.indexOf(name) + 1] : undefined);
  const values = new Set(['--worst', '--file'].map(option));
  return {
    paths: argv.filter((word) => !word.startsWith('--') && !values.has(word)),
    worst: Number(option('--worst') ?? 10),
    only: option('--file'),
  };
}
