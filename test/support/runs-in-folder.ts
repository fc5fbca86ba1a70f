/** Runs of the command line in a folder of captures, links and an old report, of which none must be lost. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, vi } from 'vitest';
import { main } from '../../src/cli/main.ts';

const CASE = 'test/pcaps/case-1';
/** Names of the captures that can lie in the folder. */
export const CAPTURES: readonly string[] = readdirSync(CASE).filter((name) => name.endsWith('.pcap'));

export interface RunsInFolder {
  /** Path of a file in the folder. */
  at(...names: string[]): string;
  /** Runs a command in this process. @returns its exit status */
  run(...argv: string[]): Promise<number | string | null | undefined>;
  /** What the latest run printed. */
  said: { errors: string; output: string };
  /** Everything in the folder: type, target of links, mode and content. */
  everything(): Record<string, string>;
}

/**
 * A new folder for each test of the file: `captures`, with a link and a hard link to the first of them, a capture that
 * is not read, and an old report. It is removed after the test.
 *
 * @param captures names of those in `captures` @param more lays further files there
 */
export function runsInFolder(
  captures: readonly string[],
  more: (runs: RunsInFolder) => void | Promise<void>,
): RunsInFolder {
  let folder: string;
  const at = (...names: string[]): string => join(folder, ...names);
  const said = { errors: '', output: '' };
  const runs: RunsInFolder = { at, run, said, everything };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pcapdiag-out-'));
    mkdirSync(at('captures'));
    for (const name of captures) copyFileSync(join(CASE, name), at('captures', name));
    symlinkSync(join('captures', captures[0]), at('link'));
    linkSync(at('captures', captures[0]), at('hard'));
    copyFileSync(join(CASE, captures[0]), at('other.pcap'));
    writeFileSync(at('report'), 'an old report\n');
    chmodSync(at('report'), 0o640);
    Object.assign(said, { errors: '', output: '' });
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      said.errors += text;
      return true;
    });
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      said.output += text;
      return true;
    });
    await more(runs);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    process.exitCode = undefined;
    rmSync(folder, { recursive: true });
  });
  return runs;

  async function run(...argv: string[]): Promise<number | string | null | undefined> {
    Object.assign(said, { errors: '', output: '' });
    process.exitCode = undefined;
    await main(argv);
    const status = process.exitCode;
    process.exitCode = undefined;
    return status;
  }

  function everything(): Record<string, string> {
    const found: Record<string, string> = {};
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const path = at(name);
      const stat = lstatSync(path);
      if (stat.isSymbolicLink()) found[name] = `link to ${readlinkSync(path)}`;
      else if (stat.isFile())
        found[name] =
          `${(stat.mode & 0o7777).toString(8)} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
    }
    return found;
  }
}
