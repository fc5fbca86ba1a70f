import { describe, expect, test } from 'vitest';
import type { PointRole } from '../../../src/flows/evidence/evidence.ts';
import {
  betweenSameNets,
  handshakesInVain,
  mayBeForOthers,
  nextPointOfHost,
  undecryptedIn,
} from '../../../src/heuristics/facts/carriers.ts';
import {
  capture,
  carrier,
  connection,
  dns,
  type EvidenceParts,
  echo,
  evidence,
  icmpError,
  point,
  quoted,
  ref,
} from '../../support/evidence.ts';

const [HERE, PEER] = ['192.168.34.12', '192.168.34.11'];
const three = [ref(20), ref(21), ref(22)];
/** Arrives from the peer, is not decrypted. */
const now = (some: Parameters<typeof carrier>[0] = {}) =>
  carrier({ spi: 4, packets: 20, first: 20, last: 30, notFollowed: three, ...some });
/** Of the key before: was decrypted. */
const earlier = (some: Parameters<typeof carrier>[0] = {}) =>
  carrier({ spi: 3, packets: 10, followed: 10, lastFollowed: 10, ...some });
/** What this host encrypts itself. */
const back = (some: Parameters<typeof carrier>[0] = {}) =>
  carrier({ spi: 9, source: HERE, destination: PEER, packets: 10, entered: 10, ...some });
const found = (...carriers: ReturnType<typeof carrier>[]) =>
  [...undecryptedIn(evidence({ carriers }))].map((one) => [
    one.now.spi,
    one.before?.spi ?? null,
    one.back?.spi ?? null,
  ]);

describe('packets that arrive and are not decrypted', () => {
  test.each<[name: string, carriers: ReturnType<typeof carrier>[], expected: unknown[]]>([
    ['those of the key before were', [earlier(), now()], [[4, 3, null]]],
    ['those that leave are seen in plain', [back(), now()], [[4, null, 9]]],
    ['half of those before were', [earlier({ packets: 20 }), now()], [[4, 3, null]]],
    ['three of those before were', [earlier({ packets: 3, followed: 3 }), now()], [[4, 3, null]]],
    ['half of those that leave are seen in plain', [back({ packets: 20 }), now()], [[4, null, 9]]],
    [
      'the last one was decrypted at the moment of the first that is not',
      [earlier({ lastFollowed: 20 }), now()],
      [[4, 3, null]],
    ],
    [
      'WireGuard beside its handshake',
      [
        earlier({ kind: 'wireguard' }),
        now({ kind: 'wireguard' }),
        carrier({ kind: 'wireguard-handshake', lastFollowed: 25 }),
      ],
      [[4, 3, null]],
    ],
    ['nothing tells that any would be decrypted here', [now()], []],
    ['fewer than half of those before were', [earlier({ packets: 21 }), now()], []],
    ['two of those before were', [earlier({ packets: 2, followed: 2 }), now()], []],
    ['fewer than half of those that leave are seen in plain', [back({ packets: 21 }), now()], []],
    ['two of those that leave are seen in plain', [back({ packets: 2, entered: 2 }), now()], []],
    ['some are decrypted', [earlier(), now({ followed: 1 })], []],
    ['they leave', [earlier(), now({ entered: 1 })], []],
    ['two packets', [earlier(), now({ notFollowed: three.slice(1) })], []],
    ['the old key is still in use', [earlier({ lastFollowed: 21 }), now()], []],
    ['another source was decrypted', [earlier({ source: '192.168.34.13' }), now()], []],
    ['another kind leaves', [back({ kind: 'wireguard' }), now()], []],
    ['what leaves goes to another', [back({ destination: '192.168.34.13' }), now()], []],
    ['another host sends', [back({ source: '192.168.34.13' }), now()], []],
    ['a handshake is not decrypted', [earlier(), now({ kind: 'wireguard-handshake' })], []],
    ['only a handshake was followed', [earlier({ kind: 'wireguard-handshake' }), now({ kind: 'wireguard' })], []],
  ])('%s', (_, carriers, expected) => expect(found(...carriers)).toEqual(expected));
});

