// A copy of this checkout in which files may be changed.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** What git knows of the tree, the build, and links to what is only read. */
export function copyOfTree() {
  const from = process.cwd();
  const parent = mkdtempSync(join(tmpdir(), 'pcapdiag-mutants-'));
  const to = join(parent, 'tree');
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { encoding: 'utf8' })
    .trim()
    .split('\n');
  for (const file of listed) cpSync(join(from, file), join(to, file));
  cpSync(join(from, 'dist'), join(to, 'dist'), { recursive: true });
  symlinkSync(join(from, 'node_modules'), join(to, 'node_modules'));
  try {
    readdirSync(join(from, '../shared'));
    symlinkSync(resolve(from, '../shared'), join(parent, 'shared'));
  } catch {
    // Without the shared captures their tests are skipped.
  }
  return to;
}
