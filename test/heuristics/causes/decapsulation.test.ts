import { describe, expect, test } from 'vitest';
import type { PointRole } from '../../../src/flows/evidence/evidence.ts';
import { arrivalCauses, arrivalOf } from '../../../src/heuristics/causes/decapsulation.ts';
import { connection, datagram, type EvidenceParts, evidence, point, tunnel } from '../../support/evidence.ts';

const [OURS, PEER, OLD] = ['02:00:00:00:00:0a', '02:00:00:00:00:0b', '02:00:00:00:00:0c'];
const macs = (...values: string[]) => values.map((value) => ({ value, count: 3 }));
/** A connection at the first point whose packets go from one MAC to another. */
const from = (port: number, source: string[], destination: string[], some: Parameters<typeof connection>[0] = {}) =>
  connection({
    client: `10.244.1.5:${port}`,
    syn: [0, 1, 3],
    toServer: { sourceMacs: macs(...source), destinationMacs: macs(...destination), tunnels: [0] },
    ...some,
  });
const gone = from(4000, [PEER], [OLD]);
const arrival = (roles: [PointRole, PointRole], parts: EvidenceParts, lost = 1) => {
  const points = [...roles, 'unknown' as const].map((role, nth) => point({ name: `p${nth}`, role }));
  const all = evidence({ points, tunnels: [tunnel()], ...parts });
  return arrivalOf(all, [0, 1], all.conversations.slice(0, lost));
};

describe('the tunnel that a device would have to open', () => {
  test.each<[name: string, roles: [PointRole, PointRole], parts: EvidenceParts]>([
    ['from the NIC to the device', ['node-nic', 'tunnel-device'], { connections: [gone] }],
    ['of datagrams', ['node-nic', 'tunnel-device'], { datagrams: [datagram({ sent: [0, 1, 3], tunnels: [0] })] }],
  ])('%s', (_, roles, parts) => expect(arrival(roles, parts).tunnel).toMatchObject({ kind: 'vxlan', networkId: 1 }));

  test.each<[name: string, roles: [PointRole, PointRole], parts: EvidenceParts]>([
    ['between two devices', ['tunnel-device', 'tunnel-device'], { connections: [gone] }],
    ['from the NIC to a pod', ['node-nic', 'pod-veth'], { connections: [gone] }],
    ['the tunnel is seen at another point', ['node-nic', 'tunnel-device'], { connections: [{ ...gone, point: 2 }] }],
    [
      'a tunnel of datagrams at another point',
      ['node-nic', 'tunnel-device'],
      { datagrams: [datagram({ point: 2, sent: [0, 1, 3], tunnels: [0] })] },
    ],
    [
      'no tunnel',
      ['node-nic', 'tunnel-device'],
      { connections: [from(4000, [PEER], [OLD], { toServer: { tunnels: [] } })] },
    ],
  ])('none: %s', (_, roles, parts) => expect(arrival(roles, parts).tunnel).toBeNull());
});

describe('a MAC that is no longer that of the tunnel device', () => {
  const device: [PointRole, PointRole] = ['tunnel-device', 'pod-veth'];
  const others = [from(4001, [PEER], [OURS]), from(4002, [OURS], [PEER])];

  test('all others share another one', () =>
    expect(arrival(device, { connections: [gone, ...others] })).toEqual({
      tunnel: null,
      foreignMac: OLD,
      ownMac: OURS,
    }));
  test('others at other points have other MACs', () =>
    expect(arrival(device, { connections: [gone, ...others, from(4003, [PEER], [OLD], { point: 2 })] })).toMatchObject({
      ownMac: OURS,
    }));
  test('two lost connections', () =>
    expect(arrival(device, { connections: [gone, from(4003, [PEER], [OLD]), ...others] }, 2)).toMatchObject({
      ownMac: OURS,
    }));

  test.each<[name: string, roles: [PointRole, PointRole], connections: EvidenceParts['connections']]>([
    ['at a NIC', ['node-nic', 'pod-veth'], [gone, ...others]],
    ['one other connection is too few', device, [gone, others[0]]],
    ['all go to the MAC of the lost ones', device, [gone, from(4001, [PEER], [OLD]), from(4002, [PEER], [OLD])]],
    ['the others share none', device, [gone, others[0], from(4002, [PEER], ['02:00:00:00:00:0e'])]],
    [
      'the others share two, of other peers',
      device,
      [gone, ...[4001, 4002].map((port) => from(port, ['02:00:00:00:00:0d'], [OURS]))],
    ],
    ['the lost ones go to two MACs', device, [from(4000, [PEER], [OLD, OURS]), ...others]],
    ['the lost ones have none', device, [from(4000, [], []), ...others]],
  ])('not said: %s', (_, roles, connections = []) =>
    expect(arrival(roles, { connections })).toMatchObject({ foreignMac: null, ownMac: null }),
  );
});

test.each<[name: string, some: Parameters<typeof tunnel>[0], says: RegExp]>([
  [
    'VXLAN',
    {},
    /^no tunnel device of node2 takes VXLAN \(UDP 8472\) VNI 1 from 192\.168\.0\.1: it has another VNI, or is not there$/,
  ],
  [
    'Geneve',
    { kind: 'geneve', destinationPort: 6081 },
    /^no tunnel device of node2 takes Geneve \(UDP 6081\) VNI 1 from 192\.168\.0\.1: it has another VNI,/,
  ],
  [
    'IPIP',
    { kind: 'ipip' },
    /^no tunnel device of node2 takes IPIP \(IP protocol 4\) from 192\.168\.0\.1: it has another peer,/,
  ],
])('the cause names the network of a tunnel that has one: %s', (_, some, says) =>
  expect(arrivalCauses({ tunnel: tunnel(some), foreignMac: null, ownMac: null }, 'node2')[0].cause).toMatch(says),
);

test('a foreign MAC is told before the tunnel, and without either nothing', () => {
  expect(arrivalCauses({ tunnel: tunnel(), foreignMac: OLD, ownMac: OURS }, 'node2').map(({ id }) => id)).toEqual([
    'tunnel-mac-stale',
  ]);
  expect(arrivalCauses({ tunnel: null, foreignMac: null, ownMac: null }, 'node2')).toEqual([]);
});
