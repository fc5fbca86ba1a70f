import type { Evidence } from '../../src/flows/evidence/evidence.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Seconds by which the capture of the first point began earlier than in the row, and that of each further point than it. */
const SECONDS_EARLIER = 5;
/** Fields that are seconds since the first packet of the capture. */
const TIMES: ReadonlySet<string> = new Set([
  'time',
  'firstTime',
  'lastTime',
  'ackTime',
  'ackedTime',
  'filledTime',
  'firstSent',
  'lastSent',
  'firstReceived',
  'lastReceived',
  'times',
]);

/**
 * The same packets at the same moments, in captures that did not begin together: those of the first point began 5 s
 * earlier than in the row, those of the second 10 s, and so on. Times of a capture count from its beginning, and
 * `timeShift` leads them to the common clock.
 */
export function begunApart(row: Evidence): Evidence {
  const earlier = (point: number): number => (point + 1) * SECONDS_EARLIER;
  const moved = (node: Json, by: number, key = ''): Json => {
    if (typeof node === 'number') return TIMES.has(key) ? node + by : node;
    if (Array.isArray(node)) return node.map((one) => moved(one, by, key));
    if (typeof node !== 'object' || node === null) return node;
    const own = typeof node.point === 'number' ? earlier(node.point) : key === 'hops' ? earlier(Number(node.from)) : by;
    return Object.fromEntries(Object.entries(node).map(([name, value]) => [name, moved(value, own, name)]));
  };
  const { points, captures, ...rest } = row;
  return {
    ...(moved(rest as unknown as Json, 0) as unknown as Omit<Evidence, 'points' | 'captures'>),
    captures: captures.map((one, index) => ({
      ...one,
      baseSeconds: one.baseSeconds - earlier(points.findIndex(({ capture }) => capture === index)),
    })),
    points: points.map((one) => ({
      ...(moved(one as unknown as Json, earlier(one.index)) as unknown as typeof one),
      timeShift: one.timeShift - earlier(one.index),
    })),
  };
}
