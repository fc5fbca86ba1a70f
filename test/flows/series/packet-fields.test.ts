import { describe, expect, test } from 'vitest';
import { fieldsOf } from '../../../src/flows/series/packet-fields.ts';
import { decoded } from '../../support/decoded.ts';
import {
  arp,
  ethernet,
  fragmentExtension,
  geneve,
  gre,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  type Payload,
  tcp,
  udp,
  vxlan,
} from '../../support/frames.ts';

const MACS = { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' };
const LINK = [
  ['eth.src', '02:00:00:00:00:01'],
  ['eth.dst', '02:00:00:00:00:02'],
];
const ipFields = (length: number, some: { ttl?: number; id?: string; df?: number } = {}): string[][] => [
  ['ip.src', '192.0.2.1'],
  ['ip.dst', '192.0.2.2'],
  ['ip.ttl', `${some.ttl ?? 64}`],
  ['ip.len', `${length}`],
  ['ip.id', some.id ?? '0x0000'],
  ['ip.flags.df', `${some.df ?? 0}`],
];
const tcpFields = (flags: string, length: number, some: string[][] = []): string[][] => [
  ['tcp.srcport', '40000'],
  ['tcp.dstport', '80'],
  ['tcp.flags', flags],
  ['tcp.seq_raw', '4294967295'],
  ...some.filter(([name]) => name === 'tcp.ack_raw'),
  ['tcp.len', `${length}`],
  ['tcp.window', '500'],
  ...some.filter(([name]) => name !== 'tcp.ack_raw'),
];
const SEGMENT = { seq: 4294967295, window: 500 };

/** A response for a.b with so many answers, and its flags. */
const dns = (flags: number, answers: number): number[] => [
  ...[0x0a, 0xbc, flags >> 8, flags & 255, 0, 1, 0, answers, 0, 0, 0, 0],
  ...[1, 0x61, 1, 0x62, 0, 0, 1, 0, 1],
  ...Array.from({ length: answers }, () => [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 1, 2, 3, 4]).flat(),
];

/** All fields of a packet, in the order of its headers. */
const CASES: [string, Payload, string[][]][] = [
  [
    'SYN with options',
    ethernet(MACS, ipv4({ ttl: 3, id: 0xbeef, dontFragment: true }, tcp({ ...SEGMENT, flags: 'S', mss: 1400 }))),
    [
      ...LINK,
      ...ipFields(44, { ttl: 3, id: '0xbeef', df: 1 }),
      ...tcpFields('SYN', 0, [['tcp.options.mss_val', '1400']]),
    ],
  ],
  [
    'data with an acknowledgement and SACK',
    ethernet(MACS, ipv4({ id: 7 }, tcp({ ...SEGMENT, flags: 'P.', ack: 9, sack: [[1, 2]] }, 'abc'))),
    [
      ...LINK,
      ...ipFields(55, { id: '0x0007' }),
      ...tcpFields('PSH ACK', 3, [
        ['tcp.ack_raw', '9'],
        ['tcp.options.sack', '1'],
      ]),
    ],
  ],
  [
    'every flag, and none',
    ethernet(MACS, ipv4({}, tcp({ ...SEGMENT, flags: 'FSRPAUEC' }))),
    [...LINK, ...ipFields(40), ...tcpFields('FIN SYN RST PSH ACK URG ECE CWR', 0)],
  ],
  [
    'no flag',
    ethernet(MACS, ipv4({}, tcp({ ...SEGMENT, flags: 0 }))),
    [...LINK, ...ipFields(40), ...tcpFields('none', 0)],
  ],
  [
    'an MSS of 0',
    ethernet(MACS, ipv4({}, tcp({ ...SEGMENT, flags: 'S', mss: 0 }))),
    [...LINK, ...ipFields(44), ...tcpFields('SYN', 0, [['tcp.options.mss_val', '0']])],
  ],
  [
    'a wrong checksum',
    ethernet(MACS, ipv4({}, tcp({ ...SEGMENT, flags: '.', checksum: 0x1234 }, 'abc'))),
    [...LINK, ...ipFields(43), ...tcpFields('ACK', 3), ['checksum', 'wrong']],
  ],
  [
    'a datagram in a VLAN',
    ethernet({ ...MACS, vlans: [5] }, ipv4({}, udp({ sourcePort: 1, destinationPort: 2 }, 'ab'))),
    [['vlan.id', '5'], ...LINK, ...ipFields(30), ['udp.srcport', '1'], ['udp.dstport', '2'], ['udp.length', '10']],
  ],
  [
    'a query',
    ethernet(MACS, ipv4({}, udp({ sourcePort: 1, destinationPort: 53 }, dns(0x0100, 0)))),
    [
      ...[...LINK, ...ipFields(49), ['udp.srcport', '1'], ['udp.dstport', '53'], ['udp.length', '29']],
      ...[
        ['dns.id', '0x0abc'],
        ['dns.qry.name', 'a.b'],
      ],
    ],
  ],
  [
    'an answer that is truncated',
    ethernet(MACS, ipv4({}, udp({ sourcePort: 53, destinationPort: 1 }, dns(0x8383, 1)))),
    [
      ...[...LINK, ...ipFields(65), ['udp.srcport', '53'], ['udp.dstport', '1'], ['udp.length', '45']],
      ...[
        ['dns.id', '0x0abc'],
        ['dns.qry.name', 'a.b'],
        ['dns.flags.rcode', '3'],
        ['dns.count.answers', '1'],
      ],
      ['dns.flags.truncated', '1'],
    ],
  ],
  [
    'no DNS on another port, nor DNS that cannot be read',
    ethernet(MACS, ipv4({}, udp({ sourcePort: 53, destinationPort: 1 }, 'abc'))),
    [...LINK, ...ipFields(31), ['udp.srcport', '53'], ['udp.dstport', '1'], ['udp.length', '11']],
  ],
  [
    'a ping',
    ethernet(MACS, ipv4({}, icmp({ type: 8, id: 1, sequence: 3 }))),
    [...LINK, ...ipFields(28), ['icmp.type', '8'], ['icmp.code', '0'], ['icmp.seq', '3']],
  ],
  [
    'an error with the size that fits',
    ethernet(MACS, ipv4({}, icmp({ type: 3, code: 4, mtu: 1400 }, ipv4({}, udp({}))))),
    [...LINK, ...ipFields(56), ['icmp.type', '3'], ['icmp.code', '4'], ['icmp.mtu', '1400']],
  ],
  [
    'a later fragment',
    ethernet(MACS, ipv4({ fragmentOffset: 16, protocol: 17 }, 'abcd')),
    [...LINK, ...ipFields(24), ['frag_offset', '16']],
  ],
  [
    'IPv6',
    ethernet(MACS, ipv6({ hopLimit: 9 }, icmpv6({ type: 128, id: 1, sequence: 2 }))),
    [
      ...[...LINK, ['ipv6.src', '2001:db8::1'], ['ipv6.dst', '2001:db8::2'], ['ipv6.hlim', '9'], ['length', '48']],
      ...[
        ['icmpv6.type', '128'],
        ['icmpv6.code', '0'],
        ['icmpv6.seq', '2'],
      ],
    ],
  ],
  [
    'a fragment of IPv6',
    ethernet(
      MACS,
      ipv6(
        { nextHeader: 17, extensions: [fragmentExtension(0, true, 5)] },
        udp({ sourcePort: 1, destinationPort: 2 }, 'ab'),
      ),
    ),
    [
      ...[...LINK, ['ipv6.src', '2001:db8::1'], ['ipv6.dst', '2001:db8::2'], ['ipv6.hlim', '64'], ['length', '58']],
      ...[
        ['frag_offset', '0'],
        ['udp.srcport', '1'],
        ['udp.dstport', '2'],
        ['udp.length', '10'],
      ],
    ],
  ],
  [
    'inside VXLAN',
    ethernet(
      {},
      ipv4(
        { source: '10.0.0.1', destination: '10.0.0.2' },
        udp(
          { destinationPort: 4789 },
          vxlan({ vni: 8 }, ethernet(MACS, ipv4({}, udp({ sourcePort: 1, destinationPort: 2 })))),
        ),
      ),
    ),
    [
      ...[
        ['outer ip.src', '10.0.0.1'],
        ['outer ip.dst', '10.0.0.2'],
        ['outer udp.dstport', '4789'],
        ['vxlan', '8'],
      ],
      ...[...LINK, ...ipFields(28), ['udp.srcport', '1'], ['udp.dstport', '2'], ['udp.length', '8']],
    ],
  ],
  [
    'inside GRE, which has no port, and Geneve in it',
    ethernet(
      {},
      ipv4(
        { source: '10.0.0.1', destination: '10.0.0.2' },
        gre(
          { key: 3 },
          ipv4(
            { source: '10.0.1.1', destination: '10.0.1.2' },
            udp({ destinationPort: 6081 }, geneve({ vni: 4 }, ethernet(MACS, arp({ operation: 2 })))),
          ),
        ),
      ),
    ),
    [
      ...[
        ['outer ip.src', '10.0.0.1'],
        ['outer ip.dst', '10.0.0.2'],
        ['gre', '3'],
      ],
      ...[
        ['outer ip.src', '10.0.1.1'],
        ['outer ip.dst', '10.0.1.2'],
        ['outer udp.dstport', '6081'],
        ['geneve', '4'],
      ],
      ...LINK,
      ...[
        ['arp.opcode', 'reply'],
        ['arp.src.hw_mac', '02:00:00:00:00:0a'],
      ],
      ...[
        ['arp.src.proto_ipv4', '192.0.2.1'],
        ['arp.dst.proto_ipv4', '192.0.2.2'],
      ],
    ],
  ],
  [
    'a question of ARP',
    ethernet(MACS, arp({})),
    [
      ...LINK,
      ...[
        ['arp.opcode', 'request'],
        ['arp.src.hw_mac', '02:00:00:00:00:0a'],
      ],
      ...[
        ['arp.src.proto_ipv4', '192.0.2.1'],
        ['arp.dst.proto_ipv4', '192.0.2.2'],
      ],
    ],
  ],
  ['another protocol of the link', ethernet({ ...MACS, etherType: 0x88cc }, 'abcd'), LINK],
];

describe('fields of a packet', () => {
  test.each(CASES)('%s', (_, frame, fields) => {
    const told = fieldsOf(decoded(frame)).map(({ name, value }) => [name, value]);
    expect(told.filter(([name]) => name !== 'tcp.ack_raw' || fields.some(([other]) => other === name))).toEqual(fields);
  });

  test('what was cut off has none', () => {
    const frame = ethernet(MACS, ipv4({}, tcp({ ...SEGMENT }, 'abc')));
    const names = fieldsOf(decoded(frame, { snaplen: 40 })).map(({ name }) => name);
    expect(names).toEqual(['eth.src', 'eth.dst', 'ip.src', 'ip.dst', 'ip.ttl', 'ip.len', 'ip.id', 'ip.flags.df']);
    expect(fieldsOf(decoded(ethernet(MACS, arp({})), { snaplen: 30 })).map(({ name }) => name)).toEqual([
      'eth.src',
      'eth.dst',
    ]);
  });
});
