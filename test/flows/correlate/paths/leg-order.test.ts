import { describe, expect, test } from 'vitest';
import { orderAll } from '../../../../src/flows/correlate/paths/leg-order.ts';
import { UnknownOrders } from '../../../../src/flows/correlate/paths/unknown-orders.ts';
import { finish } from '../../../../src/flows/correlate/steps.ts';
import type { PointRole } from '../../../../src/flows/evidence/evidence.ts';
import { MARK_INBOUND, MARK_OUTBOUND } from '../../../../src/flows/rows/row-marks.ts';
import { type MadeUpLeg, type MadeUpRow, madeUpCluster, madeUpTimeline } from '../made-up-cluster.ts';

interface Asked {
  roles?: PointRole[];
  /** Clock of each point; each its own unless told. */
  clocks?: number[];
  error?: number | null;
}

/** Each conversation as the order of its points, "?" behind those of which a pair has no known order. */
function orders(groups: readonly (readonly MadeUpLeg[])[], { roles = [], clocks, error = 0.01 }: Asked = {}): string[] {
  const count = 1 + Math.max(...groups.flat().map(({ point }) => point));
  const points = Array.from({ length: count }, (_, of) => ({ role: roles[of] ?? ('unknown' as const) }));
  const { evidence, members, store } = madeUpCluster(groups.flat(), points);
  let at = 0;
  const all = groups.map((group) => members.slice(at, (at += group.length)));
  const unknown = new UnknownOrders();
  const timeline = madeUpTimeline({ clocks: clocks ?? points.map((_, of) => of), error });
  return finish(orderAll(evidence, all, store, timeline, unknown)).map((ordered) => {
    const isOpen = ordered.some((a) => ordered.some((b) => a !== b && unknown.has(a, b)));
    return ordered.map(({ biflow }) => biflow.point).join(' ') + (isOpen ? ' ?' : '');
  });
}
const order = (legs: readonly MadeUpLeg[], asked: Asked = {}) => orders([legs], asked)[0];
const row = (time: number, some: MadeUpRow = {}): MadeUpRow => ({ time, seq: 7, ipId: 9, flags: 16, ...some });
/** A request at `there` and its answer at `back`, with these hop limits. */
const leg = (
  point: number,
  there: number | null,
  back: number | null,
  ttl: [number, number] = [60, 60],
  some: Partial<MadeUpLeg> = {},
): MadeUpLeg => ({
  point,
  there: there === null ? [] : [row(there, { ttl: ttl[0] })],
  back: back === null ? [] : [row(back, { ttl: ttl[1] })],
  ...some,
});
/** Marks of the request. */
const marked = (one: MadeUpLeg, marks: number): MadeUpLeg => ({
  ...one,
  there: (one.there ?? []).map((it) => ({ ...it, marks })),
});

describe('what the packets of two points show', () => {
  test('the hop limit falls on the way, in either direction, whatever the times', () => {
    expect(order([leg(0, 1, 2, [60, 60]), leg(1, 0, 3, [61, 60])])).toBe('1 0');
    expect(order([leg(0, 0, 3, [61, 60]), leg(1, 1, 2, [60, 60])])).toBe('0 1');
    // Answers fall the other way: 61 at the second point, so it is nearer to the server.
    expect(order([leg(0, 1, 2, [60, 60]), leg(1, 0, 3, [60, 61])])).toBe('0 1');
    expect(order([leg(0, 1, 2, [60, 61]), leg(1, 0, 3, [60, 60])])).toBe('1 0');
  });

  test('time, on one clock', () => {
    expect(order([leg(0, 1.001, null), leg(1, 1, null)], { clocks: [0, 0] })).toBe('1 0');
    expect(order([leg(0, null, 1), leg(1, null, 1.001)], { clocks: [0, 0] })).toBe('1 0');
    expect(order([leg(0, null, 1.001), leg(1, null, 1)], { clocks: [0, 0] })).toBe('0 1');
  });

  test('the wait for the answer, on two clocks', () => {
    expect(order([leg(0, 1, 2), leg(1, 5.001, 5.999)])).toBe('0 1');
    expect(order([leg(0, 5.001, 5.999), leg(1, 1, 2)])).toBe('1 0');
  });

  test('time on two clocks, beyond their error', () => {
    expect(order([leg(0, 1.02, null), leg(1, 1, null)])).toBe('1 0');
    expect(order([leg(0, null, 1.02), leg(1, null, 1)])).toBe('0 1');
    // Within it, the order is only likely; with no error known, it is open. Then the one with more packets comes first.
    expect(order([leg(0, 1.005, null), leg(1, 1, null)])).toBe('1 0');
    expect(order([leg(0, 1.02, null), leg(1, 1, null)], { error: null })).toBe('0 1 ?');
    const more = { ...leg(1, 1, null), back: [row(9, { seq: 99 })] };
    expect(order([leg(0, 1.02, null), more], { error: null })).toBe('1 0 ?');
  });
});

