import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DelayFloor, fitClock } from '../../../../src/flows/correlate/hosts-and-clocks/clock-fit.ts';
import { nearerByWait } from '../../../../src/flows/correlate/hosts-and-clocks/wait-order.ts';
import { AcknowledgedUnseen, wasAnswered } from '../../../../src/flows/correlate/matching/acknowledged.ts';
import { matchPackets, NO_BOUNDS } from '../../../../src/flows/correlate/matching/packet-match.ts';
import { coverRanges, holesOf } from '../../../../src/flows/correlate/matching/range-match.ts';
import { MARK_HEADER_CUT, SIGHTING_UDP } from '../../../../src/flows/rows/row-marks.ts';
import { isLong } from '../../../support/long-run.ts';
import { type MadeUpPacket, madeUpTrack } from '../made-up-track.ts';

/** Pieces of the comparison of two points, each against a definition that tries everything. */

const runs = (few: number) => ({ seed: 45, numRuns: Number(process.env.FC_RUNS ?? (isLong() ? 3 * few : few)) });

const segment = fc.record({
  seq: fc.constantFrom(1000, 2000, 3000),
  ack: fc.constantFrom(1, 2),
  payloadLength: fc.constantFrom(0, 100),
  ipId: fc.constantFrom(0, 0, 7, 8),
  tsValue: fc.constantFrom(0, 0, 0, 5),
  gap: fc.constantFrom<number[]>(0.0005, 0.02, 0.04, 0.9),
});
type Drawn = typeof segment extends fc.Arbitrary<infer T> ? T : never;

const timed = (
  drawn: readonly Drawn[],
  start: number,
): Required<Pick<MadeUpPacket, 'time' | 'seq' | 'ack' | 'payloadLength' | 'ipId' | 'tsValue'>>[] => {
  let time = start;
  return drawn.map(({ gap, ...rest }) => ({ ...rest, time: (time += gap) }));
};

describe('packets of two points', () => {
  type Timed = ReturnType<typeof timed>[number];
  const isWeak = ({ ipId, tsValue }: Timed): boolean => ipId === 0 && tsValue === 0;
  const keyOf =
    (withId: boolean) =>
    ({ seq, ack, payloadLength, tsValue, ipId }: Timed) =>
      [seq, ack, payloadLength, tsValue, withId ? ipId : ''].join(' ');

  /** Pairs equal packets in order; weak ones only within the window. @returns how many were paired by their IP ID */
  function pair(a: Timed[], b: Timed[], matched: number[], withId: boolean, window: number): number {
    let byId = 0;
    for (const [index, one] of a.entries()) {
      if (matched[index] >= 0) continue;
      for (const [at, other] of b.entries()) {
        if (matched.includes(at) || keyOf(withId)(one) !== keyOf(withId)(other)) continue;
        const delay = other.time - one.time;
        if (window < Infinity && isWeak(one) && delay < -0.001) continue;
        if (window < Infinity && isWeak(one) && delay > window) break;
        matched[index] = at;
        if (one.ipId !== 0) byId++;
        break;
      }
    }
    return byId;
  }

  /** Weak packets that are left come late, where both points have as many of a kind. */
  function pairLate(a: Timed[], b: Timed[], matched: number[], withId: boolean): void {
    const kinds = new Set(a.flatMap((one, index) => (matched[index] < 0 && isWeak(one) ? [keyOf(withId)(one)] : [])));
    for (const kind of kinds) {
      const isOpen = (one: Timed, index: number) => matched[index] < 0 && isWeak(one) && keyOf(withId)(one) === kind;
      const sent = a.flatMap((one, index) => (isOpen(one, index) ? [index] : []));
      const arrived = b.flatMap((one, at) => (!matched.includes(at) && keyOf(withId)(one) === kind ? [at] : []));
      const delays = sent.map((index, nth) => (b[arrived[nth]]?.time ?? Infinity) - a[index].time);
      if (sent.length !== arrived.length || delays.some((delay) => delay < -0.001 || delay > 2)) continue;
      for (const [nth, index] of sent.entries()) matched[index] = arrived[nth];
    }
  }

  function reference(a: Timed[], b: Timed[], window: number): number[] {
    const matched = a.map(() => -1);
    const byId = pair(a, b, matched, true, window);
    if (matched.every((at) => at >= 0)) return matched;
    const withIds = (rows: Timed[]) => rows.filter(({ ipId }) => ipId !== 0).length;
    const isReliable = byId > 0.02 * Math.min(withIds(a), withIds(b));
    if (!isReliable) pair(a, b, matched, false, window);
    if (window < 2) pairLate(a, b, matched, isReliable);
    return matched;
  }

  test('are paired as by trying all', () => {
    fc.assert(
      fc.property(
        fc.array(segment, { maxLength: 9 }),
        fc.array(segment, { maxLength: 9 }),
        fc.constantFrom(0.05, Infinity),
        (sent, arrived, weakWindow) => {
          const [a, b] = [timed(sent, 0), timed(arrived, 0.0002)];
          const told = a.length === 0 || b.length === 0 ? a.map(() => -1) : reference(a, b, weakWindow);
          expect([...matchPackets(madeUpTrack(a), madeUpTrack(b), { ...NO_BOUNDS, weakWindow })]).toEqual(told);
        },
      ),
      runs(1500),
    );
  });

  test.each([
    [-0.002, false],
    [-0.0009, true],
    [0.04, true],
    [1.99, true],
    [2.01, false],
  ])('a weak one %s s later, by clocks of other rate and offset: %s', (delay, isPaired) => {
    const a = timed([{ seq: 1000, ack: 1, payloadLength: 0, ipId: 0, tsValue: 0, gap: 100 }], 0);
    // On the common clock: 100 + 3 at the first point, twice its time + 5 at the second.
    const bounds = { shiftA: 3, shiftB: 5, rateA: 1, rateB: 2, weakWindow: 0.05 };
    const b = [{ ...a[0], time: (103 + delay - 5) / 2 }];
    expect([...matchPackets(madeUpTrack(a), madeUpTrack(b), bounds)]).toEqual([isPaired ? 0 : -1]);
  });
});

