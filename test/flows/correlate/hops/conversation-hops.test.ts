import { describe, expect, test } from 'vitest';
import { type HopContext, hopsOf } from '../../../../src/flows/correlate/hops/conversation-hops.ts';
import type { CoverageWindow, Span } from '../../../../src/flows/correlate/hops/coverage-window.ts';
import type { ExpectedPath } from '../../../../src/flows/correlate/paths/expected-path.ts';
import { UnknownOrders } from '../../../../src/flows/correlate/paths/unknown-orders.ts';
import { VethOwners } from '../../../../src/flows/correlate/paths/veth-owners.ts';
import type { EvidenceParts } from '../../../support/evidence.ts';
import { hostActivity } from '../../../support/evidence.ts';
import { type KeptRows, type MadeUpLeg, type MadeUpRow, madeUpCluster, madeUpTimeline } from '../made-up-cluster.ts';

const ACK = 16;
const RST = 4;
const ALL: Span = { start: 0, end: 100 };

interface Asked {
  points?: Parameters<typeof madeUpCluster>[1];
  windows?: CoverageWindow[];
  timeline?: Partial<Parameters<typeof madeUpTimeline>[0]>;
  /** Where the packets are expected next; -1: nowhere. */
  next?: number;
  unordered?: [number, number][];
  parts?: EvidenceParts;
  kept?: KeptRows[];
  dropped?: number;
}

/** Each hop as text: direction, points, packets of which so many were lost, and why absence proves nothing. */
function hops(legs: readonly MadeUpLeg[], asked: Asked = {}): string[] {
  const places = asked.points ?? [{ host: 'a' }, { host: 'b' }, { host: 'c' }, { host: 'd' }];
  const { evidence, members, store } = madeUpCluster(legs, places, asked.parts, asked.kept);
  if (asked.dropped !== undefined) evidence.captures[1].dropped = asked.dropped;
  const unknownOrders = new UnknownOrders();
  for (const [a, b] of asked.unordered ?? []) unknownOrders.add(members[a], members[b]);
  const context: HopContext = {
    evidence,
    store,
    timeline: madeUpTimeline({ clocks: places.map((_, index) => index), ...asked.timeline }),
    windows: asked.windows ?? places.map(() => ({ proved: ALL, presumed: ALL })),
    veths: new VethOwners(evidence),
    unknownOrders,
  };
  const expected = { after: () => asked.next ?? -1 } as unknown as ExpectedPath;
  return hopsOf(context, members, expected).map(
    ({ direction, from, to, packets, lost, matched, unknown, byWallClock }) => {
      const why = unknown === null ? '' : ` ${Object.values(unknown).join(' ')}`;
      return `${direction === 0 ? '→' : '←'} ${from} ${to}: ${packets} packets, ${lost} lost, ${matched} matched${why}${byWallClock ? ' by wall clock' : ''}`;
    },
  );
}
const packet = (time: number, some: MadeUpRow = {}): MadeUpRow => ({
  time,
  seq: 1000 + time * 100,
  ipId: 100 + time,
  flags: ACK,
  payloadLength: 10,
  ...some,
});
const packets = (...times: number[]) => times.map((time) => packet(time));
const leg = (point: number, there: number[], back: number[], some: Partial<MadeUpLeg> = {}): MadeUpLeg => ({
  point,
  there: packets(...there),
  back: packets(...back),
  ...some,
});

