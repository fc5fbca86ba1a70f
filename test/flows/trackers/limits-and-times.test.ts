import { describe, expect, test } from 'vitest';
import type { Packet } from '../../../src/decode/packet.ts';
import { roomFor } from '../../../src/flows/tables/capture-room.ts';
import { AgedMap } from '../../../src/flows/trackers/aged-map.ts';
import { isCutSegment, isHeaderCut, isWithoutPorts, leastPayload } from '../../../src/flows/trackers/cut-segment.ts';
import { FlowNumbers, NO_FLOW, setFlow } from '../../../src/flows/trackers/flow-numbers.ts';
import { NOTHING_SEEN } from '../../../src/flows/trackers/observation.ts';
import { type DigestOfObjects, digestOf, type TimedFrame } from '../../support/digest-of.ts';
import {
  arp,
  bytesOf,
  ethernet,
  icmp,
  icmpv6,
  ipv4,
  ipv4Address,
  ipv6,
  ipv6Address,
  type LayerOfFrame,
  mac,
  type Payload,
  tcp,
  udp,
  vxlan,
} from '../../support/frames.ts';

const [A, B] = ['10.0.0.1', '10.0.0.2'];
type Limits = NonNullable<NonNullable<Parameters<typeof digestOf>[1]>['limits']>;
const timed = (frames: readonly LayerOfFrame[], step = 0.001): TimedFrame[] =>
  frames.map((frame, at) => [at * step, frame]);
const digest = (frames: readonly TimedFrame[], limits: Limits = {}) => digestOf(frames, { limits });
const ip = (payload: Payload, some: Parameters<typeof ipv4>[0] = {}) =>
  ethernet({}, ipv4({ source: A, destination: B, ...some }, payload));
const octets = (value: number) => [value >> 8, value & 255];

/** The n-th item of each kind, each different from the others. */
const ITEMS = {
  ping: (n: number) => ip(icmp({ type: 8, id: 7, sequence: n })),
  neighbour: (n: number) =>
    ethernet({}, arp({ operation: 1, senderMac: '02:00:00:00:00:0a', sender: A, target: `10.0.1.${n}` })),
  datagram: (n: number) => ip(udp({ sourcePort: 20_000 + n, destinationPort: 9 }, 'x'), { id: n + 1 }),
  lookup: (n: number, id = n + 1) =>
    ip(
      udp({ sourcePort: 20_000 + n, destinationPort: 53 }, [
        ...octets(n),
        1,
        0,
        0,
        1,
        0,
        0,
        0,
        0,
        0,
        0,
        1,
        97,
        0,
        0,
        1,
        0,
        1,
      ]),
      { id },
    ),
  probe: (n: number) => ip(udp({ sourcePort: 20_000, destinationPort: 33_000 + n }, 'x'), { ttl: 1 + n, id: n + 1 }),
  error: (n: number) => ip(icmp({ type: 3, code: n }, bytesOf(ipv4({}, udp({}, 'x'))))),
  tunnel: (n: number) =>
    ip(udp({ destinationPort: 4789 }, vxlan({ vni: n }, ethernet({}, ipv4({}, udp({}, 'x'))))), { id: n + 1 }),
  carrier: (n: number) =>
    ip([...octets(0), ...octets(300 + n), ...octets(0), ...octets(1), ...Array(40).fill(9)], { protocol: 50 }),
  time: (n: number) =>
    ip(udp({ sourcePort: 123, destinationPort: 40_000 }, [0b00_100_100, 2, ...Array(46).fill(0)]), {
      destination: `10.0.2.${n}`,
    }),
  lease: (n: number) => dhcp(5, n),
  claim: (n: number) =>
    ethernet({}, arp({ operation: 2, senderMac: '02:00:00:00:00:0a', sender: `10.0.1.${n}`, target: A })),
} as const;

/** A DHCP message of that type to or from the n-th client. */
function dhcp(type: number, n: number, { op = 2, address = '10.0.3.1', server = B, from = 67 } = {}): LayerOfFrame {
  const head = [op, 1, 6, 0, 1, 2, 3, 4, ...Array(8).fill(0), ...ipv4Address(address), ...Array(8).fill(0)];
  const message = [
    ...head,
    ...mac(`02:00:00:00:01:0${n}`),
    ...Array(202).fill(0),
    0x63,
    0x82,
    0x53,
    0x63,
    53,
    1,
    type,
    255,
  ];
  const ports =
    op === 1 ? { sourcePort: 68, destinationPort: 67 } : { sourcePort: from, destinationPort: from === 67 ? 68 : 67 };
  return ethernet(
    {},
    ipv4({ source: op === 1 ? '0.0.0.0' : server, destination: '255.255.255.255' }, udp(ports, message)),
  );
}

