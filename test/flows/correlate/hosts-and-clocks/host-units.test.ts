import { describe, expect, test } from 'vitest';
import type { Joined } from '../../../../src/flows/capture/capture-digest.ts';
import { nodesOfPods, type Unit, unitsOf } from '../../../../src/flows/correlate/hosts-and-clocks/host-units.ts';
import { arp, type EvidenceParts, evidence, hostActivity, point, tunnel } from '../../../support/evidence.ts';

const POD = '10.244.1.5';
const [NODE_A, NODE_B, NODE_C] = ['192.168.0.1', '192.168.0.2', '192.168.0.3'];
const [POD_MAC, OTHER_MAC] = ['02:00:00:00:00:11', '02:00:00:00:00:12'];
const counted = <T>(value: T, count = 1) => ({ value, count });
const fresh = [counted(64)];
const routed = [counted(63)];

/** Units of points with a clock each, unless told. */
function units(parts: EvidenceParts, clocks?: number[]): Unit[] {
  const joined = evidence(parts) as Joined;
  return unitsOf(joined, clocks ?? joined.points.map(({ index }) => index));
}
const mac = (value: string) => [counted(value)];

describe('what a capture is', () => {
  test('follows from the role of its only point; a NIC counts with tunnels alone', () => {
    const roles = [
      'pod-veth',
      'bridge',
      'tunnel-device',
      'node-nic',
      'node-nic',
      'host-nic',
      'any',
      'unknown',
    ] as const;
    const found = units({ points: roles.map((role) => point({ role })), tunnels: [tunnel({ point: 3 })] });
    expect(found.map(({ kind }) => kind)).toEqual([
      'pod',
      'pod',
      'tunnel',
      'wire',
      'unknown',
      'unknown',
      'unknown',
      'unknown',
    ]);
  });

  test('points of one clock are one unit, and nothing is told of it', () => {
    const found = units({ points: [point({ role: 'bridge', host: 'a' }), point({ role: 'bridge' })] }, [4, 4]);
    expect(found).toMatchObject([{ clock: 4, kind: 'unknown', host: 'a', nodes: null }]);
    expect(found[0].points.map(({ index }) => index)).toEqual([0, 1]);
  });

  test('its link addresses are those of its hosts, of who asks and of who answers, at its own points', () => {
    const [one, two] = units({
      points: [point(), point()],
      hosts: [hostActivity(POD, { macs: mac('a') }), hostActivity(POD, { point: 1, macs: mac('z') })],
      arp: [arp({ askerMac: 'b', answers: ['c', 'd'] }), arp({ point: 1, askerMac: 'y' })],
    });
    expect([[...one.macs], [...two.macs]]).toEqual([
      ['a', 'b', 'c', 'd'],
      ['z', 'y'],
    ]);
  });
});

describe('a capture of ARP alone', () => {
  const bridge = point({ role: 'bridge' });
  const quiet = point();
  const hosts = [hostActivity(POD, { macs: mac(POD_MAC) })];
  const asks = (askerMac: string) => [arp({ point: 1, askerMac })];
  const second = (parts: EvidenceParts, clocks?: number[]) => {
    const all = units({ points: [bridge, quiet], hosts, ...parts }, clocks);
    const { kind, points } = all[all.length - 1];
    return `${kind} ${points[0].role} ${points[0].namedBy}`;
  };

  test('of a pod whose bridge was captured is that of its veth', () => {
    expect(second({ arp: asks(POD_MAC) })).toBe('pod pod-veth traffic');
    const one = { points: [bridge, point({ quality: { packets: 1 } })] };
    expect(second({ ...one, arp: asks(POD_MAC) })).toBe('pod pod-veth traffic');
  });

  test('is not, with another link address, a host that sends, no packet, a role, or two points', () => {
    expect(second({ arp: asks(OTHER_MAC) })).toBe('unknown unknown unknown');
    expect(second({ arp: asks(POD_MAC), hosts: [...hosts, hostActivity(POD, { point: 1 })] })).toBe(
      'unknown unknown unknown',
    );
    // One that only receives does not matter.
    expect(second({ arp: asks(POD_MAC), hosts: [...hosts, hostActivity(POD, { point: 1, sent: 0 })] })).toBe(
      'pod pod-veth traffic',
    );
    const empty = [bridge, point({ quality: { packets: 0 } })];
    expect(second({ arp: asks(POD_MAC), points: empty })).toBe('unknown unknown unknown');
    const single = [bridge, point({ quality: { packets: 1 } })];
    expect(second({ arp: asks(POD_MAC), points: single })).toBe('pod pod-veth traffic');
    expect(second({ arp: asks(POD_MAC), points: [bridge, point({ role: 'any' })] })).toBe('unknown any unknown');
    expect(second({ arp: asks(POD_MAC), points: [bridge, quiet, point()] }, [0, 1, 1])).toBe('unknown unknown unknown');
  });

  test('a veth counts as the pod as well, a tunnel device does not', () => {
    expect(second({ arp: asks(POD_MAC), points: [point({ role: 'pod-veth' }), quiet] })).toBe('pod pod-veth traffic');
    expect(second({ arp: asks(POD_MAC), points: [point({ role: 'tunnel-device' }), quiet] })).toBe(
      'unknown unknown unknown',
    );
  });
});

