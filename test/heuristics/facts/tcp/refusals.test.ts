import { describe, expect, test } from 'vitest';
import type { Connection, Conversation, Endpoint } from '../../../../src/flows/evidence/evidence.ts';
import { type Attempt, attemptsOf } from '../../../../src/heuristics/facts/attempts.ts';
import {
  hasFallback,
  listensLater,
  peersConnectBack,
  refusalPackets,
  refusedSyns,
  synsOf,
  targetOf,
} from '../../../../src/heuristics/facts/tcp/refusals.ts';
import { connection, endpoint, evidence, point, reset } from '../../../support/evidence.ts';

type Parts = NonNullable<Parameters<typeof connection>[0]>;
const refused = (time: number, some: Parts = {}): Connection =>
  connection({ client: `10.244.1.5:${41000 + time}`, syn: [time], resets: [reset(time + 0.001, 1)], ...some });
const served = (time: number, some: Parts = {}): Connection =>
  connection({ client: `10.244.1.5:${42000 + time}`, syn: [time], synAck: [time + 0.001], ...some });

/** All attempts, and those of them that were refused. */
function attempts(...all: Connection[]): [Attempt[], Attempt[]] {
  const found = attemptsOf(evidence({ points: [point(), point()], connections: all }));
  return [found, found.filter(({ outcome }) => outcome === 'refused')];
}

describe('a port that listens later', () => {
  test.each<[string, Connection[], boolean]>([
    ['served after both refusals', [refused(0), refused(1), served(2)], true],
    ['refusals in any order', [refused(1), refused(0), served(2)], true],
    ['never served', [refused(0)], false],
    ['served before the last refusal', [refused(0), refused(3), served(2)], false],
    ['served before it and after it', [refused(0), refused(3), served(2), served(4)], false],
    ['another attempt is not answered', [refused(0), connection({ syn: [2] })], false],
    ['another port is served', [refused(0), served(2, { server: '10.244.2.7:81' })], false],
    ['another host is served', [refused(0), served(2, { server: '10.244.2.8:80' })], false],
    ['served, and the SYN was not captured', [refused(0), served(2, { syn: [] })], false],
    ['another one was served before, without its SYN', [refused(0), served(2), served(-1, { syn: [] })], true],
  ])('%s', (_, all, expected) => {
    expect(listensLater(...attempts(...all))).toBe(expected);
  });
});

describe('the host that refused connects to the same port of the client', () => {
  const bgp = { client: '10.244.1.5:50000', server: '10.244.2.7:179' };
  const back = (some: Parts = {}): Connection =>
    connection({ client: '10.244.2.7:50001', server: '10.244.1.5:179', syn: [2], synAck: [2.001], ...some });
  test.each<[string, Connection[], boolean]>([
    ['so', [refused(0, bgp), back()], true],
    ['refused twice', [refused(0, bgp), refused(1, { ...bgp, client: '10.244.1.5:50002' }), back()], true],
    [
      'refused three times',
      [refused(0, bgp), ...[1, 2].map((at) => refused(at, { ...bgp, client: `10.244.1.5:5001${at}` })), back()],
      false,
    ],
    ['not answered', [refused(0, bgp), back({ synAck: [] })], false],
    ['before it was refused', [refused(0, bgp), back({ syn: [-1], synAck: [-0.999] })], false],
    ['its SYN was not captured', [refused(0, bgp), back({ syn: [] })], false],
    ['to another port', [refused(0, bgp), back({ server: '10.244.1.5:180' })], false],
    ['to another host', [refused(0, bgp), back({ server: '10.244.1.6:179' })], false],
    ['from another host', [refused(0, bgp), back({ client: '10.244.2.8:50001' })], false],
    ['seen elsewhere', [refused(0, bgp), back({ point: 1 })], false],
  ])('%s', (_, all, expected) => {
    expect(peersConnectBack(...attempts(...all))).toBe(expected);
  });
});

describe('localhost of the other address family', () => {
  const at = (address: string): Endpoint => ({ address, port: 80 });
  test.each<[string, Endpoint, Connection, boolean]>([
    ['::1 and then 127.0.0.1', at('::1'), served(1, { server: '127.0.0.1:80' }), true],
    ['127.0.0.1 and then ::1', at('127.0.0.1'), served(1, { server: '[::1]:80' }), true],
    ['another port', at('::1'), served(1, { server: '127.0.0.1:81' }), false],
    ['the same address', at('127.0.0.1'), served(1, { server: '127.0.0.1:80' }), false],
    ['not answered', at('::1'), connection({ server: '127.0.0.1:80', syn: [1] }), false],
    ['another host answers', at('::1'), served(1, { server: '10.0.0.1:80' }), false],
    ['another host was asked', at('10.0.0.1'), served(1, { server: '127.0.0.1:80' }), false],
  ])('%s', (_, asked, answered, expected) => {
    expect(hasFallback(attempts(answered)[0], asked)).toBe(expected);
  });
});

test('SYNs, and those that a reset answers', () => {
  const [, group] = attempts(
    refused(0, { syn: [0, 1, 3], resets: [reset(0.001, 1), reset(1.001, 1)] }),
    refused(9, { syn: [9], resets: [reset(9.001, 1), reset(9.002, 1)] }),
  );
  expect(synsOf(group)).toBe(4);
  expect(refusedSyns(group)).toBe(3);
  expect(refusedSyns([{ ...group[0], connection: { ...group[0].connection, resets: [] } }])).toBe(1);
  expect(refusalPackets(group[0]).map(({ packet, point: at }) => [at, packet])).toEqual([
    [0, 1],
    [0, 2],
  ]);
});

test('where all were translated to one pod', () => {
  const of = (server: string, before: string | null): Conversation => ({
    ...evidence({ connections: [connection()] }).conversations[0],
    server: endpoint(server),
    serverBeforeNat: before === null ? null : endpoint(before),
  });
  const pod = of('10.244.2.7:80', '10.96.0.20:80');
  expect(targetOf([pod, pod])).toEqual({ address: '10.244.2.7', port: 80 });
  expect(targetOf([pod, of('10.244.2.7:80', null)])).toBeNull();
  expect(targetOf([pod, of('10.244.2.8:80', '10.96.0.20:80')])).toBeNull();
  expect(targetOf([pod, of('10.244.2.7:81', '10.96.0.20:80')])).toBeNull();
});
