import { describe, expect, test } from 'vitest';
import type { DnsExchange } from '../../../src/flows/evidence/evidence.ts';
import {
  belongsToTrouble,
  isOrdinaryLookup,
  keptDatagrams,
  keptDns,
  mostDatagrams,
} from '../../../src/flows/trackers/kept-exchanges.ts';
import { type DigestOfObjects, digestOf, type TimedFrame } from '../../support/digest-of.ts';
import { dns } from '../../support/evidence.ts';
import { ethernet, ipv4, type LayerOfFrame, udp, vxlan } from '../../support/frames.ts';

const [A, B, OTHER] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
const be16 = (value: number) => [value >> 8, value & 255];
const be32 = (value: number) => [...be16(value >>> 16), ...be16(value & 0xffff)];
const le32 = (value: number) => be32(value).reverse();

describe('an ordinary lookup', () => {
  const lookup = (some: object = {}, response: object = {}): DnsExchange => {
    const made = dns({ queries: [1], answered: 1.001 });
    return { ...made, responses: made.responses.map((one) => ({ ...one, ...response })), ...some };
  };
  test('was asked once, and answered at once by who was asked, with an address or "no such name"', () => {
    expect(isOrdinaryLookup(lookup())).toBe(true);
    expect(isOrdinaryLookup(lookup({}, { rcode: 3 }))).toBe(true);
    for (const rcode of [1, 2, 4, 5]) expect(isOrdinaryLookup(lookup({}, { rcode }))).toBe(false);
    const { server, responses, queries } = lookup();
    for (const some of [
      { queriesTotal: 2 },
      { queries: [] },
      { queries: [...queries, ...queries] },
      { responses: [] },
      { responses: [...responses, ...responses] },
    ])
      expect(isOrdinaryLookup(lookup(some))).toBe(false);
    for (const response of [
      { truncated: true },
      { from: { ...server, address: OTHER } },
      { from: { ...server, port: 54 } },
      { time: 1.1 },
    ])
      expect(isOrdinaryLookup(lookup({}, response))).toBe(false);
    expect(isOrdinaryLookup(lookup({}, { time: 1.099 }))).toBe(true);
  });
});

describe('lookups that belong to one in trouble', () => {
  const at = (time: number, client: string, name: string, answered = true) =>
    dns({ queries: [time], answered: answered ? time + 0.001 : null, client, name });
  const belongs = (time: number, client = '10.0.0.1:5001', name = 'a.test') => {
    const bad = at(20, '10.0.0.1:5000', 'a.test', false);
    const other = at(time, client, name);
    return belongsToTrouble([bad, other], () => 0)(other);
  };

  test('are of its socket, or of its client and name in its 15 s and those beside', () => {
    // 20 s is in the second quarter of a minute: from 0 to 45 s.
    expect([belongs(0), belongs(29), belongs(44.9), belongs(45), belongs(90)]).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect([
      belongs(21, '10.0.0.2:5001'),
      belongs(21, '10.0.0.1:5001', 'b.test'),
      belongs(900, '10.0.0.1:5000', 'b.test'),
      belongs(900, '10.0.0.2:5000', 'b.test'),
    ]).toEqual([false, false, true, false]);
  });

  test('are of its capture', () => {
    const bad = at(20, '10.0.0.1:5000', 'a.test', false);
    const other = { ...at(21, '10.0.0.1:5000', 'a.test'), point: 1 };
    expect(belongsToTrouble([bad, other], ({ point }) => point)(other)).toBe(false);
    expect(belongsToTrouble([bad, other], () => 0)(other)).toBe(true);
  });

  test('are kept beside so many ordinary ones, within the limit all are', () => {
    const all = [1, 2, 3, 4].map((nth) => at(100 * nth, `10.0.0.1:${nth}`, `n${nth}`, nth !== 3));
    expect([3, 4].map((most) => keptDns(all, most).length)).toEqual([4, 4]);
    expect(
      [0, 1, 2].map((most) =>
        keptDns(all, most)
          .map(({ name }) => name)
          .join(),
      ),
    ).toEqual(['n3', 'n1,n3', 'n1,n2,n3']);
  });

  test('datagrams: those without an answer, those of kept lookups, and so many others', () => {
    const flows = [
      [1, 1],
      [0, 1],
      [1, 0],
      [1, 1],
      [1, 1],
    ].map((packets, flow) => ({ flow, packets: packets as [number, number] }));
    const of = { ...at(1, '10.0.0.1:1', 'x'), flow: 4 };
    expect(keptDatagrams(flows, 0, [of]).map(({ flow }) => flow)).toEqual([1, 2, 4]);
    expect(keptDatagrams(flows, 1, [of]).map(({ flow }) => flow)).toEqual([0, 1, 2, 4]);
    const most = (count: number, lookups = [of]) =>
      mostDatagrams(flows, count, lookups)
        .map(({ flow }) => flow)
        .join('');
    expect([most(5), most(4), most(2), most(1), most(0)]).toEqual(['01234', '0124', '04', '4', '']);
    expect(most(1, [of, { ...of, flow: 2 }])).toBe('2');
  });
});

