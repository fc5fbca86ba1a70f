import { describe, expect, test } from 'vitest';
import { AddressBook, FIRST_IPV6 } from '../../../src/decode/address-book.ts';
import { Packet } from '../../../src/decode/packet.ts';
import { type CompactDatagram, compactDatagrams, datagramData } from '../../../src/flows/compact/compact-datagram.ts';
import { lookupList, lookupsOf, withCompact } from '../../../src/flows/compact/compact-lookup.ts';
import { CountedValues } from '../../../src/flows/compact/counted-values.ts';
import { DatagramTable } from '../../../src/flows/compact/datagram-table.ts';
import { formatMac, macAt } from '../../../src/flows/compact/link-address.ts';
import { LookupTable } from '../../../src/flows/compact/lookup-table.ts';
import { OpenedLeftOut } from '../../../src/flows/compact/opened-left-out.ts';
import { encapsulationCode, tunnelKindsOf } from '../../../src/flows/encapsulation.ts';
import type { DnsExchange } from '../../../src/flows/evidence/evidence.ts';

describe('counted values', () => {
  test.each([1, 3, 4, 5, 8, 33])(
    '%i different ones are held, the next is left out, and those before count on',
    (most) => {
      const values = new CountedValues(most);
      for (let value = 0; value <= most; value++) values.add(value * 7);
      values.add(most * 7);
      values.add(0);
      values.add(0, 5);
      const list = values.list();
      expect(list).toHaveLength(most);
      expect(list[0]).toEqual({ value: 0, count: 7 });
      expect(list.slice(1)).toEqual(Array.from({ length: most - 1 }, (_, nth) => ({ value: 7 * (nth + 1), count: 1 })));
    },
  );

  test('the first one needs no room, each further one asks for it', () => {
    let asked = 0;
    const values = new CountedValues(10, () => asked++ < 2);
    for (const value of [5, 6, 7, 8, 5, 6]) values.add(value);
    expect([asked, values.list()]).toEqual([
      3,
      [
        { value: 5, count: 2 },
        { value: 6, count: 2 },
        { value: 7, count: 1 },
      ],
    ]);
  });

  test('link addresses are told apart in all their octets, the most frequent first, then by number', () => {
    const values = new CountedValues(100);
    const macs = [0x020000000001, 0x020000000002, 0x020100000001, 0x030000000001, 0xffffffffffff];
    for (const [nth, mac] of macs.entries())
      for (let time = 0; time < (nth === 3 ? 3 : 2); time++) {
        const bytes = new Uint8Array(8);
        for (let octet = 0; octet < 6; octet++) bytes[1 + octet] = Math.floor(mac / 256 ** (5 - octet)) % 256;
        expect(macAt(bytes, 1)).toBe(mac);
        values.addMac(bytes, 1);
      }
    expect(values.listAs(formatMac)).toEqual([
      { value: '03:00:00:00:00:01', count: 3 },
      { value: '02:00:00:00:00:01', count: 2 },
      { value: '02:00:00:00:00:02', count: 2 },
      { value: '02:01:00:00:00:01', count: 2 },
      { value: 'ff:ff:ff:ff:ff:ff', count: 2 },
    ]);
  });
});

const lookup = (index: number, changes: Partial<DnsExchange> = {}): DnsExchange => {
  const client = { address: `10.0.0.${index % 7}`, port: 30_000 + index };
  const server = { address: '10.96.0.10', port: 53 };
  return {
    index,
    point: index % 3,
    flow: 2 * index,
    client,
    server,
    transport: 'udp',
    id: 65_535 - index,
    name: `name${index % 5}.shop`,
    type: 1,
    queries: [{ packet: 2 * index + 1, time: index / 4, sourcePort: client.port, l3Length: 60 + (index % 9) }],
    queriesTotal: 1,
    responses: [
      {
        packet: 2 * index + 2,
        time: index / 4 + 0.125,
        from: { ...server },
        rcode: index % 4,
        truncated: false,
        answers: index % 6,
        addresses: Array.from({ length: index % 3 }, (_, nth) => `10.1.${nth}.${index % 256}`),
        l3Length: 100 + (index % 9),
      },
    ],
    encapsulation: [],
    ...changes,
  };
};

