import { describe, expect, test } from 'vitest';
import { FingerprintVotes } from '../../../../src/flows/correlate/same-traffic/fingerprint-votes.ts';
import { groupSameTraffic } from '../../../../src/flows/correlate/same-traffic/same-traffic.ts';
import { finish } from '../../../../src/flows/correlate/steps.ts';
import { MARK_CUT, MARK_HEADER_CUT, SIGHTING_TCP } from '../../../../src/flows/rows/row-marks.ts';
import { arp, evidence } from '../../../support/evidence.ts';
import { type MadeUpLeg, type MadeUpRow, madeUpCluster } from '../made-up-cluster.ts';

const [SYN, ACK] = [2, 16];
/** Random numbers count 32 bits; those below 65,536 may be counters, so they count 4. */
const [BIG, BIGGER, OTHER] = [70_000, 80_000, 90_000];
/** Points beyond the legs, so that nothing depends on their number. */
const places = (legs: readonly MadeUpLeg[]) =>
  Array.from({ length: 1 + Math.max(...legs.map(({ point }) => point)) }, () => ({}));

/** Votes as "a-b bits packets opposite"; with `times`, the least and largest difference of times as well, ms. */
function votes(
  legs: readonly MadeUpLeg[],
  options: { cut?: boolean; byPayload?: boolean; cutSegments?: boolean; times?: boolean } = {},
): string[] {
  const { members, store } = madeUpCluster(legs, places(legs));
  const biflows = members.map(({ biflow }) => biflow).sort((a, b) => a.id - b.id);
  const counted = new FingerprintVotes(biflows, { cut: options.cut ?? false, byPayload: options.byPayload ?? false });
  for (const biflow of biflows)
    if (options.cutSegments) counted.enterCutSegments(biflow, store);
    else counted.enter(biflow, store);
  const ms = (seconds: number) => Math.round(seconds * 1000);
  return finish(counted.count()).map(
    ({ a, b, bits, packets, opposite, soonest, latest }) =>
      `${a}-${b} ${bits} ${packets} ${opposite}${options.times ? ` ${ms(soonest)} ${ms(latest)}` : ''}`,
  );
}
const both = (there: MadeUpRow[], some: Partial<MadeUpLeg> = {}): MadeUpLeg[] =>
  [0, 1].map((point) => ({ point, there, ...some }));

