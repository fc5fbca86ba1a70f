import { describe, expect, test } from 'vitest';
import type { Packet } from '../../../src/decode/packet.ts';
import type { SentKind } from '../../../src/flows/evidence/series.ts';
import { BoundedMarks, MOST_MARKS } from '../../../src/flows/series/bounded-marks.ts';
import { ConnectionSeries } from '../../../src/flows/series/connection-series.ts';
import { Delivery } from '../../../src/flows/series/delivery.ts';
import { connection } from '../../support/evidence.ts';

describe('marks of a connection', () => {
  /** With more than 3,000 packets in 3,000 s, marks within 2 s are joined. */
  const marks = (packets = MOST_MARKS + 1) => new BoundedMarks(packets, MOST_MARKS);
  const range = (time: number, from: number, to: number, kind: SentKind = 'new') => ({
    time,
    until: time,
    from,
    to,
    packets: 1,
    kind,
  });
  const sent = (list: readonly ReturnType<typeof range>[], packets?: number) => {
    const all = marks(packets);
    for (const one of list) all.addSent({ ...one });
    return all.sent.map(
      ({ time, until, from, to, packets: count, kind }) => `${time}-${until} ${from}-${to} ${count} ${kind}`,
    );
  };

  test('segments that follow each other within a slot are one', () => {
    expect(sent([range(0, 0, 10), range(1.9, 10, 20)])).toEqual(['0-1.9 0-20 2 new']);
    expect(sent([range(0, 0, 10), range(2, 10, 20)])).toHaveLength(2);
    // A slot begins with its first segment.
    expect(sent([range(0, 0, 10), range(1.5, 10, 20), range(2.5, 20, 30)])).toEqual([
      '0-1.5 0-20 2 new',
      '2.5-2.5 20-30 1 new',
    ]);
    expect(sent([range(0, 0, 10), range(1, 11, 20)])).toHaveLength(2);
    expect(sent([range(0, 0, 10, 'again'), range(1, 10, 20, 'again')])).toHaveLength(1);
    expect(sent([range(0, 0, 10), range(1, 10, 20, 'again')])).toHaveLength(2);
    for (const kind of ['late', 'probe', 'reset', 'open', 'close'] as const)
      expect(sent([range(0, 0, 10, kind), range(1, 10, 20, kind)])).toHaveLength(2);
    // A connection of 3,000 packets has room for each.
    expect(sent([range(0, 0, 10), range(1, 10, 20)], MOST_MARKS)).toHaveLength(2);
  });

  test('6,000 segments and acknowledgements, 3,000 blocks and round trips; the rest is counted', () => {
    const all = marks(1);
    for (let nth = 0; nth < 6002; nth++) {
      all.addSent(range(nth, nth, nth + 1));
      all.addAck({ time: nth, ack: nth, limit: null, duplicate: false });
      all.addSack({ time: nth, from: nth, to: nth + 1 });
      all.addRoundTrip(nth, 1);
    }
    expect([all.sent.length, all.acks.length, all.sacks.length, all.roundTrips.length]).toEqual([
      6000, 6000, 3000, 3000,
    ]);
    expect(all.leftOut).toEqual({ sent: 2, sacks: 3002, sizes: 0 });
  });

  test('blocks that grow, and round trips of a slot, are one: the longest', () => {
    const all = marks();
    for (const [time, from, to] of [
      [0, 5, 9],
      [1.9, 5, 12],
      [3.8, 5, 14],
      [5.8, 5, 15],
      [6, 6, 15],
    ])
      all.addSack({ time, from, to });
    expect(all.sacks).toEqual([
      { time: 3.8, from: 5, to: 14 },
      { time: 5.8, from: 5, to: 15 },
      { time: 6, from: 6, to: 15 },
    ]);
    for (const [time, seconds] of [
      [0, 0.2],
      [1, 0.5],
      [1.9, 0.1],
      [2, 0.3],
    ])
      all.addRoundTrip(time, seconds);
    expect(all.roundTrips).toEqual([
      { time: 0, seconds: 0.5 },
      { time: 2, seconds: 0.3 },
    ]);
  });

  test('of acknowledgements of a slot the latest, a duplicate only where all are', () => {
    const acks = (...duplicates: boolean[]) => {
      const all = marks();
      for (const [nth, duplicate] of duplicates.entries())
        all.addAck({ time: nth / 2, ack: nth, limit: 99, duplicate });
      return all.acks.map(({ time, duplicate }) => `${time}${duplicate ? '!' : ''}`).join(' ');
    };
    expect([acks(false, true, true), acks(false, true, false), acks(false, false, true)]).toEqual([
      '0 1!',
      '0 1',
      '0 1',
    ]);
    const slow = marks();
    for (const time of [0, 1, 1.9, 3, 4]) slow.addAck({ time, ack: time, limit: 9, duplicate: false });
    // Two seconds from the mark before the last one on.
    expect(slow.acks.map(({ time }) => time)).toEqual([0, 1.9, 3, 4]);
    const shut = (limit: number) => {
      const all = marks();
      for (const [time, each] of [
        [0, 9],
        [0.5, 9],
        [1, limit],
      ])
        all.addAck({ time, ack: 5, limit: each, duplicate: false });
      return all.acks.length;
    };
    expect([shut(5), shut(6)]).toEqual([3, 2]);
  });
});

