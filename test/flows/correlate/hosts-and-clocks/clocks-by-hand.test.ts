import { describe, expect, test } from 'vitest';
import { ClockComparisons } from '../../../../src/flows/correlate/hosts-and-clocks/clock-comparisons.ts';
import type { DelayFloor } from '../../../../src/flows/correlate/hosts-and-clocks/clock-fit.ts';
import { alignClocks, clockNumbers } from '../../../../src/flows/correlate/hosts-and-clocks/clocks.ts';
import { finish } from '../../../../src/flows/correlate/steps.ts';
import type { CapturePoint } from '../../../../src/flows/evidence/evidence.ts';
import { capture, evidence, point } from '../../../support/evidence.ts';
import { type MadeUpLeg, type MadeUpRow, madeUpCluster } from '../made-up-cluster.ts';

type Points = Parameters<typeof madeUpCluster>[1];
/** A conversation along points: seconds of the way from its client, and by how much the clock is ahead. */
interface Passed {
  at: (Partial<MadeUpLeg> & {
    point: number;
    later: number;
    ahead?: number;
    ttl?: [number, number];
    only?: 'there' | 'back';
  })[];
  /** When requests leave the client, and when answers arrive there. */
  there?: number[];
  back?: number[];
}

function built(conversations: readonly Passed[], points: Points) {
  const legs = conversations.map(({ at, there = [10, 12], back = [11, 13] }, nth) =>
    at.map(({ point: of, later, ahead = 0, ttl = [64, 64], only, ...some }): MadeUpLeg => {
      const row =
        (direction: number) =>
        (time: number, number: number): MadeUpRow => ({
          time: time + (direction === 0 ? later : -later) + ahead,
          seq: 1000 * (nth + 1) + 100 * direction + number,
          ipId: 1 + 100 * (nth + 1) + 50 * direction + number,
          ttl: ttl[direction],
          flags: 16,
        });
      return {
        point: of,
        ...some,
        there: only === 'back' ? [] : there.map(row(0)),
        back: only === 'there' ? [] : back.map(row(1)),
      };
    }),
  );
  const { evidence: joined, members, store } = madeUpCluster(legs.flat(), points);
  let at = 0;
  const groups = legs.map((group) => members.slice(at, (at += group.length)));
  return { joined, groups, store };
}

const us = (seconds: number) => Math.round(seconds * 1e6);
const told = (floor: DelayFloor) => [...floor.points()].map(({ time, delay }) => [us(time), us(delay)]);

/** What each pair of clocks shows: time and delay of its packets, µs; each point has a clock unless told. */
function compared(conversations: readonly Passed[], points: Points, clocks = points.map((_, index) => index)) {
  const { joined, groups, store } = built(conversations, points);
  const found = finish(new ClockComparisons(joined, groups, store, clocks).all());
  return found.map(({ clocks: pair, forth, back, unordered, nearer }) => ({
    pair: pair.join(),
    forth: told(forth),
    back: told(back),
    ...(unordered.matches > 0 && { unordered: told(unordered) }),
    ...(nearer.size > 0 && { nearer: Object.fromEntries(nearer) }),
  }));
}
const S = 1_000_000;