describe('octets that the receiver has and the point did not see', () => {
  const piece = fc.record({
    start: fc.nat(12),
    length: fc.nat(4),
    flags: fc.constantFrom(16, 16, 17, 2),
    isSeen: fc.boolean(),
  });
  const answer = fc.record({ ack: fc.nat(20), flags: fc.constantFrom(16, 16, 0, 20) });

  test('are those below the highest acknowledgement that no segment carried', () => {
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 1, maxLength: 8 }),
        fc.array(answer, { maxLength: 4 }),
        fc.constantFrom(1000, 2 ** 32 - 6),
        (pieces, answers, first) => {
          const base = first + pieces[0].start;
          const octetsOf = ({ start, length, flags }: (typeof pieces)[number]): number[] => {
            const count = length + (flags & 1) + ((flags & 2) >> 1);
            return Array.from({ length: count }, (_, nth) => start + nth);
          };
          const packetOf = ({ start, length, flags }: (typeof pieces)[number]): MadeUpPacket => ({
            seq: (first + start) >>> 0,
            payloadLength: length,
            flags,
          });
          const sent = madeUpTrack(pieces.map(packetOf));
          const arrived = madeUpTrack(pieces.filter(({ isSeen }) => isSeen).map(packetOf));
          const back = madeUpTrack(answers.map(({ ack, flags }) => ({ ack: (first + ack) >>> 0, flags })));
          const unseen = new AcknowledgedUnseen(sent, arrived, () => [back]);
          const acks = answers.filter(({ flags }) => flags === 16).map(({ ack }) => ack);
          const highest = Math.max(base - first, ...acks);
          // Ranges that touch are one: what lies in one of them was carried.
          const seen = new Set(pieces.filter(({ isSeen }) => isSeen).flatMap(octetsOf));
          const expected = pieces.map((one) => {
            const octets = octetsOf(one);
            return octets.length > 0 && octets[octets.length - 1] < highest && octets.some((octet) => !seen.has(octet));
          });
          expect(pieces.map((_, index) => unseen.has(index))).toEqual(expected);
        },
      ),
      runs(800),
    );
  });

  test('a header that was cut before its flags acknowledges, when its number is not 0', () => {
    const cut = { marks: MARK_HEADER_CUT, flags: 0 };
    const has = (ack: number) => {
      const sent = madeUpTrack([{ seq: 100, payloadLength: 10, flags: 16 }]);
      return new AcknowledgedUnseen(sent, madeUpTrack([]), () => [madeUpTrack([{ ...cut, ack }])]).has(0);
    };
    expect([0, 109, 110, 111].map(has)).toEqual([false, false, true, true]);
    const seen = (start: number) => {
      const sent = madeUpTrack([{ seq: 100, payloadLength: 10, flags: 16 }]);
      const arrived = madeUpTrack([{ ...cut, seq: start, payloadLength: 5 }]);
      return !new AcknowledgedUnseen(sent, arrived, () => [madeUpTrack([{ flags: 16, ack: 200 }])]).has(0);
    };
    // Up to 40 octets of options may have been payload.
    expect([100, 101, 65, 64].map(seen)).toEqual([true, false, true, false]);
  });
});

