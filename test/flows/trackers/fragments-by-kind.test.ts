import { describe, expect, test } from 'vitest';
import { AddressBook, FIRST_IPV6 } from '../../../src/decode/address-book.ts';
import {
  FRAGMENT_FIRST,
  FRAGMENT_LATER,
  Packet,
  type TunnelHeader,
  type TunnelKind,
} from '../../../src/decode/packet.ts';
import { encapsulationCode } from '../../../src/flows/encapsulation.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../src/flows/limits.ts';
import { isCutSegment, isHeaderCut, isWithoutPorts, leastPayload } from '../../../src/flows/trackers/cut-segment.ts';
import { FragmentTracker } from '../../../src/flows/trackers/fragment-tracker.ts';

const [A, B] = [0x0a000001, 0x0a000002];
const packetOf = (some: Partial<Packet>): Packet =>
  Object.assign(new Packet(new AddressBook()), { source: A, destination: B, ...some });

/** The inner packet of a tunnel whose outer packet was the first fragment of a datagram. */
function inside(kinds: readonly TunnelKind[], outer: Partial<TunnelHeader>, nth = 0): Packet {
  const packet = packetOf({ number: 1, ipVersion: 4, depth: kinds.length });
  for (const [at, tunnel] of packet.tunnels.entries())
    Object.assign(tunnel, { udpAt: -1, source: A, destination: B, l3Length: 1500, ipId: 9, moreFragments: at === nth });
  Object.assign(packet.tunnels[nth], outer);
  return packet;
}
const outerOf = (kinds: readonly TunnelKind[], outer: Partial<TunnelHeader> = {}, nth = 0) => {
  const tracker = new FragmentTracker(DEFAULT_LIMITS);
  const packet = inside(kinds, outer, nth);
  expect(FragmentTracker.concerns(packet)).toBe(true);
  tracker.onPacket(packet, 3, 7, encapsulationCode(kinds));
  return tracker.finish();
};

describe('outer datagrams in parts', () => {
  test.each<[TunnelKind, number]>([
    ['gre', 47],
    ['ipip', 4],
    ['4in6', 4],
    ['6in4', 41],
    ['6in6', 41],
  ])('have the protocol of their tunnel: %s', (kind, protocol) => {
    expect(outerOf([kind]).map((one) => one.protocol)).toEqual([protocol]);
    // Where the tunnel is in UDP, that is what the datagram carries.
    expect(outerOf([kind], { udpAt: 0 }).map((one) => one.protocol)).toEqual([17]);
  });

  test('are told whole', () => {
    expect(outerOf(['gre'])).toEqual([
      {
        point: 3,
        source: '10.0.0.1',
        destination: '10.0.0.2',
        protocol: 47,
        ipId: 9,
        first: { packet: 1, time: 7 },
        packets: 1,
        seenOctets: 1480,
        totalOctets: null,
        hasFirst: true,
        tcp: null,
        complete: false,
        encapsulation: [],
        outer: true,
      },
    ]);
  });

  test('have a longer header in IPv6, and the tunnels around theirs', () => {
    expect(outerOf(['4in6'], { source: FIRST_IPV6 })[0].seenOctets).toBe(1452);
    expect(outerOf(['4in6'], { source: FIRST_IPV6 - 1 })[0].seenOctets).toBe(1480);
    expect(outerOf(['vxlan', 'gre', 'ipip'], {}, 1)).toMatchObject([{ protocol: 47, encapsulation: ['vxlan'] }]);
    expect(outerOf(['vxlan', 'gre', 'ipip'], {}, 2)).toMatchObject([{ protocol: 4, encapsulation: ['vxlan', 'gre'] }]);
  });

  test('concern nobody where no part is one', () => {
    expect(FragmentTracker.concerns(packetOf({}))).toBe(false);
    const packet = inside(['gre'], { moreFragments: false });
    expect(FragmentTracker.concerns(packet)).toBe(false);
    expect(FragmentTracker.concerns(Object.assign(packet, { fragment: FRAGMENT_LATER }))).toBe(true);
  });
});

