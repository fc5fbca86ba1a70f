// Whether the order of the captures changes a report: every set of captures under the folders (those of one folder, and all
// that lie below a folder named with --together) in every order up to four files, else in 24 by a seed. The JSON is
// compared byte by byte. Sets made of a few packets of those captures come after them.
//   node benchmarks/permutations.mjs [--made 2000] [--seed 1] [--together FOLDER] FOLDER...     exit 1 when a report differs
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { analyze, formatJson } from '../dist/index.js';
import { isLittleEndianPcap, madeSet, ordersOf } from './lib/permutations.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    made: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    together: { type: 'string', multiple: true, default: [] },
  },
});
const CAPTURE = /\.(?:pcap|pcapng|cap)(?:\.gz|\.zst)?$/;

const capturesUnder = (folder) =>
  readdirSync(folder, { recursive: true })
    .filter((name) => CAPTURE.test(name))
    .sort()
    .map((name) => join(folder, name));

/** The JSON, or the error, and what was said of sources that cannot be read. */
async function outcomeOf(sources) {
  const said = [];
  try {
    const report = await analyze(sources, { onUnreadable: ({ message }) => said.push(message) });
    return [...said, formatJson(report)].join('\n');
  } catch (error) {
    return [...said, String(error)].join('\n');
  }
}

const seed = Number(values.seed);
const count = { sets: 0, orders: 0, differ: 0 };
async function tryOrders(name, sources) {
  if (sources.length < 2) return;
  count.sets++;
  const expected = await outcomeOf(sources);
  for (const order of ordersOf(sources, { seed })) {
    count.orders++;
    if ((await outcomeOf(order)) === expected) continue;
    count.differ++;
    console.log(`differs: ${name}: ${order.map((source) => source.name ?? source).join(' ')}`);
    return;
  }
}

const folders = new Map();
for (const path of positionals.flatMap(capturesUnder))
  folders.set(dirname(path), [...(folders.get(dirname(path)) ?? []), path]);
for (const [folder, paths] of folders) await tryOrders(folder, paths);
for (const folder of values.together) await tryOrders(folder, capturesUnder(folder));
console.log(`recorded: ${count.sets} sets, ${count.orders} orders, ${count.differ} differ`);

const sets = [...folders.values()]
  .map((paths) => paths.map((path) => ({ name: path.split('/').at(-1), data: readFileSync(path) })))
  .map((captures) => captures.filter(({ data }) => isLittleEndianPcap(data)))
  .filter((captures) => captures.length > 1);
for (let made = 0; made < Number(values.made) && sets.length > 0; made++)
  await tryOrders(`made ${made}`, madeSet(sets[made % sets.length], seed + made));
console.log(`seed ${seed}: ${count.sets} sets, ${count.orders} orders, ${count.differ} differ`);
process.exitCode = count.differ > 0 ? 1 : 0;
