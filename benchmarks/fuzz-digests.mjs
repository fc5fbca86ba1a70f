// A mutation fuzzer over digests of the captures of test/pcaps: what breaks is written down.
//   npm run build && npm run fuzz:digests -- --minutes 60 --seed 1     [--out FOLDER] [--from ROUND] [--rounds NUMBER]
// A digest that was changed is refused. One that was forged, so that its checksums are right, is refused or gives a
// report that fits the schema; nothing crashes, hangs or takes much memory. Rounds run in a child: one that dies or does not come back
// is told, and the next child goes on behind it. The same seed makes the same rounds. A failing round leaves its files and
// a line in FOLDER (default: a temporary one), and the exit status is 1. What is found becomes a test.
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readContainer, writeContainer } from '../dist/flows/digest/container.js';
import { correlateDigests, formatJson, makeDigest, makeRows } from '../dist/index.js';
import { fitsClosed } from '../test/contract/schemas.mjs';
import { octetMutations } from './lib/octet-mutations.mjs';
import { randomFrom } from './lib/seeded-random.mjs';
import { unsafeCharacter } from './lib/unsafe-character.mjs';
import { valueMutation } from './lib/value-mutation.mjs';

/** A round that takes more processor time hangs. */
const MOST_SECONDS = 30;
/** Elapsed: a child that says nothing for so long will not come back. */
const MOST_SILENCE_MS = 15 * 60_000;
/** Digests of these captures take a few megabytes. */
const MOST_MEMORY_KB = 1_500_000;
/** A child forgets what it has digested, and its memory, after so many rounds. */
const ROUNDS_OF_A_CHILD = 20_000;
const PCAPS = 'test/pcaps';
/** Rows of half of the digests: so few ask for a second round. */
const FEW_ROWS = 20;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string' },
    from: { type: 'string', default: '1' },
    rounds: { type: 'string' },
  },
});

async function parent() {
  const folder = resolve(values.out ?? mkdtempSync(join(tmpdir(), 'pcapdiag-fuzz-')));
  const end = Date.now() + Number(values.minutes) * 60_000;
  const tally = { rounds: 0, refused: 0, reports: 0, defects: 0 };
  let next = Number(values.from);
  const last = values.rounds === undefined ? Number.POSITIVE_INFINITY : next + Number(values.rounds) - 1;
  while (Date.now() < end && next <= last) {
    const most = Math.min(last, next + ROUNDS_OF_A_CHILD - 1);
    next = await rounds({ folder, end, seed: Number(values.seed), from: next, most }, tally);
    console.log(`${new Date().toISOString()} ${told(tally)}`);
  }
  console.log(`seed ${values.seed}: ${told(tally)}${tally.defects > 0 ? ` in ${folder}` : ''}`);
  process.exitCode = tally.defects > 0 ? 1 : 0;
}

const told = ({ rounds, refused, reports, defects }) =>
  `${rounds} rounds: ${refused} refused, ${reports} reports, ${defects} defects`;

/** Starts a child. @returns the round to go on with */
function rounds(asked, tally) {
  return new Promise((done) => {
    const worker = fork(process.argv[1], process.argv.slice(2), { execArgv: ['--max-old-space-size=1500'] });
    let at = asked.from;
    let isWorking = false;
    let silence;
    const listen = () => {
      clearTimeout(silence);
      silence = setTimeout(() => worker.kill('SIGKILL'), MOST_SILENCE_MS);
    };
    worker.on('message', ({ round, outcome }) => {
      listen();
      at = round;
      isWorking = outcome === undefined;
      if (isWorking) return;
      tally.rounds++;
      tally[outcome]++;
    });
    worker.on('exit', (status, signal) => {
      clearTimeout(silence);
      if (isWorking) {
        tally.rounds++;
        tally.defects++;
        console.log(`round ${at}: the process ended with ${signal ?? status}`);
      }
      done(at + 1);
    });
    listen();
    worker.send(asked);
  });
}

