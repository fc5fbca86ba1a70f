import { describe, expect, test } from 'vitest';
import { AddressBook } from '../../../src/decode/address-book.ts';
import { FRAGMENT_FIRST, FRAGMENT_LATER, FRAGMENT_NONE, Packet } from '../../../src/decode/packet.ts';
import type { CarrierFlow } from '../../../src/flows/evidence/evidence.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../src/flows/limits.ts';
import { CarrierTracker, keyOfCarrier } from '../../../src/flows/trackers/carrier-tracker.ts';
import { NOTHING_SEEN } from '../../../src/flows/trackers/observation.ts';

/** A packet of 400 octets behind an Ethernet header: link addresses 1 to 12, IPv4 at 14, transport at 34. */
function packetOf(some: Partial<Packet>, octets: Record<number, number> = {}): Packet {
  const packet = new Packet(new AddressBook());
  const bytes = new Uint8Array(414);
  for (let at = 0; at < 12; at++) bytes[at] = at + 1;
  bytes[14] = 0x45;
  for (const [at, octet] of Object.entries(octets)) bytes[Number(at)] = octet;
  return Object.assign(packet, {
    number: 1,
    bytes,
    end: bytes.length,
    ethernetAt: 0,
    ipVersion: 4,
    ipAt: 14,
    source: 0x0a000001,
    destination: 0x0a000002,
    protocol: 17,
    l3Length: 400,
    fragment: FRAGMENT_NONE,
    payloadAt: 42,
    payloadEnd: bytes.length,
    payloadLength: 372,
    ...some,
  });
}
/** SPI 7, sequence 9. */
const ESP = { 37: 7, 41: 9 };
const esp = (some: Partial<Packet> = {}, octets: Record<number, number> = ESP) =>
  packetOf({ protocol: 50, ...some }, octets);
const inUdp = (some: Partial<Packet>, octets: Record<number, number> = { 45: 7, 49: 9 }) => packetOf(some, octets);
/** A data message of WireGuard for the receiver 0x0807, with counter 3. */
const WIREGUARD = { 42: 4, 46: 7, 47: 8, 50: 3 };
const wireguard = (some: Partial<Packet> = {}, octets: Record<number, number> = WIREGUARD) =>
  packetOf({ payloadLength: 368, ...some }, octets);
const plain = (l3Length: number, some: Partial<Packet> = {}, octets: Record<number, number> = {}) =>
  packetOf({ number: 2, l3Length, ...some }, octets);

interface Given {
  packet: Packet;
  time?: number;
  point?: number;
  flow?: number;
}
function told(given: readonly Given[], limits: Partial<Limits> = {}): CarrierFlow[] {
  const tracker = new CarrierTracker({ ...DEFAULT_LIMITS, ...limits });
  for (const { packet, time = 1, point = 0, flow = 5 } of given)
    tracker.onPacket(packet, { ...NOTHING_SEEN, time, point, flow });
  return tracker.finish();
}
const isFollowed = (...given: Given[]): boolean => told(given)[0].followed === 1;

