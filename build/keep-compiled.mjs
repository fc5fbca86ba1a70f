// Runs a bundle of the command line on captures of the repository and keeps V8's code of what has run beside it.
//   node build/keep-compiled.mjs dist/bundle/main.cjs
import { writeFileSync } from 'node:fs';
import { devNull } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { compiledCodeOf, loadBundle } from '../dist/cli/load-bundle.js';

/** Faults of several classes, at one point and at several, so that most rules and the comparison of points have run. */
const CAPTURES = ['case-1', 'case-2', 'case-3'];

const [bundle] = process.argv.slice(2);
const { exports, compiledCode } = loadBundle(pathToFileURL(bundle), { withoutCode: true });
for (const name of CAPTURES) {
  const folder = fileURLToPath(new URL(`../test/pcaps/${name}`, import.meta.url));
  for (const format of ['text', 'json']) {
    await exports.main(['analyze', '--format', format, '--output', devNull, '--fail-on', 'never', folder]);
    if (process.exitCode) throw new Error(`${folder}: exit status ${process.exitCode}`);
  }
}
writeFileSync(compiledCodeOf(bundle), compiledCode());
