import { describe, expect, test } from 'vitest';
import { attemptsOf } from '../../../../src/heuristics/facts/attempts.ts';
import { brokenAnswers } from '../../../../src/heuristics/facts/tcp/broken-answers.ts';
import { endedTranslation } from '../../../../src/heuristics/facts/tcp/ended-translation.ts';
import { unrepeatedSilence } from '../../../../src/heuristics/facts/tcp/unrepeated-syns.ts';
import { applicationFacts } from '../../../support/application-items.ts';
import { endedConnection, ending } from '../../../support/ending-items.ts';
import { capture, connection, type EvidenceParts, evidence, point, ref, reset } from '../../../support/evidence.ts';
import { shut } from '../../../support/segment-items.ts';

type Parts = NonNullable<Parameters<typeof connection>[0]>;

describe('servers that break answers off', () => {
  const broken = (from: number, to: number, some: Parts = {}) =>
    endedConnection(from, ending(to), {
      turns: 1,
      application: applicationFacts({ brokenOff: { announced: 100, received: 50 } as never }),
      ...some,
    });
  const told = (connections: ReturnType<typeof connection>[], parts: EvidenceParts = {}) =>
    brokenAnswers(evidence({ connections, ...parts })).map(
      ({ server, broken: own, all, outer }) =>
        `${server}: ${own.map(({ conversation }) => conversation)} of ${all}, outer ${outer.map(({ conversation }) => conversation)}`,
    );
  const found = ['10.244.2.7:80: 0 of 1, outer '];
  test.each<[name: string, some: Parts, isFound: boolean]>([
    ['so', {}, true],
    ['still open', { end: null }, false],
    ['nothing is read of it', { application: null }, false],
    ['whole answers', { application: applicationFacts() }, false],
    [
      'somebody else reset it',
      { resets: [reset(9, 1, { ttl: 60 })], toClient: { ttls: [{ value: 64, count: 9 }] } },
      false,
    ],
    ['the window of the client was shut', { zeroWindowSpans: [shut(0, 8, 10)] }, false],
    ['the window of the client stays shut', { zeroWindowSpans: [shut(0, 8, null)] }, false],
    ['it was shut from that moment on', { zeroWindowSpans: [shut(0, 9, 10)] }, false],
    ['it was shut up to that moment', { zeroWindowSpans: [shut(0, 8, 9)] }, false],
    ['it was open again', { zeroWindowSpans: [shut(0, 8, 8.9)] }, true],
    ['it was shut later', { zeroWindowSpans: [shut(0, 9.1, 10)] }, true],
    ['that of the server was shut', { zeroWindowSpans: [shut(1, 8, 10)] }, true],
  ])('%s', (_, some, isFound) => expect(told([broken(1, 9, some)])).toEqual(isFound ? found : []));
  test('all connections of the server count', () =>
    expect(told([broken(1, 9), endedConnection(1, null, { client: '10.244.1.6:1', turns: 1 })])).toEqual([
      '10.244.2.7:80: 0 of 2, outer ',
    ]));

  /** The server was the client of a connection of its own. */
  const behind = (from: number, to: number, some: Parts = {}) =>
    broken(from, to, { client: '10.244.2.7:5000', server: '10.244.3.9:5432', ...some });
  const passedOn = ['10.244.3.9:5432: 1 of 1, outer 0'];
  const apart = [...found, '10.244.3.9:5432: 1 of 1, outer '];
  test.each<[name: string, inner: ReturnType<typeof connection>, expected: string[]]>([
    ['broke off meanwhile', behind(2, 8), passedOn],
    ['in the moment of its end', behind(2, 9), passedOn],
    ['after its end', behind(2, 9.1), apart],
    ['in the moment of its begin', behind(0, 1), passedOn],
    ['before its begin', behind(-5, 0.001), apart],
    ['of another client', behind(2, 8, { client: '10.244.2.8:5000' }), apart],
  ])('one behind it %s', (_, inner, expected) => expect(told([broken(1, 9, { first: 1 }), inner])).toEqual(expected));
  test('by the common clock', () => {
    const at = (shift: number) =>
      told([broken(1, 9, { first: 1 }), behind(2, 8, { point: 1 })], {
        points: [point(), point({ capture: 1, timeShift: shift })],
        captures: [capture(), capture()],
      });
    expect([at(1), at(1.1), at(-7), at(-7.1)]).toEqual([passedOn, apart, passedOn, apart]);
  });
});

