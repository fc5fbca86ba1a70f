import { describe, expect, test } from 'vitest';
import type { Hop } from '../../../src/flows/evidence/evidence.ts';
import { breakPointOf, isAnsweredBehind, spanOf } from '../../../src/heuristics/facts/place.ts';
import { talksElsewhere } from '../../../src/heuristics/facts/talks-elsewhere.ts';
import { arrived } from '../../../src/heuristics/facts/vanished.ts';
import {
  type arp,
  capture,
  connection,
  datagram,
  type EvidenceParts,
  echo,
  evidence,
  point,
} from '../../support/evidence.ts';

const lossy = (...hops: Partial<Hop>[][]) =>
  evidence({
    points: [0, 1, 2].map((nth) => point({ name: `p${nth}` })),
    paths: hops.map((some, nth) => ({ of: flows[nth], hops: some })),
    connections: flows.flat(),
  }).conversations.slice(0, hops.length);
const flows = [4000, 4001].map((port) =>
  [0, 1, 2].map((at) => connection({ client: `10.244.1.5:${port}`, point: at, syn: [0] })),
);

describe('where packets of conversations are lost', () => {
  test.each<[name: string, hops: Partial<Hop>[][], expected: object | null]>([
    ['nowhere', [[{ from: 0, to: 1, packets: 3 }]], null],
    ['not known', [[{ from: 0, to: 1, lost: 3, unknown: { code: 'no-common-time' } }]], null],
    [
      'at one hop',
      [[{ from: 0, to: 1, packets: 3, lost: 3 }]],
      { between: [0, 1], lost: 3, packets: 3, conversations: 1, total: true, grade: 'confirmed' },
    ],
    [
      'at the hop that loses most',
      [
        [
          { from: 0, to: 1, lost: 2 },
          { from: 1, to: 2, lost: 3 },
        ],
      ],
      { between: [1, 2], lost: 3 },
    ],
    [
      'at the first of two that lose as many',
      [
        [
          { from: 0, to: 1, lost: 3 },
          { from: 1, to: 2, lost: 3 },
        ],
      ],
      { between: [0, 1] },
    ],
    [
      'together',
      [[{ from: 0, to: 1, packets: 5, lost: 2 }], [{ from: 0, to: 1, packets: 4, lost: 1, matched: 3 }]],
      { lost: 3, packets: 9, conversations: 2, total: false },
    ],
    [
      'the two directions apart',
      [[{ from: 0, to: 1, lost: 2 }], [{ from: 0, to: 1, direction: 1, lost: 3 }]],
      { direction: 1, lost: 3 },
    ],
    ['by wall clocks only', [[{ from: 0, to: 1, lost: 2, byWallClock: true }]], { grade: 'inferred' }],
    [
      'by wall clocks and otherwise',
      [[{ from: 0, to: 1, lost: 2 }], [{ from: 0, to: 1, lost: 1, byWallClock: true }]],
      { grade: 'confirmed' },
    ],
  ])('%s', (_, hops, expected) =>
    expected === null
      ? expect(breakPointOf(lossy(...hops))).toBeNull()
      : expect(breakPointOf(lossy(...hops))).toMatchObject(expected),
  );
  test('in one direction', () => {
    const found = lossy([
      { from: 0, to: 1, lost: 2 },
      { from: 1, to: 0, direction: 1, lost: 3 },
    ]);
    expect([breakPointOf(found, 0)?.lost, breakPointOf(found, 1)?.lost]).toEqual([2, 3]);
  });
  test('all that is told, of the hops that lost there', () => {
    const found = lossy(
      [
        { from: 0, to: 1, packets: 5, lost: 2 },
        { from: 1, to: 2, packets: 3, lost: 1 },
      ],
      [{ from: 0, to: 1, packets: 4, lost: 4 }],
    );
    expect(breakPointOf(found)).toEqual({
      between: [0, 1],
      direction: 0,
      lost: 6,
      packets: 9,
      conversations: 2,
      total: false,
      hops: [found[0].hops[0], found[1].hops[0]],
      grade: 'confirmed',
    });
  });
});

