import { describe, expect, test } from 'vitest';
import type { EchoExchange } from '../../../src/flows/evidence/evidence.ts';
import { lossesOfEchoes, type RequestLoss } from '../../../src/heuristics/facts/echo-losses.ts';
import { lossesOfRequests } from '../../../src/heuristics/facts/request-losses.ts';
import { capture, datagram, type EvidenceParts, echo, evidence, point, probe, ref } from '../../support/evidence.ts';

const text = ({ what, port, point: at, source, destination, lost, total, sent, conversations }: RequestLoss) =>
  `${what} ${at} ${source}>${destination}:${port}: ${lost.map(({ time }) => time).join(' ')}, ${total} of ${sent} in ${conversations.map(({ index }) => index)}`;

describe('UDP requests without an answer between others that get one', () => {
  type Parts = NonNullable<Parameters<typeof datagram>[0]>;
  type Unanswered = NonNullable<ReturnType<typeof datagram>['unanswered']>;
  const missing = (some: Partial<Unanswered> = {}): Unanswered => ({
    requests: 3,
    packets: [1, 2, 3].map((at) => ref(at)),
    answersAgain: 0,
    longestAnswer: 0.1,
    shortestWait: 0.2,
    ...some,
  });
  /** 23 requests and 20 answers. */
  const asking = (some: Parts = {}, unanswered: Unanswered | null = missing()) =>
    datagram({ packets: [23, 20], unanswered, sinceAnswer: null, ...some });
  const told = (datagrams: ReturnType<typeof datagram>[], covered: number[] = [], parts: EvidenceParts = {}) =>
    lossesOfRequests(evidence({ datagrams, ...parts }), new Set(covered)).map(text);
  const found = ['UDP request 0 10.244.1.5>10.244.2.7:5000: 1 2 3, 3 of 23 in 0'];
  const since = (packets: number) => ({ sinceAnswer: { packets, octets: 1, first: ref(9) } });
  test.each<[name: string, some: Parts, unanswered: Unanswered | null, expected: string[]]>([
    ['three', {}, missing(), found],
    ['two', { packets: [22, 20] }, missing({ requests: 2 }), []],
    ['none', {}, null, []],
    ['ten answers', { packets: [13, 10] }, missing(), [found[0].replace('23', '13')]],
    ['nine answers', { packets: [12, 9] }, missing(), []],
    ['QUIC', { quic: true }, missing(), []],
    ['a port that need not answer', { server: '10.244.2.7:514' }, missing(), []],
    ['to a group', { toGroup: [true, false] }, missing(), []],
    ['the answers go to a group', { toGroup: [false, true] }, missing(), found],
    [
      'a quarter of all',
      { packets: [40, 30] },
      missing({ requests: 10 }),
      ['UDP request 0 10.244.1.5>10.244.2.7:5000: 1 2 3, 10 of 40 in 0'],
    ],
    ['more than a quarter', { packets: [40, 29] }, missing({ requests: 11 }), []],
    ['one in ten answers is late', {}, missing({ answersAgain: 2 }), found],
    ['more are late', {}, missing({ answersAgain: 3 }), []],
    ['it waited less than twice as long as for any answer', {}, missing({ shortestWait: 0.19 }), []],
    ['answers that came late count', { packets: [22, 20] }, missing(), []],
    [
      'those after the last answer are told elsewhere',
      { packets: [26, 20], ...since(3) },
      missing({ requests: 5 }),
      found.map((one) => one.replace('23', '26')),
    ],
    ['only those after the last answer', { packets: [23, 20], ...since(3) }, missing({ requests: 2 }), []],
  ])('%s', (_, some, unanswered, expected) => expect(told([asking(some, unanswered)])).toEqual(expected));
  test('what is counted between points is left out', () => {
    expect(told([asking()], [0])).toEqual([]);
    expect(told([asking()], [1])).toEqual(found);
  });
  test('the capture misses packets', () =>
    expect(told([asking()], [], { points: [point({ quality: { gapOctets: 20, tcpOctets: 80 } })] })).toEqual([]));
  test('sockets of one client count together, with those that lose nothing', () => {
    const one = (nth: number, count: number) =>
      asking(
        { client: `10.244.1.5:${nth}`, packets: [20 + count, 20] },
        count === 0 ? null : missing({ requests: count, packets: [ref(nth)] }),
      );
    expect(told([one(1, 1), one(2, 0), one(3, 2)])).toEqual([
      'UDP request 0 10.244.1.5>10.244.2.7:5000: 1 3, 3 of 63 in 0,2',
    ]);
    const other = (some: Parts) => [
      one(1, 1),
      one(3, 1),
      asking({ client: '10.244.1.5:9', packets: [21, 20], ...some }, missing({ requests: 1 })),
    ];
    expect(told(other({}))).toHaveLength(1);
    expect(told(other({ client: '10.244.1.6:9' }))).toEqual([]);
    expect(told(other({ server: '10.244.2.8:5000' }))).toEqual([]);
    expect(told(other({ server: '10.244.2.7:5001' }))).toEqual([]);
    expect(
      told(other({ point: 1 }), [], { points: [point(), point({ capture: 1 })], captures: [capture(), capture()] }),
    ).toEqual([]);
  });
  test('the list of packets may be shorter, and holds no more than are missing', () => {
    expect(told([asking({ packets: [24, 20] }, missing({ requests: 4 }))])).toEqual([
      found[0].replace('3 of 23', '4 of 24'),
    ]);
    const late = asking({ packets: [23, 20] }, missing({ requests: 4, packets: [1, 2, 3, 4].map((at) => ref(at)) }));
    expect(told([late])).toEqual(found);
  });
});

