import { describe, expect, test } from 'vitest';
import type { IcmpError } from '../../../src/flows/evidence/evidence.ts';
import {
  aboutGroup,
  conversationsOf,
  type IcmpGroup,
  icmpGroups,
  icmpGroupsInShort,
  othersText,
  speakersText,
} from '../../../src/heuristics/facts/icmp-findings.ts';
import { namesOf } from '../../../src/heuristics/facts/names.ts';
import {
  arp,
  capture,
  connection,
  datagram,
  type EvidenceParts,
  echo,
  evidence,
  icmpError,
  point,
  quoted,
} from '../../support/evidence.ts';

const [CLIENT, SERVER, ROUTER] = ['10.244.1.5', '10.244.2.7', '10.244.1.1'];
const HOST = { type: 3, code: 1 };
const about = (time: number, some: Partial<IcmpError> = {}, quotes: Partial<Parameters<typeof quoted>[0]> = {}) =>
  icmpError(time, {
    from: ROUTER,
    to: CLIENT,
    ...HOST,
    quoted: quoted({ source: `${CLIENT}:4000`, destination: `${SERVER}:80`, protocol: 6, ...quotes }),
    ...some,
  });
const points = [point(), point({ capture: 1 })];
const captures = [capture(), capture()];
const all = () => true;

describe('the conversation whose packet an error quotes', () => {
  const two = evidence({
    connections: [4000, 4001].map((port) => connection({ client: `${CLIENT}:${port}`, server: `${SERVER}:80` })),
  });
  const quoting = (source: string, destination: string, protocol = 6) =>
    conversationsOf(two, [icmpError(1, { quoted: quoted({ protocol, source, destination }) })]).map(
      ({ client }) => client.port,
    );
  test('of either direction', () => {
    expect(quoting(`${CLIENT}:4001`, `${SERVER}:80`)).toEqual([4001]);
    expect(quoting(`${SERVER}:80`, `${CLIENT}:4001`)).toEqual([4001]);
    expect(quoting(`${SERVER}:81`, `${CLIENT}:4001`)).toEqual([]);
    expect(quoting(`${CLIENT}:4001`, `${SERVER}:81`)).toEqual([]);
    expect(quoting(`${CLIENT}:4002`, `${SERVER}:80`)).toEqual([]);
    expect(quoting(`${SERVER}:80`, `${CLIENT}:4002`)).toEqual([]);
    expect(quoting(`${CLIENT}:4001`, `${SERVER}:80`, 17)).toEqual([]);
  });
  const of = (parts: EvidenceParts, protocol: number, source = `${CLIENT}:4000`, destination = `${SERVER}:80`) => {
    const made = evidence(parts);
    return conversationsOf(made, [
      icmpError(1, { quoted: null }),
      icmpError(1, { quoted: quoted({ protocol, source, destination }) }),
    ]).length;
  };
  const ends = { client: `${CLIENT}:4000`, server: `${SERVER}:80` };
  const udp = { datagrams: [datagram(ends)] };
  const other = { datagrams: [datagram({ client: `${CLIENT}:0`, server: `${SERVER}:0`, protocol: 6 })] };
  const pings = { echoes: [echo({ source: CLIENT, destination: SERVER, id: 7 })] };
  test.each<[name: string, parts: EvidenceParts, protocol: number, expected: number]>([
    ['datagrams of UDP', udp, 17, 1],
    ['datagrams of TCP', udp, 6, 0],
    ['datagrams of ICMP', udp, 1, 0],
    ['an echo', pings, 1, 1],
    ['an echo, of TCP', pings, 6, 0],
    ['an echo, of UDP', pings, 17, 0],
    ['of no port, and another protocol', other, 47, 1],
    ['of no port, TCP', other, 6, 0],
    ['ARP', { arp: [arp({ asker: CLIENT, target: SERVER })] }, 1, 1],
  ])('%s', (_, parts, protocol, expected) =>
    expect(of(parts, protocol, CLIENT, SERVER) + of(parts, protocol) > 0 ? 1 : 0).toBe(expected),
  );
  test('without ports the addresses decide', () => {
    expect(of(pings, 1, `${CLIENT}:1`, `${SERVER}:2`)).toBe(1);
    expect(of(other, 47, `${CLIENT}:1`, `${SERVER}:2`)).toBe(1);
    expect(of(other, 47, `${CLIENT}:1`, '10.244.2.8:2')).toBe(0);
    expect(of(udp, 17, `${CLIENT}:1`, `${SERVER}:2`)).toBe(0);
  });
  test('a packet that was translated on the way belongs to it', () => {
    const of1 = [connection(ends), connection({ ...ends, server: '10.244.2.8:8080', point: 1 })];
    const made = evidence({ points, captures, connections: of1, paths: [{ of: of1 }] });
    const quoting2 = (destination: string) =>
      conversationsOf(made, [icmpError(1, { quoted: quoted({ protocol: 6, source: ends.client, destination }) })])
        .length;
    expect(quoting2('10.244.2.8:8080')).toBe(1);
    expect(quoting2(ends.server)).toBe(1);
    expect(quoting2('10.244.2.8:81')).toBe(0);
  });
});