describe('what arrived of the segments', () => {
  const sizes = (delivery: Delivery) =>
    delivery.finish().map(({ octets, sent, delivered }) => `${octets}: ${delivered} of ${sent}`);

  test('is known by acknowledgements, up to the last whole segment', () => {
    const all = new Delivery();
    all.sent(1, 0, 10, 50);
    all.sent(2, 10, 30, 60);
    expect(all.acknowledged(3, 9)).toBeUndefined();
    expect(all.acknowledged(4, 10)).toBe(3);
    expect(all.acknowledged(5, 29)).toBeUndefined();
    expect(sizes(all)).toEqual(['50: 1 of 1', '60: 0 of 1']);
    expect(all.acknowledged(6, 30)).toBe(4);
    expect(all.acknowledged(7, 99)).toBeUndefined();
    expect(sizes(all)).toEqual(['50: 1 of 1', '60: 1 of 1']);
  });

  test('the newest segment that was sent once gives the round trip', () => {
    const all = new Delivery();
    all.sent(1, 0, 10, 50);
    all.sent(2, 10, 20, 50);
    all.sent(3, 10, 20, 40);
    expect(all.acknowledged(5, 20)).toBe(4);
    // The second one was sent twice, the second time shorter: that length arrived.
    expect(sizes(all)).toEqual(['40: 1 of 1', '50: 1 of 2']);
    all.sent(6, 30, 40, 50);
    all.sent(7, 20, 30, 50);
    expect(all.acknowledged(8, 40)).toBe(2);
  });

  test('is known by blocks too, each segment once', () => {
    const all = new Delivery();
    for (const nth of [0, 1, 2, 3]) all.sent(nth, 10 * nth, 10 * nth + 10, 50);
    expect(all.selectively({ time: 9, from: 20, to: 39 })).toBe(7);
    expect(sizes(all)).toEqual(['50: 1 of 4']);
    expect(all.selectively({ time: 10, from: 20, to: 40 })).toBe(7);
    expect(sizes(all)).toEqual(['50: 2 of 4']);
    expect(all.selectively({ time: 11, from: 20, to: 40 })).toBeUndefined();
    expect(all.selectively({ time: 11, from: 11, to: 20 })).toBeUndefined();
    expect(all.selectively({ time: 11, from: 0, to: 5 })).toBeUndefined();
    expect(all.acknowledged(12, 40)).toBe(11);
    expect(sizes(all)).toEqual(['50: 4 of 4']);
  });

  test('of 400 lengths and 4,096 segments that wait; the rest is counted', () => {
    const all = new Delivery();
    for (let nth = 0; nth < 402; nth++) all.sent(nth, nth, nth + 1, nth + 1);
    expect([all.finish().length, all.leftOut]).toEqual([400, 2]);
    const many = new Delivery();
    for (let nth = 0; nth < 4098; nth++) many.sent(nth, nth, nth + 1, 50);
    many.acknowledged(9999, 5000);
    expect(sizes(many)).toEqual(['50: 4096 of 4098']);
  });
});

