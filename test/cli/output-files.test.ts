/** No capture, no link to one and no report is lost, whatever the options. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { outputTargets } from '../../src/cli/output-targets.ts';
import { writeOutput } from '../../src/cli/write-output.ts';
import { CAPTURES, runsInFolder } from '../support/runs-in-folder.ts';

const NEVER = new AbortController().signal;

const { at, run, said, everything } = runsInFolder(CAPTURES, ({ at }) => {
  symlinkSync('link', at('link-to-link'));
  symlinkSync('captures', at('folder-link'));
  symlinkSync('report', at('report-link'));
  symlinkSync('absent', at('dangling'));
  writeFileSync(at('inventory.json'), JSON.stringify({ kind: 'List', items: [] }));
});

describe('targets that are refused: nothing is changed, and the status is 2', () => {
  const captures = `captures/${CAPTURES[0]}`;
  const refused: [name: string, options: string[], message: RegExp, files?: string[]][] = [
    ['an input', ['--output', captures], /which is read/],
    ['an input, by another spelling', ['--output', `./captures/../${captures}`], /which is read/],
    ['an input, through a folder that is a link', ['--output', `folder-link/${CAPTURES[0]}`], /which is read/],
    ['a link to an input', ['--output', 'link'], /which is read/],
    ['a link to a link to an input', ['--output', 'link-to-link'], /which is read/],
    ['a hard link to an input', ['--output', 'hard'], /which is read/],
    ['the input of a link', ['--output', captures], /which is read/, ['link']],
    ['an input as the export', ['--export-missing', captures], /which is read/],
    ['a hard link to an input as the export', ['--export-missing', 'hard'], /which is read/],
    ['a link as the export', ['--export-missing', 'link', '--output', 'new'], /which is read/],
    ['both outputs in one new file', ['--output', 'new', '--export-missing', './new'], /written by --output/],
    ['both outputs in one old file', ['--output', 'report', '--export-missing', 'report-link'], /written by --output/],
    [
      'both outputs in one file that a link leads to',
      ['--output', 'dangling', '--export-missing', 'absent'],
      /written by/,
    ],
    ['both outputs on standard output', ['--export-missing', '/dev/stdout'], /written by|standard output/],
    ['the inventory', ['--inventory', 'inventory.json', '--output', 'inventory.json'], /which is read/],
    ['a capture that is not read', ['--output', 'other.pcap'], /is a capture/],
    ['a capture that is not read, as the export', ['--export-missing', 'other.pcap'], /is a capture/],
    ['a folder', ['--output', 'captures'], /is a directory/],
    ['a file in a folder that is not there', ['--output', 'no/such/file'], /no folder/],
    ['an input that is not there', ['--output', 'missing.pcap'], /which is read/, ['missing.pcap', captures]],
    ['the same with JSON and no colours', ['--format', 'json', '--no-color', '--output', 'hard'], /which is read/],
    ['the same, quiet and strict', ['--quiet', '--strict', '--output', 'link'], /which is read/],
  ];
  test.each(refused)('%s', async (_name, options, message, files = ['captures']) => {
    const before = everything();
    const paths = options.map((word) =>
      word.startsWith('-') || word === 'json' || word.startsWith('/') ? word : at(word),
    );
    expect(await run('analyze', ...paths, ...files.map((file) => at(file)))).toBe(2);
    expect(said.errors).toMatch(message);
    expect(everything()).toEqual(before);
  });
});

describe('targets that are written', () => {
  test.each([
    ['text', 'new'],
    ['json', 'new'],
    ['markdown', 'report'],
    ['json', 'report-link'],
    ['text', 'dangling'],
  ])('as %s to %s: whole, the mode of an old file kept, links stay links, nothing beside it', async (format, name) => {
    const before = everything();
    expect(await run('analyze', '--format', format, '--output', at(name), at('captures'))).toBe(1);
    const text = readFileSync(at(name), 'utf8');
    expect(await run('analyze', '--format', format, '--output', '-', at('captures'))).toBe(1);
    expect(text).toBe(said.output);
    const real = name === 'report-link' ? 'report' : name === 'dangling' ? 'absent' : name;
    const { [real]: written, ...rest } = everything();
    const { [real]: old, ...others } = before;
    expect(rest).toEqual(others);
    expect(written).not.toBe(old);
    if (real === 'report') expect(statSync(at('report')).mode & 0o777).toBe(0o640);
  });

  test('an export replaces the export of an earlier run', async () => {
    const lossy = 'test/pcaps/losses-together';
    expect(await run('analyze', '--fail-on', 'never', '--export-missing', at('lost.pcapng'), lossy)).toBe(0);
    const first = readFileSync(at('lost.pcapng'));
    expect(await run('analyze', '--fail-on', 'never', '--export-missing', at('lost.pcapng'), lossy)).toBe(0);
    expect(readFileSync(at('lost.pcapng'))).toEqual(first);
  });

  test('an export without packets leaves the old file', async () => {
    writeFileSync(at('old'), 'old');
    await run('analyze', '--export-missing', at('old'), at('captures', CAPTURES[0]));
    expect(readFileSync(at('old'), 'utf8')).toBe('old');
    expect(said.errors).toContain('is not written');
  });

  test('the null device, and /dev/stdout', async () => {
    expect(await run('analyze', '--output', '/dev/null', '--export-missing', '/dev/null', at('captures'))).toBe(1);
    expect(said.output).toBe('');
    expect(await run('analyze', '--output', '/dev/stdout', at('captures'))).toBe(1);
    expect(said.output).toMatch(/^FAULT/);
  });

  test('a named pipe, whose reader comes later', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    const running = run('analyze', '--output', at('pipe'), at('captures'));
    const { open } = await import('node:fs/promises');
    const reader = await open(at('pipe'), 'r');
    const text = await reader.readFile('utf8');
    await reader.close();
    expect(await running).toBe(1);
    expect(text).toMatch(/^FAULT/);
  });
});

describe('a disk that is full', () => {
  test.skipIf(process.platform !== 'linux')('a device without room is an error', async () => {
    expect(await run('analyze', '--output', '/dev/full', at('captures'))).toBe(2);
    expect(said.errors).toContain('ENOSPC');
  });

  const mount = (): boolean => {
    mkdirSync(at('small'));
    return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'none', at('small')]).status === 0;
  };

  test('the old file stays, and nothing is left beside it', async (context) => {
    if (!mount()) context.skip('a small file system cannot be mounted here: needs root');
    try {
      writeFileSync(at('small/report'), 'an old report\n');
      expect(await run('analyze', '--format', 'json', '--output', at('small/report'), at('captures'))).toBe(2);
      expect(said.errors).toMatch(/ENOSPC.*what was there before stays/);
      expect(readFileSync(at('small/report'), 'utf8')).toBe('an old report\n');
      expect(readdirSync(at('small'))).toEqual(['report']);
    } finally {
      spawnSync('umount', [at('small')]);
    }
  });

  test('a write that fails half way leaves the old file', async () => {
    const [target] = outputTargets({ output: at('report') }, []);
    const failing = {
      [Symbol.iterator]: () => ({
        next: () => {
          throw new Error('no space left');
        },
      }),
    } as unknown as string;
    await expect(writeOutput(target, failing, NEVER)).rejects.toThrow(/no space left; what was there before stays/);
    expect(readFileSync(at('report'), 'utf8')).toBe('an old report\n');
    expect(readdirSync(at()).filter((name) => name.startsWith('.pcapdiag'))).toEqual([]);
  });

  test('a target that became another file meanwhile is not replaced', async () => {
    const [target] = outputTargets({ output: at('report') }, []);
    rmSync(at('report'));
    symlinkSync(join('captures', CAPTURES[0]), at('report'));
    const before = everything();
    await expect(writeOutput(target, 'new', NEVER)).rejects.toThrow('became another file');
    expect(everything()).toEqual(before);
  });
});