describe('the packet that was decrypted', () => {
  test('of ESP has the same link addresses, octet by octet', () => {
    expect(isFollowed({ packet: esp() }, { packet: plain(300) })).toBe(true);
    for (let at = 0; at < 12; at++)
      expect([at, isFollowed({ packet: esp() }, { packet: plain(300, {}, { [at]: 99 }) })]).toEqual([at, false]);
    expect(isFollowed({ packet: esp() }, { packet: plain(300, {}, { 12: 99, 13: 99 }) })).toBe(true);
  });

  test('of ESP has none where the encrypted one has none', () => {
    const without = { ethernetAt: -1 };
    const both: [Partial<Packet>, Partial<Packet>][] = [
      [without, without],
      [without, {}],
      [{}, without],
    ];
    expect(both.map(([one, other]) => isFollowed({ packet: esp(one) }, { packet: plain(300, other) }))).toEqual([
      true,
      false,
      false,
    ]);
  });

  test('of ESP comes at the same point, within 5 ms, and is 22 to 121 octets smaller', () => {
    expect(isFollowed({ packet: esp() }, { packet: plain(300), point: 1 })).toBe(false);
    const at = (time: number) => isFollowed({ packet: esp(), time: 0.0625 }, { packet: plain(300), time });
    expect([at(0.0625), at(0.067), at(0.068)]).toEqual([true, true, false]);
    // 5 ms exactly are within it.
    expect(isFollowed({ packet: esp(), time: 0 }, { packet: plain(300), time: 0.005 })).toBe(true);
    const of = (octets: number) => isFollowed({ packet: esp() }, { packet: plain(octets) });
    expect([of(278), of(279), of(378), of(379)]).toEqual([false, true, true, false]);
  });

  test('of WireGuard comes at another point, whatever its link, and was padded to 16 octets', () => {
    const other = { point: 1 };
    expect(isFollowed({ packet: wireguard() }, { packet: plain(336) })).toBe(false);
    expect(isFollowed({ packet: wireguard() }, { packet: plain(336, { ethernetAt: -1 }), ...other })).toBe(true);
    const of = (octets: number) => isFollowed({ packet: wireguard() }, { packet: plain(octets), ...other });
    // 368 octets less 32 of header and tag.
    expect([of(320), of(321), of(336), of(337)]).toEqual([false, true, true, false]);
  });

  test('is the first that fits; each is told with its flow, once, and up to a limit', () => {
    const [carrier] = told(
      [
        { packet: esp({ number: 1 }) },
        { packet: esp({ number: 2 }) },
        { packet: esp({ number: 3 }) },
        { packet: esp({ number: 4 }) },
        { packet: plain(300, { number: 5 }), flow: 8 },
        { packet: plain(300, { number: 6 }), flow: 8, time: 1.001 },
        { packet: plain(300, { number: 7 }), flow: 9, time: 1.002 },
      ],
      { packetsPerItem: 1 },
    );
    expect(carrier).toMatchObject({
      followed: 3,
      lastFollowed: { packet: 7, time: 1.002 },
      innerFlows: [{ point: 0, flow: 8 }],
      notFollowed: [{ packet: 4, time: 1 }],
    });
  });

  test('is awaited by 64 at most: the oldest is given up', () => {
    const given = (count: number): Given[] =>
      Array.from({ length: count }, (_, nth) => ({ packet: esp({ number: nth + 1, l3Length: 400 }) }));
    const small = { packet: esp({ number: 900, l3Length: 1400 }) };
    // The first one alone fits.
    const followedOf = (count: number) => told([small, ...given(count), { packet: plain(1300) }])[0].followed;
    expect([followedOf(63), followedOf(64)]).toEqual([1, 0]);
  });
});

describe('an encrypted packet', () => {
  test('is told whole, by kind, point, both ends and index', () => {
    const [carrier, ...others] = told([
      { packet: esp({ number: 3 }), time: 2 },
      { packet: esp({ number: 4, l3Length: 100 }, { 37: 7, 41: 10 }), time: 3, flow: 6 },
      { packet: esp({}, { 37: 8, 41: 9 }), time: 4 },
      { packet: esp({ source: 0x0a000003 }), time: 4 },
      { packet: esp({ destination: 0x0a000003 }), time: 4 },
      { packet: esp(), point: 1, time: 4 },
    ]);
    expect(carrier).toEqual({
      kind: 'esp',
      point: 0,
      flow: 5,
      source: '10.0.0.1',
      destination: '10.0.0.2',
      spi: 7,
      packets: 2,
      octets: 500,
      first: { packet: 3, time: 2 },
      last: { packet: 4, time: 3 },
      sequenceFirst: 9,
      sequenceLast: 10,
      followed: 0,
      entered: 0,
      lastFollowed: null,
      innerFlows: [],
      notFollowed: [
        { packet: 3, time: 2 },
        { packet: 4, time: 3 },
      ],
    });
    expect(others.map(({ packets }) => packets)).toEqual([1, 1, 1, 1]);
    expect(told([{ packet: esp() }, { packet: esp({}, { 37: 8 }) }], { carriers: 1 })).toHaveLength(1);
  });

  test.each<[string, Packet, number]>([
    ['ESP behind an IPv4 header', esp(), 7],
    ['ESP behind options of IPv4', esp({}, { 14: 0x46, 41: 6 }), 6],
    ['ESP in IPv6', esp({ ipVersion: 6 }, { 57: 5 }), 5],
    ['ESP that was captured to its end alone', esp({ end: 42 }), 7],
    ['ESP that was cut', esp({ end: 41 }), 0],
    ['a fragment of ESP', esp({ fragment: FRAGMENT_LATER }), 0],
    ['the first fragment of ESP', esp({ fragment: FRAGMENT_FIRST }), 0],
    ['ESP in UDP to port 4500', inUdp({ destinationPort: 4500 }), 7],
    ['ESP in UDP from port 4500', inUdp({ sourcePort: 4500 }), 7],
    ['ESP in UDP to port 4501', inUdp({ destinationPort: 4501 }), 0],
    ['IKE on port 4500', inUdp({ destinationPort: 4500 }, { 49: 9 }), 0],
    ['a datagram of 8 octets on port 4500', inUdp({ destinationPort: 4500, payloadLength: 8 }), 7],
    ['a datagram of 7 octets on port 4500', inUdp({ destinationPort: 4500, payloadLength: 7 }), 0],
    ['ESP in UDP that was captured to its end alone', inUdp({ destinationPort: 4500, payloadEnd: 50 }), 7],
    ['ESP in UDP that was cut', inUdp({ destinationPort: 4500, payloadEnd: 49 }), 0],
    ['TCP to port 4500', inUdp({ protocol: 6, destinationPort: 4500 }), 0],
    ['data of WireGuard', wireguard(), 0x0807],
    ['data of WireGuard that was captured to its counter', wireguard({ payloadEnd: 54 }), 0x0807],
    ['data of WireGuard that was cut before', wireguard({ payloadEnd: 53 }), 0],
    ['the same in TCP', wireguard({ protocol: 6 }), 0],
    ['a fragment of WireGuard', wireguard({ fragment: FRAGMENT_FIRST }), 0],
    ['a keep-alive of WireGuard', wireguard({ payloadLength: 32 }), 0x0807],
    ['fewer octets', wireguard({ payloadLength: 16 }), 0],
    ['an initiation of WireGuard', wireguard({ payloadLength: 148 }, { 42: 1, 46: 7 }), 0],
  ])('has its index as key: %s', (_, packet, key) => {
    expect(keyOfCarrier(packet)).toBe(key);
  });
});