describe('what two clocks show', () => {
  test('delays of requests and of answers, and the way by which waits are longer', () => {
    // 300 µs on the way, the second clock 1 s ahead.
    const way = {
      at: [
        { point: 0, later: 0 },
        { point: 1, later: 0.0003, ahead: 1 },
      ],
      there: [10],
      back: [11],
    };
    expect(compared([way], [{}, {}])).toEqual([{ pair: '0,1', forth: [[10 * S, S + 300]], back: [[11 * S, 300 - S]] }]);
    // The second point is nearer to the client: packets to the server are on the way back to the first clock.
    const turned = {
      ...way,
      at: [
        { point: 0, later: 0.0003 },
        { point: 1, later: 0, ahead: 1 },
      ],
    };
    expect(compared([turned], [{}, {}])).toEqual([
      { pair: '0,1', forth: [[11 * S - 300, S + 300]], back: [[10 * S + 300, 300 - S]] },
    ]);
  });

  test('hop limits tell the way before waits do: of requests, else of answers', () => {
    const by = (first: [number, number], second: [number, number]) =>
      compared(
        [
          {
            at: [
              { point: 0, later: 0, ttl: first },
              { point: 1, later: 0.0003, ttl: second },
            ],
            there: [10],
            back: [11],
          },
        ],
        [{}, {}],
      )[0].forth;
    expect(by([64, 63], [63, 64])).toEqual([[10 * S, 300]]);
    expect(by([63, 64], [64, 63])).toEqual([[11 * S, -300]]);
    expect(by([64, 63], [64, 62])).toEqual([[11 * S, -300]]);
    expect(by([64, 62], [64, 63])).toEqual([[10 * S, 300]]);
  });

  test('one direction, and no hop limit that differs: no way is known', () => {
    const way = {
      at: [
        { point: 0, later: 0 },
        { point: 1, later: 0.0003 },
      ],
      there: [10, 12],
      back: [],
    };
    expect(compared([way], [{}, {}])).toEqual([
      {
        pair: '0,1',
        forth: [],
        back: [],
        unordered: [
          [10 * S, 300],
          [12 * S, 300],
        ],
      },
    ]);
  });

  test('starts of captures count, and each pair of clocks, in ascending order', () => {
    const way = {
      at: [
        { point: 2, later: 0 },
        { point: 0, later: 0.0001 },
        { point: 1, later: 0.0002 },
      ],
      there: [10],
      back: [11],
    };
    expect(compared([way], [{}, { timeShift: 4 }, { timeShift: -1 }])).toEqual([
      { pair: '0,1', forth: [[10 * S + 100, 4 * S + 100]], back: [[11 * S - 100, 100 - 4 * S]] },
      { pair: '0,2', forth: [[11 * S - 100, 100 - S]], back: [[10 * S + 100, 100 + S]] },
      { pair: '1,2', forth: [[15 * S - 200, 200 - 5 * S]], back: [[14 * S + 200, 200 + 5 * S]] },
    ]);
  });

  test('a conversation at one clock, and ARP, tell nothing', () => {
    const at = [
      { point: 0, later: 0 },
      { point: 1, later: 0.0003 },
    ];
    expect(compared([{ at: [at[0]] }], [{}, {}])).toEqual([]);
    expect(compared([{ at }], [{}, {}], [5, 5])).toEqual([]);
    expect(compared([{ at: at.map((one) => ({ ...one, kind: 'arp' as const })) }], [{}, {}])).toEqual([]);
  });

  test('of two points of a clock the one with more packets of a direction is compared, else the one nearer to the pod', () => {
    const way = (first: 'there' | 'back' | undefined, second: 'there' | 'back' | undefined, points: Points) =>
      compared(
        [
          {
            at: [
              { point: 0, later: 0, ...(first && { only: first }) },
              { point: 1, later: 0.00002, ...(second && { only: second }) },
              { point: 2, later: 0.0003 },
            ],
            there: [10],
            back: [11],
          },
        ],
        points,
        [0, 0, 1],
      ).map(({ forth, back }) => [forth[0]?.[1], back[0]?.[1]]);
    const roles = (one: CapturePoint['role'], other: CapturePoint['role']) => [{ role: one }, { role: other }, {}];
    expect(way(undefined, undefined, roles('pod-veth', 'bridge'))).toEqual([[300, 300]]);
    expect(way(undefined, undefined, roles('bridge', 'pod-veth'))).toEqual([[280, 280]]);
    expect(way(undefined, undefined, roles('bridge', 'bridge'))).toEqual([[300, 300]]);
    expect(way('there', 'back', roles('pod-veth', 'bridge'))).toEqual([[300, 280]]);
    expect(way('back', 'there', roles('pod-veth', 'bridge'))).toEqual([[280, 300]]);
    // A tunnel makes a sighting half a device deeper.
    const tunnel = { encapsulation: ['vxlan' as const] };
    const inTunnel = compared(
      [
        {
          at: [
            { point: 0, later: 0, ...tunnel },
            { point: 1, later: 0.00002 },
            { point: 2, later: 0.0003 },
          ],
          there: [10],
          back: [11],
        },
      ],
      roles('bridge', 'bridge'),
      [0, 0, 1],
    );
    expect(inTunnel[0].forth).toEqual([[10 * S + 20, 280]]);
  });

  test('who is nearer to the client counts by addresses where one of the two is in a tunnel', () => {
    const way = (later: [number, number], nth = 0): Passed => ({
      at: [
        { point: 0, later: later[0], client: `10.0.0.${nth}:1`, server: '10.0.9.9:80' },
        { point: 1, later: later[1], client: `10.0.0.${nth}:1`, server: '10.0.9.9:80', encapsulation: ['vxlan'] },
      ],
      there: [10 + nth],
      back: [10.5 + nth],
    });
    const key = '10.0.0.0 10.0.9.9';
    // Both sightings vote.
    expect(compared([way([0, 0.0003])], [{}, {}])[0].nearer).toEqual({ [key]: 2 });
    expect(compared([way([0.0003, 0])], [{}, {}])[0].nearer).toEqual({ [key]: -2 });
    expect(compared([way([0, 0.0003]), way([0.0003, 0], 1)], [{}, {}])[0].nearer).toEqual({
      [key]: 2,
      '10.0.0.1 10.0.9.9': -2,
    });
    expect(compared([way([0, 0])], [{}, {}])[0].nearer).toBeUndefined();
    // 256 pairs of addresses at most; known ones still count.
    const many = Array.from({ length: 257 }, (_, nth) => way([0, 0.0003], nth));
    const [{ nearer }] = compared([...many, way([0, 0.0003], 3)], [{}, {}]);
    expect(Object.keys(nearer ?? {})).toHaveLength(256);
    expect(nearer?.['10.0.0.3 10.0.9.9']).toBe(4);
    expect(nearer?.['10.0.0.256 10.0.9.9']).toBeUndefined();
  });

  test('of captures with more than 262,144 packets a part is compared, the same at both', () => {
    const matched = (packets: number) => {
      const times = Array.from({ length: 200 }, (_, nth) => 10 + nth / 10);
      const { joined, groups, store } = built(
        [
          {
            at: [
              { point: 0, later: 0 },
              { point: 1, later: 0.0003 },
            ],
            there: times,
            back: [],
          },
        ],
        [{}, {}],
      );
      joined.captures[1] = capture({ packets });
      const [{ unordered }] = finish(new ClockComparisons(joined, groups, store, [0, 1]).all());
      return unordered.matches;
    };
    expect(matched(1 << 18)).toBe(200);
    const [half, tenth] = [matched(1 << 19), matched(10 * (1 << 18))];
    expect(half).toBeGreaterThan(70);
    expect(half).toBeLessThan(130);
    expect(tenth).toBeGreaterThan(5);
    expect(tenth).toBeLessThan(40);
  });
});

