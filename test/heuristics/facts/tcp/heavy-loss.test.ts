import { describe, expect, test } from 'vitest';
import type { Hop, TcpDirection } from '../../../../src/flows/evidence/evidence.ts';
import { isHeavyLoss } from '../../../../src/heuristics/facts/tcp/heavy-loss.ts';
import {
  lostText,
  shapeOfHops,
  shapeOfLegs,
  shapeText,
  sizesText,
} from '../../../../src/heuristics/facts/tcp/loss-shape.ts';
import { connection, hop } from '../../../support/evidence.ts';
import { repeat } from '../../../support/segment-items.ts';

const DIRECTIONS = [0, 1] as const;

describe.each(DIRECTIONS)('a short transfer that stood still most of the time, direction %s', (direction) => {
  const acked = (from: number, to: number | null, last = from + 0.1) => repeat({ times: [from, last], ackedTime: to });
  const judged = (some: Partial<TcpDirection>, lost = 2) => {
    const side = { dataSegments: 8, timeoutRetransmissions: 5, repeats: [acked(1, 3)], ...some };
    return isHeavyLoss(connection(direction === 0 ? { toServer: side } : { toClient: side }), direction, lost);
  };
  test.each<[name: string, some: Partial<TcpDirection>, lost: number, expected: boolean]>([
    ['so', {}, 2, true],
    ['seven segments', { dataSegments: 7 }, 7, false],
    ['less than a quarter is lost', {}, 1.9, false],
    ['of twelve a quarter is lost', { dataSegments: 12 }, 3, true],
    ['of twelve less than a quarter is lost', { dataSegments: 12 }, 2, false],
    ['four timeouts', { timeoutRetransmissions: 4 }, 2, false],
    ['an octet still waits', { unackedOctets: 1 }, 2, false],
    ['a repetition was not acknowledged', { repeats: [acked(1, 3), acked(4, null, 9)] }, 2, false],
    ['for less than 2 s', { repeats: [acked(1, 2.99)] }, 2, false],
    ['for 2 s in two parts', { repeats: [acked(1, 2), acked(5, 6)] }, 2, true],
    ['for less in two parts', { repeats: [acked(1, 2), acked(5, 5.99)] }, 2, false],
    ['overlapping times count once', { repeats: [acked(1, 2.5), acked(2, 2.9)] }, 2, false],
    ['up to the end of the later one', { repeats: [acked(1, 2.5), acked(2, 3)] }, 2, true],
    ['one within another', { repeats: [acked(1, 2.9), acked(1.5, 2), acked(1.6, 2.9)] }, 2, false],
    ['in any order', { repeats: [acked(5, 6), acked(1, 2)] }, 2, true],
    ['in any order, overlapping', { repeats: [acked(2, 2.9), acked(1, 2.5)] }, 2, false],
  ])('%s', (_, some, lost, expected) => expect(judged(some, lost)).toBe(expected));
});

describe.each(DIRECTIONS)('which packets were lost, direction %s', (direction) => {
  const leg = (side: Partial<TcpDirection>) => connection(direction === 0 ? { toServer: side } : { toClient: side });
  const legs = [
    leg({ largestAckedL3: 900, repeats: [repeat({ l3Length: 700 }), repeat({ l3Length: 300, ackedTime: 9 })] }),
    leg({ largestAckedL3: 800, repeats: [repeat({ l3Length: 500 })] }),
  ];
  test('by the segments that were sent again', () => {
    expect(shapeOfLegs(legs, direction)).toEqual({ smallest: 300, largest: 700, arrived: 900, repeated: 3, open: 2 });
    const other = direction === 0 ? 1 : 0;
    expect(shapeOfLegs(legs, other)).toEqual({ smallest: 0, largest: 0, arrived: 0, repeated: 0, open: 0 });
    expect(shapeOfLegs([], direction)).toEqual({ smallest: 0, largest: 0, arrived: 0, repeated: 0, open: 0 });
  });
  test('by what two points show', () => {
    const sizes = (smallestLost: number, largestLost: number, largestArrived: number, some: Partial<Hop> = {}) =>
      hop({ lost: 1, smallestLost, largestLost, largestArrived, ...some });
    const shape = (...hops: Hop[]) => Object.values(shapeOfHops(hops, legs, direction));
    expect(shape(sizes(100, 200, 50), sizes(80, 150, 60))).toEqual([80, 200, 60, 3, 2]);
    expect(shape(sizes(100, 200, 50), sizes(0, 0, 300, { lost: 0 }))).toEqual([100, 200, 300, 3, 2]);
    expect(shape(sizes(0, 0, 300, { lost: 0 }))).toEqual([0, 0, 300, 3, 2]);
    expect(shape()).toEqual([0, 0, 0, 3, 2]);
  });
});

describe('in words', () => {
  const shape = { smallest: 0, largest: 0, arrived: 0, repeated: 0, open: 0 };
  const again = 'What is lost TCP sends again, a round trip or a timeout later.';
  const link = 'That is loss on a link or in a queue, not a limit of size.';
  test.each<[some: Partial<typeof shape>, expected: string]>([
    [{}, again],
    [{ smallest: 60, largest: 60 }, `${again} Packets of 60 octets are hit.`],
    [{ smallest: 60, largest: 61 }, `${again} Packets of 60 to 61 octets are hit.`],
    [
      { smallest: 60, largest: 60, arrived: 59 },
      `${again} Packets of 60 octets are hit, and packets of up to 59 octets arrive.`,
    ],
    [
      { smallest: 60, largest: 60, arrived: 60 },
      `${again} Packets of 60 octets are hit, and packets of up to 60 octets arrive. ${link}`,
    ],
    [{ arrived: 60 }, again],
    [{ repeated: 1 }, `${again} All that was sent again was acknowledged at last.`],
    [{ repeated: 1, open: 1 }, `${again} Of 1 range sent again 1 was never acknowledged.`],
    [{ repeated: 3, open: 2 }, `${again} Of 3 ranges sent again 2 were never acknowledged.`],
    [
      { smallest: 60, largest: 60, arrived: 99, repeated: 1, open: 1 },
      `${again} Packets of 60 octets are hit, and packets of up to 99 octets arrive. Of 1 range sent again 1 was never acknowledged.`,
    ],
  ])('%o', (some, expected) => expect(shapeText({ ...shape, ...some })).toBe(expected));
  test('of datagrams', () => {
    const asks = 'The program that sent them has to notice and to ask again.';
    expect(sizesText(shape)).toBe(asks);
    expect(sizesText({ ...shape, smallest: 1, largest: 2, arrived: 1 })).toBe(
      `${asks} Packets of 1 to 2 octets are hit, and packets of up to 1 octets arrive.`,
    );
  });
  test.each<[lost: number, control: number, acknowledgements: number, expected: string]>([
    [20, 0, 0, '20 packets with data'],
    [1, 0, 0, '1 packet with data'],
    [23, 3, 5, '20 packets with data and 3 SYNs or FINs, and 5 acknowledgements'],
    [1, 1, 1, '1 SYN or FIN, and 1 acknowledgement'],
    [2, 1, 0, '1 packet with data and 1 SYN or FIN'],
  ])('%s lost, %s SYNs or FINs, %s acknowledgements', (lost, lostControl, lostAcknowledgements, expected) =>
    expect(lostText({ lost, lostControl, lostAcknowledgements })).toBe(expected),
  );
});
