import type { Direction, IdleGap } from '../evidence/evidence.ts';

/**
 * The longest pauses of a connection, as numbers in one array. It takes a quarter of the memory of objects, and in
 * captures with many idle connections each one has pauses.
 *
 *   from: packet, time │ to: packet, time │ octets │ direction + 2 for keep-alives
 */
const NUMBERS_EACH = 6;
/** Most gaps kept of one connection. */
const GAPS_KEPT = 8;
const MOST_NUMBERS = GAPS_KEPT * NUMBERS_EACH;
const FROM_PACKET = 0;
const FROM_TIME = 1;
const TO_PACKET = 2;
const TO_TIME = 3;
const OCTETS = 4;
const MARKS = 5;
const KEEP_ALIVE = 2;

export type IdleGaps = readonly number[];

export const NO_GAPS: IdleGaps = [];

/** Adds a gap if it is among the `GAPS_KEPT` longest. Longest first; the earlier first when equal. */
export function withGap(gaps: IdleGaps, gap: Omit<IdleGap, 'seconds'>): IdleGaps {
  const seconds = gap.to.time - gap.from.time;
  let at = gaps.length;
  while (at > 0 && secondsAt(gaps, at - NUMBERS_EACH) < seconds) at -= NUMBERS_EACH;
  if (at >= MOST_NUMBERS) return gaps;
  const { from, to, octets, direction, keepAlive } = gap;
  const numbers = [from.packet, from.time, to.packet, to.time, octets, direction | (keepAlive ? KEEP_ALIVE : 0)];
  // A new array, because `push` and `splice` reserve space for more.
  return gaps.slice(0, at).concat(numbers, gaps.slice(at, MOST_NUMBERS - NUMBERS_EACH));
}

/** The gaps in the form of the evidence. */
export function idleGapsOf(gaps: ArrayLike<number>): IdleGap[] {
  return Array.from({ length: gaps.length / NUMBERS_EACH }, (_, number) => {
    const at = number * NUMBERS_EACH;
    return {
      seconds: secondsAt(gaps, at),
      from: { packet: gaps[at + FROM_PACKET], time: gaps[at + FROM_TIME] },
      to: { packet: gaps[at + TO_PACKET], time: gaps[at + TO_TIME] },
      direction: (gaps[at + MARKS] & 1) as Direction,
      octets: gaps[at + OCTETS],
      keepAlive: (gaps[at + MARKS] & KEEP_ALIVE) !== 0,
    };
  });
}

const secondsAt = (gaps: ArrayLike<number>, at: number): number => gaps[at + TO_TIME] - gaps[at + FROM_TIME];