describe('the number of a clock', () => {
  test('is one for each named host, and one for each capture without', () => {
    const joined = evidence({
      captures: [capture({ path: 'a.pcap' }), capture({ path: 'b.pcap' }), capture({ path: 'c.pcap' })],
      points: [
        point({ host: 'w1' }),
        point({ capture: 1 }),
        point({ capture: 1 }),
        point({ capture: 2, host: 'w1' }),
        point({ capture: 2 }),
      ],
    });
    expect(clockNumbers(joined as never)).toEqual({ clocks: [0, 1, 1, 0, 2], names: ['w1', 'b.pcap', 'c.pcap'] });
  });
});

const near = (value: number, digits = 9) => expect.closeTo(value, digits);

/** The timeline of hosts a, b, c, …: a point for each. */
function aligned(conversations: readonly Passed[], hosts: readonly string[], shifts: readonly number[] = []) {
  const points = hosts.map((host, index) => ({ host, timeShift: shifts[index] ?? 0 }));
  const { joined, groups, store } = built(conversations, points);
  const timeline = finish(alignClocks(joined, groups, store));
  return { timeline, shifts: joined.points.map(({ timeShift }) => timeShift), relations: timeline.relations };
}
const way = (from: number, to: number, delay: number, ahead: [number, number], only?: 'there' | 'back'): Passed => ({
  at: [
    { point: from, later: 0, ahead: ahead[0], ...(only && { only }) },
    { point: to, later: delay, ahead: ahead[1], ...(only && { only }) },
  ],
});
const PPM = 1e-6;