describe('lookups by time', () => {
  const question = (id: number, response = false, name = 97) => [
    ...be16(id),
    response ? 0x81 : 1,
    response ? 0x80 : 0,
    0,
    1,
    0,
    0,
    0,
    0,
    0,
    0,
    1,
    name,
    0,
    0,
    1,
    0,
    1,
  ];
  let ipId = 1;
  const query = (id = 1, server = B, name = 97) =>
    ethernet(
      {},
      ipv4(
        { source: A, destination: server, id: ipId++ },
        udp({ sourcePort: 5000, destinationPort: 53 }, question(id, false, name)),
      ),
    );
  const answer = (id = 1, server = B, name = 97) =>
    ethernet(
      {},
      ipv4(
        { source: server, destination: A, id: ipId++ },
        udp({ sourcePort: 53, destinationPort: 5000 }, question(id, true, name)),
      ),
    );
  const lookups = async (...frames: TimedFrame[]) =>
    (await digestOf(frames)).dns.map(({ queriesTotal, responses }) => `${queriesTotal}/${responses.length}`).join(' ');

  test('a question that comes again is one for 150 s without an answer', async () => {
    expect(await lookups([0, query()], [149, query()])).toBe('2/0');
    expect(await lookups([0, query()], [150, query()])).toBe('1/0 1/0');
    expect(await lookups([0, query()], [100, query()], [249, query()])).toBe('3/0');
  });

  test('an answer belongs to it for 150 s', async () => {
    expect(await lookups([0, query()], [149, answer()])).toBe('1/1');
    expect(await lookups([0, query()], [150, answer()])).toBe('1/0');
    // A second answer for 30 s after the first.
    expect(await lookups([0, query()], [1, answer()], [30.9, answer()])).toBe('1/2');
    expect(await lookups([0, query()], [1, answer()], [31, answer()])).toBe('1/1');
  });

  test('after an answer the question counts as the same for 15 s from its beginning', async () => {
    expect(await lookups([0, query()], [1, answer()], [14.9, query()])).toBe('2/1');
    expect(await lookups([0, query()], [1, answer()], [15, query()])).toBe('1/1 1/0');
    expect(await lookups([0, query()], [10, query()], [11, answer()], [16, query()])).toBe('2/1 1/0');
  });

  test('an answer of another server belongs to it for 30 s', async () => {
    expect(await lookups([0, query()], [29.9, answer(1, OTHER)])).toBe('1/1');
    expect(await lookups([0, query()], [30, answer(1, OTHER)])).toBe('1/0');
    expect(await lookups([0, query()], [1, query(1, OTHER)], [2, answer()])).toBe('1/1 1/0');
  });

  test('an answer of 30 s later is found though other questions came between', async () => {
    expect(await lookups([0, query()], [40, query(2)], [80, query(3)], [149, answer()])).toBe('1/1 1/0 1/0');
    expect(await lookups([0, query()], [40, query(2)], [151, query(3)], [152, answer()])).toBe('1/0 1/0 1/0');
  });

  test('letters of a name may be small or large; another number or name is another lookup', async () => {
    expect(await lookups([0, query()], [1, answer(1, B, 65)])).toBe('1/1');
    expect(await lookups([0, query()], [1, answer(2)])).toBe('1/0');
    expect(await lookups([0, query()], [1, answer(1, B, 98)])).toBe('1/0');
  });
});

