import { describe, expect, test } from 'vitest';
import type { CapturePoint, Hop } from '../../../src/flows/evidence/evidence.ts';
import { arrived, vanishedOf } from '../../../src/heuristics/facts/vanished.ts';
import {
  connection,
  datagram,
  type EvidenceParts,
  echo,
  evidence,
  type Path,
  point,
  probe,
  reset,
} from '../../support/evidence.ts';

type Parts = NonNullable<Parameters<typeof connection>[0]>;
const twoHosts = [point({ host: 'a', role: 'node-nic' }), point({ host: 'b', role: 'node-nic' }), point({ host: 'c' })];
const GONE: Partial<Hop> = { packets: 3, lost: 3, matched: 0, smallestLost: 60, largestLost: 60 };

/** SYNs of which the second point sees none. */
function syns(port: number, hop: Partial<Hop> = {}, near: Parts = {}, far: Parts = {}) {
  const client = `10.244.1.5:${port}`;
  const first = connection({ client, syn: [0, 1, 3], ...near });
  const second = connection({
    client,
    ...near,
    point: 1,
    syn: [],
    synAck: [],
    resets: [],
    toServer: {},
    toClient: {},
    handshakeAck: null,
    ...far,
  });
  const path: Path = { of: [first, second], hops: [{ ...GONE, ...hop }] };
  return { items: [first, second], path };
}
const told = (all: ReturnType<typeof syns>[], points: CapturePoint[] = twoHosts, more: EvidenceParts = {}): string =>
  vanishedOf(
    evidence({ points, connections: all.flatMap(({ items }) => items), paths: all.map(({ path }) => path), ...more }),
  )
    .map(
      ({ between, span, lost, staged, conversations, passing, largeFrom, encapsulated, byWallClock }) =>
        `${between.join('>')} ${span}: ${lost} of ${conversations.map(({ index }) => index).join(' ')}, passing ${passing.map(({ index }) => index).join(' ') || 'none'}${staged > 0 ? `, ${staged} staged` : ''}${largeFrom === null ? '' : `, from ${largeFrom} octets`}${encapsulated ? ', encapsulated' : ''}${byWallClock ? ', by wall clock' : ''}`,
    )
    .join('\n');
const found = '0>1 between: 3 of 0, passing none';
const passes = syns(9, { packets: 2, lost: 0, matched: 2, largestArrived: 60 }, { server: '10.244.2.8:80' });

