import { describe, expect, test } from 'vitest';
import type { Joined } from '../../../../src/flows/capture/capture-digest.ts';
import type { GivenPoints } from '../../../../src/flows/correlate/points/given-points.ts';
import { joinDigests } from '../../../../src/flows/correlate/points/join-digests.ts';
import { namePoints, settleBridges } from '../../../../src/flows/correlate/points/name-points.ts';
import { type CapturePoint, NOTHING_KNOWN } from '../../../../src/flows/evidence/evidence.ts';
import { digestOf } from '../../../support/digest-of.ts';
import {
  capture,
  carrier,
  checkedDirection,
  type EvidenceParts,
  evidence,
  hostActivity,
  point,
  tunnel,
  wrongChecksum,
} from '../../../support/evidence.ts';
import { ethernet, ipv4, udp } from '../../../support/frames.ts';

type Place = Omit<Partial<CapturePoint>, 'quality'> & {
  path?: string;
  from?: number;
  seconds?: number;
  packets?: number;
  quality?: Partial<CapturePoint['quality']>;
};
const fresh = [{ value: 64, count: 1 }];
const macs = (value: string) => [{ value, count: 1 }];

/** Points as "name | host device role namedBy"; captures by their paths, each at 0 to 60 s unless told. */
function named(places: readonly Place[], parts: EvidenceParts = {}, given: GivenPoints = {}) {
  const paths = [...new Set(places.map(({ path = 'a.pcap' }) => path))];
  const captures = paths.map((path) => {
    const { from = 0, seconds = 60, packets = 100 } = places.find((one) => (one.path ?? 'a.pcap') === path) as Place;
    return capture({
      path,
      baseSeconds: 1_700_000_000 + Math.floor(from),
      baseNanoseconds: Math.round((from % 1) * 1e9),
      duration: seconds,
      packets,
    });
  });
  const points = places.map(({ path = 'a.pcap', from: _, seconds: __, packets: ___, ...some }) =>
    point({ capture: paths.indexOf(path), name: '', ...some }),
  );
  const all = evidence({ captures, points, ...parts }) as Joined;
  namePoints(all, given);
  return {
    told: all.points.map(
      ({ name, host, interfaceName, role, namedBy }) => `${name} | ${host} ${interfaceName} ${role} ${namedBy}`,
    ),
    notes: all.notes,
    roles: all.points.map(({ role }) => role),
  };
}
const roleOf = (place: Place, parts: EvidenceParts) => named([place], parts).told[0].replace(/^.*\| /, '');

