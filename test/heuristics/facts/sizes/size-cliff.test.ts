import { describe, expect, test } from 'vitest';
import type { Connection, Direction, Hop, IcmpError } from '../../../../src/flows/evidence/evidence.ts';
import { cliffsOf } from '../../../../src/heuristics/facts/sizes/size-cliff.ts';
import {
  connection,
  type EvidenceParts,
  evidence,
  icmpError,
  point,
  quoted,
  ref,
  reset,
} from '../../../support/evidence.ts';
import { repeat } from '../../../support/segment-items.ts';

type Parts = NonNullable<Parameters<typeof connection>[0]>;
type Stats = NonNullable<Parts['toServer']>;
const points = [point(), point(), point()];
/** 1500 octets at 1, 2, 4, 8 and 16 s in vain. */
const stuck = (some: Parameters<typeof repeat>[0] = {}) =>
  repeat({ times: [1, 2, 4, 8, 16], l3Length: 1500, smallestL3Length: 1500, ...some });

/** The sender's half, and the other one, of which something is heard meanwhile. */
function half(direction: Direction, sender: Stats, receiver: Stats, some: Parts = {}): Connection {
  const there = {
    largestAckedL3: 186,
    unackedOctets: 1448,
    unackedSince: ref(1),
    last: ref(16),
    repeats: [stuck()],
    ...sender,
  };
  const back = { last: ref(5), ...receiver };
  const [toServer, toClient] = direction === 0 ? [there, back] : [back, there];
  return connection({ ...some, toServer, toClient }, { established: true });
}

const cliffs = (parts: EvidenceParts) => cliffsOf(evidence({ points, ...parts }));
const told = (parts: EvidenceParts): string =>
  cliffs(parts)
    .map(
      ({ sender, receiver, largestPassed, smallestLost, sendings, icmp, confirmed, conversations }) =>
        `${sender}>${receiver}: ${largestPassed} passes, ${smallestLost} not (${sendings}), ICMP ${icmp}${confirmed ? ', confirmed' : ''}, of ${conversations.map(({ index }) => index).join(' ')}`,
    )
    .join('\n');

const found = '10.244.1.5>10.244.2.7: 186 passes, 1500 not (5), ICMP none, of 0';
const both = (direction: Direction, text: string): string =>
  direction === 0 ? text : text.replace('10.244.1.5>10.244.2.7', '10.244.2.7>10.244.1.5');

