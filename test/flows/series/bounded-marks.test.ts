import { describe, expect, test } from 'vitest';
import type { SentRange } from '../../../src/flows/evidence/series.ts';
import { BoundedMarks, MOST_MARKS } from '../../../src/flows/series/bounded-marks.ts';

const ack = (time: number, acked: number, limit: number | null = acked + 1000) => ({
  time,
  ack: acked,
  limit,
  duplicate: false,
});
/** More packets than marks, over a time in which one slot lasts two seconds. */
const crowded = () => new BoundedMarks(MOST_MARKS + 1, MOST_MARKS);

describe('acknowledgements of a crowded connection', () => {
  test('the latest of a slot stands for it', () => {
    const marks = crowded();
    for (const [nth, time] of [0, 0.5, 1, 1.5].entries()) marks.addAck(ack(time, 100 * nth));
    expect(marks.acks.map(({ time }) => time)).toEqual([0, 1.5]);
  });

  test('are joined also where the window is not known', () => {
    const marks = crowded();
    for (const [nth, time] of [0, 0.5, 1, 1.5].entries()) marks.addAck(ack(time, 100 * nth, null));
    expect(marks.acks.map(({ time }) => time)).toEqual([0, 1.5]);
  });

  test('a shut window keeps its own mark', () => {
    const marks = crowded();
    for (const [nth, time] of [0, 0.5, 1, 1.5].entries())
      marks.addAck(ack(time, 100 * nth, time === 0.5 ? 100 : undefined));
    expect(marks.acks.map(({ time }) => time)).toEqual([0, 0.5, 1.5]);
  });
});

/** Two seconds a slot. */
const SLOT = 2;
const sent = (time: number, from: number, to: number, kind: SentRange['kind'] = 'new'): SentRange =>
  ({ time, until: time, from, to, kind, packets: 1 }) as SentRange;

describe('what was sent in a crowded connection', () => {
  const marksOf = (...ranges: SentRange[]) => {
    const marks = crowded();
    for (const range of ranges) marks.addSent({ ...range });
    return marks.sent.map(({ time, until, from, to, packets }) => [time, until, from, to, packets]);
  };
  test('continues one mark within a slot', () => {
    expect(marksOf(sent(0, 0, 100), sent(1, 100, 200), sent(1.9, 200, 250))).toEqual([[0, 1.9, 0, 250, 3]]);
    expect(marksOf(sent(0, 0, 100), sent(SLOT, 100, 200))).toHaveLength(2);
    expect(marksOf(sent(0, 0, 100), sent(SLOT - 0.001, 100, 200))).toHaveLength(1);
    expect(marksOf(sent(0, 0, 100, 'again'), sent(1, 100, 200, 'again'))).toEqual([[0, 1, 0, 200, 2]]);
  });

  test.each<[string, SentRange]>([
    ['leaves out octets', sent(1, 101, 200)],
    ['goes back', sent(1, 99, 200)],
    ['is of another kind', sent(1, 100, 200, 'again')],
    ['opens or closes', sent(1, 100, 200, 'close')],
  ])('begins another mark where it %s', (_, next) => expect(marksOf(sent(0, 0, 100), next)).toHaveLength(2));

  test('joins none that open or close, and none where there is room', () => {
    expect(marksOf(sent(0, 0, 1, 'close'), sent(1, 1, 2, 'close'))).toHaveLength(2);
    for (const [packets, expected] of [
      [MOST_MARKS, 2],
      [MOST_MARKS + 1, 1],
    ]) {
      const marks = new BoundedMarks(packets, MOST_MARKS);
      marks.addSent(sent(0, 0, 100));
      marks.addSent(sent(1, 100, 200));
      expect(marks.sent).toHaveLength(expected);
    }
  });
});

describe('the most marks', () => {
  const many = <T>(
    add: (marks: BoundedMarks, nth: number) => void,
    list: (marks: BoundedMarks) => T,
    count: number,
  ) => {
    const marks = new BoundedMarks(10, 1);
    for (let nth = 0; nth < count; nth++) add(marks, nth);
    return list(marks);
  };
  test('are 6,000 of what was sent and of acknowledgements, 3,000 of others; what is left out is counted', () => {
    const ofSent = (count: number) =>
      many(
        (marks, nth) => marks.addSent(sent(nth, 0, 1)),
        ({ sent: list, leftOut }) => [list.length, leftOut.sent],
        count,
      );
    expect([ofSent(6000), ofSent(6002)]).toEqual([
      [6000, 0],
      [6000, 2],
    ]);
    const ofAcks = (count: number) =>
      many(
        (marks, nth) => marks.addAck(ack(nth, nth)),
        ({ acks }) => acks.length,
        count,
      );
    expect([ofAcks(6000), ofAcks(6001)]).toEqual([6000, 6000]);
    const ofSacks = (count: number) =>
      many(
        (marks, nth) => marks.addSack({ time: nth, from: nth, to: nth + 1 }),
        ({ sacks, leftOut }) => [sacks.length, leftOut.sacks],
        count,
      );
    expect([ofSacks(3000), ofSacks(3003)]).toEqual([
      [3000, 0],
      [3000, 3],
    ]);
    const ofTrips = (count: number) =>
      many(
        (marks, nth) => marks.addRoundTrip(nth, 1),
        ({ roundTrips }) => roundTrips.length,
        count,
      );
    expect([ofTrips(3000), ofTrips(3001)]).toEqual([3000, 3000]);
  });
});

describe('other marks of a crowded connection', () => {
  test('a slot of acknowledgements begins with the last but one', () => {
    const marks = crowded();
    for (const time of [0, 1, SLOT, 3, 3.9]) marks.addAck(ack(time, time * 100));
    // A mark is joined where the one before it is less than 2 s old.
    expect(marks.acks.map(({ time }) => time)).toEqual([0, 1, 2, 3.9]);
    const joined = crowded();
    for (const [nth, duplicate] of [false, true, true].entries()) joined.addAck({ ...ack(nth / 10, 5), duplicate });
    expect(joined.acks.map(({ duplicate }) => duplicate)).toEqual([false, true]);
    joined.addAck({ ...ack(0.5, 6), duplicate: false });
    expect(joined.acks.map(({ duplicate }) => duplicate)).toEqual([false, false]);
  });

  test('a block that grows is one mark within a slot of its last growth', () => {
    const marks = crowded();
    const add = (time: number, from: number, to: number) => marks.addSack({ time, from, to });
    for (const [time, to] of [
      [0, 10],
      [1.9, 20],
      [3.8, 30],
      [5.8, 40],
    ])
      add(time, 5, to);
    add(5.9, 6, 50);
    expect(marks.sacks).toEqual([
      { time: 3.8, from: 5, to: 30 },
      { time: 5.8, from: 5, to: 40 },
      { time: 5.9, from: 6, to: 50 },
    ]);
  });

  test('of the round trips of a slot the longest one is kept', () => {
    const marks = crowded();
    for (const [time, seconds] of [
      [0, 1],
      [1, 3],
      [1.9, 2],
      [2, 1],
      [3.9, 0.5],
    ])
      marks.addRoundTrip(time, seconds);
    expect(marks.roundTrips).toEqual([
      { time: 0, seconds: 3 },
      { time: 2, seconds: 1 },
    ]);
  });
});
