import { describe, expect, test } from 'vitest';
import type { Span } from '../../../../src/flows/correlate/hops/coverage-window.ts';
import { countHop, emptyHop } from '../../../../src/flows/correlate/hops/hop-count.ts';
import { type Direction, type Hop, TO_CLIENT, TO_SERVER } from '../../../../src/flows/evidence/evidence.ts';
import { type MadeUpLeg, type MadeUpRow, madeUpCluster, madeUpTimeline } from '../made-up-cluster.ts';

const [FIN, SYN, RST, ACK] = [1, 2, 4, 16];

interface Asked {
  direction?: Direction;
  window?: Span | null;
  error?: number | null;
  sameCapture?: boolean;
  kind?: 'tcp' | 'datagram';
  back?: [MadeUpRow[], MadeUpRow[]];
  /** A third point that saw answers. */
  third?: MadeUpRow[];
  absent?: boolean;
}

/** The hop from point 0 to point 1, told by what differs from an empty one. */
function hop(sent: readonly MadeUpRow[], arrived: readonly MadeUpRow[], asked: Asked = {}): Partial<Hop> {
  const { direction = TO_SERVER, window = { start: 0, end: 100 }, error = 0, kind = 'tcp', back = [[], []] } = asked;
  const rows = (there: readonly MadeUpRow[], answers: readonly MadeUpRow[]) =>
    direction === TO_SERVER ? { there, back: answers } : { there: answers, back: there };
  const legs: MadeUpLeg[] = [
    { point: 0, kind, ...rows(sent, back[0]) },
    { point: 1, kind, ...rows(arrived, back[1]) },
    { point: 2, kind, ...rows([], asked.third ?? []) },
  ];
  const points = asked.sameCapture ? [{}, { capture: 0 }, { capture: 1 }] : [{}, {}, {}];
  const { evidence, members, store } = madeUpCluster(legs, points);
  const found = countHop({
    evidence,
    store,
    timeline: madeUpTimeline({ clocks: [0, 1, 2], error }),
    direction,
    from: members[0],
    to: asked.absent ? null : members[1],
    toPoint: 1,
    path: members,
    window,
  });
  const empty = Object.entries(emptyHop(direction, 0, 1));
  const differs = empty.filter(([name, value]) => JSON.stringify(found[name as keyof Hop]) !== JSON.stringify(value));
  return Object.fromEntries(differs.map(([name]) => [name, found[name as keyof Hop]]));
}
/** Segment `nth` with so many octets, and the same one as it arrives after a millisecond. */
const segment = (nth: number, payloadLength = 100, some: MadeUpRow = {}): MadeUpRow => ({
  time: nth,
  seq: 1000 + nth * 100,
  ipId: 100 + nth,
  flags: ACK,
  payloadLength,
  ...some,
});
const later = (row: MadeUpRow, by = 0.001): MadeUpRow => ({ ...row, time: (row.time ?? 0) + by });
const near = (value: number) => expect.closeTo(value, 9);
const ref = (packet: number) => ({ packet, time: packet });
/** Segments 1 to n; rows are numbered from 1, so packet n is segment n. */
const segments = (count: number, payload = 100) => Array.from({ length: count }, (_, at) => segment(at + 1, payload));

describe('packets that arrived', () => {
  test('count with their octets, the largest, the data among them, and their delays', () => {
    const sent = [segment(1, 0), segment(2, 100), segment(3, 60)];
    const arrived = [later(sent[0]), later(sent[1], 0.002), later(sent[2], 0.004)];
    expect(hop(sent, arrived, { error: 0.0005 })).toEqual({
      packets: 3,
      octets: 40 + 140 + 100,
      largestArrived: 140,
      matched: 3,
      matchedData: 2,
      delay: { p50: near(0.002), p95: near(0.004), max: near(0.004), error: 0.0005 },
    });
  });

  test('have their median and 95th percentile delay; without a known error none', () => {
    const sent = segments(20);
    const arrived = sent.map((row, at) => later(row, 0.001 * (at + 1)));
    expect(hop(sent, arrived).delay).toEqual({ p50: near(0.011), p95: near(0.02), max: near(0.02), error: 0 });
    expect(hop(sent.slice(0, 1), arrived.slice(0, 1)).delay).toEqual({
      p50: near(0.001),
      p95: near(0.001),
      max: near(0.001),
      error: 0,
    });
    expect(hop(sent, arrived, { error: null }).delay).toBeUndefined();
  });
});

