import { describe, expect, test } from 'vitest';
import { AddressBook, FIRST_IPV6 } from '../../../src/decode/address-book.ts';
import { Packet, type TunnelHeader } from '../../../src/decode/packet.ts';
import { DEFAULT_LIMITS } from '../../../src/flows/limits.ts';
import { ConnectionTable, NOT_FOUND } from '../../../src/flows/tcp/connection-table.ts';
import { FlowNumbers } from '../../../src/flows/trackers/flow-numbers.ts';
import { NOTHING_SEEN } from '../../../src/flows/trackers/observation.ts';
import { NO_TUNNEL, TunnelTracker } from '../../../src/flows/trackers/tunnel-tracker.ts';

/**
 * Keys of tables that have one hash although they are not the same: hashes of both directions are equal, so the
 * addresses count only by their sum and by the bits in which they differ, and the ports only by the latter.
 */
const [A, B] = [0x0a000001, 0x0a000002];
/** Another two addresses with the same sum, and the same bits between them. */
const [C, D] = [0x0a000000, 0x0a000003];
interface Ends {
  from: number;
  fromPort: number;
  to: number;
  toPort: number;
}
const ends = (from: number, fromPort: number, to: number, toPort: number): Ends => ({ from, fromPort, to, toPort });
const SAME_HASH: readonly Ends[] = [
  ends(A, 80, B, 443),
  // The ports changed sides, and the addresses did not.
  ends(A, 443, B, 80),
  ends(A, 81, B, 442),
  ends(A, 0, B, 80 ^ 443),
  ends(C, 80, D, 443),
  ends(D, 80, C, 443),
];
const turned = ({ from, fromPort, to, toPort }: Ends): Ends => ends(to, toPort, from, fromPort);

describe('connections with one hash', () => {
  const packet = new Packet(new AddressBook());
  const fill = ({ from, fromPort, to, toPort }: Ends, ipVersion: 4 | 6 = 4): Packet =>
    Object.assign(packet, { ipVersion, source: from, destination: to, sourcePort: fromPort, destinationPort: toPort });

  test('are told apart from both sides', () => {
    const table = new ConnectionTable();
    for (const [nth, one] of SAME_HASH.entries()) {
      expect([table.find(fill(one), 0, 0), table.find(fill(turned(one)), 0, 0)]).toEqual([NOT_FOUND, NOT_FOUND]);
      expect(table.add(fill(one), 0, 0, nth % 2 === 0)).toBe(nth);
    }
    for (const [nth, one] of SAME_HASH.entries()) {
      const side = nth % 2;
      expect([table.find(fill(one), 0, 0), table.find(fill(turned(one)), 0, 0)]).toEqual([
        2 * nth + side,
        2 * nth + 1 - side,
      ]);
    }
  });

  test('are told apart by their family and their place', () => {
    const table = new ConnectionTable();
    // The mark of IPv6 is 16, and is in the hash where an encapsulation of 16 is.
    const six = ends(FIRST_IPV6 + A, 80, FIRST_IPV6 + B, 443);
    const places: [Ends, 4 | 6, point: number, encapsulation: number][] = [
      [SAME_HASH[0], 4, 0, 16],
      [six, 6, 0, 0],
      [six, 6, 0, 16],
      [SAME_HASH[0], 4, 0, 0],
      [SAME_HASH[0], 4, 1, 0],
      [six, 6, 1, 16],
    ];
    for (const [nth, [one, version, point, encapsulation]] of places.entries()) {
      expect(table.find(fill(one, version), point, encapsulation)).toBe(NOT_FOUND);
      expect(table.add(fill(one, version), point, encapsulation, true)).toBe(nth);
    }
    for (const [nth, [one, version, point, encapsulation]] of places.entries())
      expect(table.find(fill(one, version), point, encapsulation)).toBe(2 * nth);
  });
});