describe('lookups as records', () => {
  test('more than the first 256 tell what was added, also after a transfer', () => {
    const table = new LookupTable();
    const all = Array.from({ length: 600 }, (_, index) =>
      lookup(index, {
        ...(index % 10 === 0 && { transport: 'tcp' }),
        encapsulation: index % 4 === 0 ? ['vxlan'] : [],
      }),
    );
    for (const one of all) table.add(one, encapsulationCode(one.encapsulation));
    const data = structuredClone(table.toTransferable());
    expect(data.records.byteLength % 600).toBe(0);
    for (const records of [table, new LookupTable(data)]) {
      expect(records.length).toBe(600);
      const lookups = withCompact([], records);
      for (const [number, compact] of lookups.entries()) {
        const { index, point, flow, client, name, queries } = all[number];
        expect(compact).toMatchObject({ index, point, flow, client, name, time: queries[0].time });
        expect(records.exchangeOf(number, index)).toEqual(all[number]);
      }
    }
  });

  test.each<[string, boolean, (exchange: DnsExchange) => void]>([
    ['65,535 octets asked', true, ({ queries }) => Object.assign(queries[0], { l3Length: 65_535 })],
    ['65,536 octets asked', false, ({ queries }) => Object.assign(queries[0], { l3Length: 65_536 })],
    ['65,535 octets answered', true, ({ responses }) => Object.assign(responses[0], { l3Length: 65_535 })],
    ['65,536 octets answered', false, ({ responses }) => Object.assign(responses[0], { l3Length: 65_536 })],
    ['the largest code', true, ({ responses }) => Object.assign(responses[0], { rcode: 0x7fff })],
    ['a code beyond it', false, ({ responses }) => Object.assign(responses[0], { rcode: 0x8000 })],
    [
      'an extended error',
      false,
      ({ responses }) => Object.assign(responses[0], { extendedError: { code: 0, text: '' } }),
    ],
  ])('%s fits: %s', (_, fits, change) => {
    for (const transport of ['udp', 'tcp'] as const) {
      const exchange = lookup(3, { transport });
      change(exchange);
      expect(LookupTable.fits(exchange)).toBe(fits);
      if (!fits) continue;
      const table = new LookupTable();
      table.add(exchange, 0);
      expect(table.exchangeOf(0, 3)).toEqual(exchange);
    }
  });

  test('objects and records stand in one list by their number, and are split again', () => {
    const table = new LookupTable();
    for (const index of [1, 2, 4]) table.add(lookup(index), 0);
    const all = withCompact([lookup(0), lookup(3), lookup(5)], table);
    expect(all.map(({ index, name }) => [index, name])).toEqual(
      [0, 1, 2, 3, 4, 5].map((index) => [index, `name${index % 5}.shop`]),
    );
    const list = lookupList(all);
    expect(list.exchanges.map(({ index }) => index)).toEqual([0, 3, 5]);
    expect(lookupsOf(structuredClone(list)).map(({ index, name }) => [index, name])).toEqual(
      all.map(({ index, name }) => [index, name]),
    );
    expect(lookupList([lookup(7)])).toEqual({ exchanges: [lookup(7)], compact: null });
    expect(lookupsOf({ exchanges: [lookup(7)], compact: null })).toEqual([lookup(7)]);
    const placed = (all[1] as Exclude<(typeof all)[number], DnsExchange>).placed(20, {
      firstPoint: 30,
      firstTunnel: 9,
    });
    expect([placed.index, placed.point, placed.toObject(20).point, placed.toObject(20).index]).toEqual([
      20, 31, 31, 20,
    ]);
  });
});

const UDP = 17;
const datagram = (changes: Partial<Packet>): Packet => {
  const packet = new Packet(new AddressBook());
  const bytes = new Uint8Array(80);
  return Object.assign(
    packet,
    {
      ipVersion: 4,
      protocol: UDP,
      transportAt: 34,
      source: 1,
      destination: 2,
      sourcePort: 40_000,
      destinationPort: 53,
    },
    { bytes, destinationMacAt: 0, payloadAt: 42, payloadEnd: 80, payloadLength: 38, l3Length: 66, number: 1 },
    changes,
  );
};