describe('names of points', () => {
  test('come from the file, its folder and its interfaces', () => {
    expect(named([{ path: 'node1__eth0.pcap' }]).told).toEqual(['node1 eth0 | node1 eth0 host-nic name']);
    expect(named([{ path: 'x/a/eth0.pcap' }, { path: 'x/b/eth0.pcap' }]).told).toEqual([
      'a eth0 | a eth0 host-nic name',
      'b eth0 | b eth0 host-nic name',
    ]);
    expect(named([{ path: 'node1.pcapng', interfaceName: 'eth0' }]).told).toEqual([
      'node1 eth0 | node1 eth0 host-nic name',
    ]);
    expect(named([{ path: 'node1.pcapng', interfaceName: 'w2 eth0' }]).told).toEqual([
      'w2 eth0 | w2 eth0 host-nic name',
    ]);
    expect(named([{ path: 'capture.pcapng', interfaceName: 'eth0' }]).told).toEqual(['eth0 | null eth0 host-nic name']);
    expect(named([{ path: 'some.pcap' }]).told).toEqual(['some.pcap | null null unknown unknown']);
  });

  test('of several interfaces of a file tell both, and are unique', () => {
    const two = (interfaceName: string | null) => ({ path: 'capture.pcapng', interfaceName });
    expect(named([two('eth0'), { ...two(null), fileInterface: 1 }]).told.map((text) => text.split(' | ')[0])).toEqual([
      'capture.pcapng eth0',
      'capture.pcapng interface 1',
    ]);
    expect(named([two('eth0'), two('eth0'), two('eth0')]).told.map((text) => text.split(' | ')[0])).toEqual([
      'capture.pcapng eth0',
      'capture.pcapng eth0 (2)',
      'capture.pcapng eth0 (3)',
    ]);
    expect(named([{ path: 'x.pcap', linkInterface: 4 }]).told[0]).toMatch(/^interface 4 \|/);
    expect(
      named([
        { path: 'node1__any.pcap', linkInterface: 4 },
        { path: 'node1__any.pcap', linkInterface: 5 },
      ]).told.map((text) => text.split(' | ')[0]),
    ).toEqual(['node1 interface 4', 'node1 interface 5']);
  });

  test('given by the user come first; a note tells what differs', () => {
    const given = (place: object, path = 'node1__eth0.pcap') => named([{ path }], {}, { [path]: place });
    expect(given({ host: 'w9' }).told).toEqual(['w9 eth0 | w9 eth0 host-nic given']);
    expect(given({ host: 'w9' }).notes).toEqual([
      { code: 'given-host-differs', capture: 0, given: 'w9', named: 'node1' },
    ]);
    expect(given({ host: 'node1' }).notes).toEqual([]);
    expect(given({ interface: 'cni0' }).told).toEqual(['node1 cni0 | node1 cni0 bridge given']);
    expect(given({ interface: 'cni0' }).notes).toEqual([
      { code: 'given-interface-differs', capture: 0, given: 'cni0', named: 'eth0' },
    ]);
    expect(given({ interface: 'ens5' }).notes).toEqual([]);
    expect(given({ interface: 'strange' }).notes).toEqual([]);
    expect(given({ interface: 'strange' }).told[0]).toMatch(/strange \| node1 strange .* given$/);
    expect(given({ interface: 'cni0' }, 'some.pcap').notes).toEqual([]);
    // By the name of the file alone as well.
    expect(named([{ path: 'x/some.pcap' }], {}, { 'some.pcap': { host: 'w1' } }).told[0]).toContain('| w1 ');
    // Of two interfaces the given one is of none.
    const both = named(
      [
        { path: 'some.pcap', interfaceName: 'eth0' },
        { path: 'some.pcap', interfaceName: 'eth1' },
      ],
      {},
      { 'some.pcap': { interface: 'cni0' } },
    );
    expect(both.told.map((text) => text.split('| ')[1])).toEqual([
      'some eth0 host-nic given',
      'some eth1 host-nic given',
    ]);
    expect(both.notes).toEqual([]);
  });
});