describe.each([0, 1] as const)('octets that never arrive, direction %s', (direction) => {
  test.each<[string, Stats, Stats, string, Parts?]>([
    ['so', {}, {}, found],
    ['three sendings', { repeats: [stuck({ times: [1, 2, 4] })] }, {}, found.replace('(5)', '(3)')],
    ['two sendings', { repeats: [stuck({ times: [1, 2] })] }, {}, ''],
    ['within 0.6 s', { repeats: [stuck({ times: [1, 1.2, 1.6] })] }, {}, found.replace('(5)', '(3)')],
    ['within less', { repeats: [stuck({ times: [1, 1.2, 1.59] })] }, {}, ''],
    ['they were acknowledged', { repeats: [stuck({ ackedTime: 17 })] }, {}, ''],
    ['one as large was acknowledged', { largestAckedL3: 1500 }, {}, ''],
    ['one nearly as large was', { largestAckedL3: 1499 }, {}, found.replace('186', '1499')],
    [
      'as small as any host takes',
      { repeats: [stuck({ l3Length: 576, smallestL3Length: 576 })] },
      {},
      found.replace('1500', '576'),
    ],
    ['smaller', { repeats: [stuck({ l3Length: 575, smallestL3Length: 575 })] }, {}, ''],
    ['the receiver resets', {}, { resets: 1 }, ''],
    ['the receiver is not heard meanwhile', {}, { last: ref(-9) }, ''],
    [
      'offload: the MSS tells what is on the wire',
      { repeats: [stuck({ l3Length: 9000, smallestL3Length: 9000 })] },
      { mss: 1460 },
      found,
    ],
    [
      'offload over IPv6',
      { repeats: [stuck({ l3Length: 9000, smallestL3Length: 9000 })] },
      { mss: 1440 },
      found,
      { ipVersion: 6 },
    ],
    ['the most sent of two', { repeats: [stuck({ times: [1, 2, 4] }), stuck()] }, {}, found],
    [
      'the most sent of two, in any order',
      { repeats: [stuck(), stuck({ times: [1, 2, 4], l3Length: 1400, smallestL3Length: 1400 })] },
      {},
      found,
    ],
    [
      'the first of two that were sent as often',
      { repeats: [stuck(), stuck({ l3Length: 1400, smallestL3Length: 1400 })] },
      {},
      found,
    ],
    ['behind one that was acknowledged', { repeats: [stuck({ ackedTime: 9 }), stuck()] }, {}, found],
  ])('%s', (_, sender, receiver, expected, some) => {
    expect(told({ connections: [half(direction, sender, receiver, some)] })).toBe(both(direction, expected));
  });

  const shut = (start: number, end: number | null, of: Direction = direction === 0 ? 1 : 0): Parts => ({
    zeroWindowSpans: [
      { direction: of, start: ref(start), end: end === null ? null : ref(end), probes: 0, lastTime: end ?? start },
    ],
  });
  test.each<[string, Parts, boolean]>([
    ['for good', shut(0.5, null), false],
    ['from then on', shut(1, null), false],
    ['later', shut(1.1, null), true],
    ['up to then', shut(0.5, 1), false],
    ['before', shut(0.5, 0.9), true],
    ['that of the sender', shut(0.5, null, direction), true],
  ])('while the window is shut: %s', (_, some, isFound) => {
    expect(told({ connections: [half(direction, {}, {}, some)] })).toBe(isFound ? both(direction, found) : '');
  });

  test.each<[string, Stats, Parts, string]>([
    ['acknowledged', { repeats: [stuck({ smallestL3Length: 564, ackedTime: 17 })], unackedOctets: 0 }, {}, '564'],
    ['as large as before', { repeats: [stuck({ ackedTime: 17 })], unackedOctets: 0 }, {}, ''],
    [
      'reset by the receiver',
      { repeats: [stuck({ smallestL3Length: 564 })] },
      { resets: [reset(16, direction === 0 ? 1 : 0)] },
      '564',
    ],
    [
      'reset before',
      { repeats: [stuck({ smallestL3Length: 564 })] },
      { resets: [reset(15.9, direction === 0 ? 1 : 0)] },
      '',
    ],
    ['reset by the sender', { repeats: [stuck({ smallestL3Length: 564 })] }, { resets: [reset(16, direction)] }, ''],
    [
      'and nothing waits',
      { repeats: [stuck({ smallestL3Length: 564 })], unackedOctets: 0 },
      { resets: [reset(16, direction === 0 ? 1 : 0)] },
      '',
    ],
    ['after two sendings', { repeats: [stuck({ times: [1, 2, 4], smallestL3Length: 564, ackedTime: 17 })] }, {}, ''],
    ['after three', { repeats: [stuck({ times: [1, 2, 4, 8], smallestL3Length: 564, ackedTime: 17 })] }, {}, '564'],
  ])('cut smaller by the sender: %s', (_, sender, some, passes) => {
    const all = cliffs({ connections: [half(direction, sender, { last: ref(0.5) }, some)] });
    const cut = all.filter(({ confirmed, smallestLost }) => confirmed && smallestLost === 1500);
    expect(cut.map(({ largestPassed }) => String(largestPassed)).join()).toBe(passes);
  });
});

describe('a connection whose beginning was not captured', () => {
  const late = (times: number[], some: Parts = {}, first = ref(1)): string =>
    told({
      connections: [
        half(0, { first, repeats: [stuck({ times })], largestAckedL3: 0 }, {}, { rolesFrom: 'guess', ...some }),
      ],
    });
  test.each<[string, string, boolean]>([
    ['0.3 s apart: none before', late([1, 1.3, 1.9].slice(0, 2)), false],
    ['0.6 s apart: one before', late([1, 1.6]), true],
    ['a little less', late([1, 1.59, 1.7].slice(0, 2)), false],
    ['it was captured from its SYN on', late([1, 1.6], { rolesFrom: 'syn' }), false],
    ['it begins with other octets', late([1, 1.6], {}, ref(0.5)), false],
    ['one sending alone', late([1]), false],
  ])('sendings of %s', (_, text, isFound) => {
    expect(text !== '').toBe(isFound);
  });
});

