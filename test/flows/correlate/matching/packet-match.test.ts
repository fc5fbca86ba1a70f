import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matchPackets, NO_BOUNDS } from '../../../../src/flows/correlate/matching/packet-match.ts';
import { MARK_CUT, MARK_HEADER_CUT, SIGHTING_UDP } from '../../../../src/flows/rows/row-marks.ts';
import { type MadeUpPacket, madeUpTrack } from '../made-up-track.ts';

const RST = 4;
const bounds = { ...NO_BOUNDS, weakWindow: 0.05 };
const match = (a: MadeUpPacket[], b: MadeUpPacket[]): number[] => [
  ...matchPackets(madeUpTrack(a), madeUpTrack(b), bounds),
];
const reset = (seq: number, time: number): MadeUpPacket => ({ seq, flags: RST, time });

describe('packets of weak identity', () => {
  test.each<[string, MadeUpPacket[], MadeUpPacket[], number[]]>([
    ['within patience', [reset(1, 0)], [reset(1, 0.02)], [0]],
    ['long in a queue, the only one of its kind', [reset(1, 0), reset(2, 0)], [reset(1, 0.9), reset(2, 0.9)], [0, 1]],
    ['as many on both sides, in order', [reset(1, 0), reset(1, 0.2)], [reset(1, 0.9), reset(1, 1.1)], [0, 1]],
    ['one of two is lost: nobody knows which', [reset(1, 0), reset(1, 0.2)], [reset(1, 1.1)], [-1, -1]],
    ['longer than any queue', [reset(1, 0)], [reset(1, 9)], [-1]],
    ['before it was sent', [reset(1, 0.5)], [reset(1, 0.1)], [-1]],
  ])('%s', (_, a, b, expected) => {
    expect(match(a, b)).toEqual(expected);
  });
});

describe('datagrams', () => {
  const datagram = (some: MadeUpPacket): MadeUpPacket => ({ kind: SIGHTING_UDP, payloadLength: 30, ipId: 5, ...some });

  test.each<[string, MadeUpPacket, MadeUpPacket, number[]]>([
    ['without a payload hash, the number tells', datagram({ seq: 7 }), datagram({ seq: 7 }), [0]],
    ['without one, another number is another datagram', datagram({ seq: 7 }), datagram({ seq: 8 }), [-1]],
    ['a payload hash holds the number', datagram({ payloadHash: 1, seq: 7 }), datagram({ payloadHash: 1 }), [0]],
    [
      'another hash is another datagram',
      datagram({ payloadHash: 1, seq: 7 }),
      datagram({ payloadHash: 2, seq: 7 }),
      [-1],
    ],
  ])('%s', (_, a, b, expected) => {
    expect(match([a], [b])).toEqual(expected);
  });
});

describe('segments with a header that was cut at one point', () => {
  const whole = (some: MadeUpPacket): MadeUpPacket => ({ flags: 16, ack: 77, tsValue: 5, l3Length: 60, ...some });
  const cut = (some: MadeUpPacket): MadeUpPacket => ({
    flags: 0,
    l3Length: 60,
    marks: MARK_CUT | MARK_HEADER_CUT,
    ...some,
  });

  test.each<[string, MadeUpPacket[], MadeUpPacket[], number[]]>([
    ['sequence number, length and IP ID tell', [whole({ seq: 9, ipId: 5 })], [cut({ seq: 9, ipId: 5 })], [0]],
    ['another IP ID is another packet', [whole({ seq: 9, ipId: 5 })], [cut({ seq: 9, ipId: 6 })], [-1]],
    ['another length too', [whole({ seq: 9, ipId: 5 })], [cut({ seq: 9, ipId: 5, l3Length: 61 })], [-1]],
    ['cut before the sequence number, the IP ID tells', [whole({ seq: 9, ipId: 5 })], [cut({ seq: 0, ipId: 5 })], [0]],
    ['and without IP ID nothing does', [whole({ seq: 9, ipId: 0 })], [cut({ seq: 0, ipId: 0 })], [-1]],
  ])('%s', (_, a, b, expected) => {
    expect(match(a, b)).toEqual(expected);
  });
});

