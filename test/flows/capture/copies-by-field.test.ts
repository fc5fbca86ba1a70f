import { describe, expect, test } from 'vitest';
import { MARK_COPY } from '../../../src/flows/rows/row-marks.ts';
import { digestOf, type TimedFrame } from '../../support/digest-of.ts';
import {
  type EthernetOptions,
  ethernet,
  type Ipv4Options,
  icmp,
  ipv4,
  ipv6,
  type LayerOfFrame,
  type Payload,
  sll,
  type TcpOptions,
  tcp,
  udp,
  vxlan,
} from '../../support/frames.ts';

/** Packets that agree but for one field: which field makes them two, and how late a copy may come. */

async function copiesOf(frames: readonly TimedFrame[], options?: Parameters<typeof digestOf>[1]): Promise<number[]> {
  const { sightings } = await digestOf([...frames], options);
  const { packet, marks } = sightings!.columns;
  return [...packet.slice(0, sightings!.length)].filter((_, row) => (marks[row] & MARK_COPY) !== 0);
}
const isCopy = async (a: LayerOfFrame, b: LayerOfFrame, after = 0.001, options?: Parameters<typeof digestOf>[1]) =>
  (
    await copiesOf(
      [
        [1, a],
        [1 + after, b],
      ],
      options,
    )
  ).length === 1;

const frame = (ip: Ipv4Options, layer: Payload, link: EthernetOptions = {}) =>
  ethernet(link, ipv4({ id: 7, ...ip }, layer));
const segment = (ip: Ipv4Options, some: TcpOptions, payload = 'data') =>
  frame(ip, tcp({ seq: 100, ack: 50, flags: '.', window: 1000, timestamps: [70, 60], ...some }, payload));

describe('a field that is another', () => {
  test.each<[string, Ipv4Options, TcpOptions, string?]>([
    ['source', { source: '192.0.2.9' }, {}],
    ['destination', { destination: '192.0.2.9' }, {}],
    ['IP ID', { id: 8 }, {}],
    ['port of the source', {}, { sourcePort: 40_001 }],
    ['port of the destination', {}, { destinationPort: 81 }],
    ['sequence number', {}, { seq: 101 }],
    ['acknowledgement', {}, { ack: 51 }],
    ['flags', {}, { flags: 'P.' }],
    ['window', {}, { window: 1001 }],
    ['time stamp', {}, { timestamps: [71, 60] }],
    ['echoed time stamp', {}, { timestamps: [70, 61] }],
    ['first selective acknowledgement', {}, { sack: [[900, 950]] }],
    ['payload', {}, {}, 'dato'],
    ['length', {}, {}, 'data2'],
  ])('of TCP: %s', async (_, ip, some, payload) => {
    expect(await isCopy(segment({}, {}), segment(ip, some, payload))).toBe(false);
    expect(await isCopy(segment(ip, some, payload), segment(ip, some, payload))).toBe(true);
  });

  test('of TCP: each end of each selective acknowledgement', async () => {
    const base: [number, number][] = [
      [200, 300],
      [400, 500],
    ];
    const other: [number, number][][] = [
      [
        [201, 300],
        [400, 500],
      ],
      [
        [200, 301],
        [400, 500],
      ],
      [
        [200, 300],
        [401, 500],
      ],
      [
        [200, 300],
        [400, 501],
      ],
      [[200, 300]],
    ];
    for (const sack of other) expect(await isCopy(segment({}, { sack: base }), segment({}, { sack }))).toBe(false);
    expect(await isCopy(segment({}, { sack: base }), segment({}, { sack: base }))).toBe(true);
  });

  const datagram = (ip: Ipv4Options, payload = 'same', some: Parameters<typeof udp>[0] = {}) =>
    frame(ip, udp(some, payload));
  test('of UDP: ports, payload, protocol, fragment', async () => {
    expect(await isCopy(datagram({}), datagram({}))).toBe(true);
    expect(await isCopy(datagram({}), datagram({}, 'sane'))).toBe(false);
    expect(await isCopy(datagram({}), datagram({}, 'same', { sourcePort: 9 }))).toBe(false);
    expect(await isCopy(datagram({}), datagram({}, 'same', { destinationPort: 10 }))).toBe(false);
    const later = (fragmentOffset: number, id = 7) =>
      frame({ fragmentOffset, moreFragments: true, protocol: 17, id }, 'sixteen octets..');
    expect(await isCopy(later(1480), later(1480))).toBe(true);
    expect(await isCopy(later(1480), later(2960))).toBe(false);
    expect(await isCopy(later(1480), later(1480, 8))).toBe(false);
    const others = (protocol: number) => frame({ protocol }, 'sixteen octets..');
    expect(await isCopy(others(132), others(132))).toBe(true);
    expect(await isCopy(others(132), others(47))).toBe(false);
  });

  test('of ICMP: type, code, number', async () => {
    const echo = (some: Partial<Parameters<typeof icmp>[0]>) =>
      frame({}, icmp({ type: 8, code: 0, id: 1, sequence: 5, ...some }, 'ping'));
    expect(await isCopy(echo({}), echo({}))).toBe(true);
    expect(await isCopy(echo({}), echo({ type: 0 }))).toBe(false);
    expect(await isCopy(echo({}), echo({ code: 1 }))).toBe(false);
    expect(await isCopy(echo({}), echo({ sequence: 6 }))).toBe(false);
  });

  test('of the tunnel: its network, or none', async () => {
    const inside = (vni: number) => frame({ id: 9 }, udp({ destinationPort: 4789 }, vxlan({ vni }, segment({}, {}))));
    expect(await isCopy(inside(1), inside(1))).toBe(true);
    expect(await isCopy(segment({}, {}), inside(1))).toBe(false);
  });
});

