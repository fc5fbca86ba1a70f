// Writes the JSON report of every labelled case, by the build of a checkout: two folders made by two commits show with
// `diff -r` whether a change of the house changed any report.
//   node benchmarks/json-of-cases.mjs CHECKOUT FOLDER SET...     a SET is a folder with an expected.json
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const [checkout, folder, ...sets] = process.argv.slice(2);
const { analyze } = await import(join(resolve(checkout), 'dist/index.js'));
mkdirSync(folder, { recursive: true });
let written = 0;
for (const set of sets) {
  const { cases } = JSON.parse(readFileSync(join(set, 'expected.json'), 'utf8'));
  for (const { id, scenario, files } of cases) {
    const report = await analyze(files.map((file) => join(set, scenario, file)));
    writeFileSync(join(folder, `${id.replaceAll('/', '_')}.json`), JSON.stringify(report, null, 1));
    written++;
  }
}
console.log(`${written} reports written to ${folder}`);
