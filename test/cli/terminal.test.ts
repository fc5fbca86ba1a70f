/** What a person sees at a terminal: progress, waiting for input, the manual. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { COMMAND_NAMES, COMMANDS } from '../../src/cli/command-table.ts';
import { manualPage } from '../../src/cli/manual-page.ts';
import { progressOn, progressText } from '../../src/cli/progress.ts';
import { digestAll } from '../../src/pipeline/digest-all.ts';
import { installedCommand } from '../support/installed.ts';

test.each([
  [120e6, 400e6, 2, '120 of 400 MB (30 %), 60 MB/s, 5 s left'],
  [120e6, 4000e6, 2, '120 of 4000 MB (3 %), 60 MB/s, 1 min 5 s left'],
  [1e6, 40_000e6, 1, '1 of 40000 MB (0 %), 1.0 MB/s, 11 h 6 min left'],
  [400e6, 400e6, 2, '400 of 400 MB (100 %), 200 MB/s, 0 s left'],
  [3e6, undefined, 2, '3 MB, 1.5 MB/s'],
])('%d of %d bytes after %d s: %s', (read, total, seconds, text) => {
  expect(progressText(read, total, seconds)).toBe(text);
});

test('progress is one line that is rewritten, not more than five times a second, and cleared at the end', () => {
  let now = 0;
  let written = '';
  const write = (text: string): boolean => {
    written += text;
    return true;
  };
  const progress = progressOn({ write } as never, () => now);
  for (now = 0; now <= 2000; now += 50) progress.onProgress(now * 1e5, 1e9);
  progress.end();
  expect(written).not.toContain('\n');
  expect(written.split('\r\x1b[K').length - 2).toBe(6);
  expect(written.endsWith('\r\x1b[K')).toBe(true);
});

test('the total of several files is known from the first one on', async () => {
  const folder = 'test/pcaps/case-1';
  const files = ['node1__enp26s0f0.pcap', 'node2__enp26s0f0.pcap'].map((name) => join(folder, name));
  const told: [number, number | undefined][] = [];
  await digestAll(files, { onProgress: (read, total) => told.push([read, total]) });
  const totals = new Set(told.map(([, total]) => total));
  expect(totals.size).toBe(1);
  expect(told.at(-1)?.[0]).toBe([...totals][0]);
});

const script = spawnSync('script', ['--version']).status === 0;
test.runIf(script)('a terminal as standard input: says that it waits', () => {
  const { stdout } = spawnSync('script', ['-qec', `'${process.execPath}' '${installedCommand()}' -`, '/dev/null'], {
    input: '\x04',
    encoding: 'utf8',
  });
  expect(stdout).toContain('pcapdiag: waiting for standard input, which is a terminal (Ctrl-C ends)');
});

test('the manual names every command and option, and groff reads it without a complaint', () => {
  const page = manualPage('1.2.3');
  for (const name of COMMAND_NAMES) {
    expect(page).toContain(`.B pcapdiag ${name}\n`);
    for (const option of Object.keys(COMMANDS[name].options))
      expect(page).toContain(`\\-\\-${option.replaceAll('-', '\\-')}\\fR`);
  }
  const folder = mkdtempSync(join(tmpdir(), 'pcapdiag-man-'));
  try {
    writeFileSync(join(folder, 'pcapdiag.1'), page);
    const { error, stderr, stdout } = spawnSync('groff', ['-man', '-Tascii', '-ww', join(folder, 'pcapdiag.1')], {
      encoding: 'utf8',
    });
    if (error !== undefined) return;
    expect(stderr).toBe('');
    expect(stdout).toContain('--export-missing FILE'.slice(0, 16));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
