import { describe, expect, test } from 'vitest';
import { matchInside } from '../../../../src/flows/correlate/carriers/inside-and-outside.ts';
import { joinCarriers } from '../../../../src/flows/correlate/carriers/join-carriers.ts';
import {
  ownShift,
  packetsOfCarrier,
  plainPackets,
  type TimedPacket,
} from '../../../../src/flows/correlate/carriers/plain-packets.ts';
import type { CarrierFlow } from '../../../../src/flows/evidence/evidence.ts';
import { MARK_COPY } from '../../../../src/flows/rows/row-marks.ts';
import { capture, carrier } from '../../../support/evidence.ts';
import { type KeptRows, type MadeUpLeg, type MadeUpRow, madeUpCluster, madeUpTimeline } from '../made-up-cluster.ts';

const [HERE, THERE] = ['192.168.34.11', '192.168.34.12'];
const ms = (milliseconds: number) => milliseconds / 1000;

describe('plain packets inside encrypted ones', () => {
  /** An encrypted packet that may carry from `shortest` to `longest` octets. */
  const outer = (time: number, longest: number, shortest = longest): TimedPacket => ({
    time,
    packet: 0,
    flow: 0,
    shortest,
    longest,
  });
  const inside = (encrypted: TimedPacket[], plain: [number, number][], sign: 1 | -1 = 1) => {
    const { plainOf, matched, lengths, delay } = matchInside(
      encrypted,
      plain.map(([time, length]) => outer(time, length)),
      sign,
    );
    return { of: [...plainOf].join(), matched, lengths, delay: Math.round(delay * 1e6) };
  };

  test('follow within 5 ms, or come before within 5 ms', () => {
    const found = (time: number, sign: 1 | -1) => inside([outer(1, 100)], [[time, 100]], sign).of;
    expect([0.999, 1, 1.004, 1.0049, 1.0051].map((time) => found(time, 1))).toEqual(['-1', '0', '0', '0', '-1']);
    expect([1.001, 1, 0.996, 0.9951, 0.9949].map((time) => found(time, -1))).toEqual(['-1', '0', '0', '0', '-1']);
  });

  test('have a length that fits', () => {
    expect([79, 80, 100, 101].map((length) => inside([outer(1, 100, 80)], [[1, length]]).of)).toEqual([
      '-1',
      '0',
      '0',
      '-1',
    ]);
  });

  test('are the nearest in time, each once', () => {
    expect(
      inside(
        [outer(1, 100)],
        [
          [1.001, 100],
          [1.002, 100],
        ],
      ).of,
    ).toBe('0');
    expect(
      inside(
        [outer(1, 100)],
        [
          [0.998, 100],
          [0.999, 100],
        ],
        -1,
      ).of,
    ).toBe('1');
    expect(
      inside(
        [outer(1, 100), outer(1.001, 100)],
        [
          [1.001, 100],
          [1.002, 100],
        ],
      ),
    ).toEqual({ of: '0,1', matched: 2, lengths: 1, delay: 1000 });
    expect(inside([outer(1, 100), outer(1.001, 100), outer(1.002, 100)], [[1.002, 100]])).toEqual({
      of: '0,-1,-1',
      matched: 1,
      lengths: 1,
      delay: 2000,
    });
    expect(
      inside(
        [outer(1, 100), outer(1.001, 200)],
        [
          [1.001, 200],
          [1.0015, 100],
        ],
      ),
    ).toEqual({ of: '1,0', matched: 2, lengths: 2, delay: 750 });
    expect(
      inside(
        [outer(5, 100)],
        [
          [1, 100],
          [2, 100],
          [3, 100],
          [5, 100],
          [6, 100],
        ],
      ).of,
    ).toBe('3');
  });

  test('are none of nothing', () => {
    expect(matchInside([], [outer(1, 100)], 1)).toMatchObject({ matched: 0, delay: Infinity });
    expect(matchInside([outer(1, 100)], [], 1)).toMatchObject({ matched: 0, delay: Infinity });
  });

  test('where the room is wider than padding, have the overhead of most', () => {
    // Room for 0 to 99 octets. Two lie 30 and 40 below the largest; the third, 80 below, fits no padding of 16 with them.
    const wide = (longest: number, time: number) => outer(time, longest, longest - 99);
    const plain = (...lengths: number[]): [number, number][] => lengths.map((length, nth) => [nth + 1, length]);
    const encrypted = [wide(200, 1), wide(200, 2), wide(200, 3)];
    expect(inside(encrypted, plain(170, 160, 120)).of).toBe('0,1,-1');
    expect(inside(encrypted, plain(170, 155, 120)).of).toBe('0,1,-1');
    // 30 and 46 differ by 16: padding has at most 15. The smallest overhead of as many is taken.
    expect(inside(encrypted, plain(170, 154, 120)).of).toBe('0,-1,-1');
    expect(inside(encrypted, plain(170, 154, 154)).of).toBe('-1,1,2');
    // Room of 15 is no wider than padding: all stay.
    const narrow = [1, 2].map((time) => outer(time, 200, 185));
    expect(inside(narrow, plain(200, 185)).of).toBe('0,1');
    expect(
      inside(
        [1, 2].map((time) => outer(time, 200, 184)),
        plain(200, 184),
      ).of,
    ).toBe('0,-1');
  });
});

