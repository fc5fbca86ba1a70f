import { describe, expect, it } from 'vitest';
import * as linkTypes from '../../src/decode/link-types.ts';
import { DIRECTION_INBOUND, DIRECTION_OUTBOUND } from '../../src/decode/packet.ts';
import { decoded, FRAME_AT, sourceOf } from '../support/decoded.ts';
import { arp, bytesOf, concat, ethernet, ipv4, ipv6, type Payload, sll, sll2, udp } from '../support/frames.ts';

const four = ipv4({ source: '198.51.100.9' }, udp({ destinationPort: 7 }, 'hello'));
const six = ipv6({ source: '2001:db8::9' }, udp({ destinationPort: 7 }, 'hello'));
const behind = (header: number[], packet: Payload): Uint8Array => concat(header, bytesOf(packet));
const macs = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];

const FOUR: [name: string, linkType: number, frame: Payload, headers: number][] = [
  ['Ethernet', 1, ethernet({}, four), 14],
  ['Ethernet with a tag', 1, ethernet({ vlans: [7] }, four), 18],
  ['Ethernet with two tags', 1, ethernet({ vlans: [7, 8] }, four), 22],
  ['Ethernet with five tags', 1, ethernet({ vlans: [7, 1, 2, 3, 4] }, four), 34],
  ['the old QinQ type', 1, behind([...macs, 0x91, 0, 0, 7, 8, 0], four), 18],
  ['LLC and SNAP', 1, behind([...macs, 0, 41, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0], four), 22],
  ['LLC with the IP SAP', 1, behind([...macs, 0, 36, 6, 6, 3], four), 17],
  ['two MPLS labels', 1, behind([...macs, 0x88, 0x47, 0, 1, 0, 64, 0, 2, 1, 64], four), 22],
  ['PPPoE', 1, behind([...macs, 0x88, 0x64, 0x11, 0, 0, 1, 0, 35, 0, 0x21], four), 22],
  ['SLL', linkTypes.LINKTYPE_LINUX_SLL, sll({}, four), 16],
  ['SLL2', linkTypes.LINKTYPE_LINUX_SLL2, sll2({}, four), 20],
  ['raw 12', 12, four, 0],
  ['raw 14', 14, four, 0],
  ['raw 101', 101, four, 0],
  ['IPv4', linkTypes.LINKTYPE_IPV4, four, 0],
  ['NULL, little endian', 0, behind([2, 0, 0, 0], four), 4],
  ['NULL, big endian', 0, behind([0, 0, 0, 2], four), 4],
  ['LOOP', 108, behind([0, 0, 0, 2], four), 4],
  ['PPP', 9, behind([0, 0x21], four), 2],
  ['PPP with address and control', 9, behind([0xff, 3, 0, 0x21], four), 4],
  ['PPP, compressed protocol', 9, behind([0x21], four), 1],
  ['PPP in HDLC', 50, behind([0xff, 3, 0, 0x21], four), 4],
  ['Cisco HDLC', 104, behind([0x0f, 0, 8, 0], four), 4],
  ['NFLOG', 239, behind([2, 0, 0, 0, 8, 0, 1, 0, 8, 0, 1, 0, 37, 0, 9, 0], four), 16],
];

describe('link headers before IPv4', () => {
  it.each(FOUR)('%s', (_, linkType, frame, headers) => {
    const packet = decoded(frame, { linkType });
    expect(packet.stop).toBeUndefined();
    expect(packet).toMatchObject({ ipAt: FRAME_AT + headers, networkAt: FRAME_AT + headers, etherType: 0x0800 });
    expect(packet).toMatchObject({ destinationPort: 7, payloadLength: 5 });
    expect(sourceOf(packet)).toBe('198.51.100.9');
  });
});

const SIX: [name: string, linkType: number, frame: Payload][] = [
  ['Ethernet', 1, ethernet({}, six)],
  ['SLL', 113, sll({}, six)],
  ['SLL2', 276, sll2({}, six)],
  ['raw', 101, six],
  ['IPv6', 229, six],
  ['NULL of Linux', 0, behind([10, 0, 0, 0], six)],
  ['NULL of NetBSD', 0, behind([24, 0, 0, 0], six)],
  ['NULL of FreeBSD', 0, behind([28, 0, 0, 0], six)],
  ['NULL of macOS', 0, behind([30, 0, 0, 0], six)],
  ['PPP', 9, behind([0, 0x57], six)],
];

describe('link headers before IPv6', () => {
  it.each(SIX)('%s', (_, linkType, frame) => {
    expect(sourceOf(decoded(frame, { linkType }))).toBe('2001:db8::9');
  });
});

describe('other fields of link headers', () => {
  it('gives the outermost VLAN id', () => {
    expect(decoded(ethernet({ vlans: [7, 8] }, four)).vlan).toBe(7);
    expect(decoded(ethernet({}, four)).vlan).toBe(-1);
  });

  it.each([
    [0, DIRECTION_INBOUND],
    [1, DIRECTION_INBOUND],
    [3, DIRECTION_INBOUND],
    [4, DIRECTION_OUTBOUND],
  ])('takes the direction from packet type %i', (packetType, direction) => {
    expect(decoded(sll({ packetType }, four), { linkType: 113 }).direction).toBe(direction);
    expect(decoded(sll2({ packetType }, four), { linkType: 276 }).direction).toBe(direction);
  });

  it('gives the interface and the source of SLL2', () => {
    const packet = decoded(sll2({ interfaceIndex: 70000, source: '02:00:00:00:00:77' }, four), { linkType: 276 });
    expect(packet).toMatchObject({ linkInterface: 70000, destinationMacAt: -1, ethernetAt: -1 });
    expect(packet.bytes[packet.sourceMacAt + 5]).toBe(0x77);
  });

  it('reads ARP without a stop', () => {
    const packet = decoded(ethernet({ padTo: 60 }, arp({ target: '192.0.2.7' })));
    expect(packet).toMatchObject({ etherType: 0x0806, networkAt: FRAME_AT + 14, ipVersion: 0, stop: undefined });
  });

  it.each([
    [1, ethernet({ etherType: 0x88cc }, [1, 2, 3]), { kind: 'not-decoded', layer: 'other', next: 0x88cc }],
    [1, behind([...macs, 0, 3, 0x42, 0x42, 3], []), { kind: 'not-decoded', layer: 'other', next: 0x42 }],
    [
      1,
      behind([...macs, 0x88, 0x64, 0x11, 0, 0, 1, 0, 4, 0xc0, 0x21], [1, 2]),
      { kind: 'not-decoded', layer: 'other', next: 0x8864 },
    ],
    [9, [0xc0, 0x21, 1, 2], { kind: 'not-decoded', layer: 'link', next: 9 }],
    [105, [1, 2, 3], { kind: 'not-decoded', layer: 'link', next: 105 }],
    [113, sll({ hardware: 824 }, four), { kind: 'not-decoded', layer: 'link', next: 113 }],
    [101, [0x15, 0, 0], { kind: 'not-decoded', layer: 'link', next: 101 }],
  ])('stops at an unknown link type (%i)', (linkType, frame, stop) => {
    expect(decoded(frame as Payload, { linkType }).stop).toEqual(stop);
  });

  it('names link types', () => {
    expect(linkTypes.linkTypeName(1)).toBe('ETHERNET');
    expect(linkTypes.linkTypeName(276)).toBe('LINUX_SLL2');
    expect(linkTypes.linkTypeName(4711)).toBe('4711');
  });
});
