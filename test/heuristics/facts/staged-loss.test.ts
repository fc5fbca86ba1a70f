import { describe, expect, test } from 'vitest';
import type { Direction, Hop, TcpDirection } from '../../../src/flows/evidence/evidence.ts';
import { isStagedLoss } from '../../../src/heuristics/facts/staged-loss.ts';
import { isBySize, lossesOfHops, lostToRepeat } from '../../../src/heuristics/facts/tcp/hop-losses.ts';
import { capture, connection, datagram, evidence, hop, type Path, point } from '../../support/evidence.ts';

type Side = Partial<TcpDirection>;
const DIRECTIONS: readonly Direction[] = [0, 1];
const points = [point(), point({ capture: 1 })];
const captures = [capture(), capture()];

describe.each(DIRECTIONS)('the handshake passes and no data after it does, direction %s', (direction) => {
  const judged = (some: Partial<Hop> = {}, mine: Side = {}, peer: Side = {}, far: Side = {}) => {
    const half = (side: Side, other: Side, at: number) =>
      connection({
        point: at,
        ...(direction === 0 ? { toServer: side, toClient: other } : { toServer: other, toClient: side }),
      });
    const of = [
      half({ syns: 1, iss: 1000, resentSegments: 1, ...mine }, { ackHigh: 1001, ...peer }, 0),
      half({ syns: 1, iss: 1000, ...far }, {}, 1),
    ];
    const lossy = {
      direction,
      from: direction,
      to: 1 - direction,
      packets: 5,
      matched: 2,
      lost: 3,
      lostData: 3,
      lostSinceMatch: 3,
      smallestLost: 500,
      ...some,
    };
    const all = evidence({ points, captures, connections: of, paths: [{ of, hops: [lossy] }] });
    return isStagedLoss(all, all.conversations[0], all.conversations[0].hops[0]);
  };
  test.each<[name: string, expected: boolean, some: Partial<Hop>, mine?: Side, peer?: Side, far?: Side]>([
    ['so', true, {}],
    ['nothing is known of the hop', false, { unknown: { code: 'no-common-time' } }],
    ['nothing passed', false, { matched: 0 }],
    ['data passed', false, { matchedData: 1 }],
    ['two with data are lost', false, { lost: 2, lostData: 2, lostSinceMatch: 2 }],
    ['one was lost before, and all carry data', true, { lostSinceMatch: 2 }],
    ['one carries none, and all came after', true, { lost: 4, lostSinceMatch: 4 }],
    ['one was lost before, and one carries no data', false, { lost: 4, lostSinceMatch: 3 }],
    ['as large as any link must carry', true, { smallestLost: 1280 }],
    ['larger', false, { smallestLost: 1281 }],
    ['as large as what passed', true, { smallestLost: 1400, largestArrived: 1400 }],
    ['larger than what passed', false, { smallestLost: 1401, largestArrived: 1400 }],
    ['data was acknowledged', false, {}, { firstAckedData: { packet: 1, time: 1 } }],
    ['data was acknowledged at the other point', false, {}, {}, {}, { firstAckedData: { packet: 1, time: 1 } }],
    ['more than the SYN is acknowledged', false, {}, {}, { ackHigh: 1002 }],
    ['the number of the SYN is unknown', true, {}, { iss: null }, { ackHigh: 1002 }],
    ['what is acknowledged is unknown', true, {}, {}, { ackHigh: null }],
    ['numbers wrap', true, {}, { iss: 2 ** 32 - 1 }, { ackHigh: 0 }],
    ['it began before the capture', false, {}, { syns: 0 }, {}, { syns: 0 }],
    ['the other point saw it begin', true, {}, { syns: 0 }],
    ['nothing was sent again', false, {}, { resentSegments: 0 }],
    ['the other point saw it sent again', true, {}, { resentSegments: 0 }, {}, { resentSegments: 1 }],
  ])('%s', (_, expected, some, mine = {}, peer = {}, far = {}) => expect(judged(some, mine, peer, far)).toBe(expected));
});

test('datagrams have no handshake', () => {
  const of = [datagram(), datagram({ point: 1 })];
  const all = evidence({
    points,
    captures,
    datagrams: of,
    paths: [{ of, hops: [{ matched: 2, lost: 3, lostData: 3, lostSinceMatch: 3 }] }],
  });
  expect(isStagedLoss(all, all.conversations[0], all.conversations[0].hops[0])).toBe(false);
});

describe('losses between two points', () => {
  const path = (port: number, ...hops: Partial<Hop>[]): Path => {
    const of = [0, 1].map((at) => connection({ client: `10.244.1.5:${port}`, point: at }));
    return { of, hops: hops.map((some) => ({ packets: 20, matched: 18, lost: 2, lostData: 2, ...some })) };
  };
  const told = (least: number, ...paths: Path[]) =>
    lossesOfHops(
      evidence({
        points,
        captures,
        connections: paths.flatMap(({ of }) => of) as ReturnType<typeof connection>[],
        paths,
      }),
      least,
    ).map(
      ({ all, losing, conversations }) =>
        `${losing[0].from}>${losing[0].to}: ${all.length} hops, ${losing.length} lose, of ${conversations.map(({ index }) => index)}`,
    );
  const found = ['0>1: 1 hops, 1 lose, of 0'];
  test.each<[name: string, told: string[], expected: string[]]>([
    ['as many as asked', told(2, path(1, {})), found],
    ['fewer', told(3, path(1, {})), []],
    ['SYNs and FINs count', told(3, path(1, { lostControl: 1 })), found],
    ['acknowledgements do not', told(3, path(1, { lost: 9 })), []],
    [
      'of several conversations',
      told(4, path(1, {}), path(2, { lost: 0, lostData: 0 }), path(3, {})),
      ['0>1: 3 hops, 2 lose, of 0,2'],
    ],
    [
      'of several pairs of points',
      told(2, path(1, {}, { from: 1, to: 0, direction: 1 })),
      [...found, '1>0: 1 hops, 1 lose, of 0'],
    ],
    ['nothing is known', told(2, path(1, { unknown: { code: 'no-common-time' } })), []],
    ['nothing passes', told(2, path(1, { matched: 0 })), []],
    ['all that is lost is larger than what passes', told(2, path(1, { smallestLost: 500, largestArrived: 499 })), []],
    [
      'for one of two conversations',
      told(2, path(1, { smallestLost: 500, largestArrived: 499 }), path(2, {})),
      ['0>1: 2 hops, 2 lose, of 0,1'],
    ],
  ])('%s', (_, text, expected) => expect(text).toEqual(expected));
  test('what is to be sent again, and what is a matter of size', () => {
    expect(lostToRepeat(hop({ lost: 9, lostData: 2, lostControl: 3 }))).toBe(5);
    const size = (smallestLost: number, matched = 1) => isBySize(hop({ smallestLost, largestArrived: 500, matched }));
    expect([size(500), size(501), size(501, 0)]).toEqual([false, true, false]);
  });
});
