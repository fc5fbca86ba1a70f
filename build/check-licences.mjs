// Tries the licences of all packages in package-lock.json against those that this project may use.
//   npm run licences
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** SPDX identifiers (https://spdx.org/licenses/) of permissive licences, which what is shipped may have. */
const SHIPPED = new Set(['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT']);
/** Of tools that are not shipped. MPL-2.0 asks something of who passes changed files on, which nobody does. */
const TOOLS = new Set([...SHIPPED, 'BlueOak-1.0.0', 'CC0-1.0', 'MPL-2.0', 'Python-2.0']);

const lock = process.argv[2] ?? fileURLToPath(new URL('../package-lock.json', import.meta.url));
const { packages } = JSON.parse(readFileSync(lock, 'utf8'));
// A link leads to a package of this repository, which is in the list, too.
const others = Object.entries(packages).filter(([path, { link }]) => path !== '' && !link);
const refused = others.filter(
  ([, { license, dev, devOptional }]) => !isAllowed(license, dev || devOptional ? TOOLS : SHIPPED),
);
for (const [path, { license }] of refused) console.error(`${path}: ${license ?? 'no licence is named'}`);
if (refused.length > 0) {
  console.error('build/check-licences.mjs says which licences may be used');
  process.exitCode = 1;
} else console.log(`${others.length} packages, all under licences that may be used`);

/** SPDX expressions of alternatives; `AND`, `WITH` and the like are for a person to read. */
function isAllowed(license, allowed) {
  const names = (license ?? '').replace(/^\((.*)\)$/, '$1').split(' OR ');
  return names.some((name) => allowed.has(name));
}
