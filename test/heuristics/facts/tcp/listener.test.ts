import { describe, expect, test } from 'vitest';
import {
  aliveAfter,
  type Listener,
  listenersOf,
  openAcross,
  openedBetween,
  silentTail,
  wasIgnored,
  wasNotAccepted,
} from '../../../../src/heuristics/facts/tcp/listener.ts';
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

const sending = { packets: 4, dataSegments: 1 };
const withSynAcks = (...synAck: number[]): boolean =>
  wasNotAccepted(connection({ syn: [0], synAck, handshakeAck: ref(0.002), toServer: sending }));

test('a SYN-ACK again after its acknowledgement shows a full accept queue, one alone or none captured does not', () => {
  expect(withSynAcks(0.001, 1.001)).toBe(true);
  expect(withSynAcks(0.001)).toBe(false);
  expect(withSynAcks(0.003)).toBe(false);
  expect(withSynAcks()).toBe(false);
});

test('a connection was open at a moment only when its handshake was over before it', () => {
  const opened = (syn: number, handshakeAck: number | null) =>
    connection({
      syn: [syn],
      handshakeAck: handshakeAck === null ? null : ref(handshakeAck),
      toClient: { last: ref(9) },
    });
  const across = (...connections: ReturnType<typeof opened>[]) =>
    openAcross(
      { attempts: connections.map((one) => ({ outcome: 'answered', connection: one })) } as unknown as Listener,
      5,
    ).map(({ connection: { syn } }) => syn[0].time);
  expect(across(opened(1, 1.1), opened(2, 5.5), opened(3, null), opened(6, 6.1), opened(4, 5))).toEqual([1]);
});

type Parts = NonNullable<Parameters<typeof connection>[0]>;
const tried = (at: number, some: Parts = {}) => connection({ client: `10.244.1.5:${1000 + at}`, syn: [at], ...some });

describe('listeners to which several connections were tried', () => {
  const told = (parts: EvidenceParts) =>
    listenersOf(evidence({ points: [point(), point({ capture: 1 })], captures: [capture(), capture()], ...parts })).map(
      ({ point: at, address, port, attempts, openedBesides }) =>
        `${at} ${address}:${port}: ${attempts.map(({ connection: { syn } }) => syn[0].time)} besides ${openedBesides}`,
    );
  const found = ['0 10.244.2.7:80: 1,2 besides '];
  const besides = (times: number[], at = 0, port = 80) =>
    ({ openedLeftOut: [{ point: at, server: { address: '10.244.2.7', port }, times }] }) as EvidenceParts;
  test.each<[name: string, parts: EvidenceParts, expected: string[]]>([
    ['in the order of their SYNs', { connections: [tried(2), tried(1)] }, found],
    ['one', { connections: [tried(1)] }, []],
    ['one of two without a SYN', { connections: [tried(1), tried(2, { syn: [], synAck: [2] })] }, []],
    ['two ports', { connections: [tried(1), tried(2, { server: '10.244.2.7:81' })] }, []],
    ['two points', { connections: [tried(1), tried(2, { point: 1 })] }, []],
    [
      'one was rejected',
      {
        connections: [tried(1), tried(2)],
        icmpErrors: [
          icmpError(3, { quoted: quoted({ protocol: 6, source: '10.244.1.5:1001', destination: '10.244.2.7:80' }) }),
        ],
      },
      [],
    ],
    [
      'others are only counted',
      { connections: [tried(1), tried(2)], ...besides([5, 6]) },
      ['0 10.244.2.7:80: 1,2 besides 5,6'],
    ],
    ['others of another point', { connections: [tried(1), tried(2)], ...besides([5, 6], 1) }, found],
    ['others of another port', { connections: [tried(1), tried(2)], ...besides([5, 6], 0, 81) }, found],
  ])('%s', (_, parts, expected) => expect(told(parts)).toEqual(expected));
  test('those that are only counted, between two moments', () => {
    const listener = { openedBesides: [1, 2, 3, 4] } as unknown as Listener;
    expect(openedBetween(listener, 2, 3)).toBe(2);
    expect(openedBetween(listener, 2.1, 2.9)).toBe(0);
  });
});

