import { describe, expect, test } from 'vitest';
import { attemptsOf } from '../../../../src/heuristics/facts/attempts.ts';
import {
  isLoneStranger,
  refusedByMany,
  refusedGroups,
  scansIn,
} from '../../../../src/heuristics/facts/tcp/port-scans.ts';
import { arp, connection, type EvidenceParts, evidence, reset } from '../../../support/evidence.ts';

const [INSIDE, PUBLIC] = ['10.0.0.1', '198.51.100.1'];
let port = 1000;
const tried = (client: string, server: string, some: Parameters<typeof connection>[0] = {}) =>
  connection({ client: `${client}:${port++}`, server, syn: [0], resets: [reset(0.1, 1)], ...some });
const answered = (client: string, server: string) => tried(client, server, { resets: [], synAck: [0.1] });
const times = (count: number, make: (nth: number) => ReturnType<typeof connection>) =>
  Array.from({ length: count }, (_, nth) => make(nth));
const texts = (groups: ReturnType<typeof refusedGroups>) =>
  groups.map(
    (group) =>
      `${group[0].connection.client.address}>${group[0].connection.server.address}:${group[0].connection.server.port}*${group.length}`,
  );

test('refused attempts by client and listener', () => {
  const connections = [
    tried(INSIDE, '10.0.0.9:80'),
    tried(INSIDE, '10.0.0.9:81'),
    tried(INSIDE, '10.0.0.9:80'),
    tried('10.0.0.2', '10.0.0.9:80'),
    answered(INSIDE, '10.0.0.9:80'),
  ];
  expect(texts(refusedGroups(attemptsOf(evidence({ connections }))))).toEqual([
    '10.0.0.1>10.0.0.9:80*2',
    '10.0.0.1>10.0.0.9:81*1',
    '10.0.0.2>10.0.0.9:80*1',
  ]);
});

describe('scans', () => {
  const scans = (connections: ReturnType<typeof connection>[], parts: EvidenceParts = {}) => {
    const all = evidence({ connections, ...parts });
    const attempts = attemptsOf(all);
    return scansIn(all, attempts, refusedGroups(attempts)).map((groups) => texts(groups).join(' '));
  };
  test('twenty ports of one client, answered ones among them', () => {
    const ports = (count: number, client = INSIDE) =>
      times(count, (nth) => tried(client, `10.0.0.9:${nth + 1}`, nth % 2 === 0 ? {} : { resets: [], synAck: [0.1] }));
    expect(scans(ports(20))).toHaveLength(1);
    expect(scans(ports(19))).toEqual([]);
    expect(scans([...ports(19), tried(INSIDE, '10.0.0.8:1')])).toEqual([]);
    expect(scans([...ports(19), tried(INSIDE, '10.0.0.8:99')])).toHaveLength(2);
  });
  const asks = (count: number, some: (nth: number) => Parameters<typeof arp>[0] = () => ({})) => ({
    arp: Array.from({ length: count }, (_, nth) => arp({ asker: INSIDE, target: `10.0.0.${nth}`, ...some(nth) })),
  });
  test.each<[name: string, parts: EvidenceParts, isScan: boolean]>([
    ['ten', asks(10), true],
    ['nine', asks(9), false],
    ['one of ten answers', asks(10, (nth) => (nth === 0 ? { answers: ['02:00:00:00:00:05'] } : {})), false],
    ['one of ten is told to all', asks(10, (nth) => ({ gratuitous: nth === 0 })), false],
    ['one of ten twice', asks(10, (nth) => ({ target: `10.0.0.${Math.max(1, nth)}` })), false],
    ['another client asks', asks(10, () => ({ asker: '10.0.0.2' })), false],
  ])('neighbours that the client asked for in vain: %s', (_, parts, isScan) => {
    // Three times: it would be no stray.
    expect(
      scans(
        times(3, () => tried(INSIDE, '10.0.0.9:80')),
        parts,
      ),
    ).toEqual(isScan ? ['10.0.0.1>10.0.0.9:80*3'] : []);
  });
  test('a public client that tries three ports of one host', () => {
    const sprays = (client: string, ports: number[], repeats = 1) => [
      ...ports.flatMap((one) => times(repeats, () => tried(client, `10.0.0.9:${one}`))),
      // The host has served it, so it is no stray.
      answered(client, '10.0.0.9:443'),
    ];
    expect(scans(sprays(PUBLIC, [1, 2, 3]))).toEqual([
      `${PUBLIC}>10.0.0.9:1*1 ${PUBLIC}>10.0.0.9:2*1 ${PUBLIC}>10.0.0.9:3*1`,
    ]);
    expect(scans(sprays(PUBLIC, [1, 2, 3], 2))).toHaveLength(1);
    expect(scans(sprays(PUBLIC, [1, 2, 3], 3))).toEqual([]);
    expect(scans(sprays(PUBLIC, [1, 2]))).toEqual([]);
    expect(scans(sprays(INSIDE, [1, 2, 3]))).toEqual([]);
  });
  describe('strangers that try once or twice', () => {
    const stranger = (nth: number, on: number, count = 1) =>
      times(count, () => tried(`10.0.0.${nth}`, `10.0.0.9:${on}`));
    test.each<[name: string, connections: ReturnType<typeof connection>[], expected: number]>([
      ['three at three ports', [1, 2, 3].flatMap((nth) => stranger(nth, nth)), 1],
      ['three at two ports', [1, 2, 3].flatMap((nth) => stranger(nth, Math.min(nth, 2))), 0],
      ['two at three ports', [1, 2, 2].flatMap((nth, at) => stranger(nth, at)), 0],
      ['twice', [1, 2, 3].flatMap((nth) => stranger(nth, nth, 2)), 1],
      ['one of them three times', [1, 2, 3].flatMap((nth) => stranger(nth, nth, nth === 3 ? 3 : 1)), 0],
      [
        'one of them was served',
        [...[1, 2, 3].flatMap((nth) => stranger(nth, nth)), answered('10.0.0.3', '10.0.0.9:99')],
        0,
      ],
      [
        'served by another host',
        [...[1, 2, 3].flatMap((nth) => stranger(nth, nth)), answered('10.0.0.3', '10.0.0.8:99')],
        1,
      ],
      ['at two hosts', [...[1, 2].flatMap((nth) => stranger(nth, nth)), tried('10.0.0.3', '10.0.0.8:3')], 0],
      ['one from a public address', [tried(PUBLIC, '10.0.0.9:1')], 1],
      ['a public and an inner one', [tried(PUBLIC, '10.0.0.9:1'), ...stranger(1, 2)], 0],
    ])('%s', (_, connections, expected) => expect(scans(connections)).toHaveLength(expected));
  });
});

