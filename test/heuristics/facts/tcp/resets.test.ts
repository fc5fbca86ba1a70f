import { describe, expect, test } from 'vitest';
import { TO_CLIENT, TO_SERVER } from '../../../../src/flows/evidence/evidence.ts';
import { attemptsOf } from '../../../../src/heuristics/facts/attempts.ts';
import { resetHopLimit } from '../../../../src/heuristics/facts/tcp/reset-hop-limit.ts';
import { staleAnswerOf } from '../../../../src/heuristics/facts/tcp/stale-answer.ts';
import { connection, evidence, hostActivity, point, ref, reset } from '../../../support/evidence.ts';

describe('the hop limit of resets beside that of their server', () => {
  const SERVER = '10.244.2.7';
  const usual = (value: number, some = {}) => hostActivity(SERVER, { ttls: [{ value, count: 10 }], ...some });
  const limitOf = (ttls: number[], hosts = [usual(62)]) => {
    const facts = evidence({
      points: [point(), point({ name: 'elsewhere' })],
      hosts,
      connections: ttls.map((ttl, nth) =>
        connection({
          client: `10.244.1.5:${40_000 + nth}`,
          server: `${SERVER}:80`,
          syn: [nth],
          resets: [reset(nth + 0.001, TO_CLIENT, { ttl })],
          toClient: { packets: 1, resets: 1 },
        }),
      ),
    });
    return resetHopLimit(facts, attemptsOf(facts));
  };

  test('is compared at the point of the attempts, not at another one', () => {
    expect(limitOf([64, 64])).toEqual({ reset: 64, usual: 62 });
    expect(limitOf([64], [usual(60, { point: 1 }), usual(62)])).toEqual({ reset: 64, usual: 62 });
    expect(limitOf([64], [usual(60, { point: 1 })])).toBeNull();
    expect(limitOf([64], [hostActivity('10.244.2.8', { ttls: [{ value: 60, count: 10 }] })])).toBeNull();
  });

  test('says nothing where the resets do not agree', () => {
    expect(limitOf([64, 63])).toBeNull();
  });
});

describe('an acknowledgement of an old connection', () => {
  const attempt = (at: number, seq: number, hasAck = false) =>
    connection({
      syn: [0],
      synAck: [],
      resets: [reset(at, TO_SERVER, { seq, hasAck })],
      toServer: { iss: 1000, packets: 2, syns: 1, resets: 1 },
      toClient: { packets: 1, first: ref(0.001), last: ref(0.001), ackHigh: null },
    });

  test('is refused by a reset of what it acknowledged, after it', () => {
    expect(staleAnswerOf(attempt(0.002, 77_000))).toMatchObject({ answers: 1, opened: false });
  });

  test('is not shown by a reset before it, of this connection, or with an acknowledgement', () => {
    expect(staleAnswerOf(attempt(0.0005, 77_000))).toBeNull();
    expect(staleAnswerOf(attempt(0.002, 1001))).toBeNull();
    expect(staleAnswerOf(attempt(0.002, 77_000, true))).toBeNull();
  });
});
