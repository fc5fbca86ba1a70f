import { describe, expect, test } from 'vitest';
import type { Direction, TcpDirection } from '../../../../src/flows/evidence/evidence.ts';
import { overdueRepairs } from '../../../../src/heuristics/facts/tcp/overdue-repairs.ts';
import { roundTrips } from '../../../support/ending-items.ts';
import { capture, connection, type EvidenceParts, evidence, point, ref } from '../../../support/evidence.ts';
import { repeat, segment } from '../../../support/segment-items.ts';

type Parts = NonNullable<Parameters<typeof connection>[0]>;
const DIRECTIONS: readonly Direction[] = [0, 1];

describe.each(DIRECTIONS)('octets that are asked for again and again, direction %s', (direction) => {
  const other = (1 - direction) as Direction;
  const sides = (mine: Partial<TcpDirection>, peer: Partial<TcpDirection>): Parts =>
    direction === 0 ? { toServer: mine, toClient: peer } : { toServer: peer, toClient: mine };
  /** Duplicate ACKs that ask for octet 101. */
  const asks = (...times: number[]) => times.map((time) => segment(time, 'dupAck', other, { ack: 101 }));
  /** Octet 101 at 1 s, and again at 6 s. */
  const overdue = (mine: Partial<TcpDirection> = {}, some: Parts = {}, peer: Partial<TcpDirection> = {}) =>
    connection(
      {
        events: asks(2, 3, 4),
        ...some,
        ...sides({ dataSegments: 4, repeats: [repeat({ times: [1, 6] })], ...mine }, peer),
      },
      { established: true },
    );
  const told = (connections: ReturnType<typeof connection>[], parts: EvidenceParts = {}) =>
    overdueRepairs(evidence({ connections, ...parts })).map(
      ({ leg, conversation, direction: way, sent, asked, repaired, seconds }) =>
        `${conversation.index} at ${leg.point} by ${way}: ${sent.time} to ${repaired?.time}, ${seconds} s, asked ${asked.map(({ time }) => time).join(' ')}`,
    );
  const found = [`0 at 0 by ${direction}: 1 to 6, 5 s, asked 2 3 4`];
  test.each<[name: string, mine: Partial<TcpDirection>, some: Parts, expected: string[]]>([
    ['three times over three seconds', {}, {}, found],
    ['twice', {}, { events: asks(2, 4) }, []],
    ['over less', {}, { events: asks(2, 3, 3.99) }, []],
    ['by the side itself', {}, { events: asks(2, 3, 4).map((one) => ({ ...one, direction })) }, []],
    ['other events', {}, { events: asks(2, 3, 4).map((one) => ({ ...one, kind: 'outOfOrder' as const })) }, []],
    ['for another octet', {}, { events: asks(2, 3, 4).map((one) => ({ ...one, ack: 102 })) }, []],
    ['too little data was captured', { dataSegments: 3 }, {}, []],
    ['one in the moment of the sending', {}, { events: asks(1, 3, 4) }, []],
    ['one in the moment of the repair', {}, { events: asks(2, 3, 6) }, []],
    ['sent once', { repeats: [repeat({ times: [1] })] }, {}, []],
    ['repaired before', { repeats: [repeat({ times: [1, 3.5] })] }, {}, []],
    ['the second repair is overdue', { repeats: [repeat({ times: [0, 1, 6] })] }, {}, found],
    [
      'both are',
      { repeats: [repeat({ times: [1, 6, 12] })], dataSegments: 9 },
      { events: asks(2, 3, 4, 7, 8, 9) },
      [...found, `0 at 0 by ${direction}: 6 to 12, 6 s, asked 7 8 9`],
    ],
    ['three timeouts of two round trips', {}, { rtt: [null, roundTrips(0.25)] }, found],
    ['the longest round trip counts', {}, { rtt: [roundTrips(0.26), roundTrips(0.1)] }, []],
    ['of the other side, too', {}, { rtt: [null, roundTrips(0.26)] }, []],
  ])('%s', (_, mine, some, expected) => expect(told([overdue(mine, some)])).toEqual(expected));
  test('the capture misses packets', () =>
    expect(told([overdue()], { points: [point({ quality: { gapOctets: 20, tcpOctets: 80 } })] })).toEqual([]));
  test('at the point nearest to the sender', () => {
    const of = [overdue(), overdue({}, { point: 1 })];
    const all = { points: [point(), point({ capture: 1 })], captures: [capture(), capture()], paths: [{ of }] };
    expect(told(of, all)).toEqual([found[0].replace('at 0', `at ${direction}`)]);
  });

  const never = (mine: Partial<TcpDirection> = {}, some: Parts = {}, ackHigh: number | null = 1101) =>
    told([overdue({ iss: 1000, unackedSince: ref(1), repeats: [], ...mine }, some, { ackHigh })]);
  const open = [`0 at 0 by ${direction}: 1 to undefined, 3 s, asked 2 3 4`];
  test.each<[name: string, told: string[], isFound: boolean]>([
    ['so', never(), true],
    ['numbers wrap', never({ iss: 2 ** 32 - 1 }, {}, 100), true],
    ['the first number is unknown', never({ iss: null }, {}, 101), true],
    ['nothing waits', never({ unackedSince: null }), false],
    ['what is acknowledged is unknown', never({}, {}, null), false],
    ['another octet is asked for', never({}, {}, 1102), false],
    ['it was sent again', never({ repeats: [repeat({ times: [1, 1.1] })] }), false],
    ['another one was sent again', never({ repeats: [repeat({ times: [1, 1.1], seqStart: 99 })] }), true],
    ['one asks in the moment of the sending', never({}, { events: asks(1, 3, 4) }), false],
    ['over less than three timeouts', never({}, { events: asks(2, 3, 3.99) }), false],
  ])('never sent again: %s', (_, text, isFound) => expect(text).toEqual(isFound ? open : []));
});