describe('encrypted packets and plain ones', () => {
  let id = 1;
  const esp = (octets: number, spi = 3, link: Parameters<typeof ethernet>[0] = {}) =>
    ethernet(
      link,
      ipv4({ source: A, destination: B, protocol: 50, id: id++ }, [
        ...be32(spi),
        ...be32(id),
        ...Array(octets - 8).fill(1),
      ]),
    );
  const plain = (octets: number, link: Parameters<typeof ethernet>[0] = {}) =>
    ethernet(
      link,
      ipv4({ source: '10.9.0.1', destination: '10.9.0.2', id: id++ }, udp({}, new Uint8Array(octets - 28))),
    );
  const carriers = async (frames: [number, LayerOfFrame][], limits = {}) =>
    (await digestOf(frames, { limits })).carriers;
  const followed = async (...frames: [number, LayerOfFrame][]) => (await carriers(frames))[0].followed;

  test('belong together within 5 ms', async () => {
    expect(await followed([0, esp(200)], [0.0049, plain(150)])).toBe(1);
    expect(await followed([0, esp(200)], [0.0051, plain(150)])).toBe(0);
    expect(await followed([0, plain(150)], [0.001, esp(200)])).toBe(0);
  });

  test('by length: 22 to 121 octets less', async () => {
    // 20 octets of IP and 200 of ESP.
    const by = (octets: number) => followed([0, esp(200)], [0.001, plain(octets)]);
    expect([await by(98), await by(99), await by(198), await by(199)]).toEqual([0, 1, 1, 0]);
  });

  test('on one link: the same addresses in the same roles', async () => {
    const other = { source: '02:00:00:00:00:99' };
    expect(await followed([0, esp(200)], [0.001, plain(150, other)])).toBe(0);
    expect(await followed([0, esp(200)], [0.001, plain(150, { destination: '02:00:00:00:00:99' })])).toBe(0);
    expect(await followed([0, esp(200, 3, other)], [0.001, plain(150, other)])).toBe(1);
  });

  test('each once, the first one first; 64 wait', async () => {
    expect(await followed([0, esp(200)], [0.001, plain(150)], [0.002, plain(150)])).toBe(1);
    expect(await followed([0, esp(200)], [0.001, esp(200)], [0.002, plain(150)], [0.003, plain(150)])).toBe(2);
    const many = async (count: number) => {
      const waiting = Array.from({ length: count }, (_, nth): [number, LayerOfFrame] => [
        nth / 1e5,
        nth === 0 ? esp(300) : esp(200),
      ]);
      return followed(...waiting, [0.002, plain(250)]);
    };
    expect([await many(64), await many(65)]).toEqual([1, 0]);
  });

  test('what did not follow is listed, 16 at most, and flows that did once each', async () => {
    const [one] = await carriers(Array.from({ length: 20 }, (_, nth) => [nth, esp(200)]));
    expect([one.packets, one.notFollowed.length, one.notFollowed[0].packet]).toEqual([20, 16, 1]);
    const pairs = [0, 1, 2].flatMap((nth): [number, LayerOfFrame][] => [
      [nth, esp(200)],
      [nth + 0.001, plain(150)],
    ]);
    expect((await carriers(pairs))[0]).toMatchObject({
      followed: 3,
      innerFlows: [{ point: 0, flow: 1 }],
      notFollowed: [],
      lastFollowed: { packet: 6 },
    });
  });

  const wireguard = (body: number[], [source, destination] = [A, B]) =>
    ethernet({}, ipv4({ source, destination, id: id++ }, udp({ sourcePort: 51_820, destinationPort: 51_820 }, body)));
  const data = (receiver: number, octets: number) =>
    wireguard([4, 0, 0, 0, ...le32(receiver), ...le32(9), 0, 0, 0, 0, ...Array(octets - 16).fill(1)]);
  const initiation = (sender: number) => wireguard([1, 0, 0, 0, ...le32(sender), ...Array(140).fill(1)]);
  const response = (to: number) => wireguard([2, 0, 0, 0, ...le32(77), ...le32(to), ...Array(80).fill(1)], [B, A]);
  const cookie = (to: number) => wireguard([3, 0, 0, 0, ...le32(to), ...Array(56).fill(1)], [B, A]);

  test('of WireGuard count by receiver; keep-alives do not', async () => {
    const found = await carriers([
      [0, data(5, 48)],
      [1, data(5, 32)],
      [2, data(6, 64)],
    ]);
    expect(found.map(({ kind, spi, packets, sequenceFirst }) => `${kind} ${spi} ${packets} ${sequenceFirst}`)).toEqual([
      'wireguard 5 1 9',
      'wireguard 6 1 9',
    ]);
    // A message of another length is none, and neither is a fragment.
    const first = [4, 0, 0, 0, ...le32(5), ...le32(9), 0, 0, 0, 0, ...Array(32).fill(1)];
    expect(await carriers([[0, ethernet({}, ipv4({ id: id++, moreFragments: true }, udp({}, first)))]])).toEqual([]);
    expect(await carriers([[0, ethernet({}, ipv4({ id: id++ }, udp({}, first)))]])).toHaveLength(1);
    expect(await carriers([[0, data(5, 49)]])).toEqual([]);
  });

  test('handshakes of WireGuard: an initiation, and the response or cookie to it', async () => {
    const told = async (...frames: LayerOfFrame[]) => {
      const [one] = await carriers(frames.map((frame, at) => [at, frame]));
      return `${one.kind} ${one.packets} ${one.followed} ${one.notFollowed.length} ${one.spi}`;
    };
    expect(await told(initiation(8))).toBe('wireguard-handshake 1 0 1 8');
    expect(await told(initiation(8), response(8))).toBe('wireguard-handshake 1 1 0 8');
    expect(await told(initiation(8), cookie(8))).toBe('wireguard-handshake 1 1 0 8');
    expect(await told(initiation(8), response(9))).toBe('wireguard-handshake 1 0 1 8');
    expect(await told(initiation(8), response(8), response(8))).toBe('wireguard-handshake 1 1 0 8');
    expect(await told(initiation(8), initiation(9), response(8))).toBe('wireguard-handshake 2 1 1 9');
    // One carrier may have more initiations than there may be carriers: the first ones wait.
    const [few] = await carriers(
      [
        [0, initiation(8)],
        [1, initiation(9)],
        [2, response(9)],
      ],
      { carriers: 1 },
    );
    expect(few).toMatchObject({ packets: 2, followed: 0 });
    const [two] = await carriers(
      [
        [0, initiation(8)],
        [1, initiation(9)],
        [2, response(9)],
      ],
      { carriers: 2 },
    );
    expect(two).toMatchObject({ packets: 2, followed: 1 });
  });

  test('ESP in UDP has an index that is not 0; fragments are none', async () => {
    const inUdp = (spi: number, ports: [number, number], octets = 40) =>
      ethernet(
        {},
        ipv4(
          { source: A, destination: B, id: id++ },
          udp({ sourcePort: ports[0], destinationPort: ports[1] }, [
            ...be32(spi),
            ...be32(1),
            ...Array(octets - 8).fill(1),
          ]),
        ),
      );
    const count = async (frame: LayerOfFrame) => (await carriers([[0, frame]])).length;
    expect([
      await count(inUdp(3, [4500, 9])),
      await count(inUdp(3, [9, 4500])),
      await count(inUdp(3, [9, 4501])),
      await count(inUdp(0, [4500, 4500])),
    ]).toEqual([1, 1, 0, 0]);
    expect([
      await count(inUdp(3, [4500, 9], 8)),
      await count(ethernet({}, ipv4({}, udp({ sourcePort: 4500 }, [0, 0, 0, 3, 0, 0, 1])))),
    ]).toEqual([1, 0]);
    expect(await count(ethernet({}, ipv4({ protocol: 50, moreFragments: true }, Array(40).fill(1))))).toBe(0);
  });
});