describe('a list keeps so many items, and the total counts all', () => {
  const told: [keyof typeof ITEMS, Limits, (found: DigestOfObjects) => [kept: number, total: number | null]][] = [
    ['ping', { echoExchanges: 3 }, ({ echoes, echoesTotal }) => [echoes.length, echoesTotal]],
    ['neighbour', { arpExchanges: 3 }, ({ arp: list }) => [list.length, null]],
    ['datagram', { datagrams: 3 }, ({ datagrams, datagramsTotal }) => [datagrams.length, datagramsTotal]],
    ['lookup', { dnsExchanges: 3 }, ({ dns, dnsTotal }) => [dns.length, dnsTotal]],
    ['probe', { probes: 3 }, ({ probes, probesTotal }) => [probes.length, probesTotal]],
    ['error', { icmpErrors: 3 }, ({ icmpErrors, icmpErrorsTotal }) => [icmpErrors.length, icmpErrorsTotal]],
    ['tunnel', { tunnels: 3 }, ({ tunnels }) => [tunnels.length, null]],
    ['carrier', { carriers: 3 }, ({ carriers }) => [carriers.length, null]],
    ['time', { timeServers: 3 }, ({ timeServers }) => [timeServers.length, null]],
    ['lease', { leases: 3 }, ({ leases }) => [leases.length, null]],
    ['lease', { leases: 3 }, ({ dhcpClients }) => [dhcpClients.length, null]],
    ['claim', { claims: 3 }, ({ claims }) => [claims.length, null]],
  ];

  test.each(told)('%s: %o', async (kind, limits, count) => {
    for (const [frames, kept] of [
      [2, 2],
      [3, 3],
      [4, 3],
    ] as const) {
      const [found, total] = count(
        await digest(timed(Array.from({ length: frames }, (_, n) => ITEMS[kind](n + 1))), limits),
      );
      expect([found, total ?? frames]).toEqual([kept, frames]);
    }
  });

  test('and keeps the first ones, which go on', async () => {
    const again = [1, 2, 3, 1].map((n) => ITEMS.time(n));
    const { timeServers } = await digest(timed(again), { timeServers: 2 });
    expect(timeServers.map(({ client, answers }) => `${client} ${answers}`)).toEqual(['10.0.2.1 2', '10.0.2.2 1']);
  });

  test.each([
    ['ping', ({ echoes }: DigestOfObjects) => echoes.length],
    ['neighbour', ({ arp: list }: DigestOfObjects) => list.length],
    ['lookup', ({ dns }: DigestOfObjects) => dns.length],
    ['datagram', ({ datagrams }: DigestOfObjects) => datagrams.length],
    ['tunnel', ({ tunnels }: DigestOfObjects) => tunnels.length],
  ] as const)('%s: and no more than its share of the bytes', async (kind, count) => {
    const frames = timed(Array.from({ length: 200 }, (_, n) => ITEMS[kind](n + 1)));
    expect(count(await digest(frames))).toBe(200);
    // A tunnel takes 2.5 kB, the others a third of that and less.
    const few = count(await digest(frames, { otherBytes: kind === 'tunnel' ? 300_000 : 30_000 }));
    expect(few).toBeLessThan(160);
    expect(few).toBeGreaterThan(0);
  });

  test('hosts: and no more than their share of the bytes', async () => {
    const frames = timed(
      Array.from({ length: 200 }, (_, n) => ip(udp({}, 'x'), { source: `10.1.0.${n + 1}`, id: n + 1 })),
    );
    expect((await digest(frames)).hosts).toHaveLength(201);
    expect((await digest(frames, { otherBytes: 30_000 })).hosts.length).toBeLessThan(160);
  });
});

