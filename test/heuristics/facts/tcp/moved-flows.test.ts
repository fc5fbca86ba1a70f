import { describe, expect, test } from 'vitest';
import type { TcpDirection } from '../../../../src/flows/evidence/evidence.ts';
import { movedFlows } from '../../../../src/heuristics/facts/tcp/moved-flows.ts';
import {
  capture,
  connection,
  type EvidenceParts,
  evidence,
  icmpError,
  point,
  quoted,
  ref,
  reset,
} from '../../../support/evidence.ts';
import { pause } from '../../../support/segment-items.ts';

type Parts = NonNullable<Parameters<typeof connection>[0]>;
type Side = Partial<TcpDirection>;
const SERVER = '10.244.2.7:80';
const client = (port: number) => `10.244.1.5:${port}`;
const told = (parts: EvidenceParts): string[] =>
  movedFlows(evidence(parts)).map(
    ({ server, ends, before, openedSince }) =>
      `${server}: ${ends.map(({ conversation }) => conversation)}${before.length > 0 ? ` before at ${before.map((one) => `${one.point}:${one.client.port}`)}` : ''}, ${openedSince} since`,
  );
const strange = (time: number) => reset(time, 1, { hasAck: false, seq: 101 });

describe('busy connections that end together at one place', () => {
  /** Began at 1 s; data every 4.5 s, the last at 10 s is answered by a stranger. */
  const forgotten = (port: number, at = 10, some: Parts = {}, segments = 3) =>
    connection(
      {
        client: client(port),
        syn: [1],
        synAck: [1.001],
        resets: [strange(at + 0.1)],
        ...some,
        toServer: { unackedSince: ref(at), ackHigh: 101, dataSegments: segments },
        toClient: { ackHigh: 101, payloadOctets: 100 },
      },
      { established: true },
    );
  const opened = (at: number, some: Parts = {}) =>
    connection({ client: client(9), syn: [at], ...some }, { established: true });
  const two = [forgotten(1), forgotten(2)];
  const idle = (survived: number): Parts => ({ idleGaps: [pause(5.5, 10), pause(survived, 4)] });
  const asked = (at: number, some: Parts = {}) => connection({ client: client(8), syn: [at], ...some });
  const refused = { resets: [reset(5, 1)] };
  const points = [point(), point({ capture: 1 })];
  test.each<[name: string, parts: EvidenceParts, expected: string]>([
    ['so', { connections: [...two, opened(20)] }, `${SERVER}: 0,1, 1 since`],
    ['two opened', { connections: [...two, opened(20), opened(30, { client: client(7) })] }, `${SERVER}: 0,1, 2 since`],
    ['none opened', { connections: two }, ''],
    ['opened in that moment', { connections: [...two, opened(10)] }, ''],
    ['opened just after it', { connections: [...two, opened(10.01)] }, `${SERVER}: 0,1, 1 since`],
    ['opened to another port', { connections: [...two, opened(20, { server: '10.244.2.7:81' })] }, ''],
    [
      'opened at another point',
      { points, captures: [capture(), capture()], connections: [...two, opened(20, { point: 1 })] },
      '',
    ],
    ['not opened', { connections: [...two, opened(20, { handshakeAck: null })] }, ''],
    ['opened before the capture', { connections: [...two, opened(20, { syn: [] })] }, ''],
    ['one alone', { connections: [forgotten(1), opened(20)] }, ''],
    ['of two servers', { connections: [forgotten(1), forgotten(2, 10, { server: '10.244.2.8:80' }), opened(20)] }, ''],
    [
      'one had a pause, two had none',
      { connections: [forgotten(3, 10, idle(1)), ...two, opened(20)] },
      `${SERVER}: 1,2, 1 since`,
    ],
    ['both had a pause', { connections: [forgotten(1, 10, idle(4.9)), forgotten(2, 10, idle(4.9)), opened(20)] }, ''],
    [
      'pauses are their rhythm',
      { connections: [forgotten(1, 10, idle(5)), forgotten(2, 10, idle(5)), opened(20)] },
      `${SERVER}: 0,1, 1 since`,
    ],
    // 12 s after the beginning in 19 steps: three of them are 2 s.
    [
      'within three steps',
      { connections: [forgotten(1), forgotten(2, 12, { syn: [0] }, 19), opened(20)] },
      `${SERVER}: 0,1, 1 since`,
    ],
    ['later', { connections: [forgotten(1), forgotten(2, 12, { syn: [0] }, 20), opened(20)] }, ''],
    ['unanswered at that time: it was down', { connections: [...two, opened(20), asked(1)] }, ''],
    ['refused at that time', { connections: [...two, opened(20), asked(5, refused)] }, ''],
    [
      'rejected at that time',
      {
        connections: [...two, opened(20), asked(5)],
        icmpErrors: [icmpError(6, { quoted: quoted({ protocol: 6, source: client(8), destination: SERVER }) })],
      },
      '',
    ],
    ['unanswered before', { connections: [...two, opened(20), asked(0.9)] }, `${SERVER}: 0,1, 1 since`],
    [
      'another one was unanswered',
      { connections: [...two, opened(20), asked(5, { server: '10.244.2.8:80' })] },
      `${SERVER}: 0,1, 1 since`,
    ],
  ])('%s', (_, parts, expected) => expect(told(parts)).toEqual(expected === '' ? [] : [expected]));
});