describe('a direction of a connection', () => {
  const [FIN, SYN, RST, ACK] = [1, 2, 4, 16];
  type Row = Partial<Packet> & { at: number; back?: boolean };
  const packet = (some: Partial<Packet>): Packet =>
    ({
      number: 0,
      tcpFlags: ACK,
      tcpSeq: 0,
      tcpAck: 0,
      tcpWindow: 100,
      payloadLength: 0,
      l3Length: (some.payloadLength ?? 0) + 40,
      tcpSackCount: 0,
      tcpSack: [],
      tcpOptionsIncomplete: false,
      ...some,
    }) as unknown as Packet;
  function series(rows: readonly Row[], some: Parameters<typeof connection>[0] = {}) {
    const of = connection({
      first: 0,
      last: 120,
      toServer: { iss: 1000, windowScale: 2 },
      toClient: { iss: 5000, windowScale: 3 },
      ...some,
    });
    const made = new ConnectionSeries(of, 0);
    for (const { at, back, ...fields } of rows) made.add(packet(fields), at, back ? 1 : 0);
    return made.finish(4, 7);
  }
  const sent = (rows: readonly Row[], some: Parameters<typeof connection>[0] = {}) =>
    series(rows, some).sent.map(({ time, from, to, kind }) => `${time}: ${from}-${to} ${kind}`);

  test('tells what was sent, from the initial sequence number', () => {
    expect(
      sent([
        { at: 1, tcpFlags: SYN, tcpSeq: 1000 },
        { at: 2, tcpSeq: 1001, payloadLength: 10 },
        { at: 3, tcpSeq: 1001, payloadLength: 10 },
        { at: 4, tcpSeq: 1001, payloadLength: 15 },
        { at: 5, tcpSeq: 1016 },
        { at: 6, tcpFlags: FIN | ACK, tcpSeq: 1016 },
        { at: 7, tcpFlags: FIN | ACK, tcpSeq: 1016 },
        { at: 8, tcpFlags: RST, tcpSeq: 1017 },
      ]),
    ).toEqual([
      '1: 0-1 open',
      '2: 1-11 new',
      '3: 1-11 again',
      '4: 1-16 new',
      '6: 16-17 close',
      '7: 16-17 again',
      '8: 17-17 reset',
    ]);
    // Without a SYN from the first packet on; data in a FIN is data.
    expect(
      sent(
        [
          { at: 1, tcpSeq: 77, payloadLength: 5 },
          { at: 2, tcpSeq: 82, payloadLength: 5, tcpFlags: FIN | ACK },
        ],
        { toServer: { iss: null } },
      ),
    ).toEqual(['1: 0-5 new', '2: 5-11 new']);
  });

  test('counts beyond 2³²', () => {
    const iss = 2 ** 32 - 5;
    expect(
      sent(
        [
          { at: 1, tcpSeq: iss + 1, payloadLength: 10 },
          { at: 2, tcpSeq: 7, payloadLength: 4 },
        ],
        { toServer: { iss } },
      ),
    ).toEqual(['1: 1-11 new', '2: 12-16 new']);
  });

  test('tells what is known of a segment', () => {
    const kinds = (
      [
        'retransmission',
        'fastRetransmission',
        'spuriousRetransmission',
        'outOfOrder',
        'keepAlive',
        'zeroWindowProbe',
        'dupAck',
      ] as const
    ).map((kind, nth) => ({ kind, packet: nth + 1, time: 0, direction: 0 as const }));
    const rows = kinds.map(
      ({ packet: number }): Row => ({ at: number, number, tcpSeq: 1000 + 10 * number, payloadLength: 10 }),
    );
    const told = series(rows, { events: kinds as never });
    expect(told.sent.map(({ kind }) => kind)).toEqual(['again', 'again', 'again', 'late', 'probe', 'probe', 'new']);
    // Probes are no delivery.
    expect(told.sizes).toEqual([{ octets: 50, sent: 5, delivered: 0 }]);
    expect([told.point, told.connection, told.direction, told.packets]).toEqual([4, 7, 0, 7]);
  });

  test('has its octets by the second, fresh and again', () => {
    const { rate } = series([
      { at: 0, tcpSeq: 1000, payloadLength: 10 },
      { at: 0.9, tcpSeq: 1010, payloadLength: 5 },
      { at: 1, tcpSeq: 1015, payloadLength: 7 },
      { at: 119.9, tcpSeq: 1015, payloadLength: 7 },
      { at: 500, tcpSeq: 1022, payloadLength: 3 },
      { at: -5, tcpSeq: 1025, payloadLength: 2 },
    ]);
    expect([rate.start, rate.width, rate.fresh.length]).toEqual([0, 1, 120]);
    expect([rate.fresh[0], rate.fresh[1], rate.fresh[119], rate.again[119], rate.again[0]]).toEqual([17, 7, 3, 7, 0]);
    expect(series([], { last: 0 }).rate.width).toBeCloseTo(1e-6 / 120, 15);
  });

  test('has acknowledgements with the end of the window, scaled as both agreed', () => {
    const base: Row = { at: 1, tcpSeq: 1000, payloadLength: 10 };
    const acks = (rows: Row[], some: Parameters<typeof connection>[0] = {}) =>
      series([base, ...rows], some).acks.map(
        ({ ack, limit, duplicate }) => `${ack} ${limit}${duplicate ? ' again' : ''}`,
      );
    const back = (tcpAck: number, more: Partial<Packet> = {}): Row => ({
      at: 2,
      back: true,
      tcpAck,
      tcpWindow: 100,
      ...more,
    });
    // The scale of the side that answers: 3.
    expect(acks([back(1010)])).toEqual(['10 810']);
    expect(acks([back(1010, { tcpFlags: SYN | ACK })])).toEqual(['10 110']);
    const scales = (there: number | null, answers: number | null) => ({
      toServer: { iss: 1000, windowScale: there },
      toClient: { iss: 5000, windowScale: answers },
    });
    expect([acks([back(1010)], scales(null, 3)), acks([back(1010)], scales(2, null))]).toEqual([
      ['10 110'],
      ['10 110'],
    ]);
    expect(acks([back(1010)], { toClient: { iss: null, windowScale: 3 } })).toEqual(['10 null']);
    expect(acks([back(1010, { tcpWindow: 0 })], { toClient: { iss: null, windowScale: 3 } })).toEqual(['10 10']);
    expect(acks([{ ...back(1010, { tcpFlags: SYN | ACK, tcpOptionsIncomplete: true }) }, back(1010)])).toEqual([
      '10 110',
      '10 null',
    ]);
    expect(acks([back(1010, { tcpOptionsIncomplete: true }), back(1010)])).toEqual(['10 810', '10 810 again']);
    // Again: the same number and window, and no data.
    expect(acks([back(1010), back(1010, { tcpWindow: 101 })])).toEqual(['10 810', '10 818']);
    expect(acks([back(1010), back(1010, { payloadLength: 1 })])).toEqual(['10 810', '10 810']);
    expect(acks([back(1010, { tcpFlags: 0 }), back(1010, { tcpFlags: ACK | RST })])).toEqual([]);
    expect(series([back(1010)]).acks).toEqual([]);
  });

  test('has round trips by acknowledgements and blocks', () => {
    const rows: Row[] = [1, 2, 3].map((nth) => ({ at: nth, tcpSeq: 1000 + 10 * nth, payloadLength: 10 }));
    const told = series([
      ...rows,
      { at: 4, back: true, tcpAck: 1020, tcpSackCount: 1, tcpSack: [1030, 1040] as never },
    ]);
    expect(told.sacks).toEqual([{ time: 4, from: 30, to: 40 }]);
    // By the block: that of the third segment.
    expect(told.roundTrips).toEqual([{ time: 4, seconds: 1 }]);
    expect(told.sizes).toEqual([{ octets: 50, sent: 3, delivered: 2 }]);
    // A block that is empty, turned, or before the start.
    for (const block of [
      [1030, 1030],
      [1040, 1030],
      [990, 1030],
    ])
      expect(
        series([...rows, { at: 4, back: true, tcpAck: 1000, tcpSackCount: 1, tcpSack: block as never }]).sacks,
      ).toEqual([]);
    expect(
      series([...rows, { at: 4, back: true, tcpAck: 1000, tcpSackCount: 0, tcpSack: [1030, 1040] as never }]).sacks,
    ).toEqual([]);
  });
});
