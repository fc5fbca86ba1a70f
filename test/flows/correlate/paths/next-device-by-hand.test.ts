import { describe, expect, test } from 'vitest';
import {
  isLinkLocal,
  isNicRole,
  NextDevice,
  netOf,
  type Passage,
} from '../../../../src/flows/correlate/paths/next-device.ts';
import type { PointRole } from '../../../../src/flows/evidence/evidence.ts';
import {
  arp,
  connection,
  type EvidenceParts,
  evidence,
  hostActivity,
  point,
  tunnel,
} from '../../../support/evidence.ts';

const [POD, OTHER] = ['10.244.1.5', '10.244.2.7'];
const [NODE, AWAY] = ['192.168.0.1', '192.168.0.2'];
const counted = (value: number) => [{ value, count: 1 }];

/** Points as "host role"; each host has a clock. Where packets from POD to OTHER at point 0 are expected next. */
function next(
  points: readonly string[],
  inbound: boolean | null,
  some: Partial<Passage> = {},
  parts: EvidenceParts = {},
): number {
  const places = points.map((text) => {
    const [host, role] = text.split(' ');
    return point({ host: host === '-' ? null : host, role: role as PointRole });
  });
  const all = evidence({ points: places, ...parts });
  const passage: Passage = {
    point: 0,
    depth: 0,
    source: POD,
    destination: OTHER,
    port: 80,
    isNic: false,
    wireSource: POD,
    wireDestination: OTHER,
    ...some,
  };
  const isNic = isNicRole(all.points[passage.point].role);
  return new NextDevice(all, (at) =>
    [...new Set(points.map((text) => text.split(' ')[0]))].indexOf(points[at].split(' ')[0]),
  ).after({ ...passage, isNic }, inbound);
}
const seenAt = (at: number, address: string, some: Parameters<typeof hostActivity>[1] = {}) =>
  hostActivity(address, { point: at, ...some });

describe('out of a pod', () => {
  test('from its veth to the bridge that shows it', () => {
    const two = ['a pod-veth', 'a bridge', 'a bridge'];
    expect(next(two, false, {}, { hosts: [seenAt(1, POD)] })).toBe(1);
    expect(next(two, false, {}, { hosts: [seenAt(2, POD)] })).toBe(2);
    expect(next(two, false, {}, { hosts: [seenAt(1, POD), seenAt(2, POD)] })).toBe(-1);
    expect(next(two, false, {}, { hosts: [seenAt(1, OTHER)] })).toBe(-1);
    expect(next(['a pod-veth', 'b bridge'], false, {}, { hosts: [seenAt(1, POD)] })).toBe(-1);
  });

  test('from its veth or bridge to the tunnel device, if that is the only one and the pod is not here', () => {
    for (const role of ['pod-veth', 'bridge']) {
      expect(next([`a ${role}`, 'a tunnel-device'], false)).toBe(1);
      expect(next([`a ${role}`, 'a tunnel-device', 'a tunnel-device'], false)).toBe(-1);
      expect(next([`a ${role}`, 'b tunnel-device'], false)).toBe(-1);
    }
    const here = (some: Parameters<typeof hostActivity>[1]) =>
      next(['a bridge', 'a tunnel-device'], false, {}, { hosts: [seenAt(0, OTHER, some)] });
    expect([here({ sent: 1 }), here({ sent: 0 })]).toEqual([-1, 1]);
  });

  test('from the tunnel device to the NIC with tunnels', () => {
    const all = ['a tunnel-device', 'a node-nic', 'a node-nic'];
    expect(next(all, false, {}, { tunnels: [tunnel({ point: 1 })] })).toBe(1);
    expect(next(all, false, {}, { tunnels: [tunnel({ point: 1 }), tunnel({ point: 2 })] })).toBe(-1);
    expect(next(all, false)).toBe(-1);
    expect(next(['a any', 'a node-nic', 'a tunnel-device'], false, {}, { tunnels: [tunnel({ point: 1 })] })).toBe(-1);
  });

  test('unknown without a host, or where it is not known whether packets leave', () => {
    expect(next(['- bridge', '- tunnel-device'], false)).toBe(-1);
    expect(next(['a bridge', 'a tunnel-device'], null)).toBe(-1);
  });
});

