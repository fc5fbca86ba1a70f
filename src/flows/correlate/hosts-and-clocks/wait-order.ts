import type { Direction } from '../../evidence/evidence.ts';

/** A packet that two points saw. */
export interface SharedPacket {
  direction: Direction;
  /** Time at the first point, and the difference of the second point's clock for the same packet. */
  time: number;
  delay: number;
}

/**
 * Decides which of two points is nearer to the client, independent of their clocks: the wait between a request and its
 * answer is longer there, by the round trip to the other point.
 *
 *   nearer to the client   request ───── wait ───── answer
 *   nearer to the server         request ─ wait ─ answer
 *
 * The request and answer with the shortest interval decide, so that drift has little effect.
 *
 * @param shared in any order
 * @returns 1 for the first point, -1 for the second, 0 when only one direction was seen by both or the waits are equal
 */
export function nearerByWait(shared: SharedPacket[]): number {
  const ordered = [...shared].sort((x, y) => x.time - y.time);
  let closest = Infinity;
  let sign = 0;
  for (let i = 1; i < ordered.length; i++) {
    const [before, after] = [ordered[i - 1], ordered[i]];
    if (before.direction === after.direction) continue;
    const gap = after.time - before.time;
    const [request, answer] = before.direction === 0 ? [before, after] : [after, before];
    if (gap >= closest || request.delay === answer.delay) continue;
    closest = gap;
    sign = Math.sign(request.delay - answer.delay);
  }
  return sign;
}
