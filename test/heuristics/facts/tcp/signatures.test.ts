import { describe, expect, test } from 'vitest';
import type { HostActivity } from '../../../../src/flows/evidence/evidence.ts';
import { ignoredSignatures } from '../../../../src/heuristics/facts/tcp/signatures.ts';
import {
  arp,
  capture,
  connection,
  datagram,
  type EvidenceParts,
  echo,
  evidence,
  hostActivity,
  point,
  reset,
} from '../../../support/evidence.ts';

type Parts = NonNullable<Parameters<typeof connection>[0]>;
const [CLIENT, SERVER] = ['10.244.1.5', '10.244.2.7'];
const signed = { toServer: { signature: 'md5' as const } };
/** Signed SYNs that nothing answers. */
const syns = (port = 1, some: Parts = {}) =>
  connection({ client: `${CLIENT}:${port}`, server: `${SERVER}:179`, syn: [0, 1, 3], ...signed, ...some });
const alive = (some: Partial<HostActivity> = {}, address = SERVER) => [hostActivity(address, { lastSent: 5, ...some })];
const told = (parts: EvidenceParts, hosts: HostActivity[] = alive()) =>
  ignoredSignatures(
    evidence({ points: [point(), point({ capture: 1 })], captures: [capture(), capture()], hosts, ...parts }),
  ).map(
    ({ attempts, syns: sent, sent: mine, other, answersClient }) =>
      `${attempts.map(({ conversation }) => conversation.index)} ${sent.map(({ time }) => time).join(' ')}: ${mine} for ${other}${answersClient ? ', answers' : ''}`,
  );
const found = ['0 0 1 3: md5 for null'];

describe('SYNs that a listener ignores because of their signature', () => {
  test.each<[name: string, parts: Parts, expected: string[]]>([
    ['three', {}, found],
    ['two', { syn: [0, 1] }, []],
    ['until a second before the end', { syn: [0, 1, 59] }, ['0 0 1 59: md5 for null']],
    ['one is later', { syn: [0, 1, 59.01] }, []],
    ['refused', { resets: [reset(1, 1)] }, []],
    ['not signed, and nothing of others is known', { toServer: { signature: null } }, []],
  ])('%s', (_, some, expected) => expect(told({ connections: [syns(1, some)] })).toEqual(expected));
  test('several attempts count together', () => {
    const two = [syns(1, { syn: [0] }), syns(2, { syn: [1, 3] })];
    expect(told({ connections: two })).toEqual(['0,1 0 1 3: md5 for null']);
    expect(told({ connections: [two[0], syns(2, { server: `${SERVER}:180`, syn: [1, 3] })] })).toEqual([]);
    expect(told({ connections: [two[0], syns(2, { client: '10.244.1.6:2', syn: [1, 3] })] })).toEqual([]);
    expect(told({ connections: [two[0], syns(2, { point: 1, syn: [1, 3] })] })).toEqual([]);
    expect(told({ connections: [syns(1), syns(2, { syn: [4], synAck: [4.1] })] })).toEqual([]);
  });
  test('where absence proves nothing', () =>
    expect(told({ captures: [capture({ dropped: 50 }), capture()], connections: [syns()] })).toEqual([]));
  test.each<[name: string, hosts: HostActivity[], isAlive: boolean]>([
    ['since the first SYN', alive({ lastSent: 0 }), true],
    ['before it', alive({ lastSent: -0.1 }), false],
    ['never', alive({ lastSent: null }), false],
    ['nothing', alive({ sent: 0 }), false],
    ['at another point', alive({ point: 1 }), false],
    ['another host', alive({}, '10.244.2.8'), false],
  ])('the host sends %s', (_, hosts, isAlive) => {
    expect(told({ connections: [syns()] }, hosts)).toEqual(isAlive ? found : []);
  });
});

