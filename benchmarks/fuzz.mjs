// A mutation fuzzer over the captures of test/pcaps and, when it is there, ../shared: what breaks is written down.
//   npm run build && npm run fuzz -- --minutes 5 --seed 1          [--out FOLDER]
// Each round takes one to three captures, damages them by a few of `MUTATIONS`, and asks the questions of `ORACLES`. The
// same seed makes the same rounds. A failing round leaves its files and a line in FOLDER (default: a temporary one), and
// the exit status is 1. What is found becomes a test.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { analyze, formatJson } from '../dist/index.js';
import { fitsClosed } from '../test/contract/schemas.mjs';
import { octetMutations } from './lib/octet-mutations.mjs';
import { randomFrom } from './lib/seeded-random.mjs';
import { unsafeCharacter } from './lib/unsafe-character.mjs';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string' },
    rounds: { type: 'string' },
  },
});
/** Larger captures are left alone: a round is to take milliseconds. */
const MOST_OCTETS = 200_000;
/** A round that takes more processor time hangs. Elapsed time says nothing on a busy machine. */
const MOST_SECONDS = 30;
const SOURCES = ['test/pcaps', '../shared/lab/public', '../shared/field', '../shared/breakage', '../shared/hostile'];

const random = randomFrom(Number(values.seed));
const below = (most) => Math.floor(random() * most);
const pick = (list) => list[below(list.length)];
const MUTATIONS = octetMutations(random);

/** A question about a report; an answer is a defect. */
const ORACLES = {
  schema: ({ report }) => !fitsClosed(report) && JSON.stringify(fitsClosed.errors).slice(0, 400),
  'control characters': ({ report }) => unsafeCharacter(report),
  'same twice': async ({ files, json }) => differs(json, await reportOf(files)),
  'same in chunks': async ({ files, json }) => {
    const size = 1 + below(4096);
    return differs(json, await reportOf(files, (bytes) => inChunks(bytes, size)));
  },
  'same in any order': async ({ files, json }) =>
    files.length > 1 && differs(json, await reportOf([...files].reverse())),
  'at most 1 MB': ({ json }) => Buffer.byteLength(json) > 1_000_000 && `${Buffer.byteLength(json)} octets`,
};

/** Bad input is refused with one of these. Anything else that is thrown is a defect. */
const isRefusal = (error) => error?.name === 'PcapdiagError';
const differs = (one, other) => one !== other && firstDifference(one, other);

function firstDifference(one, other) {
  let at = 0;
  while (one[at] === other[at]) at++;
  return `${JSON.stringify(one.slice(Math.max(0, at - 80), at + 120))} or ${JSON.stringify(other.slice(Math.max(0, at - 80), at + 120))}`;
}

async function* inChunks(bytes, size) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** The report as JSON; of a refusal its code. */
async function reportOf(files, dataOf = (bytes) => bytes) {
  try {
    return formatJson(
      await analyze(
        files.map(({ name, bytes }) => ({ name, data: dataOf(bytes) })),
        { onUnreadable: () => {} },
      ),
    );
  } catch (error) {
    if (isRefusal(error)) return `refused: ${error.code}`;
    throw error;
  }
}

const captures = SOURCES.flatMap((folder) => capturesBelow(folder));
const folder = values.out ?? mkdtempSync(join(tmpdir(), 'pcapdiag-fuzz-'));
const end = Date.now() + Number(values.minutes) * 60_000;
const tally = { rounds: 0, refused: 0, defects: 0 };
console.log(
  `seed ${values.seed}, ${captures.length} captures, ${Object.keys(MUTATIONS).length} mutations: ${Object.keys(MUTATIONS).join(', ')}`,
);
while (Date.now() < end && tally.rounds < Number(values.rounds ?? Number.POSITIVE_INFINITY)) await round();
console.log(
  `${tally.rounds} rounds: ${tally.refused} refused, ${tally.defects} defects${tally.defects > 0 ? ` in ${resolve(folder)}` : ''}`,
);
process.exitCode = tally.defects > 0 ? 1 : 0;

async function round() {
  tally.rounds++;
  const mine = pick(captures);
  const files = Array.from({ length: pick([1, 1, 2, 3]) }, (_, nth) => {
    const path = nth === 0 ? mine : pick(random() < 0.7 ? mine.siblings : captures);
    return {
      name: `${'abc'[nth]}-${path.path.split('/').at(-1)}`,
      ...mutated(readFileSync(path.path)),
      from: path.path,
    };
  });
  const started = process.cpuUsage();
  try {
    const json = await reportOf(files);
    if (json.startsWith('refused')) tally.refused++;
    const report = json.startsWith('refused') ? undefined : JSON.parse(json);
    for (const [name, oracle] of Object.entries(ORACLES)) {
      if (report === undefined && !name.startsWith('same')) continue;
      const defect = await oracle({ files, json, report });
      if (defect) return found(files, `${name}: ${defect}`);
    }
  } catch (error) {
    return found(files, error?.stack ?? String(error));
  }
  const { user, system } = process.cpuUsage(started);
  const seconds = (user + system) / 1e6;
  if (seconds > MOST_SECONDS) found(files, `took ${seconds} s of processor time`);
}

function mutated(original) {
  let bytes = Buffer.from(original);
  const done = [];
  for (let times = 1 + below(6); times > 0 && bytes.length > 0; times--) {
    const name = pick(Object.keys(MUTATIONS));
    bytes = Buffer.from(MUTATIONS[name](bytes) ?? bytes);
    done.push(name);
  }
  return { bytes, done };
}

function found(files, what) {
  tally.defects++;
  const place = join(folder, `round-${values.seed}-${tally.rounds}`);
  mkdirSync(place, { recursive: true });
  for (const { name, bytes } of files) writeFileSync(join(place, name), bytes);
  const story = files.map(({ name, from, done }) => `${name}: ${from}, ${done.join(', ')}`).join('\n');
  writeFileSync(join(place, 'defect.txt'), `${what}\n\n${story}\n`);
  console.log(`round ${tally.rounds}: ${what.split('\n')[0].slice(0, 300)}`);
}

function capturesBelow(root) {
  let names;
  try {
    names = readdirSync(root, { recursive: true, withFileTypes: true });
  } catch {
    return [];
  }
  const all = names
    .filter((entry) => entry.isFile() && /\.(pcap|pcapng|cap)(\.gz|\.zst)?$/.test(entry.name))
    .map((entry) => ({ path: join(entry.parentPath, entry.name), folder: entry.parentPath }))
    .filter(({ path }) => readFileSync(path).length <= MOST_OCTETS)
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const byFolder = Map.groupBy ? Map.groupBy(all, ({ folder }) => folder) : groupBy(all);
  return all.map((one) => ({ ...one, siblings: byFolder.get(one.folder) }));
}

function groupBy(all) {
  const groups = new Map();
  for (const one of all) groups.set(one.folder, [...(groups.get(one.folder) ?? []), one]);
  return groups;
}
