import { describe, expect, test } from 'vitest';
import { NextDevice, type Passage } from '../../../../src/flows/correlate/paths/next-device.ts';
import { arp, connection, type EvidenceParts, evidence, hostActivity, point } from '../../../support/evidence.ts';

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

describe('into a host', () => {
  const host = devices({
    points: ['bridge' as const, 'pod-veth' as const, 'tunnel-device' as const].map((role) =>
      point({ host: 'node1', role }),
    ),
    hosts: [hostActivity('10.244.2.7', { point: 1 })],
  });

  test('from the bridge to the veth of the pod, also with a tunnel inside', () => {
    expect(host.after(passage({}), true)).toBe(1);
    expect(host.after(passage({ depth: 1 }), true)).toBe(1);
  });
});

test('an address sends at a point where packets of it were captured, not where it only receives', () => {
  const hosts = [hostActivity('10.244.2.7', { sent: 3 }), hostActivity('10.244.2.8', { sent: 0, received: 3 })];
  const { sends } = { sends: (address: string) => devices({ hosts }).sends(0, address) };
  expect(['10.244.2.7', '10.244.2.8', '10.244.2.9'].map(sends)).toEqual([true, false, false]);
});

describe('from NIC to NIC, by who answers ARP', () => {
  const [ASKER, TARGET, OTHER] = ['192.168.0.1', '192.168.0.2', '192.168.0.9'];
  const next = (asker: string) =>
    devices({
      points: ['node1', 'node2'].map((host, capture) => point({ host, role: 'node-nic', capture })),
      hosts: [asker, '192.168.0.8'].map((address) => hostActivity(address, { point: 1, sent: 9 })),
      arp: [arp({ point: 1, asker, target: TARGET, answers: ['02:00:00:00:00:07'] })],
    }).after(passage({ source: ASKER, destination: TARGET, isNic: true }), null);

  test('the NIC that saw the answer to the sender has the address', () => expect(next(ASKER)).toBe(1));
  test('an answer to another host that sends there says nothing of this one', () => expect(next(OTHER)).toBe(-1));
});