describe('tunnels', () => {
  let id = 1;
  const tunnelled = (checksum: number | undefined, some: { cut?: number } = {}) => {
    const inner = ethernet({}, ipv4({ id: id++ }, udp({}, new Uint8Array(some.cut ?? 10))));
    return ethernet(
      {},
      ipv4(
        { source: A, destination: B, id: id++ },
        udp({ destinationPort: 4789, ...(checksum !== undefined && { checksum }) }, vxlan({ vni: 1 }, inner)),
      ),
    );
  };
  const checked = async (list: (number | undefined)[], limits = {}) => {
    const { tunnels }: DigestOfObjects = await digestOf(
      list.map((checksum, at): TimedFrame => [at, tunnelled(checksum)]),
      { limits },
    );
    const [{ checksums, firstBadChecksum }] = tunnels;
    return `${checksums.good} good ${checksums.bad} bad ${checksums.absent} absent, first ${firstBadChecksum?.packet ?? null}`;
  };

  test('have their outer checksums counted: the first ones that are there, and all that are absent', async () => {
    expect(await checked([undefined, 0x1234, 0x1235, 0])).toBe('1 good 2 bad 1 absent, first 2');
    expect(await checked([undefined, undefined, 0x1234], { tunnelChecksums: 2 })).toBe(
      '2 good 0 bad 0 absent, first null',
    );
    expect(await checked([undefined, undefined, 0x1234], { tunnelChecksums: 3 })).toBe(
      '2 good 1 bad 0 absent, first 3',
    );
    expect(await checked([0, 0, undefined, 0], { tunnelChecksums: 1 })).toBe('1 good 0 bad 3 absent, first null');
  });
});

