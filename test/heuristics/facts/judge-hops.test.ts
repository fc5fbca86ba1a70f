import { describe, expect, test } from 'vitest';
import { judgeHops, type ProbedHop } from '../../../src/heuristics/facts/judge-hops.ts';

/** A hop whose probes are all answered after 10 ms. */
const hop = (number: number, some: Partial<ProbedHop> = {}): ProbedHop => ({
  hop: number,
  host: `10.0.0.${number}`,
  loss: 0,
  sent: 100,
  last: 10,
  average: 10,
  best: 10,
  worst: 10,
  deviation: 0,
  ...some,
});
const silent = (number: number): ProbedHop =>
  hop(number, { host: null, loss: 1, last: null, average: null, best: null, worst: null, deviation: null });
/** Each hop with its share of loss; null where nothing answers. */
const losing = (...shares: (number | null)[]): ProbedHop[] =>
  shares.map((loss, at) => (loss === null ? silent(at + 1) : hop(at + 1, { loss })));
/** Each hop with its average. */
const taking = (...averages: number[]): ProbedHop[] =>
  averages.map((average, at) => hop(at + 1, { average, best: average }));
const told = (hops: readonly ProbedHop[]) =>
  judgeHops(hops).map(({ kind, level, hops: at }) => `${level} ${kind} ${at}`);

describe('what the hops of a path show', () => {
  test.each<[name: string, hops: ProbedHop[], expected: string[]]>([
    ['nothing', losing(0, 0, 0), []],
    ['loss from a hop to the end', losing(0, 0.1, 0.2), ['fault loss 2,3']],
    ['loss at the last hop', losing(0, 0, 0.01), ['fault loss 3']],
    ['loss from the first hop on', losing(0.1, 0.1), ['fault loss 1,2']],
    ['loss that does not go on', losing(0, 0.5, 0), ['note rate-limited 2']],
    ['two such hops', losing(0.2, 0, 0.5, 0), ['note rate-limited 1,3']],
    ['loss that goes on behind one that does not', losing(0.5, 0, 0.1), ['fault loss 3', 'note rate-limited 1']],
    ['a silent hop does not end a row', losing(0, 0.1, null, 0.2), ['fault loss 2,4', 'note rate-limited 3']],
    ['a silent hop', losing(0, null, 0), ['note rate-limited 2']],
    ['nothing answers at the end', losing(0, 0, null, null), ['fault unreachable 3,4']],
    ['nothing answers at all', losing(null, null), ['fault unreachable 1,2']],
    ['loss before the end', losing(0, 0.5, null), ['fault unreachable 3']],
  ])('%s', (_, hops, expected) => expect(told(hops)).toEqual(expected));

  const swings = (some: Partial<ProbedHop> = {}) => ({ best: 10, average: 100, worst: 110, deviation: 51, ...some });
  test.each<[name: string, last: Partial<ProbedHop>, isFound: boolean]>([
    ['so', swings(), true],
    ['half of the average', swings({ deviation: 50 }), false],
    ['by less than 100 ms', swings({ worst: 109.9 }), false],
    ['the average is unknown', swings({ average: null }), false],
    ['the deviation is unknown', swings({ deviation: null }), false],
    ['the best is unknown', swings({ best: null }), false],
    ['the worst is unknown', swings({ worst: null }), false],
  ])('the delay swings: %s', (_, last, isFound) => {
    expect(told([hop(1, { average: 99 }), hop(2, last)])).toEqual(isFound ? ['fault unstable-delay 2'] : []);
  });
  test('it begins at the first of the hops that swing to the end', () => {
    const [steady, unsteady] = [(at: number) => hop(at), (at: number) => hop(at, swings())];
    expect(told([steady(1), unsteady(2), steady(3), unsteady(4), silent(5), unsteady(6)])).toContain(
      'fault unstable-delay 4,6',
    );
    expect(told([unsteady(1), unsteady(2)])).toEqual(['fault unstable-delay 1,2']);
    expect(told([unsteady(1), steady(2)])).toEqual([]);
  });

  test.each<[name: string, hops: ProbedHop[], expected: string[]]>([
    ['100 ms more than the fastest', taking(10, 110, 110), ['fault slow-hop 2,3']],
    ['less', taking(10, 109.9, 109.9), []],
    ['at the last hop', taking(10, 10, 110), ['fault slow-hop 3']],
    ['a router is slow, the last hop is not', taking(10, 500, 20), []],
    ['behind a router that is slow', taking(10, 500, 20, 200, 200), ['fault slow-hop 4,5']],
    [
      'a slow hop that is unknown',
      [...taking(10), hop(2, { average: null }), hop(3, { average: 200 })],
      ['fault slow-hop 3'],
    ],
    ['the last hop is unknown', [...taking(10, 200), hop(3, { average: null })], []],
    [
      'behind one that swings',
      [...taking(10), hop(2, swings({ average: 200, deviation: 101 })), hop(3, { average: 200 })],
      ['fault slow-hop 3'],
    ],
    ['all are slow alike', taking(500, 500), []],
    [
      'a silent hop between',
      [...taking(10), silent(2), hop(3, { average: 200 })],
      ['fault slow-hop 3', 'note rate-limited 2'],
    ],
  ])('the delay grows: %s', (_, hops, expected) => expect(told(hops)).toEqual(expected));

  test.each<[name: string, hops: ProbedHop[], expected: string[]]>([
    ['99 with loss', losing(0, 0.1).map((one) => ({ ...one, sent: 99 })), ['fault loss 2', 'note few-probes ']],
    ['100 with loss', losing(0, 0.1), ['fault loss 2']],
    ['99 without loss', losing(0, 0).map((one) => ({ ...one, sent: 99 })), []],
    ['unknown', losing(0, 0.1).map((one) => ({ ...one, sent: null })), ['fault loss 2']],
    ['99 of the last count', [hop(1, { sent: 1 }), hop(2, { loss: 0.1 })], ['fault loss 2']],
  ])('probes: %s', (_, hops, expected) => expect(told(hops)).toEqual(expected));
});

