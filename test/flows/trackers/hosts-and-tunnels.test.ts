import { describe, expect, test } from 'vitest';
import { AddressBook } from '../../../src/decode/address-book.ts';
import { Packet, type TunnelHeader } from '../../../src/decode/packet.ts';
import type { TunnelFates } from '../../../src/flows/evidence/evidence.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../src/flows/limits.ts';
import { roomFor } from '../../../src/flows/tables/capture-room.ts';
import { HostTracker } from '../../../src/flows/trackers/host-tracker.ts';
import { NOTHING_SEEN } from '../../../src/flows/trackers/observation.ts';
import { TunnelTracker } from '../../../src/flows/trackers/tunnel-tracker.ts';

const [A, B, C, D] = [0x0a000001, 0x0a000002, 0x0a000003, 0x0a000004];
const mac = (last: number): string => `02:00:00:00:00:${last.toString(16).padStart(2, '0')}`;
/** Six octets for each of these numbers. */
const macs = (...last: number[]): Uint8Array => Uint8Array.from(last.flatMap((one) => [2, 0, 0, 0, 0, one]));
const fates: TunnelFates = { sent: 1, answered: 2, wrong: 3, wrongAnswered: 4 };

/** An outer header; by default the only one, with its Ethernet header at octet 0 and its IP header at 12. */
const outer = (some: Partial<TunnelHeader> = {}): TunnelHeader => ({
  ...new Packet(new AddressBook()).tunnels[0],
  kind: 0,
  source: A,
  destination: B,
  networkId: 7,
  destinationPort: 4789,
  ttl: 60,
  l3Length: 100,
  ipAt: 12,
  udpAt: -1,
  linkAt: 0,
  ...some,
});
const packetOf = (tunnels: readonly TunnelHeader[], some: Partial<Packet> = {}): Packet =>
  Object.assign(new Packet(new AddressBook()), {
    number: 1,
    bytes: macs(11, 12, 13, 14, 15, 16),
    ipVersion: 4,
    source: C,
    destination: D,
    ttl: 50,
    ethernetAt: -1,
    sourceMacAt: -1,
    tunnels,
    depth: tunnels.length,
    ...some,
  });

describe('a host', () => {
  const told = (given: [Packet, time: number, point?: number][], limits: Partial<Limits> = {}) => {
    const hosts = new HostTracker({ ...DEFAULT_LIMITS, ...limits });
    for (const [packet, time, point = 0] of given) hosts.onPacket(packet, { ...NOTHING_SEEN, time, point });
    return hosts.finish(String);
  };

  test('is told whole: what it sent and received, and the times of the earliest and latest', () => {
    const sent = (some: Partial<Packet> = {}) => packetOf([], { sourceMacAt: 6, ...some });
    const received = packetOf([], { source: D, destination: C, ttl: 9 });
    const [host, other, ...none] = told(
      [
        [sent(), 5],
        [sent({ ttl: 51 }), 7],
        [sent({ sourceMacAt: 0 }), 6],
        [sent({ sourceMacAt: -1 }), 6.5],
        [received, 9],
        [received, 8],
        [received, 10],
      ],
      {},
    );
    expect(host).toEqual({
      point: 0,
      address: `${C}`,
      outer: false,
      sent: 4,
      received: 3,
      firstSent: 5,
      lastSent: 7,
      firstReceived: 9,
      lastReceived: 10,
      macs: [
        { value: mac(12), count: 2 },
        { value: mac(11), count: 1 },
      ],
      ttls: [
        { value: 50, count: 3 },
        { value: 51, count: 1 },
      ],
    });
    expect(other).toMatchObject({ address: `${D}`, sent: 3, received: 4, firstReceived: 5, lastReceived: 7, macs: [] });
    expect(none).toEqual([]);
  });

  test('counts runs of link addresses and TTLs that come again', () => {
    const order = [6, 0, 0, 6, 6, -1, -1, 6];
    const [{ macs: counted, ttls }] = told(
      order.map((sourceMacAt, nth) => [packetOf([], { sourceMacAt, ttl: 40 + (nth % 3) }), nth]),
    );
    expect(counted).toEqual([
      { value: mac(12), count: 4 },
      { value: mac(11), count: 2 },
    ]);
    expect(ttls.map(({ value, count }) => `${value}:${count}`).sort()).toEqual(['40:3', '41:3', '42:2']);
  });

  test('is outer where it is the end of a tunnel, with the link address of that frame', () => {
    const nested = packetOf([outer(), outer({ source: C, destination: D, linkAt: 12, ttl: 61 })], {
      source: A,
      destination: B,
    });
    const hosts = told([[nested, 1, 4]]).map(({ point, address, outer: isOuter, sent, received, macs: ofIt, ttls }) =>
      [point, address, isOuter, sent, received, ofIt[0]?.value, ttls[0]?.value].join(' '),
    );
    expect(hosts).toEqual([
      `4 ${A} false 1 0  50`,
      `4 ${B} false 0 1  `,
      `4 ${A} true 1 0 ${mac(12)} 60`,
      `4 ${B} true 0 1  `,
      `4 ${C} true 1 0 ${mac(14)} 61`,
      `4 ${D} true 0 1  `,
    ]);
    // Without a link header there is none, and without IP no inner host.
    const plain = told([[packetOf([outer({ linkAt: -1 })], { ipVersion: 0 }), 1]]);
    expect(plain.map(({ outer: isOuter, macs: ofIt }) => [isOuter, ofIt])).toEqual([
      [true, []],
      [true, []],
    ]);
  });

  test('finds no room in the budget of hosts, nor its values in that of values', () => {
    const { others } = roomFor({ flowBytes: 2 ** 30, otherBytes: 2 ** 30 });
    others.take('host', others.left('host') - 3);
    const hosts = new HostTracker(DEFAULT_LIMITS, others);
    const give = (source: number, ttl: number) => hosts.onPacket(packetOf([], { source, ttl }), NOTHING_SEEN);
    for (const source of [1, 2, 3, 3]) give(source, 50);
    expect([hosts.leftOut, others.left('host')]).toEqual([2, 0]);
    while (others.take('value'));
    others.giveBack('value', 2);
    for (const ttl of [51, 52, 53, 54]) give(1, ttl);
    const [host] = hosts.finish(String);
    // The first value takes no room.
    expect([host.sent, host.ttls.length, hosts.leftOut]).toEqual([5, 3, 2]);
  });
});

