import { describe, expect, test } from 'vitest';
import { formatCommands } from '../../../src/report/formats/commands-text.ts';
import { formatJson } from '../../../src/report/formats/json.ts';
import { code, escapeMarkdown, formatMarkdown } from '../../../src/report/formats/markdown.ts';
import { formatText } from '../../../src/report/formats/text.ts';
import { formatHtml } from '../../../src/report/html/page.ts';
import { emptyReport, healthyReport, judged, reportOf, sampleEvidence, sampleReport } from '../sample.ts';

const plain = (text: string) => text.split('\n');

describe('goldens', () => {
  test('a fault between two points', () =>
    expect(formatText(sampleReport(), { verbose: true })).toMatchFileSnapshot('goldens/fault.report.txt'));
  test('a fault, brief', () =>
    expect(formatText(sampleReport(), { brief: true })).toMatchFileSnapshot('goldens/fault-brief.report.txt'));
  test('healthy', () =>
    expect(formatText(healthyReport(), { verbose: true })).toMatchFileSnapshot('goldens/healthy.report.txt'));
  test('nothing to judge', () =>
    expect(formatText(emptyReport(), { verbose: true })).toMatchFileSnapshot('goldens/empty.report.txt'));
  test('a fault on one screen', () =>
    expect(formatText(sampleReport())).toMatchFileSnapshot('goldens/fault-screen.report.txt'));
  test('nothing wrong on one screen', () =>
    expect(formatText(healthyReport())).toMatchFileSnapshot('goldens/healthy-screen.report.txt'));
  test('commands alone', () =>
    expect(formatCommands(sampleReport())).toMatchFileSnapshot('goldens/commands.report.txt'));
  test('Markdown', () => expect(formatMarkdown(sampleReport())).toMatchFileSnapshot('goldens/fault.markdown.txt'));
  test('packets at two points, more than are shown, clocks apart', () => {
    const packets = [0, 1].flatMap((point) =>
      Array.from({ length: 7 }, (_, at) => ({
        point,
        packet: at * 2 + 10 + point,
        time: at * 0.5 + point * 0.2504,
        direction: '>' as const,
        note: point === 0 ? `seq ${at * 100}:${at * 100 + 100}` : 'arrives',
      })),
    );
    const report = reportOf(sampleEvidence(), { findings: [judged({ occurrence: { packets, packetsTotal: 40 } })] });
    return expect(formatText(report, { verbose: true })).toMatchFileSnapshot('goldens/ladder.report.txt');
  });
});

describe('text', () => {
  test('the verdict is the first line', () => {
    expect(plain(formatText(sampleReport()))[0]).toMatch(/^FAULT {2}Node node1 sends/);
    expect(plain(formatText(healthyReport()))[0]).toMatch(/^OK {2}No fault found/);
  });

  describe('a healthy report whose path loses packets', () => {
    const stretch = { points: ['p1', 'p2'], conversations: 1 };
    const [one] = sampleReport().points;
    const losing = {
      ...healthyReport(),
      points: ['p1', 'p2'].map((id, at) => ({ ...one, id, name: `veth${at}` })),
      paths: [
        {
          ...stretch,
          packets: [
            [10, 9],
            [1200, 1203],
          ] as [number[], number[]],
          lost: [
            [0, 0],
            [0, 3],
          ] as [number[], number[]],
        },
      ],
    };
    const note = { ...sampleReport().findings[0], level: 'note' as const };
    const located = (between: [string, string]) => ({
      ...losing,
      findings: [{ ...note, location: { between, text: '' } }],
    });

    test('is not OK, and says where, in every form', () => {
      const said = '3 of 1,203 packets were lost between veth0 and veth1';
      for (const text of [formatText(losing), formatText(losing, { verbose: true })]) {
        expect(text).toMatch(/^UNDECIDED {2}No fault found so far/);
        expect(text.replaceAll(/\s+/g, ' ')).toContain(said);
      }
      expect(formatMarkdown(losing)).toContain(said);
      expect(formatHtml(losing)).toContain(said);
    });

    test('is OK where a note is about that stretch, from either end', () => {
      expect(formatText(located(['p2', 'p1']))).toMatch(/^OK {2}/);
      expect(formatText(located(['p1', 'p3']))).toMatch(/^UNDECIDED {2}/);
    });
  });

  test.each([
    ['what programs said was cut', 'content-cut'],
    ['what may be a fault was seen once', 'seen-once'],
    ['the capture ends before what decides', 'ends-too-soon'],
  ] as const)('is not OK where %s', (_, code) => {
    const healthy = healthyReport();
    const triage = healthy.triage.map((row) => (row.class === 'application' ? { ...row, code } : row));
    expect(plain(formatText({ ...healthy, triage }))[0]).toMatch(/^UNDECIDED {2}No fault found/);
    expect(formatMarkdown({ ...healthy, triage })).toContain('**Undecided.**');
  });

  test('no line is wider than requested, except lines for copying', () => {
    for (const verbose of [true, false])
      for (const width of verbose ? [80, 100, 120] : [60, 80, 120])
        for (const line of plain(formatText(sampleReport(), { width, verbose })))
          expect([...line].length).toBeLessThanOrEqual(width);
  });

  test('has colours only on request', () => {
    expect(formatText(sampleReport())).not.toContain('\x1b');
    const colored = formatText(sampleReport(), { color: true });
    expect(colored).toContain('\x1b[');
    expect(colored.replace(/\x1b\[\d+m/g, '')).toBe(formatText(sampleReport()));
  });

  test('a report from another builder is sanitised too', () => {
    const report = { ...sampleReport(), unseen: ['evil \x1b[2J\u202e'] };
    expect(formatText(report)).toContain('evil \\u{1b}[2J\\u{202e}');
    expect(formatText(report, { verbose: true })).toContain('evil \\u{1b}[2J\\u{202e}');
    expect(formatMarkdown(report)).toContain('evil \\\\u\\{1b\\}');
  });

  test('symptoms are listed under their cause, not beside it', () => {
    const text = formatText(sampleReport(), { verbose: true });
    expect(text).toContain('explains syn-no-reply');
    expect(text).not.toMatch(/^note {2}syn-no-reply/m);
  });
});

describe('Markdown', () => {
  test.each([
    ['<script>', '\\<script\\>'],
    ['a|b', 'a\\|b'],
    ['[x](http://evil)', '\\[x\\]\\(http:\\//evil\\)'],
    ['@team', '@\u2060team'],
  ])('%s has no special meaning', (text, escaped) => expect(escapeMarkdown(text)).toBe(escaped));
  test('a code span can contain any backticks', () => expect(code('a``b`')).toBe('``` a``b` ```'));
});

describe('what correlation could not settle', () => {
  test('is reported in text, Markdown and JSON', () => {
    const evidence = sampleEvidence();
    evidence.notes.push({ code: 'host-guessed', points: [0], host: 'node7' });
    const report = reportOf(evidence, { findings: [] });
    const note = `${evidence.points[0].name}: taken as captures of one host (node7), guessed from the traffic`;
    expect(formatText(report, { verbose: true }).replace(/\s+/g, ' ')).toContain(note);
    expect(formatMarkdown(report)).toContain('guessed from the traffic');
    expect(JSON.parse(formatJson(report)).unseen).toContainEqual(expect.stringContaining(note));
  });
});