describe('packets that did not', () => {
  test('count as lost, with octets, sizes and places, and since the last one that arrived', () => {
    const sent = [
      segment(1),
      segment(2, 300),
      segment(3, 50),
      segment(4),
      segment(5, 200),
      segment(6, 0, { flags: FIN | ACK }),
    ];
    const { delay: _, ...found } = hop(sent, [later(sent[0]), later(sent[3])]);
    expect(found).toEqual({
      packets: 6,
      octets: 140 + 340 + 90 + 140 + 240 + 40,
      lost: 4,
      lostOctets: 340 + 90 + 240 + 40,
      lostData: 3,
      largestArrived: 140,
      smallestLost: 40,
      largestLost: 340,
      lostPackets: [ref(2), ref(3), ref(5), ref(6)],
      matched: 2,
      matchedData: 2,
      lostSinceMatch: 2,
    });
  });

  test('count only while the second point was capturing', () => {
    const lostIn = (window: Span | null, some: Asked = {}) => hop(segments(4), [], { window, ...some }).lostPackets;
    expect(lostIn(null)).toBeUndefined();
    expect(lostIn({ start: 2, end: 3 }, { sameCapture: true })).toEqual([ref(2), ref(3)]);
    expect(lostIn({ start: 2.0001, end: 2.9999 }, { sameCapture: true })).toBeUndefined();
    // Other captures: what left half a millisecond before may still have passed.
    expect(lostIn({ start: 2.0004, end: 3 })).toEqual([ref(2), ref(3)]);
    expect(lostIn({ start: 2.0006, end: 3 })).toEqual([ref(3)]);
    // At the end the error of the clocks is taken off.
    expect(lostIn({ start: 2, end: 3.4 }, { error: 0.4 })).toEqual([ref(2), ref(3)]);
    expect(lostIn({ start: 2, end: 3.4 }, { error: 0.401 })).toEqual([ref(2)]);
    expect(lostIn({ start: 2, end: 3 }, { error: null })).toEqual([ref(2), ref(3)]);
  });

  test('count up to the usual delay before the end: that of 19 packets in 20, never below 0', () => {
    const sent = segments(22);
    // Of 20 that arrive, 19 take 1 ms and one 0.5 s: the 95th percentile is the largest; with 21 it is 1 ms.
    const arrived = (count: number) => sent.slice(0, count).map((row, at) => later(row, at === 3 ? 0.5 : 0.001));
    const lost = (count: number, end: number) =>
      hop(sent.slice(0, count + 1), arrived(count), { window: { start: 0, end } }).lost ?? 0;
    expect([lost(20, 21.49), lost(20, 21.51)]).toEqual([0, 1]);
    expect([lost(21, 22.0009), lost(21, 22.0011)]).toEqual([0, 1]);
    const early = sent.slice(0, 2).map((row) => later(row, -0.3));
    expect(hop(sent.slice(0, 3), early, { window: { start: 0, end: 3.1 } }).lost).toBe(1);
    expect(hop(sent.slice(0, 3), early, { window: { start: 0, end: 2.9 } }).lost).toBeUndefined();
  });

  test('a pure ACK without IP ID and timestamp proves nothing; with one of them, or another flag, it does', () => {
    const lost = (some: MadeUpRow, asked: Asked = {}) =>
      hop([segment(1, 0, { ipId: 0, ...some })], [], asked).lost ?? 0;
    expect(lost({})).toBe(0);
    expect(lost({ ipId: 5 })).toBe(1);
    expect(lost({ tsValue: 5 })).toBe(1);
    expect(lost({ payloadLength: 1 })).toBe(1);
    for (const flag of [FIN, SYN, RST]) expect(lost({ flags: ACK | flag })).toBe(1);
    expect(lost({}, { kind: 'datagram' })).toBe(1);
  });

  test('a SYN or FIN without data that its sender repeats is lost itself', () => {
    const control = (flags: number, again: MadeUpRow) =>
      hop([segment(1, 0, { flags }), segment(2, 0, { ...again })], []).lostControl ?? 0;
    const same = { seq: 1100 };
    expect(control(SYN, { flags: SYN, ...same })).toBe(1);
    expect(control(FIN | ACK, { flags: FIN | ACK, ...same })).toBe(1);
    expect(control(FIN | ACK, { flags: FIN, ...same })).toBe(1);
    expect(control(SYN, { flags: SYN })).toBe(0);
    expect(control(SYN, { flags: FIN, ...same })).toBe(0);
    expect(control(RST, { flags: RST, ...same })).toBe(0);
    // Of three the first two were repeated; a later one that arrived counts as well.
    const three = [1, 2, 3].map((nth) => segment(nth, 0, { flags: SYN, ...same }));
    expect(hop(three, []).lostControl).toBe(2);
    expect(hop(three, [later(three[2])]).lostControl).toBe(2);
    // With data it counts as data; a datagram has no such flags.
    expect(
      hop([segment(1, 1, { flags: FIN }), segment(2, 0, { flags: FIN, ...same })], []).lostControl,
    ).toBeUndefined();
    expect(
      hop([segment(1, 0, { flags: SYN }), segment(2, 0, { flags: SYN, ...same })], [], { kind: 'datagram' })
        .lostControl,
    ).toBeUndefined();
  });

  test('4,096 are listed, all are counted', () => {
    const many = hop(segments(4098, 1), [], { window: { start: 0, end: 5000 } });
    expect([many.lost, many.lostPackets?.length]).toEqual([4098, 4096]);
  });

  test('without the second point everything is lost', () => {
    expect(hop(segments(2), [], { absent: true })).toMatchObject({ packets: 2, lost: 2, lostData: 2 });
  });
});

