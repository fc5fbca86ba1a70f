import { describe, expect, test } from 'vitest';
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
