// Compares our kinds of TCP segment with tshark's, frame by frame, and our retransmissions with an independent word:
//   npm run compare:tshark -- CAPTURES ORACLE [CAUSES] [--worst N] [--file TEXT] [--min P] [--min-causes P]
// CAPTURES holds manifest.tsv (sha256 … file), or any files, which are then known by their SHA-256; ORACLE index.tsv and
// <sha256>.tsv; CAUSES events.tsv. Exit status 1 when precision or recall of a metric is below --min (0.98) or
// --min-causes (0.97); 2 when nothing could be compared.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { classifySegments } from './lib/classify-segments.mjs';

const RETRANSMISSION = 1;
/** Name, our bits, the oracle's columns. */
const METRICS = [
  [
    'retransmission or out-of-order',
    RETRANSMISSION | 8,
    ['retransmission', 'fast_retransmission', 'spurious_retransmission', 'out_of_order'],
  ],
  ['lost segment', 16, ['lost_segment']],
  ['duplicate ACK', 32, ['duplicate_ack']],
  ['zero window', 64, ['zero_window']],
  ['keep-alive', 256, ['keep_alive']],
  ['window full', 128, ['window_full']],
  ['spurious retransmission', 4, ['spurious_retransmission']],
  ['acknowledges an unseen segment', 512, ['ack_lost_segment']],
];
/** Told and not asked for: what tshark says of these hangs on what it has forgotten (docs/tshark-differences.md). */
const TOLD_ONLY = new Set(['acknowledges an unseen segment']);
/** What the oracle's index says of captures on which tshark cannot be right: it has no notion of a capture point. */
const UNSURE = /captured more than once|timestamps go back|several interfaces/;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    worst: { type: 'string', default: '10' },
    file: { type: 'string', default: '' },
    min: { type: 'string', default: '0.98' },
    'min-causes': { type: 'string', default: '0.97' },
  },
});
const worst = Number(options.worst);
const least = Number(options.min);
const leastCauses = Number(options['min-causes']);
const [captures, oracle, causes] = positionals;
if (oracle === undefined) {
  console.error('usage: npm run compare:tshark -- CAPTURES ORACLE [CAUSES] [--worst N] [--file TEXT]');
  process.exitCode = 2;
} else {
  const files = filesBySha(captures);
  const { compared, failed } = await compareFrames(files);
  const causesFailed = causes !== undefined && (await compareCauses(files));
  if (compared === 0) console.error('nothing compared: no capture is in the index of the oracle');
  process.exitCode = compared === 0 ? 2 : failed || causesFailed ? 1 : 0;
}

/**
 * Three tables: what counts, where tshark takes copies or a clock that goes back for TCP, and where the frames contradict
 * their own IP headers.
 */
async function compareFrames(files) {
  const groups = { counted: newTally(), unsure: newTally(), short: newTally() };
  for (const row of tsv(join(oracle, 'index.tsv'))) {
    const file = files.get(row.sha256);
    if (!file?.includes(options.file)) continue;
    let ours;
    try {
      ours = await classifySegments(join(captures, file));
    } catch (error) {
      console.log(`not read: ${file}: ${error.message}`);
      continue;
    }
    const group = UNSURE.test(row.preferences_that_matter) ? 'unsure' : ours.shortFrames > 0 ? 'short' : 'counted';
    tallyFile(
      groups[group],
      file,
      ours,
      new Map(tsv(join(oracle, `${row.sha256}.tsv`)).map((frame) => [Number(frame['frame.number']), frame])),
    );
  }
  print('Files that count', groups.counted);
  print('Set apart: copies of packets, times that go back, several interfaces', groups.unsure);
  print('Set apart: frames shorter than their IP header says (docs/tshark-differences.md)', groups.short);
  printWorst(groups.counted.differences);
  return {
    compared: Object.values(groups).reduce((sum, group) => sum + group.files, 0),
    failed: METRICS.some(([name]) => !TOLD_ONLY.has(name) && below(groups.counted[name])),
  };
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
 * Recall: of the frames with a retransmission event, those that we call a retransmission of any kind; out-of-order does
 * not count, for telling the two apart is what the second word is for. Precision: of the frames that we call a
 * retransmission in these captures, those with such an event. Keep-alives and probes of a shut window carry another bit
 * and enter neither; a SYN or FIN sent again is a retransmission to both.
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
    if (!file?.includes(options.file)) continue;
    const { packets, flags } = await classifySegments(join(captures, file));
    for (let frame = 1; frame <= packets; frame++) {
      const ours = (flags[frame] & RETRANSMISSION) !== 0;
      if (frames.has(frame)) ours ? found++ : missed++;
      else if (ours) extra++;
    }
  }
  const tally = { both: found, onlyOurs: extra, onlyTheirs: missed };
  const [precision, recall] = [precisionOf(tally), recallOf(tally)];
  console.log(
    `\nretransmission events by cause: precision ${precision.toFixed(4)}, recall ${recall.toFixed(4)} (${found} found, ${missed} missed, ${extra} extra)`,
  );
  return precision < leastCauses || recall < leastCauses;
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
function below(tally) {
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

/** Captures of a folder, relative to it, by their SHA-256. */
function filesBySha(folder) {
  const manifest = join(folder, 'manifest.tsv');
  if (existsSync(manifest)) return new Map(tsv(manifest).map(({ sha256, file }) => [sha256, file]));
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name).slice(join(folder, '/').length));
  return new Map(paths.map((path) => [sha256Of(join(folder, path)), path]));
}

function sha256Of(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

function tsv(path) {
  const [head, ...lines] = readFileSync(path, 'utf8').replace(/\n$/, '').split('\n');
  const names = head.split('\t');
  return lines.map((line) => {
    const cells = line.split('\t');
    return Object.fromEntries(names.map((name, at) => [name, cells[at] ?? '']));
  });
}