test('two points are of one host, of two, or nobody knows', () => {
  const of = (a: string | null, b: string | null) =>
    spanOf(evidence({ points: [point({ host: a }), point({ name: 'b', host: b })] }), [0, 1]);
  expect([of('a', 'a'), of('a', 'b'), of('a', null), of(null, 'a'), of(null, null)]).toEqual([
    'inside',
    'between',
    'unknown',
    'unknown',
    'unknown',
  ]);
});

test('a point behind that shows datagrams shows no connection of the server', () => {
  const of = [datagram(), datagram({ point: 1 })];
  const answered = [0, 1].map((nth) => connection({ client: `10.244.9.9:${nth}`, toClient: { packets: 2 } }));
  const all = evidence({
    points: [point(), point({ name: 'b' })],
    connections: answered,
    datagrams: of,
    paths: [{ of }],
  });
  expect(isAnsweredBehind(all, all.conversations[0], 0)).toBe(false);
});

test('a point behind shows packets of the server', () => {
  const answered = { toClient: { packets: 2 } };
  const behind = (...some: Parameters<typeof connection>[0][]) => {
    const legs = some.map((one, at) => connection({ syn: [0], point: at, ...one }));
    const all = evidence({
      points: legs.map((_, at) => point({ name: `p${at}` })),
      connections: legs,
      paths: [{ of: legs }],
    });
    return isAnsweredBehind(all, all.conversations[0], 1);
  };
  expect([behind({}, {}, answered), behind({}, answered, {}), behind(answered, {}, {}), behind({}, {}, {})]).toEqual([
    true,
    false,
    false,
    false,
  ]);
});

