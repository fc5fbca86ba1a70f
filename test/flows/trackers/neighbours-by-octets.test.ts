import { describe, expect, test } from 'vitest';
import { AddressBook } from '../../../src/decode/address-book.ts';
import { Packet } from '../../../src/decode/packet.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../src/flows/limits.ts';
import { roomFor } from '../../../src/flows/tables/capture-room.ts';
import { ArpTracker, type NeighbourMessage, readArp, readNeighbour } from '../../../src/flows/trackers/arp-tracker.ts';

const [A, B] = [0x0a000001, 0x0a000002];
const BROADCAST = [255, 255, 255, 255, 255, 255];
const be16 = (value: number) => [value >> 8, value & 255];
const be32 = (value: number) => [...be16(value >>> 16), ...be16(value & 0xffff)];

/** Ethernet and ARP at octet 14. */
function arpOf({
  operation = 1,
  sender = A,
  target = B,
  to = [2, 0, 0, 0, 0, 11] as number[],
  some = {},
} = {}): Packet {
  const mac = [2, 0, 0, 0, 0, 10];
  const head = [0, 1, 8, 0, 6, 4, ...be16(operation)];
  const bytes = [...to, ...mac, 8, 6, ...head, ...mac, ...be32(sender), ...Array(6).fill(7), ...be32(target)];
  return Object.assign(new Packet(new AddressBook()), {
    bytes: Uint8Array.from(bytes),
    networkAt: 14,
    destinationMacAt: 0,
    sourceMacAt: 6,
    ...some,
  });
}

describe('a message of ARP', () => {
  test('is read whole: who asks, for whom, with which numbers', () => {
    const asks = {
      protocol: 'arp',
      reply: false,
      sender: '10.0.0.1',
      senderMac: 0x02000000000a,
      target: '10.0.0.2',
      announced: false,
      toGroup: false,
      askerNumber: A,
      targetNumber: B,
    };
    expect(readArp(arpOf())).toEqual(asks);
    expect(readArp(arpOf({ to: BROADCAST }))).toEqual({ ...asks, toGroup: true });
    expect(readArp(arpOf({ operation: 2 }))).toEqual({ ...asks, reply: true, askerNumber: B, targetNumber: A });
  });

  test('announces its sender where it asks for itself, or answers all', () => {
    const announced = (some: Parameters<typeof arpOf>[0]) => readArp(arpOf(some))?.announced;
    expect(announced({ target: A })).toBe(true);
    expect(announced({ operation: 2, target: A })).toBe(true);
    expect(announced({ operation: 2, to: BROADCAST })).toBe(true);
    expect(announced({ to: BROADCAST })).toBe(false);
    // A group is not all; nor is it where there are no link addresses.
    for (let at = 0; at < 6; at++)
      expect(announced({ operation: 2, to: BROADCAST.map((octet, nth) => (nth === at ? 254 : octet)) })).toBe(false);
    expect(announced({ operation: 2, to: BROADCAST, some: { destinationMacAt: -1 } })).toBe(false);
  });

  test('is none that was cut, has no place, or neither asks nor answers', () => {
    const stop = { layer: 'arp', kind: 'too-short', limitedBy: 'snaplen', wanted: 1, available: 0 };
    expect(readArp(arpOf({ some: { stop } }))).toBeUndefined();
    expect(readArp(arpOf({ some: { networkAt: -1 } }))).toBeUndefined();
    expect([0, 3, 258].map((operation) => readArp(arpOf({ operation })))).toEqual([undefined, undefined, undefined]);
    // Without a link header it begins with the first octet.
    const bytes = arpOf().bytes.slice(14);
    expect(readArp(arpOf({ some: { bytes, networkAt: 0, destinationMacAt: -1 } }))?.sender).toBe('10.0.0.1');
  });
});

/** ICMPv6 at octet 10: type, flags, subject fe80::2 and options. */
function neighbourOf(
  type: number,
  options: readonly number[],
  { flags = 0, end = 34 + options.length, some = {} } = {},
) {
  const packet = new Packet(new AddressBook());
  const subject = [0xfe, 0x80, ...Array(13).fill(0), 2];
  const bytes = Uint8Array.from([...Array(10).fill(3), type, 0, 0, 0, flags, 0, 0, 0, ...subject, ...options]);
  const address = (last: number) => packet.addresses.ipv6(Uint8Array.from([0xfe, 0x80, ...Array(13).fill(0), last]), 0);
  return Object.assign(packet, {
    bytes,
    icmpType: type,
    transportAt: 10,
    payloadEnd: end,
    source: address(1),
    destination: address(9),
    destinationMacAt: -1,
    sourceMacAt: 0,
    ...some,
  });
}
const MAC_OPTION = (type: number) => [type, 1, 2, 0, 0, 0, 0, 12];

