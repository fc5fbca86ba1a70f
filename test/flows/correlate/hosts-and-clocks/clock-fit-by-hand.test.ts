import { describe, expect, test } from 'vitest';
import { randomOf } from '../../../../benchmarks/lib/permutations.mjs';
import { DelayFloor, fitClock } from '../../../../src/flows/correlate/hosts-and-clocks/clock-fit.ts';

const PPM = 1e-6;

/** A floor over `seconds`, in 2,048 intervals, with these packets: time and delay. */
function floorOf(packets: readonly (readonly [number, number])[], start = 0, seconds = 2048): DelayFloor {
  const floor = new DelayFloor(start, start + seconds);
  for (const [time, delay] of packets) floor.add(time, delay);
  return floor;
}

describe('the floor of delays', () => {
  test('has intervals from its start to its end; what lies outside counts to the first or last', () => {
    const floor = floorOf(
      [
        [9, 5],
        [10.5, 4],
        [11, 3],
        [12, 2],
        [2056.9, 7],
        [2057.5, 6],
        [3000, 8],
      ],
      10,
    );
    // 9 and 10.5 are of the first interval, 2057.5 and 3000 of the last, 2056.9 of the one before.
    expect([...floor.points()]).toEqual([
      { time: 10.5, delay: 4 },
      { time: 11, delay: 3 },
      { time: 12, delay: 2 },
      { time: 2056.9, delay: 7 },
      { time: 2057.5, delay: 6 },
    ]);
    expect([floor.matches, floor.first, floor.last]).toEqual([7, 9, 3000]);
  });

  test('keeps the first of equal delays, and any less', () => {
    expect([
      ...floorOf([
        [0.1, 5],
        [0.2, 5],
      ]).points(),
    ]).toEqual([{ time: 0.1, delay: 5 }]);
    expect([
      ...floorOf([
        [0.1, 5],
        [0.2, 4],
      ]).points(),
    ]).toEqual([{ time: 0.2, delay: 4 }]);
    expect([
      ...floorOf([
        [0.1, 5],
        [0.2, 6],
      ]).points(),
    ]).toEqual([{ time: 0.1, delay: 5 }]);
  });

  test('has one interval where it has no length', () => {
    expect([
      ...floorOf(
        [
          [3, 2],
          [4, 1],
        ],
        3,
        0,
      ).points(),
    ]).toEqual([
      { time: 3, delay: 2 },
      { time: 4, delay: 1 },
    ]);
  });

  test('grows from 8 intervals to as many as there are, in any order', () => {
    for (const count of [8, 9, 16, 17, 2047, 2048]) {
      const times = Array.from({ length: count }, (_, at) => count - 1 - at + 0.5);
      const floor = floorOf(times.map((time) => [time, time]));
      expect([...floor.points()].map(({ time }) => time)).toEqual(times.reverse());
    }
  });

  test('takes a drift out of the smallest delay', () => {
    const floor = floorOf([
      [10, 7],
      [100, 8],
      [1000, 9],
    ]);
    expect(floor.minimum(0)).toBe(7);
    expect(floor.minimum(0.01)).toBeCloseTo(9 - 10, 12);
    expect(floor.minimum(-0.01)).toBeCloseTo(7 + 0.1, 12);
  });

  test('has the slope of the line under all points that is highest at their mean time', () => {
    const random = randomOf(11);
    for (let round = 0; round < 60; round++) {
      const points = Array.from(
        { length: 2 + Math.floor(random() * 12) },
        (_, at) => [at * 7 + random(), Math.floor(random() * 6) + at * 0.3] as const,
      );
      expect(floorOf(points).slope()).toBeCloseTo(slopeByPairs(points), 9);
    }
  });

  test('has no slope with less than two points', () => {
    expect(floorOf([]).slope()).toBe(0);
    expect(floorOf([[1, 1]]).slope()).toBe(0);
  });
});

/** Of all lines through two points with none below, the one across the mean time. */
function slopeByPairs(points: readonly (readonly [number, number])[]): number {
  const mean = points.reduce((sum, [time]) => sum + time, 0) / points.length;
  for (const [t1, d1] of points)
    for (const [t2, d2] of points) {
      if (t1 >= mean || t2 < mean) continue;
      const slope = (d2 - d1) / (t2 - t1);
      if (points.every(([time, delay]) => delay >= d1 + slope * (time - t1) - 1e-12)) return slope;
    }
  return Number.NaN;
}

