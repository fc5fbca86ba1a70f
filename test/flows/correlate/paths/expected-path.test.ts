import { describe, expect, test } from 'vitest';
import { ExpectedPath } from '../../../../src/flows/correlate/paths/expected-path.ts';
import type { Member } from '../../../../src/flows/correlate/same-traffic/same-traffic.ts';
import { MARK_INBOUND, MARK_OUTBOUND } from '../../../../src/flows/rows/row-marks.ts';
import { arp, type EvidenceParts, hostActivity, tunnel } from '../../../support/evidence.ts';
import { type MadeUpLeg, type MadeUpRow, madeUpCluster, madeUpTimeline } from '../made-up-cluster.ts';

interface Asked {
  points?: Parameters<typeof madeUpCluster>[1];
  clocks?: number[];
  parts?: EvidenceParts;
}

/** Where the packets of the last conversation are expected next, after the others were learned. */
function next(
  learned: readonly (readonly MadeUpLeg[])[],
  asked: readonly MadeUpLeg[],
  { points, clocks, parts }: Asked = {},
): number {
  const groups = [...learned, asked];
  const places = points ?? Array.from({ length: 5 }, () => ({}));
  const { evidence, members, store } = madeUpCluster(groups.flat(), places, parts);
  let at = 0;
  const all = groups.map((group): Member[] => members.slice(at, (at += group.length)));
  const expected = new ExpectedPath(evidence, store, madeUpTimeline({ clocks: clocks ?? places.map((_, of) => of) }));
  for (const one of all.slice(0, -1)) expected.learn(one);
  return expected.after(all[all.length - 1]);
}
const row: MadeUpRow = { seq: 1, ttl: 60 };
const ends = (client: string, server: string) => ({ client, server });
const leg = (point: number, some: Partial<MadeUpLeg> = {}): MadeUpLeg => ({
  point,
  there: [row],
  back: [],
  ...ends(POD, WEB),
  ...some,
});
const [POD, WEB] = ['10.244.1.5:40000', '10.244.2.7:80'];
const passed = (...points: number[]) => points.map((point) => leg(point));
const answered = { back: [row] };

describe('packets go where others went', () => {
  test('of the same flow, to the same port, to the same address, of the same subnets', () => {
    const known = [passed(0, 1)];
    expect(next(known, [leg(0)])).toBe(1);
    expect(next(known, [leg(0, ends('10.244.1.9:1', WEB))])).toBe(1);
    expect(next(known, [leg(0, ends('10.244.1.9:1', '10.244.2.7:81'))])).toBe(1);
    expect(next(known, [leg(0, ends('10.244.1.9:1', '10.244.2.9:81'))])).toBe(1);
    expect(next(known, [leg(0, ends('10.244.1.9:1', '10.244.3.9:81'))])).toBe(-1);
    expect(next(known, [leg(0, ends('10.244.9.9:1', '10.244.2.9:81'))])).toBe(-1);
    expect(next(known, [leg(2)])).toBe(-1);
    const inTunnel = { ...ends('10.244.1.9:1', '10.244.2.9:81'), encapsulation: ['vxlan' as const] };
    expect(next(known, [leg(0, inTunnel)])).toBe(-1);
  });

  test('the closest match decides', () => {
    const other = (client: string, server: string, to: number) => [
      leg(0, ends(client, server)),
      leg(to, ends(client, server)),
    ];
    const all = [
      other('10.244.1.1:1', '10.244.2.9:9', 1),
      other('10.244.1.1:1', '10.244.2.7:9', 2),
      other('10.244.1.1:1', WEB, 3),
      other(POD, WEB, 4),
    ];
    expect(next(all, [leg(0)])).toBe(4);
    // To the port and to the address there are several ways: what came after is not known.
    expect(next(all.slice(0, 3), [leg(0)])).toBe(3);
    expect(next(all.slice(0, 2), [leg(0)])).toBe(2);
    expect(next(all.slice(0, 1), [leg(0)])).toBe(1);
  });

  test('of several next points the one that the others came after', () => {
    // One capture missed a packet: 0 → 1 → 2, and 0 → 2.
    expect(next([passed(0, 1, 2), passed(0, 2)], [leg(0)])).toBe(1);
    expect(next([passed(0, 1), passed(0, 2)], [leg(0)])).toBe(-1);
    expect(next([passed(0, 1, 2), passed(0, 2, 1)], [leg(0)])).toBe(-1);
    expect(next([passed(0, 1, 2, 3), passed(0, 2, 3), passed(0, 3)], [leg(0)])).toBe(-1);
  });

  test('not to a point that saw them already', () => {
    expect(next([passed(0, 1), passed(2, 0)], [leg(1), leg(0)])).toBe(-1);
    expect(next([passed(0, 1)], [leg(2), leg(0)])).toBe(1);
  });

  test('answers are followed as well, whatever the port: what comes back passes the same way', () => {
    // The server of this conversation is the client of the learned one.
    const back = [
      [
        { ...leg(0), back: [row] },
        { ...leg(1), back: [row] },
      ],
    ];
    expect(next(back, [leg(1, ends('10.244.2.7:9', '10.244.1.5:8'))])).toBe(0);
    expect(next([[leg(0, answered)]], [leg(1, ends('10.244.2.7:9', '10.244.1.5:8'))])).toBe(-1);
  });

  test('a translated address leads on by its port alone', () => {
    const service = [leg(0, ends(POD, '10.96.0.10:80')), leg(1, ends(POD, WEB))];
    expect(next([service], [leg(0, ends('10.244.1.9:1', '10.96.0.10:80'))])).toBe(1);
    expect(next([service], [leg(0, ends('10.244.1.9:1', '10.96.0.10:81'))])).toBe(-1);
    expect(next([service], [leg(0, ends('10.244.1.9:1', '10.96.0.11:80'))])).toBe(-1);
  });

  test('between hosts back along the way that others came', () => {
    // Learned from clock 0 to clock 1; the answer goes from point 1 to the same client.
    expect(next([passed(0, 1)], [leg(1, ends('10.244.2.7:9', '10.244.1.5:8'))])).toBe(0);
    // Not within one host, and not where the source was translated.
    expect(next([passed(0, 1)], [leg(1, ends('10.244.2.7:9', '10.244.1.5:8'))], { clocks: [0, 0, 2, 3, 4] })).toBe(-1);
    const snat = [leg(0), leg(1, ends('192.168.0.1:5', WEB))];
    expect(next([snat], [leg(1, ends('10.244.2.7:9', '192.168.0.1:8'))])).toBe(-1);
  });
});

