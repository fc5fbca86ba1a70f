import { expect, it } from 'vitest';
import { idleGapsOf, NO_GAPS, withGap } from '../../../src/flows/tcp/idle-gaps.ts';

const gap = (packet: number, seconds: number, keepAlive = false, direction: 0 | 1 = 0) => ({
  from: { packet, time: packet },
  to: { packet: packet + 1, time: packet + seconds },
  direction,
  octets: packet * 10,
  keepAlive,
});

it('keeps the eight longest gaps, longest first, and the earlier of equal ones first', () => {
  const seconds = [1, 3, 2, 3, 9, 1, 4, 5, 6, 1, 7];
  const gaps = seconds.reduce((kept, length, packet) => withGap(kept, gap(packet, length)), NO_GAPS);
  expect(idleGapsOf(gaps).map((kept) => [kept.seconds, kept.from.packet])).toEqual([
    [9, 4],
    [7, 10],
    [6, 8],
    [5, 7],
    [4, 6],
    [3, 1],
    [3, 3],
    [2, 2],
  ]);
});

it('returns a gap as it was noted', () => {
  const notes = [gap(1, 4), gap(2, 3, true), gap(3, 2, false, 1), gap(4, 1.5, true, 1)];
  expect(idleGapsOf(notes.reduce(withGap, NO_GAPS))).toEqual(
    notes.map((note) => ({ ...note, seconds: note.to.time - note.from.time })),
  );
  expect(NO_GAPS).toHaveLength(0);
});
