import { describe, expect, test } from 'vitest';
import { answersStop, requestsUntil } from '../../../../src/heuristics/facts/hosts/answers-stop.ts';
import { datagram, ref } from '../../../support/evidence.ts';

/** Four requests with their answers, then three without, a second apart. */
const flow = (some: Parameters<typeof datagram>[0] = {}) =>
  datagram({ sent: [0, 1, 2, 3, 4, 5, 6], back: [0.1, 1.1, 2.1, 3.1], ...some });
const told = (some: Parameters<typeof datagram>[0] = {}) => {
  const found = answersStop(flow(some));
  return found === null
    ? ''
    : `${found.requests} of ${found.answered}: ${found.packets.map(({ time }) => time).join(' ')}`;
};
const since = (packets: number, some = {}) => ({
  sinceAnswer: { packets, octets: packets * 70, first: ref(4), ...some },
});

const until9 = { last: [ref(9), ref(3.1)] as [ReturnType<typeof ref>, ReturnType<typeof ref>] };

describe('requests of a flow that get no more answers', () => {
  test.each<[name: string, some: Parameters<typeof datagram>[0], expected: string]>([
    ['three', {}, '3 of 4: 4 5 6'],
    ['two', { sent: [0, 1, 2, 3, 4, 5] }, ''],
    ['the last is answered', { back: [0.1, 1.1, 2.1, 6.1] }, ''],
    ['nothing was answered', { back: [] }, ''],
    ['more answers than requests before', { packets: [7, 5] }, ''],
    // Of eight before, four were answered: six have to follow for three missing answers.
    [
      'half of them were answered',
      { packets: [14, 4], octets: [14 * 70, 0], ...since(6), ...until9 },
      '6 of 4: 4 5 6 9',
    ],
    ['fewer than half', { packets: [15, 4], octets: [15 * 70, 0], ...since(6), ...until9 }, ''],
    ['too few for that rate', { packets: [13, 4], octets: [13 * 70, 0], ...since(5), ...until9 }, ''],
    ['half as large', { octets: [4 * 100 + 150, 0], ...since(3, { octets: 150 }) }, '3 of 4: 4 5 6'],
    ['smaller', { octets: [4 * 100 + 149, 0], ...since(3, { octets: 149 }) }, ''],
    ['half a second apart', { sent: [0, 1, 2, 3, 4, 4.5, 5] }, '3 of 4: 4 4.5 5'],
    ['faster', { sent: [0, 1, 2, 3, 4, 4.5, 4.99] }, ''],
    ['the last is not among the samples', { last: [ref(9), ref(3.1)] }, '3 of 4: 4 5 6 9'],
    ['only the first and the last are known', { samples: [[ref(0), ref(1)], []] }, '3 of 4: 4 6'],
  ])('%s', (_, some, expected) => expect(told(some)).toBe(expected));
});

test('requests until a moment', () => {
  const all = { requests: 3, answered: 4, packets: [ref(4), ref(5), ref(6)] };
  const until = (stopped: typeof all) => [3.9, 4, 4.9, 5, 6, 7].map((time) => requestsUntil(stopped, time));
  expect(until(all)).toEqual([0, 1, 1, 2, 3, 3]);
  // Eleven of which three are known, at 4, 5 and 6 s: one each fifth of a second.
  const some = { ...all, requests: 11 };
  expect([3.9, 4, 4.21, 4.99, 5, 5.99, 6, 7].map((time) => requestsUntil(some, time))).toEqual([
    0, 1, 2, 5, 6, 10, 11, 11,
  ]);
});