test.each<[name: string, some: Parts, expected: boolean]>([
  ['no answer', { syn: [0, 1] }, true],
  ['one SYN', { syn: [0] }, false],
  ['a copy of the SYN', { syn: [0, 0.19] }, false],
  ['a fifth of a second later', { syn: [0, 0.2] }, true],
  ['answered after it', { syn: [0, 1], synAck: [1.1] }, true],
  ['answered in that moment', { syn: [0, 1], synAck: [1] }, false],
  ['answered before', { syn: [0, 1], synAck: [0.5] }, false],
  [
    'an older connection answered',
    { syn: [0, 1], toClient: { first: ref(0.1) }, resets: [reset(0.2, 0, { hasAck: false, seq: 7 })] },
    false,
  ],
])('the first SYN was ignored: %s', (_, some, expected) => expect(wasIgnored(connection(some))).toBe(expected));

test.each<[name: string, some: Parts, expected: boolean]>([
  ['so', {}, true],
  ['not acknowledged', { handshakeAck: null }, false],
  ['one SYN-ACK', { synAck: [1] }, false],
  ['a reset of the server', { toClient: { resets: 1 } }, false],
  ['before the acknowledgement', { synAck: [0.001, 0.0015] }, false],
  ['in the moment of the acknowledgement', { synAck: [0.001, 0.002] }, false],
  ['two, and the client sends nothing', { toServer: { dataSegments: 0 } }, false],
  ['three, and the client sends nothing', { toServer: { dataSegments: 0 }, synAck: [0.001, 1, 3] }, true],
  ['the server sends data', { toClient: { dataSegments: 1 } }, false],
])('the SYN-ACK again: %s', (_, some, expected) =>
  expect(
    wasNotAccepted(
      connection({ syn: [0], synAck: [0.001, 1.001], handshakeAck: ref(0.002), toServer: sending, ...some }),
    ),
  ).toBe(expected),
);

describe('the attempts after the last success', () => {
  const fine = (at: number) => tried(at, { synAck: [at + 0.1] });
  const tail = (connections: ReturnType<typeof connection>[], openedBesides: number[] = []) => {
    const all = evidence({ connections });
    const [listener] = listenersOf(all);
    return silentTail(all, { ...listener, openedBesides }).map(({ connection: { syn } }) => syn[0].time);
  };
  test.each<[name: string, connections: ReturnType<typeof connection>[], besides: number[], expected: number[]]>([
    ['two are silent', [fine(1), tried(2), tried(3)], [], [2, 3]],
    ['all are silent', [tried(2), tried(3)], [], []],
    ['none is silent', [fine(1), fine(2)], [], []],
    ['a refusal before', [fine(1), tried(2, { resets: [reset(2.1, 1)] }), tried(3)], [], []],
    ['a success after', [fine(1), tried(2), fine(3)], [], []],
    ['silent ones before and after', [tried(1), fine(2), tried(3)], [], [3]],
    ['others opened meanwhile', [fine(1), tried(2), tried(3)], [2], []],
    ['others opened before', [fine(1), tried(2), tried(3)], [1.9], [2, 3]],
    ['2 s before the end', [fine(1), tried(2), tried(58)], [], [2, 58]],
    ['later', [fine(1), tried(2), tried(58.01)], [], [2]],
  ])('%s', (_, connections, besides, expected) => expect(tail(connections, besides)).toEqual(expected));
});

test('the server still sends after a moment', () => {
  const one = (outcome: string, last: number | null) =>
    ({
      outcome,
      connection: connection({
        syn: [1],
        handshakeAck: ref(1.1),
        toClient: { last: last === null ? null : ref(last) },
      }),
    }) as never;
  const alive = (outcome: string, last: number | null) =>
    aliveAfter({ attempts: [one(outcome, last)] } as unknown as Listener, 5).length;
  expect([alive('answered', 5.1), alive('answered', 5), alive('answered', null), alive('silent', 9)]).toEqual([
    1, 0, 0, 0,
  ]);
});