describe('the packets of a carrier', () => {
  const esp = (some: Partial<CarrierFlow> = {}) => carrier({ spi: 3, ...some });
  const packets = (rows: MadeUpRow[], of: CarrierFlow, some: Partial<MadeUpLeg> = {}, kept: KeptRows[] = []) => {
    const { evidence, members, store } = madeUpCluster(
      [{ point: 0, kind: 'datagram', client: `${HERE}:4500`, server: `${THERE}:4500`, there: rows, ...some }],
      [{}, {}],
      {},
      kept,
    );
    return packetsOfCarrier(evidence, of, members[0].biflow, store);
  };
  const row = (some: MadeUpRow): MadeUpRow => ({ seq: 3, l3Length: 200, payloadLength: 160, ...some });

  test('carry their length less 22 to 121 octets of ESP, 32 of WireGuard and up to 15 of padding', () => {
    expect(packets([row({ time: 2 })], esp())).toEqual([{ time: 2, packet: 1, flow: 0, shortest: 79, longest: 178 }]);
    expect(packets([row({ time: 2 })], esp({ kind: 'wireguard' }))).toEqual([
      { time: 2, packet: 1, flow: 0, shortest: 113, longest: 128 },
    ]);
  });

  test('are those of its key and direction, without copies and keep-alives, in order of time', () => {
    expect(
      packets([row({ time: 2 }), row({ time: 1, seq: 4 }), row({ time: 3, marks: MARK_COPY })], esp())?.map(
        ({ time }) => time,
      ),
    ).toEqual([2]);
    expect(packets([row({ l3Length: 22 }), row({ l3Length: 23 })], esp())).toHaveLength(1);
    expect(packets([row({ payloadLength: 32 }), row({ payloadLength: 33 })], esp({ kind: 'wireguard' }))).toHaveLength(
      1,
    );
    expect(packets([row({})], esp({ source: THERE, destination: HERE }))).toEqual([]);
    expect(packets([], esp({ source: THERE, destination: HERE }), { back: [row({})] })).toHaveLength(1);
    // An index above 2³¹ is the same number.
    expect(packets([row({ seq: 0xffff_fffe })], esp({ spi: -2 }))).toHaveLength(1);
    expect(packets([row({})], esp(), {}, [{ whole: [] }])).toBeNull();
  });

  test('have times from the start of the first capture, by their own clock', () => {
    const { evidence, members, store } = madeUpCluster(
      [{ point: 0, kind: 'datagram', there: [row({ time: 1 })], client: `${HERE}:1` }],
      [{}, {}],
    );
    evidence.captures[0] = capture({ baseSeconds: 100, baseNanoseconds: 250_000_000 });
    evidence.captures[1] = capture({ baseSeconds: 103, baseNanoseconds: 750_000_000 });
    expect([ownShift(evidence, 0), ownShift(evidence, 1)]).toEqual([0, 3.5]);
    expect(packetsOfCarrier(evidence, esp({ point: 1 }), members[0].biflow, store)?.[0].time).toBe(4.5);
  });
});

describe('the plain packets of a point', () => {
  const found = (
    legs: Partial<MadeUpLeg>[],
    parts: Parameters<typeof madeUpCluster>[2] = {},
    kept: KeptRows[] = [],
  ) => {
    const { evidence, members, store } = madeUpCluster(
      legs.map((leg) => ({ point: 0, ...leg })),
      [{}],
      parts,
      kept,
    );
    return (
      plainPackets(
        evidence,
        0,
        members.map(({ biflow }) => biflow),
        store,
      )?.map(({ time, packet, longest, shortest }) => `${time} ${packet} ${shortest}-${longest}`) ?? null
    );
  };
  const rows = (...times: number[]): MadeUpRow[] => times.map((time) => ({ time, l3Length: 100 + time }));

  test('are those of all its biflows in order of time, by their IP length', () => {
    expect(
      found([
        { there: rows(1, 4), back: rows(3) },
        { kind: 'echo', there: rows(2) },
      ]),
    ).toEqual(['1 1 101-101', '2 2 102-102', '3 3 103-103', '4 4 104-104']);
  });

  test('leave out ARP, tunnels, carriers and copies', () => {
    expect(
      found([{ there: rows(1) }, { kind: 'arp', there: rows(2) }, { encapsulation: ['vxlan'], there: rows(3) }]),
    ).toEqual(['1 1 101-101']);
    expect(
      found([{ there: rows(1) }, { kind: 'datagram', there: rows(2) }], { carriers: [carrier({ flow: 1 })] }),
    ).toEqual(['1 1 101-101']);
    expect(
      found([{ there: rows(1) }, { kind: 'datagram', there: rows(2) }], { carriers: [carrier({ flow: 1, point: 1 })] }),
    ).toHaveLength(2);
    expect(found([{ there: [{ time: 1, marks: MARK_COPY }, { time: 2 }] }])).toHaveLength(1);
  });

  test('are unknown where rows are missing', () => {
    expect(found([{ there: rows(1) }], {}, [{ whole: [] }])).toBeNull();
    expect(found([{ kind: 'arp', there: rows(1) }], {}, [{ whole: [] }])).toEqual([]);
  });
});

