import { describe, expect, test } from 'vitest';
import { fragmentIsLost } from '../../../../src/heuristics/facts/counter/fragments.ts';
import {
  capture,
  connection,
  datagram,
  type EvidenceParts,
  evidence,
  fragmented,
  point,
} from '../../../support/evidence.ts';

type Parts = NonNullable<Parameters<typeof connection>[0]>;
const answer = (some: Parameters<typeof fragmented>[0] = {}, parts: EvidenceParts = {}) => {
  const one = fragmented(some);
  return fragmentIsLost(evidence({ ...parts, fragments: [one, ...(parts.fragments ?? [])] }), one);
};
const [CLIENT, SERVER] = ['10.244.1.5', '10.244.2.7'];

test('nothing refutes it', () => {
  expect(answer()).toBe('passed');
  expect(answer({}, { points: [point({ quality: { gapOctets: 20, tcpOctets: 80 } })] })).toBe('refuted');
});

describe('a segment of TCP', () => {
  const tcp = { sourcePort: 40000, destinationPort: 80, seq: 1000 };
  const carried = (some: Parts = {}, other: Parameters<typeof fragmented>[0] = {}) =>
    answer({ protocol: 6, tcp, ...other }, { connections: [connection({ toClient: { ackHigh: 1001 }, ...some })] });
  test.each<[name: string, some: Parts, other: Parameters<typeof fragmented>[0], expected: string]>([
    ['acknowledged', {}, {}, 'refuted'],
    ['in the tunnel around it', {}, { outer: true }, 'passed'],
    ['without its first fragment', {}, { tcp: null }, 'unchecked'],
    ['not acknowledged', { toClient: { ackHigh: 1000 } }, {}, 'passed'],
    [
      'acknowledged beyond the end of numbers',
      { toClient: { ackHigh: 5 } },
      { tcp: { ...tcp, seq: 2 ** 32 - 5 } },
      'refuted',
    ],
    ['what is acknowledged is unknown', { toClient: { ackHigh: null } }, {}, 'passed'],
    ['the other direction is acknowledged', { toClient: {}, toServer: { ackHigh: 1001 } }, {}, 'passed'],
    ['at another point', { point: 1 }, {}, 'passed'],
    ['of another client', { client: '10.244.1.6:40000' }, {}, 'passed'],
    ['of another port', { client: `${CLIENT}:40001` }, {}, 'passed'],
    ['to another server', { server: '10.244.2.8:80' }, {}, 'passed'],
    ['to another port', { server: `${SERVER}:81` }, {}, 'passed'],
  ])('%s', (_, some, other, expected) => expect(carried(some, other)).toBe(expected));
  const back = { source: SERVER, destination: CLIENT, tcp: { sourcePort: 80, destinationPort: 40000, seq: 1000 } };
  const fromServer = { toClient: {}, toServer: { ackHigh: 1001 } };
  test.each<[name: string, some: Parts, expected: string]>([
    ['acknowledged', fromServer, 'refuted'],
    ['not acknowledged', { toClient: {}, toServer: { ackHigh: 1000 } }, 'passed'],
    ['the other direction is acknowledged', {}, 'passed'],
    ['from another server', { ...fromServer, server: '10.244.2.8:80' }, 'passed'],
    ['from another port', { ...fromServer, server: `${SERVER}:81` }, 'passed'],
    ['to another client', { ...fromServer, client: '10.244.1.6:40000' }, 'passed'],
    ['to another port', { ...fromServer, client: `${CLIENT}:40001` }, 'passed'],
  ])('of the server: %s', (_, some, expected) => expect(carried(some, back)).toBe(expected));
});

describe('another device of the host has the rest', () => {
  const points = [
    point({ host: 'a' }),
    point({ host: 'a', capture: 1 }),
    point({ host: 'b', capture: 2 }),
    point({ capture: 3 }),
  ];
  const captures = [capture(), capture(), capture(), capture()];
  const beside = (some: Parameters<typeof fragmented>[0] = {}, own: Parameters<typeof fragmented>[0] = {}) =>
    answer(own, { points, captures, fragments: [fragmented({ point: 1, hasFirst: false, ...some })] });
  test.each<
    [name: string, some: Parameters<typeof fragmented>[0], own: Parameters<typeof fragmented>[0], expected: string]
  >([
    ['so', {}, {}, 'refuted'],
    ['at the same device', { point: 0 }, {}, 'passed'],
    ['of another host', { point: 2 }, {}, 'passed'],
    ['hosts are unknown', { point: 0 }, { point: 3 }, 'passed'],
    ['the same part', { hasFirst: true }, {}, 'passed'],
    ['of another datagram', { ipId: 2 }, {}, 'passed'],
    ['of another source', { source: '10.244.1.6' }, {}, 'passed'],
    ['to another destination', { destination: '10.244.2.8' }, {}, 'passed'],
    ['of another protocol', { protocol: 1 }, {}, 'passed'],
  ])('%s', (_, some, own, expected) => expect(beside(some, own)).toBe(expected));
  test('two unknown hosts are not one', () =>
    expect(
      answer(
        {},
        { points: [point(), point({ capture: 1 })], captures, fragments: [fragmented({ point: 1, hasFirst: false })] },
      ),
    ).toBe('passed'));
});

describe('its request was answered', () => {
  type Flow = Parameters<typeof datagram>[0];
  const flow = (some: Flow = {}) =>
    datagram({ client: `${CLIENT}:1`, server: `${SERVER}:2`, sent: [0, 1], back: [0.1, 1.1], ...some });
  const of = (datagrams: ReturnType<typeof datagram>[], some: Parameters<typeof fragmented>[0] = {}) =>
    answer(some, { datagrams });
  test.each<
    [name: string, flows: ReturnType<typeof datagram>[], some: Parameters<typeof fragmented>[0], expected: string]
  >([
    ['each', [flow()], {}, 'refuted'],
    ['fewer than requests', [flow({ packets: [3, 2] })], {}, 'passed'],
    [
      'one is missing between',
      [flow({ unanswered: { requests: 1, packets: [], answersAgain: 0, longestAnswer: 0, shortestWait: 0 } })],
      {},
      'passed',
    ],
    [
      'one is missing at the end',
      [flow({ sinceAnswer: { packets: 1, octets: 1, first: { packet: 1, time: 1 } } })],
      {},
      'passed',
    ],
    ['one of two flows', [flow(), flow({ client: `${CLIENT}:3`, back: [] })], {}, 'passed'],
    ['no flow', [], {}, 'passed'],
    ['another point', [flow({ point: 1 })], {}, 'passed'],
    ['another source', [flow({ client: '10.244.1.6:1' })], {}, 'passed'],
    ['another destination', [flow({ server: '10.244.2.8:2' })], {}, 'passed'],
    ['without its first fragment', [flow()], { hasFirst: false }, 'passed'],
    ['in the tunnel around it', [flow()], { outer: true }, 'passed'],
  ])('%s', (_, flows, some, expected) => expect(of(flows, some)).toBe(expected));
});