describe('a list of packets of one item keeps so many', () => {
  const of = async (frames: TimedFrame[], list: (found: DigestOfObjects) => readonly unknown[]) =>
    list(await digest(frames, { packetsPerItem: 2 })).length;
  const times = (count: number, frame: (nth: number) => LayerOfFrame) =>
    timed(Array.from({ length: count }, (_, nth) => frame(nth)));

  test('queries and answers of a lookup', async () => {
    // Each repetition has an IP ID of its own: it is no copy.
    const query = (nth: number) => ITEMS.lookup(1, nth + 1);
    const answer = (nth: number) =>
      ethernet(
        {},
        ipv4(
          { source: B, destination: A, id: nth + 1 },
          udp({ sourcePort: 53, destinationPort: 20_001 }, [
            ...octets(1),
            0x81,
            0x80,
            0,
            1,
            0,
            0,
            0,
            0,
            0,
            0,
            1,
            97,
            0,
            0,
            1,
            0,
            1,
          ]),
        ),
      );
    for (const count of [1, 2, 3]) {
      expect(await of(times(count, query), ({ dns }) => dns[0].queries)).toBe(Math.min(2, count));
      expect(
        await of(
          [...times(1, query), ...times(count, answer).map(([at, frame]): TimedFrame => [1 + at, frame])],
          ({ dns }) => dns[0].responses,
        ),
      ).toBe(Math.min(2, count));
    }
    expect((await digest(times(3, query), { packetsPerItem: 2 })).dns[0].queriesTotal).toBe(3);
  });

  test('requests and answers of a neighbour', async () => {
    const answer = ethernet({}, arp({ operation: 2, senderMac: '02:00:00:00:00:0b', sender: '10.0.1.1', target: A }));
    for (const count of [1, 2, 3]) {
      expect(
        await of(
          times(count, () => ITEMS.neighbour(1)),
          ({ arp: list }) => list[0].requests,
        ),
      ).toBe(Math.min(2, count));
      expect(
        await of(
          times(1 + count, (nth) => (nth === 0 ? ITEMS.neighbour(1) : answer)),
          ({ arp: list }) => list[0].replies,
        ),
      ).toBe(Math.min(2, count));
    }
  });

  test('messages of DHCP, and servers that answered', async () => {
    const discover = dhcp(1, 1, { op: 1, address: '0.0.0.0' });
    for (const count of [1, 2, 3]) {
      expect(
        await of(
          times(count, () => discover),
          ({ dhcpClients }) => dhcpClients[0].discovers,
        ),
      ).toBe(Math.min(2, count));
      expect(
        await of(
          times(count, (nth) => dhcp(2, 1, { server: `10.0.0.${nth + 5}` })),
          ({ dhcpClients }) => dhcpClients[0].servers,
        ),
      ).toBe(Math.min(2, count));
    }
    const twice = await digest(times(2, () => dhcp(2, 1)));
    expect(twice.dhcpClients[0]).toMatchObject({ servers: [B], offers: 2 });
    // From the port of a client no server answers.
    const other = await digest(times(1, () => dhcp(5, 1, { from: 68 })));
    expect([other.leases, other.dhcpClients[0].acks]).toEqual([[], 0]);
  });

  test('bad answers of a time server: leap 3, stratum 0 and from 16 on', async () => {
    const answer = (leap: number, stratum: number, code = '') =>
      ip(
        udp({ sourcePort: 123, destinationPort: 40_000 }, [
          (leap << 6) | 0b00_100_100,
          stratum,
          ...Array(10).fill(0),
          ...bytesOf(code.padEnd(36, '\0')),
        ]),
      );
    const one = async (...given: Parameters<typeof answer>) => {
      const { answers, unsynchronised, kisses, code, bad } = (await digest([[0, answer(...given)]])).timeServers[0];
      return `${answers} ${unsynchronised} ${kisses} ${code} ${bad.length}`;
    };
    expect(await one(0, 15)).toBe('1 0 0  0');
    expect(await one(0, 16)).toBe('1 1 0  1');
    expect(await one(3, 2)).toBe('1 1 0  1');
    expect(await one(2, 2)).toBe('1 0 0  0');
    expect(await one(0, 0, 'DENY')).toBe('1 0 1 DENY 1');
    expect(await one(0, 0, 'AB')).toMatch(/^1 1 0 /);
    expect(await one(0, 16, 'DENY')).toBe('1 1 0  1');
    for (const count of [1, 2, 3])
      expect(
        await of(
          times(count, () => answer(3, 16)),
          ({ timeServers }) => timeServers[0].bad,
        ),
      ).toBe(Math.min(2, count));
  });
});