describe('what passed in other connections', () => {
  const other = (some: Parts): string =>
    told({ connections: [half(0, {}, {}), connection({ client: '10.244.1.5:50000', ...some })] });
  test.each<[string, Parts, number]>([
    ['larger', { toServer: { largestAckedL3: 1400 } }, 1400],
    ['smaller', { toServer: { largestAckedL3: 100 } }, 186],
    ['the other way', { toClient: { largestAckedL3: 1400 } }, 186],
    ['elsewhere', { point: 1, toServer: { largestAckedL3: 1400 } }, 186],
    ['of another client', { client: '10.244.1.6:1', toServer: { largestAckedL3: 1400 } }, 186],
    ['to another server', { server: '10.244.2.8:80', toServer: { largestAckedL3: 1400 } }, 186],
  ])('%s', (_, some, passes) => {
    expect(other(some)).toBe(found.replace('186', String(passes)));
  });
  test('as large as what is lost: size is not the reason', () => {
    expect(other({ toServer: { largestAckedL3: 1500 } })).toBe('');
  });
});

describe('a hop that loses only large ones', () => {
  const over = (some: Partial<Hop>, sender: Stats = {}): string => {
    const near = half(0, { repeats: [], ...sender }, {});
    const far = { ...near, point: 1 };
    const hops = [
      { packets: 9, lost: 4, lostData: 4, largestArrived: 1400, smallestLost: 1480, lostPackets: [ref(1)], ...some },
    ];
    return told({ connections: [near, far], paths: [{ of: [near, far], hops }] });
  };
  const lost = '10.244.1.5>10.244.2.7: 1400 passes, 1480 not (4), ICMP none, confirmed, of 0';
  test.each<[string, Partial<Hop>, string]>([
    ['so', {}, lost],
    ['three of them with data', { lostData: 3 }, lost],
    ['two of them with data', { lostData: 2 }, ''],
    ['the other direction', { direction: 1 }, ''],
    ['unknown', { unknown: { code: 'rows-not-kept' } }, ''],
    ['nothing passed', { matched: 0 }, ''],
    ['one passed', { matched: 1 }, lost],
    ['one as large passed', { largestArrived: 1480 }, ''],
    [
      'as small as any host takes',
      { smallestLost: 576, largestArrived: 300 },
      lost.replace('1400', '300').replace('1480', '576'),
    ],
    ['smaller', { smallestLost: 575, largestArrived: 300 }, ''],
  ])('%s', (_, some, expected) => {
    expect(over(some)).toBe(expected);
  });

  test('path MTU discovery that works is none', () => {
    const sent = (ackedTime: number | null, unackedOctets = 0): string =>
      over({}, { unackedOctets, repeats: [stuck({ times: [1, 1.1], ackedTime })] });
    expect(sent(2), 'acknowledged a second later').toBe('');
    expect(sent(2.1), 'later than that').toBe(lost);
    expect(sent(null), 'not acknowledged').toBe(lost);
    expect(sent(2, 1), 'something waits').toBe(lost);
  });
});

