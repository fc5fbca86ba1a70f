import { describe, expect, test } from 'vitest';
import { comeAsSyns, isCutTcp, isTcp } from '../../../src/heuristics/facts/cut-segments.ts';
import { failedGroups } from '../../../src/heuristics/facts/dns/failed-groups.ts';
import { lookupsOf } from '../../../src/heuristics/facts/dns-lookups.ts';
import { namesOf } from '../../../src/heuristics/facts/names.ts';
import { machineOfClient, subjectOf } from '../../../src/heuristics/facts/subject.ts';
import { allUnanswered, packetsOf, tunnelPairs } from '../../../src/heuristics/facts/tunnel-pair.ts';
import { connection, datagram, dns, echo, evidence, point, ref, tunnel } from '../../support/evidence.ts';

describe('the subject of conversations', () => {
  const tcp = (client: number, server: number, service: string | null = null) => {
    const one = connection({ client: `10.0.0.${client}:1000`, server: `10.0.1.${server}:80` });
    return { one, path: { of: [one], serverBeforeNat: service } };
  };
  const of = (...all: ReturnType<typeof tcp>[]) =>
    subjectOf(evidence({ connections: all.map(({ one }) => one), paths: all.map(({ path }) => path) }).conversations);
  test('one client and one server', () =>
    expect(of(tcp(1, 1))).toEqual({
      subject: { protocol: 'tcp', client: '10.0.0.1', server: '10.0.1.1:80', serverBeforeNat: null },
      key: '10.0.0.1>10.0.1.1:80',
      cause: '*>10.0.1.1:80',
      servers: ['10.0.1.1:80'],
      clients: ['10.0.0.1'],
    }));
  test('three are named, more are counted', () => {
    const three = of(tcp(3, 1), tcp(1, 3), tcp(2, 2));
    expect(three.subject).toMatchObject({
      client: '10.0.0.1, 10.0.0.2, 10.0.0.3',
      server: '10.0.1.1:80, 10.0.1.2:80, 10.0.1.3:80',
    });
    expect(three.cause).toBe('*>10.0.1.1:80,10.0.1.2:80,10.0.1.3:80');
    const clients = of(tcp(1, 1), tcp(2, 1), tcp(3, 1), tcp(4, 1));
    expect([clients.subject.client, clients.key, clients.cause]).toEqual([
      '4 clients',
      '10.0.0.1,10.0.0.2,10.0.0.3>10.0.1.1:80',
      '*>10.0.1.1:80',
    ]);
    const servers = of(tcp(1, 1), tcp(1, 2), tcp(1, 3), tcp(1, 4));
    expect([servers.subject.server, servers.key, servers.cause]).toEqual([
      '4 servers',
      '10.0.0.1>10.0.1.1:80,10.0.1.2:80,10.0.1.3:80',
      '10.0.0.1>*',
    ]);
    expect(of(tcp(1, 1), tcp(2, 2), tcp(3, 3), tcp(4, 4)).cause).toBe('*>*');
    expect(of(tcp(1, 1), tcp(2, 2), tcp(3, 3), tcp(3, 4)).cause).toBe('10.0.0.1,10.0.0.2,10.0.0.3>*');
  });
  test('services', () => {
    expect(of(tcp(1, 1, '10.96.0.1:80'), tcp(1, 2)).subject.serverBeforeNat).toBe('10.96.0.1:80');
    expect(of(...[1, 2, 3, 4].map((nth) => tcp(1, nth, `10.96.0.${nth}:80`))).subject.serverBeforeNat).toBe(
      '4 services',
    );
  });
  test('protocols', () => {
    const protocol = (parts: Parameters<typeof evidence>[0]) => {
      const { subject } = subjectOf(evidence(parts).conversations);
      return `${subject.protocol} ${subject.server}`;
    };
    expect(protocol({ datagrams: [datagram()] })).toBe('udp 10.244.2.7:5000');
    expect(protocol({ datagrams: [datagram({ protocol: 6 })] })).toBe('ip 10.244.2.7');
    expect(protocol({ echoes: [echo()] })).toBe('icmp 10.244.2.7');
    expect(protocol({ echoes: [echo()], datagrams: [datagram()] })).toBe('ip 10.244.2.7, 10.244.2.7:5000');
    expect(subjectOf([]).subject).toEqual({ protocol: 'ip', client: null, server: null, serverBeforeNat: null });
  });
  test('the machine of the client', () => {
    const names = namesOf(evidence({}));
    const machine = (client: string | null) => machineOfClient({ client } as never, names);
    expect([machine(null), machine('10.0.0.1'), machine('4 clients'), machine('10.0.0.1, 10.0.0.2')]).toEqual([
      'a client',
      '10.0.0.1',
      'one of 4 clients',
      'one of 10.0.0.1, 10.0.0.2',
    ]);
  });
});

