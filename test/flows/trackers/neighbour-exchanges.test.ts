import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, type Limits } from '../../../src/flows/limits.ts';
import { roomFor } from '../../../src/flows/tables/capture-room.ts';
import { ArpTracker, type NeighbourMessage } from '../../../src/flows/trackers/arp-tracker.ts';

describe('exchanges of neighbours', () => {
  const ask: NeighbourMessage = {
    protocol: 'arp',
    reply: false,
    sender: 'a',
    senderMac: 1,
    target: 'b',
    announced: false,
    toGroup: true,
    askerNumber: 1,
    targetNumber: 2,
  };
  const answer: NeighbourMessage = { ...ask, reply: true, sender: 'b', senderMac: 2, target: 'a', toGroup: false };
  const announce: NeighbourMessage = { ...ask, target: 'a', announced: true };
  /** Each message with its time and point. @returns requests, those to all, answers, and what it is */
  const told = (given: [NeighbourMessage, time: number, point?: number][], limits: Partial<Limits> = {}) => {
    const tracker = new ArpTracker({ ...DEFAULT_LIMITS, ...limits });
    for (const [nth, [message, time, point = 0]] of given.entries())
      tracker.onMessage(message, nth + 1, point, time, 10 + nth);
    return tracker;
  };
  const words = (given: [NeighbourMessage, time: number, point?: number][], limits: Partial<Limits> = {}) =>
    told(given, limits).exchanges.map(
      ({ requestsTotal, broadcasts, replies, gratuitous, flow, point, requests }) =>
        `${requestsTotal}/${broadcasts}/${requests.length} ${replies.map(({ packet }) => packet).join()}${gratuitous ? ' announced' : ''} at ${point} in ${flow}`,
    );

  test('go on within 30 s of the last request, of the same machine, unless they were answered', () => {
    expect(
      words([
        [ask, 0],
        [ask, 29.9],
        [ask, 59.8],
      ]),
    ).toEqual(['3/3/3  at 0 in 10']);
    expect(
      words([
        [ask, 0],
        [ask, 30],
      ]),
    ).toEqual(['1/1/1  at 0 in 10', '1/1/1  at 0 in 11']);
    expect(
      words([
        [ask, 0],
        [{ ...ask, toGroup: false }, 1],
      ]),
    ).toEqual(['2/1/2  at 0 in 10']);
    expect(
      words([
        [{ ...ask, toGroup: false }, 0],
        [ask, 1],
      ]),
    ).toEqual(['2/1/2  at 0 in 10']);
    for (const other of [{ ...ask, senderMac: 3 }, { ...ask, target: 'c' }, { ...ask, sender: 'c' }, announce])
      expect(
        words([
          [ask, 0],
          [other, 1],
        ]),
      ).toHaveLength(2);
    expect(
      words([
        [ask, 0, 0],
        [ask, 1, 1],
      ]),
    ).toHaveLength(2);
    expect(
      words([
        [ask, 0],
        [answer, 1],
        [ask, 2],
      ]),
    ).toEqual(['1/1/1 2 at 0 in 10', '1/1/1  at 0 in 12']);
    expect(
      words([
        [announce, 0],
        [announce, 1],
      ]),
    ).toEqual(['2/2/2  announced at 0 in 10']);
  });

  test('are answered within 30 s of the last request, by several machines, at their point', () => {
    expect(
      words([
        [ask, 0],
        [answer, 29.9],
        [{ ...answer, senderMac: 3 }, 29.95],
      ]),
    ).toEqual(['1/1/1 2,3 at 0 in 10']);
    expect(
      words([
        [ask, 0],
        [ask, 20],
        [answer, 49.9],
      ]),
    ).toEqual(['2/2/2 3 at 0 in 10']);
    for (const [message, time, point] of [
      [answer, 30, 0],
      [answer, 1, 1],
      [{ ...answer, sender: 'c' }, 1, 0],
      [{ ...answer, target: 'c' }, 1, 0],
    ] as const)
      expect(
        words([
          [ask, 0],
          [message, time, point],
        ]),
      ).toEqual(['1/1/1  at 0 in 10']);
    expect(words([[answer, 0]])).toEqual([]);
  });

  test('keep so many requests and answers, and so many of them are kept; all are counted', () => {
    const limits = { packetsPerItem: 2 };
    expect(
      words(
        [
          [ask, 0],
          [ask, 1],
          [ask, 2],
          [answer, 3],
          [answer, 4],
          [answer, 5],
        ],
        limits,
      ),
    ).toEqual(['3/3/2 4,5 at 0 in 10']);
    const other = { ...ask, target: 'c' };
    const few = told(
      [
        [ask, 0],
        [other, 1],
        [ask, 2],
        [answer, 3],
        [other, 40],
        [ask, 70],
      ],
      { arpExchanges: 1 },
    );
    expect([few.total, few.exchanges.length, few.exchanges[0].requestsTotal]).toEqual([4, 1, 2]);
    // The second one of the same question found no room: its answer is not that of the first.
    const late = told(
      [
        [ask, 0],
        [ask, 31],
        [answer, 32],
      ],
      { arpExchanges: 1 },
    );
    expect([late.total, late.exchanges[0].replies]).toEqual([2, []]);
    const { others } = roomFor({ flowBytes: 2 ** 30, otherBytes: 2 ** 30 });
    others.take('neighbour', others.left('neighbour') - 1);
    const tracker = new ArpTracker(DEFAULT_LIMITS, others);
    tracker.onMessage(ask, 1, 0, 0, 0);
    tracker.onMessage(other, 2, 0, 0, 0);
    expect([tracker.total, tracker.exchanges.length]).toEqual([2, 1]);
  });

  test('claim the address of who answers or announces, once for each machine and point', () => {
    const claims = (given: [NeighbourMessage, time: number, point?: number][], limits: Partial<Limits> = {}) =>
      told(given, limits)
        .claims()
        .map(
          ({ address, mac, claims: count, gratuitous, first, last, point }) =>
            `${address} ${mac.slice(-1)} ${count}/${gratuitous} #${first.packet} to #${last.packet} at ${point}`,
        );
    expect(claims([[ask, 0]])).toEqual([]);
    expect(
      claims([
        [answer, 0],
        [announce, 1],
        [announce, 2],
        [answer, 3],
      ]),
    ).toEqual(['b 2 2/0 #1 to #4 at 0', 'a 1 2/2 #2 to #3 at 0']);
    expect(
      claims([
        [answer, 0],
        [{ ...answer, senderMac: 3 }, 1],
        [answer, 2, 1],
      ]),
    ).toHaveLength(3);
    expect(claims([[{ ...answer, sender: '0.0.0.0' }, 0]])).toEqual([]);
    expect(
      claims(
        [
          [answer, 0],
          [announce, 1],
          [answer, 2],
        ],
        { claims: 1 },
      ),
    ).toEqual(['b 2 2/0 #1 to #3 at 0']);
  });
});
