import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeMtr } from '../../src/mtr/judge-mtr.ts';
import { formatMtrText } from '../../src/mtr/mtr-text.ts';

type Row = [loss: number, average?: number, deviation?: number, best?: number, worst?: number];

const HEAD = 'HOST: node1                       Loss%   Snt   Last   Avg  Best  Wrst StDev';
/** A report with one row a hop; 100 % loss is written as "???". */
const report = (...rows: Row[]): string =>
  [
    'Start: 2024-01-15T10:00:00+0000',
    HEAD,
    ...rows.map(([loss, average = 1, deviation = 0.1, best = average, worst = average], nth) => {
      const host = loss === 100 ? '???' : `10.9.0.${nth + 1}`;
      return `  ${nth + 1}.|-- ${host}  ${loss.toFixed(1)}%  100  ${average}  ${average}  ${best}  ${worst}  ${deviation}`;
    }),
  ].join('\n');
const faults = (text: string) =>
  judgeMtr(text)[0]
    .findings.filter(({ level }) => level === 'fault')
    .map(({ kind, hops }) => ({ kind, hops }));
const notes = (text: string) =>
  judgeMtr(text)[0]
    .findings.filter(({ level }) => level === 'note')
    .map(({ kind, hops }) => ({ kind, hops }));

describe('judgeMtr', () => {
  it.each<[string, Row[], unknown[], unknown[]]>([
    ['no loss', [[0], [0], [0]], [], []],
    ['loss at one hop only is its own affair', [[0], [40], [0]], [], [{ kind: 'rate-limited', hops: [2] }]],
    ['a silent router in between', [[0], [100], [0]], [], [{ kind: 'rate-limited', hops: [2] }]],
    ['loss that goes on', [[0], [0], [20], [25], [10]], [{ kind: 'loss', hops: [3, 4, 5] }], []],
    [
      'a silent router does not break the row',
      [[0], [20], [100], [20]],
      [{ kind: 'loss', hops: [2, 4] }],
      [{ kind: 'rate-limited', hops: [3] }],
    ],
    [
      'limited before, lossy later',
      [[30], [0], [5]],
      [{ kind: 'loss', hops: [3] }],
      [{ kind: 'rate-limited', hops: [1] }],
    ],
    ['loss at the last hop only', [[0], [0], [10]], [{ kind: 'loss', hops: [3] }], []],
    ['nothing after hop 2', [[0], [0], [100], [100]], [{ kind: 'unreachable', hops: [3, 4] }], []],
    ['nothing at all', [[100]], [{ kind: 'unreachable', hops: [1] }], []],
    [
      'a normal average that swings',
      [[0], [0, 60, 90, 25, 350], [0, 60, 90, 25, 350]],
      [{ kind: 'unstable-delay', hops: [2, 3] }],
      [],
    ],
    ['swings at a router alone do not count', [[0], [0, 60, 90, 25, 350], [0, 2]], [], []],
    ['a high deviation of small delays', [[0], [0, 0.5, 0.6, 0.2, 4]], [], []],
    [
      'a step of delay that stays',
      [
        [0, 1],
        [0, 150],
        [0, 151],
      ],
      [{ kind: 'slow-hop', hops: [2, 3] }],
      [],
    ],
    [
      'a step of 100 ms to all before it, from a first hop that is not near',
      [
        [0, 60],
        [0, 159.9],
        [0, 160],
      ],
      [{ kind: 'slow-hop', hops: [3] }],
      [],
    ],
    [
      'a slow router on a fast way',
      [
        [0, 1],
        [0, 300],
        [0, 2],
      ],
      [],
      [],
    ],
  ])('%s', (_, rows, expectedFaults, expectedNotes) => {
    expect(faults(report(...rows))).toEqual(expectedFaults);
    expect(notes(report(...rows))).toEqual(expectedNotes);
  });

  it('takes the real loss from the last hop', () => {
    const [{ loss, findings }] = judgeMtr(report([0], [30], [20], [7]));
    expect(loss).toBeCloseTo(0.07);
    expect(findings[0].message).toMatch(
      /^7 % of 100 probes are lost: loss begins at hop 2 \(10\.9\.0\.2\) .* 7 % is the real/,
    );
  });

  it('warns about few probes when something is lost', () => {
    const text = report([0], [10]).replaceAll('  100  ', '  10  ');
    expect(notes(text)).toEqual([{ kind: 'few-probes', hops: [] }]);
  });

  it('reads JSON, numbers as text too, and several reports', () => {
    const hub = (count: unknown, host: string, loss: number) => ({
      ...{ count, host, 'Loss%': loss, Snt: 100, Last: 1, Avg: 1, Best: 1, Wrst: 1, StDev: 0 },
    });
    const one = { report: { mtr: { src: 'node1', dst: '10.9.0.2' }, hubs: [hub('1', 'a', 0), hub(2, 'b', 50)] } };
    const [first, second] = judgeMtr(JSON.stringify([one, one]));
    expect(first).toEqual(second);
    expect(first.report).toMatchObject({ source: 'node1', destination: '10.9.0.2', hops: [{ hop: 1 }, { loss: 0.5 }] });
    expect(judgeMtr(`${report([0])}\n${report([0], [5])}`).map(({ loss }) => loss)).toEqual([0, 0.05]);
  });

  it('reads names with addresses, other columns, and further hosts of a hop', () => {
    const text = [
      'HOST: node 1   Loss%  Drop  Snt  Avg',
      '  1. gw.example (10.0.0.1)  0.0%  0  10  0.5',
      '     10.0.0.2',
      '  2.|-- AS64500 web  10.0%  1  10  0.7',
    ].join('\r\n');
    const [{ report: read }] = judgeMtr(text);
    expect(read.source).toBe('node 1');
    expect(read.hops).toMatchObject([
      { host: 'gw.example (10.0.0.1)', loss: 0, average: 0.5, best: null },
      { host: 'AS64500 web', loss: 0.1, sent: 10 },
    ]);
  });

  it.each([
    ['', 'no report'],
    ['hello\nworld', 'no report'],
    [HEAD, 'no report'],
    ['{', 'no JSON'],
    ['{}', 'report is no object'],
    ['[]', 'no report'],
    ['{"report":{"hubs":5}}', 'hubs is no list'],
    ['{"report":{"hubs":[null]}}', 'no object'],
    ['{"report":{"hubs":[{"count":1,"host":"x"}]}}', 'no column Loss%'],
    ['{"report":{"hubs":[{"count":1e99,"host":"x","Loss%":0}]}}', 'number of a hop is impossible'],
    [report([0]).replace(' 0.0%', ' 100.1%'), 'Loss% of hop 1 is impossible'],
    [report([0]).replace(' 0.0%', ' -5%'), 'Loss% of hop 1 is impossible'],
    [report([0]).replace(' 0.0%', ' NaN'), 'Loss% of hop 1 is impossible'],
    [report([0, 1e12]), 'Last of hop 1 is impossible'],
    [report([0]).replace('  1.|', '  999.|'), 'number of a hop is impossible'],
    [`${HEAD}\n 5.|-- a 0% 1 1 1 1 1 1\n 3.|-- a 0% 1 1 1 1 1 1`, 'hop 3 is out of order'],
    [`${HEAD}\n 1.|-- a 0% 1`, 'fewer columns'],
    ['x'.repeat(2 ** 20 + 1), 'longer than'],
  ])('refuses text that is not a report: %#', (text, message) => {
    expect(() => judgeMtr(text)).toThrow(
      expect.objectContaining({ name: 'PcapdiagError', message: expect.stringContaining(message) }),
    );
  });

  it('judges or refuses any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc
            .array(fc.constantFrom(HEAD, ' 1.|-- a', ' 2. ???', '0.0%', '100', '1e9', '\n', '{', ' '))
            .map((parts) => parts.join(' ')),
        ),
        (text) => {
          try {
            expect(formatMtrText(judgeMtr(text))).toMatch(/OK|FAULT/);
          } catch (error) {
            expect((error as Error).name).toBe('PcapdiagError');
          }
        },
      ),
    );
  });

  it('host names cannot rewrite the terminal', () => {
    const text = report([0], [5]).replaceAll('10.9.0.2', '\u001b[2J\u202eevil').replace('node1', '\u0007n');
    const shown = formatMtrText(judgeMtr(text));
    expect(shown).toContain('\\u{1b}[2J\\u{202e}evil');
    expect(shown).not.toMatch(/[\u0007\u001b\u202e]/);
  });
});