describe('in words', () => {
  const say = (hops: readonly ProbedHop[]) => judgeHops(hops).map(({ message, next }) => [message, next]);
  test('loss', () => {
    expect(say(losing(0, 0.125, 0.2))).toEqual([
      [
        "20 % of 100 probes are lost: loss begins at hop 2 (10.0.0.2) and goes on to the end; the last hop's 20 % is the real loss",
        'capture on both sides of hop 2 (10.0.0.2), the side before it is hop 1 (10.0.0.1); run mtr back from the other end, answers may be what is lost',
      ],
    ]);
    expect(say([hop(1, { loss: 0.1234, sent: null, host: null })])).toEqual([
      [
        '12.3 % are lost: loss begins at hop 1',
        'capture on both sides of hop 1; run mtr back from the other end, answers may be what is lost',
      ],
    ]);
  });
  test('nothing answers', () => {
    const next = 'probe with the protocol of the application (mtr --tcp --port PORT): a firewall may drop ICMP only';
    const ends = 'the way ends there, or what comes behind drops probes';
    expect(say(losing(0, null))).toEqual([[`nothing answers after hop 1 (10.0.0.1): ${ends}`, next]]);
    expect(say(losing(null))).toEqual([[`nothing answers after the sender: ${ends}`, next]]);
  });
  test('routers that limit their answers', () =>
    expect(say(losing(0.5, 0.25, 0))).toEqual([
      [
        'loss at hop 1 (10.0.0.1) 50 %, hop 2 (10.0.0.2) 25 % does not go on behind: the router limits its answers, no fault',
        null,
      ],
    ]));
  test('delay', () => {
    expect(say([hop(1), hop(2, { best: 10, average: 100.04, worst: 210.06, deviation: 80 })])).toEqual([
      [
        'the delay swings from 10 ms to 210.1 ms at the last hop (deviation 80 ms, so the average of 100 ms says nothing); it begins at hop 2 (10.0.0.2)',
        'look for a queue that fills up at hop 2 (10.0.0.2): load of the line, shaping, an overloaded node',
      ],
    ]);
    const next = 'look for a long or a full line there; between sites this may be distance';
    expect(say(taking(10, 150, 160))).toEqual([
      [
        'the delay grows to 150 ms on average at hop 2 (10.0.0.2) (10 ms at hop 1 (10.0.0.1)) and stays so to the end (160 ms)',
        next,
      ],
    ]);
    const unknown = [...taking(10), hop(2, { average: null }), hop(3, { average: 150 })];
    expect(say(unknown)).toEqual([
      ['the delay grows to 150 ms on average at hop 3 (10.0.0.3) and stays so to the end (150 ms)', next],
    ]);
  });
  test('few probes', () => {
    const few = (sent: number) => say([hop(1, { loss: 0.5, sent })])[1];
    expect(few(20)).toEqual(['20 probes: one lost is 5 %', 'repeat with mtr --report --report-cycles 100']);
    expect(few(0)).toEqual(['0 probes: one lost is 100 %', 'repeat with mtr --report --report-cycles 100']);
  });
});