test('a side was answered when its acknowledgement advances, or an ACK follows its SYN', () => {
  const track = (...packets: [flags: number, ack: number][]) =>
    wasAnswered(madeUpTrack(packets.map(([flags, ack]) => ({ flags, ack }))));
  expect(track([2, 0])).toBe(false);
  expect(track([2, 0], [2, 0])).toBe(false);
  expect(track([2, 0], [16, 5])).toBe(true);
  expect(track([2, 0], [20, 5])).toBe(false);
  expect(track([16, 5], [16, 5])).toBe(false);
  expect(track([16, 5], [24, 5], [16, 6])).toBe(true);
  expect(track([16, 5], [20, 6])).toBe(false);
  expect(track()).toBe(false);
  expect(
    wasAnswered(
      madeUpTrack([
        { kind: SIGHTING_UDP, flags: 2 },
        { kind: SIGHTING_UDP, flags: 16, ack: 9 },
      ]),
    ),
  ).toBe(false);
});

describe('datagrams that offload merged', () => {
  const whole = fc.record({
    pieces: fc.integer({ min: 1, max: 4 }),
    size: fc.constantFrom(101, 257, 1201),
    last: fc.constantFrom(0, 30),
  });
  const lengthsOf = ({ pieces, size, last }: { pieces: number; size: number; last: number }): number[] => [
    ...Array<number>(pieces).fill(size),
    ...(last > 0 ? [last] : []),
  ];
  const datagrams = (lengths: readonly number[], salt: number) =>
    madeUpTrack(
      lengths.map((payloadLength, nth) => ({ kind: SIGHTING_UDP, payloadLength, payloadHash: salt + nth, ipId: 0 })),
    );
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

  test('cover each other, whole at one point and in pieces at the other', () => {
    fc.assert(
      fc.property(fc.array(whole, { minLength: 1, maxLength: 4 }), fc.boolean(), (wholes, isMergedFirst) => {
        const many = wholes.map(lengthsOf).filter((lengths) => lengths.length > 1);
        if (many.length === 0) return;
        const coarse = datagrams(many.map(sum), 1);
        const fine = datagrams(many.flat(), 1000);
        const [a, b] = isMergedFirst ? [coarse, fine] : [fine, coarse];
        const matched = new Int32Array(a.rows.length).fill(-1);
        const coverage = coverRanges(a, b, matched);
        const octets = [...a.rows].map((row) => a.columns.payloadLength[row]);
        expect([...(coverage?.covered ?? [])]).toEqual(octets);
        expect([...(coverage?.pieces ?? [])]).toEqual(
          isMergedFirst ? many.map(({ length }) => length) : many.flat().map(() => 1),
        );
        let next = 0;
        const firsts = isMergedFirst
          ? many.map(({ length }) => (next += length) - length)
          : many.flatMap(({ length }, nth) => Array<number>(length).fill(nth));
        expect([...(coverage?.firstPiece ?? [])]).toEqual(firsts);
        expect(coverage?.segmentOctets).toBe(Math.max(...many.map(([size]) => size)));
      }),
      runs(200),
    );
  });

  test('and the fragments of one, of which the first has its IP ID', () => {
    const sent = madeUpTrack([{ kind: SIGHTING_UDP, payloadLength: 3900, payloadHash: 5, ipId: 9 }]);
    const pieces = (payloadLength: number, ipId: number) =>
      coverRanges(sent, madeUpTrack([{ kind: SIGHTING_UDP, payloadLength, payloadHash: 6, ipId }]), Int32Array.of(-1))
        ?.pieces[0];
    expect([pieces(1472, 9), pieces(1473, 9), pieces(1472, 8), pieces(3900, 9)]).toEqual([1, 0, 0, 0]);
  });
});

