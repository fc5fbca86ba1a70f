// Builds and packs a clean copy of the tree in two folders of other names, and tries whether the packages are the same bytes.
//   npm run reproduce
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packTree } from './packed.mjs';

const TREE = fileURLToPath(new URL('../..', import.meta.url));
const FOLDERS = ['one', 'a folder/of another depth'];

const scratch = mkdtempSync(join(tmpdir(), 'pcapdiag-reproduce-'));
try {
  const sums = FOLDERS.map((name, index) => sha256(packTree(builtCopy(name), join(scratch, `packed-${index}`))));
  for (const [index, sum] of sums.entries()) console.log(`${sum}  built in ${join(scratch, FOLDERS[index])}`);
  if (new Set(sums).size > 1) {
    console.error('the packages differ');
    process.exitCode = 1;
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** What git knows of the tree, as it is now, built with the packages installed here. */
function builtCopy(name) {
  const copy = join(scratch, name);
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: TREE });
  const there = (path) => path !== '' && !path.startsWith('test/pcaps/') && !isDeleted.has(path);
  const isDeleted = new Set(
    execFileSync('git', ['ls-files', '-z', '--deleted'], { cwd: TREE, encoding: 'utf8' }).split('\0'),
  );
  for (const path of listed.toString().split('\0').filter(there)) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    copyFileSync(join(TREE, path), join(copy, path));
  }
  symlinkSync(join(TREE, 'node_modules'), join(copy, 'node_modules'), 'junction');
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: copy, stdio: ['ignore', 'ignore', 'inherit'] });
  return copy;
}

function sha256(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