describe('ICMP that says a packet is too big', () => {
  const about = (source: string, destination: string) => quoted({ protocol: 6, source, destination });
  const said = (some: Partial<IcmpError>, direction: Direction = 0): string => {
    const { source, destination } = { source: '10.244.1.5:40000', destination: '10.244.2.7:80' };
    const [from, to] = direction === 0 ? [source, destination] : [destination, source];
    const error = icmpError(1.1, {
      code: 4,
      mtu: 1400,
      from: '10.9.9.9',
      to: direction === 0 ? '10.244.1.5' : '10.244.2.7',
      quoted: about(from, to),
      ...some,
    });
    const [cliff] = cliffs({ connections: [half(direction, {}, {})], icmpErrors: [error] });
    return `${cliff.icmp} ${cliff.icmpMtu} ${cliff.icmpFrom}${cliff.confirmed ? ' confirmed' : ''}`;
  };
  const [ignored, lost, none] = ['ignored 1400 10.9.9.9 confirmed', 'lost 1400 10.9.9.9 confirmed', 'none 0 null'];
  test.each<[string, Partial<IcmpError>, string]>([
    ['to the sender', {}, ignored],
    ['at another point', { point: 1 }, lost],
    ['to another host', { to: '10.244.1.1' }, lost],
    ['over IPv6', { version: 6, type: 2, code: 0 }, ignored],
    ['port unreachable', { code: 3 }, none],
    ['of UDP', { quoted: { ...about('10.244.1.5:40000', '10.244.2.7:80'), protocol: 17 } }, none],
    ['without the packet', { quoted: null }, none],
    ['another port of the client', { quoted: about('10.244.1.5:40001', '10.244.2.7:80') }, ignored],
    ['another port of the server', { quoted: about('10.244.1.5:40001', '10.244.2.7:81') }, ignored],
    ['another client of the server', { quoted: about('10.244.1.6:1', '10.244.2.7:80') }, ignored],
    ['another client, another port', { quoted: about('10.244.1.6:1', '10.244.2.7:81') }, none],
    ['another server', { quoted: about('10.244.1.5:40001', '10.244.2.8:80') }, none],
    ['the client translated', { quoted: about('192.168.0.11:40000', '10.244.2.7:81') }, ignored],
    ['the server translated', { quoted: about('10.244.1.5:40000', '10.96.0.20:81') }, ignored],
    ['both translated, and the ports are the same', { quoted: about('192.168.0.11:40000', '10.96.0.20:80') }, ignored],
    ['only the port of the client is the same', { quoted: about('192.168.0.11:40000', '10.96.0.20:81') }, none],
    ['only the port of the server is the same', { quoted: about('192.168.0.11:9', '10.96.0.20:80') }, none],
  ])('%s', (_, some, expected) => {
    expect(said(some)).toBe(expected);
  });
  test.each<[string, Partial<IcmpError>, string]>([
    ['to the server that sends', {}, ignored],
    ['another port of the client', { quoted: about('10.244.2.7:80', '10.244.1.5:40001') }, ignored],
    ['another server to the client', { quoted: about('10.244.2.8:81', '10.244.1.5:40001') }, ignored],
    ['another client', { quoted: about('10.244.2.7:80', '10.244.1.6:1') }, none],
    ['the client translated', { quoted: about('10.244.2.7:80', '192.168.0.11:40000') }, ignored],
  ])('back: %s', (_, some, expected) => {
    expect(said(some, 1)).toBe(expected);
  });
});

describe('connections of one sender and receiver are one cliff', () => {
  const one = (port: number, size: number, passes: number, some: Parts = {}): Connection =>
    half(
      0,
      { largestAckedL3: passes, repeats: [stuck({ l3Length: size, smallestL3Length: size })] },
      {},
      { client: `10.244.1.5:${port}`, ...some },
    );
  test('of the narrowest interval', () => {
    expect(told({ connections: [one(1, 1500, 186), one(2, 1480, 1000)] })).toBe(
      '10.244.1.5>10.244.2.7: 1000 passes, 1480 not (10), ICMP none, of 0 1',
    );
  });
  test('each way by itself, and each receiver', () => {
    const back = half(1, {}, {}, { client: '10.244.1.5:2' });
    const other = one(3, 1500, 186, { server: '10.244.2.8:80' });
    expect(told({ connections: [one(1, 1500, 186), back, other] }).split('\n')).toHaveLength(3);
  });
  test('what ICMP says of one of them counts, and the first that says something', () => {
    const about = (port: number, mtu: number) =>
      icmpError(1.1, {
        code: 4,
        mtu,
        quoted: quoted({ protocol: 6, source: `10.244.1.5:${port}`, destination: '10.244.2.7:80' }),
      });
    const [cliff] = cliffs({
      connections: [one(1, 1500, 186), one(2, 1480, 186)],
      icmpErrors: [about(2, 1400), about(1, 1450)],
    });
    expect(cliff).toMatchObject({ icmp: 'ignored', icmpMtu: 1400, confirmed: true });
    expect(cliff.errors).toHaveLength(2);
  });
});

test('the packets: each sending, and how long after the first', () => {
  const [{ packets }] = cliffs({ connections: [half(0, { repeats: [stuck({ times: [1, 2, 4] })] }, {})] });
  expect(packets.map(({ point: at, packet, note }) => `${at}:${packet} ${note}`)).toEqual([
    '0:1001 101:201 length 1500',
    '0:2001 101:201 length 1500 again after 1.00 s',
    '0:4001 101:201 length 1500 again after 3.00 s',
  ]);
});