describe('handshakes in vain', () => {
  const handshake = (some: Parameters<typeof carrier>[0] = {}) =>
    carrier({ kind: 'wireguard-handshake', spi: 1, packets: 3, first: 5, last: 20, ...some });
  const data = (some: Parameters<typeof carrier>[0] = {}) =>
    carrier({ kind: 'wireguard', source: HERE, destination: PEER, first: 0, last: 6, ...some });
  const refused = (source = PEER, protocol = 17) =>
    icmpError(6, { quoted: quoted({ source: `${source}:51820`, destination: `${HERE}:51820`, protocol }) });
  test.each<[name: string, parts: EvidenceParts, expected: number]>([
    ['three initiations', { carriers: [handshake()] }, 1],
    ['the peer sent data before', { carriers: [handshake(), data({ last: 5 })] }, 1],
    ['the peer sends ESP', { carriers: [handshake(), data({ kind: 'esp' })] }, 1],
    [
      'the peer begins handshakes too',
      { carriers: [handshake(), data({ kind: 'wireguard-handshake', packets: 1 })] },
      1,
    ],
    ['another peer sends data', { carriers: [handshake(), data({ source: '192.168.34.13' })] }, 1],
    ['data for another', { carriers: [handshake(), data({ destination: '192.168.34.13' })] }, 1],
    [
      'data at another point',
      { points: [point(), point({ name: 'b' })], carriers: [handshake(), data({ point: 1 })] },
      1,
    ],
    ['another one is refused', { carriers: [handshake()], icmpErrors: [refused('192.168.34.13')] }, 1],
    ['TCP is refused', { carriers: [handshake()], icmpErrors: [refused(PEER, 6)] }, 1],
    ['two initiations', { carriers: [handshake({ packets: 2 })] }, 0],
    ['a response follows', { carriers: [handshake({ followed: 1 })] }, 0],
    ['the peer sends data', { carriers: [handshake(), data()] }, 0],
    ['the peer answers its own', { carriers: [handshake(), data({ kind: 'wireguard-handshake', followed: 1 })] }, 0],
    ['the first one is refused', { carriers: [handshake()], icmpErrors: [refused()] }, 1],
    ['two of three are refused', { carriers: [handshake()], icmpErrors: [refused(), refused()] }, 0],
    ['half of four are refused', { carriers: [handshake({ packets: 4 })], icmpErrors: [refused(), refused()] }, 0],
    [
      'the peer begins again after each of three responses',
      { carriers: [handshake(), data({ kind: 'wireguard-handshake', packets: 3, followed: 3 })] },
      1,
    ],
    [
      'the peer ends two handshakes',
      { carriers: [handshake(), data({ kind: 'wireguard-handshake', packets: 2, followed: 2 })] },
      0,
    ],
    ['data is no handshake', { carriers: [handshake({ kind: 'wireguard' })] }, 0],
    ['the capture misses packets', { captures: [capture({ dropped: 50 })], carriers: [handshake()] }, 0],
  ])('%s', (_, parts, expected) => expect([...handshakesInVain(evidence(parts))]).toHaveLength(expected));
});