describe('packets that arrived by another path', () => {
  type Leg =
    | ReturnType<typeof connection>
    | ReturnType<typeof datagram>
    | ReturnType<typeof echo>
    | ReturnType<typeof arp>;
  const reached = (legs: Leg[], hop: { direction: 0 | 1; from: number }, parts: EvidenceParts) => {
    const all = evidence({
      points: [0, 1, 2].map((nth) => point({ name: `p${nth}`, capture: nth })),
      captures: [capture(), capture(), capture()],
      ...parts,
      paths: [{ of: legs }],
    });
    return arrived(all, all.conversations[0], { ...hop, to: hop.from + 1 } as Hop);
  };
  const tcp = (...some: Parameters<typeof connection>[0][]) =>
    some.map((one, nth) => connection({ syn: [0, 1], point: nth, ...one }));
  const midway = { rolesFrom: 'guess' as const };
  test.each<[name: string, legs: ReturnType<typeof tcp>, hop: { direction: 0 | 1; from: number }, expected: boolean]>([
    ['nothing more is seen', tcp({}), { direction: 0, from: 0 }, false],
    ['the far end shows them', tcp({}, { toServer: { packets: 1 } }), { direction: 0, from: 0 }, true],
    [
      'the far end is the point itself',
      tcp({ toServer: { packets: 0 } }, { toServer: { packets: 1 } }),
      { direction: 0, from: 1 },
      false,
    ],
    ['the far end shows nothing', tcp({}, { toServer: { packets: 0 } }), { direction: 0, from: 0 }, false],
    [
      'a point behind shows an answer',
      tcp({}, { toServer: { packets: 0 }, toClient: { packets: 1 } }),
      { direction: 0, from: 0 },
      true,
    ],
    ['the sender has an answer', tcp({ toClient: { packets: 1 } }), { direction: 0, from: 0 }, true],
    ['the sender has resets only', tcp({ toClient: { packets: 2, resets: 2 } }), { direction: 0, from: 0 }, false],
    ['data was acknowledged', tcp({ toServer: { packets: 2, largestAckedL3: 100 } }), { direction: 0, from: 0 }, true],
    ['answers without a handshake', tcp({ toClient: { packets: 2 } }), { direction: 1, from: 0 }, false],
    ['the client acknowledged the SYN-ACK', [connection({}, { established: true })], { direction: 1, from: 0 }, true],
    [
      'the client sent data',
      tcp({ toClient: { packets: 2 }, toServer: { dataSegments: 1 } }),
      { direction: 1, from: 0 },
      true,
    ],
    ['the server sent data', tcp({ toClient: { packets: 2, dataSegments: 1 } }), { direction: 1, from: 0 }, false],
    [
      'in the middle, and nothing is sent again',
      tcp({ ...midway, toServer: { packets: 3 }, toClient: { packets: 3 } }),
      { direction: 1, from: 0 },
      true,
    ],
    [
      'in the middle, and something is sent again',
      tcp({ ...midway, toServer: { packets: 3 }, toClient: { packets: 3, retransmissions: 1 } }),
      { direction: 1, from: 0 },
      false,
    ],
    [
      'in the middle, and only resets come back',
      tcp({ ...midway, toServer: { packets: 3, resets: 3 }, toClient: { packets: 3 } }),
      { direction: 1, from: 0 },
      false,
    ],
  ])('TCP: %s', (_, legs, hop, expected) => expect(reached(legs, hop, { connections: legs })).toBe(expected));

  const udp = (...some: Parameters<typeof datagram>[0][]) =>
    some.map((one, nth) => datagram({ sent: [0, 1], point: nth, ...one }));
  test.each<[name: string, legs: ReturnType<typeof udp>, hop: { direction: 0 | 1; from: number }, expected: boolean]>([
    ['no answer', udp({}), { direction: 0, from: 0 }, false],
    ['an answer', udp({ back: [1] }), { direction: 0, from: 0 }, true],
    ['the answers themselves are lost', udp({ back: [1] }), { direction: 1, from: 0 }, false],
    ['the far end shows them', udp({}, {}), { direction: 0, from: 0 }, true],
    ['the far end is the point itself', udp({}, {}), { direction: 0, from: 1 }, false],
    ['the client has the answers', udp({ back: [1] }, { back: [1] }), { direction: 1, from: 1 }, true],
    ['the client has none', udp({}, { back: [1] }), { direction: 1, from: 1 }, false],
  ])('UDP: %s', (_, legs, hop, expected) => expect(reached(legs, hop, { datagrams: legs })).toBe(expected));

  const icmp = (...replies: (number | null)[]) => replies.map((reply, nth) => echo({ request: 0, reply, point: nth }));
  test.each<[name: string, legs: ReturnType<typeof icmp>, hop: { direction: 0 | 1; from: number }, expected: boolean]>([
    ['no reply', icmp(null), { direction: 0, from: 0 }, false],
    ['a reply', icmp(1), { direction: 0, from: 0 }, true],
    ['the reply itself is lost', icmp(1), { direction: 1, from: 0 }, false],
    ['the asker has the reply', icmp(1, 1), { direction: 1, from: 1 }, true],
    ['the asker has none', icmp(null, 1), { direction: 1, from: 1 }, false],
  ])('ping: %s', (_, legs, hop, expected) => expect(reached(legs, hop, { echoes: legs })).toBe(expected));
});

describe('a socket that talks elsewhere', () => {
  const [asks] = [datagram({ client: '10.244.1.5:655', server: '10.244.2.7:655', sent: [0] })];
  const talk = (some: Parameters<typeof datagram>[0]) =>
    datagram({ client: '10.244.1.5:655', server: '10.244.2.7:700', sent: [0], back: [1], ...some });
  test.each<[name: string, other: ReturnType<typeof datagram>, expected: boolean]>([
    ['with another port of the host', talk({}), true],
    ['the other way round', talk({ client: '10.244.2.7:700', server: '10.244.1.5:655' }), true],
    ['with another host', talk({ server: '10.244.2.8:700' }), false],
    ['from another port', talk({ client: '10.244.1.5:656' }), false],
    ['and gets no answer', talk({ back: [] }), false],
    ['and gets packets of whom it never asked', talk({ server: '10.96.0.10:53', sent: [] }), true],
    ['and another socket gets them', talk({ client: '10.244.1.5:656', server: '10.96.0.10:53', sent: [] }), false],
    ['and they are seen at another point', talk({ server: '10.96.0.10:53', sent: [], point: 1 }), false],
  ])('%s', (_, other, expected) => {
    const all = evidence({ points: [point(), point({ name: 'b' })], datagrams: [asks, other] });
    expect(talksElsewhere(all, all.datagrams[0])).toBe(expected);
  });
});