describe('a tunnel', () => {
  const told = (given: [Packet, time: number][], limits: Partial<Limits> = {}) => {
    const tracker = new TunnelTracker({ ...DEFAULT_LIMITS, ...limits });
    for (const [packet, time] of given) tracker.onPacket(packet, { ...NOTHING_SEEN, time, point: 2 });
    return { flows: tracker.finish(String, () => fates), leftOut: tracker.leftOut };
  };

  test('is told whole', () => {
    const { flows } = told([
      [packetOf([outer()], { number: 3, ethernetAt: 24 }), 5],
      [packetOf([outer({ l3Length: 300, ttl: 61, moreFragments: true })], { number: 4, ethernetAt: 24, source: A }), 6],
      [packetOf([outer({ l3Length: 200, linkAt: -1 })], { number: 5 }), 7],
    ]);
    expect(flows).toEqual([
      {
        index: 0,
        point: 2,
        kind: 'vxlan',
        source: `${A}`,
        destination: `${B}`,
        networkId: 7,
        destinationPort: 4789,
        packets: 3,
        octets: 600,
        first: { packet: 3, time: 5 },
        last: { packet: 5, time: 7 },
        innerSourceMacs: [{ value: mac(16), count: 2 }],
        innerDestinationMacs: [{ value: mac(15), count: 2 }],
        innerSources: [
          { value: `${C}`, count: 2 },
          { value: `${A}`, count: 1 },
        ],
        innerDestinations: [{ value: `${D}`, count: 3 }],
        largestOuterL3: 300,
        fragments: 1,
        ttls: [
          { value: 60, count: 2 },
          { value: 61, count: 1 },
        ],
        checksums: { good: 0, bad: 0, partial: 0, absent: 0, notCaptured: 0 },
        firstBadChecksum: null,
        fates,
        sourceMacs: [{ value: mac(12), count: 2 }],
        destinationMacs: [{ value: mac(11), count: 2 }],
        depth: 0,
      },
    ]);
  });

  test('carries the next tunnel, or the innermost packet, with the link addresses of a frame inside', () => {
    const inner = outer({ kind: 3, source: C, destination: D, linkAt: 13, ipAt: 25 });
    const { flows } = told([[packetOf([outer(), inner], { source: 77, destination: 78, ethernetAt: 25 }), 1]]);
    const words = flows.map(({ depth, innerSources, innerDestinations, innerSourceMacs }) =>
      [depth, innerSources[0]?.value, innerDestinations[0]?.value, innerSourceMacs.length].join(' '),
    );
    // The frame of the second begins behind the first IP header; that of the packet at the second one: it is not inside.
    expect(words).toEqual([`0 ${C} ${D} 1`, '1 77 78 0']);
    const [plain] = told([[packetOf([outer()], { ethernetAt: 12 }), 1]]).flows;
    expect(plain.innerSourceMacs).toEqual([]);
    const [frame] = told([[packetOf([outer()], { ethernetAt: 13, ipVersion: 0 }), 1]]).flows;
    expect([frame.innerSourceMacs.length, frame.innerSources]).toEqual([1, []]);
  });

  test('beyond the limit is left out, and so is what finds no room', () => {
    const given = [1, 2, 3, 3].map((networkId): [Packet, number] => [packetOf([outer({ networkId })]), 1]);
    const { flows, leftOut } = told(given, { tunnels: 2 });
    expect([flows.length, leftOut]).toEqual([2, 2]);
    const { others } = roomFor({ flowBytes: 2 ** 30, otherBytes: 2 ** 30 });
    others.take('tunnel', others.left('tunnel') - 1);
    const tracker = new TunnelTracker(DEFAULT_LIMITS, others);
    const indexes = given.map(([packet]) => tracker.onPacket(packet, NOTHING_SEEN));
    expect([indexes, tracker.leftOut]).toEqual([[0, -1, -1, -1], 3]);
  });
});