describe('nothing passes between two points', () => {
  test.each<[string, ReturnType<typeof syns>[], string]>([
    ['three SYNs', [syns(1)], found],
    ['two of them', [syns(1, { packets: 2, lost: 2 })], found.replace('3 of', '2 of')],
    ['one of them', [syns(1, { packets: 1, lost: 1 })], ''],
    [
      'one of each of two conversations',
      [syns(1, { packets: 1, lost: 1 }), syns(2, { packets: 1, lost: 1 })],
      '0>1 between: 2 of 0 1, passing none',
    ],
    [
      'one of each, to two servers',
      [syns(1, { packets: 1, lost: 1 }), syns(2, { packets: 1, lost: 1 }, { server: '10.244.2.8:80' })],
      '',
    ],
    [
      'one of each, to two ports',
      [syns(1, { packets: 1, lost: 1 }), syns(2, { packets: 1, lost: 1 }, { server: '10.244.2.7:81' })],
      '',
    ],
    [
      'one of each, and a third passes',
      [syns(1, { packets: 1, lost: 1 }), syns(2, { packets: 1, lost: 1 }), syns(3, { lost: 0, matched: 3 })],
      '',
    ],
    [
      'three, and another passes to the same port',
      [syns(1), syns(3, { lost: 0, matched: 3 })],
      '0>1 between: 3 of 0, passing 1',
    ],
    ['nothing was lost', [syns(1, { lost: 0 })], ''],
    ['unknown', [syns(1, { unknown: { code: 'rows-not-kept' } })], ''],
    ['to a group', [syns(1, {}, { server: '224.0.0.5:80' })], ''],
    ['from an address of the link', [syns(1, {}, { client: '169.254.1.1:80' })], ''],
    ['another conversation passes', [syns(1), passes], '0>1 between: 3 of 0, passing 1'],
    [
      'it passes the other way',
      [syns(1), syns(9, { lost: 0, matched: 2, from: 1, to: 0 }, { server: '10.244.2.8:80' })],
      '0>1 between: 3 of 0, passing 1',
    ],
    ['it passes another hop', [syns(1), syns(9, { lost: 0, matched: 2, to: 2 }, { server: '10.244.2.8:80' })], found],
    [
      'it passes from another point',
      [syns(1), syns(9, { lost: 0, matched: 2, from: 2 }, { server: '10.244.2.8:80' })],
      found,
    ],
    [
      'between other points too',
      [syns(1), syns(2, { to: 2 }, { server: '10.244.2.8:80' })],
      `${found}\n0>2 between: 3 of 1, passing none`,
    ],
    ['two of one hop', [syns(1), syns(2, {}, { server: '10.244.2.8:80' })], '0>1 between: 6 of 0 1, passing none'],
    ['only the wall clock tells', [syns(1, { byWallClock: true })], `${found}, by wall clock`],
    [
      'the wall clock tells of one of two',
      [syns(1, { byWallClock: true }), syns(2, {}, { server: '10.244.2.8:80' })],
      '0>1 between: 6 of 0 1, passing none',
    ],
    ['in a tunnel', [syns(1, {}, { encapsulation: ['vxlan'] })], `${found}, encapsulated`],
    [
      'one of two in a tunnel',
      [syns(1), syns(2, {}, { server: '10.244.2.8:80', encapsulation: ['vxlan'] })],
      '0>1 between: 6 of 0 1, passing none, encapsulated',
    ],
    ['in a tunnel behind the hop', [syns(1, {}, {}, { encapsulation: ['vxlan'] })], found],
    ['larger than any link must carry', [syns(1, { smallestLost: 1281 })], `${found}, from 1281 octets`],
    ['as large as any link must carry', [syns(1, { smallestLost: 1280 })], found],
    [
      'one of two is small',
      [syns(1, { smallestLost: 1400 }), syns(2, {}, { server: '10.244.2.8:80' })],
      '0>1 between: 6 of 0 1, passing none',
    ],
    [
      'large, and as large ones pass',
      [
        syns(1, { smallestLost: 1400 }),
        syns(9, { lost: 0, matched: 2, largestArrived: 1400 }, { server: '10.244.2.8:80' }),
      ],
      '0>1 between: 3 of 0, passing 1',
    ],
    [
      'large, and smaller ones pass',
      [
        syns(1, { smallestLost: 1400 }),
        syns(9, { lost: 0, matched: 2, largestArrived: 1399 }, { server: '10.244.2.8:80' }),
      ],
      '0>1 between: 3 of 0, passing 1, from 1400 octets',
    ],
    [
      'large, and as large ones pass the other way',
      [
        syns(1, { smallestLost: 1400 }),
        syns(9, { lost: 0, matched: 2, largestArrived: 1400, from: 1, to: 0 }, { server: '10.244.2.8:80' }),
      ],
      '0>1 between: 3 of 0, passing 1, from 1400 octets',
    ],
  ])('%s', (_, all, expected) => {
    expect(told(all)).toBe(expected);
  });

  test('a traceroute is lost on purpose', () => {
    const one = syns(1);
    const [{ client, server }] = one.items;
    const probes = [1, 2, 3].map((ttl) => probe(ttl, ttl, { protocol: 6, source: client, destination: server }));
    expect(told([one], twoHosts, { probes })).toBe('');
  });

  test.each<[string, CapturePoint[], string, Partial<Hop>, Parts]>([
    ['one host', [point({ host: 'a' }), point({ host: 'a' })], 'inside', {}, {}],
    ['two hosts', [point({ host: 'a' }), point({ host: 'b' })], 'between', {}, {}],
    ['unknown hosts, plain on no NIC', [point(), point()], 'between', {}, {}],
    ['unknown hosts, plain and on a NIC', [point({ role: 'node-nic' }), point()], 'inside', {}, {}],
    [
      'unknown hosts, in a tunnel on a NIC',
      [point({ role: 'node-nic' }), point()],
      'between',
      {},
      { encapsulation: ['vxlan'] },
    ],
    ['unknown hosts, in a tunnel on no NIC', [point(), point()], 'inside', {}, { encapsulation: ['vxlan'] }],
    [
      'unknown hosts that share no packet',
      [point({ role: 'node-nic' }), point()],
      'between',
      { byWallClock: true },
      {},
    ],
  ])('where: %s', (_, points, span, hop, some) => {
    expect(told([syns(1, hop, some)], points)).toMatch(new RegExp(`^0>1 ${span}:`));
  });
});