describe('into a host', () => {
  test('from the NIC, in a tunnel, to the tunnel device', () => {
    expect(next(['a node-nic', 'a tunnel-device'], true, { depth: 1 })).toBe(1);
    expect(next(['a node-nic', 'a tunnel-device', 'a tunnel-device'], true, { depth: 1 })).toBe(-1);
    expect(next(['a node-nic', 'a bridge'], true, { depth: 1 }, { hosts: [seenAt(1, OTHER)] })).toBe(-1);
  });

  test('from the tunnel device to the bridge of that subnet', () => {
    const all = ['a tunnel-device', 'a bridge'];
    expect(next(all, true, {}, { hosts: [seenAt(1, '10.244.2.9')] })).toBe(1);
    expect(next(all, true, {}, { hosts: [seenAt(1, '10.244.3.9')] })).toBe(-1);
    // A quiet bridge: packets of a tunnel are for a pod.
    expect(next(all, true)).toBe(1);
    expect(next(all, true, {}, { hosts: [seenAt(1, 'fe80::1')] })).toBe(1);
    expect(next([...all, 'a bridge'], true)).toBe(-1);
  });

  test('not further, where the host itself is addressed: fresh packets of it are sent there', () => {
    const own = (ttl: number, sent = 1) =>
      next(['a tunnel-device', 'a bridge'], true, {}, { hosts: [seenAt(0, OTHER, { ttls: counted(ttl), sent })] });
    expect([own(64), own(63), own(64, 0)]).toEqual([-1, 1, 1]);
  });

  test('plain from the NIC: to a bridge, if no tunnel device is there, and packets come from the range of pods', () => {
    const plain = (points: string[], some: Partial<Passage> = {}, hosts: ReturnType<typeof hostActivity>[] = []) =>
      next(points, true, some, { hosts });
    expect(plain(['a node-nic', 'a bridge'])).toBe(1);
    expect(plain(['a host-nic', 'a bridge'])).toBe(1);
    expect(plain(['a node-nic', 'a bridge', 'a tunnel-device'])).toBe(-1);
    expect(plain(['a node-nic', 'a bridge'], { source: '10.9.1.1' })).toBe(-1);
    expect(plain(['a node-nic', 'a bridge'], { source: '10.244.2.1' })).toBe(-1);
    expect(plain(['a node-nic', 'a bridge'], { source: '10.9.1.1' }, [seenAt(1, '10.244.2.9')])).toBe(1);
  });

  test('to the veth of the pod: from the bridge, or without one', () => {
    const veths = ['a pod-veth', 'a pod-veth'];
    expect(next(['a bridge', ...veths], true, {}, { hosts: [seenAt(2, OTHER)] })).toBe(2);
    expect(next(['a bridge', ...veths], true, {}, { hosts: [seenAt(1, OTHER), seenAt(2, OTHER)] })).toBe(-1);
    expect(next(['a tunnel-device', ...veths], true, {}, { hosts: [seenAt(2, OTHER)] })).toBe(2);
    // The only veth whose pod is unknown is that of the pod.
    expect(next(['a tunnel-device', 'a pod-veth'], true)).toBe(1);
    expect(next(['a tunnel-device', 'a pod-veth'], true, {}, { hosts: [seenAt(1, '10.244.2.9')] })).toBe(-1);
    expect(next(['a tunnel-device', ...veths], true)).toBe(-1);
    expect(next(['a node-nic', 'a pod-veth'], true)).toBe(1);
    expect(next(['a node-nic', 'a pod-veth'], true, { source: '10.9.1.1' })).toBe(-1);
    // A bridge that serves another subnet: the packets are not for a pod whose veth is quiet.
    expect(next(['a tunnel-device', 'a bridge', 'a pod-veth'], true, {}, { hosts: [seenAt(1, '10.244.3.9')] })).toBe(
      -1,
    );
    expect(next(['a any', ...veths], true, {}, { hosts: [seenAt(2, OTHER)] })).toBe(-1);
  });
});