describe('how others sign at this port', () => {
  const other = (some: Parts = {}) =>
    connection({
      client: `${SERVER}:9`,
      server: `${CLIENT}:179`,
      syn: [9],
      synAck: [9.1],
      toServer: { signature: 'ao' },
      ...some,
    });
  const accepted = (some: Parts = {}) =>
    connection({
      client: '10.244.1.9:9',
      server: `${SERVER}:179`,
      syn: [9],
      synAck: [9.1],
      toClient: { signature: 'ao' },
      ...some,
    });
  const of = (one: ReturnType<typeof connection>, mine: Parts = {}) => told({ connections: [syns(1, mine), one] })[0];
  test('what the server sends to the same port of the client', () => {
    expect(of(other())).toBe('0 0 1 3: md5 for ao, answers');
    expect(of(other({ point: 1 }))).toBe(found[0]);
    expect(of(other({ server: `${CLIENT}:180` }))).toBe('0 0 1 3: md5 for null, answers');
    expect(of(other({ client: '10.244.2.8:9' }))).toBe(found[0]);
    expect(of(other({ server: '10.244.1.6:179' }))).toBe(found[0]);
    expect(of(other({ toServer: { signature: null }, toClient: { signature: 'ao' } }))).toBe(
      '0 0 1 3: md5 for null, answers',
    );
  });
  test('what it accepts of others there', () => {
    expect(of(accepted())).toBe('0 0 1 3: md5 for ao');
    expect(of(accepted(), { toServer: { signature: null } })).toBe('0 0 1 3: null for ao');
    expect(of(accepted({ point: 1 }))).toBe(found[0]);
    expect(of(accepted({ server: `${SERVER}:180` }))).toBe(found[0]);
    expect(of(accepted({ server: '10.244.2.8:179' }))).toBe(found[0]);
    expect(of(accepted({ toClient: { signature: null } }))).toBe(found[0]);
    expect(
      told({
        connections: [syns(), accepted({ toClient: { signature: null } }), accepted({ client: '10.244.1.8:9' })],
      }),
    ).toEqual(['0 0 1 3: md5 for ao']);
  });
});

describe('the host answers the client in something else', () => {
  const answers = (parts: EvidenceParts) =>
    told({ ...parts, connections: [syns(), ...(parts.connections ?? [])] })[0].endsWith('answers');
  const there = { client: `${CLIENT}:7`, server: `${SERVER}:5000` };
  test.each<[name: string, parts: EvidenceParts, expected: boolean]>([
    ['nothing', {}, false],
    ['a connection', { connections: [connection(there, { established: true })] }, true],
    [
      'a connection that it opens',
      { connections: [connection({ client: `${SERVER}:7`, server: `${CLIENT}:22` }, { established: true })] },
      true,
    ],
    ['a connection that it does not answer', { connections: [connection({ ...there, syn: [5] })] }, false],
    ['at another point', { connections: [connection({ ...there, point: 1 }, { established: true })] }, false],
    [
      'of another client',
      { connections: [connection({ ...there, client: '10.244.1.6:7' }, { established: true })] },
      false,
    ],
    [
      'of another server',
      { connections: [connection({ ...there, server: '10.244.2.8:7' }, { established: true })] },
      false,
    ],
    ['datagrams', { datagrams: [datagram({ ...there, back: [1] })] }, true],
    ['datagrams that it does not answer', { datagrams: [datagram(there)] }, false],
    ['an echo', { echoes: [echo({ source: CLIENT, destination: SERVER })] }, true],
    [
      'an echo that it does not answer',
      { echoes: [echo({ source: CLIENT, destination: SERVER, reply: null })] },
      false,
    ],
    [
      'an echo of another flow',
      {
        echoes: [
          echo({ source: CLIENT, destination: SERVER, reply: null }),
          echo({ source: CLIENT, destination: '10.244.2.8' }),
        ],
      },
      false,
    ],
    ['ARP', { arp: [arp({ asker: CLIENT, target: SERVER, answers: ['02:00:00:00:00:05'] })] }, false],
  ])('%s', (_, parts, expected) => expect(answers(parts)).toBe(expected));
});