describe('segments that offload merged, at either point', () => {
  const UNIT = 1448;
  const stream = fc.record({
    lost: fc.array(fc.boolean(), { minLength: 2, maxLength: 16 }),
    /** Units of a segment, in turn. */
    sizes: fc.tuple(
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1 }),
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1 }),
    ),
    first: fc.constantFrom(1000, 2 ** 32 - 5000),
    shuffled: fc.array(fc.nat(1000), { minLength: 32, maxLength: 32 }),
    isShuffled: fc.boolean(),
  });

  /** Units in a row, as segments of at most the sizes. */
  function segmentsOf(units: readonly number[], sizes: readonly number[]): number[][] {
    const segments: number[][] = [];
    for (const unit of units) {
      const last = segments.at(-1);
      const most = sizes[(segments.length - 1 + sizes.length) % sizes.length];
      if (last !== undefined && last.length < most && last[last.length - 1] === unit - 1) last.push(unit);
      else segments.push([unit]);
    }
    return segments;
  }

  test('have the octets that arrived, in any order', () => {
    fc.assert(
      fc.property(stream, ({ lost, sizes, first, shuffled, isShuffled }) => {
        const all = lost.map((_, unit) => unit);
        const mixed = (segments: number[][]) =>
          isShuffled
            ? segments
                .map((one, at) => [shuffled[at], one] as const)
                .sort(([a], [b]) => a - b)
                .map(([, one]) => one)
            : segments;
        const sent = mixed(segmentsOf(all, sizes[0]));
        const arrived = mixed(
          segmentsOf(
            all.filter((unit) => !lost[unit]),
            sizes[1],
          ),
        );
        const track = (segments: readonly number[][]) =>
          madeUpTrack(
            segments.map((units, at) => ({
              time: at / 1000,
              seq: (first + units[0] * UNIT) >>> 0,
              payloadLength: units.length * UNIT,
              l3Length: 52 + units.length * UNIT,
              ipId: 100 + units[0],
              tsValue: 9,
              flags: 16,
            })),
          );
        const [a, b] = [track(sent), track(arrived)];
        const matched = matchPackets(a, b);
        const coverage = coverRanges(a, b, matched);
        for (const [index, units] of sent.entries()) {
          const isWhole = arrived.some((other) => other[0] === units[0] && other.length === units.length);
          expect([index, matched[index] >= 0]).toEqual([index, isWhole]);
          if (isWhole) continue;
          const missing = units.flatMap((unit, nth) => (lost[unit] ? [nth] : []));
          const holes: [number, number][] = [];
          for (const nth of missing)
            if (holes.at(-1)?.[1] === nth * UNIT) (holes.at(-1) as number[])[1] += UNIT;
            else holes.push([nth * UNIT, (nth + 1) * UNIT]);
          const octets = units.length * UNIT;
          const told = coverage === null ? [[0, octets]] : holesOf(coverage, index, octets);
          expect([index, told]).toEqual([index, holes]);
          const overlapping = arrived.filter(
            (other, at) => !matched.includes(at) && other.some((unit) => units.includes(unit)),
          );
          if (coverage === null) continue;
          expect(coverage.covered[index]).toBe(octets - missing.length * UNIT);
          expect(coverage.pieces[index]).toBe(overlapping.length);
          const firstPiece =
            overlapping.length === 0 ? -1 : arrived.indexOf([...overlapping].sort((x, y) => x[0] - y[0])[0]);
          expect(coverage.firstPiece[index]).toBe(firstPiece);
        }
      }),
      runs(400),
    );
  });
});

test('which point is nearer to the client, by the shortest wait', () => {
  const packet = fc.record({
    direction: fc.constantFrom<0 | 1>(0, 1),
    time: fc.integer({ min: 0, max: 40 }),
    delay: fc.integer({ min: 0, max: 3 }),
  });
  fc.assert(
    fc.property(fc.uniqueArray(packet, { maxLength: 8, selector: ({ time }) => time }), (shared) => {
      const ordered = [...shared].sort((a, b) => a.time - b.time);
      const waits = ordered.slice(1).map((after, nth) => [ordered[nth], after] as const);
      const telling = waits
        .filter(([before, after]) => before.direction !== after.direction && before.delay !== after.delay)
        .sort(([a, b], [c, d]) => b.time - a.time - (d.time - c.time));
      const [closest] = telling;
      const [request, answer] =
        closest === undefined ? [] : closest[0].direction === 0 ? closest : [...closest].reverse();
      const expected = request === undefined || answer === undefined ? 0 : Math.sign(request.delay - answer.delay);
      expect(nearerByWait(shared)).toBe(expected);
    }),
    runs(400),
  );
});