describe('from NIC to NIC', () => {
  const nics = ['a node-nic', 'b node-nic', 'c node-nic'];
  const wire = { depth: 1, wireSource: NODE, wireDestination: AWAY };

  test('to the one whose address it is: packets go to it and come from it', () => {
    const owns = (some: Parameters<typeof hostActivity>[1]) =>
      next(nics, false, wire, { hosts: [seenAt(1, AWAY, some)] });
    expect([owns({}), owns({ sent: 0 }), owns({ received: 0 })]).toEqual([1, -1, -1]);
    expect(next(['a node-nic', 'a node-nic'], false, wire, { hosts: [seenAt(1, AWAY)] })).toBe(-1);
    expect(next(['a node-nic', 'b bridge'], false, wire, { hosts: [seenAt(1, AWAY)] })).toBe(-1);
    expect(next(['a node-nic', 'b host-nic'], false, wire, { hosts: [seenAt(1, AWAY)] })).toBe(1);
    // It does not matter whether a NIC has a host or whether packets leave.
    expect(next(['- node-nic', 'b node-nic'], null, wire, { hosts: [seenAt(1, AWAY)] })).toBe(1);
  });

  test('of several that saw the address, to the one where it is busiest', () => {
    const both = (first: number, second: number, third = 30) =>
      next(nics, false, wire, {
        hosts: [
          seenAt(1, AWAY, { sent: first }),
          seenAt(1, NODE, { sent: 5 }),
          seenAt(2, AWAY, { sent: second }),
          seenAt(2, NODE, { sent: third }),
        ],
      });
    expect(both(20, 20)).toBe(1);
    expect(both(4, 31)).toBe(2);
    expect(both(4, 20)).toBe(-1);
    expect(both(20, 31)).toBe(-1);
    expect(both(5, 30, 31)).toBe(1);
  });

  test('not where the address speaks at the first NIC itself, beyond neighbour messages about itself', () => {
    const speaks = (sent: number, more: Parameters<typeof arp>[0] = { asker: 'x' }) =>
      next(nics, false, wire, {
        hosts: [seenAt(1, AWAY), seenAt(0, AWAY, { sent })],
        arp: [arp({ point: 0, ...more })],
      });
    expect([speaks(0), speaks(1)]).toEqual([1, -1]);
    expect([
      speaks(2, { protocol: 'nd', asker: AWAY, requestsTotal: 2 }),
      speaks(3, { protocol: 'nd', asker: AWAY, requestsTotal: 2 }),
    ]).toEqual([1, -1]);
    expect(speaks(2, { protocol: 'arp', asker: AWAY, requestsTotal: 2 })).toBe(-1);
    expect([
      speaks(1, { protocol: 'nd', target: AWAY, answers: ['m'] }),
      speaks(2, { protocol: 'nd', target: AWAY, answers: ['m'] }),
    ]).toEqual([1, -1]);
  });

  test('to the one that saw the answer to an ARP request of either side', () => {
    const asked = (some: Parameters<typeof arp>[0], sends: string[] = []) =>
      next(nics, false, wire, {
        arp: [arp({ point: 1, answers: ['m'], ...some })],
        hosts: sends.map((address) => seenAt(1, address, { received: 0 })),
      });
    expect(asked({ asker: NODE, target: AWAY })).toBe(1);
    expect(asked({ asker: NODE, target: AWAY, answers: [] })).toBe(-1);
    expect(asked({ asker: NODE, target: '192.168.0.3' })).toBe(-1);
    // A router that sends no packets there asked.
    expect(asked({ asker: '192.168.0.9', target: AWAY })).toBe(1);
    expect(asked({ asker: '192.168.0.9', target: AWAY }, ['192.168.0.9'])).toBe(-1);
    expect(asked({ asker: AWAY, target: NODE })).toBe(1);
    expect(asked({ asker: AWAY, target: '192.168.0.9' })).toBe(1);
    expect(asked({ asker: AWAY, target: '192.168.0.9' }, ['192.168.0.9'])).toBe(-1);
  });

  test('plain, to the NIC whose link address the frames have', () => {
    const macs = [{ value: 'm', count: 1 }];
    const framed = (some: { sent?: number; to?: string; server?: string; partner?: boolean } = {}) =>
      next(
        nics,
        false,
        {},
        {
          hosts: [
            seenAt(1, AWAY, { sent: some.sent ?? 9, macs }),
            ...(some.partner ? [seenAt(1, NODE, { sent: some.sent ?? 9 })] : []),
          ],
          connections: [
            connection({
              server: `${some.server ?? OTHER}:80`,
              toServer: { destinationMacs: [{ value: some.to ?? 'm', count: 1 }] },
            }),
          ],
        },
      );
    expect([
      framed(),
      framed({ to: 'x' }),
      framed({ server: '10.244.2.8' }),
      framed({ sent: 0 }),
      framed({ partner: true }),
    ]).toEqual([1, -1, -1, -1, -1]);
  });

  test('plain, to the NIC of the host where the pod is', () => {
    const home = (role: string, ttl: number, of: Parameters<typeof arp>[0]) =>
      next(
        ['a node-nic', 'b node-nic', `b ${role}`],
        false,
        {},
        { hosts: [seenAt(2, OTHER, { ttls: counted(ttl) })], arp: [arp({ point: 2, ...of })] },
      );
    const asks = { asker: OTHER, target: 'x' };
    expect([
      home('bridge', 64, asks),
      home('pod-veth', 64, asks),
      home('tunnel-device', 64, asks),
      home('bridge', 63, asks),
    ]).toEqual([1, 1, -1, -1]);
    expect(home('bridge', 64, { asker: 'x', target: OTHER, answers: ['m'] })).toBe(1);
    expect(home('bridge', 64, { asker: 'x', target: OTHER, answers: [] })).toBe(-1);
    expect(home('bridge', 64, { asker: 'x', target: 'y', answers: ['m'] })).toBe(-1);
    expect(
      next(
        ['a node-nic', '- node-nic', '- bridge'],
        false,
        {},
        { hosts: [seenAt(2, OTHER, { ttls: counted(64) })], arp: [arp({ point: 2, ...asks })] },
      ),
    ).toBe(-1);
    // In a tunnel the outer address alone tells.
    expect(
      next(['a node-nic', 'b node-nic', 'b bridge'], false, wire, {
        hosts: [seenAt(2, OTHER, { ttls: counted(64) })],
        arp: [arp({ point: 2, ...asks })],
      }),
    ).toBe(-1);
  });
});