describe('packets that the receiver has although the second point never saw them', () => {
  const acks = (ack: number): MadeUpRow[] => [{ time: 50, ack, flags: ACK }];

  test('are not lost; more than one in a thousand make the hop unknown', () => {
    const sent = segments(2);
    expect(hop(sent, [later(sent[0])], { back: [acks(1300), []] })).toMatchObject({
      packets: 1,
      unknown: { code: 'acknowledged-unseen' },
    });
    expect(hop(sent, [later(sent[0])], { back: [acks(1299), []] })).toMatchObject({ packets: 2, lost: 1 });
    const many = segments(1001);
    const but = (missing: number) =>
      hop(
        many.slice(0, 999 + missing),
        many.slice(0, 999).map((row) => later(row)),
        {
          window: { start: 0, end: 2000 },
          back: [[{ time: 1500, ack: 2_000_000, flags: ACK }], []],
        },
      );
    expect(but(1).unknown).toBeUndefined();
    expect(but(1).packets).toBe(999);
    expect(but(2).unknown).toEqual({ code: 'acknowledged-unseen' });
  });

  test('by answers at both points; where the first saw none, at any', () => {
    const sent = segments(2);
    const unknown = (some: Asked) => hop(sent, [later(sent[0])], some).unknown !== undefined;
    expect(unknown({ back: [acks(1), acks(1300)] })).toBe(true);
    expect(unknown({ back: [acks(1), []], third: acks(1300) })).toBe(false);
    expect(unknown({ back: [[], []], third: acks(1300) })).toBe(true);
    expect(unknown({ direction: TO_CLIENT, back: [acks(1300), []] })).toBe(true);
  });
});

