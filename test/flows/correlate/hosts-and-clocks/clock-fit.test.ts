import { describe, expect, it } from 'vitest';
import { randomOf } from '../../../../benchmarks/lib/permutations.mjs';
import { DelayFloor } from '../../../../src/flows/correlate/hosts-and-clocks/clock-fit.ts';
import { LeastFirst } from '../../../../src/flows/correlate/hosts-and-clocks/least-first.ts';

const END = 100;
const SPANS = 2048;

describe('the floor of delays', () => {
  it('keeps the smallest delay of each span of time, in order of time, whatever the order of the packets', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = randomOf(seed);
      const floor = new DelayFloor(0, END);
      const expected = new Map<number, number>();
      for (let packet = 0; packet < 50 * seed * seed; packet++) {
        const [time, delay] = [random() * END, random()];
        floor.add(time, delay);
        const span = Math.min(SPANS - 1, Math.floor(time / (END / SPANS)));
        expected.set(span, Math.min(delay, expected.get(span) ?? Infinity));
      }
      const points = [...floor.points()];
      expect(points.map(({ delay }) => delay)).toEqual(
        [...expected].sort(([a], [b]) => a - b).map(([, delay]) => delay),
      );
      expect(points.map(({ time }) => time)).toEqual(points.map(({ time }) => time).sort((a, b) => a - b));
      expect(floor.minimum(0)).toBe(Math.min(...expected.values()));
      expect(floor.matches).toBe(50 * seed * seed);
    }
  });
});

describe('the heap', () => {
  it('gives its items back with the least first', () => {
    const random = randomOf(7);
    const heap = new LeastFirst<number>((a, b) => a - b);
    const items = Array.from({ length: 500 }, () => Math.floor(random() * 100));
    for (const item of items) heap.add(item);
    expect(items.map(() => heap.take())).toEqual([...items].sort((a, b) => a - b));
    expect(heap.take()).toBeUndefined();
  });
});