interface Tunnel {
  /** Plain packets at the inside: seconds and IP length; each is encrypted at the outside. */
  inner: [number, number][];
  /** How much later the plain packet shows, ms; below 0: it comes before. */
  later?: number;
  /** Of these the first so many have a plain packet. */
  shown?: number;
  hosts?: [string | null, string | null];
  carriers?: Parameters<typeof carrier>[0][];
  window?: { start: number; end: number } | null;
}

/** Carriers of point 0 after the plain packets of point 1 were compared. */
function joined({
  inner,
  later = 1,
  shown = inner.length,
  hosts = ['a', 'a'],
  carriers = [{}],
  window = { start: 0, end: 1000 },
}: Tunnel) {
  // 22 octets of ESP: the largest that fits is the plain packet itself.
  const legs: MadeUpLeg[] = [
    {
      point: 0,
      kind: 'datagram',
      client: `${HERE}:4500`,
      server: `${THERE}:4500`,
      there: inner.map(([time, length]) => ({ time, seq: 3, l3Length: length + 22 })),
    },
    { point: 1, there: inner.slice(0, shown).map(([time, length]) => ({ time: time + ms(later), l3Length: length })) },
  ];
  const { evidence, members, store } = madeUpCluster(
    legs,
    hosts.map((host) => ({ host })),
    { carriers: carriers.map((one) => carrier({ spi: 3, ...one })) },
  );
  const windows = [0, 1].map(() => ({ proved: window, presumed: window }));
  const found = joinCarriers(
    evidence,
    members.map(({ biflow }) => biflow),
    store,
    madeUpTimeline({ clocks: [0, 1] }),
    windows,
  );
  return found.map(({ followed, entered, lastFollowed, innerFlows, notFollowed }) => ({
    followed,
    entered,
    last: lastFollowed?.packet ?? null,
    inner: innerFlows.map(({ point, flow }) => `${point} ${flow}`).join(),
    not: notFollowed.map(({ packet }) => packet).join(),
  }));
}
const nothing = { followed: 0, entered: 0, last: null, inner: '', not: '' };
/** Packets once a second, of lengths that differ. */
const some = (count: number): [number, number][] =>
  Array.from({ length: count }, (_, nth) => [nth + 1, 500 + 40 * nth]);

