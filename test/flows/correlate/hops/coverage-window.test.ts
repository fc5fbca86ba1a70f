import { describe, expect, test } from 'vitest';
import type { Joined } from '../../../../src/flows/capture/capture-digest.ts';
import { coverageWindows, presumptions } from '../../../../src/flows/correlate/hops/coverage-window.ts';
import type { HostActivity } from '../../../../src/flows/evidence/evidence.ts';
import { capture, evidence, hostActivity, point } from '../../../support/evidence.ts';
import { madeUpTimeline } from '../made-up-cluster.ts';

interface Taken {
  host?: string | null;
  start: number;
  seconds: number;
  packets?: number;
}

function windows(
  taken: readonly Taken[],
  hosts: HostActivity[] = taken.map((_, of) => hostActivity('10.0.0.1', { point: of })),
) {
  const joined = evidence({
    captures: taken.map(({ seconds, packets }) => capture({ duration: seconds, packets: packets ?? 10 })),
    points: taken.map(({ host }, of) => point({ capture: of, host: host === undefined ? 'a' : host })),
    hosts,
  }) as Joined;
  const timeline = madeUpTimeline({ clocks: taken.map((_, of) => of), shifts: taken.map(({ start }) => start) });
  const found = coverageWindows(joined, timeline);
  const text = (span: { start: number; end: number } | null) => (span === null ? 'none' : `${span.start}-${span.end}`);
  return {
    told: found.map(({ proved, presumed }) => `${text(proved)} ${text(presumed)}`),
    notes: presumptions(joined, found),
  };
}
const told = (...given: Parameters<typeof windows>) => windows(...given).told;

describe('the time of a capture', () => {
  test('is that of its own packets, and that of the captures of its host that began within 5 s', () => {
    expect(
      told([
        { start: 10, seconds: 20 },
        { start: 15, seconds: 50 },
      ]),
    ).toEqual(['10-30 10-65', '15-65 10-65']);
    expect(
      told([
        { start: 10, seconds: 20 },
        { start: 15.1, seconds: 50 },
      ]),
    ).toEqual(['10-30 10-30', '15.1-65.1 15.1-65.1']);
    expect(
      told([
        { start: 10, seconds: 20 },
        { start: 12, seconds: 2 },
      ]),
    ).toEqual(['10-30 10-30', '12-14 10-30']);
  });

  test('is not that of another host, or of captures without one', () => {
    expect(
      told([
        { start: 10, seconds: 20 },
        { start: 10, seconds: 50, host: 'b' },
      ]),
    ).toEqual(['10-30 10-30', '10-60 10-60']);
    expect(
      told([
        { start: 10, seconds: 20, host: null },
        { start: 10, seconds: 50, host: null },
      ]),
    ).toEqual(['10-30 10-30', '10-60 10-60']);
  });

  test('without packets is that of all captures of the host; unknown without any', () => {
    const { told: found, notes } = windows([
      { start: 0, seconds: 0, packets: 0 },
      { start: 10, seconds: 20 },
      { start: 50, seconds: 20 },
      { start: 0, seconds: 0, packets: 0, host: 'b' },
    ]);
    expect(found[0]).toBe('none 10-70');
    expect(found[3]).toBe('none none');
    expect(notes).toEqual([
      { code: 'empty-capture', point: 0, sessionOf: 'a' },
      { code: 'empty-capture', point: 3, sessionOf: null },
    ]);
    // An empty one does not lengthen another.
    expect(found[1]).toBe('10-30 10-30');
  });

  test('with messages of devices alone is that of the captures of the host that it overlaps', () => {
    const quiet = (start: number, seconds = 2) =>
      told(
        [
          { start, seconds },
          { start: 10, seconds: 20 },
        ],
        [hostActivity('fe80::1'), hostActivity('224.0.0.1'), hostActivity('10.0.0.1', { point: 1 })],
      )[0];
    expect(quiet(25)).toBe('25-27 10-30');
    expect(quiet(30)).toBe('30-32 10-32');
    expect(quiet(31)).toBe('31-33 31-33');
    expect(quiet(3, 7)).toBe('3-10 3-30');
    expect(quiet(2, 7)).toBe('2-9 2-9');
    expect(
      told([
        { start: 25, seconds: 2 },
        { start: 10, seconds: 20 },
      ])[0],
    ).toBe('25-27 25-27');
  });
});