describe('roles that the traffic tells', () => {
  const pod = (address: string, some: Parameters<typeof hostActivity>[1] = {}) =>
    hostActivity(address, { macs: macs('m1'), ttls: fresh, ...some });
  const tunnels = (some: Parameters<typeof tunnel>[0] = {}) => [
    tunnel({
      point: 1,
      innerSources: [{ value: '10.244.1.5', count: 1 }],
      innerDestinations: [{ value: '10.244.1.6', count: 1 }],
      ...some,
    }),
  ];
  const two = (hosts: ReturnType<typeof hostActivity>[], some: Place = {}, of = tunnels()) =>
    named([some, { path: 'b.pcap' }], { hosts, tunnels: of }).roles[0];

  test('"any" by its link type, a NIC by tunnels, a tunnel device without a link layer', () => {
    expect(roleOf({ linkType: 113 }, {})).toBe('null null any traffic');
    expect(roleOf({ linkType: 113, linkInterface: 2 }, {})).toBe('null null unknown unknown');
    expect(roleOf({}, { tunnels: [tunnel()] })).toBe('null null node-nic traffic');
    for (const linkType of [101, 228, 229]) expect(roleOf({ linkType }, {})).toBe('null null tunnel-device traffic');
    expect(roleOf({ linkType: 101, quality: { packets: 0 } }, {})).toBe('null null unknown unknown');
    // What a name told stays.
    expect(named([{ path: 'node1__strange.pcap', linkType: 101 }, { path: 'node1__eth0.pcap' }]).told[0]).toMatch(
      /tunnel-device name$/,
    );
  });

  test('a tunnel device by link addresses that are inside tunnels, all of them', () => {
    const inner = tunnels({ innerSourceMacs: macs('m1'), innerDestinationMacs: macs('m2') });
    expect(two([pod('10.244.1.5'), pod('10.244.9.9', { macs: macs('m2') })], {}, inner)).toBe('tunnel-device');
    expect(two([pod('10.244.1.5'), pod('10.244.9.9', { macs: macs('m3') })], {}, inner)).toBe('pod-veth');
    expect(two([pod('10.244.1.5'), pod('10.244.9.9', { macs: macs('m3'), outer: true })], {}, inner)).toBe(
      'tunnel-device',
    );
  });

  test('a veth by one pod that sends fresh packets and is inside tunnels, a bridge by two', () => {
    expect(two([pod('10.244.1.5')])).toBe('pod-veth');
    expect(two([pod('10.244.1.5'), pod('10.244.1.6')])).toBe('bridge');
    expect(two([pod('10.244.9.9')])).toBe('unknown');
    expect(two([pod('10.244.1.5', { sent: 0 })])).toBe('unknown');
    expect(two([pod('10.244.1.5', { outer: true })])).toBe('unknown');
    expect(two([pod('10.244.1.5', { ttls: [{ value: 63, count: 1 }] })])).toBe('unknown');
    expect(two([pod('10.244.1.5', { macs: [] })])).toBe('unknown');
  });

  test('a NIC without tunnels on a host without pods is that of a host outside', () => {
    const nic = { path: 'w1__eth0.pcap' };
    expect(named([nic, { path: 'w2__eth0.pcap' }]).roles).toEqual(['host-nic', 'host-nic']);
    expect(named([nic, { path: 'w2__eth0.pcap' }], { tunnels: [tunnel()] }).roles).toEqual(['node-nic', 'host-nic']);
    for (const device of ['cni0', 'flannel.1', 'veth1'])
      expect(named([nic, { path: `w1__${device}.pcap` }]).roles[0]).toBe('node-nic');
    expect(named([{ path: 'eth0.pcap' }, { path: 'cni0.pcap' }]).roles[0]).toBe('host-nic');
  });
});