describe('carriers joined with the plain packets of their host', () => {
  test('were decrypted there, where the plain ones follow', () => {
    expect(joined({ inner: some(4) })).toEqual([{ followed: 4, entered: 0, last: 4, inner: '1 1', not: '' }]);
    expect(joined({ inner: some(4), shown: 3 })).toEqual([
      { followed: 3, entered: 0, last: 3, inner: '1 1', not: '4' },
    ]);
  });

  test('were encrypted there, where the plain ones come before', () => {
    expect(joined({ inner: some(4), later: -1 })).toEqual([{ ...nothing, entered: 4, inner: '1 1' }]);
    expect(joined({ inner: some(6), later: -1, shown: 3 })).toEqual([{ ...nothing, entered: 3, inner: '1 1' }]);
  });

  test('need three that fit, at least half of them, of two lengths', () => {
    expect(joined({ inner: some(3) })[0].followed).toBe(3);
    expect(joined({ inner: some(2) })).toEqual([nothing]);
    expect(joined({ inner: some(3), shown: 2 })).toEqual([nothing]);
    expect(joined({ inner: some(8), shown: 4 })[0].followed).toBe(4);
    expect(joined({ inner: some(9), shown: 4 })).toEqual([nothing]);
    const alike = some(4).map(([time]): [number, number] => [time, 500]);
    expect(joined({ inner: alike })).toEqual([nothing]);
    expect(joined({ inner: [...alike.slice(0, 3), [4, 600]] })[0].followed).toBe(4);
  });

  test('are not those of another host, of a handshake, or of another key', () => {
    expect(joined({ inner: some(4), hosts: ['a', 'b'] })).toEqual([nothing]);
    expect(joined({ inner: some(4), carriers: [{ kind: 'wireguard-handshake' }] })).toEqual([nothing]);
    expect(joined({ inner: some(4), carriers: [{ spi: 9 }] })).toEqual([nothing]);
    expect(joined({ inner: some(4), carriers: [{ flow: 7 }] })).toEqual([nothing]);
  });

  test('keep what their own link showed where that is more', () => {
    const before = { followed: 4, innerFlows: [9] };
    expect(joined({ inner: some(4), carriers: [before] })).toEqual([{ ...nothing, followed: 4, inner: '0 9,1 1' }]);
    expect(joined({ inner: some(5), carriers: [before] })).toEqual([
      { followed: 5, entered: 0, last: 5, inner: '1 1', not: '' },
    ]);
  });

  test('count what did not follow only while the inside was captured', () => {
    const not = (window: Tunnel['window']) =>
      joined({ inner: some(6), shown: 4, ...(window !== undefined && { window }) })[0].not;
    expect(not({ start: 0, end: 1000 })).toBe('5,6');
    expect(not({ start: 0, end: 5 })).toBe('5');
    expect(not({ start: 5.1, end: 6 })).toBe('6');
    expect(not({ start: 6, end: 6 })).toBe('6');
    expect(not(null)).toBe('');
    // 16 at most.
    expect(joined({ inner: some(80), shown: 60 })[0].not.split(',')).toHaveLength(16);
  });

  test('half of those in the time of the inside have to fit', () => {
    // 4 of 9 fit; 8 of the 9 were sent while the inside was captured.
    const legs = (end: number) => joined({ inner: some(9), shown: 4, window: { start: 0, end } });
    expect(legs(1000)).toEqual([nothing]);
    const two = joined({ inner: some(8), shown: 4, window: { start: 0, end: 100 }, carriers: [{}, { spi: 4 }] });
    expect(two[0].followed).toBe(4);
    expect(two[1]).toEqual(nothing);
  });

  test('without names need eight, nine of ten, of three lengths, in both directions', () => {
    const both = (
      count: number,
      missing: [number, number] = [0, 0],
      delay: [number, number] = [0.5, 0.5],
      kinds = 9,
    ) => {
      const rows = (from: number) =>
        Array.from({ length: count }, (_, nth) => ({ time: from + nth, length: 500 + 40 * (nth % kinds) }));
      const [arriving, leaving] = [rows(1), rows(100)];
      const encrypted = (list: typeof arriving, spi: number) =>
        list.map(({ time, length }) => ({ time, seq: spi, l3Length: length + 22 }));
      const plain = (list: typeof arriving, without: number, by: number) =>
        list.slice(0, count - without).map(({ time, length }) => ({ time: time + ms(by), l3Length: length }));
      const { evidence, members, store } = madeUpCluster(
        [
          {
            point: 0,
            kind: 'datagram',
            client: `${HERE}:4500`,
            server: `${THERE}:4500`,
            there: encrypted(arriving, 3),
            back: encrypted(leaving, 4),
          },
          { point: 1, there: plain(arriving, missing[0], delay[0]), back: plain(leaving, missing[1], -delay[1]) },
        ],
        [{}, {}],
        { carriers: [carrier({ spi: 3 }), carrier({ spi: 4, source: THERE, destination: HERE })] },
      );
      const window = { start: 0, end: 1000 };
      const windows = [0, 1].map(() => ({ proved: window, presumed: window }));
      const found = joinCarriers(
        evidence,
        members.map(({ biflow }) => biflow),
        store,
        madeUpTimeline({ clocks: [0, 1] }),
        windows,
      );
      return found.map(({ followed, entered }) => `${followed}/${entered}`).join(' ');
    };
    expect(both(8)).toBe('8/0 0/8');
    expect(both(7)).toBe('0/0 0/0');
    expect(both(10, [1, 0])).toBe('9/0 0/10');
    expect(both(20, [10, 2])).toBe('10/0 0/18');
    expect(both(20, [10, 3])).toBe('0/0 0/0');
    expect(both(20, [11, 0])).toBe('0/0 0/0');
    expect(both(20, [3, 3])).toBe('0/0 0/0');
    expect(both(9, [0, 0], [0.9, 0.9])).toBe('9/0 0/9');
    expect(both(9, [0, 0], [1.1, 0.5])).toBe('0/0 0/0');
    expect(both(9, [0, 0], [0.5, 1.1])).toBe('0/0 0/0');
    expect(both(9, [0, 0], [0.5, 0.5], 3)).toBe('9/0 0/9');
    expect(both(9, [0, 0], [0.5, 0.5], 2)).toBe('0/0 0/0');
    // One direction alone is not sure.
    expect(joined({ inner: some(9), hosts: [null, null], later: 0.5 })).toEqual([nothing]);
  });
});