describe('the fit of two clocks', () => {
  const forth = [
    [0, 0.3],
    [4, 0.4],
  ] as const;

  test('is unknown without packets, and has no error with packets in one direction', () => {
    expect(fitClock(floorOf([]), floorOf([]))).toBeNull();
    const oneWay = { skew: 0, error: null, matches: 2, stepped: false };
    expect(fitClock(floorOf(forth), floorOf([]))).toEqual({ ...oneWay, offset: 0.3 });
    expect(fitClock(floorOf([]), floorOf(forth))).toEqual({ ...oneWay, offset: -0.3 });
  });

  test('lies between the smallest delays, with half their distance and 100 ppm of the time as error', () => {
    // At least 0.1 s ahead by the way back, at most 0.3 s by the way forth; packets from 0 to 5 s.
    const fit = fitClock(
      floorOf(forth),
      floorOf([
        [1, -0.1],
        [5, 0],
      ]),
    );
    expect(fit).toEqual({
      offset: expect.closeTo(0.2, 12),
      skew: 0,
      error: expect.closeTo(0.1005, 12),
      matches: 4,
      stepped: false,
    });
    // The first packet may be of the way back, and the last of the way forth: from 1 to 9 s.
    expect(
      fitClock(
        floorOf([
          [2, 0.3],
          [9, 0.3],
        ]),
        floorOf([[1, -0.1]]),
      )?.error,
    ).toBeCloseTo(0.1008, 12);
  });

  test('says that a clock was set where the bounds contradict by more than a millisecond', () => {
    const fitted = (back: number) => fitClock(floorOf([[0, 0.1]]), floorOf([[0, back]]));
    expect(fitted(-0.1009)).toMatchObject({ stepped: false, error: expect.closeTo(0.00045, 12) });
    expect(fitted(-0.1011)).toMatchObject({ stepped: true, error: expect.closeTo(0.00055, 12) });
  });

  /** Packets every `step` seconds, from a clock with a drift and an offset. */
  const drifting = (count: number, step: number, ppm: number, delay: number) =>
    floorOf(Array.from({ length: count }, (_, at) => [at * step, delay + ppm * PPM * at * step] as const));

  test('has the drift where at least 20 packets over 10 s show it in each direction', () => {
    const fitted = (there: [number, number], back: [number, number]) =>
      fitClock(drifting(...there, 100, 0.3), drifting(...back, -100, 0.1));
    const whole = fitted([20, 10 / 19], [20, 10 / 19]);
    expect(whole?.skew).toBeCloseTo(100 * PPM, 12);
    // 0.1 s behind to 0.3 s ahead, less the drift; nothing is added for drift, as it is known.
    expect(whole?.offset).toBeCloseTo(0.1, 9);
    expect(whole?.error).toBeCloseTo(0.2, 9);
    expect(fitted([19, 10 / 18], [20, 10 / 19])?.skew).toBe(0);
    expect(fitted([20, 10 / 19], [19, 10 / 18])?.skew).toBe(0);
    expect(fitted([20, 0.5], [20, 10 / 19])?.skew).toBe(0);
    expect(fitted([20, 10 / 19], [20, 0.5])?.skew).toBe(0);
  });

  test('has no drift beyond 510 ppm, in either direction, and none that one direction contradicts', () => {
    const fitted = (there: number, back: number) =>
      fitClock(drifting(40, 0.5, there, 0.3), drifting(40, 0.5, back, 0.1))?.skew;
    expect(fitted(509, -509)).toBeCloseTo(509 * PPM, 12);
    expect(fitted(-509, 509)).toBeCloseTo(-509 * PPM, 12);
    expect(fitted(511, -511)).toBe(0);
    expect(fitted(-511, 511)).toBe(0);
    // The mean of both slopes: 300 ppm and 100 ppm.
    expect(fitted(300, -100)).toBeCloseTo(200 * PPM, 12);
    // Both ways slow down alike: a queue that grows is no drift.
    expect(fitted(100, 100)).toBe(0);
  });
});