describe('the hops of a conversation', () => {
  test('lie between neighbours, first to the server and then back', () => {
    expect(hops([leg(0, [1, 2], [3]), leg(1, [1, 2], [3]), leg(2, [1], [3])])).toEqual([
      '→ 0 1: 2 packets, 0 lost, 2 matched',
      '→ 1 2: 2 packets, 1 lost, 1 matched',
      '← 2 1: 1 packets, 0 lost, 1 matched',
      '← 1 0: 1 packets, 0 lost, 1 matched',
    ]);
  });

  test('are none with one point, and none for broadcast and multicast', () => {
    const to = (ends: Partial<MadeUpLeg>) => hops([leg(0, [1], [], ends), leg(1, [1], [], ends)]).length;
    expect(hops([leg(0, [1], [2])])).toEqual([]);
    expect(to({})).toBe(1);
    expect(to({ server: '224.0.0.251:5353' })).toBe(0);
    expect(to({ client: '10.1.255.255:5353' })).toBe(0);
    expect(to({ client: '239.1.1.1:5353' })).toBe(0);
  });

  test('leave out points that saw nothing of a direction while later ones did; the first silent one behind is the last', () => {
    expect(hops([leg(0, [1], []), leg(1, [], [3]), leg(2, [1], []), leg(3, [], [3])])).toEqual([
      '→ 0 2: 1 packets, 0 lost, 1 matched',
      '→ 2 3: 1 packets, 1 lost, 0 matched',
      '← 3 1: 1 packets, 0 lost, 1 matched',
      '← 1 0: 1 packets, 1 lost, 0 matched',
    ]);
    // Points that come first and saw nothing of the direction are none of its hops.
    expect(hops([leg(0, [1], []), leg(1, [], []), leg(2, [], [])])).toEqual(['→ 0 1: 1 packets, 1 lost, 0 matched']);
  });

  test('another passage of a point that saw the packets is no further point', () => {
    expect(hops([leg(0, [1], [2]), leg(1, [1], []), leg(1, [], [2])])).toEqual([
      '→ 0 1: 1 packets, 0 lost, 1 matched',
      '← 1 0: 1 packets, 0 lost, 1 matched',
    ]);
  });

  test('go to where the packets are expected, if no later point saw them', () => {
    expect(hops([leg(0, [1, 2], [])], { next: 2 })).toEqual(['→ 0 2: 2 packets, 2 lost, 0 matched']);
    expect(hops([leg(0, [1], [2]), leg(1, [1], [2])], { next: 2 })).toEqual([
      '→ 0 1: 1 packets, 0 lost, 1 matched',
      '→ 1 2: 1 packets, 1 lost, 0 matched',
      '← 1 0: 1 packets, 0 lost, 1 matched',
    ]);
    expect(hops([leg(0, [1], [])], { next: 0, points: [{}] })).toEqual([]);
  });

  test('do not pass the veth of another pod', () => {
    const veth = [{ host: 'a' }, { host: 'b', role: 'pod-veth' as const }];
    const of = (address: string) => ({ hosts: [hostActivity(address, { point: 1 })] });
    const both = [leg(0, [1], []), leg(1, [], [])];
    expect(hops(both, { points: veth, parts: of('10.244.2.9') })).toEqual([]);
    expect(hops(both, { points: veth, parts: of('10.244.2.7') })).toHaveLength(1);
    expect(hops([leg(0, [1], [])], { points: veth, next: 1, parts: of('10.244.2.9') })).toEqual([]);
    expect(hops([leg(0, [1], [])], { points: veth, next: 1, parts: of('10.244.2.7') })).toHaveLength(1);
    expect(hops([leg(1, [1], [])], { points: veth, next: 0, parts: of('10.244.2.9') })).toEqual([]);
  });

  test('with an unknown order: packets may have passed the other point first', () => {
    const both = [leg(0, [1, 2], [3]), leg(1, [1], [3])];
    expect(hops(both, { unordered: [[0, 1]] })).toEqual([
      '→ 0 1: 2 packets, 1 lost, 1 matched order-unknown',
      '← 1 0: 1 packets, 0 lost, 1 matched',
    ]);
    // A silent point that is listed first may lie behind; where the order is known it does not.
    const silent = [leg(0, [], [3]), leg(1, [1], [3])];
    expect(hops(silent, { unordered: [[0, 1]] })[0]).toBe('→ 1 0: 1 packets, 1 lost, 0 matched order-unknown');
    expect(hops(silent)).toEqual(['← 1 0: 1 packets, 0 lost, 1 matched']);
  });

  test('pass one of two interfaces of a host that each show one direction', () => {
    const nics = (role: 'node-nic' | 'bridge' = 'node-nic', host: string | null = 'b') => [
      { host: 'a' },
      { host, role },
      { host, role },
    ];
    const legs = [leg(0, [1], [2]), leg(1, [1], []), leg(2, [], [2])];
    // Requests end at point 1 and answers begin at point 2: neither interface misses the other direction.
    expect(hops(legs, { points: nics() })).toEqual([
      '→ 0 1: 1 packets, 0 lost, 1 matched',
      '← 2 0: 1 packets, 0 lost, 1 matched',
    ]);
    expect(hops(legs, { points: nics('bridge') })[1]).toBe('→ 1 2: 1 packets, 1 lost, 0 matched');
    expect(hops(legs, { points: nics('node-nic', null) })[1]).toBe('→ 1 2: 1 packets, 1 lost, 0 matched');
    const apart = [{ host: 'a' }, { host: 'b', role: 'node-nic' as const }, { host: 'c', role: 'node-nic' as const }];
    expect(hops(legs, { points: apart })[1]).toBe('→ 1 2: 1 packets, 1 lost, 0 matched');
  });
});

