import { describe, expect, test } from 'vitest';
import { NextDevice, type Passage } from '../../../../src/flows/correlate/paths/next-device.ts';
import { connection, type EvidenceParts, evidence, hostActivity, point } from '../../../support/evidence.ts';

const passage = (some: Partial<Passage>): Passage => ({
  point: 0,
  depth: 0,
  source: '10.244.1.5',
  destination: '10.244.2.7',
  port: 80,
  isNic: false,
  wireSource: some.source ?? '10.244.1.5',
  wireDestination: some.destination ?? '10.244.2.7',
  ...some,
});
/** Each host has its own clock. */
const devices = (parts: EvidenceParts) => {
  const all = evidence(parts);
  return new NextDevice(all, (at) => Number(all.points[at].host?.slice(-1)));
};

describe('out of a host', () => {
  const host = devices({
    points: [point({ host: 'node1', role: 'bridge' }), point({ host: 'node1', role: 'tunnel-device' })],
  });

  test.each([
    ['to a pod of another node: the tunnel device', '10.244.2.7', 1],
    ['to a pod of the same subnet', '10.244.1.9', -1],
    ['to another range', '10.245.2.7', -1],
    ['to another range that differs in the first number', '192.244.2.7', -1],
  ])('%s', (_, destination, next) => expect(host.after(passage({ destination }), false)).toBe(next));
});

describe('from NIC to NIC, addressed by MAC', () => {
  const MAC = '02:00:00:00:00:07';
  const own = hostActivity('192.168.0.2', { point: 1, sent: 9, received: 0, macs: [{ value: MAC, count: 9 }] });
  const framed = connection({ server: '10.250.9.9:80', toServer: { destinationMacs: [{ value: MAC, count: 9 }] } });
  const next = (...hosts: (typeof own)[]) =>
    devices({
      points: ['node1', 'node2'].map((host, capture) => point({ host, role: 'node-nic', capture })),
      hosts,
      connections: [framed],
    }).after(passage({ destination: '10.250.9.9', isNic: true }), null);

  test('the NIC whose own address sends with that MAC', () => expect(next(own)).toBe(1));
  test('unknown where two addresses are equally busy: which is its own cannot be told', () =>
    expect(next(own, hostActivity('192.168.0.9', { point: 1, sent: 9, received: 0 }))).toBe(-1));
});
