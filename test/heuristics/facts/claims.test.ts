import { describe, expect, test } from 'vitest';
import type { CapturePoint } from '../../../src/flows/evidence/evidence.ts';
import { nicsCaptured, wasNeverHeard } from '../../../src/heuristics/facts/claims.ts';
import { indexOf } from '../../../src/heuristics/facts/evidence-index.ts';
import { inOrder, isLater } from '../../../src/heuristics/facts/packet-order.ts';
import {
  arp,
  capture,
  connection,
  datagram,
  dns,
  type EvidenceParts,
  echo,
  evidence,
  hostActivity,
  point,
} from '../../support/evidence.ts';

test.each<[name: string, parts: EvidenceParts, expected: boolean]>([
  ['nothing', {}, true],
  ['a host that sends', { hosts: [hostActivity('10.0.0.2', { sent: 1 })] }, false],
  ['a host that only receives', { hosts: [hostActivity('10.0.0.2', { sent: 0 })] }, true],
  ['another host', { hosts: [hostActivity('10.0.0.3')] }, true],
  ['a server that answers', { connections: [connection({ server: '10.0.0.2:80', toClient: { packets: 1 } })] }, false],
  ['a server that does not', { connections: [connection({ server: '10.0.0.2:80', toServer: { packets: 1 } })] }, true],
  ['another server', { connections: [connection({ server: '10.0.0.3:80', toClient: { packets: 1 } })] }, true],
])('an address was never heard: %s', (_, parts, expected) =>
  expect(wasNeverHeard(evidence(parts), '10.0.0.2')).toBe(expected),
);

describe('which interfaces of two hosts were captured', () => {
  const at = (host: string | null, role: CapturePoint['role'] = 'pod-veth') => point({ host, role });
  const nic = (host: string | null) => at(host, 'node-nic');
  test.each<[name: string, points: CapturePoint[], between: number[], expected: 'none' | 'some' | 'both']>([
    ['neither', [at('a'), at('b')], [0, 1], 'none'],
    ['both themselves', [nic('a'), at('b', 'host-nic')], [0, 1], 'both'],
    ['one itself', [nic('a'), at('b')], [0, 1], 'some'],
    ['both by other points', [at('a'), at('b'), nic('a'), nic('b')], [0, 1], 'both'],
    ['one by another point', [at('a'), at('b'), nic('a')], [0, 1], 'some'],
    ['that of a third host', [at('a'), at('b'), nic('c')], [0, 1], 'none'],
    ['that of an unknown host', [at('a'), at('b'), nic(null)], [0, 1], 'none'],
    ['one host is unknown, and there is a NIC', [at(null), at('b'), nic('c')], [0, 1], 'some'],
    ['one host is unknown, and there is none', [at(null), at('b')], [0, 1], 'none'],
    ['both are unknown, and there is a NIC', [at(null), at(null), nic(null)], [0, 1], 'some'],
  ])('%s', (_, points, between, expected) => expect(nicsCaptured(evidence({ points }), between)).toBe(expected));
});

test('packets are in order of time, and of their numbers in one moment', () => {
  const at = (time: number, packet: number) => ({ time, packet });
  expect([at(2, 1), at(1, 9), at(1, 3)].sort(inOrder)).toEqual([at(1, 3), at(1, 9), at(2, 1)]);
  expect([
    isLater(at(2, 1), at(1, 9)),
    isLater(at(1, 9), at(1, 3)),
    isLater(at(1, 3), at(1, 3)),
    isLater(at(1, 9), at(2, 1)),
  ]).toEqual([true, true, false, false]);
});

test('what belongs to a conversation', () => {
  const [near, far] = [connection(), connection({ point: 1 })];
  const [sent, other] = [datagram(), datagram({ client: '10.0.0.9:9' })];
  const asked = dns({ queries: [0] });
  const all = evidence({
    points: [point(), point({ capture: 1, quality: { lastTime: 7 } })],
    captures: [capture(), capture()],
    connections: [near, far],
    datagrams: [sent, other],
    echoes: [echo(), echo({ sequence: 2, request: 1 }), echo({ point: 1, flow: 99 })],
    dns: [asked],
    arp: [arp()],
    paths: [{ of: [near, far] }],
  });
  const index = indexOf(all);
  const [tcp, udp] = all.conversations;
  const lookup = index.conversationOfFlow(all.dns[0].point, all.dns[0].flow);
  expect(index.connections(tcp)).toEqual(all.connections);
  expect(index.connections(udp)).toEqual([]);
  expect(index.datagrams(udp)).toEqual([all.datagrams[0]]);
  expect(index.datagrams(tcp)).toEqual([]);
  expect(index.tcp).toEqual([tcp]);
  expect(index.conversationOf('tcp', 1)).toBe(tcp);
  expect(index.conversationOf('datagram', 0)).toBe(udp);
  expect(index.conversationOf('tcp', 2)).toBeUndefined();
  expect(lookup !== undefined && index.dns(lookup)).toEqual(all.dns);
  expect(index.dns(tcp)).toEqual([]);
  const pings = all.conversations.filter((one) => index.echoes(one).length > 0);
  expect(pings.map((one) => index.echoes(one).length)).toEqual([2, 1]);
  expect(index.conversationOfFlow(1, 12345)).toBeUndefined();
  expect([index.endOf(0), index.endOf(1)]).toEqual([60, 7]);
});