describe('absence proves nothing', () => {
  const lossy = [leg(0, [1, 2], []), leg(1, [1], [])];
  const silent = [leg(0, [1, 2], []), leg(1, [], [])];
  const quality = (some: object) => ({ points: [{}, { quality: some }] });
  const lost = '→ 0 1: 2 packets, 1 lost, 1 matched';
  const none = '→ 0 1: 2 packets, 2 lost, 0 matched';

  test('where rows were not kept: at either end', () => {
    expect(hops(lossy, { kept: [{ leftOut: 1 }] })).toEqual([`${lost} rows-not-kept`]);
    expect(hops(lossy, { kept: [{}, { leftOut: 1 }] })).toEqual([`${lost} rows-not-kept`]);
  });

  test('where connections were not kept and nothing arrived', () => {
    expect(hops(silent, { kept: [{}, { allConnections: false }] })).toEqual([`${none} connections-not-kept`]);
    expect(hops(lossy, { kept: [{}, { allConnections: false }] })).toEqual([lost]);
    expect(hops(silent, { kept: [{ allConnections: false }] })).toEqual([none]);
  });

  test('where more than 1 in 100 packets was not readable and nothing arrived', () => {
    expect(hops(silent, quality({ packets: 200, unreadable: 3 }))).toEqual([`${none} unreadable 3 200`]);
    expect(hops(silent, quality({ packets: 200, unreadable: 2 }))).toEqual([none]);
    expect(hops(lossy, quality({ packets: 200, unreadable: 3 }))).toEqual([lost]);
  });

  test('where it is not known that the point was capturing', () => {
    const windows = [
      { proved: ALL, presumed: ALL },
      { proved: null, presumed: null },
    ];
    expect(hops(silent, { windows })).toEqual(['→ 0 1: 0 packets, 0 lost, 0 matched capture-time-unknown']);
  });

  test('where the capture dropped more than 1 in 1,000 packets', () => {
    // 100 packets were captured: 0.1 would be the limit.
    expect(hops(lossy, { dropped: 0 })).toEqual([lost]);
    expect(hops(lossy, { dropped: 1 })).toEqual([`${lost} dropped 1 101`]);
  });

  test('where the point missed more than a tenth of acknowledged octets, and packets were lost among others', () => {
    expect(hops(lossy, quality({ gapOctets: 11, tcpOctets: 89 }))).toEqual([`${lost} packets-missed 11 100`]);
    expect(hops(lossy, quality({ gapOctets: 10, tcpOctets: 90 }))).toEqual([lost]);
    expect(hops(silent, quality({ gapOctets: 11, tcpOctets: 89 }))).toEqual([none]);
    expect(hops([leg(0, [1], []), leg(1, [1], [])], quality({ gapOctets: 11, tcpOctets: 89 }))).toEqual([
      '→ 0 1: 1 packets, 0 lost, 1 matched',
    ]);
  });

  test('where the clocks have no relation', () => {
    const unrelated = { error: null, aligned: false };
    expect(hops(lossy, { timeline: unrelated })).toEqual([`${lost} clock-unrelated 0,1`]);
    expect(hops(lossy, { timeline: { error: null, aligned: true } })).toEqual([lost]);
    expect(hops(lossy, { timeline: { error: null, aligned: true, moved: true } })).toEqual([
      `${lost} clock-unrelated 0,1`,
    ]);
    // To a point that never saw the conversation, wall clocks are enough, if none moved.
    const absent = [leg(0, [2, 3], [])];
    expect(hops(absent, { next: 1, timeline: unrelated })).toEqual([
      '→ 0 1: 2 packets, 2 lost, 0 matched by wall clock',
    ]);
    expect(hops(absent, { next: 1, timeline: { ...unrelated, moved: true } })).toEqual([
      '→ 0 1: 2 packets, 2 lost, 0 matched clock-unrelated 0,1',
    ]);
    expect(hops(absent, { next: 1, timeline: { ...unrelated, clocks: [0, 0, 2, 3] } })).toEqual([
      '→ 0 1: 2 packets, 2 lost, 0 matched',
    ]);
    // By wall clocks, the first and last second of the capture do not count.
    const edges = [leg(0, [0.9, 1.1, 98.9, 99.1], [])];
    expect(hops(edges, { next: 1, timeline: unrelated })).toEqual([
      '→ 0 1: 2 packets, 2 lost, 0 matched by wall clock',
    ]);
    expect(hops([leg(0, [0.5], [])], { next: 1, timeline: unrelated })).toEqual([
      '→ 0 1: 0 packets, 0 lost, 0 matched clock-unrelated 0,1',
    ]);
  });

  test('where no packet was sent in the time of the second point', () => {
    const windows = [
      { proved: ALL, presumed: ALL },
      { proved: { start: 50, end: 60 }, presumed: { start: 50, end: 60 } },
    ];
    expect(hops(silent, { windows })).toEqual(['→ 0 1: 0 packets, 0 lost, 0 matched no-common-time']);
  });
});