describe('the bridge of a single pod', () => {
  const roles = (
    first: Parameters<typeof hostActivity>[1],
    second: Parameters<typeof hostActivity>[1],
    places: Place[] = [{}, {}],
  ) => {
    const points = places.map((some, index) =>
      point({ role: 'pod-veth', capture: index, host: 'a', ...(index === 1 && { interfaceName: 'veth1' }), ...some }),
    );
    const hosts = [
      hostActivity('10.244.1.5', { point: 0, ttls: fresh, ...first }),
      hostActivity('10.244.1.5', { point: 1, ttls: fresh, ...second }),
    ];
    const all = evidence({ captures: [capture(), capture()], points, hosts }) as Joined;
    settleBridges(all);
    return all.points[0].role;
  };
  const [NEVER, EARLY, LATE] = [null, 1, 1.00002];

  test('receives packets for it first; else it sends them later', () => {
    expect(roles({ firstReceived: EARLY }, { firstReceived: LATE })).toBe('bridge');
    expect(roles({ firstReceived: LATE }, { firstReceived: EARLY })).toBe('pod-veth');
    expect(roles({ firstReceived: NEVER, firstSent: LATE }, { firstReceived: NEVER, firstSent: EARLY })).toBe('bridge');
    expect(roles({ firstReceived: NEVER, firstSent: EARLY }, { firstReceived: NEVER, firstSent: LATE })).toBe(
      'pod-veth',
    );
    // Another packet: more than 50 ms apart. Starts of captures count.
    expect(roles({ firstReceived: 1, firstSent: 5 }, { firstReceived: 1.051, firstSent: 5 })).toBe('pod-veth');
    expect(roles({ firstReceived: 1 }, { firstReceived: 1.049 })).toBe('bridge');
    expect(roles({ firstReceived: 5 }, { firstReceived: 1.00002 }, [{}, { timeShift: 4 }])).toBe('bridge');
    expect(
      roles({ firstReceived: NEVER, firstSent: 5.00002 }, { firstReceived: NEVER, firstSent: 1 }, [
        {},
        { timeShift: 4 },
      ]),
    ).toBe('bridge');
  });

  test('has no name, and a veth of its host that shows the pod fresh', () => {
    const [there, here] = [{ firstReceived: EARLY }, { firstReceived: LATE }];
    expect(roles(there, here, [{ interfaceName: 'veth9' }, {}])).toBe('pod-veth');
    expect(roles(there, here, [{ host: 'b' }, {}])).toBe('pod-veth');
    expect(roles(there, here, [{ host: null }, { host: null }])).toBe('pod-veth');
    expect(roles(there, here, [{ host: null }, { host: null, capture: 0 }])).toBe('bridge');
    expect(roles(there, here, [{}, { role: 'bridge' }])).toBe('pod-veth');
    expect(roles(there, { ...here, sent: 0 })).toBe('pod-veth');
    expect(roles(there, { ...here, ttls: [{ value: 63, count: 1 }] })).toBe('pod-veth');
    expect(roles(there, { ...here, address: '10.244.1.9' })).toBe('pod-veth');
    expect(roles({ ...there, outer: true }, here)).toBe('pod-veth');
    expect(roles(there, { ...here, outer: true })).toBe('pod-veth');
  });
});

describe('files with one name in two folders', () => {
  const hosts = (...places: Place[]) => {
    const { told, notes } = named(places);
    return { hosts: told.map((text) => text.split('| ')[1].split(' ')[0]), notes };
  };
  const one = (folder: string, from: number, seconds: number, some: Place = {}) => ({
    path: `${folder}/worker__eth0.pcap`,
    from,
    seconds,
    ...some,
  });

  test('that ran at the same time are of two hosts', () => {
    expect(hosts(one('a', 0, 60), one('b', 30, 60))).toEqual({
      hosts: ['a/worker', 'b/worker'],
      notes: [{ code: 'hosts-by-folder', captures: 2, named: 'worker', hosts: ['a/worker', 'b/worker'] }],
    });
    expect(hosts(one('a', 0, 60), one('b', 60, 60)).hosts).toEqual(['a/worker', 'b/worker']);
    expect(hosts(one('x/a/y', 0, 60), one('x/b/y', 30, 60)).hosts).toEqual(['a/worker', 'b/worker']);
    expect(hosts(one('x', 0, 60), one('x/b', 30, 60)).hosts).toEqual(['./worker', 'b/worker']);
  });

  test('that ran one after the other, or are copies, are of one', () => {
    expect(hosts(one('a', 0, 60), one('b', 61, 60))).toEqual({ hosts: ['worker', 'worker'], notes: [] });
    expect(hosts(one('a', 0, 60), one('b', 0, 60)).hosts).toEqual(['worker', 'worker']);
    for (const other of [one('b', 1, 60), one('b', 0.5, 60), one('b', 0, 61), one('b', 0, 60, { packets: 99 })])
      expect(hosts(one('a', 0, 60), other).hosts).toEqual(['a/worker', 'b/worker']);
    expect(hosts(one('a', 0, 60), one('b', 30, 60, { packets: 0 })).hosts).toEqual(['worker', 'worker']);
    // Within the longest so far, not only the one before.
    expect(hosts(one('a', 0, 100), one('a/c', 200, 1), one('b', 50, 5)).hosts).toEqual([
      'a/worker',
      'a/c/worker',
      'b/worker',
    ]);
  });

  test('of another device, or given by the user, do not count', () => {
    const other = { path: 'b/worker__cni0.pcap', from: 30, seconds: 60 };
    expect(hosts(one('a', 0, 60), other).hosts).toEqual(['worker', 'worker']);
    const given = named([one('a', 0, 60), one('b', 30, 60)], {}, { 'a/worker__eth0.pcap': { host: 'w1' } });
    expect(given.told.map((text) => text.split('| ')[1].split(' ')[0])).toEqual(['w1', 'worker']);
    // Named by the host alone, with interfaces inside.
    expect(
      hosts(
        { path: 'a/worker.pcapng', interfaceName: 'eth0', seconds: 60 },
        { path: 'b/worker.pcapng', interfaceName: 'eth0', from: 30 },
      ).hosts,
    ).toEqual(['a/worker', 'b/worker']);
  });
});