describe('datagrams', () => {
  const query = (some: MadeUpPacket): MadeUpPacket => ({
    kind: SIGHTING_UDP,
    payloadLength: 60,
    payloadHash: 99,
    ...some,
  });

  test('match by the DNS id in the payload, even if a translated port hides it', () => {
    expect(match([query({ seq: 4711, ipId: 5 })], [query({ seq: 0, ipId: 5 })])).toEqual([0]);
  });

  test('match by IP ID when cut to another length', () => {
    const cut = query({ payloadHash: 7, marks: MARK_CUT, ipId: 5 });
    expect(match([query({ ipId: 5 }), query({ ipId: 6 })], [cut, { ...cut, ipId: 6 }])).toEqual([0, 1]);
    expect(match([query({ ipId: 5 })], [{ ...cut, ipId: 8 }])).toEqual([-1]);
  });

  test('match when cut within the DNS header, so that one point lacks the id', () => {
    expect(match([query({ ipId: 5, seq: 4711 })], [query({ payloadHash: 7, marks: MARK_CUT, ipId: 5 })])).toEqual([0]);
  });

  test('match only by time on one clock when cut and without IP ID', () => {
    const sent = [query({ time: 0 }), query({ time: 1 })];
    const arrived = [query({ time: 1.001, payloadHash: 7, marks: MARK_CUT })];
    expect(match(sent, arrived)).toEqual([-1, 0]);
    expect([...matchPackets(madeUpTrack(sent), madeUpTrack(arrived), NO_BOUNDS)]).toEqual([-1, -1]);
  });
});

test('a comparison leaves nothing behind for the next one, larger or smaller', () => {
  const packets = fc.array(
    fc.record({ seq: fc.constantFrom(1, 2, 3), ipId: fc.constantFrom(0, 7, 8), time: fc.constantFrom(0, 0.01, 0.9) }),
    { maxLength: 12 },
  );
  const many = Array.from({ length: 1500 }, (_, seq): MadeUpPacket => ({ seq: seq % 700, ipId: 7, time: seq / 1000 }));
  expect(match(many, many)).toEqual(many.map((_, at) => at));
  fc.assert(
    fc.property(packets, packets, packets, (a, b, c) => {
      const alone = match(a, b);
      match(b, c);
      expect(match(a, b)).toEqual(alone);
      match(many, many);
      expect(match(a, b)).toEqual(alone);
      expect(new Set(alone.filter((at) => at >= 0)).size).toBe(alone.filter((at) => at >= 0).length);
    }),
    { numRuns: 60 },
  );
});

describe('limits of weak identity', () => {
  const matched = (a: MadeUpPacket[], b: MadeUpPacket[], some: Partial<typeof bounds> = {}): number[] => [
    ...matchPackets(madeUpTrack(a), madeUpTrack(b), { ...bounds, ...some }),
  ];
  /** Reset 1 s after the start at the first point, seen so many seconds later at the second. */
  const seenAfter = (delay: number, some: Partial<typeof bounds> = {}) =>
    matched([reset(1, 1)], [reset(1, 1 + delay)], some)[0];

  test('a packet may be late by the window, and a millisecond early', () => {
    const wide = { weakWindow: 4 };
    expect([4, 4.001, -0.0009, -0.0011].map((delay) => seenAfter(delay, wide))).toEqual([0, -1, 0, -1]);
    expect([2, 2.001, -0.0009, -0.0011].map((delay) => seenAfter(delay))).toEqual([0, -1, 0, -1]);
  });

  test('all late ones of a kind have to fit', () => {
    expect(matched([reset(1, 0), reset(1, 5)], [reset(1, 1), reset(1, 6)])).toEqual([0, 1]);
    expect(matched([reset(1, 0), reset(1, 5)], [reset(1, 1), reset(1, 9)])).toEqual([-1, -1]);
    expect(matched([reset(1, 0), reset(1, 5)], [reset(1, 3), reset(1, 6)])).toEqual([-1, -1]);
    expect(matched([reset(1, 0), reset(2, 5)], [reset(1, 1), reset(2, 9)])).toEqual([0, -1]);
  });

  test('times are compared on the common clock: by rate and offset of both', () => {
    const at = (a: number, b: number, some: Partial<typeof bounds>) =>
      matched([reset(1, a)], [reset(1, b)], { weakWindow: 2.5, ...some })[0];
    expect(at(100, 50, { rateB: 2 })).toBe(0);
    expect(at(50, 100, { rateA: 2 })).toBe(0);
    expect(at(100, 50, { shiftB: 50 })).toBe(0);
    expect(at(50, 100, { shiftA: 50 })).toBe(0);
    expect(at(100, 50, {})).toBe(-1);
    expect(at(50, 100, {})).toBe(-1);
  });
});
