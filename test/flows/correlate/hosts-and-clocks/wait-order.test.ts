import { expect, test } from 'vitest';
import { nearerByWait, type SharedPacket } from '../../../../src/flows/correlate/hosts-and-clocks/wait-order.ts';
import { TO_CLIENT, TO_SERVER } from '../../../../src/flows/evidence/evidence.ts';

/** A request or an answer at a time of the first point, and how much later the second point saw it. */
const request = (time: number, delay: number): SharedPacket => ({ direction: TO_SERVER, time, delay });
const answer = (time: number, delay: number): SharedPacket => ({ direction: TO_CLIENT, time, delay });

test.each([
  ['nothing in common', [], 0],
  ['requests alone', [request(0, 1), request(1, 2)], 0],
  // The second point sees the request later and the answer earlier: its wait is shorter, so it is nearer to the server.
  ['a longer wait at the first point', [request(0, 0.001), answer(1, -0.001)], 1],
  ['a longer wait at the second point', [request(0, -0.001), answer(1, 0.001)], -1],
  ['the same wait', [request(0, 0.5), answer(1, 0.5)], 0],
  ['a clock that is ahead by 9 s', [request(0, 9.001), answer(1, 8.999)], 1],
  ['an answer, then the next request', [answer(0, -0.001), request(1, 0.001)], 1],
  ['any order of the list', [answer(1, -0.001), request(0, 0.001)], 1],
  // The interval of 0.5 s decides, before one of 1 s and after it.
  ['a short interval after a long one', [request(0, 1), answer(1, 0), request(5, 0), answer(5.5, 1)], -1],
  ['a short interval before a long one', [request(0, 1), answer(0.5, 0), request(5, 0), answer(6, 1)], 1],
  ['two equal intervals: the first', [request(0, 1), answer(1, 0), request(5, 0), answer(6, 1)], 1],
  ['a shorter interval that tells nothing', [request(0, 1), answer(1, 0), request(5, 2), answer(5.1, 2)], 1],
] as const)('%s', (_, shared, sign) => {
  expect(nearerByWait([...shared])).toBe(sign);
});
