import { describe, expect, test } from 'vitest';
import type { Direction, Hop, TcpDirection } from '../../../../src/flows/evidence/evidence.ts';
import {
  backgroundOf,
  losesBetweenPoints,
  lossesOf,
  tellingLeg,
} from '../../../../src/heuristics/facts/tcp/background-loss.ts';
import { lossesAtOnePoint } from '../../../../src/heuristics/facts/tcp/one-point-loss.ts';
import { roundTrips } from '../../../support/ending-items.ts';
import {
  capture,
  connection,
  type EvidenceParts,
  evidence,
  hop,
  icmpError,
  point,
  quoted,
} from '../../../support/evidence.ts';
import { repeat, shut } from '../../../support/segment-items.ts';

type Parts = NonNullable<Parameters<typeof connection>[0]>;
type Side = Partial<TcpDirection>;
const DIRECTIONS: readonly Direction[] = [0, 1];
const sides = (direction: Direction, mine: Side, peer: Side = {}): Parts =>
  direction === 0 ? { toServer: mine, toClient: peer } : { toServer: peer, toClient: mine };
const [CLIENT, SERVER] = ['10.244.1.5', '10.244.2.7'];
const way = (direction: Direction) => (direction === 0 ? `0 ${CLIENT}>${SERVER}` : `1 ${SERVER}>${CLIENT}`);
const told = (parts: EvidenceParts, covered: number[] = []) =>
  lossesAtOnePoint(evidence(parts), new Set(covered)).map(
    ({ legs, direction, sender, receiver, lost, sent, conversations, connections }) =>
      `${direction} ${sender}>${receiver}: ${lost} of ${sent} in ${connections}, ${legs.length} lose, ${conversations.map(({ index }) => index)}`,
  );

describe.each(DIRECTIONS)('segments that were sent again and repaired a loss, direction %s', (direction) => {
  const lost = (mine: Side, peer: Side = {}, some: Parts = {}) =>
    lossesOf(
      connection({ ...some, ...sides(direction, { dataSegments: 100, resentSegments: 10, ...mine }, peer) }),
      direction,
    );
  const ranges = (...times: number[]) => times.map((time) => repeat({ times: [time, time + 1], ackedTime: 99 }));
  const shutBy = (by: number, from: number, to: number | null, some = {}) => ({
    zeroWindowSpans: [shut(by as Direction, from, to, some)],
  });
  test.each<[name: string, value: number, expected: number]>([
    ['all', lost({}), 10],
    ['none', lost({ resentSegments: 0 }), 0],
    ['what came late', lost({ resentLate: 4 }), 10],
    ['less those that the receiver reports', lost({}, { duplicateSacks: 3 }), 7],
    ['those that were known to be needless are none of these', lost({ needlessSegments: 2 }, { duplicateSacks: 3 }), 9],
    ['more needless than reported', lost({ needlessSegments: 5 }, { duplicateSacks: 3 }), 10],
    ['never less than none', lost({}, { duplicateSacks: 30 }), 0],
    ['half met a closed window', lost({ repeats: ranges(5, 20) }, {}, shutBy(1 - direction, 4, 6)), 5],
    ['all met it', lost({ repeats: ranges(5, 20) }, {}, shutBy(1 - direction, 4, null, { lastTime: 30 })), 0],
    ['one in the moment it was closed', lost({ repeats: ranges(4, 20) }, {}, shutBy(1 - direction, 4, 6)), 5],
    ['one before', lost({ repeats: ranges(3.9, 20) }, {}, shutBy(1 - direction, 4, 6)), 10],
    ['one in the moment it was opened', lost({ repeats: ranges(6, 20) }, {}, shutBy(1 - direction, 4, 6)), 10],
    [
      'one a round trip before',
      lost(
        { repeats: ranges(3.5, 20) },
        {},
        { ...shutBy(1 - direction, 4, 6), rtt: direction === 0 ? [roundTrips(0.5), null] : [null, roundTrips(0.5)] },
      ),
      5,
    ],
    ['its own window was closed', lost({ repeats: ranges(5, 20) }, {}, shutBy(direction, 4, 6)), 10],
    ['one of three', lost({ repeats: ranges(5, 20, 30) }, {}, shutBy(1 - direction, 4, 6)), 7],
  ])('%s', (_, value, expected) => expect(value).toBe(expected));
});

