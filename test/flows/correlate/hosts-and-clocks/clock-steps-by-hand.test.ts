import { expect, test } from 'vitest';
import { DelayFloor } from '../../../../src/flows/correlate/hosts-and-clocks/clock-fit.ts';
import { stepsBetween } from '../../../../src/flows/correlate/hosts-and-clocks/clock-steps.ts';

/**
 * Packets once a second, on the way forth at even seconds and back at odd ones, each 1 ms on its way. The second clock is
 * ahead by `ahead(time)`: upper bounds are 1 ms above it, lower bounds 1 ms below.
 */
function steps(seconds: number, ahead: (time: number) => number, ways: ('forth' | 'back')[] = ['forth', 'back']) {
  const [forth, back] = [new DelayFloor(0, 2048), new DelayFloor(0, 2048)];
  for (let time = 0; time <= seconds; time++) {
    if (time % 2 === 0 && ways.includes('forth')) forth.add(time, ahead(time) + 0.001);
    if (time % 2 === 1 && ways.includes('back')) back.add(time, 0.001 - ahead(time));
  }
  return stepsBetween(forth, back);
}
const near = (value: number) => expect.closeTo(value, 9);
const after =
  (step: number, from: number, to: number) =>
  (time: number): number =>
    time > step ? to : from;

test('no step: nothing; one direction alone: unknown', () => {
  expect(steps(8, () => 5)).toEqual([]);
  expect(steps(8, () => 5, ['forth'])).toBeNull();
  expect(steps(8, () => 5, ['back'])).toBeNull();
});

test('a step forward shows at the first lower bound behind it', () => {
  // Bounds at 0 to 4 s are of 5 s ahead, from 5 s on of 5.7. Errors: 1 ms each, and 100 ppm of 4 s and of 3 s.
  expect(steps(8, after(4, 5, 5.7))).toEqual([
    {
      after: 4,
      before: 5,
      by: near(0.7),
      error: near(0.001 + 0.0004 + 0.001 + 0.0003),
      lastStamp: near(4 + 5.001),
      firstStamp: near(5 + 5.699),
    },
  ]);
});

test('a step back shows at the first upper bound behind it; a lower bound before it that fits both belongs behind it', () => {
  // The lower bound at 5 s (4.299) contradicts nothing; the upper one at 6 s (4.301) does.
  expect(steps(8, after(4, 5, 4.3))).toEqual([
    {
      after: 4,
      before: 5,
      by: near(-0.7),
      error: near(0.001 + 0.0005 + 0.001 + 0.0002),
      lastStamp: near(4 + 5.001),
      firstStamp: near(5 + 4.299),
    },
  ]);
});

test('a contradiction of up to a millisecond is none', () => {
  // For one second ahead by more, then as before: no drift explains it. The bounds are 2 ms apart.
  const bump = (second: number, by: number) => steps(8, (time) => 5 + (time === second ? by : 0));
  expect(bump(5, 0.0029)).toEqual([]);
  expect(bump(5, 0.0031)).not.toEqual([]);
  expect(bump(4, -0.0029)).toEqual([]);
  expect(bump(4, -0.0031)).not.toEqual([]);
});

test('drift of 500 ppm is no step, beyond the range of crystals it is', () => {
  expect(steps(60, (time) => 5 + 500e-6 * time)).toEqual([]);
  expect(steps(60, (time) => 5 - 500e-6 * time)).toEqual([]);
  expect(steps(60, (time) => 5 + 700e-6 * time)).not.toEqual([]);
  expect(steps(60, (time) => 5 - 700e-6 * time)).not.toEqual([]);
});

test('two steps, each with its own times', () => {
  const told = steps(13, (time) => (time > 4 ? (time > 8 ? 6.1 : 5.7) : 5)) ?? [];
  expect(told.map((step) => [step.after, step.before, step.by])).toEqual([
    [4, 5, near(0.7)],
    [8, 9, near(0.4)],
  ]);
});

test('the drift is fitted where 40 bounds over 10 s show it; else 100 ppm of the time are added to the error', () => {
  const dense = (bounds: number, seconds: number) => {
    const [forth, back] = [new DelayFloor(0, 100), new DelayFloor(0, 100)];
    for (const [start, ahead] of [
      [0, 5],
      [50, 6],
    ])
      for (let at = 0; at < bounds; at++) {
        const time = start + (seconds * at) / (bounds - 1);
        // The second stretch begins with a lower bound, which contradicts the first.
        if ((at % 2 === 0) === (start === 0)) forth.add(time, ahead + 0.001);
        else back.add(time, 0.001 - ahead);
      }
    return stepsBetween(forth, back)?.[0].error;
  };
  expect(dense(40, 10)).toBeCloseTo(0.002, 6);
  expect(dense(39, 10)).toBeCloseTo(0.002 + 2 * 0.001, 6);
  expect(dense(40, 9.9)).toBeCloseTo(0.002 + 2 * 0.00099, 6);
});

test('four steps are told; a clock that was set five times is not used', () => {
  const stairs = (count: number) => steps(6 * count + 5, (time) => 5 + Math.floor(time / 6) * 0.5);
  expect(stairs(4)?.map(({ by }) => by)).toEqual([near(0.5), near(0.5), near(0.5), near(0.5)]);
  expect(stairs(5)).toBeNull();
});