describe('what belongs together in time', () => {
  const count = async (
    frame: (nth: number) => LayerOfFrame,
    pauses: number[],
    list: (found: DigestOfObjects) => readonly unknown[],
  ) => {
    let time = 0;
    const frames = [0, ...pauses].map((pause, nth): TimedFrame => [(time += pause), frame(nth)]);
    return list(await digest(frames)).length;
  };

  test('a ping that is repeated within 60 s is one', async () => {
    const echoes = ({ echoes: list }: DigestOfObjects) => list;
    expect(await count(() => ITEMS.ping(1), [59.9], echoes)).toBe(1);
    expect(await count(() => ITEMS.ping(1), [60], echoes)).toBe(2);
    // Each repetition counts anew.
    expect(await count(() => ITEMS.ping(1), [40, 40], echoes)).toBe(1);
    const pong = ethernet({}, ipv4({ source: B, destination: A }, icmp({ type: 0, id: 7, sequence: 1 })));
    expect(await count((nth) => (nth === 1 ? pong : ITEMS.ping(1)), [1, 1], echoes)).toBe(2);
    expect(await count((nth) => (nth === 0 ? ITEMS.ping(1) : pong), [1, 1], echoes)).toBe(1);
  });

  test('a request for an address that is repeated within 30 s is one, if nobody answered', async () => {
    const list = ({ arp: found }: DigestOfObjects) => found;
    const answer = ethernet({}, arp({ operation: 2, senderMac: '02:00:00:00:00:0b', sender: '10.0.1.1', target: A }));
    expect(await count(() => ITEMS.neighbour(1), [29.9], list)).toBe(1);
    expect(await count(() => ITEMS.neighbour(1), [30], list)).toBe(2);
    expect(await count(() => ITEMS.neighbour(1), [20, 20], list)).toBe(1);
    expect(await count((nth) => (nth === 1 ? answer : ITEMS.neighbour(1)), [1, 1], list)).toBe(2);
    const replies = async (pause: number) =>
      count(
        (nth) => (nth === 0 ? ITEMS.neighbour(1) : answer),
        [pause],
        ({ arp: found }) => found[0].replies,
      );
    expect([await replies(29.9), await replies(30)]).toEqual([1, 0]);
    // Another link address asks anew.
    const from = (nth: number) =>
      ethernet({}, arp({ operation: 1, senderMac: `02:00:00:00:00:1${nth}`, sender: A, target: '10.0.1.1' }));
    expect(await count(from, [1], list)).toBe(2);
    const claims = (
      await digest([
        [0, ethernet({}, arp({ operation: 2, senderMac: '02:00:00:00:00:0b', sender: '0.0.0.0', target: A }))],
      ])
    ).claims;
    expect(claims).toEqual([]);
  });

  test('fragments with one IP ID within 30 s are of one datagram; of 64 pieces and no more', async () => {
    const piece = (from: number, some: Parameters<typeof ipv4>[0] = {}) =>
      ip(new Uint8Array(8), { protocol: 17, id: 5, fragmentOffset: from, moreFragments: true, ...some });
    const fragments = ({ fragments: list }: DigestOfObjects) => list;
    expect(await count((nth) => piece(8 * nth), [29.9], fragments)).toBe(1);
    expect(await count((nth) => piece(8 * nth), [30], fragments)).toBe(2);
    expect(await count((nth) => piece(8 * nth), [20, 20], fragments)).toBe(1);
    for (const other of [{ id: 6 }, { protocol: 47 }, { source: '10.0.0.9' }, { destination: '10.0.0.9' }])
      expect(await count((nth) => piece(8 * nth, nth === 0 ? {} : other), [1], fragments)).toBe(2);
    const seen = async (pieces: number) =>
      (await digest(timed(Array.from({ length: pieces }, (_, nth) => piece(16 * nth))))).fragments[0].seenOctets;
    expect([await seen(63), await seen(64), await seen(65)]).toEqual([63 * 8, 64 * 8, 64 * 8]);
    // In front of the seen ones, next to them, between two of them, and within.
    const order = async (...from: number[]) =>
      (await digest(timed(from.map((at) => piece(at))))).fragments[0].seenOctets;
    expect([await order(16, 0), await order(8, 0), await order(0, 16, 8), await order(0, 8, 0)]).toEqual([
      16, 16, 24, 16,
    ]);
  });

  test('old entries of a map are dropped from its front', () => {
    const left = (times: number[], time: number) => {
      const open = AgedMap.byText<{ lastTime: number }>();
      for (const [nth, lastTime] of times.entries()) open.set(`${nth}`, { lastTime });
      open.dropOld(time, 10);
      return times.flatMap((_, nth) => (open.get(`${nth}`) === undefined ? [] : [nth])).join('');
    };
    expect([left([0, 1], 9), left([0, 1], 10), left([0, 1], 11), left([5, 0], 11)]).toEqual(['01', '1', '', '01']);
  });
});