describe('all clocks on one timeline', () => {
  test('an offset and its error: half of both delays, and 100 ppm of the time', () => {
    const { timeline, relations, shifts } = aligned([way(0, 1, 0.001, [0, 0.5])], ['a', 'b']);
    // Packets at 10 to 13 s.
    const error = 0.001 + 100 * PPM * 3;
    expect(relations).toEqual([
      {
        reference: 'a',
        host: 'b',
        offsetSeconds: near(0.5),
        errorSeconds: near(error),
        skewPpm: null,
        matches: 4,
        unknown: null,
      },
    ]);
    expect(shifts).toEqual([0, near(-0.5)]);
    expect([timeline.at(0, 7), timeline.at(1, 7)]).toEqual([7, near(6.5)]);
    expect([timeline.error(0, 1), timeline.error(1, 0), timeline.error(1, 1)]).toEqual([near(error), near(error), 0]);
    expect([timeline.isAligned(0, 1), timeline.hasMoved(0, 1), timeline.clockOf(1)]).toEqual([true, false, 1]);
    expect(timeline.bounds(0, 1)).toEqual({
      shiftA: 0,
      shiftB: near(-0.5),
      rateA: 1,
      rateB: 1,
      weakWindow: near(0.05 + error),
    });
  });

  test('packets of weak identity may take ten round trips, from 50 ms on', () => {
    const { timeline } = aligned([way(0, 1, 0.004, [0, 0])], ['a', 'b']);
    const error = 0.004 + 100 * PPM * 3;
    expect(timeline.bounds(0, 1).weakWindow).toBeCloseTo(20 * error + error, 9);
  });

  test('the start of a capture counts', () => {
    const { shifts, relations } = aligned([way(0, 1, 0.001, [0, 0.5 - 4])], ['a', 'b'], [0, 4]);
    expect(relations[0].offsetSeconds).toBeCloseTo(0.5, 9);
    expect(shifts).toEqual([0, near(3.5)]);
  });

  test('through other clocks errors add up, and the way with the smallest error is taken', () => {
    const span = 100 * PPM * 3;
    const chain = aligned([way(0, 1, 0.001, [0, 0.5]), way(1, 2, 0.002, [0.5, 3])], ['a', 'b', 'c']);
    expect(chain.relations.map(({ offsetSeconds, errorSeconds }) => [offsetSeconds, errorSeconds])).toEqual([
      [near(0.5), near(0.001 + span)],
      [near(3), near(0.003 + 2 * span)],
    ]);
    // From a to c directly in 9 ms: worse than through b.
    const far = [way(0, 2, 0.009, [0, 3]), way(0, 1, 0.001, [0, 0.5]), way(1, 2, 0.002, [0.5, 3])];
    expect(aligned(far, ['a', 'b', 'c']).relations[1].errorSeconds).toBeCloseTo(0.003 + 2 * span, 9);
    // In 2 ms: better.
    const close = [way(0, 2, 0.002, [0, 3]), way(0, 1, 0.001, [0, 0.5]), way(1, 2, 0.002, [0.5, 3])];
    expect(aligned(close, ['a', 'b', 'c']).relations[1].errorSeconds).toBeCloseTo(0.002 + span, 9);
  });

  test('two groups have no relation to each other; each has its own reference', () => {
    const { timeline, relations } = aligned(
      [way(0, 1, 0.001, [0, 0.5]), way(2, 3, 0.001, [0, 2])],
      ['a', 'b', 'c', 'd'],
    );
    expect(
      relations.map(({ reference, host, offsetSeconds, unknown }) => [reference, host, offsetSeconds, unknown]),
    ).toEqual([
      ['a', 'b', near(0.5), null],
      ['a', 'c', null, { code: 'no-common-packets' }],
      ['c', 'd', near(2), null],
    ]);
    expect([timeline.error(0, 2), timeline.error(1, 3), timeline.isAligned(1, 2)]).toEqual([null, null, false]);
    expect(timeline.bounds(0, 2).weakWindow).toBe(Infinity);
  });

  test('one direction aligns, but tells no offset and no error; the next one by it has none either', () => {
    const { timeline, relations, shifts } = aligned(
      [way(0, 1, 0.001, [0, 0.5], 'there'), way(1, 2, 0.001, [0.5, 2])],
      ['a', 'b', 'c'],
    );
    expect(
      relations.map(({ offsetSeconds, errorSeconds, matches, unknown }) => [
        offsetSeconds,
        errorSeconds,
        matches,
        unknown,
      ]),
    ).toEqual([
      [null, null, 2, { code: 'one-direction' }],
      [null, null, 4, { code: 'one-direction' }],
    ]);
    expect([timeline.error(0, 1), timeline.isAligned(0, 1)]).toEqual([null, true]);
    // The fastest packet is taken to have needed no time.
    expect(shifts).toEqual([0, near(-0.501), near(-2.001)]);
  });

  test('a drift: rate and offset of the time of the first clock', () => {
    const times = Array.from({ length: 40 }, (_, nth) => nth);
    const drifting = (rate: number) => {
      const { joined, groups, store } = built(
        [
          {
            at: [
              { point: 0, later: 0 },
              { point: 1, later: 0.001 },
            ],
            there: times,
            back: times.map((time) => time + 0.5),
          },
        ],
        [{ host: 'a' }, { host: 'b' }],
      );
      for (const [capture_, factor] of [
        [0, 1],
        [1, rate],
      ])
        store.retime(
          capture_,
          store.times(capture_).map((time) => time * factor + (factor === 1 ? 0 : 2)),
        );
      return finish(alignClocks(joined, groups, store));
    };
    const timeline = drifting(1.0002);
    const [{ offsetSeconds, skewPpm, errorSeconds }] = timeline.relations;
    expect(skewPpm).toBeCloseTo(200, 3);
    expect(offsetSeconds).toBeCloseTo(2, 5);
    expect(errorSeconds).toBeCloseTo(0.001, 5);
    expect(timeline.at(1, 2 + 1.0002 * 30)).toBeCloseTo(30, 5);
    expect(timeline.bounds(1, 0)).toMatchObject({ rateA: near(1 / 1.0002), rateB: 1 });
  });

  test('a clock that was set too often is told as such, and is compared with none', () => {
    const times = Array.from({ length: 40 }, (_, nth) => nth);
    const { joined, groups, store } = built(
      [
        {
          at: [
            { point: 0, later: 0 },
            { point: 1, later: 0.001 },
          ],
          there: times,
          back: times.map((time) => time + 0.5),
        },
      ],
      [{ host: 'a' }, { host: 'b' }],
    );
    store.retime(
      1,
      store.times(1).map((time) => time + Math.floor(time / 4) * 0.5),
    );
    const timeline = finish(alignClocks(joined, groups, store));
    expect(timeline.relations).toMatchObject([
      { offsetSeconds: null, errorSeconds: null, unknown: { code: 'clock-moved' } },
    ]);
    expect([timeline.error(0, 1), timeline.hasMoved(0, 1), timeline.hasMoved(1, 0), timeline.hasMoved(1, 1)]).toEqual([
      null,
      true,
      true,
      false,
    ]);
  });

  test('captures of one host that were guessed share a clock, and the best fit of both to a third is taken', () => {
    // Bridge and tunnel device of one node, 20 µs apart; a NIC elsewhere sees their packets after 1 ms and 2 ms.
    const { joined, groups, store } = built(
      [
        {
          at: [
            { point: 0, later: 0 },
            { point: 1, later: 0.00002 },
          ],
        },
        {
          at: [
            { point: 0, later: 0 },
            { point: 2, later: 0.002, ahead: 1, ttl: [60, 60] },
          ],
        },
        {
          at: [
            { point: 1, later: 0 },
            { point: 2, later: 0.001, ahead: 1, ttl: [60, 60] },
          ],
        },
      ],
      [{ role: 'bridge' }, { role: 'tunnel-device' }, { host: 'c' }],
    );
    const timeline = finish(alignClocks(joined, groups, store));
    expect(joined.points.map(({ host }) => host)).toEqual(['host 1', 'host 1', 'c']);
    expect([0, 1, 2].map((of) => timeline.clockOf(of))).toEqual([0, 0, 1]);
    // 1 ms by the device and 2 ms by the bridge: the smaller error counts, with 100 ppm of 3 s.
    expect(timeline.relations).toMatchObject([
      { reference: 'host 1', host: 'c', offsetSeconds: near(1), errorSeconds: near(0.001 + 100 * PPM * 3) },
    ]);
  });
});
