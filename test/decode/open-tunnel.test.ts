import { describe, expect, it } from 'vitest';
import { MAX_TUNNEL_DEPTH, type Packet, TUNNEL_KINDS } from '../../src/decode/packet.ts';
import * as numbers from '../../src/decode/tunnel-numbers.ts';
import { decoded, FRAME_AT, sourceOf } from '../support/decoded.ts';
import {
  arp,
  bytesOf,
  concat,
  ethernet,
  geneve,
  gre,
  ipv4,
  ipv6,
  type LayerOfFrame,
  type Payload,
  tcp,
  udp,
  vxlan,
  vxlanGpe,
} from '../support/frames.ts';

const inner = ipv4({ source: '198.51.100.1' }, tcp({ seq: 5, destinationPort: 443 }, 'data'));
const inner6 = ipv6({ source: '2001:db8::5' }, tcp({ seq: 5, destinationPort: 443 }, 'data'));
const over = (payload: Payload): LayerOfFrame => ethernet({}, ipv4({}, payload));
const over6 = (payload: Payload): LayerOfFrame => ethernet({}, ipv6({}, payload));
const kinds = (packet: Packet): string[] => packet.tunnels.slice(0, packet.depth).map(({ kind }) => TUNNEL_KINDS[kind]);
const vxlanTo = (destinationPort: number, payload: Payload) =>
  over(udp({ destinationPort }, vxlan({ vni: 42 }, payload)));

const TUNNELS: [name: string, frame: Payload, networkId: number, source: string][] = [
  ['vxlan', vxlanTo(8472, ethernet({}, inner)), 42, '198.51.100.1'],
  ['vxlan', vxlanTo(31337, ethernet({}, inner)), 42, '198.51.100.1'],
  ['vxlan', vxlanTo(31337, ethernet({}, inner6)), 42, '2001:db8::5'],
  ['vxlan', vxlanTo(31337, ethernet({ vlans: [9] }, inner)), 42, '198.51.100.1'],
  ['vxlan', over6(udp({ destinationPort: 8472 }, vxlan({ vni: 42 }, ethernet({}, inner)))), 42, '198.51.100.1'],
  [
    'vxlan',
    over(udp({ destinationPort: 999 }, vxlan({ vni: 42, flags: 0x88 }, ethernet({}, inner)))),
    42,
    '198.51.100.1',
  ],
  ['vxlan-gpe', over(udp({ destinationPort: 4790 }, vxlanGpe({ vni: 6 }, inner))), 6, '198.51.100.1'],
  ['vxlan-gpe', over(udp({ destinationPort: 4790 }, vxlanGpe({ vni: 6 }, inner6))), 6, '2001:db8::5'],
  ['vxlan-gpe', over(udp({ destinationPort: 99 }, vxlanGpe({ vni: 6 }, ethernet({}, inner)))), 6, '198.51.100.1'],
  [
    'geneve',
    over(udp({ destinationPort: 6081 }, geneve({ vni: 8, options: [1, 2, 3, 4] }, ethernet({}, inner)))),
    8,
    '198.51.100.1',
  ],
  ['geneve', over(udp({ destinationPort: 6081 }, geneve({ vni: 8 }, inner))), 8, '198.51.100.1'],
  ['gre', over(gre({}, inner)), 0, '198.51.100.1'],
  ['gre', over(gre({ key: 0xdeadbeef, sequence: 1, checksum: true }, inner6)), 0xdeadbeef, '2001:db8::5'],
  ['gre', over(gre({ key: 3 }, ethernet({}, inner))), 3, '198.51.100.1'],
  [
    'gre',
    over(gre({ sequence: 1, protocolType: 0x88be }, concat(new Uint8Array(8), bytesOf(ethernet({}, inner))))),
    0,
    '198.51.100.1',
  ],
  [
    'gre',
    over(gre({ sequence: 1, protocolType: 0x22eb }, concat(new Uint8Array(12), bytesOf(ethernet({}, inner))))),
    0,
    '198.51.100.1',
  ],
  // QoS data frame of a wireless LAN: 24 octets, 2 of QoS, LLC and SNAP.
  [
    'gre',
    over(
      gre(
        { protocolType: 0x8200 },
        concat(
          new Uint8Array([0x88, 0x01, ...new Array(24).fill(0)]),
          new Uint8Array([0xaa, 0xaa, 3, 0, 0, 0, 8, 0]),
          bytesOf(inner),
        ),
      ),
    ),
    0,
    '198.51.100.1',
  ],
  ['ipip', over(inner), 0, '198.51.100.1'],
  ['6in4', over(inner6), 0, '2001:db8::5'],
  ['4in6', over6(inner), 0, '198.51.100.1'],
  ['6in6', over6(inner6), 0, '2001:db8::5'],
];