describe('a message of neighbour discovery', () => {
  test('is read whole', () => {
    const packet = neighbourOf(135, MAC_OPTION(1));
    expect(readNeighbour(packet)).toEqual({
      protocol: 'nd',
      reply: false,
      sender: 'fe80::1',
      senderMac: 0x02000000000c,
      target: 'fe80::2',
      announced: false,
      toGroup: false,
      askerNumber: packet.source,
      targetNumber: packet.addresses.ipv6(packet.bytes, 18),
    });
    const answer = neighbourOf(136, MAC_OPTION(2), { flags: 0x40 });
    expect(readNeighbour(answer)).toEqual({
      protocol: 'nd',
      reply: true,
      sender: 'fe80::2',
      senderMac: 0x02000000000c,
      target: 'fe80::9',
      announced: false,
      toGroup: false,
      askerNumber: answer.destination,
      targetNumber: answer.addresses.ipv6(answer.bytes, 18),
    });
  });

  test('announces its sender where it answers nothing', () => {
    const announced = (type: number, flags: number) => readNeighbour(neighbourOf(type, [], { flags }))?.announced;
    expect([announced(136, 0), announced(136, 0xbf), announced(136, 0x40), announced(135, 0)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test('has the link address of its option, else that of its frame, else none', () => {
    const of = (type: number, options: readonly number[], more: Parameters<typeof neighbourOf>[2] = {}) =>
      readNeighbour(neighbourOf(type, options, more))?.senderMac;
    const [option, frame] = [0x02000000000c, 0x030303030303];
    const other = [14, 2, ...Array(14).fill(1)];
    expect(of(135, MAC_OPTION(1))).toBe(option);
    expect(of(135, MAC_OPTION(2))).toBe(frame);
    expect(of(136, MAC_OPTION(2))).toBe(option);
    expect(of(136, MAC_OPTION(1))).toBe(frame);
    expect(of(135, [...other, ...MAC_OPTION(1)])).toBe(option);
    expect(of(135, [...other, 9, 0, ...MAC_OPTION(1)])).toBe(frame);
    expect(of(135, MAC_OPTION(1), { end: 41 })).toBe(frame);
    expect(of(135, MAC_OPTION(1), { end: 42 })).toBe(option);
    expect(of(135, [], { some: { sourceMacAt: -1 } })).toBe(0);
  });

  test('is none that was cut before its options', () => {
    expect(readNeighbour(neighbourOf(135, [], { end: 34 }))?.target).toBe('fe80::2');
    expect(readNeighbour(neighbourOf(135, [], { end: 33 }))).toBeUndefined();
    expect(readNeighbour(neighbourOf(135, [], { some: { transportAt: -1 } }))).toBeUndefined();
    // It may begin with the first octet.
    const bytes = neighbourOf(135, []).bytes.slice(10);
    expect(
      readNeighbour(neighbourOf(135, [], { end: 24, some: { bytes, transportAt: 0, sourceMacAt: -1 } }))?.target,
    ).toBe('fe80::2');
  });
});

describe('exchanges', () => {
  const ask: NeighbourMessage = {
    protocol: 'arp',
    reply: false,
    sender: 'a',
    senderMac: 1,
    target: 'b',
    announced: false,
    toGroup: true,
    askerNumber: 1,
    targetNumber: 2,
  };
  const answer: NeighbourMessage = { ...ask, reply: true, sender: 'b', senderMac: 2, target: 'a', toGroup: false };
  const announce: NeighbourMessage = { ...ask, target: 'a', announced: true };
  /** Each message with its time and point. @returns requests, those to all, answers, and what it is */
  const told = (given: [NeighbourMessage, time: number, point?: number][], limits: Partial<Limits> = {}) => {
    const tracker = new ArpTracker({ ...DEFAULT_LIMITS, ...limits });
    for (const [nth, [message, time, point = 0]] of given.entries())
      tracker.onMessage(message, nth + 1, point, time, 10 + nth);
    return tracker;
  };
  const words = (given: [NeighbourMessage, time: number, point?: number][], limits: Partial<Limits> = {}) =>
    told(given, limits).exchanges.map(
      ({ requestsTotal, broadcasts, replies, gratuitous, flow, point, requests }) =>
        `${requestsTotal}/${broadcasts}/${requests.length} ${replies.map(({ packet }) => packet).join()}${gratuitous ? ' announced' : ''} at ${point} in ${flow}`,
    );

  test('go on within 30 s of the last request, of the same machine, unless they were answered', () => {
    expect(
      words([
        [ask, 0],
        [ask, 29.9],
        [ask, 59.8],
      ]),
    ).toEqual(['3/3/3  at 0 in 10']);
    expect(
      words([
        [ask, 0],
        [ask, 30],
      ]),
    ).toEqual(['1/1/1  at 0 in 10', '1/1/1  at 0 in 11']);
    expect(
      words([
        [ask, 0],
        [{ ...ask, toGroup: false }, 1],
      ]),
    ).toEqual(['2/1/2  at 0 in 10']);
    expect(
      words([
        [{ ...ask, toGroup: false }, 0],
        [ask, 1],
      ]),
    ).toEqual(['2/1/2  at 0 in 10']);
    for (const other of [{ ...ask, senderMac: 3 }, { ...ask, target: 'c' }, { ...ask, sender: 'c' }, announce])
      expect(
        words([
          [ask, 0],
          [other, 1],
        ]),
      ).toHaveLength(2);
    expect(
      words([
        [ask, 0, 0],
        [ask, 1, 1],
      ]),
    ).toHaveLength(2);
    expect(
      words([
        [ask, 0],
        [answer, 1],
        [ask, 2],
      ]),
    ).toEqual(['1/1/1 2 at 0 in 10', '1/1/1  at 0 in 12']);
    expect(
      words([
        [announce, 0],
        [announce, 1],
      ]),
    ).toEqual(['2/2/2  announced at 0 in 10']);
  });

  test('are answered within 30 s of the last request, by several machines, at their point', () => {
    expect(
      words([
        [ask, 0],
        [answer, 29.9],
        [{ ...answer, senderMac: 3 }, 29.95],
      ]),
    ).toEqual(['1/1/1 2,3 at 0 in 10']);
    expect(
      words([
        [ask, 0],
        [ask, 20],
        [answer, 49.9],
      ]),
    ).toEqual(['2/2/2 3 at 0 in 10']);
    for (const [message, time, point] of [
      [answer, 30, 0],
      [answer, 1, 1],
      [{ ...answer, sender: 'c' }, 1, 0],
      [{ ...answer, target: 'c' }, 1, 0],
    ] as const)
      expect(
        words([
          [ask, 0],
          [message, time, point],
        ]),
      ).toEqual(['1/1/1  at 0 in 10']);
    expect(words([[answer, 0]])).toEqual([]);
  });

  test('keep so many requests and answers, and so many of them are kept; all are counted', () => {
    const limits = { packetsPerItem: 2 };
    expect(
      words(
        [
          [ask, 0],
          [ask, 1],
          [ask, 2],
          [answer, 3],
          [answer, 4],
          [answer, 5],
        ],
        limits,
      ),
    ).toEqual(['3/3/2 4,5 at 0 in 10']);
    const other = { ...ask, target: 'c' };
    const few = told(
      [
        [ask, 0],
        [other, 1],
        [ask, 2],
        [answer, 3],
        [other, 40],
        [ask, 70],
      ],
      { arpExchanges: 1 },
    );
    expect([few.total, few.exchanges.length, few.exchanges[0].requestsTotal]).toEqual([4, 1, 2]);
    // The second one of the same question found no room: its answer is not that of the first.
    const late = told(
      [
        [ask, 0],
        [ask, 31],
        [answer, 32],
      ],
      { arpExchanges: 1 },
    );
    expect([late.total, late.exchanges[0].replies]).toEqual([2, []]);
    const { others } = roomFor({ flowBytes: 2 ** 30, otherBytes: 2 ** 30 });
    others.take('neighbour', others.left('neighbour') - 1);
    const tracker = new ArpTracker(DEFAULT_LIMITS, others);
    tracker.onMessage(ask, 1, 0, 0, 0);
    tracker.onMessage(other, 2, 0, 0, 0);
    expect([tracker.total, tracker.exchanges.length]).toEqual([2, 1]);
  });

  test('claim the address of who answers or announces, once for each machine and point', () => {
    const claims = (given: [NeighbourMessage, time: number, point?: number][], limits: Partial<Limits> = {}) =>
      told(given, limits)
        .claims()
        .map(
          ({ address, mac, claims: count, gratuitous, first, last, point }) =>
            `${address} ${mac.slice(-1)} ${count}/${gratuitous} #${first.packet} to #${last.packet} at ${point}`,
        );
    expect(claims([[ask, 0]])).toEqual([]);
    expect(
      claims([
        [answer, 0],
        [announce, 1],
        [announce, 2],
        [answer, 3],
      ]),
    ).toEqual(['b 2 2/0 #1 to #4 at 0', 'a 1 2/2 #2 to #3 at 0']);
    expect(
      claims([
        [answer, 0],
        [{ ...answer, senderMac: 3 }, 1],
        [answer, 2, 1],
      ]),
    ).toHaveLength(3);
    expect(claims([[{ ...answer, sender: '0.0.0.0' }, 0]])).toEqual([]);
    expect(
      claims(
        [
          [answer, 0],
          [announce, 1],
          [answer, 2],
        ],
        { claims: 1 },
      ),
    ).toEqual(['b 2 2/0 #1 to #3 at 0']);
  });
});