async function child({ folder, end, seed, from, most }) {
  const sets = readdirSync(PCAPS, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  for (let round = from; round <= most && Date.now() < end; round++) {
    process.send({ round });
    const random = randomFrom(seed * 1_000_003 + round);
    process.send({ round, outcome: await outcomeOf(round, random, sets, folder) });
  }
  process.disconnect();
}

async function outcomeOf(round, random, sets, folder) {
  const below = (most) => Math.floor(random() * most);
  const pick = (list) => list[below(list.length)];
  const originals = await digestsOf(pick(sets), pick([undefined, FEW_ROWS]));
  const nth = below(originals.length);
  const [name, damage] = pick(Object.entries(DAMAGES));
  const octets = damage(originals[nth].octets, { random, below, pick, another: pick(originals).octets });
  const files = originals.with(nth, { name: originals[nth].name, octets });
  const isForged = name.startsWith('forged');
  const isSame = Buffer.compare(octets, originals[nth].octets) === 0;
  const started = process.cpuUsage();
  const found = (what) => tell(folder, round, `${name}: ${what}`, files);
  let outcome = 'refused';
  try {
    const { report } = await correlateDigests(files.map(({ name, octets }) => ({ name, read: () => octets })));
    outcome = 'reports';
    if (!isForged && !isSame) return found('a changed digest is not refused');
    const defect = defectOf(report);
    if (defect) return found(defect);
  } catch (error) {
    if (error?.name !== 'PcapdiagError') return found(error?.stack ?? String(error));
  }
  const { user, system } = process.cpuUsage(started);
  const seconds = (user + system) / 1e6;
  if (seconds > MOST_SECONDS) return found(`took ${seconds} s of processor time`);
  if (process.resourceUsage().maxRSS > MOST_MEMORY_KB) {
    found(`took ${process.resourceUsage().maxRSS} KB of memory`);
    process.send({ round, outcome: 'defects' });
    process.exit();
  }
  return outcome;
}

/** Each gives a digest of its own; "forged" ones have right checksums. */
const DAMAGES = {
  changed: (octets, { random, pick }) => damagedOctets(octets, random, pick),
  'cut or changed once': (octets, { below }) => {
    const changed = Buffer.from(octets);
    if (below(2) === 0) return changed.subarray(0, below(changed.length));
    changed[below(changed.length)] ^= 1 << below(8);
    return changed;
  },
  'forged file': (octets, { random, pick }) => withChecksum(damagedOctets(octets, random, pick)),
  'forged head': (octets, { random }) => {
    const { head, body } = readContainer(octets);
    return writeContainer(valueMutation(random)(head), body());
  },
  'forged sizes': (octets, { random }) => withHead(octets, valueMutation(random)),
  'forged text': (octets, { random }) =>
    rewritten(octets, ({ text, columns }) => ({
      text: JSON.stringify(valueMutation(random)(JSON.parse(text))),
      columns,
    })),
  'forged column': (octets, { random, pick }) =>
    rewritten(octets, ({ text, columns }) => {
      const nth = columns.indexOf(pick(columns.filter((column) => column.octets.length > 0)) ?? columns[0]);
      const { type, octets: own } = columns[nth];
      return { text, columns: columns.with(nth, { type, octets: damagedOctets(own, random, pick, isSized) }) };
    }),
  'forged sections': (octets, { pick, another }) =>
    rewritten(octets, (own) => {
      const other = readContainer(another).body();
      const one = pick([own, other]);
      return pick([
        { text: own.text, columns: other.columns },
        { text: own.text, columns: own.columns.map((column) => pick([column, pick(one.columns)])) },
        { text: own.text, columns: [...own.columns].reverse() },
        { text: own.text, columns: own.columns.slice(0, -1) },
      ]);
    }),
};

/** Damages that keep the number of octets: half of those of columns, so that what comes behind the size is tried. */
const isSized = (name) => name.startsWith('set') || name.startsWith('flip');

function damagedOctets(octets, random, pick, isLiked = () => true) {
  const all = Object.entries(octetMutations(random));
  const mutations = pick([all, all.filter(([name]) => isLiked(name))]);
  let bytes = Buffer.from(octets);
  for (let times = 1 + Math.floor(random() * 4); times > 0 && bytes.length > 0; times--)
    bytes = Buffer.from(pick(mutations)[1](bytes) ?? bytes);
  return bytes;
}

function rewritten(octets, change) {
  const { head, body } = readContainer(octets);
  return writeContainer(head, change(body()));
}

/** Another head, with sizes and hash of the body, before the same body. */
function withHead(octets, change) {
  const file = Buffer.from(octets);
  const end = 16 + file.readUInt32LE(12);
  const head = JSON.parse(file.subarray(16, end).toString());
  const changed = Buffer.from(JSON.stringify({ ...head, body: change(head.body) }));
  const fixed = Buffer.from(file.subarray(0, 16));
  fixed.writeUInt32LE(changed.length, 12);
  return withChecksum(Buffer.concat([fixed, changed, file.subarray(end)]));
}

function withChecksum(octets) {
  const file = Buffer.from(octets);
  if (file.length < 32) return file;
  const end = file.length - 32;
  createHash('sha256').update(file.subarray(0, end)).digest().copy(file, end);
  return file;
}

function defectOf(report) {
  if (!fitsClosed(JSON.parse(formatJson(report)))) return `schema: ${JSON.stringify(fitsClosed.errors).slice(0, 400)}`;
  return unsafeCharacter(report);
}

const made = new Map();
/** Digests of a set; of few rows also the rows of a second round. */
async function digestsOf(set, rows) {
  const key = `${set} ${rows}`;
  if (made.has(key)) return made.get(key);
  const paths = readdirSync(join(PCAPS, set), { recursive: true })
    .filter((name) => /\.pcap(ng)?$/.test(name))
    .sort()
    .map((name) => join(PCAPS, set, name));
  const digests = await Promise.all(paths.map((path) => makeDigest(path, rows === undefined ? {} : { rows })));
  const { wanted } = await correlateDigests(digests.map(({ name, octets }) => ({ name, read: () => octets })));
  if (wanted !== null)
    for (const path of paths) {
      const answer = await makeRows(path, wanted.captures);
      if (answer !== null) digests.push(answer);
    }
  made.set(key, digests);
  return digests;
}

function tell(folder, round, what, files) {
  const place = join(folder, `round-${values.seed}-${round}`);
  mkdirSync(place, { recursive: true });
  for (const { name, octets } of files) writeFileSync(join(place, name), octets);
  writeFileSync(join(place, 'defect.txt'), `${what}\n`);
  console.log(`round ${round}: ${what.split('\n').slice(0, 3).join(' ').slice(0, 300)}`);
  return 'defects';
}

if (process.send === undefined) await parent();
else process.on('message', (asked) => child(asked));