describe('segments', () => {
  test('with ACK agree by sequence and acknowledgement number', () => {
    const bits = (seq: number, ack: number) => votes(both([{ seq, ack, flags: ACK }]));
    expect(bits(BIG, BIGGER)).toEqual(['0-1 64 1 -1']);
    expect(bits(65_536, 65_535)).toEqual(['0-1 36 1 -1']);
    // Too few bits to count as a packet.
    expect(bits(7, 8)).toEqual(['0-1 8 0 -1']);
    expect(
      votes([
        { point: 0, there: [{ seq: BIG, ack: BIGGER, flags: ACK }] },
        { point: 1, there: [{ seq: BIG, ack: OTHER, flags: ACK }] },
      ]),
    ).toEqual([]);
  });

  test('without ACK by sequence number, and timestamp, or IP ID and window', () => {
    expect(votes(both([{ seq: BIG, flags: SYN, tsValue: BIGGER, ipId: 5 }]))).toEqual(['0-1 64 1 -1']);
    expect(votes(both([{ seq: BIG, flags: SYN, tsValue: 9, ipId: 5 }]))).toEqual(['0-1 36 1 -1']);
    expect(votes(both([{ seq: BIG, flags: SYN, ipId: 5, window: 500 }]))).toEqual(['0-1 52 1 -1']);
    expect(votes(both([{ seq: BIG, flags: SYN, window: 500 }]))).toEqual(['0-1 36 1 -1']);
    // Of a segment without SYN the timestamp does not count.
    expect(votes(both([{ seq: BIG, flags: 0, tsValue: BIGGER }]))).toEqual(['0-1 36 1 -1']);
    const differs = (some: MadeUpRow) =>
      votes([
        { point: 0, there: [{ seq: BIG, flags: SYN, ipId: 5, window: 500 }] },
        { point: 1, there: [{ seq: BIG, flags: SYN, ipId: 5, window: 500, ...some }] },
      ]);
    expect([differs({ ipId: 6 }), differs({ window: 501 }), differs({ seq: OTHER })]).toEqual([[], [], []]);
    expect(differs({ ttl: 9, payloadLength: 3 })).toHaveLength(1);
  });

  test('count once for a biflow, and in the direction they have', () => {
    const segment = { seq: BIG, ack: BIGGER, flags: ACK };
    expect(votes(both([segment, { ...segment, time: 1 }]))).toEqual(['0-1 64 1 -1']);
    expect(
      votes([
        { point: 0, there: [segment] },
        { point: 1, back: [segment] },
      ]),
    ).toEqual(['0-1 64 1 1']);
    expect(votes(both([segment, { ...segment, seq: OTHER }]))).toEqual(['0-1 128 2 -2']);
  });

  test('of three points count between neighbours; the difference of their times is kept', () => {
    const at = (point: number, time: number): MadeUpLeg => ({
      point,
      there: [
        { seq: BIG, ack: BIGGER, flags: ACK, time },
        { seq: OTHER, ack: BIGGER, flags: ACK, time: 2 * time },
      ],
    });
    expect(votes([at(0, 1), at(1, 1.5), at(2, 3)], { times: true })).toEqual([
      '0-1 128 2 -2 500 1000',
      '1-2 128 2 -2 1500 3000',
    ]);
  });

  test('are told in order of the two biflows', () => {
    const row = (seq: number) => ({ seq: BIG + seq, ack: BIGGER, flags: ACK });
    // Found as 0-1, 1-2 and 0-3, and then 0-2.
    const legs = [[1, 2, 3], [1], [1, 3], [2]].map((seqs, point): MadeUpLeg => ({ point, there: seqs.map(row) }));
    expect(votes(legs).map((text) => text.split(' ')[0])).toEqual(['0-1', '0-2', '0-3', '1-2']);
  });

  test('are sampled beyond 64 of a direction, alike at both points; the first 8 always count', () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, nth) => ({ seq: BIG + nth, ack: BIGGER, flags: ACK, time: nth }));
    const packets = (count: number) => Number(votes(both(many(count)))[0].split(' ')[2]);
    expect(packets(64)).toBe(64);
    // Every 16th of 1,024, and the first ones.
    expect(packets(1024)).toBeGreaterThan(40);
    expect(packets(1024)).toBeLessThan(110);
    const same = (count: number) =>
      Array.from({ length: count }, (_, nth) => ({ seq: BIG, ack: BIGGER, flags: ACK, time: nth }));
    expect(packets(5000)).toBeLessThan(130);
    expect(votes(both(same(5000)))).toEqual(['0-1 64 1 -1']);
  });
});

describe('handshakes', () => {
  const leg = (point: number, connection: MadeUpLeg['connection']): MadeUpLeg => ({
    point,
    ...(connection && { connection }),
  });
  const pair = { toServer: { iss: BIG }, toClient: { iss: BIGGER } };

  test('agree by both initial sequence numbers; that of the client is known from the SYN-ACK as well', () => {
    expect(votes([leg(0, pair), leg(1, pair)])).toEqual(['0-1 64 1 -1']);
    expect(votes([leg(0, pair), leg(1, { toClient: { iss: BIGGER }, synAckAcks: BIG + 1 })])).toEqual(['0-1 64 1 -1']);
    expect(votes([leg(0, pair), leg(1, { toClient: { iss: BIGGER }, synAckAcks: BIG })])).toEqual([]);
    expect(
      votes([
        leg(0, { toServer: { iss: 5 }, toClient: { iss: BIGGER } }),
        leg(1, { toServer: { iss: 5 }, toClient: { iss: BIGGER } }),
      ]),
    ).toEqual(['0-1 36 1 -1']);
    expect(votes([leg(0, pair), leg(1, { toServer: { iss: BIG }, toClient: { iss: OTHER } })])).toEqual([]);
  });

  test('without an answer agree by the timestamp of the SYN', () => {
    const half = (tsFirst: number | null) => ({ toServer: { iss: BIG, tsFirst } });
    expect(votes([leg(0, half(BIGGER)), leg(1, half(BIGGER))])).toEqual(['0-1 64 1 -1']);
    expect(votes([leg(0, half(BIGGER)), leg(1, half(OTHER))])).toEqual([]);
    expect(votes([leg(0, half(null)), leg(1, half(null))])).toEqual([]);
    // The SYN itself is the same fingerprint.
    const syn = { there: [{ seq: BIG, flags: SYN, tsValue: BIGGER }] };
    expect(votes([leg(0, half(BIGGER)), { ...leg(1, {}), ...syn }])).toEqual(['0-1 64 1 -1']);
  });

  test('make other segments needless where all connections have theirs', () => {
    const data = { there: [{ seq: OTHER, ack: BIGGER, flags: ACK }] };
    expect(
      votes([
        { ...leg(0, pair), ...data },
        { ...leg(1, pair), ...data },
      ]),
    ).toEqual(['0-1 64 1 -1']);
    expect(votes([{ ...leg(0, pair), ...data }, { ...leg(1, pair), ...data }, { point: 2 }])).toEqual(['0-1 128 2 -2']);
    // A SYN-ACK is the pair itself.
    const synAck = { back: [{ seq: BIGGER, ack: BIG + 1, flags: SYN | ACK }] };
    expect(votes([leg(0, pair), { ...leg(1, {}), ...synAck }])).toEqual(['0-1 64 1 -1']);
  });
});

