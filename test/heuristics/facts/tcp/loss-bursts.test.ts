import { describe, expect, it } from 'vitest';
import { lossBursts } from '../../../../src/heuristics/facts/tcp/loss-bursts.ts';
import { hop, ref } from '../../../support/evidence.ts';

/** Hops of flows, by the times at which each loses. */
const flows = (...times: number[][]) =>
  times.map((list) => hop({ lost: list.length, packets: 1000, lostPackets: list.map((time) => ref(time)) }));
const at = (start: number, count: number) => Array.from({ length: count }, (_, nth) => start + nth * 0.005);

describe('losses of several flows at the same time', () => {
  it('two moments in which three flows lose', () => {
    const hops = flows([...at(1, 2), ...at(7, 2)], [...at(1.01, 2), ...at(7.01, 2)], [...at(1.02, 2), ...at(7.02, 2)]);
    expect(lossBursts(hops, 10)).toEqual({ bursts: 2, flows: 3, lost: 12 });
  });
  it.each([
    ['two flows only', flows(at(1, 6), at(1.01, 6)), 10],
    ['spread over the time', flows([1, 2, 3, 4], [1.5, 2.5, 3.5, 4.5], [5, 6, 7, 8]), 10],
    ['a few', flows(at(1, 2), at(1, 2), at(1, 2)), 10],
    ['loss everywhere: windows are full by chance', flows(...[0, 1, 2].map((nth) => at(nth * 0.001, 600))), 3],
    ['half of it apart', flows([...at(1, 2), 3, 4], [...at(1, 2), 5, 6], [...at(1, 2), 7, 8]), 10],
  ])('is not said: %s', (_, hops, seconds) => {
    expect(lossBursts(hops, seconds)).toBeNull();
  });
});

describe('how many, how close and how much of the time', () => {
  const four = (at: number) => [at, at, at, at];
  it.each<[name: string, told: ReturnType<typeof lossBursts>, expected: object | null]>([
    ['ten of three flows', lossBursts(flows(four(1), four(1), [1, 1]), 10), { bursts: 1, flows: 3, lost: 10 }],
    ['nine', lossBursts(flows(four(1), four(1), [1]), 10), null],
    [
      'within a tenth of a second',
      lossBursts(flows(four(0), four(0), [0.1, 0.1]), 10),
      { bursts: 1, flows: 3, lost: 10 },
    ],
    ['over a longer time', lossBursts(flows(four(0), four(0), [0.11, 0.11]), 10), null],
    ['nine of ten', lossBursts(flows(four(1), four(1), [1, 9]), 10), { bursts: 1, flows: 3, lost: 9 }],
    ['eight of ten', lossBursts(flows(four(1), [1, 1, 1, 8], [1, 9]), 10), null],
    [
      'the most flows of a moment',
      lossBursts(flows(four(1), four(1), [1, 5], [1, 5], [5]), 10),
      { bursts: 2, flows: 4, lost: 13 },
    ],
    ['in a fifth of the time', lossBursts(flows(four(1), four(1), [1, 1]), 0.5), { bursts: 1, flows: 3, lost: 10 }],
    ['in more of the time', lossBursts(flows(four(1), four(1), [1, 1]), 0.49), null],
    ['no time', lossBursts(flows(four(1), four(1), [1, 1]), 0), null],
  ])('%s', (_, told_, expected) => expect(told_).toEqual(expected));
});
