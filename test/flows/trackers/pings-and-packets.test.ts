import { describe, expect, test } from 'vitest';
import { AddressBook } from '../../../src/decode/address-book.ts';
import { Packet } from '../../../src/decode/packet.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../src/flows/limits.ts';
import { roomFor } from '../../../src/flows/tables/capture-room.ts';
import { EchoTracker } from '../../../src/flows/trackers/echo-tracker.ts';
import { IcmpErrorTracker } from '../../../src/flows/trackers/icmp-error-tracker.ts';
import { NtpTracker } from '../../../src/flows/trackers/ntp-tracker.ts';
import { NOTHING_SEEN } from '../../../src/flows/trackers/observation.ts';
import { ProbeTracker } from '../../../src/flows/trackers/probe-tracker.ts';

const [CLIENT, SERVER, OTHER] = [0x0a000001, 0x0a000002, 0x0a000003];
const packetOf = (some: Partial<Packet>): Packet => Object.assign(new Packet(new AddressBook()), some);
const fullRoom = (name: 'ping', left: number) => {
  const { others } = roomFor({ flowBytes: 2 ** 30, otherBytes: 2 ** 30 });
  others.take(name, others.left(name) - left);
  return others;
};

describe('pings', () => {
  const echo = (reply: boolean, some: Partial<Packet> = {}): Packet =>
    packetOf({
      ipVersion: 4,
      icmpType: reply ? 0 : 8,
      source: reply ? SERVER : CLIENT,
      destination: reply ? CLIENT : SERVER,
      sourcePort: 7,
      icmpSequence: 3,
      l3Length: 84,
      ttl: 61,
      ...some,
    });
  const told = (
    given: [Packet, time: number, point?: number, encapsulation?: number][],
    limits: Partial<Limits> = {},
  ) => {
    const tracker = new EchoTracker({ ...DEFAULT_LIMITS, ...limits });
    for (const [nth, [packet, time, point = 0, encapsulation = 0]] of given.entries()) {
      packet.number = nth + 1;
      tracker.onPacket(packet, point, time, encapsulation, 20 + nth);
    }
    return tracker;
  };
  const words = (...given: [Packet, time: number, point?: number, encapsulation?: number][]) =>
    told(given).exchanges.map(({ request, requests, reply }) => `${request?.packet} ${requests} ${reply?.packet}`);

  test('are told whole', () => {
    const { exchanges } = told([
      [echo(false, { dontFragment: true, bytes: Uint8Array.of(3), destinationMacAt: 0 }), 1, 2, 1],
      [echo(true, { ttl: 9 }), 2, 2, 1],
    ]);
    expect(exchanges).toEqual([
      {
        index: 0,
        point: 2,
        flow: 20,
        source: '10.0.0.1',
        destination: '10.0.0.2',
        id: 7,
        sequence: 3,
        l3Length: 84,
        request: { packet: 1, time: 1 },
        requests: 1,
        reply: { packet: 2, time: 2 },
        ttl: 61,
        dontFragment: true,
        encapsulation: ['vxlan'],
        toGroup: true,
      },
    ]);
  });

  test('go on within 60 s, and with an answer end', () => {
    expect(words([echo(false), 0], [echo(false), 59], [echo(true), 118], [echo(true), 177])).toEqual(['1 2 3']);
    expect(words([echo(false), 0], [echo(false), 60])).toEqual(['1 1 undefined', '2 1 undefined']);
    expect(words([echo(false), 0], [echo(true), 60])).toEqual(['1 1 undefined', 'undefined 0 2']);
    expect(words([echo(false), 0], [echo(true), 1], [echo(false), 2], [echo(true), 3])).toEqual(['1 1 2', '3 1 4']);
    expect(words([echo(true), 0], [echo(false), 1])).toEqual(['undefined 0 1', '2 1 undefined']);
  });

  test('of another number, id, address, point or encapsulation are others', () => {
    for (const some of [{ icmpSequence: 4 }, { sourcePort: 8 }, { source: OTHER }, { destination: OTHER }])
      expect(words([echo(false), 0], [echo(false, some), 1])).toHaveLength(2);
    expect(words([echo(false), 0], [echo(true), 1, 1])).toHaveLength(2);
    expect(words([echo(false), 0], [echo(true), 1, 0, 1])).toHaveLength(2);
    // Types of IPv6, which mean something else in IPv4.
    const six = { ipVersion: 6 as const, icmpType: 128 };
    expect(words([echo(false, six), 0], [echo(true, { ...six, icmpType: 129 }), 1])).toEqual(['1 1 2']);
  });

  test('beyond their limit are counted, and get no answers of others', () => {
    const tracker = told(
      [
        [echo(false), 0],
        [echo(false, { icmpSequence: 4 }), 1],
        [echo(false), 60],
        [echo(true), 61],
      ],
      {
        echoExchanges: 1,
      },
    );
    expect([tracker.total, tracker.exchanges.length, tracker.exchanges[0].reply]).toEqual([4, 1, null]);
    const few = new EchoTracker(DEFAULT_LIMITS, fullRoom('ping', 1));
    few.onPacket(echo(false), 0, 0, 0, 0);
    few.onPacket(echo(false, { icmpSequence: 4 }), 0, 0, 0, 0);
    expect([few.total, few.exchanges.length]).toEqual([2, 1]);
  });
});