describe('datagrams', () => {
  const udp = { kind: 'datagram' as const };
  const row = { payloadHash: BIG, ipId: 5, payloadLength: 30 };
  const against = (some: MadeUpRow, leg: Partial<MadeUpLeg> = udp, first: MadeUpRow = {}) =>
    votes([
      { point: 0, there: [{ ...row, ...first }], ...leg },
      { point: 1, there: [{ ...row, ...first, ...some }], ...leg },
    ]);

  test('agree by payload, IP ID, length and flags', () => {
    expect(against({})).toEqual(['0-1 48 1 -1']);
    expect(against({}, udp, { ipId: 0 })).toEqual(['0-1 32 1 -1']);
    for (const some of [{ payloadHash: OTHER }, { ipId: 6 }, { payloadLength: 31 }, { flags: 1 }])
      expect(against(some)).toEqual([]);
    // The number of DNS is in the payload; without a payload it counts.
    expect(against({ seq: 9 })).toHaveLength(1);
    expect(against({ seq: 9 }, udp, { payloadHash: 0 })).toEqual([]);
    expect(against({}, udp, { payloadHash: 0 })).toEqual(['0-1 20 1 -1']);
    // Of a ping the sequence counts.
    expect(against({ seq: 9 }, { kind: 'echo' })).toEqual([]);
    expect(against({}, { kind: 'echo' })).toEqual(['0-1 48 1 -1']);
  });

  test('of another protocol differ, and kinds are not mixed', () => {
    expect(
      votes([
        { point: 0, there: [row], ...udp, protocol: 132 },
        { point: 1, there: [row], ...udp },
      ]),
    ).toEqual([]);
    expect(
      votes([
        { point: 0, there: [row], kind: 'echo', protocol: 17 },
        { point: 1, there: [{ ...row, kind: 2 }], kind: 'echo', protocol: 17 },
      ]),
    ).toEqual(['0-1 48 1 -1']);
    expect(
      votes([
        { point: 0, there: [row], ...udp },
        { point: 1, there: [{ ...row, kind: 2 }], kind: 'echo', protocol: 17 },
      ]),
    ).toEqual([]);
  });

  test('that were cut are left out; by lengths alone they count, but little', () => {
    expect(against({ marks: MARK_CUT })).toEqual([]);
    const cut = (some: MadeUpRow) =>
      votes(
        [
          { point: 0, there: [row], ...udp },
          { point: 1, there: [{ ...row, ...some }], ...udp },
        ],
        { cut: true },
      );
    expect(cut({ marks: MARK_CUT, payloadHash: OTHER })).toEqual(['0-1 20 1 -1']);
    expect(cut({ payloadLength: 31 })).toEqual([]);
    expect(cut({ seq: 9 })).toEqual([]);
    // Segments without a header are none of them.
    expect(against({}, udp, { kind: SIGHTING_TCP })).toEqual([]);
  });

  test('by payload alone: from 24 octets on, whatever the IP ID, and only where no flow repeats it', () => {
    const by = (some: MadeUpRow, more: MadeUpRow[] = []) =>
      votes(
        [
          { point: 0, there: [{ ...row, ...some }, ...more], ...udp },
          { point: 1, there: [{ ...row, ...some, ipId: 99 }], ...udp },
        ],
        { byPayload: true },
      );
    expect(by({})).toEqual(['0-1 32 1 -1']);
    expect(by({ payloadLength: 24 })).toHaveLength(1);
    expect(by({ payloadLength: 23 })).toEqual([]);
    expect(by({}, [{ ...row, time: 1 }])).toEqual([]);
  });
});

