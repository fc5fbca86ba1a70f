import { describe, expect, test } from 'vitest';
import { DelayFloor } from '../../../../src/flows/correlate/hosts-and-clocks/clock-fit.ts';
import type { Comparison } from '../../../../src/flows/correlate/hosts-and-clocks/comparison.ts';
import { undoSteps } from '../../../../src/flows/correlate/hosts-and-clocks/undo-steps.ts';
import { finish } from '../../../../src/flows/correlate/steps.ts';
import { type MadeUpRow, madeUpCluster } from '../made-up-cluster.ts';

/**
 * Two captures of the same packets, once a second, forth at even seconds and back at odd ones, 1 ms on the way. `ahead` is
 * by how much a clock is ahead at a true time.
 */
function undone(aheadA: (time: number) => number, aheadB: (time: number) => number, seconds = 20, shiftB = 0) {
  const leg = (point: number, ahead: (time: number) => number, later: number) => {
    const rows = Array.from({ length: seconds + 1 }, (_, time): MadeUpRow & { sent: number } => {
      const isForth = time % 2 === 0;
      const seen = time + (isForth ? later : 0.001 - later);
      return { sent: time, time: seen + ahead(time) };
    });
    return { point, rows };
  };
  const legs = [leg(0, aheadA, 0), leg(1, (time) => aheadB(time) - shiftB, 0.001)];
  // Rows are in the order in which the capture has them, whatever their times.
  const { evidence, store } = madeUpCluster(
    legs.map(({ point, rows }) => ({ point, there: rows.map(({ sent }) => ({ time: sent })) })),
    [{ host: 'a' }, { host: 'b', timeShift: shiftB }],
  );
  for (const { point, rows } of legs)
    store.retime(
      point,
      Float64Array.from(rows, ({ time }) => time ?? 0),
    );
  const compare = (): Comparison => {
    const floor = () => new DelayFloor(0, 2048);
    const [forth, back, unordered] = [floor(), floor(), floor()];
    const [a, b] = [store.times(0), store.times(1)];
    for (let row = 0; row < a.length; row++) {
      const delay = b[row] + shiftB - a[row];
      if (row % 2 === 0) forth.add(a[row], delay);
      else back.add(a[row], -delay);
    }
    return { clocks: [0, 1], forth, back, unordered, nearer: new Map() };
  };
  const asked: (number | undefined)[] = [];
  const input = {
    evidence,
    store,
    clocks: [0, 1],
    names: ['a', 'b'],
    *compare(only?: number) {
      yield;
      asked.push(only);
      return [compare()];
    },
  };
  const { errors } = finish(undoSteps(input));
  return { notes: evidence.notes, errors: [...errors], asked, times: [store.times(0), store.times(1)] };
}
const none = () => 0;
const set = (after: number, by: number) => (time: number) => (time > after ? by : 0);
const near = (value: number) => expect.closeTo(value, 6);
/** Times of a capture whose clock was not set. */
const steady = (later: number, seconds = 20) =>
  Array.from({ length: seconds + 1 }, (_, time) => near(time + (time % 2 === 0 ? later : 0.001 - later)));

describe('a clock that was set', () => {
  test('by nothing: all stays, and no clock is compared again', () => {
    const { notes, errors, asked, times } = undone(none, none);
    expect([notes, errors, asked]).toEqual([[], [], [undefined]]);
    expect([...times[0]]).toEqual(steady(0));
    expect([...times[1]]).toEqual(steady(0.001));
  });

  test.each([
    ['forward', 0.5, 0],
    ['back', -0.5, 0],
    ['forward, in a capture that began 4 s later', 0.5, 4],
  ])('the second one, %s: its later rows get the times of before', (_, by, shiftB) => {
    const { notes, errors, asked, times } = undone(none, set(10, by), 20, shiftB);
    expect(asked).toEqual([undefined, 1]);
    expect(notes).toEqual([
      {
        code: 'clock-set',
        host: 'b',
        against: 'a',
        seconds: near(by),
        error: expect.any(Number),
        after: near(10),
        before: near(11.001),
      },
    ]);
    const [{ error }] = notes as unknown as [{ error: number }];
    expect(errors).toEqual([[1, error]]);
    expect(error).toBeLessThan(0.005);
    expect([...times[0]]).toEqual(steady(0));
    const corrected = steady(0.001).map((_, time) => near(time + (time % 2 === 0 ? 0.001 : 0) - shiftB));
    expect([...times[1]]).toEqual(corrected);
  });

  test('the first one back: its own capture shows by how much, and it is corrected itself', () => {
    // The packet at 11.001 s is shown at 1.501, behind one of 10 s: 8.499 s back. The rest is a pause.
    const { notes, asked, times } = undone(set(10, -9.5), none);
    expect(notes[0]).toEqual({ code: 'clock-set-back', host: 'a', seconds: near(8.499) });
    expect(asked.slice(0, 2)).toEqual([undefined, 0]);
    // What the pause hid (the second in between) is corrected at the other clock.
    expect(notes[1]).toMatchObject({ code: 'clock-set', host: 'b', seconds: near(1.001) });
    expect([...times[0]].slice(0, 11)).toEqual(steady(0).slice(0, 11));
    expect([...times[0]].slice(11)).toEqual(
      steady(0)
        .slice(11)
        .map((_, at) => near(at + 11 + (at % 2 === 0 ? 0.001 : 0) - 1.001)),
    );
  });

  test('both, at different times: two corrections of the second one', () => {
    const { notes, times, errors } = undone(set(6, 0.25), set(14, 0.5));
    expect(notes.map((note) => ('seconds' in note ? note.seconds : null))).toEqual([near(-0.25), near(0.5)]);
    expect(errors).toHaveLength(1);
    // The second clock follows the first one now.
    const difference = [...times[1]].map((time, row) => time - times[0][row]);
    expect(difference).toEqual(difference.map((_, row) => near(row % 2 === 0 ? 0.001 : -0.001)));
  });

  test('too often: it stays as it is, and no note is made of what is not known', () => {
    const stairs = (time: number) => Math.floor(time / 4) * 0.5;
    const { notes, errors, times } = undone(none, stairs, 40);
    expect(notes).toEqual([]);
    expect(errors).toEqual([[1, 0]]);
    expect([...times[1]]).toEqual(
      steady(0.001, 40).map((_, time) => near(time + (time % 2 === 0 ? 0.001 : 0) + stairs(time))),
    );
  });
});

describe('packets out of order', () => {
  /** The first capture, with one clock that was set, so that both are looked at. */
  const behind = (rows: number) => {
    const late = (time: number) => (time >= 5 && time < 5 + rows ? -20 : 0);
    return undone(late, none).notes.filter(({ code }) => code === 'clock-set-back').length;
  };

  test('are no step back where fewer than 8 rows are behind', () => {
    expect(behind(7)).toBe(0);
    expect(behind(8)).toBe(1);
  });
});