describe('where only the first rows were kept', () => {
  const counts = (there: number, octets: number) => ({
    connection: { toServer: { packets: there, payloadOctets: octets } },
  });
  const kept = [{ whole: [] }, { whole: [] }];

  test('equal counts of packets and octets say that nothing was lost', () => {
    const legs = [leg(0, [1, 2], [], counts(50, 500)), leg(1, [1], [], counts(50, 500))];
    expect(hops(legs, { kept })).toEqual(['→ 0 1: 50 packets, 0 lost, 50 matched']);
    // Another number of packets or octets leaves it open.
    const other = (there: number, octets: number) => [legs[0], leg(1, [1], [], counts(there, octets))];
    expect(hops(other(49, 500), { kept })).toEqual(['→ 0 1: 2 packets, 1 lost, 1 matched rows-not-kept']);
    expect(hops(other(50, 499), { kept })).toEqual(['→ 0 1: 2 packets, 1 lost, 1 matched rows-not-kept']);
    expect(hops([legs[0]], { kept, next: 1 })).toEqual(['→ 0 1: 2 packets, 2 lost, 0 matched rows-not-kept']);
  });

  test('flows that have all their rows are compared by them: chosen ones, and those with no more packets', () => {
    const legs = [leg(0, [1, 2], [], counts(2, 99)), leg(1, [1], [], counts(1, 10))];
    expect(hops(legs, { kept })).toEqual(['→ 0 1: 2 packets, 1 lost, 1 matched']);
    const more = [leg(0, [1, 2], [], counts(50, 500)), leg(1, [1], [], counts(50, 500))];
    expect(hops(more, { kept: [{ whole: [0] }, { whole: [1] }] })).toEqual(['→ 0 1: 2 packets, 1 lost, 1 matched']);
    expect(hops(more, { kept: [{ whole: [0] }, { whole: [] }] })).toEqual(['→ 0 1: 50 packets, 0 lost, 50 matched']);
    expect(hops(more, { kept: [{ whole: [] }, { whole: [1] }] })).toEqual(['→ 0 1: 50 packets, 0 lost, 50 matched']);
  });
});

