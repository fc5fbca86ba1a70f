import { expect, test } from 'vitest';
import type { Connection } from '../../../../src/flows/evidence/evidence.ts';
import { blockingReads } from '../../../../src/heuristics/facts/tcp/blocking-reads.ts';
import type { AskedServer, Wait } from '../../../../src/heuristics/facts/tcp/waits.ts';
import { connection, evidence, point, ref } from '../../../support/evidence.ts';

/** A client asks anew on another connection, three times for 5 s, and `pause` seconds after each answer. */
function polls(pause: number, next: (start: number) => Connection, seconds = [5, 5, 5]): AskedServer {
  const starts = [0, 1, 2].map((nth) => nth * (5 + pause));
  const slow = starts.map((start, nth): Wait => {
    const leg = next(start);
    const turn = { request: ref(start), response: ref(start + 5), seconds: seconds[nth], answerSeconds: 0 };
    const whole = { ...turn, requestOctets: 80, answerOctets: 20, thinkSeconds: null };
    return {
      leg,
      conversation: nth,
      server: '10.244.2.7:80',
      turn: whole as unknown as Wait['turn'],
      from: start,
      to: start + 5,
      by: 'answer',
    };
  });
  const talks = slow.map(({ leg, conversation }) => ({ leg, conversation }));
  return { server: '10.244.2.7:80', talks, turns: 3, tlsTurns: 0, slow, noted: slow, unanswered: [], begun: [] };
}
const from =
  (client: string, at = 0) =>
  (start: number) =>
    connection({
      client: `${client}:${4000 + Math.round(start * 10)}`,
      point: at,
      syn: [start],
      first: start,
      turns: 1,
    } as never);
const all = evidence({ points: [point({ quality: { lastTime: 600 } as never }), point({ name: 'other' })] });

test('a client that asks again at once after each answer waits for news', () => {
  expect(blockingReads(all, polls(0.01, from('10.244.1.5')))).toBe('timer');
  expect(blockingReads(all, polls(60, from('10.244.1.5')))).toBeNull();
});

test('what another client asks, or the same at another point, is not this client asking again', () => {
  const asked = polls(60, from('10.244.1.5'));
  const beside = (leg: (start: number) => Connection): AskedServer => ({
    ...asked,
    talks: [...asked.talks, ...asked.noted.map(({ to }, nth) => ({ leg: leg(to + 0.01), conversation: 9 + nth }))],
  });
  expect(blockingReads(all, beside(from('10.244.1.9')))).toBeNull();
  expect(blockingReads(all, beside(from('10.244.1.5', 1)))).toBeNull();
  expect(blockingReads(all, beside(from('10.244.1.5')))).toBe('timer');
});

test('a client that gives up does not wait for news; one that waits still may', () => {
  const events = polls(0.01, from('10.244.1.5'), [5, 2, 4]);
  const open = (by: Wait['by']): AskedServer => ({ ...events, unanswered: [{ ...events.noted[0], by }] });
  expect(blockingReads(all, events)).toBe('event');
  expect(blockingReads(all, open('open'))).toBe('event');
  expect(blockingReads(all, open('client'))).toBeNull();
  expect(blockingReads(all, open('server'))).toBeNull();
});