describe('datagram flows as records', () => {
  test('a flow that its server began, with ports and addresses of its client first', () => {
    const table = new DatagramTable();
    const packet = datagram({ source: 0xfffffffe, destination: 7, sourcePort: 65_535, destinationPort: 1 });
    expect(table.add(packet, 65_535, encapsulationCode(['vxlan', 'ipip']), 9, 1)).toBe(0);
    table.count(0, packet, 0.5, -1, 1, 16);
    const [flow] = compactDatagrams(structuredClone(table.toTransferable(String))).map((one) => one.toObject(3));
    expect(flow).toMatchObject({
      ...{ index: 3, point: 65_535, flow: 9, protocol: 17, encapsulation: ['vxlan', 'ipip'], quic: false },
      client: { address: '0.0.0.7', port: 1 },
      server: { address: '255.255.255.254', port: 65_535 },
      ...{ packets: [0, 1], octets: [0, 38], largestL3: [0, 66], first: [null, { packet: 1, time: 0.5 }] },
      ...{ last: [null, { packet: 1, time: 0.5 }], samples: [[], [{ packet: 1, time: 0.5 }]], tunnels: [] },
    });
  });

  test('samples of each direction, up to as many as are wanted', () => {
    for (const most of [1, 3]) {
      const table = new DatagramTable();
      table.add(datagram({}), 0, 0, 0, 0);
      table.add(datagram({}), 0, 0, 1, 0);
      for (let number = 1; number <= 5; number++)
        for (const [row, direction] of [
          [0, 0],
          [0, 1],
          [1, 0],
        ] as const)
          table.count(row, datagram({ number: number + 10 * direction + 100 * row }), number, -1, direction, most);
      const told = [0, 1].map((row) => compactDatagrams(table.toTransferable(String))[row].toObject(row).samples);
      const packets = told.map((samples) => samples.map((one) => one.map(({ packet }) => packet)));
      const first = (from: number): number[] => Array.from({ length: most }, (_, nth) => from + nth);
      expect(packets).toEqual([
        [first(1), first(11)],
        [first(101), []],
      ]);
    }
  });

  test('eight tunnels are kept, each once, in their order', () => {
    const table = new DatagramTable();
    table.add(datagram({}), 0, 0, 0, 0);
    for (const tunnel of [4, 4, 0, 4, 0, 9, 8, 9, 7, 6, 5, 3, 2, 1]) table.count(0, datagram({}), 1, tunnel, 0, 4);
    expect(table.tunnels(0)).toEqual([4, 0, 9, 8, 7, 6, 5, 3]);
    const [flow] = compactDatagrams(structuredClone(table.toTransferable(String)));
    expect(flow.placed(2, { firstPoint: 5, firstTunnel: 100 }).toObject(2)).toMatchObject({
      ...{ index: 2, point: 5, tunnels: [104, 100, 109, 108, 107, 106, 105, 103] },
    });
  });

  test('a direction to a group, and a first packet of QUIC', () => {
    const quic = new Uint8Array(1300);
    quic.set([0xc3, 0, 0, 0, 1, 8, 1, 2, 3, 4, 5, 6, 7, 8, 8, 1, 2, 3, 4, 5, 6, 7, 8], 42);
    const hello = { bytes: quic, payloadEnd: 1300, payloadLength: 1258 };
    const toGroup = new Uint8Array(80);
    toGroup[0] = 1;
    const flowOf = (direction: 0 | 1, changes: Partial<Packet>) => {
      const table = new DatagramTable();
      table.add(datagram(changes), 0, 0, 0, direction);
      table.count(0, datagram(changes), 0, -1, direction, 4);
      return compactDatagrams(table.toTransferable(String))[0].toObject(0);
    };
    expect([
      flowOf(0, {}).toGroup,
      flowOf(0, { bytes: toGroup }).toGroup,
      flowOf(1, { bytes: toGroup }).toGroup,
    ]).toEqual([
      [false, false],
      [true, false],
      [false, true],
    ]);
    expect(
      [flowOf(0, hello), flowOf(1, hello), flowOf(0, { ...hello, protocol: 132 })].map(({ quic }) => quic),
    ).toEqual([true, false, false]);
    expect(flowOf(0, { ...hello, transportAt: -1 }).quic).toBe(false);
  });

  test('requests without an answer, answers again, and what was sent since the last answer', () => {
    // Seconds and directions: two requests before the first answer say nothing of it.
    const table = new DatagramTable();
    table.add(datagram({}), 0, 0, 0, 0);
    let number = 0;
    const at = (time: number, direction: 0 | 1, octets = 10): void =>
      table.count(0, datagram({ number: ++number, payloadLength: octets }), time, -1, direction, 2);
    const told = () => {
      const { unanswered, sinceAnswer } = compactDatagrams(table.toTransferable(String))[0].toObject(0);
      return { unanswered, sinceAnswer };
    };
    for (const time of [0, 1]) at(time, 0);
    at(1.25, 1); // #3
    expect(told()).toEqual({ unanswered: null, sinceAnswer: null });
    at(2, 0, 5); // #4, answered after 0.5 s
    at(2.5, 1);
    at(2.75, 1); // an answer again
    at(3, 0, 5); // #7 gets no answer in 2 s
    at(5, 0, 6); // #8 gets none in 1 s
    at(6, 0, 7); // #9 gets none in 4 s
    at(10, 0, 8); // #10 is answered after 0.25 s
    expect(told().sinceAnswer).toEqual({ packets: 4, octets: 26, first: { packet: 7, time: 3 } });
    at(10.25, 1);
    at(11, 0, 9); // #12
    expect(told()).toEqual({
      unanswered: {
        requests: 3,
        packets: [
          { packet: 7, time: 3 },
          { packet: 8, time: 5 },
        ],
        answersAgain: 1,
        longestAnswer: 0.5,
        shortestWait: 1,
      },
      sinceAnswer: { packets: 1, octets: 9, first: { packet: 12, time: 11 } },
    });
    const transferred = compactDatagrams(structuredClone(table.toTransferable(String)))[0].toObject(0);
    expect({ unanswered: transferred.unanswered, sinceAnswer: transferred.sinceAnswer }).toEqual(told());
  });

  test('more than the first 256, with addresses of IPv6', () => {
    const table = new DatagramTable();
    for (let row = 0; row < 600; row++) {
      const six = row % 2 === 1;
      const ends = six ? { ipVersion: 6, source: FIRST_IPV6 + row, destination: FIRST_IPV6 } : { source: row };
      table.add(datagram({ ...ends, number: row } as Partial<Packet>), row % 5, 0, row, 0);
      table.count(row, datagram({ number: row + 1, payloadLength: row }), row, -1, 0, 3);
    }
    const data = structuredClone(table.toTransferable((address) => `fd00::${(address - FIRST_IPV6).toString(16)}`));
    const flows: CompactDatagram[] = compactDatagrams(data);
    expect(flows).toHaveLength(600);
    for (const row of [0, 1, 255, 256, 257, 511, 512, 599]) {
      const flow = flows[row];
      const address = row % 2 === 1 ? `fd00::${row.toString(16)}` : `0.0.${row >> 8}.${row & 255}`;
      expect([flow.client.address, flow.flow, flow.point, flow.packets, flow.octets, flow.first]).toEqual([
        ...[address, row, row % 5, [1, 0], [row, 0], [{ packet: row + 1, time: row }, null]],
      ]);
      expect(flow.server.address).toBe(row % 2 === 1 ? 'fd00::0' : '0.0.0.2');
    }
    expect(datagramData(flows)).toBe(data);
    expect(datagramData([])).toBeNull();
    expect(datagramData([flows[0].toObject(0)])).toBeNull();
  });
});