describe('nothing is expected', () => {
  const known = [passed(0, 1)];
  test('of packets that were answered, or that the last point did not see', () => {
    expect(next(known, [leg(0, answered)])).toBe(-1);
    expect(next(known, [leg(0, { there: [], back: [] })])).toBe(-1);
    // Its acknowledgement number moves: an answer that was not captured came.
    const acks = (ack: number) => ({ seq: 1, flags: 16, ack });
    expect(next(known, [leg(0, { there: [acks(5), acks(5)] })])).toBe(1);
    expect(next(known, [leg(0, { there: [acks(5), acks(6)] })])).toBe(-1);
  });

  test('of broadcast and multicast, neither learned nor asked', () => {
    const many = ends(POD, '224.0.0.5:80');
    expect(next([[leg(0, many), leg(1, many)]], [leg(0, many)])).toBe(-1);
    const asks = { kind: 'arp' as const };
    expect(next([[leg(0, asks), leg(1, asks)]], [leg(0)])).toBe(-1);
  });

  test('where others ended: they were answered and seen no further', () => {
    expect(next([[leg(0, answered)], ...known], [leg(0, ends('10.244.1.9:1', '10.244.2.9:81'))])).toBe(-1);
    expect(next([[leg(0, answered)], ...known], [leg(0, ends('10.244.1.9:1', '10.244.9.9:81'))])).toBe(-1);
    expect(next([[leg(0)], ...known], [leg(0)])).toBe(1);
  });
});

describe('a tunnel', () => {
  const tunnels = [
    tunnel({ point: 1, source: '192.168.0.1', destination: '192.168.0.2' }),
    tunnel({ point: 1, source: '192.168.0.2', destination: '192.168.0.1' }),
    tunnel({ point: 2, source: '192.168.0.1', destination: '192.168.0.2' }),
  ];
  /** In the first or second tunnel of its point. */
  const inside = (point: number, nth: number, some: Partial<MadeUpLeg> = {}) =>
    leg(point, { encapsulation: ['vxlan'], there: [{ ...row, tunnel: nth }], ...some });

  test('leads to where its end is, before the subnet of the pods', () => {
    const known = [
      [inside(1, 1), inside(2, 1)],
      [inside(1, 2, ends('10.244.8.1:1', '10.244.9.1:1')), inside(3, 0, ends('10.244.8.1:1', '10.244.9.1:1'))],
    ];
    // To the pods of the second conversation, in the tunnel of the first.
    expect(next(known, [inside(1, 1, ends('10.244.8.2:1', '10.244.9.2:1'))], { parts: { tunnels } })).toBe(2);
    expect(next(known, [inside(1, 2, ends('10.244.8.2:1', '10.244.9.2:1'))], { parts: { tunnels } })).toBe(3);
  });
});