describe('parts of a datagram', () => {
  /** Offset and octets of a part; `more` unless it is the last. */
  interface Part {
    from: number;
    octets: number;
    last?: boolean;
    at?: number;
    some?: Partial<Packet>;
  }
  const told = (parts: readonly Part[], limits: Partial<Limits> = {}) => {
    const tracker = new FragmentTracker({ ...DEFAULT_LIMITS, ...limits });
    for (const [nth, { from, octets, last = false, at = 1, some = {} }] of parts.entries())
      tracker.onPacket(
        packetOf({
          number: nth + 1,
          ipVersion: 4,
          bytes: Uint8Array.of(0x45),
          ipAt: 0,
          protocol: 17,
          l3Length: 20 + octets,
          fragment: from === 0 ? FRAGMENT_FIRST : FRAGMENT_LATER,
          fragmentOffset: from,
          moreFragments: !last,
          ...some,
        }),
        0,
        at,
        0,
      );
    const kept = tracker.finish();
    return { kept, total: tracker.total, incomplete: tracker.incomplete };
  };
  const seen = (...parts: Part[]) =>
    told(parts).kept.map(
      ({ seenOctets, totalOctets, complete, packets }) => `${packets} ${seenOctets}/${totalOctets} ${complete}`,
    );

  test('are put together where they touch or overlap', () => {
    const [first, second, third] = [
      { from: 0, octets: 80 },
      { from: 80, octets: 80 },
      { from: 160, octets: 40, last: true },
    ];
    for (const order of [
      [first, second, third],
      [third, second, first],
      [second, third, first],
      [first, third, second],
    ])
      expect(seen(...order)).toEqual(['3 200/200 true']);
    expect(seen(first, third)).toEqual(['2 120/200 false']);
    expect(seen(second, third)).toEqual(['2 120/200 false']);
    expect(seen(first, second)).toEqual(['2 160/null false']);
    expect(seen(first, { from: 72, octets: 100, last: true })).toEqual(['2 172/172 true']);
    expect(seen(first, { from: 0, octets: 80 }, { from: 8, octets: 16 })).toEqual(['3 80/null false']);
    expect(seen({ from: 16, octets: 8 }, { from: 0, octets: 80 })).toEqual(['2 80/null false']);
    // A part without octets is counted alone.
    expect(seen({ from: 0, octets: 0 })).toEqual(['1 0/null false']);
  });

  test('are 64 pieces at most that do not touch', () => {
    const pieces = (count: number) => Array.from({ length: count }, (_, nth) => ({ from: 16 * nth, octets: 8 }));
    expect([63, 64, 65, 70].map((count) => told(pieces(count)).kept[0].seenOctets)).toEqual([504, 512, 512, 512]);
  });

  test('belong together within 30 s of the last one, by ends, protocol, id and point', () => {
    const one = { from: 0, octets: 8 };
    const count = (...parts: Part[]) => told(parts).kept.length;
    expect([count(one, { ...one, at: 30.9 }), count(one, { ...one, at: 31 })]).toEqual([1, 2]);
    expect(count(one, { ...one, at: 30 }, { ...one, at: 59 })).toBe(1);
    for (const some of [{ source: 5 }, { destination: 5 }, { protocol: 6 }, { ipId: 7 }])
      expect(count(one, { ...one, some })).toBe(2);
  });

  test('have the ports of their first segment', () => {
    const tcpOf = (from: number, some: Partial<Packet>) => told([{ from, octets: 80, some }]).kept[0].tcp;
    const some = { protocol: 6, sourcePort: 5, destinationPort: 80, tcpSeq: 99 };
    expect(tcpOf(0, some)).toEqual({ sourcePort: 5, destinationPort: 80, seq: 99 });
    expect([tcpOf(8, some), tcpOf(0, { ...some, protocol: 17 }), tcpOf(0, { ...some, sourcePort: 0 })]).toEqual([
      null,
      null,
      null,
    ]);
  });

  test('beyond the limit the oldest is given up, and so many of both kinds are kept', () => {
    const part = (id: number, last = false, at = 1): Part => ({ from: 0, octets: 8, last, at, some: { ipId: id } });
    const ids = (parts: readonly Part[], limits: Partial<Limits>) => {
      const { kept, total, incomplete } = told(parts, limits);
      return [kept.map(({ ipId }) => ipId).join(), total, incomplete];
    };
    const three = [part(1), part(2), part(3)];
    expect(ids(three, { fragments: 2 })).toEqual(['1,2', 3, 3]);
    expect(ids(three, { openFragments: 2 })).toEqual(['1,2,3', 3, 3]);
    // The first was given up when the third came: its second part begins another one.
    expect(ids([...three, part(1)], { openFragments: 2 })).toEqual(['1,2,3,1', 4, 4]);
    expect(ids([...three, part(1)], { openFragments: 3 })).toEqual(['1,2,3', 3, 3]);
    expect(ids([part(1, true), part(2, true), part(3, true), part(4)], { fragments: 2 })).toEqual(['1,2,4', 4, 1]);
    expect(ids([part(1), part(2, false, 31)], {})).toEqual(['1,2', 2, 2]);
  });
});

describe('packets that the snapshot length cut', () => {
  const short = (limitedBy: string, some: Partial<Packet> = {}): Packet =>
    packetOf({
      protocol: 6,
      transportAt: -1,
      sourcePort: 5,
      payloadLength: 100,
      stop: { kind: 'too-short', layer: 'tcp', limitedBy } as unknown as Packet['stop'],
      ...some,
    });
  const told = (packet: Packet) => [
    isWithoutPorts(packet),
    isCutSegment(packet),
    isHeaderCut(packet),
    leastPayload(packet),
  ];
  test.each<[string, Packet, unknown[]]>([
    ['a segment with its ports', short('snaplen'), [false, true, true, 40]],
    ['without its ports', short('snaplen', { sourcePort: 0 }), [true, false, false, 40]],
    ['a datagram', short('snaplen', { protocol: 17 }), [false, false, false, 92]],
    ['another protocol', short('snaplen', { protocol: 132 }), [false, false, false, 100]],
    ['a short segment', short('snaplen', { payloadLength: 59 }), [false, true, true, 0]],
    ['a short datagram', short('snaplen', { protocol: 17, payloadLength: 7 }), [false, false, false, 0]],
    ['short by its own length', short('ip-total-length', { sourcePort: 0 }), [false, false, false, 100]],
    ['with its header', short('snaplen', { transportAt: 0, sourcePort: 0 }), [false, false, false, 100]],
    ['whole', short('snaplen', { stop: undefined, sourcePort: 0 }), [false, false, false, 100]],
    [
      'whole but for its options',
      short('snaplen', { stop: undefined, transportAt: 20, tcpOptionsIncomplete: true }),
      [false, false, true, 100],
    ],
  ])('%s', (_, packet, expected) => {
    expect(told(packet)).toEqual(expected);
  });
});