describe('hosts', () => {
  test('have their first and last times in the order of the capture, and the latest of all', async () => {
    const sent = (at: number, id: number): TimedFrame => [
      at,
      ethernet({}, ipv4({ source: A, destination: B, id }, udp({}, 'x'))),
    ];
    const { hosts } = await digestOf([sent(5, 1), sent(9, 2), sent(7, 3)]);
    expect(hosts[0]).toMatchObject({ firstSent: 0, lastSent: 4, firstReceived: null, lastReceived: null });
    expect(hosts[1]).toMatchObject({ firstReceived: 0, lastReceived: 4, firstSent: null });
    const back = await digestOf([sent(5, 1), sent(2, 2)]);
    expect(back.hosts[0]).toMatchObject({ firstSent: 0, lastSent: 0 });
  });

  test('count so many different link addresses and hop limits', async () => {
    const frames = Array.from(
      { length: 5 },
      (_, at): TimedFrame => [
        at,
        ethernet(
          { source: `02:00:00:00:01:0${at}` },
          ipv4({ source: A, destination: B, ttl: 40 + at, id: at + 1 }, udp({}, 'x')),
        ),
      ],
    );
    const { hosts } = await digestOf(frames, { limits: { countedValues: 3 } });
    expect([hosts[0].macs.length, hosts[0].ttls.length]).toEqual([3, 3]);
  });
});