/** Without time stamps, at 20 ms only another link makes it a copy; at 4 ms any does. */
describe('a link that is another', () => {
  const plain = (link: EthernetOptions, ip: Ipv4Options = {}) => frame(ip, tcp({ seq: 5 }, 'data'), link);
  const [SAME, OTHER] = [0.004, 0.02];

  test('has a longer time for its copies: 50 ms for 5', async () => {
    const late = (after: number, link: EthernetOptions = {}) => isCopy(plain({}), plain(link), after);
    expect([await late(0.004), await late(0.0049), await late(0.0051)]).toEqual([true, true, false]);
    const source = '02:00:00:00:00:77';
    expect([await late(0.049, { source }), await late(0.051, { source })]).toEqual([true, false]);
  });

  test.each<[string, EthernetOptions, Ipv4Options?]>([
    ['address of the source, its first octets', { source: '06:00:00:00:00:01' }],
    ['address of the source, its last octet', { source: '02:00:00:00:00:77' }],
    ['address of the destination, its first octets', { destination: '06:00:00:00:00:02' }],
    ['address of the destination, its last octet', { destination: '02:00:00:00:00:77' }],
    ['VLAN', { vlans: [5] }],
    ['hop limit', {}, { ttl: 63 }],
  ])('%s', async (_, link, ip) => {
    expect(await isCopy(plain({}), plain(link, ip), OTHER)).toBe(true);
    expect(await isCopy(plain(link, ip), plain(link, ip), OTHER)).toBe(false);
    expect(await isCopy(plain(link, ip), plain(link, ip), SAME)).toBe(true);
  });

  test('direction and source of a cooked capture', async () => {
    const cooked = (some: Parameters<typeof sll>[0]) => sll(some, ipv4({ id: 7 }, tcp({ seq: 5 }, 'data')));
    const late = (a: Parameters<typeof sll>[0], b: Parameters<typeof sll>[0]) =>
      isCopy(cooked(a), cooked(b), OTHER, { linkType: 113 });
    expect(await late({}, {})).toBe(false);
    expect(await late({}, { packetType: 4 })).toBe(true);
    expect(await late({}, { source: '06:00:00:00:00:01' })).toBe(true);
    expect(await late({}, { source: '02:00:00:00:00:77' })).toBe(true);
  });

  test('of a tunnel: the outer link and hop limit, not the inner link', async () => {
    const inner = (source?: string) =>
      ethernet(source === undefined ? {} : { source }, ipv4({ id: 7 }, tcp({ seq: 5 }, 'data')));
    const outer = (link: EthernetOptions, ttl = 64, source?: string) =>
      ethernet(link, ipv4({ id: 9, ttl }, udp({ destinationPort: 4789 }, vxlan({ vni: 1 }, inner(source)))));
    const late = (b: LayerOfFrame) => isCopy(outer({}), b, OTHER);
    expect(await late(outer({}))).toBe(false);
    expect(await late(outer({ source: '02:00:00:00:00:77' }))).toBe(true);
    expect(await late(outer({}, 63))).toBe(true);
    expect(await late(outer({}, 64, '02:00:00:00:00:78'))).toBe(false);
  });
});

describe('without an IP ID', () => {
  const six = (layer: Payload, link: EthernetOptions = {}) => ethernet(link, ipv6({}, layer));
  const data = tcp({ seq: 5, flags: '.' }, 'data');

  test('data of one link within a millisecond, of another one within 50', async () => {
    const late = (after: number, link: EthernetOptions = {}) => isCopy(six(data), six(data, link), after);
    expect([await late(0.0009), await late(0.0011)]).toEqual([true, false]);
    const source = '02:00:00:00:00:77';
    expect([await late(0.049, { source }), await late(0.051, { source })]).toEqual([true, false]);
  });

  test.each<[string, Payload, boolean]>([
    ['data', data, true],
    ['a SYN', tcp({ flags: 'S' }), true],
    ['a FIN', tcp({ flags: 'F.' }), true],
    ['a SYN-ACK', tcp({ flags: 'S.' }), false],
    ['an acknowledgement', tcp({ flags: '.' }), false],
    ['a reset', tcp({ flags: 'R' }), false],
    ['a lookup', udp({ destinationPort: 53 }, 'query'), true],
    ['an answer to a lookup', udp({ sourcePort: 53 }, 'answer'), true],
    ['a lookup without octets', udp({ destinationPort: 53 }), false],
    ['another datagram', udp({ destinationPort: 54, sourcePort: 52 }, 'query'), false],
  ])('at once on one link: %s', async (_, layer, expected) =>
    expect(await isCopy(six(layer), six(layer), 0.0005)).toBe(expected),
  );

  test('pings of IPv4 have numbers, other messages have none', async () => {
    const message = (type: number) =>
      ethernet({}, ipv4({ id: 0 }, icmp({ type, code: 0, id: 1, sequence: 5 }, 'ping')));
    const twice = (type: number) => isCopy(message(type), message(type), 0.0005);
    expect([await twice(8), await twice(0), await twice(13), await twice(3)]).toEqual([true, true, false, false]);
  });
});
