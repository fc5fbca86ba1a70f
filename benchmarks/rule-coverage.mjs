// Which rules fire on captures of real traffic: node benchmarks/rule-coverage.mjs FOLDER...
// Every capture is analysed alone, and every folder of captures that lie together as one set. Prints a line a rule.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { analyze, rules } from '../dist/index.js';

const CAPTURE = /\.(pcap|pcapng|cap|dmp|trace)(\.gz)?$/;
/** Sets larger than this are collections, not captures of one event. */
const LARGEST_SET = 12;
const fired = new Map(rules.map(({ id }) => [id, 0]));

for (const folder of process.argv.slice(2)) await walk(folder);
for (const [id, captures] of [...fired].sort(([a], [b]) => (a < b ? -1 : 1)))
  console.log(`${String(captures).padStart(6)}  ${id}`);

async function walk(folder) {
  const entries = readdirSync(folder, { withFileTypes: true });
  const captures = entries
    .filter((entry) => entry.isFile() && CAPTURE.test(entry.name))
    .map(({ name }) => join(folder, name));
  for (const capture of captures) await count([capture]);
  if (captures.length > 1 && captures.length <= LARGEST_SET) await count(captures);
  for (const entry of entries) if (entry.isDirectory()) await walk(join(folder, entry.name));
}

async function count(sources) {
  try {
    const { findings } = await analyze(sources);
    for (const id of new Set(findings.map(({ ruleId }) => ruleId))) fired.set(id, fired.get(id) + 1);
  } catch {
    // What is no capture fires no rule.
  }
}
