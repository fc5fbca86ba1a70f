import { describe, expect, test } from 'vitest';
import type { Connection, SequenceHole } from '../../../../src/flows/evidence/evidence.ts';
import {
  isSilent,
  patienceOf,
  staysFixedTime,
  type Unanswered,
  unansweredServers,
} from '../../../../src/heuristics/facts/tcp/given-up.ts';
import type { Wait } from '../../../../src/heuristics/facts/tcp/waits.ts';
import { use } from '../../../support/application-items.ts';
import { endedConnection, ending } from '../../../support/ending-items.ts';
import { connection, type EvidenceParts, evidence, ref } from '../../../support/evidence.ts';
import { turn } from '../../../support/segment-items.ts';

type Parts = NonNullable<Parameters<typeof endedConnection>[2]>;
/** Asked at 2 s, and ended by the client at 5 s without an answer. */
const gaveUp = (port: number, some: Parts = {}, end = {}) =>
  endedConnection(1, ending(5, { direction: 0, openRequest: true, waitedSeconds: 3, ...end }), {
    client: `10.244.1.5:${port}`,
    ...some,
  });
const told = (parts: EvidenceParts): string[] =>
  unansweredServers(evidence(parts)).map(
    ({ server, waits, answered, outer, chain }) =>
      `${server}: ${waits.map(({ conversation, from, to }) => `${conversation} ${from}-${to}`).join(', ')}; answered ${answered}, outer ${outer.length}, chain ${chain.length}`,
  );
const slow = (requestSeconds: number) => ({ slowTurns: [turn(2, 3, { response: null, requestSeconds })] });

describe('servers of which requests were given up', () => {
  const both = '10.244.2.7:80: 0 2-5, 1 2-5; answered 0, outer 0, chain 1';
  const hole: SequenceHole = { seqStart: 101, seqEnd: 501, noticed: ref(4), filledTime: null, acknowledged: false };
  const missing: Parts = { toClient: { iss: 5000, holes: [hole], payloadOctets: 1 }, toServer: { ackHigh: 5101 } };
  test.each<[name: string, some: Parts, end: object, isFound: boolean]>([
    ['two', {}, {}, true],
    ['the server ended them', {}, { direction: 1 }, false],
    ['what was sent last was a farewell', { turns: 2 }, { requestOctets: 1 }, false],
    ['sent in less than half of the time', slow(1.49), {}, true],
    ['sent in half of the time, as to a collector', slow(1.5), {}, false],
    ['an answer was lost on its way', missing, {}, false],
  ])('%s', (_, some, end, isFound) => {
    expect(told({ connections: [gaveUp(1, some, end), gaveUp(2, some, end)] })).toHaveLength(isFound ? 1 : 0);
  });
  test('both are told', () => expect(told({ connections: [gaveUp(1), gaveUp(2)] })).toEqual([both]));
  test('what it answered counts', () =>
    expect(
      told({ connections: [gaveUp(1), gaveUp(2), endedConnection(1, null, { client: '10.244.1.5:3', turns: 4 })] }),
    ).toEqual([both.replace('answered 0', 'answered 4')]));

  const asks = (some: Parameters<typeof use>[0] = {}) => ({ applications: [use({ answers: 0, ...some })] });
  test.each<[name: string, parts: EvidenceParts, isFound: boolean]>([
    ['its protocol is unknown', {}, false],
    ['HTTP', asks(), true],
    ['PostgreSQL', asks({ protocol: 'postgresql' }), true],
    ['MySQL', asks({ protocol: 'mysql' }), true],
    ['a protocol in which a client may wait for news', asks({ protocol: 'tls' }), false],
    ['answered in another connection', asks({ answers: 1 }), false],
    ['another point', asks({ point: 1 }), false],
    ['another client', asks({ client: '10.244.1.6' }), false],
    ['another server', asks({ server: '10.244.2.8:80' }), false],
    ['another port', asks({ server: '10.244.2.7:81' }), false],
    [
      'the server answered somebody',
      { ...asks(), connections: [gaveUp(1), endedConnection(1, null, { client: '10.244.1.6:3', turns: 1 })] },
      false,
    ],
  ])('one request: %s', (_, parts, isFound) => {
    expect(told({ connections: [gaveUp(1)], ...parts })).toHaveLength(isFound ? 1 : 0);
  });
});

test('silent: it answers at most three of ten', () => {
  const silent = (answered: number, waits: number) => isSilent({ answered, waits: Array(waits) } as Unanswered);
  expect(silent(3, 7)).toBe(true);
  expect(silent(3, 6)).toBe(false);
  expect(silent(0, 1)).toBe(true);
});

test('the shortest and the longest patience', () => {
  const waits = [
    { from: 5, to: 8 },
    { from: 1, to: 2 },
    { from: 10, to: 15 },
  ] as Wait[];
  expect(patienceOf(waits)).toEqual({ shortest: 1, longest: 5 });
});

describe('clients that stay a fixed time', () => {
  /** Lasts from 1 s on. */
  const lasting = (seconds: number, some: Parts = {}, octets: [number, number] = [100, 100]): Connection =>
    connection(
      {
        ...some,
        first: 1,
        last: 1 + seconds,
        toServer: { payloadOctets: octets[0] },
        toClient: { payloadOctets: octets[1] },
      },
      { established: true },
    );
  const [ten, twenty] = [lasting(10, {}, [100, 0]), lasting(20, {}, [100, 0])];
  const stays = (answered: Connection[]) => {
    const all = evidence({ connections: [ten, twenty, ...answered] });
    return staysFixedTime(
      all,
      all.connections.slice(0, 2).map((leg) => ({ leg }) as Wait),
    );
  };
  const twice = (one: Connection): Connection[] => [one, { ...one }];
  test.each<[name: string, answered: Connection[], expected: boolean]>([
    ['nothing was answered', [], false],
    ['two answered between the shortest and the longest', twice(lasting(15)), true],
    ['one', [lasting(15)], false],
    ['a tenth longer than the longest', twice(lasting(22)), true],
    ['more than a tenth longer', twice(lasting(22.1)), false],
    ['a tenth shorter than the shortest', twice(lasting(9.1)), true],
    ['more than a tenth shorter', twice(lasting(9.09)), false],
    ['half of those that were answered', [...twice(lasting(15)), ...twice(lasting(3))], true],
    ['less than half', [...twice(lasting(15)), ...twice(lasting(3)), lasting(4)], false],
    ['at another point', twice(lasting(15, { point: 1 })), false],
    ['of another client', twice(lasting(15, { client: '10.244.1.6:1' })), false],
    ['to another server', twice(lasting(15, { server: '10.244.2.8:80' })), false],
    ['to another port', twice(lasting(15, { server: '10.244.2.7:81' })), false],
    ['without a request', twice(lasting(15, {}, [0, 100])), false],
    ['without an answer', twice(lasting(15, {}, [100, 0])), false],
    ['an octet each', twice(lasting(15, {}, [1, 1])), true],
  ])('%s', (_, answered, expected) => expect(stays(answered)).toBe(expected));
});
