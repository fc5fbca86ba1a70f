import { describe, expect, test } from 'vitest';
import type { IcmpError } from '../../../src/flows/evidence/evidence.ts';
import { icmpGroups } from '../../../src/heuristics/facts/icmp-findings.ts';
import { connection, datagram, type EvidenceParts, echo, evidence, icmpError, quoted } from '../../support/evidence.ts';

const [CLIENT, SERVER, ROUTER] = ['10.244.1.5', '10.244.2.7', '10.244.1.1'];
const HOST = { type: 3, code: 1 };
const about = (time: number, some: Partial<IcmpError> = {}, quotes: Partial<Parameters<typeof quoted>[0]> = {}) =>
  icmpError(time, {
    from: ROUTER,
    to: CLIENT,
    ...HOST,
    quoted: quoted({ source: `${CLIENT}:4000`, destination: `${SERVER}:80`, protocol: 6, ...quotes }),
    ...some,
  });
const all = () => true;

describe('attempts without an error between the same two, as errors are limited', () => {
  const syn = (port: number, some: Parameters<typeof connection>[0] = {}) =>
    connection({ client: `${CLIENT}:${port}`, server: `${SERVER}:80`, syn: [0], ...some });
  const reached = (parts: EvidenceParts, error: Partial<IcmpError> = HOST, quotes: Parameters<typeof about>[2] = {}) =>
    icmpGroups(
      evidence({
        ...parts,
        connections: [syn(4000), ...(parts.connections ?? [])],
        icmpErrors: [about(1, error, quotes)],
      }),
      all,
    )[0].conversations;
  const [closed, prohibited] = [{ code: 3 }, { code: 13 }];
  test.each<[name: string, parts: EvidenceParts, error: Partial<IcmpError>, expected: number[]]>([
    ['no other', {}, HOST, [0]],
    ['another port of the client', { connections: [syn(4001)] }, HOST, [0, 1]],
    ['another port of the client, for a port', { connections: [syn(4001)] }, closed, [0, 1]],
    ['another port of the server, for a route', { connections: [syn(4001, { server: `${SERVER}:81` })] }, HOST, [0, 1]],
    ['another port of the server, for a port', { connections: [syn(4001, { server: `${SERVER}:81` })] }, closed, [0]],
    [
      'another port of the server, for a filter',
      { connections: [syn(4001, { server: `${SERVER}:81` })] },
      prohibited,
      [0],
    ],
    ['answered', { connections: [syn(4001, { synAck: [0.1] })] }, HOST, [0]],
    ['of another client', { connections: [syn(4001, { client: '10.244.1.6:1' })] }, HOST, [0]],
    ['from the server', { connections: [syn(4001, { client: `${SERVER}:80`, server: `${CLIENT}:1` })] }, HOST, [0]],
    [
      'datagrams, for a route',
      { datagrams: [datagram({ client: `${CLIENT}:1`, server: `${SERVER}:80` })] },
      HOST,
      [0, 1],
    ],
    [
      'datagrams, for a port',
      { datagrams: [datagram({ client: `${CLIENT}:1`, server: `${SERVER}:80` })] },
      closed,
      [0],
    ],
    [
      'datagrams that are answered',
      { datagrams: [datagram({ client: `${CLIENT}:1`, server: `${SERVER}:80`, back: [1] })] },
      HOST,
      [0],
    ],
    ['an echo', { echoes: [echo({ source: CLIENT, destination: SERVER, reply: null })] }, HOST, [0, 1]],
    ['an echo that is answered', { echoes: [echo({ source: CLIENT, destination: SERVER })] }, HOST, [0]],
    ['a reset is an answer', { connections: [syn(4001, { toClient: { packets: 1 } })] }, HOST, [0]],
  ])('%s', (_, parts, error, expected) => expect(reached(parts, error)).toEqual(expected));
  test.each([0, 1, 5, 6, 7, 11, 12])('code %s of ICMP is about a route', (code) =>
    expect(reached({ connections: [syn(4001, { server: `${SERVER}:81` })] }, { code })).toEqual([0, 1]),
  );
  test.each([2, 3, 4, 8, 9, 10, 13])('code %s of ICMP is not', (code) =>
    expect(reached({ connections: [syn(4001, { server: `${SERVER}:81` })] }, { code })).toEqual([0]),
  );
  test.each<[code: number, expected: number[]]>([
    [0, [0, 1]],
    [1, [0]],
    [2, [0, 1]],
    [3, [0, 1]],
    [4, [0]],
  ])('code %s of ICMPv6', (code, expected) =>
    expect(reached({ connections: [syn(4001, { server: `${SERVER}:81` })] }, { version: 6, type: 1, code })).toEqual(
      expected,
    ),
  );
  test('none where the quoted packet is in no conversation', () =>
    expect(reached({ connections: [syn(4001)] }, HOST, { source: `${CLIENT}:1` })).toEqual([]));
});