describe('packets with a small hop limit that ask for an answer', () => {
  const probes = async (frame: LayerOfFrame) =>
    (await digest([[0, frame]])).probes.map(({ ttl, sequence }) => `${ttl} ${sequence}`).join();
  const hop = (ttl: number, payload: Payload = udp({}, 'x'), some: Parameters<typeof ipv4>[0] = {}) =>
    ip(payload, { ttl, ...some });

  test('are those of up to 30 hops: datagrams, first segments, pings', async () => {
    expect([await probes(hop(1)), await probes(hop(30)), await probes(hop(31)), await probes(hop(0))]).toEqual([
      '1 null',
      '30 null',
      '',
      '',
    ]);
    expect(await probes(hop(3, tcp({ flags: 'S' })))).toBe('3 null');
    expect(await probes(hop(3, tcp({ flags: 'S.' })))).toBe('');
    expect(await probes(hop(3, tcp({ flags: '.' })))).toBe('');
    expect(await probes(hop(3, icmp({ type: 8, id: 1, sequence: 9 })))).toBe('3 9');
    expect(await probes(hop(3, icmp({ type: 0, id: 1, sequence: 9 })))).toBe('');
    expect(await probes(hop(3, [1, 2, 3, 4, 5, 6, 7, 8], { protocol: 132 }))).toBe('');
  });

  test('are not those for many', async () => {
    for (const destination of ['224.0.0.1', '239.255.255.255', '255.255.255.255'])
      expect(await probes(hop(1, udp({}, 'x'), { destination }))).toBe('');
    expect(await probes(hop(1, udp({}, 'x'), { destination: '223.255.255.255' }))).toBe('1 null');
    const six = (destination: string) =>
      ethernet({}, ipv6({ source: 'fd00::1', destination, hopLimit: 2 }, icmpv6({ type: 128, id: 1, sequence: 4 })));
    expect([await probes(six('fd00::2')), await probes(six('ff02::1'))]).toEqual(['2 4', '']);
  });
});

describe('ICMP errors', () => {
  const kind = async (quoted: Payload, whole = false) => {
    const bytes = bytesOf(quoted);
    const frame = ip(icmp({ type: 3, code: 1 }, whole ? bytes : bytes.subarray(0, bytes[0] >> 4 === 6 ? 48 : 28)));
    return (await digest([[0, frame]])).icmpErrors[0].quoted?.tunnel;
  };
  test('name the tunnel of the packet that they quote', async () => {
    const four = (protocol: number) => ipv4({ protocol }, new Uint8Array(8));
    const six = (nextHeader: number) => ipv6({ nextHeader }, new Uint8Array(8));
    expect([
      await kind(four(4)),
      await kind(four(41)),
      await kind(four(47)),
      await kind(six(4)),
      await kind(six(41)),
    ]).toEqual(['ipip', '6in4', 'gre', '4in6', '6in6']);
    const to = (destinationPort: number) => ipv4({}, udp({ destinationPort }, new Uint8Array(8)));
    expect([
      await kind(to(6081)),
      await kind(to(4789)),
      await kind(to(8472)),
      await kind(to(4788)),
      await kind(ipv4({}, tcp({}))),
    ]).toEqual(['geneve', 'vxlan', 'vxlan', null, null]);
  });

  test('have no link address without a link layer', async () => {
    const frame = bytesOf(ipv4({}, icmp({ type: 3, code: 1 }, bytesOf(ipv4({}, udp({}, 'x'))))));
    expect((await digestOf([[0, frame]], { linkType: 101 })).icmpErrors[0].sourceMac).toBeNull();
  });
});

