import { describe, expect, test } from 'vitest';
import { onePerCause, type Together } from '../../../src/heuristics/judge/one-cause.ts';
import type { Found } from '../../../src/heuristics/judge/strongest-cause.ts';

interface Some {
  client?: string | null;
  server?: string | null;
  serverBeforeNat?: string | null;
  between?: [number, number] | null;
  place?: [number, number];
  rule?: string;
  level?: Found['level'];
  grade?: string;
  protocol?: string;
  isMechanism?: boolean;
  explainedBy?: Found | null;
  best?: string;
  conversations?: number[];
  packets?: number[];
  packetsTotal?: number;
  reach?: number;
}

const found = ({ rule = 'r', level = 'error', explainedBy = null, isMechanism, ...some }: Some): Found => {
  const { client = 'c', server = 's', serverBeforeNat = null, protocol = 'tcp', packets = [], ...rest } = some;
  return {
    rule: { meta: { id: rule, place: isMechanism ? 'mechanism' : 'last-seen' } },
    level,
    fingerprint: `${rule} ${client} ${server}`,
    explainedBy,
    occurrence: {
      grade: 'confirmed',
      conversations: [],
      packetsTotal: packets.length,
      reach: 1,
      between: null,
      best: '',
      ...rest,
      subject: { protocol, client, server, serverBeforeNat },
      packets: packets.map((packet) => ({ point: 0, packet, time: packet, note: '' })),
    },
  } as unknown as Found;
};
const bestOf = ({ occurrence }: Found): string => (occurrence as unknown as { best: string }).best;
const together = (...some: Some[]): Together[] => onePerCause(some.map(found), bestOf);
/** Each finding that is told: how many it speaks for, and which end differs. */
const sizes = (...some: Some[]): string =>
  together(...some)
    .map(({ members, alike }) => `${members.length}${alike === null ? '' : ` ${alike.end}`}`)
    .join(', ');

const [A, B] = [{ client: 'a' }, { client: 'b' }];

describe('clients of one server', () => {
  test.each<[string, Some[], string]>([
    ['two clients', [A, B], '2 client'],
    ['one client twice', [A, A], '1, 1'],
    ['two servers', [A, { ...B, server: 't' }], '1, 1'],
    ['no client is known', [{ client: null }, { client: null }], '1, 1'],
    ['one of two clients is known', [A, { client: null }], '1, 1'],
    [
      'no server is known',
      [
        { ...A, server: null },
        { ...B, server: null },
      ],
      '1, 1',
    ],
    ['other levels', [A, { ...B, level: 'warning' }], '1, 1'],
    ['other grades', [A, { ...B, grade: 'inferred' }], '1, 1'],
    ['other rules', [A, { ...B, rule: 'q' }], '1, 1'],
    ['other protocols', [A, { ...B, protocol: 'udp' }], '1, 1'],
    ['other explanations', [A, { ...B, best: 'x' }], '1, 1'],
    ['other services of one pod', [A, { ...B, serverBeforeNat: 'v' }], '1, 1'],
    [
      'other points next to the server',
      [
        { ...A, between: [0, 1] },
        { ...B, between: [0, 2] },
      ],
      '1, 1',
    ],
    [
      'other points next to the clients',
      [
        { ...A, between: [0, 2] },
        { ...B, between: [1, 2] },
      ],
      '2 client',
    ],
    [
      'a mechanism at the server',
      [
        { ...A, isMechanism: true },
        { ...B, isMechanism: true },
      ],
      '2 client',
    ],
  ])('%s', (_, some, expected) => expect(sizes(...some)).toBe(expected));
});

const servers = (count: number, some: Some = {}): Some[] =>
  Array.from({ length: count }, (_, nth) => ({ server: `s${nth}`, ...some }));

describe('servers of one client', () => {
  test('four are one finding, three are told apart', () => {
    expect(sizes(...servers(4))).toBe('4 server');
    expect(sizes(...servers(3))).toBe('1, 1, 1');
    expect(sizes(...servers(3), ...servers(1))).toBe('1, 1, 1, 1');
    expect(sizes(...servers(4, { isMechanism: true }))).toBe('1, 1, 1, 1');
    expect(sizes(...servers(4, { client: null }))).toBe('1, 1, 1, 1');
    const apart = servers(4).map((one, nth): Some => ({ ...one, between: [nth % 2, 2] }));
    expect(sizes(...apart)).toBe('1, 1, 1, 1');
    const behind = servers(4).map((one, nth): Some => ({ ...one, between: [0, 1 + nth] }));
    expect(sizes(...behind)).toBe('4 server');
  });
});