describe('the node of a pod', () => {
  const from = (source: string, count: number, pod = POD) => tunnel({ source, innerSources: [counted(pod, count)] });
  const nodes = (...tunnels: ReturnType<typeof tunnel>[]) =>
    Object.fromEntries(nodesOfPods(evidence({ tunnels }) as Joined));

  test('is the one that sends most of its packets through tunnels, over all of them', () => {
    expect(nodes(from(NODE_A, 5), from(NODE_B, 4))).toEqual({ [POD]: NODE_A });
    expect(nodes(from(NODE_A, 5), from(NODE_B, 4), from(NODE_B, 2))).toEqual({ [POD]: NODE_B });
    expect(nodes(from(NODE_A, 5), from(NODE_B, 4, '10.244.2.7'))).toEqual({ [POD]: NODE_A, '10.244.2.7': NODE_B });
  });

  test('with equal counts, the smaller address', () => {
    expect(nodes(from(NODE_B, 5), from(NODE_A, 5), from(NODE_C, 5))).toEqual({ [POD]: NODE_A });
    expect(nodes(from(NODE_A, 5), from(NODE_B, 5))).toEqual({ [POD]: NODE_A });
  });
});

describe('the addresses that a host may have', () => {
  const tunnels = [tunnel({ point: 1, source: NODE_A, innerSources: [counted(POD)] })];
  const atPod = (some: Parameters<typeof hostActivity>[1], address = POD) => {
    const [first] = units({
      points: [point({ role: 'bridge' }), point()],
      tunnels,
      hosts: [hostActivity(address, some)],
    });
    return first.nodes === null ? null : [...first.nodes];
  };

  test('of a pod side: the nodes of the pods that send fresh packets there', () => {
    expect(atPod({ ttls: fresh })).toEqual([NODE_A]);
    expect(atPod({ ttls: [counted(63), counted(128)] })).toEqual([NODE_A]);
    expect(atPod({ ttls: routed })).toBeNull();
    expect(atPod({ ttls: fresh, outer: true })).toBeNull();
    expect(atPod({ ttls: fresh, sent: 0 })).toBeNull();
    expect(atPod({ ttls: fresh, point: 1 })).toBeNull();
    expect(atPod({ ttls: fresh }, '10.244.9.9')).toBeNull();
  });

  const wire = (rows: [source: string, destination: string, ttls: typeof fresh][], counts: Record<string, number>) => {
    const [first] = units({
      points: [point({ role: 'node-nic' })],
      tunnels: rows.map(([source, destination, ttls]) => tunnel({ source, destination, ttls })),
      hosts: Object.entries(counts).map(([address, sent]) => hostActivity(address, { sent, received: 1, outer: true })),
    });
    return first.nodes === null ? null : [...first.nodes];
  };

  test('of a NIC: the end of its tunnels that sends fresh packets', () => {
    expect(
      wire(
        [
          [NODE_A, NODE_B, fresh],
          [NODE_B, NODE_A, routed],
        ],
        { [NODE_A]: 99, [NODE_B]: 99 },
      ),
    ).toEqual([NODE_A]);
    expect(
      wire(
        [
          [NODE_A, NODE_B, routed],
          [NODE_B, NODE_A, fresh],
        ],
        { [NODE_A]: 99, [NODE_B]: 99 },
      ),
    ).toEqual([NODE_B]);
  });

  test('of a NIC: any end that nothing tells apart', () => {
    // What it receives alone is no sign of a route; both send fresh packets on one link; all are routed.
    expect(wire([[NODE_A, NODE_B, fresh]], { [NODE_A]: 99, [NODE_B]: 99 })).toEqual([NODE_A, NODE_B]);
    expect(wire([[NODE_A, NODE_B, routed]], { [NODE_A]: 99, [NODE_B]: 99 })).toEqual([NODE_B]);
    expect(
      wire(
        [
          [NODE_A, NODE_B, fresh],
          [NODE_B, NODE_A, fresh],
        ],
        { [NODE_A]: 99, [NODE_B]: 99 },
      ),
    ).toEqual([NODE_A, NODE_B]);
    expect(
      wire(
        [
          [NODE_A, NODE_B, routed],
          [NODE_B, NODE_A, routed],
        ],
        { [NODE_A]: 99, [NODE_B]: 99 },
      ),
    ).toEqual([NODE_A, NODE_B]);
  });

  test('of a NIC: an end in 98 of 100 packets and more', () => {
    const both: Parameters<typeof wire>[0] = [
      [NODE_A, NODE_B, fresh],
      [NODE_B, NODE_A, fresh],
    ];
    expect(wire(both, { [NODE_A]: 99, [NODE_B]: 97 })).toEqual([NODE_A, NODE_B]);
    expect(wire(both, { [NODE_A]: 99, [NODE_B]: 96 })).toEqual([NODE_A]);
    expect(wire(both, { [NODE_A]: 96, [NODE_B]: 99 })).toEqual([NODE_B]);
  });

  test('of a tunnel device or of something unknown: nothing', () => {
    const found = units({ points: [point({ role: 'tunnel-device' }), point()], tunnels: [tunnel()] });
    expect(found.map(({ nodes }) => nodes)).toEqual([null, null]);
  });
});