describe('packets that may be for other pods than the one that is captured', () => {
  const places = (role: PointRole) => [point({ name: 'nic', role: 'node-nic' }), point({ name: 'veth', role })];
  /** Decrypted before for the pod at the second point. */
  const inner = (last: number | null, answered: number | null) =>
    connection(
      {
        point: 1,
        flow: 7,
        toServer: { last: last === null ? null : ref(last) },
        toClient: { last: answered === null ? null : ref(answered) },
      },
      { established: true },
    );
  const judged = (
    role: PointRole,
    parts: EvidenceParts,
    at: { point: number; flow: number }[] = [{ point: 1, flow: 7 }],
  ) => {
    const all = evidence({ points: places(role), ...parts });
    return mayBeForOthers(all, { now: now(), before: earlier({ innerFlows: at }), back: null });
  };
  test.each<[name: string, role: PointRole, parts: EvidenceParts, expected: boolean]>([
    ['the pod sends nothing since', 'pod-veth', { connections: [inner(19, 19)] }, true],
    ['at a device of nobody knows whom', 'unknown', { connections: [inner(19, 19)] }, true],
    ['both are heard since', 'pod-veth', { connections: [inner(21, 21)] }, true],
    ['a bridge shows all pods', 'bridge', { connections: [inner(19, 19)] }, false],
    ['the pod asks and hears nothing', 'pod-veth', { connections: [inner(20, 19)] }, false],
    ['the pod is asked, and says nothing', 'pod-veth', { connections: [inner(19, 20)] }, false],
    ['the pod asks and never heard anything', 'pod-veth', { connections: [inner(21, null)] }, false],
    [
      'a ping of the two',
      'pod-veth',
      {
        connections: [inner(19, 19)],
        echoes: [echo({ source: '10.244.1.5', destination: '10.244.2.7', request: 21, reply: null })],
      },
      false,
    ],
    [
      'an answered ping',
      'pod-veth',
      {
        connections: [inner(19, 19)],
        echoes: [echo({ source: '10.244.1.5', destination: '10.244.2.7', request: 21, reply: 21.1 })],
      },
      true,
    ],
    [
      'a ping of others',
      'pod-veth',
      {
        connections: [inner(19, 19)],
        echoes: [echo({ source: '10.244.1.9', destination: '10.244.2.7', request: 21, reply: null })],
      },
      true,
    ],
    [
      'an answered lookup of the two',
      'pod-veth',
      {
        connections: [inner(19, 19)],
        dns: [dns({ client: '10.244.2.7:1000', server: '10.244.1.5:53', queries: [21], answered: 22 })],
      },
      true,
    ],
    [
      'a lookup of the two',
      'pod-veth',
      {
        connections: [inner(19, 19)],
        dns: [dns({ client: '10.244.2.7:1000', server: '10.244.1.5:53', queries: [21] })],
      },
      false,
    ],
  ])('%s', (_, role, parts, expected) => expect(judged(role, parts)).toBe(expected));
  test('where the link itself shows what is decrypted, or nothing is known inside, none', () => {
    expect(judged('pod-veth', { connections: [{ ...inner(19, 19), point: 0 }] }, [{ point: 0, flow: 7 }])).toBe(false);
    expect(judged('pod-veth', { connections: [inner(19, 19)] }, [])).toBe(false);
  });
  test('on the common clock', () => {
    const points = (timeShift: number) => [
      point({ name: 'nic', role: 'node-nic' }),
      point({ name: 'veth', role: 'pod-veth', timeShift }),
    ];
    expect(judged('pod-veth', { points: points(-5), connections: [inner(24, 19)] })).toBe(true);
    expect(judged('pod-veth', { points: points(5), connections: [inner(15, 14)] })).toBe(false);
  });
});

test('the next point of the same host', () => {
  const here = connection({}, { established: true });
  const legs = [here, { ...here, point: 1 }, { ...here, point: 2 }];
  const next = (...hosts: (string | null)[]) => {
    const all = evidence({
      points: hosts.map((host, nth) => point({ name: `p${nth}`, host })),
      connections: legs,
      paths: [{ of: legs }],
    });
    return nextPointOfHost(all, all.conversations[0], 0);
  };
  expect([next('a', 'a', 'a'), next('a', 'b', 'a'), next('a', 'b', 'c'), next(null, null, null)]).toEqual([
    [0, 1],
    [0, 2],
    null,
    null,
  ]);
});

test('conversations between the same nets, either way', () => {
  const of = (client: string, server: string) =>
    connection({ client: `${client}:1000`, server: `${server}:80`, syn: [0] });
  const all = evidence({
    connections: [of('10.244.1.5', '10.244.2.7'), of('10.244.2.9', '10.244.1.8'), of('10.244.1.5', '10.244.3.7')],
  });
  expect(betweenSameNets(all, all.conversations.slice(0, 1)).map(({ index }) => index)).toEqual([0, 1]);
});