describe('lists of several captures', () => {
  test('are joined with their places, and totals add up', async () => {
    const frames = (count: number) =>
      Array.from({ length: count }, (_, at): [number, ReturnType<typeof ethernet>] => [
        at,
        ethernet({}, ipv4({ id: at + 1 }, udp({ sourcePort: 1000 + at }, 'x'))),
      ]);
    const [one, other] = [await digestOf(frames(2)), await digestOf(frames(1))];
    const total = {
      connectionsTotal: 1,
      connectionsEvicted: 2,
      dnsTotal: 3,
      echoesTotal: 4,
      icmpErrorsTotal: 5,
      probesTotal: 6,
      fragmentsTotal: 7,
      fragmentsIncomplete: 8,
    };
    const more = {
      ...total,
      tunnels: [tunnel({ index: 0 })],
      carriers: [carrier({ innerFlows: [4] })],
      checked: [checkedDirection(3, { wrong: [wrongChecksum(1, { tunnel: 0 }), wrongChecksum(2)] })],
    };
    const empty = { ...other, points: [], checked: [], capture: { ...other.capture, packets: 0, baseSeconds: 5 } };
    const late = {
      ...other,
      ...more,
      capture: { ...other.capture, baseSeconds: one.capture.baseSeconds + 7, baseNanoseconds: 500_000_000 },
    };
    const joined = joinDigests([{ ...one, ...more }, empty, late], NOTHING_KNOWN);
    for (const [name, value] of Object.entries(total)) expect(joined[name as keyof typeof total]).toBe(2 * value);
    expect(
      joined.points.map(({ index, capture: of, timeShift, linkType, quality }) => [
        index,
        of,
        timeShift,
        linkType,
        quality.packets,
      ]),
    ).toEqual([
      [0, 0, 0, 1, 2],
      [1, 1, 0, -1, 0],
      [2, 2, 7.5, 1, 1],
    ]);
    expect(joined.points[1]).toMatchObject({
      name: '',
      host: null,
      role: 'unknown',
      linkInterface: -1,
      fileInterface: 0,
      quality: { malformed: {} },
    });
    const { malformed: _, ...counts } = joined.points[1].quality;
    expect(new Set(Object.values(counts))).toEqual(new Set([0]));
    expect(joined.tunnels.map(({ index, point: at }) => [index, at])).toEqual([
      [0, 0],
      [1, 2],
    ]);
    expect(joined.carriers.map(({ point: at, innerFlows }) => [at, innerFlows])).toEqual([
      [0, [{ point: 0, flow: 4 }]],
      [2, [{ point: 2, flow: 4 }]],
    ]);
    expect(joined.checked.map(({ wrong }) => wrong.map((packet) => packet.tunnel))).toEqual([
      [0, -1],
      [1, -1],
    ]);
  });
});
