import { describe, expect, test } from 'vitest';
import { AddressBook } from '../../../src/decode/address-book.ts';
import { Packet } from '../../../src/decode/packet.ts';
import { readArp, readNeighbour } from '../../../src/flows/trackers/arp-tracker.ts';

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