describe('the time that a quiet point is taken to have been capturing', () => {
  /** Point 1 proves 10 to 20 s, and its session runs from 0 to 100 s. */
  const windows = [
    { proved: ALL, presumed: ALL },
    { proved: { start: 10, end: 20 }, presumed: { start: 0, end: 100 } },
  ];
  const count = (there: number[], seen: number[], back: MadeUpRow[] = [], some: Asked = {}) =>
    hops([{ point: 0, there: packets(...there), back }, leg(1, seen, [])], { windows, ...some })[0]?.replace(
      /^→ 0 1: (\d+) packets, (\d+) lost.*/,
      '$1 of which $2',
    );

  test('reaches beyond its packets where one to a silent point, or three others, got no answer', () => {
    expect(count([5], [])).toBe('1 of which 1');
    expect(count([25], [])).toBe('1 of which 1');
    expect(count([15, 25, 26], [15])).toBe('1 of which 0');
    expect(count([15, 25, 26, 27], [15])).toBe('4 of which 3');
    expect(count([15, 5, 6], [15])).toBe('1 of which 0');
    expect(count([4, 5, 6, 15], [15])).toBe('4 of which 3');
    // Each end for itself.
    expect(count([4, 5, 15, 25, 26], [15])).toBe('1 of which 0');
    expect(count([4, 5, 6, 15, 25, 26], [15])).toBe('4 of which 3');
  });

  test('ends where an answer proves that packets arrived; within 50 ms of the edge it does not', () => {
    const answer = (time: number, flags = ACK) => [packet(time, { flags })];
    expect(count([25, 26, 27], [], answer(30))).toBe('0 of which 0');
    expect(count([25, 26, 27], [], answer(20.04))).toBe('3 of which 3');
    expect(count([25, 26, 27], [], answer(20.06))).toBe('0 of which 0');
    expect(count([5, 6], [], answer(9.96))).toBe('2 of which 2');
    expect(count([5, 6], [], answer(9.94))).toBe('0 of which 0');
    // A reset may come from who dropped the packets: those before it count.
    expect(count([25, 26, 27], [], answer(30, RST))).toBe('3 of which 3');
    expect(count([25, 26, 27], [], answer(24, RST))).toBe('0 of which 0');
    expect(count([15, 25, 26, 27], [15], answer(26.5, RST))).toBe('1 of which 0');
    expect(count([15, 25, 26, 27, 28], [15], answer(27.5, RST))).toBe('5 of which 4');
  });

  test('is not asked by packets of the last 200 ms of the first capture', () => {
    const until = (end: number) => [{ proved: { start: 0, end }, presumed: ALL }, windows[1]];
    expect(count([25], [], [], { windows: until(25.2) })).toBe('1 of which 1');
    expect(count([25], [], [], { windows: until(25.1) })).toBe('0 of which 0');
    expect(count([25], [], [], { windows: [{ proved: null, presumed: null }, windows[1]] })).toBe('1 of which 1');
  });

  test('an empty capture is taken to have run as long as its session', () => {
    const empty = [windows[0], { proved: null, presumed: { start: 0, end: 100 } }];
    expect(count([5, 25], [], [packet(30)], { windows: empty })).toBe('2 of which 2');
  });

  test('answers count by other points of the clock where the first has none', () => {
    const more = (clocks: number[]) =>
      hops([leg(0, [25], []), leg(2, [], [30]), leg(1, [], [])], {
        windows: [...windows, windows[0]],
        points: [{}, {}, {}],
        timeline: { clocks },
      })[0];
    expect(more([0, 1, 0])).toBe('→ 0 2: 1 packets, 1 lost, 0 matched');
    expect(
      hops([leg(2, [], [30]), leg(0, [25], []), leg(1, [], [])], {
        windows: [...windows, windows[0]],
        points: [{}, {}, {}],
        timeline: { clocks: [0, 1, 0] },
      })[0],
    ).toBe('→ 0 1: 0 packets, 0 lost, 0 matched no-common-time');
    expect(
      hops([leg(2, [], [30]), leg(0, [25], []), leg(1, [], [])], {
        windows: [...windows, windows[0]],
        points: [{}, {}, {}],
      })[0],
    ).toBe('→ 0 1: 1 packets, 1 lost, 0 matched');
  });
});

test('the interface for requests, beside the client, is no way of the answers', () => {
  const points = [{ host: 'b', role: 'node-nic' as const }, { host: 'b', role: 'node-nic' as const }, { host: 'a' }];
  expect(hops([leg(0, [1], []), leg(1, [], [2]), leg(2, [1], [2])], { points })).toEqual([
    '→ 0 2: 1 packets, 0 lost, 1 matched',
    '← 2 1: 1 packets, 0 lost, 1 matched',
  ]);
  const apart = points.map((one, nth) => ({ ...one, host: `h${nth}` }));
  expect(hops([leg(0, [1], []), leg(1, [], [2]), leg(2, [1], [2])], { points: apart }).at(-1)).toBe(
    '← 1 0: 1 packets, 1 lost, 0 matched',
  );
});