describe('what other conversations show', () => {
  const ends = (client: string, server: string) => ({ client, server });
  const proven = (some: Partial<MadeUpLeg>) => [leg(0, 1, 2, [60, 60], some), leg(1, 1, 2, [61, 60], some)];
  const open = (some: Partial<MadeUpLeg>) => [leg(0, 1, null, [60, 60], some), leg(1, 1, null, [60, 60], some)];

  test('those to the same server, or of the same client, decide', () => {
    const known = ends('10.0.0.1:1', '10.0.0.9:80');
    const of = (other: ReturnType<typeof ends>) => orders([proven(known), open(other)])[1];
    expect(of(ends('10.0.0.2:1', '10.0.0.9:80'))).toBe('1 0');
    expect(of(ends('10.0.0.1:5', '10.0.0.8:80'))).toBe('1 0');
    expect(of(ends('10.0.0.2:1', '10.0.0.8:80'))).toBe('0 1 ?');
    // What was the client is the server here: packets to it pass the points the other way round.
    expect(of(ends('10.0.0.2:1', '10.0.0.1:80'))).toBe('0 1');
  });

  test('the majority counts, and the form of the packets', () => {
    const known = ends('10.0.0.1:1', '10.0.0.9:80');
    const other = [leg(0, 1, 2, [61, 60], known), leg(1, 1, 2, [60, 60], known)];
    expect(orders([proven(known), other, other, open(known)])[3]).toBe('0 1');
    expect(orders([proven(known), proven(known), other, open(known)])[3]).toBe('1 0');
    const tunnel = { ...known, encapsulation: ['vxlan' as const] };
    expect(orders([proven(known), open(tunnel)])[1]).toBe('0 1 ?');
  });

  test('where none is sure, the sum of times of all decides', () => {
    const known = ends('10.0.0.1:1', '10.0.0.9:80');
    const pair = (a: number, b: number) => [leg(0, a, null, [60, 60], known), leg(1, b, null, [60, 60], known)];
    expect(orders([pair(1, 1.002), pair(1.005, 1)])).toEqual(['1 0', '1 0']);
    expect(orders([pair(1, 1.005), pair(1.002, 1)])).toEqual(['0 1', '0 1']);
    expect(orders([pair(1, 1.002), pair(1.005, 1)], { error: null })).toEqual(['0 1 ?', '0 1 ?']);
  });
});

