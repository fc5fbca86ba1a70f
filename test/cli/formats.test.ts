import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FORMATS, PICTURES } from '../../src/cli/analyze-arguments.ts';
import { appendStepSummary } from '../../src/cli/step-summary.ts';
import { FORMAT_TABLE } from '../../src/report/formats/format-table.ts';
import { PICTURE_NAMES } from '../../src/report/pictures/gallery.ts';
import { sampleReport } from '../report/sample.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'formats-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('the command offers every picture of the library', () => expect([...PICTURES]).toEqual(PICTURE_NAMES));
test('the command offers every format of the library', () => expect([...FORMATS]).toEqual(Object.keys(FORMAT_TABLE)));

test('the summary of a step is appended, as far as the file has room', () => {
  const path = join(folder, 'summary.md');
  appendStepSummary(sampleReport(), { GITHUB_STEP_SUMMARY: path });
  appendStepSummary(sampleReport(), { GITHUB_STEP_SUMMARY: path });
  expect(readFileSync(path, 'utf8').match(/^# Network diagnosis$/gm)).toHaveLength(2);
  writeFileSync(path, 'x'.repeat(2 ** 20 - 6000));
  appendStepSummary(sampleReport(), { GITHUB_STEP_SUMMARY: path });
  const text = readFileSync(path, 'utf8');
  expect(text.length).toBeLessThanOrEqual(2 ** 20);
  expect(text).toContain('# Network diagnosis');
});

test('a summary that is full or cannot be written is told, and nothing is done without one', () => {
  const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const path = join(folder, 'full.md');
  writeFileSync(path, 'x'.repeat(2 ** 20));
  appendStepSummary(sampleReport(), { GITHUB_STEP_SUMMARY: path });
  appendStepSummary(sampleReport(), { GITHUB_STEP_SUMMARY: join(folder, 'no', 'where') });
  expect(told.mock.calls.map(([text]) => String(text)).join('')).toMatch(/no room left[\s\S]*ENOENT/);
  told.mockClear();
  appendStepSummary(sampleReport(), {});
  expect(told).not.toHaveBeenCalled();
  expect(existsSync(join(folder, 'no'))).toBe(false);
  told.mockRestore();
});