describe('it arrived by another way', () => {
  const DIRECTIONS = [0, 1] as const;
  const isThere = (near: Parts, far: Parts, direction: 0 | 1, hop: Partial<Hop> = {}): boolean => {
    const one = syns(1, { direction, ...(direction === 1 && { from: 1, to: 0 }), ...hop }, near, far);
    const all = evidence({ points: twoHosts, connections: one.items, paths: [one.path] });
    const [conversation] = all.conversations;
    return arrived(all, conversation, conversation.hops[0]);
  };
  test.each<[string, Parts, Parts, boolean]>([
    ['nothing shows it', {}, {}, false],
    ['the other end has the packets', {}, { toServer: { packets: 1 } }, true],
    ['the sender got an answer', { toClient: { packets: 1 } }, {}, true],
    ['the sender got a reset', { toClient: { packets: 1, resets: 1 } }, {}, false],
    ['the sender got more than a reset', { toClient: { packets: 2, resets: 1 } }, {}, true],
    ['a reset behind the hop', { resets: [reset(1, 1)] }, { toClient: { packets: 1, resets: 1 } }, true],
    ['data of the sender is acknowledged', { toServer: { packets: 3, largestAckedL3: 60 } }, {}, true],
  ])('to the server: %s', (_, near, far, expected) => {
    expect(isThere(near, far, 0)).toBe(expected);
  });
  test('the packets were seen at the hop itself: the other end is there', () => {
    expect(isThere({}, { toServer: { packets: 1 } }, 0, { from: 1, to: 2 })).toBe(false);
  });
  test.each<[string, Parts, Parts, boolean]>([
    ['nothing shows it', {}, {}, false],
    ['the client has the packets', { toClient: { packets: 1 } }, {}, true],
    ['the client acknowledged the handshake at the server', {}, { handshakeAck: { packet: 1, time: 1 } }, true],
    ['the client sent data at the server', {}, { toServer: { packets: 1, dataSegments: 1 } }, true],
    ['the client sent something else', {}, { rolesFrom: 'syn-ack', toServer: { packets: 1 } }, false],
    ['its data is acknowledged', {}, { toClient: { packets: 1, largestAckedL3: 60 } }, true],
  ])('to the client: %s', (_, near, far, expected) => {
    expect(isThere(near, far, 1)).toBe(expected);
  });
  test.each(DIRECTIONS)('a connection in progress that sends nothing again, direction %s', (direction) => {
    const running = (sent: object, answer: object): boolean => {
      const half = direction === 0 ? { toServer: sent, toClient: answer } : { toClient: sent, toServer: answer };
      const parts = { syn: [], rolesFrom: 'guess', ...half } as Parts;
      return direction === 0 ? isThere(parts, {}, 0) : isThere({ syn: [] }, parts, 1);
    };
    expect(running({ packets: 5 }, { packets: 5 })).toBe(true);
    expect(running({ packets: 5, retransmissions: 1 }, { packets: 5 })).toBe(direction === 0);
    expect(running({ packets: 5 }, { packets: 1, resets: 1 })).toBe(false);
  });

  type Flow = Parameters<typeof datagram>[0];
  const flows = (near: Flow, far: Flow, direction: 0 | 1, more: EvidenceParts = {}): boolean => {
    const [one, other] = [datagram(near), datagram({ point: 1, ...far })];
    const hops = [direction === 0 ? { direction, lost: 3 } : { direction, from: 1, to: 0, lost: 3 }];
    const all = evidence({
      points: twoHosts,
      paths: [{ of: [one, other], hops }],
      ...more,
      datagrams: [one, other, ...(more.datagrams ?? [])],
    });
    return arrived(all, all.conversations[0], all.conversations[0].hops[0]);
  };
  test.each<[string, Flow, Flow, 0 | 1, boolean]>([
    ['nothing shows it', {}, { sent: [] }, 0, false],
    ['the other end has them', {}, { sent: [1] }, 0, true],
    ['they are answered', { back: [1] }, { sent: [] }, 0, true],
    ['back: nothing shows it', {}, { sent: [], back: [1] }, 1, false],
    ['back: the client has them', { back: [1] }, { sent: [], back: [1] }, 1, true],
    ['back: the client goes on', { sent: [0, 1] }, { sent: [0, 1], back: [1] }, 1, false],
  ])('datagrams: %s', (_, near, far, direction, expected) => {
    expect(flows(near, far, direction)).toBe(expected);
  });
  test('datagrams that are answered from another address', () => {
    const answers = datagram({ server: '10.96.0.20:5000', sent: [], back: [1] });
    expect(flows({}, { sent: [] }, 0, { datagrams: [answers] })).toBe(true);
    expect(flows({}, { sent: [], back: [1] }, 1, { datagrams: [answers] })).toBe(false);
  });

  test.each<[string, boolean, boolean, 0 | 1, boolean]>([
    ['answered at the client', true, false, 0, true],
    ['not answered there', false, true, 0, false],
    ['back: the client has the reply', true, true, 1, true],
    ['back: it has none', false, true, 1, false],
  ])('pings: %s', (_, isNear, isFar, direction, expected) => {
    const near = echo({ ...(!isNear && { reply: null }) });
    const far = echo({ point: 1, ...(!isFar && { reply: null }) });
    const hops = [direction === 0 ? { direction, lost: 1 } : { direction, from: 1, to: 0, lost: 1 }];
    const all = evidence({ points: twoHosts, echoes: [near, far], paths: [{ of: [near, far], hops }] });
    expect(arrived(all, all.conversations[0], all.conversations[0].hops[0])).toBe(expected);
  });
});