describe.each(DIRECTIONS)('losses by chance, at the share of the other pairs of hosts, direction %s', (direction) => {
  const pair = (nth: number, dataSegments: number, resentSegments: number, some: Parts = {}) =>
    connection({
      client: `10.244.1.${nth}:1`,
      server: `10.244.2.${nth}:80`,
      ...some,
      ...sides(direction, { dataSegments, resentSegments }),
    });
  const chance = (others: ReturnType<typeof connection>[], own = pair(1, 100, 7), sent?: number) => {
    const all = evidence({ points: [point(), point()], connections: [own, ...others] });
    return backgroundOf(all, all.connections[0], direction, 4, sent);
  };
  // 16 of 1,600 segments: one is expected of 100, and four deviations and one more are allowed.
  const [worst, rest] = [pair(2, 50, 40), pair(3, 1600, 16)];
  test.each<[name: string, value: number, expected: number]>([
    ['expectation, four deviations and one', chance([worst, rest]), 6],
    ['four times as many segments', chance([worst, rest], undefined, 400), 4 + 8 + 1],
    ['the worst in any order', chance([rest, worst]), 6],
    [
      'two pairs are worse: one is left out',
      chance([worst, pair(4, 50, 40), pair(3, 1550, 0)]),
      2.5 + 4 * Math.sqrt(2.5) + 1,
    ],
    ['its own pair is the worst', chance([worst, rest], pair(1, 100, 90)), 6],
    ['connections of a pair are one', chance([worst, pair(3, 800, 8), pair(3, 800, 8)]), 6],
    ['those of its own pair do not count', chance([worst, rest, pair(1, 5000, 900)]), 6],
    [
      'the other direction is another pair',
      chance([
        worst,
        rest,
        connection({
          client: '10.244.1.9:1',
          server: '10.244.2.9:80',
          ...sides((1 - direction) as Direction, { dataSegments: 1600, resentSegments: 16 }),
        }),
      ]),
      6,
    ],
    ['others lose nothing', chance([worst, pair(3, 1600, 0)]), 0],
    ['others at another point', chance([worst, pair(3, 1600, 16, { point: 1 })]), 0],
    ['a thousand segments', chance([worst, pair(3, 1000, 10)]), 6],
    ['fewer', chance([worst, pair(3, 999, 10)]), 0],
    ['no others', chance([]), 0],
  ])('%s', (_, value, expected) => expect(value).toBeCloseTo(expected, 9));
});

describe('which point tells', () => {
  const hops = (...list: Partial<Hop>[]) => ({ hops: list.map((one) => hop(one)) }) as never;
  test('what was lost between points is counted there', () => {
    const at = { matched: 1, lostData: 1, lost: 1 };
    const loses = (some: Partial<Hop>, direction: Direction = 0) => losesBetweenPoints(hops(some), direction);
    expect(loses(at)).toBe(true);
    expect(loses(at, 1)).toBe(false);
    expect(loses({ ...at, matched: 0 })).toBe(false);
    expect(loses({ ...at, lostData: 0 })).toBe(false);
    expect(loses({ ...at, unknown: { code: 'no-common-time' } })).toBe(false);
  });
  const legs = [0, 5, 3].map((resentSegments, at) =>
    connection({
      point: at,
      toServer: { dataSegments: 20, resentSegments },
      toClient: { dataSegments: 20, resentSegments },
    }),
  );
  test.each<[name: string, told: number, expected: number]>([
    ['the sender, where all came through', tellingLeg(hops({ matched: 3 }), legs, 0).point, 0],
    ['the sender at the other end', tellingLeg(hops({ direction: 1, matched: 3 }), legs, 1).point, 2],
    ['the one that shows most', tellingLeg(hops(), legs, 0).point, 1],
    [
      'nothing is known of a hop',
      tellingLeg(hops({ matched: 3 }, { matched: 3, unknown: { code: 'no-common-time' } }), legs, 0).point,
      1,
    ],
    ['nothing passed a hop', tellingLeg(hops({ matched: 3 }, { matched: 0, packets: 0 }), legs, 0).point, 1],
    ['one was lost', tellingLeg(hops({ matched: 3, lost: 1 }), legs, 0).point, 1],
    ['the first of two that show as much', tellingLeg(hops(), [legs[2], { ...legs[2], point: 7 }], 0).point, 2],
  ])('%s', (_, point_, expected) => expect(point_).toBe(expected));
});