describe('echo requests without a reply between others that get one', () => {
  const ping = (nth: number, isAnswered: boolean, some: Parameters<typeof echo>[0] = {}) =>
    echo({ sequence: nth, request: nth, ...(!isAnswered && { reply: null }), ...some });
  /** Answered at 1, 3, 5 and 7 s; not at 2, 4 and 6 s. */
  const seven = (some: (nth: number) => Parameters<typeof echo>[0] = () => ({})) =>
    [1, 2, 3, 4, 5, 6, 7].map((nth) => ping(nth, nth % 2 === 1, some(nth)));
  const told = (echoes: EchoExchange[], covered: number[] = [], parts: EvidenceParts = {}) =>
    lossesOfEchoes(evidence({ echoes, ...parts }), new Set(covered)).map(text);
  const found = ['echo request 0 10.244.1.5>10.244.2.7:0: 2 4 6, 3 of 7 in 0'];
  const at = (nth: number, some: Parameters<typeof echo>[0]) => (one: number) => (one === nth ? some : {});
  test.each<[name: string, echoes: EchoExchange[], expected: string[]]>([
    ['three of seven', seven(), found],
    ['two', seven().slice(0, 5), []],
    ['two are answered', [ping(1, true), ping(2, false), ping(3, false), ping(4, false), ping(5, true)], []],
    ['one is larger than any that was answered', seven(at(2, { l3Length: 85 })), []],
    [
      'one is larger, and an answered one is as large',
      seven((nth) => (nth === 2 || nth === 7 ? { l3Length: 85 } : {})),
      found,
    ],
    ['one was not seen to be asked', seven(at(2, { request: null })), []],
    ['one was asked to a group', seven(at(2, { toGroup: true })), []],
    ['one is in the last 2 s', seven(at(2, { request: 58.01 })), []],
    ['one is earlier', [...seven(), ping(58, false)], [found[0].replace('2 4 6, 3 of 7', '2 4 6 58, 4 of 8')]],
    ['one to another host', seven(at(2, { destination: '10.244.2.8' })), []],
    ['one of another host', seven(at(2, { source: '10.244.1.6' })), []],
    // The second lost one at 4 s, the last but one at 6 s.
    [
      'answered before the second',
      [2, 4, 6, 8].map((nth) => ping(nth, false)).concat([3, 9, 10].map((nth) => ping(nth, true))),
      [found[0].replace('2 4 6, 3', '2 4 6 8, 4')],
    ],
    [
      'answered only after it',
      [2, 4, 6, 8].map((nth) => ping(nth, false)).concat([4, 9, 10].map((nth) => ping(nth, true))),
      [],
    ],
    [
      'answered after the last but one',
      [2, 4, 6, 8].map((nth) => ping(nth, false)).concat([0, 1, 7].map((nth) => ping(nth, true))),
      [found[0].replace('2 4 6, 3', '2 4 6 8, 4')],
    ],
    [
      'answered only before it',
      [2, 4, 6, 8].map((nth) => ping(nth, false)).concat([0, 1, 6].map((nth) => ping(nth, true))),
      [],
    ],
  ])('%s', (_, echoes, expected) => expect(told(echoes)).toEqual(expected));
  test('in any order of the identifiers', () => {
    const each = seven((nth) => ({ id: nth }));
    expect(told(each)).toEqual(['echo request 0 10.244.1.5>10.244.2.7:0: 2 4 6, 3 of 7 in 1,3,5']);
    expect(told([...each].reverse())).toEqual(['echo request 0 10.244.1.5>10.244.2.7:0: 6 4 2, 3 of 7 in 1,3,5']);
    expect(told(each, [1])).toEqual([]);
    expect(told(each, [0])).toEqual(['echo request 0 10.244.1.5>10.244.2.7:0: 2 4 6, 3 of 6 in 1,3,5']);
  });
  test('the capture misses packets', () =>
    expect(told(seven(), [], { points: [point({ quality: { gapOctets: 20, tcpOctets: 80 } })] })).toEqual([]));
  test('at the point nearest to the sender', () => {
    const points = [point(), point({ capture: 1 })];
    const [near, far] = [seven(), seven(() => ({ point: 1 }))];
    const all = { points, captures: [capture(), capture()], paths: [{ of: [near[0], far[0]] }] };
    expect(told([...near, ...far], [], all)).toEqual(found);
  });
  test('not those of a traceroute', () => {
    const probes = [1, 2, 3].map((ttl) => probe(ttl, ttl));
    expect(told(seven(), [], { probes })).toEqual([]);
    expect(told(seven(), [], { probes: probes.slice(1) })).toEqual(found);
  });
});