describe('a handshake of WireGuard', () => {
  const initiation = (some: Partial<Packet> = {}) => wireguard({ payloadLength: 148, ...some }, { 42: 1, 46: 7 });
  /** Back to the initiator: a response names it second, a cookie reply first. */
  const back = { source: 0x0a000002, destination: 0x0a000001, number: 2 };
  const response = (some: Partial<Packet> = {}, receiver = 7) =>
    wireguard({ ...back, payloadLength: 92, ...some }, { 42: 2, 46: 99, 50: receiver });
  const cookie = wireguard({ ...back, payloadLength: 64 }, { 42: 3, 46: 7 });
  const answered = (...given: Given[]): number =>
    told([{ packet: initiation() }, ...given]).reduce((sum, { followed }) => sum + followed, 0);

  test('is told with its initiator, whether it was answered or not', () => {
    const [carrier] = told([{ packet: initiation() }, { packet: initiation({ number: 2 }), time: 2 }]);
    expect(carrier).toMatchObject({
      kind: 'wireguard-handshake',
      spi: 7,
      packets: 2,
      octets: 800,
      sequenceFirst: 0,
      sequenceLast: 0,
      // Both have the same index: the later one takes the place of the earlier.
      notFollowed: [{ packet: 2, time: 2 }],
    });
    const [other] = told([{ packet: initiation() }, { packet: response(), time: 3 }]);
    expect(other).toMatchObject({ followed: 1, lastFollowed: { packet: 2, time: 3 }, notFollowed: [] });
  });

  test('is answered by a response or a cookie reply to its index, from its peer, at its point, once', () => {
    expect(answered({ packet: response() })).toBe(1);
    expect(answered({ packet: cookie })).toBe(1);
    expect(answered({ packet: response() }, { packet: response() })).toBe(1);
    for (const packet of [
      response({}, 8),
      response({ source: 0x0a000003 }),
      response({ destination: 0x0a000003 }),
      response({ source: 0x0a000001, destination: 0x0a000002 }),
    ])
      expect(answered({ packet })).toBe(0);
    expect(answered({ packet: response(), point: 1 })).toBe(0);
  });

  test('beyond the limit is counted and not awaited', () => {
    const told = (carriers: number) => {
      const tracker = new CarrierTracker({ ...DEFAULT_LIMITS, carriers });
      for (const index of [1, 2, 3])
        tracker.onPacket(wireguard({ payloadLength: 148 }, { 42: 1, 46: index }), { ...NOTHING_SEEN });
      return tracker.finish().map(({ packets, notFollowed }) => [packets, notFollowed.length]);
    };
    expect([told(1), told(2), told(3)]).toEqual([[[3, 1]], [[3, 2]], [[3, 3]]]);
  });
});