describe('pairs that end at one place', () => {
  const pairs = (count: number, some: Some = {}): Some[] =>
    Array.from({ length: count }, (_, nth) => ({ client: `c${nth}`, server: `s${nth}`, between: [0, 1], ...some }));
  test('three are one finding, two are told apart', () => {
    expect(sizes(...pairs(3))).toBe('3 pair');
    expect(sizes(...pairs(2))).toBe('1, 1');
    expect(sizes(...pairs(3, { between: null }))).toBe('1, 1, 1');
    expect(sizes(...pairs(3, { isMechanism: true }))).toBe('1, 1, 1');
    expect(sizes(...pairs(3, { client: null }))).toBe('1, 1, 1');
    expect(sizes(...pairs(2), ...pairs(1, { between: [1, 0] }))).toBe('1, 1, 1');
  });
});

test('symptoms of findings that are one now are one, and of others are not', () => {
  const causes = [found(A), found(B), found({ ...A, rule: 'q' })];
  const under = (client: string, explainedBy: Found) => found({ client, rule: 'symptom', explainedBy });
  const told = onePerCause([...causes, under('x', causes[0]), under('y', causes[1])], bestOf);
  expect(told.map(({ members }) => members.length)).toEqual([2, 1, 2]);
  const apart = onePerCause([...causes, under('x', causes[0]), under('y', causes[2])], bestOf);
  expect(apart.map(({ members }) => members.length)).toEqual([2, 1, 1, 1]);
});

describe('the one that speaks for all', () => {
  test('has the conversations, totals and others of all', () => {
    const [one] = together(
      { ...A, conversations: [1, 2], packets: [11, 12], packetsTotal: 5, reach: 2, between: [0, 9] },
      { ...B, conversations: [2, 3], packets: [21, 22], packetsTotal: 1, reach: 3, between: [1, 9] },
      { ...B, conversations: [4], packets: [31], reach: 4, between: [1, 9] },
      { client: 'd', packets: [], packetsTotal: 7, reach: 5, between: [2, 9] },
    );
    const { occurrence } = one.found;
    expect(occurrence.conversations).toEqual([1, 2, 3, 4]);
    expect(occurrence.packets.map(({ packet }) => packet)).toEqual([11, 12, 21, 31]);
    expect([occurrence.packetsTotal, occurrence.reach]).toEqual([5 + 2 + 1 + 7, 14]);
    expect(one.alike).toEqual({
      end: 'client',
      others: 2,
      listed: [
        { name: 'b', reach: 7 },
        { name: 'd', reach: 5 },
      ],
      places: 3,
    });
  });

  test('shows fifty packets, half of them of others, and lists fifty others', () => {
    const many = Array.from({ length: 60 }, (_, nth): Some => ({ client: `c${nth}`, packets: [nth] }));
    const [first, ...others] = many;
    const [one] = together({ ...first, packets: Array.from({ length: 40 }, (_, nth) => 1000 + nth) }, ...others);
    const shown = one.found.occurrence.packets.map(({ packet }) => packet);
    expect(shown).toEqual([
      ...Array.from({ length: 25 }, (_, nth) => 1000 + nth),
      ...Array.from({ length: 25 }, (_, nth) => 1 + nth),
    ]);
    expect(one.alike).toMatchObject({ others: 59, listed: { length: 50 } });
    const [few] = together({ ...first, packets: Array.from({ length: 60 }, (_, nth) => 1000 + nth) }, others[0]);
    expect(few.found.occurrence.packets).toHaveLength(50);
    expect(few.found.occurrence.packets.at(-1)?.packet).toBe(1);
  });

  test('pairs are named by both ends, servers by theirs', () => {
    const pairs = [0, 1, 2].map((nth): Some => ({ client: `c${nth}`, server: `s${nth}`, between: [0, 1] }));
    expect(together(...pairs)[0].alike).toMatchObject({
      others: 2,
      listed: [{ name: 'c1 → s1' }, { name: 'c2 → s2' }],
      places: 1,
    });
    expect(together(...servers(4, { place: [3, 3] }))[0].alike).toMatchObject({
      others: 3,
      listed: [{ name: 's1' }, { name: 's2' }, { name: 's3' }],
      places: 1,
    });
  });
});