describe('single packets', () => {
  test('an ICMP error has the link address of its frame, wherever that lies', () => {
    const errors = new IcmpErrorTracker({ ...DEFAULT_LIMITS, icmpErrors: 3 });
    const some = {
      ipVersion: 4 as const,
      bytes: Uint8Array.of(2, 0, 0, 0, 0, 1, 9),
      source: SERVER,
      destination: CLIENT,
    };
    for (const sourceMacAt of [-1, 0, 1, 0]) errors.onPacket(packetOf({ ...some, sourceMacAt }), 0, 0, 0);
    errors.onPacket(packetOf({ ...some, ipVersion: 0 }), 0, 0, 0);
    expect([errors.total, errors.errors.map(({ sourceMac }) => sourceMac)]).toEqual([
      5,
      [null, '02:00:00:00:00:01', '00:00:00:00:01:09'],
    ]);
    const none = new IcmpErrorTracker(DEFAULT_LIMITS);
    none.onPacket(packetOf({ ...some, ipVersion: 0 }), 0, 0, 0);
    expect([none.total, none.errors]).toEqual([1, []]);
  });

  test.each<[string, Partial<Packet>, boolean]>([
    ['a datagram', {}, true],
    ['the last hop of traceroute', { ttl: 30 }, true],
    ['that never leaves', { ttl: 0 }, false],
    ['without a header', { transportAt: -1 }, false],
    ['whose header is the first octet', { transportAt: 0 }, true],
    ['without IP', { ipVersion: 0 }, false],
    ['a SYN', { protocol: 6, tcpFlags: 2 }, true],
    ['a SYN with ECN', { protocol: 6, tcpFlags: 0xc2 }, true],
    ['a SYN-ACK', { protocol: 6, tcpFlags: 18 }, false],
    ['a bare acknowledgement', { protocol: 6, tcpFlags: 16 }, false],
    ['a ping', { protocol: 1, icmpType: 8 }, true],
    ['its answer', { protocol: 1, icmpType: 0 }, false],
    ['a ping of IPv6', { protocol: 58, ipVersion: 6, icmpType: 128 }, true],
    ['GRE', { protocol: 47 }, false],
    ['to the address before multicast', { destination: 0xdfffffff }, true],
    ['to multicast', { destination: 0xe0000000 }, false],
    ['to all', { destination: 0xffffffff }, false],
  ])('a probe is a packet that asks and goes to one: %s', (_, some, isProbe) => {
    const probes = new ProbeTracker(DEFAULT_LIMITS);
    const usual = { ipVersion: 4 as const, protocol: 17, transportAt: 34, ttl: 1, source: CLIENT, destination: SERVER };
    probes.onPacket(packetOf({ ...usual, ...some }), NOTHING_SEEN, 0);
    expect([probes.total, probes.probes.length]).toEqual(isProbe ? [1, 1] : [0, 0]);
  });

  test('a probe to a group of IPv6 is none; TCP and UDP have no sequence', () => {
    const probes = new ProbeTracker({ ...DEFAULT_LIMITS, probes: 3 });
    const give = (last: number, some: Partial<Packet>) => {
      const packet = packetOf({ ipVersion: 6, protocol: 17, transportAt: 54, ttl: 1, icmpSequence: 5, ...some });
      packet.destination = packet.addresses.ipv6(Uint8Array.from([last, 2, ...Array(14).fill(0)]), 0);
      probes.onPacket(packet, NOTHING_SEEN, 1);
    };
    give(0xff, {});
    give(0xfe, {});
    give(0xfe, { protocol: 6, tcpFlags: 2 });
    give(0xfe, { protocol: 58, icmpType: 128 });
    give(0xfe, {});
    expect([probes.total, probes.probes.map(({ sequence }) => sequence)]).toEqual([4, [null, null, 5]]);
  });

  /** Leap indicator, stratum and reference of an answer. */
  const ntp = (leap: number, stratum: number, reference = [0, 0, 0, 0]) =>
    Uint8Array.from([(leap << 6) | 0x24, stratum, ...Array(10).fill(0), ...reference, ...Array(32).fill(0)]);
  test('a time server is unsynchronised by its leap indicator or stratum, or says why it does not answer', () => {
    const tracker = new NtpTracker({ ...DEFAULT_LIMITS, packetsPerItem: 3 });
    const rate = [...'RATE'].map((letter) => letter.charCodeAt(0));
    const all = [ntp(0, 1), ntp(2, 15), ntp(3, 1), ntp(0, 16), ntp(0, 17), ntp(0, 0, rate), ntp(0, 0), ntp(3, 0, rate)];
    for (const [nth, bytes] of all.entries())
      tracker.onPacket(
        packetOf({ number: nth + 1, bytes, payloadAt: 0, payloadEnd: 48, source: SERVER, destination: CLIENT }),
        { ...NOTHING_SEEN, time: nth, point: 2, flow: 9 },
      );
    expect(tracker.servers).toEqual([
      {
        point: 2,
        flow: 9,
        client: '10.0.0.1',
        server: '10.0.0.2',
        answers: 8,
        unsynchronised: 4,
        kisses: 2,
        code: 'RATE',
        bad: [
          { packet: 3, time: 2 },
          { packet: 4, time: 3 },
          { packet: 5, time: 4 },
        ],
      },
    ]);
    const [there, none] = [
      { sourcePort: 123, transportAt: 0 },
      { sourcePort: 123, transportAt: -1 },
    ];
    expect(
      [there, none, { sourcePort: 124, transportAt: 0 }].map((some) => NtpTracker.concerns(packetOf(some))),
    ).toEqual([true, false, false]);
  });
});