describe('segments that were merged or cut on the way', () => {
  test('count in the finer cut: a large one of which the middle third is missing', () => {
    // 3,000 octets leave as one, 1,000 + 1,000 arrive: the third segment in between is lost, with a header of its own.
    const sent = [segment(1, 3000, { seq: 1000, ipId: 0 })];
    const piece = (seq: number, time: number) => segment(1, 1000, { seq, ipId: 0, time });
    expect(hop(sent, [piece(1000, 1.001), piece(3000, 1.002)])).toEqual({
      packets: 3,
      octets: 3040,
      lost: 1,
      lostOctets: 1040,
      lostData: 1,
      largestArrived: 1040,
      smallestLost: 1040,
      largestLost: 1040,
      lostPackets: [ref(1)],
      matched: 2,
      matchedData: 2,
      lostSinceMatch: 1,
      delay: { p50: near(0.001), p95: near(0.001), max: near(0.001), error: 0 },
    });
  });

  test('one that is missing as a whole counts in pieces where others were cut finer', () => {
    const sent = [segment(1, 2000, { seq: 1000, ipId: 0 }), segment(2, 2000, { seq: 3000, ipId: 0 })];
    const piece = (seq: number, time: number) => segment(1, 1000, { seq, ipId: 0, time });
    expect(hop(sent, [piece(1000, 1.001), piece(2000, 1.002)])).toMatchObject({
      packets: 4,
      octets: 2 * 2040,
      lost: 2,
      lostOctets: 2 * 1000 + 2 * 40,
      smallestLost: 1040,
      largestLost: 1040,
      matched: 2,
    });
  });

  test('two that arrive as one', () => {
    const sent = [segment(1, 1000, { seq: 1000, ipId: 0 }), segment(2, 1000, { seq: 2000, ipId: 0 })];
    expect(hop(sent, [segment(1, 2000, { seq: 1000, ipId: 0, time: 2.001 })])).toMatchObject({
      packets: 2,
      octets: 2 * 1040,
      largestArrived: 1040,
      matched: 2,
      matchedData: 2,
      delay: { p50: near(1.001), max: near(1.001) },
    });
  });
});

describe('packets out of order', () => {
  const at = (times: number[]) => times.map((time, nth) => segment(nth + 1, 100, { time }));

  test('are those that arrive after one that was sent more than 50 µs later', () => {
    const order = (sent: number[], arrived: number[]) => {
      const rows = at(sent);
      return (
        hop(
          rows,
          rows.map((row, nth) => ({ ...row, time: arrived[nth] })),
        ).reordered ?? 0
      );
    };
    expect(order([1, 2, 3], [1.1, 2.1, 3.1])).toBe(0);
    expect(order([1, 2, 3], [5, 4, 6])).toBe(1);
    expect(order([1, 2, 3], [6, 4, 5])).toBe(1);
    expect(order([1, 2, 3], [6, 5, 4])).toBe(2);
    expect(order([1, 1.00004], [3, 2])).toBe(0);
    expect(order([1, 1.00006], [3, 2])).toBe(1);
  });

  test('what arrives at the same time has no order', () => {
    const rows = at([1, 2]);
    expect(
      hop(rows, [
        { ...rows[1], time: 3 },
        { ...rows[0], time: 3 },
      ]).reordered,
    ).toBeUndefined();
    expect(
      hop(rows, [
        { ...rows[1], time: 3 },
        { ...rows[0], time: 3.001 },
      ]).reordered,
    ).toBe(1);
  });

  test('what is missing at either point does not matter', () => {
    const rows = at([1, 2, 3, 4]);
    const arrived = [rows[2], rows[0]].map((row, nth) => ({ ...row, time: 10 + nth }));
    expect(hop(rows, [{ ...segment(9), time: 9 }, ...arrived]).reordered).toBe(1);
  });
});