describe('TCP whose headers are cut', () => {
  test.each<[name: string, parts: Parameters<typeof evidence>[0], cut: boolean, tcp: boolean]>([
    ['whole', { connections: [connection()] }, false, true],
    ['cut', { datagrams: [datagram({ protocol: 6 })] }, true, true],
    ['UDP', { datagrams: [datagram()] }, false, false],
  ])('%s', (_, parts, cut, tcp) => {
    const all = evidence(parts);
    expect([isCutTcp(all, all.conversations[0]), isTcp(all, all.conversations[0])]).toEqual([cut, tcp]);
  });
  test.each<[times: number[], expected: boolean]>([
    [[], false],
    [[0], false],
    [[0, 1], false],
    [[0, 1, 3], true],
    [[0, 1, 2.5], true],
    [[0, 1, 2.49], false],
    [[0, 0.89, 3], false],
    [[0, 0.9, 3], true],
    [[0, 1, 1.5, 4], false],
    [[0, 1, 2, 3, 4, 6], true],
    [[0, 1, 3, 4], false],
  ])('packets at %j come as SYNs: %s', (times, expected) =>
    expect(comeAsSyns(times.map((time) => ref(time)))).toBe(expected),
  );
});

describe('both directions of a tunnel', () => {
  const flows = [
    tunnel({ index: 0, source: 'b', destination: 'a', packets: 3 }),
    tunnel({ index: 1, source: 'a', destination: 'b', packets: 4 }),
    tunnel({ index: 2, source: 'a', destination: 'b', kind: 'geneve' }),
    tunnel({ index: 3, source: 'a', destination: 'b', point: 1 }),
  ];
  const carried = (tunnels: number[], packets: number, isAnswered = false) =>
    connection({
      client: `10.244.1.5:${packets}`,
      toServer: { packets, tunnels },
      ...(isAnswered && { toClient: { packets: 1 } }),
    });
  const all = (...connections: ReturnType<typeof connection>[]) =>
    evidence({ points: [point(), point()], tunnels: flows, connections });
  test('by point and kind', () =>
    expect(
      tunnelPairs(all()).map(
        ({ point: at, a, b, forward, backward }) =>
          `${at} ${a}-${b}: ${forward.map(({ index }) => index)} | ${backward.map(({ index }) => index)}`,
      ),
    ).toEqual(['0 a-b: 1 | 0', '0 a-b: 2 | ', '1 a-b: 3 | ']));
  test('none of its conversations is answered', () => {
    const unanswered = (least: number, ...connections: ReturnType<typeof connection>[]) => {
      const known = all(...connections);
      return allUnanswered(known, tunnelPairs(known)[0], least)?.length ?? null;
    };
    expect(unanswered(5, carried([0], 2), carried([1], 3))).toBe(2);
    expect(unanswered(6, carried([0], 2), carried([1], 3))).toBeNull();
    expect(unanswered(2, carried([0], 2), carried([1], 3, true))).toBeNull();
    expect(unanswered(0)).toBe(0);
    expect(packetsOf(flows.slice(0, 2))).toBe(7);
  });
});

test('failed lookups by client and server, and those of a circle with who asked first', () => {
  const asks = (from: number, to: number, at: number, name = 'web.test') =>
    dns({ client: `10.0.0.${from}:${1000 + from}`, server: `10.0.0.${to}:53`, queries: [at], name });
  const told = (exchanges: ReturnType<typeof dns>[], from = 0) => {
    const all = evidence({ dns: exchanges });
    return failedGroups(all, lookupsOf(all).slice(from)).map(
      ({ group, circle, inside }) =>
        `${group.map(({ client, server }) => `${client.address.slice(7)}>${server.address.slice(7)}`)} circle ${circle.map((one) => one.slice(7))} inside ${inside.length}`,
    );
  };
  const round = [asks(9, 1, 0), asks(1, 2, 1), asks(2, 1, 2)];
  expect(told([asks(9, 1, 0), asks(9, 1, 5, 'b.test'), asks(9, 2, 6)])).toEqual([
    '9>1,9>1 circle  inside 0',
    '9>2 circle  inside 0',
  ]);
  expect(told(round)).toEqual(['9>1 circle 1,2 inside 2']);
  // Nobody outside is seen.
  expect(told([...round, { ...asks(1, 2, 3), client: { address: '10.0.0.1', port: 7 } }], 1)).toEqual([
    '1>2,1>2 circle 2,1 inside 3',
    '2>1 circle  inside 0',
  ]);
});