test('openings that are left out are added to those known, by point and listener', () => {
  const known = [{ point: 1, server: { address: 'a', port: 1 }, times: [1, 2] }];
  const left = new OpenedLeftOut(known);
  left.add(1, { address: 'a', port: 1 }, 3);
  left.add(2, { address: 'a', port: 1 }, 4);
  left.add(1, { address: 'a', port: 2 }, 5);
  left.add(1, { address: 'b', port: 1 }, 6);
  expect(left.list().map(({ point, server, times }) => [point, server.address, server.port, times])).toEqual([
    [1, 'a', 1, [1, 2, 3]],
    [2, 'a', 1, [4]],
    [1, 'a', 2, [5]],
    [1, 'b', 1, [6]],
  ]);
  expect(known[0].times).toEqual([1, 2]);
});

test('kinds of tunnels are one number, the outermost in its lowest bits', () => {
  expect(tunnelKindsOf(encapsulationCode(['geneve', 'ipip', 'vxlan', 'gre']))).toEqual([
    'geneve',
    'ipip',
    'vxlan',
    'gre',
  ]);
  expect([encapsulationCode([]), tunnelKindsOf(0)]).toEqual([0, []]);
  expect(encapsulationCode(['vxlan', 'ipip']) & 15).toBe(encapsulationCode(['vxlan']));
});
