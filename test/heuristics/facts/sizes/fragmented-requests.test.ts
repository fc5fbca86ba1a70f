import { describe, expect, test } from 'vitest';
import { isFragmented, unansweredInFragments } from '../../../../src/heuristics/facts/sizes/fragmented-requests.ts';
import { datagram, type EvidenceParts, echo, evidence, fragmented, point, ref } from '../../../support/evidence.ts';

test('the first fragment of a datagram: by its point and number, and not the packet around it', () => {
  const all = evidence({
    points: [point(), point()],
    fragments: [fragmented({ first: ref(1) }), fragmented({ first: ref(2), outer: true })],
  });
  expect([ref(1), ref(2), ref(3)].map((one) => isFragmented(all, 0, one))).toEqual([true, false, false]);
  expect(isFragmented(all, 1, ref(1))).toBe(false);
  expect(isFragmented(evidence(), 0, ref(1))).toBe(false);
});

/** A ping in fragments at 10 s without a reply, and one sent whole that is answered. */
const inFragments = echo({ request: 10, reply: null, sequence: 1 });
const whole = echo({ request: 11, sequence: 2 });
const first = fragmented({ protocol: 1, first: ref(10) });
const asked = datagram({ client: '10.244.1.5:1000', sent: [10] });
const answered = datagram({ client: '10.244.1.5:1001', sent: [11], back: [11.1] });

describe('requests in fragments are not answered, and others are', () => {
  const told = (parts: EvidenceParts, guardSeconds = 2): string[] =>
    unansweredInFragments(evidence({ fragments: [first], ...parts }), guardSeconds).map(
      ({ point: at, source, destination, requests, conversations, wholeAnswered }) =>
        `${at} ${source}>${destination}: ${requests.map(({ time }) => time).join(' ')} of ${conversations.map(({ index }) => index).join(' ')}; ${wholeAnswered} whole`,
    );
  const found = ['0 10.244.1.5>10.244.2.7: 10 of 0; 1 whole'];
  test.each<[string, EvidenceParts, string[]]>([
    ['pings', { echoes: [inFragments, whole] }, found],
    ['datagrams', { datagrams: [asked, answered] }, found],
    ['nothing in fragments', { fragments: [], echoes: [inFragments, whole] }, []],
    ['nothing sent whole', { echoes: [inFragments] }, []],
    ['one sent whole fails too', { echoes: [inFragments, whole, echo({ request: 12, reply: null, sequence: 3 })] }, []],
    [
      'another one in fragments is answered',
      {
        fragments: [first, fragmented({ first: ref(12) })],
        echoes: [inFragments, whole, echo({ request: 12, sequence: 3 })],
      },
      [],
    ],
    [
      'two in fragments, two whole',
      {
        fragments: [first, fragmented({ first: ref(12) })],
        echoes: [
          inFragments,
          whole,
          echo({ request: 12, reply: null, sequence: 3 }),
          echo({ request: 13, sequence: 4 }),
        ],
      },
      ['0 10.244.1.5>10.244.2.7: 10 12 of 0; 2 whole'],
    ],
    ['the one sent whole is of another host', { echoes: [inFragments, { ...whole, source: '10.244.1.6' }] }, []],
    ['the one sent whole is to another host', { echoes: [inFragments, { ...whole, destination: '10.244.2.8' }] }, []],
    [
      'the one sent whole is to another port',
      { datagrams: [asked, { ...answered, server: { address: '10.244.2.7', port: 9 } }] },
      [],
    ],
    ['a group is asked', { echoes: [inFragments, whole].map((one) => ({ ...one, destination: '224.0.0.5' })) }, []],
    ['a request that was not seen', { echoes: [whole, echo({ request: null, reply: 10 })] }, []],
    [
      'a socket sends both, and is answered: which one is unknown',
      { datagrams: [datagram({ client: '10.244.1.5:1000', sent: [10, 12], back: [12.1] }), answered] },
      [],
    ],
    [
      'a socket sends both, and is not answered',
      { datagrams: [datagram({ client: '10.244.1.5:1000', sent: [10, 12] }), answered] },
      found,
    ],
  ])('%s', (_, parts, expected) => {
    expect(told(parts)).toEqual(expected);
  });

  test.each<[string, number, string[]]>([
    ['is due', 12, found],
    ['may come yet', 11.9, []],
  ])('at the end of the capture an answer %s', (_, lastTime, expected) => {
    const points = [point({ quality: { lastTime } })];
    expect(told({ points, echoes: [inFragments, whole] })).toEqual(expected);
    expect(told({ points, datagrams: [asked, answered] })).toEqual(expected);
  });

  test('a service without an answer joins one that tells, of the same two hosts', () => {
    const fragments = [first, fragmented({ first: ref(20) })];
    const other = datagram({ client: '10.244.1.5:1002', server: '10.244.2.7:9', sent: [20] });
    const both = ['0 10.244.1.5>10.244.2.7: 10 20 of 0 2; 1 whole'];
    expect(told({ fragments, datagrams: [asked, answered, other] })).toEqual(both);
    expect(told({ fragments, datagrams: [other, asked, answered] })).toEqual([
      '0 10.244.1.5>10.244.2.7: 20 10 of 0 1; 1 whole',
    ]);
  });

  test('another service of the two hosts, before it or behind it', () => {
    const fragments = [first, fragmented({ first: ref(20) })];
    const other = { server: { address: '10.244.2.7', port: 9 } };
    const inParts = datagram({ client: '10.244.1.5:1002', sent: [20], ...other });
    const isSilent = datagram({ client: '10.244.1.5:1003', sent: [21], ...other });
    const isHeard = datagram({ client: '10.244.1.5:1004', sent: [21], back: [22], ...other });
    const both = (more: (typeof asked)[]): string[] => [
      ...told({ fragments, datagrams: [asked, answered, ...more] }),
      ...told({ fragments, datagrams: [...more, asked, answered] }),
    ];
    expect(both([isSilent]), 'never answers: shows nothing').toEqual([...found, found[0].replace('of 0', 'of 1')]);
    expect(both([inParts, isSilent]), 'never answers, whole or not: its fragments are left out').toEqual([
      ...found,
      found[0].replace('of 0', 'of 2'),
    ]);
    expect(both([isSilent, isHeard]), 'answers some that are sent whole').toEqual([]);
    expect(both([{ ...inParts, packets: [1, 1] }]), 'answers fragments').toEqual([]);
  });

  test('points are told apart', () => {
    const points = [point(), point()];
    const there = [inFragments, whole].map((one) => ({ ...one, point: 1 }));
    expect(told({ points, fragments: [{ ...first, point: 1 }], echoes: [inFragments, whole, ...there] })).toEqual([
      '1 10.244.1.5>10.244.2.7: 10 of 1; 1 whole',
    ]);
  });
});