describe('tunnels', () => {
  it.each(TUNNELS)('%s is opened (row %#)', (kind, frame, networkId, source) => {
    const packet = decoded(frame);
    expect(packet.stop).toBeUndefined();
    expect(kinds(packet)).toEqual([kind]);
    expect(packet.tunnels[0].networkId).toBe(networkId);
    expect(sourceOf(packet)).toBe(source);
    expect(packet).toMatchObject({ destinationPort: 443, tcpSeq: 5, payloadLength: 4, vlan: -1 });
  });

  it('keeps the outer header', () => {
    const outer = ipv4(
      { source: '192.0.2.7', id: 9, ttl: 3, tos: 0x28, dontFragment: true },
      udp({ sourcePort: 50000, destinationPort: 8472 }, vxlan({}, ethernet({}, inner))),
    );
    const { tunnels } = decoded(ethernet({}, outer));
    expect(tunnels[0]).toMatchObject({
      ipId: 9,
      ttl: 3,
      dscp: 10,
      dontFragment: true,
      sourcePort: 50000,
      destinationPort: 8472,
      l3Length: 94,
      ipAt: FRAME_AT + 14,
      udpAt: FRAME_AT + 34,
      linkAt: FRAME_AT,
      moreFragments: false,
    });
  });

  it('opens tunnels in tunnels, outermost first, to a limit', () => {
    expect(kinds(decoded(over(gre({}, ipv4({}, udp({}, vxlan({}, ethernet({}, inner))))))))).toEqual(['gre', 'vxlan']);
    let nested: Payload = inner;
    for (let depth = 0; depth < MAX_TUNNEL_DEPTH + 2; depth++) nested = ipv4({}, nested);
    const packet = decoded(ethernet({}, nested));
    expect(packet.depth).toBe(MAX_TUNNEL_DEPTH);
    expect(packet.stop).toEqual({ kind: 'not-decoded', layer: 'ipv4', next: 4 });
  });

  it('opens the first fragment of an outer packet', () => {
    const whole = bytesOf(
      ipv4(
        {},
        udp({ destinationPort: 8472 }, vxlan({}, ethernet({}, ipv4({}, tcp({ seq: 5 }, new Uint8Array(1400)))))),
      ),
    );
    const packet = decoded(ethernet({}, ipv4({ moreFragments: true, protocol: 17 }, whole.subarray(20, 20 + 800))));
    expect(kinds(packet)).toEqual(['vxlan']);
    expect(packet).toMatchObject({ tcpSeq: 5, payloadLength: 1400 });
    expect(packet.tunnels[0].moreFragments).toBe(true);
  });

  it('reads ARP and other frames in VXLAN', () => {
    expect(decoded(vxlanTo(999, ethernet({}, arp({}))))).toMatchObject({
      depth: 1,
      etherType: 0x0806,
      stop: undefined,
    });
    expect(decoded(vxlanTo(8472, ethernet({ etherType: 0x88cc }, 'lldp')))).toMatchObject({
      depth: 1,
      stop: { kind: 'not-decoded', layer: 'other', next: 0x88cc },
    });
  });
});

describe('tunnels that snaplen cut (`tcpdump -s 96`)', () => {
  const frame = vxlanTo(8472, ethernet({}, inner));

  it('gives inner addresses and the captured numbers', () => {
    const packet = decoded(frame, { snaplen: 96 });
    expect(packet).toMatchObject({
      depth: 1,
      destinationPort: 443,
      tcpSeq: 5,
      l3Length: 44,
      stop: { kind: 'too-short', layer: 'tcp', limitedBy: 'snaplen' },
    });
    expect(sourceOf(packet)).toBe('198.51.100.1');
  });

  it('still counts as tunnelled when only the VXLAN header was captured, on a registered port', () => {
    expect(decoded(frame, { snaplen: 52 })).toMatchObject({
      depth: 1,
      ipVersion: 0,
      stop: { kind: 'too-short', layer: 'link', limitedBy: 'snaplen' },
    });
    expect(decoded(vxlanTo(999, ethernet({}, inner)), { snaplen: 52 })).toMatchObject({ depth: 0, stop: undefined });
  });
});

describe('UDP that only looks like a tunnel stays UDP', () => {
  const vxlanHeader = [8, 0, 0, 0, 0, 0, 42, 0];
  const payload = bytesOf(ethernet({}, inner));
  const changed = (at: number, value: number): Uint8Array => {
    const bytes = concat(vxlanHeader, payload);
    bytes[at] = value;
    return bytes;
  };
  const cases: [string, Uint8Array][] = [
    ['a DNS query with the id 0x0800', concat([8, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0], [3, 119, 119, 119, 0, 0, 1, 0, 1])],
    ['a reserved octet set', changed(1, 1)],
    ['another reserved octet set', changed(7, 1)],
    ['other flags', changed(0, 0x0a)],
    ['no I flag', changed(0, 0)],
    ['an EtherType out of range', changed(20, 0x12)],
    ['a group address as source', changed(14, 3)],
    ['the wrong version', changed(22, 0x55)],
    ['an impossible header length', changed(22, 0x44)],
    ['a total length beyond the datagram', changed(25, 200)],
    ['a total length short of the datagram', concat(vxlanHeader, payload, new Uint8Array(60))],
  ];
  it.each(cases)('%s', (_, bytes) => {
    const packet = decoded(over(udp({ destinationPort: 5353 }, bytes)));
    expect(packet).toMatchObject({ depth: 0, destinationPort: 5353, payloadLength: bytes.length, stop: undefined });
  });

  it('stays UDP on a registered port too, when it contradicts itself', () => {
    expect(decoded(over(udp({ destinationPort: 8472 }, changed(22, 0x55))))).toMatchObject({ depth: 0, protocol: 17 });
  });

  it('GRE with another payload stays GRE', () => {
    expect(decoded(over(gre({ protocolType: 0x880b, version: 1 }, 'ppp')))).toMatchObject({
      depth: 0,
      protocol: 47,
      stop: { kind: 'not-decoded', layer: 'gre', next: 0x880b },
    });
  });
});

it('numbers the kinds of tunnels by their places', () => {
  const { VXLAN, VXLAN_GPE, GENEVE, GRE, IPIP, SIX_IN_FOUR, FOUR_IN_SIX, SIX_IN_SIX } = numbers;
  const inOrder = [VXLAN, VXLAN_GPE, GENEVE, GRE, IPIP, SIX_IN_FOUR, FOUR_IN_SIX, SIX_IN_SIX];
  expect(inOrder.map((number) => TUNNEL_KINDS[number])).toEqual([...TUNNEL_KINDS]);
});