describe('what devices show', () => {
  test('a pod side where the client is fresh comes first, where the server is fresh last', () => {
    const at = (ttl: [number, number], roles: PointRole[], clocks?: number[]) =>
      order([leg(0, 1, null, [ttl[0], 1]), { ...leg(1, null, 2, [1, ttl[1]]) }], {
        roles,
        error: null,
        ...(clocks && { clocks }),
      });
    expect(at([64, 60], ['pod-veth', 'node-nic'])).toBe('0 1');
    expect(at([60, 64], ['node-nic', 'bridge'])).toBe('0 1');
    expect(
      order([leg(0, null, 2, [1, 64]), leg(1, 1, null, [60, 1])], { roles: ['bridge', 'node-nic'], error: null }),
    ).toBe('1 0');
    expect(
      order([leg(0, null, 2, [1, 63]), leg(1, 1, null, [60, 1])], { roles: ['bridge', 'node-nic'], error: null }),
    ).toBe('0 1 ?');
    expect(
      order([leg(0, null, 2, [1, 64]), leg(1, 1, null, [60, 1])], { roles: ['node-nic', 'node-nic'], error: null }),
    ).toBe('0 1 ?');
    // Both fresh at one: it tells nothing.
    const both = [leg(0, 1, 2, [64, 64]), leg(1, 1, null, [64, 1])];
    expect(order(both, { roles: ['bridge', 'node-nic'], error: null })).toBe('0 1 ?');
  });

  /** A veth and a NIC of one clock that share no packet, with what else the conversation passes. */
  const two = (more: MadeUpLeg[] = []) => [leg(0, null, 9, [1, 60]), leg(1, 1, null, [60, 1]), ...more];
  const roles: PointRole[] = ['pod-veth', 'node-nic'];

  test('in one host, packets leave from veth to NIC unless something says that they come in', () => {
    expect(order(two(), { roles, clocks: [0, 0] })).toBe('0 1');
    expect(order([leg(1, 1, null, [60, 1]), leg(0, null, 9, [1, 60])], { roles, clocks: [0, 0] })).toBe('0 1');
    const [veth, nic] = two();
    expect(order([veth, marked(nic, MARK_INBOUND)], { roles, clocks: [0, 0] })).toBe('1 0');
    expect(order([veth, marked(nic, MARK_OUTBOUND)], { roles, clocks: [0, 0] })).toBe('0 1');
    // The mark of a device inside says nothing of the host.
    const device: PointRole[] = ['pod-veth', 'tunnel-device'];
    expect(order([veth, marked(nic, MARK_INBOUND)], { roles: device, clocks: [0, 0] })).toBe('0 1');
  });

  test('another host that is known to come before says that they come in', () => {
    // Point 2, of another host, shows a hop limit before that of the NIC.
    const before = leg(2, 1, null, [61, 1]);
    expect(order(two([before]), { roles: [...roles, 'node-nic'], clocks: [0, 0, 1] })).toBe('2 1 0');
    const after = leg(2, 1, null, [59, 1]);
    expect(order(two([after]), { roles: [...roles, 'node-nic'], clocks: [0, 0, 1] })).toBe('0 1 2');
  });

  test('the order of two other devices of the host says so as well', () => {
    // Bridge (2) and NIC (1) share a packet: the NIC saw it first, so packets come in.
    const bridge = (time: number) => leg(2, time, null, [60, 1]);
    const all: Asked = { roles: [...roles, 'bridge'], clocks: [0, 0, 0] };
    expect(order(two([bridge(1.001)]), all)).toBe('1 2 0');
    expect(order(two([bridge(0.999)]), all)).toBe('0 2 1');
  });

  test('devices of two hosts have the order of others of these hosts', () => {
    // Points 0 and 1 of one host, 2 and 3 of another; 1 and 2 share a packet, 0 and 3 share none with anything.
    const legs = (falls: [number, number]) => [
      leg(0, null, 9, [1, 60]),
      leg(1, 1, null, [falls[0], 1]),
      leg(2, 1, null, [falls[1], 1]),
      { ...leg(3, null, null), back: [row(20, { seq: 55, ttl: 60 })] },
    ];
    const asked: Asked = { roles: ['bridge', 'node-nic', 'node-nic', 'bridge'], clocks: [0, 0, 1, 1], error: null };
    expect(order(legs([61, 60]), asked)).toBe('0 1 2 3');
    expect(order(legs([60, 61]), asked)).toBe('3 2 1 0');
  });

  test('two passages of one point: the one with the addresses of the point before is first', () => {
    const [pod, service] = [{ server: '10.244.2.7:80' }, { server: '10.96.0.10:80' }];
    // Point 1 shows requests to the pod and answers of the service; point 0 before it knows the service, point 2 the pod.
    const passages = [leg(1, 1, null, [60, 1], pod), leg(1, null, 2, [1, 60], service)];
    const before = leg(0, 1, 2, [61, 59], service);
    const after = leg(2, 1, 2, [59, 61], pod);
    expect(orders([[...passages, before, after]], { clocks: [0, 1, 2], error: null })[0]).toBe('0 1 1 2');
    const found = (legs: MadeUpLeg[]) => {
      const { evidence, members, store } = madeUpCluster(legs, [{}, {}, {}]);
      const [ordered] = finish(
        orderAll(evidence, [members], store, madeUpTimeline({ clocks: [0, 1, 2], error: null }), new UnknownOrders()),
      );
      return ordered.map(({ biflow }) => `${biflow.point} ${biflow.server.address}`);
    };
    expect(found([...passages, before])).toEqual(['0 10.96.0.10', '1 10.96.0.10', '1 10.244.2.7']);
    expect(found([...passages, after])).toEqual(['1 10.96.0.10', '1 10.244.2.7', '2 10.244.2.7']);
    for (const legs of [
      [before, ...passages, after],
      [before, after, ...passages],
      [after, passages[0], before, passages[1]],
    ])
      expect(found(legs)).toEqual(['0 10.96.0.10', '1 10.96.0.10', '1 10.244.2.7', '2 10.244.2.7']);
    expect(found([before, ...passages])).toEqual(['0 10.96.0.10', '1 10.96.0.10', '1 10.244.2.7']);
    expect(found([after, ...passages])).toEqual(['1 10.96.0.10', '1 10.244.2.7', '2 10.244.2.7']);
    expect(found([...passages].reverse().concat(before, after))).toEqual([
      '0 10.96.0.10',
      '1 10.96.0.10',
      '1 10.244.2.7',
      '2 10.244.2.7',
    ]);
  });
});