describe('neighbours over IPv6', () => {
  const solicit = (options: number[], { type = 135, flags = 0, target = 'fd00::2', cut = 0 } = {}) => {
    const message = [flags, 0, 0, 0, ...ipv6Address(target), ...options];
    // The first 4 octets of the message are the identifier and sequence of the builder.
    const body = icmpv6(
      { type, id: (message[0] << 8) | message[1], sequence: 0 },
      message.slice(4, message.length - cut),
    );
    return ethernet(
      { source: '02:00:00:00:00:01', destination: '33:33:00:00:00:02' },
      ipv6({ source: 'fd00::1', destination: 'fd00::9', hopLimit: 255 }, body),
    );
  };
  const link = (type: number, last: number, length = 1) => [
    type,
    length,
    ...mac(`02:00:00:00:00:${last}`),
    ...Array(8 * Math.max(0, length - 1)).fill(0),
  ];
  const one = async (frame: LayerOfFrame) => {
    const { arp: list, claims } = await digest([[0, frame]]);
    const claim = claims.map(({ address, mac: of, gratuitous }) => `${address} ${of} ${gratuitous}`).join();
    return [
      ...list.map(
        ({ asker, askerMac, target, gratuitous, broadcasts }) =>
          `${asker} ${askerMac} ${target} ${gratuitous} ${broadcasts}`,
      ),
      claim,
    ];
  };

  test('are read with their link address, from the option or else the frame', async () => {
    expect(await one(solicit(link(1, 31)))).toEqual(['fd00::1 02:00:00:00:00:31 fd00::2 false 1', '']);
    expect(await one(solicit(link(2, 31)))).toEqual(['fd00::1 02:00:00:00:00:01 fd00::2 false 1', '']);
    expect(await one(solicit([...link(5, 44, 2), ...link(1, 31)]))).toEqual([
      'fd00::1 02:00:00:00:00:31 fd00::2 false 1',
      '',
    ]);
    // An option without length ends the search, and so does one that was cut off.
    expect(await one(solicit([...link(5, 44, 0), ...link(1, 31)]))).toEqual([
      'fd00::1 02:00:00:00:00:01 fd00::2 false 1',
      '',
    ]);
    expect(await one(solicit(link(1, 31), { cut: 1 }))).toEqual(['fd00::1 02:00:00:00:00:01 fd00::2 false 1', '']);
    expect(await one(solicit([], { cut: 1 }))).toEqual(['']);
  });

  test('claim an address by an answer, and by an announcement that nobody asked for', async () => {
    expect(await one(solicit(link(2, 32), { type: 136, flags: 0x40 }))).toEqual(['fd00::2 02:00:00:00:00:32 0']);
    expect(await one(solicit(link(2, 32), { type: 136, flags: 0x20 }))).toEqual([
      'fd00::2 02:00:00:00:00:32 fd00::2 true 1',
      'fd00::2 02:00:00:00:00:32 1',
    ]);
  });
});

