import { describe, expect, test } from 'vitest';
import type { Connection } from '../../../src/flows/evidence/evidence.ts';
import { isReturnUnseen, oneWayAt } from '../../../src/heuristics/facts/one-way.ts';
import { connection, evidence, point } from '../../support/evidence.ts';

type Parts = NonNullable<Parameters<typeof connection>[0]>;
const whole = (port: number, some: Parts = {}): Connection =>
  connection({ client: `10.244.1.5:${port}`, ...some }, { established: true });
/** The client acknowledges what the point does not see. */
const half = (port: number, some: Parts = {}): Connection =>
  connection({ client: `10.244.1.5:${port}`, toServer: { packets: 3, ackHigh: 9 }, ...some });
const list = (count: number, of: (port: number) => Connection): Connection[] =>
  Array.from({ length: count }, (_, nth) => of(1000 + nth));
const all = (...connections: Connection[]) => evidence({ points: [point(), point()], connections });

describe('how much was captured in one direction only', () => {
  test.each<[string, Connection[], unknown]>([
    ['none shows it', [connection({ syn: [0] })], null],
    ['both directions', [whole(1)], { proved: 1, oneWay: 0, whole: false }],
    ['one', [half(1)], { proved: 1, oneWay: 1, whole: true }],
    ['nineteen of twenty', [...list(19, half), whole(1)], { proved: 20, oneWay: 19, whole: true }],
    ['eighteen of nineteen', [...list(18, half), whole(1)], { proved: 19, oneWay: 18, whole: false }],
    [
      'the server alone',
      [half(1, { toServer: {}, toClient: { packets: 2, ackHigh: 5 } })],
      { proved: 1, oneWay: 1, whole: true },
    ],
    ['SYNs alone prove nothing', [half(1, { toServer: { packets: 2, syns: 2, ackHigh: 9 } })], null],
    ['SYNs and resets prove nothing', [half(1, { toServer: { packets: 3, syns: 2, resets: 1, ackHigh: 9 } })], null],
    ['data that acknowledges nothing', [half(1, { toServer: { packets: 3, ackHigh: null } })], null],
    ['only resets come back', [half(1, { toClient: { packets: 1, resets: 1 } })], null],
    [
      'more than resets come back',
      [half(1, { toClient: { packets: 2, resets: 1 } })],
      { proved: 1, oneWay: 0, whole: false },
    ],
    ['at another point', [half(1, { point: 1 })], null],
  ])('%s', (_, connections, expected) => {
    expect(oneWayAt(all(...connections), 0)).toEqual(expected);
  });
  test('a point that does not exist', () => expect(oneWayAt(all(), 7)).toBeNull());
});

describe('the other direction in another biflow of the socket', () => {
  const back = (some: Parts = {}): Connection =>
    connection({
      client: '10.244.1.5:1',
      server: '10.96.0.20:80',
      toServer: {},
      toClient: { packets: 3, ackHigh: 9 },
      ...some,
    });
  test.each<[string, Connection, number]>([
    ['of the client', back(), 0],
    ['of the server', back({ client: '10.9.9.9:7', server: '10.244.2.7:80' }), 0],
    ['of another port of the client', back({ client: '10.244.1.5:2' }), 2],
    ['of another client', back({ client: '10.244.1.6:1' }), 2],
    ['of another point', back({ point: 1 }), 1],
    ['in the same direction', back({ toServer: { packets: 3, ackHigh: 9 }, toClient: {} }), 2],
  ])('%s', (_, other, oneWay) => {
    expect(oneWayAt(all(half(1), other), 0)?.oneWay ?? 0).toBe(oneWay);
  });
});

describe('answers between two nets that pass unseen', () => {
  const evidenceOfHalf = all(half(1), whole(2, { server: '10.244.3.7:80' }));
  const ofServer = all(half(1, { toServer: {}, toClient: { packets: 2, ackHigh: 5 } }));
  test.each<[string, number, string, string, boolean]>([
    ['these', 0, '10.244.1.5', '10.244.2.7', true],
    ['others of these nets', 0, '10.244.1.9', '10.244.2.9', true],
    ['the other way round', 0, '10.244.2.7', '10.244.1.5', false],
    ['another net answers', 0, '10.244.1.5', '10.244.3.7', false],
    ['another net asks', 0, '10.244.4.5', '10.244.2.7', false],
    ['another point', 1, '10.244.1.5', '10.244.2.7', false],
  ])('%s', (_, at, from, to, expected) => {
    expect(isReturnUnseen(evidenceOfHalf, at, from, to)).toBe(expected);
  });
  test('of a server alone', () => {
    expect(isReturnUnseen(ofServer, 0, '10.244.2.7', '10.244.1.5')).toBe(true);
    expect(isReturnUnseen(ofServer, 0, '10.244.1.5', '10.244.2.7')).toBe(false);
  });
});
