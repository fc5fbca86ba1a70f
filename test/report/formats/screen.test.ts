import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { analyze } from '../../../src/analyze.ts';
import { formatCommands } from '../../../src/report/formats/commands-text.ts';
import { HEALTHY_LINES, SCREEN_LINES } from '../../../src/report/formats/screen.ts';
import { formatText } from '../../../src/report/formats/text.ts';
import type { Report } from '../../../src/report/model/report.ts';
import { judged, reportOf, sampleEvidence, sampleReport } from '../sample.ts';

const WIDTHS = [80, 60];
const commandsOf = ({ findings }: Report): Set<string> =>
  new Set(findings.flatMap(({ confirm, repairs }) => [...confirm, ...repairs].map(({ command }) => command)));

/** One screen, at both widths; only a command may be wider than its line. */
function checkScreen(report: Report): void {
  for (const width of WIDTHS) {
    const lines = formatText(report, { width }).trimEnd().split('\n');
    expect(lines.length, lines.join('\n')).toBeLessThanOrEqual(report.verdict === null ? HEALTHY_LINES : SCREEN_LINES);
    const commands = commandsOf(report);
    // A file's path is a word of its own, and stays in one piece.
    for (const line of lines.filter((one) => !commands.has(one.trim())))
      if (!line.includes('/')) expect([...line].length, line).toBeLessThanOrEqual(width);
  }
}

const long = 'a sentence that goes on and on, '.repeat(20).trimEnd();
const PCAPS = 'test/pcaps';
const folders = readdirSync(PCAPS, { withFileTypes: true }).filter((entry) => entry.isDirectory());

describe('one screen', () => {
  test('holds what is wrong, why, where, the proof, the first command and the first fix', () => {
    const text = formatText(sampleReport());
    for (const word of ['FAULT', 'proof', 'cause', 'run', 'fix', 'unseen', 'more']) expect(text).toContain(word);
  });

  test('is one screen however long its sentences are', () => {
    const explanation = {
      message: long,
      why: long,
      causes: [{ id: 'a', cause: long, for: [long], against: [], fix: [long, long] }],
      confirm: [{ on: long, command: `echo ${long}`, expect: long }],
      fix: [long],
      wireshark: '',
    };
    const findings = Array.from({ length: 9 }, (_, at) => judged({ explanation, fingerprint: `f${at}` }));
    const report = reportOf(sampleEvidence(), { findings });
    checkScreen({ ...report, unseen: [long, long] });
    expect(formatText(report)).toContain(`  echo ${long}`);
  });

  test('begins with a line for each fault where there are several, and tells the first', () => {
    const findings = [judged({ fingerprint: 'f1' }), judged({ fingerprint: 'f2' })];
    const lines = formatText(reportOf(sampleEvidence(), { findings })).split('\n');
    expect(lines.slice(0, 3)).toEqual([
      expect.stringMatching(/^2 FAULTS$/),
      expect.stringMatching(/^ {2}1\. /),
      expect.stringMatching(/^ {2}2\. /),
    ]);
    expect(lines.find((line) => line.startsWith('FAULT'))).toBeDefined();
  });

  test.each(folders.map(({ name }) => name))('%s', async (folder) => {
    const files = readdirSync(join(PCAPS, folder), { recursive: true, encoding: 'utf8' });
    checkScreen(
      await analyze(
        files.filter((name) => /\.pcap(?:ng)?(?:\.gz)?$/.test(name)).map((name) => join(PCAPS, folder, name)),
      ),
    );
  });
});

/** Labelled captures beside the repository; without them these are skipped. */
const SHARED = ['lab/public', 'field/cni', 'field/real', 'field/app'].map((set) => join('../shared', set));

describe.skipIf(!SHARED.every((set) => existsSync(set)))('one screen, for each labelled case', () => {
  test.each(SHARED)('%s', async (set) => {
    const { cases } = JSON.parse(readFileSync(join(set, 'expected.json'), 'utf8')) as {
      cases: { scenario: string; files: string[] }[];
    };
    for (const { scenario, files } of cases) checkScreen(await analyze(files.map((name) => join(set, scenario, name))));
  });
});

describe('commands alone', () => {
  test('are one a line, behind a comment that names the machine', () => {
    const lines = formatCommands(sampleReport()).trimEnd().split('\n');
    expect(lines[0]).toMatch(/^# on /);
    for (const { on, command } of sampleReport().findings[0].confirm) {
      expect(lines).toContain(command);
      expect(lines).toContain(`# on ${on}`);
    }
  });
});