describe('segments with a cut header', () => {
  test('agree by sequence number, length and IP ID', () => {
    const row = { seq: BIG, ipId: 5, l3Length: 900 };
    const against = (some: MadeUpRow, first: MadeUpRow = {}) =>
      votes(
        [
          { point: 0, there: [{ ...row, ...first }] },
          { point: 1, there: [{ ...row, ...first, ...some }] },
        ],
        { cutSegments: true },
      );
    expect(against({})).toEqual(['0-1 52 1 -1']);
    expect(against({ ack: 99, window: 4 })).toEqual(['0-1 52 1 -1']);
    expect(against({}, { ipId: 0 })).toEqual(['0-1 36 1 -1']);
    expect(against({}, { ipId: 0, seq: 5 })).toEqual(['0-1 8 0 -1']);
    for (const some of [{ seq: OTHER }, { ipId: 6 }, { l3Length: 901 }]) expect(against(some)).toEqual([]);
    const many = Array.from({ length: 1024 }, (_, nth) => ({ ...row, seq: BIG + nth, time: nth }));
    const packets = Number(votes(both(many), { cutSegments: true })[0].split(' ')[2]);
    expect(packets).toBeGreaterThan(30);
    expect(packets).toBeLessThan(100);
  });
});

describe('two flows of one point that look the same', () => {
  const udp = { kind: 'datagram' as const };
  const row = (time: number, some: MadeUpRow = {}): MadeUpRow => ({
    payloadHash: BIG,
    ipId: 5,
    payloadLength: 30,
    time,
    ...some,
  });
  const flow = (point: number, client: string, server: string, time: number, some: MadeUpRow = {}): MadeUpLeg => ({
    point,
    client,
    server,
    there: [row(time, some)],
    ...udp,
  });
  const [A, B, WEB] = ['10.0.0.1:5000', '10.0.0.2:5000', '10.0.0.9:80'];

  test('are one packet that passed twice, within 50 ms and with an address that changed', () => {
    expect(votes([flow(0, A, WEB, 1), flow(0, B, WEB, 1.049)])).toEqual(['0-1 48 1 -1']);
    // Later, they are two; then only the same socket or the same ends count.
    expect(votes([flow(0, A, WEB, 1), flow(0, B, WEB, 1.06)])).toEqual([]);
    expect(votes([flow(0, A, WEB, 1), flow(0, B, WEB, 1.06), flow(1, B, WEB, 1.06)])).toEqual(['1-2 48 1 -1']);
    expect(votes([flow(0, A, WEB, 1), flow(0, A, '10.0.0.8:80', 1.06), flow(1, A, WEB, 1)])).toEqual(['0-2 48 1 -1']);
  });

  test('are two sockets of one client that send the same to one server', () => {
    const second = '10.0.0.1:5001';
    expect(votes([flow(0, A, WEB, 1), flow(0, second, WEB, 1.01)])).toEqual([]);
    expect(votes([flow(0, A, WEB, 1), flow(0, second, '10.0.0.8:80', 1.01)])).toEqual(['0-1 48 1 -1']);
  });

  test('are two where another point shows both', () => {
    // One socket that asks two servers: each of the two is at point 1 as well.
    const legs = [
      flow(0, A, WEB, 1),
      flow(0, A, '10.0.0.8:80', 1.01),
      flow(1, A, WEB, 1),
      flow(1, A, '10.0.0.8:80', 1.01),
    ];
    expect(votes(legs)).toEqual(['0-2 48 1 -1', '1-3 48 1 -1']);
    // Only one of them is: the packet was translated at point 0.
    expect(votes(legs.slice(0, 3))).toEqual(['0-1 48 1 -1', '1-2 48 1 -1']);
  });
});