describe('biflows with one hash', () => {
  const numbers = () => {
    let next = 100;
    return new FlowNumbers(1000, () => next++);
  };
  const give = (
    flows: FlowNumbers,
    { from, fromPort, to, toPort }: Ends,
    { point = 0, protocol = 17, encapsulation = 0, fromClient = true } = {},
  ): number => flows.lookup(point, protocol, from, fromPort, to, toPort, encapsulation, fromClient);

  test('are told apart from both sides', () => {
    const flows = numbers();
    // Addresses of IPv6 have the hash of those of IPv4 whose number is in their lower bits.
    const all = [
      ...SAME_HASH,
      ends(FIRST_IPV6 + A, 80, FIRST_IPV6 + B, 443),
      ends(FIRST_IPV6 + A, 80, B, 443),
      ends(A, 80, FIRST_IPV6 + B, 443),
    ];
    const told = all.map((one, nth) => give(flows, one, { fromClient: nth % 2 === 0 }));
    expect(told).toEqual(all.map((_, nth) => 2 * (100 + nth) + (nth % 2)));
    for (const [nth, one] of all.entries())
      expect([give(flows, one), give(flows, turned(one))]).toEqual([told[nth], told[nth] ^ 1]);
    for (const [nth, { from, fromPort, to, toPort }] of all.entries()) {
      const isClient = nth % 2 === 0;
      expect([flows.clientOf(nth), flows.serverOf(nth)]).toEqual(isClient ? [from, to] : [to, from]);
      expect(flows.portsOf(nth)).toBe(isClient ? fromPort * 65_536 + toPort : toPort * 65_536 + fromPort);
    }
  });

  test('are told apart by point, protocol and encapsulation', () => {
    const flows = numbers();
    const places = [
      {},
      { point: 1 },
      { point: 65_535 },
      { protocol: 6 },
      { protocol: 257 },
      { encapsulation: 1 },
      { encapsulation: 0x8888 },
    ];
    for (let time = 0; time < 2; time++)
      expect(places.map((place) => give(flows, SAME_HASH[0], place))).toEqual(places.map((_, nth) => 200 + 2 * nth));
    expect(places.map((_, nth) => [flows.pointOf(nth), flows.encapsulationOf(nth)])).toEqual([
      [0, 0],
      [1, 0],
      [65_535, 0],
      [0, 0],
      [0, 0],
      [0, 1],
      [0, 0x8888],
    ]);
  });
});

describe('tunnels', () => {
  const outer = (some: Partial<TunnelHeader>): TunnelHeader => ({
    ...new Packet(new AddressBook()).tunnels[0],
    kind: 0,
    source: A,
    destination: B,
    networkId: 7,
    destinationPort: 4789,
    udpAt: -1,
    linkAt: -1,
    ...some,
  });
  const packetOf = (...tunnels: TunnelHeader[]): Packet =>
    Object.assign(new Packet(new AddressBook()), { ipVersion: 0, ethernetAt: -1, depth: tunnels.length, tunnels });

  test('are told apart by each part of their header, by the point and by the depth', () => {
    const tracker = new TunnelTracker(DEFAULT_LIMITS);
    const headers = [
      {},
      { source: FIRST_IPV6 + A },
      { destination: FIRST_IPV6 + B },
      { source: B, destination: A },
      { networkId: 8 },
      { destinationPort: 8472 },
      { kind: 1 },
    ];
    for (let time = 0; time < 2; time++) {
      const told = headers.map((some) => tracker.onPacket(packetOf(outer(some)), { ...NOTHING_SEEN, time }));
      expect(told).toEqual([0, 1, 2, 3, 4, 5, 6]);
      expect(tracker.onPacket(packetOf(outer({})), { ...NOTHING_SEEN, time, point: 1 })).toBe(7);
      // The same header inside another one.
      expect(tracker.onPacket(packetOf(outer({}), outer({})), { ...NOTHING_SEEN, time })).toBe(0);
      expect(tracker.onPacket(packetOf(), { ...NOTHING_SEEN, time })).toBe(NO_TUNNEL);
    }
    const told = tracker
      .finish(String, () => ({ sent: 0, answered: 0, wrong: 0, wrongAnswered: 0 }))
      .map(({ index, point, depth, packets, kind, innerSources }) => [
        index,
        point,
        depth,
        packets,
        kind,
        innerSources.map(({ value, count }) => `${value} ${count}`).join(),
      ]);
    const once = (index: number, kind = 'vxlan') => [index, 0, 0, 2, kind, ''];
    expect(told).toEqual([
      [0, 0, 0, 4, 'vxlan', `${A} 2`],
      ...[1, 2, 3, 4, 5].map((index) => once(index)),
      once(6, 'vxlan-gpe'),
      [7, 1, 0, 2, 'vxlan', ''],
      [8, 0, 1, 2, 'vxlan', ''],
    ]);
  });
});