describe('numbers of biflows', () => {
  const numbers = (most = 100) => {
    let next = 10;
    return new FlowNumbers(most, () => next++);
  };
  /** Point, protocol, source, its port, destination, its port, encapsulation. */
  const [ENDS, BACK] = [
    [1, 17, 500, 40_000, 600, 53, 0],
    [1, 17, 600, 53, 500, 40_000, 0],
  ] as const;

  test('are twice the number, plus the direction from the client', () => {
    const flows = numbers();
    expect(flows.lookup(...ENDS, true)).toBe(20);
    expect([flows.lookup(...ENDS, true), flows.lookup(...BACK, true), flows.lookup(...BACK, false)]).toEqual([
      20, 21, 21,
    ]);
    expect([
      flows.clientOf(0),
      flows.serverOf(0),
      flows.portsOf(0),
      flows.pointOf(0),
      flows.encapsulationOf(0),
    ]).toEqual([500, 600, ((40_000 << 16) >>> 0) | (53 >>> 0), 1, 0].map((value) => value >>> 0));
    const turned = numbers();
    // The first packet comes from the server.
    expect([turned.lookup(...BACK, false), turned.lookup(...ENDS, true)]).toEqual([21, 20]);
    expect([turned.clientOf(0), turned.serverOf(0)]).toEqual([500, 600]);
  });

  test('that a core adds are counted, up to the limit, the tables and the budget', () => {
    const { flows: room } = roomFor({ flowBytes: 32 * 2 ** 20, otherBytes: 2 ** 30 });
    const left = room.left('biflow');
    const flows = new FlowNumbers(100_000, () => 1, room);
    flows.lookup(...ENDS, true);
    // 256 records.
    expect([flows.length, flows.length + flows.newBiflows]).toEqual([1, 256]);
    flows.countAdded(0);
    flows.countAdded(8);
    expect([flows.length, flows.length + flows.newBiflows, room.left('biflow')]).toEqual([9, 256, left - 9]);
    room.take('biflow', left - 9 - 5);
    expect(flows.length + flows.newBiflows).toBe(14);
    const few = new FlowNumbers(20, () => 1);
    expect(few.newBiflows).toBe(20);
    few.countAdded(20);
    expect(few.lookup(...ENDS, true)).toBe(NO_FLOW);
  });

  test('differ by each part', () => {
    const flows = numbers();
    flows.lookup(...ENDS, true);
    for (const [at, value] of [
      [0, 2],
      [1, 16],
      [2, 501],
      [3, 40_001],
      [4, 601],
      [5, 54],
      [6, 1],
    ] as const) {
      const other = [...ENDS] as [number, number, number, number, number, number, number];
      other[at] = value;
      expect(flows.lookup(...other, true)).toBe(22 + 2 * at);
    }
    expect(flows.leftOut).toBe(0);
  });

  test('of one address and port with itself have one direction', () => {
    const flows = numbers();
    expect([flows.lookup(1, 17, 500, 9, 500, 9, 0, true), flows.lookup(1, 17, 500, 9, 500, 9, 0, true)]).toEqual([
      20, 20,
    ]);
  });

  test('are given up to a limit; beyond it packets have none, and are counted', () => {
    const flows = numbers(300);
    const lookup = (nth: number) => flows.lookup(0, 17, nth, 1, 9999, 2, 0, true);
    for (let nth = 0; nth < 300; nth++) expect(lookup(nth)).toBe(20 + 2 * nth);
    expect([lookup(300), lookup(301), flows.leftOut]).toEqual([NO_FLOW, NO_FLOW, 2]);
    expect(lookup(299)).toBe(20 + 2 * 299);
    const full = new FlowNumbers(9, () => 1, { take: () => false } as never);
    expect([full.lookup(...ENDS, true), full.leftOut]).toEqual([NO_FLOW, 1]);
  });

  test('are set on what was seen', () => {
    const of = (found: number) => {
      const seen = { ...NOTHING_SEEN };
      setFlow(seen, found);
      return [seen.flow, seen.direction];
    };
    expect([of(20), of(21), of(NO_FLOW)]).toEqual([
      [10, 0],
      [10, 1],
      [0xffff_ffff, 0],
    ]);
  });
});

describe('packets that the snapshot length cut', () => {
  const cut = (some: object) =>
    ({
      protocol: 6,
      transportAt: -1,
      sourcePort: 80,
      payloadLength: 100,
      tcpOptionsIncomplete: false,
      stop: { kind: 'too-short', limitedBy: 'snaplen' },
      ...some,
    }) as unknown as Packet;

  test('before their ports, behind them, or not at all', () => {
    expect([
      isWithoutPorts(cut({})),
      isWithoutPorts(cut({ sourcePort: 0 })),
      isWithoutPorts(cut({ sourcePort: 0, transportAt: 5 })),
    ]).toEqual([false, true, false]);
    expect([isCutSegment(cut({})), isCutSegment(cut({ sourcePort: 0 })), isCutSegment(cut({ protocol: 17 }))]).toEqual([
      true,
      false,
      false,
    ]);
    for (const stop of [undefined, { kind: 'other', limitedBy: 'snaplen' }, { kind: 'too-short', limitedBy: 'length' }])
      expect(isCutSegment(cut({ stop }))).toBe(false);
    expect([
      isHeaderCut(cut({ transportAt: 5 })),
      isHeaderCut(cut({ transportAt: 5, tcpOptionsIncomplete: true })),
      isHeaderCut(cut({})),
    ]).toEqual([false, true, true]);
  });

  test('have a payload of at least what the longest header leaves', () => {
    const least = (some: object) => leastPayload(cut(some));
    expect([
      least({}),
      least({ payloadLength: 60 }),
      least({ payloadLength: 61 }),
      least({ payloadLength: 10 }),
      least({ transportAt: 5 }),
    ]).toEqual([40, 0, 1, 0, 100]);
    expect([least({ protocol: 17 }), least({ protocol: 17, payloadLength: 5 }), least({ protocol: 132 })]).toEqual([
      92, 0, 100,
    ]);
  });
});