describe('traffic that is the same', () => {
  /** Groups as their points, "!" behind those with turned roles. */
  const groups = (
    legs: readonly MadeUpLeg[],
    points: Parameters<typeof madeUpCluster>[1] = places(legs),
    parts: Parameters<typeof madeUpCluster>[2] = {},
  ) => {
    const { evidence: joined, members, store } = madeUpCluster(legs, points, parts);
    const biflows = members.map(({ biflow }) => biflow).sort((a, b) => a.id - b.id);
    return finish(groupSameTraffic(joined, biflows, store)).map((group) =>
      group.map(({ biflow, flipped }) => `${biflow.point}${flipped ? '!' : ''}`).join(' '),
    );
  };
  const [POD, WEB, NODE] = ['10.244.1.5:40000', '10.244.2.7:80', '192.168.0.1:50000'];
  const one = (ack: number, seq = BIG): MadeUpRow[] => [{ seq, ack, flags: ACK }];

  test('has 64 bits in common, or three packets', () => {
    // Nothing of the addresses is the same: 64 bits of one packet, 36 of one, three of 36.
    const translated = (rows: MadeUpRow[]) =>
      groups([
        { point: 0, there: rows, client: POD, server: WEB },
        { point: 1, there: rows, client: NODE, server: '10.9.9.9:8080' },
      ]);
    expect(translated(one(BIGGER))).toEqual(['0 1']);
    expect(translated(one(5))).toEqual(['0', '1']);
    const several = (count: number) =>
      Array.from({ length: count }, (_, nth) => ({ ipId: 0, payloadHash: BIG + nth, payloadLength: 5 }));
    const udp = (count: number) =>
      groups([
        { point: 0, kind: 'datagram', there: several(count), client: POD, server: WEB },
        { point: 1, kind: 'datagram', there: several(count), client: NODE, server: '10.9.9.9:8080' },
      ]);
    expect([udp(1), udp(2), udp(3)]).toEqual([['0', '1'], ['0 1'], ['0 1']]);
    const small = (count: number) =>
      Array.from({ length: count }, (_, nth) => ({ ipId: 0, payloadHash: 0, seq: nth, payloadLength: 0 }));
    const empty = (count: number) =>
      groups([
        { point: 0, kind: 'datagram', there: small(count), client: POD, server: WEB },
        { point: 1, kind: 'datagram', there: small(count), client: NODE, server: '10.9.9.9:8080' },
      ]);
    // 4 bits each: they never count as packets, and 16 of them have 64 bits.
    expect([empty(15), empty(16)]).toEqual([['0', '1'], ['0 1']]);
  });

  test('equal addresses add 16 bits each, ports 14 and 8', () => {
    // 36 bits of one packet; 28 are missing.
    const with36 = (client: string, server: string) =>
      groups([
        { point: 0, there: one(5), client: POD, server: WEB },
        { point: 1, there: one(5), client, server },
      ]);
    expect(with36('10.244.1.5:1', '10.244.2.7:2')).toEqual(['0 1']);
    expect(with36('10.244.1.5:40000', '10.9.9.9:2')).toEqual(['0 1']);
    expect(with36('10.244.1.5:1', '10.9.9.9:80')).toEqual(['0', '1']);
    expect(with36('10.9.9.8:40000', '10.9.9.9:80')).toEqual(['0', '1']);
    expect(with36('10.9.9.8:1', '10.244.2.7:80')).toEqual(['0', '1']);
    expect(with36('10.9.9.8:40000', '10.244.2.7:1')).toEqual(['0 1']);
    // All four: 54 bits, and 8 of a packet are enough for the same flow at two points, as 62 are within 16 of 64.
    const few = (client: string) =>
      groups([
        { point: 0, there: one(5, 6), client: POD, server: WEB },
        { point: 1, there: one(5, 6), client, server: WEB },
      ]);
    expect(few(POD)).toEqual(['0 1']);
    expect(few('10.244.1.5:40001')).toEqual(['0', '1']);
  });

  test('is one biflow at one point, unless an address changed', () => {
    const again = (client: string, encapsulation: MadeUpLeg['encapsulation'] = []) =>
      groups(
        [
          { point: 0, there: one(BIGGER), client: POD, server: WEB },
          { point: 0, there: one(BIGGER), client, server: WEB, encapsulation },
        ],
        [{}, {}],
      );
    expect(again('10.244.1.5:40001')).toEqual(['0', '0']);
    expect(again(NODE)).toEqual(['0 0']);
    expect(again(POD)).toEqual(['0', '0']);
    expect(again(POD, ['vxlan'])).toEqual(['0 0']);
    expect(again('10.244.1.5:40001', ['vxlan'])).toEqual(['0', '0']);
  });

  test('has the roles of the biflow that is surest of them', () => {
    const rows = one(BIGGER);
    const [syn, synAck, guess] = ['syn', 'syn-ack', 'guess'] as const;
    const turned = (first: typeof syn | typeof synAck | typeof guess, second: typeof first) =>
      groups([
        { point: 0, there: rows, client: POD, server: WEB, connection: { rolesFrom: first } },
        { point: 1, back: rows, client: WEB, server: POD, connection: { rolesFrom: second } },
      ]);
    expect(turned(guess, guess)).toEqual(['0 1!']);
    expect(turned(syn, synAck)).toEqual(['0 1!']);
    expect(turned(synAck, syn)).toEqual(['0! 1']);
    expect(turned(guess, synAck)).toEqual(['0! 1']);
    expect(turned(synAck, guess)).toEqual(['0 1!']);
    // Translated as well: the packets tell. With the same ends in the same roles, the ends do.
    expect(
      groups([
        { point: 0, there: rows, client: POD, server: WEB },
        { point: 1, back: rows, client: '10.9.9.9:8080', server: NODE },
      ]),
    ).toEqual(['0 1!']);
    expect(
      groups([
        { point: 0, there: rows, client: POD, server: WEB },
        { point: 1, back: rows, client: POD, server: WEB },
      ]),
    ).toEqual(['0 1']);
    expect(
      groups([
        { point: 0, there: rows, client: POD, server: WEB },
        { point: 1, there: rows, client: WEB, server: POD },
      ]),
    ).toEqual(['0 1!']);
  });

  test('with one point nothing is joined', () => {
    expect(
      groups([
        { point: 0, there: one(BIGGER), client: POD },
        { point: 0, there: one(BIGGER), client: NODE },
      ]),
    ).toEqual(['0', '0']);
  });

  test('of datagrams that were cut at one point: by their lengths', () => {
    const rows = (hash: number, marks: number) =>
      [1, 2, 3].map((nth) => ({ payloadHash: hash + nth, ipId: nth, payloadLength: 100 + nth, marks }));
    const cut = (quality: number) =>
      groups(
        [
          { point: 0, kind: 'datagram', there: rows(BIG, 0) },
          { point: 1, kind: 'datagram', there: rows(OTHER, MARK_CUT) },
        ],
        [{}, { quality: { cut: quality } }],
      );
    expect(cut(1)).toEqual(['0 1']);
    expect(cut(0)).toEqual(['0', '1']);
  });

  test('of segments whose headers were cut', () => {
    const rows = (marks: number, flags: number) =>
      [1, 2].map((nth) => ({ seq: BIG + nth, ipId: nth, l3Length: 900, marks, flags, ack: flags }));
    const found = (marks: number) =>
      groups(
        [
          { point: 0, there: rows(0, ACK) },
          { point: 1, there: rows(marks, 0) },
        ],
        [{}, { quality: { cut: 1 } }],
      );
    expect(found(MARK_HEADER_CUT | MARK_CUT)).toEqual(['0 1']);
    expect(found(MARK_CUT)).toEqual(['0', '1']);
  });

  test('of ARP: who asks, with which link address, for whom', () => {
    const asks = (some: Parameters<typeof arp>[0]) => [arp({ flow: 0 }), arp({ point: 1, flow: 1, ...some })];
    const found = (some: Parameters<typeof arp>[0]) =>
      groups(
        [
          { point: 0, kind: 'arp' },
          { point: 1, kind: 'arp' },
        ],
        [{}, {}],
        { arp: asks(some) },
      );
    expect(evidence({ arp: asks({}) }).arp).toHaveLength(2);
    expect(found({})).toEqual(['0 1']);
    expect(found({ target: '10.244.1.6' })).toEqual(['0', '1']);
    expect(found({ asker: '10.244.1.6' })).toEqual(['0', '1']);
    expect(found({ askerMac: '02:00:00:00:00:02' })).toEqual(['0', '1']);
    expect(found({ protocol: 'nd' })).toEqual(['0', '1']);
  });
});