describe('errors of one machine about one destination are one group', () => {
  const told = (errors: IcmpError[], parts: EvidenceParts = {}, wanted: (error: IcmpError) => boolean = all) =>
    icmpGroups(evidence({ points, captures, icmpErrors: errors, ...parts }), wanted).map(
      ({ key, errors: count, packets, reach }) =>
        `${key}: ${count} at ${packets.map(({ point: at, time }) => `${at}/${time}`).join(' ')}, reach ${reach}`,
    );
  const one = `${CLIENT}>${SERVER} by ${ROUTER}: 2 at 0/1 0/2, reach 1`;
  test('by sender, receiver, destination and code', () => {
    expect(told([about(1), about(2)])).toEqual([one]);
    expect(told([about(1), about(2, { from: '10.9.9.9' })])).toHaveLength(2);
    expect(told([about(1), about(2, {}, { source: '10.244.1.6:4000' })])).toHaveLength(2);
    expect(told([about(1), about(2, {}, { destination: '10.244.2.8:80' })])).toHaveLength(2);
    expect(told([about(1), about(2, { code: 2 })])).toHaveLength(2);
    expect(told([about(1), about(2, { quoted: null })])).toHaveLength(1);
    expect(told([about(1), about(2)], {}, ({ time }) => time > 1)).toEqual([one.replace('2 at 0/1 0/2', '1 at 0/2')]);
  });
  test.each<[name: string, error: Partial<IcmpError>, groups: number]>([
    ['a router', HOST, 1],
    ['a port that is closed', { code: 3 }, 2],
    ['a port that is closed, by ICMPv6', { version: 6, type: 1, code: 4 }, 2],
    ['a route, by ICMPv6', { version: 6, type: 1, code: 3 }, 1],
    ['code 4 of ICMP', { code: 4 }, 1],
  ])('ports matter: %s', (_, error, groups) =>
    expect(told([about(1, error), about(2, error, { destination: `${SERVER}:81` })])).toHaveLength(groups),
  );
  test('ports of two protocols', () =>
    expect(told([about(1, { code: 3 }), about(2, { code: 3 }, { protocol: 17 })])).toHaveLength(2));
  test('at several points the one that saw most counts', () => {
    const far = (time: number) => about(time, { point: 1 });
    expect(told([about(1), far(1), far(2)])).toEqual([one.replace('0/1 0/2', '1/1 1/2')]);
    expect(told([about(1), about(2), far(1), far(2)])).toEqual([one]);
  });
  test('all that is told', () => {
    const asked = connection({ client: `${CLIENT}:4000`, server: `${SERVER}:80`, syn: [0] });
    const made = (error: Partial<IcmpError>, quotes: Parameters<typeof about>[2] = {}) =>
      icmpGroups(evidence({ connections: [asked], icmpErrors: [about(1, error, quotes)] }), all)[0];
    expect(made({ code: 3 })).toEqual({
      key: `${CLIENT}>${SERVER}:80 by ${ROUTER}`,
      grade: 'confirmed',
      subject: { protocol: 'tcp', client: CLIENT, server: `${SERVER}:80` },
      conversations: [0],
      between: null,
      packets: [{ packet: 1001, time: 1, point: 0, direction: '<', note: `ICMP 3/3 from ${ROUTER}` }],
      packetsTotal: 1,
      reach: 1,
      measured: { errors: 1, from: ROUTER, code: 3 },
      from: ROUTER,
      client: CLIENT,
      destination: `${SERVER}:80`,
      code: 3,
      version: 4,
      errors: 1,
      others: 0,
      speakers: 1,
    });
    expect(made(HOST)).toMatchObject({ destination: SERVER, subject: { server: SERVER } });
    expect(made({ code: 3 }, { protocol: 17 }).subject).toMatchObject({ protocol: 'udp', server: `${SERVER}:80` });
    expect(made({ code: 3 }, { protocol: 47, destination: SERVER }).subject).toMatchObject({
      protocol: 'ip',
      server: SERVER,
    });
  });
  test('of many packets fifty are shown', () => {
    const [group] = icmpGroups(evidence({ icmpErrors: Array.from({ length: 60 }, (_, at) => about(at)) }), all);
    expect([group.packets.length, group.packetsTotal, group.errors]).toEqual([50, 60, 60]);
  });
  test('where packets of these conversations were lost', () => {
    const [near, far] = [
      connection({ client: `${CLIENT}:4000`, syn: [0] }),
      connection({ client: `${CLIENT}:4000`, point: 1 }),
    ];
    const [group] = icmpGroups(
      evidence({
        points,
        captures,
        connections: [near, far],
        paths: [{ of: [near, far], hops: [{ lost: 1 }] }],
        icmpErrors: [about(1)],
      }),
      all,
    );
    expect(group.between).toEqual([0, 1]);
  });
});