test('subnets and addresses of one link', () => {
  expect([netOf('10.244.1.5'), netOf('fd00:1:2:3:4::5'), netOf('fd00::5')]).toEqual([
    '10.244.1',
    'fd00:1:2:3',
    'fd00:0:0:0',
  ]);
  for (const address of [
    'fe80::1',
    'FE80::1',
    'ff02::1',
    '::',
    '0.0.0.0',
    '169.254.1.1',
    '224.0.0.1',
    '229.1.1.1',
    '230.1.1.1',
    '239.1.1.1',
    '255.255.255.255',
  ])
    expect(isLinkLocal(address)).toBe(true);
  for (const address of ['fd00::1', '::1', '10.0.0.1', '169.25.4.1', '223.1.1.1', '240.1.1.1', '25.1.1.1'])
    expect(isLinkLocal(address)).toBe(false);
  expect((['node-nic', 'host-nic', 'any', 'bridge'] as const).map(isNicRole)).toEqual([true, true, false, false]);
});

test('pods of IPv6 share 32 bits of their addresses, of IPv4 16; nodes have 64 and 24 of them', () => {
  const out = (source: string, destination: string) =>
    next(['a bridge', 'a tunnel-device'], false, { source, destination });
  expect(out('fd00:1:2:3::5', 'fd00:1:2:4::5')).toBe(1);
  expect(out('fd00:1:2:3::5', 'fd00:1:3:3::5')).toBe(1);
  expect(out('fd00:1:2:3::5', 'fd00:2:2:3::5')).toBe(-1);
  expect(out('fd00:1:2:3::5', 'fd00:1:2:3:9::5')).toBe(-1);
  expect(out('10.244.1.5', '10.244.2.5')).toBe(1);
  expect(out('10.244.1.5', '10.245.1.5')).toBe(-1);
  expect(out('10.244.1.5', '10.244.1.6')).toBe(-1);
});