test('a client that ten servers refuse', () => {
  const many = (count: number, last = `10.0.1.${count}:80`) => {
    const connections = [
      ...times(count - 1, (nth) => tried(INSIDE, `10.0.1.${nth + 1}:80`)),
      tried(INSIDE, last),
      tried('10.0.0.2', '10.0.1.1:80'),
    ];
    return refusedByMany(refusedGroups(attemptsOf(evidence({ connections })))).map(texts);
  };
  expect(many(10).map(({ length }) => length)).toEqual([10]);
  expect(many(9)).toEqual([]);
  expect(many(10, '10.0.1.1:81')).toEqual([]);
});

test.each<[name: string, client: string, others: ReturnType<typeof connection>[], expected: boolean]>([
  ['alone', PUBLIC, [], true],
  ['from inside', INSIDE, [], false],
  ['it is answered elsewhere', PUBLIC, [answered(PUBLIC, '10.0.0.8:80')], true],
  ['it is answered at another port', PUBLIC, [answered(PUBLIC, '10.0.0.9:81')], false],
  ['it is refused at another port', PUBLIC, [tried(PUBLIC, '10.0.0.9:81')], true],
  ['another one is refused at this port', PUBLIC, [tried('198.51.100.2', '10.0.0.9:80')], false],
  ['another one is refused at another port', PUBLIC, [tried('198.51.100.2', '10.0.0.9:81')], true],
  ['another one is refused by another host', PUBLIC, [tried('198.51.100.2', '10.0.0.8:80')], true],
  ['another one is served there', PUBLIC, [answered('198.51.100.2', '10.0.0.9:80')], true],
])('a stranger that alone is refused: %s', (_, client, others, expected) => {
  const attempts = attemptsOf(evidence({ connections: [tried(client, '10.0.0.9:80'), ...others] }));
  expect(isLoneStranger(attempts, attempts.slice(0, 1))).toBe(expected);
});