describe('one host has the connection up to an octet, another gets what follows', () => {
  const points = [point({ host: 'a' }), point({ host: 'b', capture: 1 })];
  const captures = [capture(), capture()];
  /** Octets from number 1000 to 1100. */
  const earlier = (port: number, mine: Side = {}, other: Side = {}, some: Parts = {}) =>
    connection(
      { client: client(port), ...some, toServer: { seqLow: 1000, seqHigh: 1100, ...mine }, toClient: other },
      { established: true },
    );
  /** Data from 1100 to 1200, which nobody knows. */
  const later = (port: number, mine: Side = {}) =>
    connection({
      client: client(port),
      point: 1,
      rolesFrom: 'guess',
      resets: [strange(10.5)],
      toServer: { packets: 1, dataSegments: 1, first: ref(10), ackHigh: 101, seqLow: 1100, seqHigh: 1200, ...mine },
    });
  const judged = (mine: Side = {}, other: Side = {}, some: Parts = {}, next: Side = {}, at: EvidenceParts = {}) =>
    told({
      points,
      captures,
      connections: [earlier(1, mine, other, some), earlier(2, mine, other, some), later(1, next), later(2, next)],
      ...at,
    });
  const found = [`${SERVER}: 2,3 before at 0:1,0:2, 0 since`];
  const apart = (a: string | null, b: string | null): EvidenceParts => ({
    points: [point({ host: a }), point({ host: b, capture: 1 })],
  });
  test.each<[name: string, mine: Side, other: Side, some: Parts, next: Side, isFound: boolean]>([
    ['so', {}, {}, {}, {}, true],
    ['the server sent nothing before', {}, { dataSegments: 0 }, {}, {}, false],
    ['it was reset before', {}, {}, { resets: [reset(5, 0)] }, {}, false],
    ['from the first octet on', {}, {}, {}, { seqLow: 1000 }, true],
    ['from an earlier one', {}, {}, {}, { seqLow: 999 }, false],
    ['octets between are missing', {}, {}, {}, { seqLow: 1101 }, false],
    ['nothing new', {}, {}, {}, { seqHigh: 1100 }, false],
    ['one new octet', {}, {}, {}, { seqHigh: 1101 }, true],
    ['numbers wrap', { seqLow: 2 ** 32 - 100, seqHigh: 20 }, {}, {}, { seqLow: 20, seqHigh: 50 }, true],
    ['the first octet before is unknown', { seqLow: null }, {}, {}, {}, false],
    ['the last octet before is unknown', { seqHigh: null }, {}, {}, {}, false],
    ['the first octet here is unknown', {}, {}, {}, { seqLow: null }, false],
    ['the last octet here is unknown', {}, {}, {}, { seqHigh: null }, false],
    ['another socket', {}, {}, { server: '10.244.2.7:81' }, {}, false],
  ])('%s', (_, mine, other, some, next, isFound) => {
    expect(judged(mine, other, some, next)).toEqual(isFound ? found : []);
  });
  test('two hosts, and both are known', () => {
    expect(judged({}, {}, {}, {}, apart('a', 'a'))).toEqual([]);
    expect(judged({}, {}, {}, {}, apart(null, 'b'))).toEqual([]);
    expect(judged({}, {}, {}, {}, apart('a', null))).toEqual([]);
  });
  test('what a server sent is not followed', () => {
    const turned = (one: ReturnType<typeof connection>): ReturnType<typeof connection> => ({
      ...one,
      directions: [one.directions[1], one.directions[0]],
      resets: one.resets.map((event) => ({ ...event, direction: 0 })),
    });
    const four = [earlier(1), earlier(2), later(1), later(2)].map(turned);
    expect(told({ points, captures, connections: four })).toEqual([]);
  });
  test('told once for a server, and with what opened since', () => {
    const opened = connection({ client: client(9), syn: [20], point: 1 }, { established: true });
    expect(told({ points, captures, connections: [earlier(1), earlier(2), later(1), later(2), opened] })).toEqual([
      `${SERVER}: 2,3 before at 0:1,0:2, 1 since`,
    ]);
  });
});