describe('a node that no longer translates a connection', () => {
  const [SERVICE, POD] = ['10.96.0.20:80', '10.244.2.7:8080'];
  const veth = point({ host: 'a', role: 'pod-veth' });
  const nic = point({ host: 'a', role: 'node-nic', capture: 1 });
  const judged = (
    plain: Parts = {},
    inside: Parts = {},
    parts: { points?: ReturnType<typeof point>[]; serverBeforeNat?: string | null; asked?: Parts } = {},
  ) => {
    const of = [
      connection({ server: SERVICE, ...parts.asked }),
      connection({ server: POD, point: 1, toServer: { last: ref(5) }, ...inside }),
      connection({ server: SERVICE, point: 1, first: 6, ...plain, toServer: { packets: 3, ...plain.toServer } }),
    ];
    const all = evidence({
      points: parts.points ?? [veth, nic],
      captures: [capture(), capture(), capture()],
      connections: of,
      paths: [
        { of, server: POD, serverBeforeNat: parts.serverBeforeNat === undefined ? SERVICE : parts.serverBeforeNat },
      ],
    });
    return endedTranslation(all, all.conversations[0]);
  };
  const found = { point: 1, packets: 3, service: SERVICE, backend: POD };
  test.each<[name: string, isFound: boolean, plain?: Parts, inside?: Parts, parts?: Parameters<typeof judged>[2]]>([
    ['so', true],
    ['no service', false, {}, {}, { serverBeforeNat: null }],
    [
      'the host is unknown',
      false,
      {},
      {},
      { points: [point({ role: 'pod-veth' }), point({ role: 'node-nic', capture: 1 })] },
    ],
    ['only a NIC was captured', false, {}, {}, { points: [{ ...veth, role: 'node-nic' }, nic] }],
    ['the later packets leave no NIC', false, {}, {}, { points: [veth, { ...nic, role: 'bridge' }] }],
    ['they leave the NIC of another host', false, {}, {}, { points: [veth, { ...nic, host: 'b' }] }],
    ['they leave in a tunnel', false, { encapsulation: ['vxlan'] }],
    ['they go to another port', false, { server: '10.96.0.20:81' }],
    ['nothing was translated', false, {}, { server: SERVICE, encapsulation: ['vxlan'] }],
    ['with a SYN', false, { syn: [6] }],
    ['there are none', false, { toServer: { packets: 0 } }],
    ['they are answered', false, { toClient: { packets: 1 } }],
    ['translated ones come in the moment of the first', true, {}, { toServer: { last: ref(6) } }],
    ['translated ones come after it', false, {}, { toServer: { last: ref(6.1) } }],
    ['only their first is known', true, {}, { toServer: { last: null }, first: 6 }],
    ['only their first is known, and it comes after', false, {}, { toServer: { last: null }, first: 6.1 }],
  ])('%s', (_, isFound, plain = {}, inside = {}, parts = {}) =>
    expect(judged(plain, inside, parts)).toEqual(isFound ? found : null),
  );
  test('by the common clock', () => {
    const at = (shift: number) => {
      const points = [veth, nic, { ...nic, capture: 2, timeShift: shift }];
      return judged({}, { point: 2, toServer: { last: ref(5) } }, { points }) !== null;
    };
    expect([at(1), at(1.1)]).toEqual([true, false]);
  });
});

describe('attempts that are given up before the SYN is repeated', () => {
  const once = (at: number, some: Parts = {}) =>
    connection({ client: `10.244.1.5:${Math.round(at * 100)}`, syn: [at], ...some });
  const three = [once(1), once(2), once(3)];
  const count = (connections: ReturnType<typeof connection>[], parts: EvidenceParts = {}) => {
    const all = evidence({
      points: [point(), point({ capture: 1 })],
      captures: [capture(), capture()],
      connections,
      ...parts,
    });
    return unrepeatedSilence(all, attemptsOf(all)).size;
  };
  test.each<[name: string, connections: ReturnType<typeof connection>[], expected: number]>([
    ['three', three, 3],
    ['two', three.slice(1), 0],
    ['one was answered', [...three, once(4, { synAck: [4.1] })], 0],
    ['one was refused', [...three, once(4, { resets: [reset(4.1, 1)] })], 0],
    ['one was repeated', [...three, once(4, { syn: [4, 5] })], 0],
    ['one went on', [...three, once(4, { toServer: { packets: 2 } })], 0],
    ['of two servers', [...three.slice(1), once(1, { server: '10.244.2.8:80' })], 0],
    ['of two ports', [...three.slice(1), once(1, { server: '10.244.2.7:81' })], 0],
    ['of two clients', [...three.slice(1), once(1, { client: '10.244.1.6:1' })], 0],
    ['at two points', [...three.slice(1), once(1, { point: 1 })], 0],
    ['one in the last second', [...three.slice(1), once(59.01)], 0],
    ['one a second before the end', [...three.slice(1), once(59)], 3],
    ['a tenth of a second apart', [once(1), once(1.125), once(1.25)], 3],
    ['in a burst', [once(1), once(1.1), once(1.19)], 0],
    ['in any order', [once(3), once(1), once(2)], 3],
  ])('%s', (_, connections, expected) => expect(count(connections)).toBe(expected));
  test('where absence proves nothing', () =>
    expect(count(three, { captures: [capture({ dropped: 50 }), capture()] })).toBe(0));
});