describe('one clock against another', () => {
  /** Delays at different times. Every fifth packet takes no longer than it must. */
  const samples = fc
    .uniqueArray(fc.tuple(fc.nat(599), fc.integer({ min: 1, max: 2000 })), {
      minLength: 25,
      maxLength: 60,
      selector: ([at]) => at,
    })
    .map((list) => list.map(([at, delay]) => ({ time: at / 10, delay: delay / 1e5 })));
  const floorOf = (points: readonly { time: number; delay: number }[]) => {
    const floor = new DelayFloor(0, 60);
    for (const { time, delay } of points) floor.add(time, delay);
    return floor;
  };

  test('the slope is that of the edge below all points at their mean time', () => {
    fc.assert(
      fc.property(samples, (drawnPoints) => {
        const points = [...floorOf(drawnPoints).points()];
        const mean = points.reduce((sum, { time }) => sum + time, 0) / points.length;
        const edges = points.flatMap((from, i) =>
          points.slice(i + 1).map((to) => ({ from, to, slope: (to.delay - from.delay) / (to.time - from.time) })),
        );
        const below = edges.filter(({ from, slope }) =>
          points.every(({ time, delay }) => delay - (from.delay + slope * (time - from.time)) >= -1e-12),
        );
        const expected = below.filter(({ from, to }) => from.time <= mean && mean <= to.time).map(({ slope }) => slope);
        const slope = floorOf(drawnPoints).slope();
        expect(expected.some((one) => Math.abs(one - slope) < 1e-9)).toBe(true);
        expect(floorOf(drawnPoints).minimum(0.001)).toBe(
          Math.min(...points.map(({ time, delay }) => delay - 0.001 * time)),
        );
      }),
      runs(60),
    );
  });

  test('offset and drift are found, but for half the difference of the shortest delays', () => {
    const least = [0.0004, 0.001] as const;
    const ppms = fc.integer({ min: 20, max: 400 });
    fc.assert(
      fc.property(
        samples,
        samples,
        fc.integer({ min: -100, max: 100 }),
        ppms,
        fc.boolean(),
        (there, back, offset, ppm, isSlow) => {
          const skew = (isSlow ? -ppm : ppm) / 1e6;
          const floors = [there, back].map((points, side) => {
            const inOrder = [...points].sort((a, b) => a.time - b.time);
            const sign = side === 0 ? 1 : -1;
            return floorOf(
              inOrder.map(({ time, delay }, nth) => {
                const isPrompt = nth % 5 === 0 || nth === inOrder.length - 1;
                return { time, delay: least[side] + (isPrompt ? 0 : delay) + sign * (offset + skew * time) };
              }),
            );
          });
          const fit = fitClock(floors[0], floors[1]) ?? expect.fail('no fit');
          const span = (points: typeof there) =>
            Math.max(...points.map(({ time }) => time)) - Math.min(...points.map(({ time }) => time));
          if (Math.min(span(there), span(back)) < 10) return;
          expect(fit.skew).toBeCloseTo(skew, 9);
          expect(fit.offset).toBeCloseTo(offset + (least[0] - least[1]) / 2, 6);
          expect(fit.error).toBeCloseTo((least[0] + least[1]) / 2, 6);
          expect([fit.matches, fit.stepped]).toEqual([there.length + back.length, false]);
        },
      ),
      runs(100),
    );
  });

  test('one direction gives no error, and none no fit', () => {
    const [none, some] = [floorOf([]), floorOf([{ time: 1, delay: 0.3 }])];
    expect(fitClock(none, none)).toBeNull();
    expect(fitClock(some, none)).toEqual({ offset: 0.3, skew: 0, error: null, matches: 1, stepped: false });
    expect(fitClock(none, some)).toEqual({ offset: -0.3, skew: 0, error: null, matches: 1, stepped: false });
  });

  test.each([
    [0.0009, false],
    [0.0011, true],
  ])('bounds that contradict each other by %s s', (by, stepped) => {
    const fit = fitClock(floorOf([{ time: 1, delay: 0.5 - by }]), floorOf([{ time: 2, delay: -0.5 }]));
    expect(fit).toMatchObject({ stepped, skew: 0, matches: 2 });
    expect(fit?.offset).toBeCloseTo(0.5 - by / 2, 9);
    expect(fit?.error).toBeCloseTo(by / 2 + 1e-4, 9);
  });
});