describe('more than 24 points', () => {
  test('are sorted by hop limit and time alone', () => {
    const many = (
      ttls: (nth: number) => [number, number],
      times: (nth: number) => [number | null, number | null] = () => [1, 2],
    ) => Array.from({ length: 25 }, (_, nth) => leg(nth, ...times(nth), ttls(nth)));
    const numbers = Array.from({ length: 25 }, (_, nth) => nth);
    const [ascending, descending] = [numbers.join(' '), [...numbers].reverse().join(' ')];
    expect(order(many((nth) => [100 - nth, 60]))).toBe(ascending);
    expect(order(many((nth) => [60 + nth, 60]))).toBe(descending);
    expect(order(many((nth) => [60, 60 + nth]))).toBe(ascending);
    expect(order(many((nth) => [60, 100 - nth]))).toBe(descending);
    expect(
      order(
        many(
          () => [60, 60],
          (nth) => [1 + nth, 90],
        ),
      ),
    ).toBe(ascending);
    expect(
      order(
        many(
          () => [60, 60],
          (nth) => [90 - nth, 95],
        ),
      ),
    ).toBe(descending);
    expect(
      order(
        many(
          () => [60, 60],
          (nth) => [1, 90 - nth],
        ),
      ),
    ).toBe(ascending);
    expect(
      order(
        many(
          () => [60, 60],
          (nth) => [1, 10 + nth],
        ),
      ),
    ).toBe(descending);
    expect(order(many(() => [60, 60]))).toBe(ascending);
    // Without packets of a direction: behind all in requests, before all in answers.
    expect(
      order(
        many(
          () => [60, 60],
          (nth) => [nth === 3 ? null : 1, 90],
        ),
      ),
    ).toBe([...numbers.filter((nth) => nth !== 3), 3].join(' '));
    expect(
      order(
        many(
          () => [60, 60],
          (nth) => [1, nth === 3 ? null : 90],
        ),
      ),
    ).toBe([3, ...numbers.filter((nth) => nth !== 3)].join(' '));
  });

  test('24 are compared with each other: by waits', () => {
    const legs = Array.from({ length: 24 }, (_, nth) => leg(nth, 100 - nth, 100 + nth));
    expect(order(legs)).toBe(Array.from({ length: 24 }, (_, nth) => 23 - nth).join(' '));
  });
});

test('the only open pair is filled wherever it stands among the members', () => {
  // Point 2 shares the requests of the NIC and the answers of the veth, which share nothing.
  const before = leg(2, 1, 9, [61, 59]);
  const after = leg(2, 1, 9, [59, 61]);
  const [veth, nic] = [leg(0, null, 9, [1, 60]), leg(1, 1, null, [60, 1])];
  const asked: Asked = { roles: ['pod-veth', 'node-nic', 'node-nic'], clocks: [0, 0, 1], error: null };
  for (const legs of [
    [before, veth, nic],
    [before, nic, veth],
    [veth, before, nic],
    [nic, veth, before],
  ])
    expect(order(legs, asked)).toBe('2 1 0');
  for (const legs of [
    [after, veth, nic],
    [after, nic, veth],
    [veth, after, nic],
    [nic, veth, after],
  ])
    expect(order(legs, asked)).toBe('0 1 2');
});