describe('in short', () => {
  const short = (errors: IcmpError[], parts: EvidenceParts = {}) =>
    icmpGroupsInShort(evidence({ icmpErrors: errors, ...parts }), all);
  const text = ({ key, level, errors, others, speakers, packetsTotal, reach, conversations, measured }: IcmpGroup) =>
    `${level ?? 'as the rule'} ${key}: ${errors} ${measured.errors}, ${others} others, ${speakers} speakers, ${packetsTotal} packets, reach ${reach}, of ${conversations}`;
  const to = (count: number, times = 1) =>
    Array.from({ length: count }, (_, nth) =>
      Array.from({ length: times }, (__, at) => about(nth + at / 10, {}, { destination: `10.244.2.${nth}:80` })),
    ).flat();
  const syn = (nth: number) => connection({ client: `${CLIENT}:4000`, server: `10.244.2.${nth}:80`, syn: [0] });
  test('a group without a conversation is a note', () => {
    expect(short([about(1)]).map(text)).toEqual([
      `note ${CLIENT}>${SERVER} by ${ROUTER}: 1 1, 0 others, 1 speakers, 1 packets, reach 1, of `,
    ]);
    expect(short([about(1)], { connections: [connection({ client: `${CLIENT}:4000`, syn: [0] })] }).map(text)).toEqual([
      `as the rule ${CLIENT}>${SERVER} by ${ROUTER}: 1 1, 0 others, 1 speakers, 1 packets, reach 1, of 0`,
    ]);
  });
  test('four destinations of one machine are one group', () => {
    expect(short(to(3))).toHaveLength(3);
    expect(short(to(4, 2), { connections: [syn(0), syn(1), syn(2), syn(3)] }).map(text)).toEqual([
      `as the rule ${CLIENT} by ${ROUTER}: 8 8, 3 others, 1 speakers, 8 packets, reach 4, of 0,1,2,3`,
    ]);
    const [first, ...rest] = to(4);
    expect(short([...rest, { ...first, code: 2 }])).toHaveLength(4);
    expect(short([...rest, { ...first, from: '10.9.9.9' }])).toHaveLength(4);
  });
  test('of its packets fifty are shown', () => {
    const [group] = short(to(4, 20));
    expect([group.packets.length, group.packetsTotal]).toEqual([50, 80]);
  });
  const by = (count: number) =>
    Array.from({ length: count }, (_, nth) =>
      about(nth, { from: `10.9.9.${nth}` }, { destination: `10.244.2.${nth}:80` }),
    );
  test('ten machines that refuse one client are one note', () => {
    expect(short(by(9))).toHaveLength(9);
    expect(short(by(10), { connections: [syn(0)] }).map(text)).toEqual([
      `note ${CLIENT}>10.244.2.0 by 10.9.9.0: 10 10, 9 others, 10 speakers, 1 packets, reach 1, of 0`,
    ]);
    expect(short([...by(9), about(20, { from: '10.9.9.20' }, { source: '10.244.1.6:1' })])).toHaveLength(10);
    expect(short([...by(9), about(20, { from: '10.9.9.0' })])).toHaveLength(10);
  });
  test('in words', () => {
    const names = namesOf(evidence({}));
    const group = { from: ROUTER, client: CLIENT, destination: SERVER, others: 0, speakers: 1 } as IcmpGroup;
    expect(speakersText(group, names)).toBe(ROUTER);
    expect(speakersText({ ...group, speakers: 10 }, names)).toBe(`${ROUTER} and 9 other machines`);
    expect([aboutGroup(group), aboutGroup({ ...group, others: 1 })]).toEqual([
      `ip.dst==${SERVER}`,
      `ip.dst==${CLIENT}`,
    ]);
    expect([othersText(group), othersText({ ...group, others: 9 })]).toEqual(['', ' and 9 others']);
  });
});