describe.each(DIRECTIONS)('losses that one point saw, direction %s', (direction) => {
  const losing = (mine: Side = {}, some: Parts = {}, peer: Side = {}) =>
    connection(
      { ...some, ...sides(direction, { dataSegments: 100, resentSegments: 5, ...mine }, peer) },
      { established: true },
    );
  const found = [`${way(direction)}: 5 of 100 in 1, 1 lose, 0`];
  const big = icmpError(1, {
    code: 4,
    quoted: quoted({ protocol: 6, source: `${CLIENT}:40000`, destination: `${SERVER}:80` }),
  });
  const open = (sendings: number) => repeat({ times: [1, 2], sendings, ackedTime: null });
  test.each<[name: string, told: string[], expected: string[]]>([
    ['five of a hundred', told({ connections: [losing()] }), found],
    ['three', told({ connections: [losing({ resentSegments: 3 })] }), [found[0].replace('5 of', '3 of')]],
    ['two', told({ connections: [losing({ resentSegments: 2 })] }), []],
    ['five of a thousand', told({ connections: [losing({ dataSegments: 1000 })] }), [found[0].replace('100', '1000')]],
    ['fewer', told({ connections: [losing({ dataSegments: 1001 })] }), []],
    ['of twenty segments', told({ connections: [losing({ dataSegments: 20 })] }), [found[0].replace('100', '20')]],
    ['of fewer segments', told({ connections: [losing({ dataSegments: 19 })] }), []],
    ['as many came late', told({ connections: [losing({ outOfOrder: 5 })] }), found],
    ['more came late', told({ connections: [losing({ outOfOrder: 6 })] }), []],
    [
      'more came late, and the receiver tells what it got twice',
      told({ connections: [losing({ outOfOrder: 6, needlessSegments: 1 }, {}, { duplicateSacks: 1 })] }),
      found,
    ],
    ['half of it never got through', told({ connections: [losing({ resentSegments: 6, repeats: [open(4)] })] }), []],
    ['less than half of it', told({ connections: [losing({ repeats: [open(3)] })] }), found],
    ['it had to shrink', told({ connections: [losing()], icmpErrors: [big] }), []],
    ['it is counted between points', told({ connections: [losing()] }, [0]), []],
    ['another one is', told({ connections: [losing()] }, [1]), found],
    [
      'the capture misses packets',
      told({ connections: [losing()], points: [point({ quality: { gapOctets: 20, tcpOctets: 80 } })] }),
      [],
    ],
  ])('%s', (_, text, expected) => expect(text).toEqual(expected));
  test('no more than by chance', () => {
    const others = [2, 3].map((nth) =>
      connection(
        {
          client: `10.244.1.${nth * 10}:1`,
          server: `10.244.2.${nth * 10}:80`,
          ...sides(direction, { dataSegments: 1600, resentSegments: 16 }),
        },
        { established: true },
      ),
    );
    const of = (resentSegments: number) =>
      told({ connections: [losing({ resentSegments }), ...others] }).filter((text) => text.startsWith(way(direction)));
    // Six by chance, as above.
    expect(of(5)).toEqual([]);
    expect(of(6)).toHaveLength(1);
  });
  test('what is lost between points is counted there', () => {
    const of = [losing(), losing({}, { point: 1 })];
    const at = (some: Partial<Hop>) =>
      told({
        points: [point(), point({ capture: 1 })],
        captures: [capture(), capture()],
        connections: of,
        paths: [
          { of, hops: [{ direction, from: direction, to: 1 - direction, matched: 90, lost: 5, lostData: 5, ...some }] },
        ],
      });
    expect(at({})).toEqual([]);
    expect(at({ lostData: 0 })).toEqual(found);
  });

  const short = (nth: number, mine: Side = {}, some: Parts = {}) =>
    losing({ dataSegments: 10, resentSegments: 1, ...mine }, { client: `${CLIENT}:${nth}`, ...some });
  const many = (
    count: number,
    last: ReturnType<typeof connection>[] = [],
    parts: EvidenceParts = {},
    covered: number[] = [],
  ) => told({ connections: [...Array.from({ length: count }, (_, nth) => short(nth)), ...last], ...parts }, covered);
  test.each<[name: string, told: string[], expected: string[]]>([
    ['three short connections', many(3), [`${way(direction)}: 3 of 30 in 3, 3 lose, 0,1,2`]],
    ['two', many(2), []],
    ['two that lose, and one that does not', many(2, [short(9, { resentSegments: 0 })]), []],
    ['two that lose three together, and one', many(1, [short(8, { resentSegments: 2 })]), []],
    [
      'others lose nothing',
      many(3, [short(9, { resentSegments: 0 })]),
      [`${way(direction)}: 3 of 40 in 4, 3 lose, 0,1,2`],
    ],
    ['fewer than twenty segments', told({ connections: [1, 2, 3].map((nth) => short(nth, { dataSegments: 6 })) }), []],
    ['less than five of a thousand', many(3, [short(9, { dataSegments: 571, resentSegments: 0 })]), []],
    [
      'five of a thousand',
      many(3, [short(9, { dataSegments: 570, resentSegments: 0 })]),
      [`${way(direction)}: 3 of 600 in 4, 3 lose, 0,1,2`],
    ],
    ['one was never acknowledged', many(2, [short(9, { repeats: [open(2)] })]), []],
    ['one was reordered', many(2, [short(9, { outOfOrder: 2 })]), []],
    [
      'one had as many late',
      many(2, [short(9, { outOfOrder: 1 })]),
      [`${way(direction)}: 3 of 30 in 3, 3 lose, 0,1,2`],
    ],
    ['one is counted between points', many(3, [], {}, [1]), []],
    ['to another port', many(2, [short(9, {}, { server: `${SERVER}:81` })]), []],
    ['of another client', many(2, [short(9, {}, { client: '10.244.1.6:1' })]), []],
    ['the capture misses packets', many(3, [], { points: [point({ quality: { gapOctets: 20, tcpOctets: 80 } })] }), []],
    ['captures one after the other', many(3, [], { points: [point({ quality: { largestTimeStepBack: 1 } })] }), []],
    [
      'a clock that was set',
      many(3, [], { points: [point({ quality: { largestTimeStepBack: 0.99 } })] }),
      [`${way(direction)}: 3 of 30 in 3, 3 lose, 0,1,2`],
    ],
    [
      'told before of one of the two',
      many(3, [short(9, { dataSegments: 100, resentSegments: 5 })]),
      [`${way(direction)}: 5 of 100 in 1, 1 lose, 3`],
    ],
  ])('over many: %s', (_, text, expected) => expect(text).toEqual(expected));
  test('connections that are only counted are as long as the others', () => {
    const left = (times: number[], some = {}) =>
      ({ openedLeftOut: [{ point: 0, server: { address: SERVER, port: 80 }, times, ...some }] }) as EvidenceParts;
    expect(many(3, [], left([1, 2, 3, 4]))).toEqual([`${way(direction)}: 3 of 70 in 3, 3 lose, 0,1,2`]);
    expect(many(3, [], left(Array(58).fill(1)))).toEqual([]);
    expect(many(3, [], left([1], { point: 1 }))).toEqual([`${way(direction)}: 3 of 30 in 3, 3 lose, 0,1,2`]);
    expect(many(3, [], left([1], { server: { address: SERVER, port: 81 } }))).toEqual([
      `${way(direction)}: 3 of 30 in 3, 3 lose, 0,1,2`,
    ]);
  });
});