describe('by the order of devices, where nothing was learned', () => {
  const roles = ['pod-veth', 'bridge', 'tunnel-device', 'node-nic'] as const;
  const node = roles.map((role) => ({ host: 'w1', role }));
  const one: Asked = { points: node, clocks: [0, 0, 0, 0] };
  const seen = (parts: EvidenceParts): Asked => ({ ...one, parts });
  const from = (point: number, marks = 0, ttl = 60) => leg(point, { there: [{ ...row, marks, ttl }] });

  test('a packet of the tunnel device comes in or leaves by its mark', () => {
    const here = { hosts: [hostActivity('10.244.2.7', { point: 1 })], tunnels: [tunnel({ point: 3 })] };
    expect(next([], [from(2, MARK_INBOUND)], seen(here))).toBe(1);
    expect(next([], [from(2, MARK_OUTBOUND)], seen(here))).toBe(3);
  });

  test('it comes in where an earlier point is of another host, and leaves where one deeper in the host saw it', () => {
    const away: Asked = {
      points: [...node, { host: 'w2', role: 'node-nic' as const }],
      clocks: [0, 0, 0, 0, 1],
      parts: { hosts: [hostActivity('10.244.2.7', { point: 1 })], tunnels: [tunnel({ point: 3 })] },
    };
    expect(next([], [leg(4), from(2, MARK_OUTBOUND)], away)).toBe(1);
    expect(next([], [leg(4), leg(3), from(2, MARK_OUTBOUND)], away)).toBe(1);
    expect(next([], [leg(1), from(2, MARK_INBOUND)], away)).toBe(3);
    // Of equal depth tells nothing: the mark does.
    expect(next([], [from(2), from(2, MARK_OUTBOUND)], away)).toBe(3);
    expect(next([], [from(2), from(2, MARK_INBOUND)], away)).toBe(1);
  });

  test('it leaves where its sender is near, comes in where its receiver is, and leaves when fresh', () => {
    const tunnels = [tunnel({ point: 3 })];
    const near = (address: string) =>
      seen({ tunnels, hosts: [hostActivity(address, { point: 1 }), hostActivity('10.244.2.9', { point: 1 })] });
    expect(next([], [from(2)], near('10.244.1.5'))).toBe(3);
    expect(next([], [from(2)], near('10.244.2.7'))).toBe(1);
    expect(next([], [from(2, 0, 64)], near('10.244.9.9'))).toBe(3);
    expect(next([], [from(2, 0, 63)], near('10.244.9.9'))).toBe(1);
    // Who asks for an address by ARP is near as well.
    expect(next([], [from(2)], seen({ tunnels, arp: [arp({ point: 1, asker: '10.244.1.5' })] }))).toBe(3);
  });
});

describe('whether a tunnel packet at a NIC comes in', () => {
  const [HERE, THERE] = ['192.168.0.1', '192.168.0.2'];
  const tunnels = [
    tunnel({ point: 1, source: HERE, destination: THERE }),
    tunnel({ point: 1, source: THERE, destination: HERE }),
  ];
  const role = (name: 'tunnel-device' | 'node-nic' | 'bridge' | 'pod-veth') => ({ host: 'w1', role: name });
  const [device, nic] = [role('tunnel-device'), role('node-nic')];
  const others = ends('10.244.8.2:1', '10.244.9.2:1');
  /** To and from this node, at its NIC. */
  const to = (some: Partial<MadeUpLeg> = {}) =>
    leg(1, { encapsulation: ['vxlan'], there: [{ ...row, tunnel: 2 }], ...some });
  const from = (some: Partial<MadeUpLeg> = {}) =>
    leg(1, { encapsulation: ['vxlan'], there: [{ ...row, tunnel: 1 }], ...some });
  const asked = (more: ReturnType<typeof role>[] = [], parts: EvidenceParts = {}): Asked => ({
    points: [device, nic, ...more],
    clocks: [0, 0, 0],
    parts: { tunnels, ...parts },
  });
  /** Nothing of the traffic tells, so the bridge of the host does: what it has not forwarded comes in. */
  const withBridge = asked([role('bridge')]);

  test('is told by the address that the node sends from', () => {
    expect(next([], [to(others)], asked())).toBe(-1);
    expect(next([[leg(0), from()]], [to(others)], asked())).toBe(0);
    // Encapsulated before as well: it is not this node that opened the tunnel.
    const inside = leg(0, { encapsulation: ['vxlan'] });
    expect(next([[inside, from()]], [to(others)], asked())).toBe(-1);
    expect(next([[leg(0), leg(1)]], [to(others)], asked())).toBe(-1);
  });

  test('is told by the address at which packets for the node arrive', () => {
    expect(next([], [from(others)], withBridge)).toBe(0);
    expect(next([[to(), leg(0)]], [from(others)], withBridge)).toBe(-1);
    expect(next([[to(), leg(0, { encapsulation: ['vxlan'] })]], [from(others)], withBridge)).toBe(0);
  });

  test('is told by who is near before the hop limit tells', () => {
    const fresh = to({ ...others, there: [{ ...row, tunnel: 2, ttl: 64 }] });
    const near = (address: string) => asked([role('bridge')], { hosts: [hostActivity(address, { point: 2 })] });
    expect(next([], [fresh], near('10.244.9.2'))).toBe(0);
    expect(next([], [fresh], near('10.244.8.2'))).toBe(-1);
    expect(next([], [fresh], near('10.244.7.2'))).toBe(-1);
    expect(next([], [to(others)], near('10.244.8.2'))).toBe(-1);
  });

  test('is assumed where a bridge, or a veth with traffic, has not seen it', () => {
    const shows = { hosts: [hostActivity('10.244.7.2', { point: 2 })] };
    expect(next([], [to(others)], asked([role('bridge')]))).toBe(0);
    expect(next([], [to(others)], asked([role('pod-veth')], shows))).toBe(0);
    expect(next([], [to(others)], asked([role('pod-veth')]))).toBe(-1);
  });
});
