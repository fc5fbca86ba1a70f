import { describe, expect, test } from 'vitest';
import type { DatagramFlow, EchoExchange, Hop } from '../../../../src/flows/evidence/evidence.ts';
import { hopCliffs, probeCliffs } from '../../../../src/heuristics/facts/sizes/probe-cliff.ts';
import {
  datagram,
  type EvidenceParts,
  echo,
  evidence,
  fragmented,
  hop,
  icmpError,
  point,
  quoted,
  ref,
} from '../../../support/evidence.ts';

const probed = (parts: EvidenceParts) => [...probeCliffs(evidence({ points: [point(), point()], ...parts }))];
const told = (parts: EvidenceParts): string =>
  probed(parts)
    .map(
      ({ sender, receiver, largestPassed, smallestLost, sendings, conversations, packets }) =>
        `${sender}>${receiver}: ${largestPassed} passes, ${smallestLost} not (${sendings}), of ${conversations.map(({ index }) => index).join(' ')}, ${packets.length} packets`,
    )
    .join('\n');

const ping = (at: number, l3Length: number, isAnswered: boolean, some: Partial<EchoExchange> = {}): EchoExchange => ({
  ...echo({ request: at, sequence: at, l3Length, ...(!isAnswered && { reply: null }) }),
  ...some,
});
const small = [ping(1, 84, true), ping(2, 128, true)];
const large = [ping(3, 1500, false), ping(4, 1472, false)];

describe('pings', () => {
  const found = '10.244.1.5>10.244.2.7: 128 passes, 1472 not (2), of 0, 2 packets';
  test.each<[string, EchoExchange[], string]>([
    ['two small ones answered, two large ones not', [...small, ...large], found],
    ['one small one answered', [...small.slice(1), ...large], ''],
    ['one large one not', [...small, large[0]], ''],
    ['a small one fails too', [...small, ...large, ping(5, 100, false)], ''],
    ['one of the largest that passed fails too', [...small, ...large, ping(5, 128, false)], ''],
    ['a large one passes', [...small, ...large, ping(5, 1500, true)], ''],
    [
      'the smallest that any host takes',
      [...small, ping(3, 576, false), ping(4, 576, false)],
      found.replace('1472', '576'),
    ],
    ['smaller than that', [...small, ping(3, 575, false), ping(4, 576, false)], ''],
    ['the requests were not seen', [...small, ...large.map((one) => ({ ...one, request: null }))], ''],
    ['the small ones are of another host', [...small.map((one) => ({ ...one, source: '10.244.1.6' })), ...large], ''],
    [
      'the small ones are to another host',
      [...small.map((one) => ({ ...one, destination: '10.244.2.8' })), ...large],
      '',
    ],
    ['the small ones are seen elsewhere', [...small.map((one) => ({ ...one, point: 1 })), ...large], ''],
  ])('%s', (_, echoes, expected) => {
    expect(told({ echoes })).toBe(expected);
  });
  test('may be fragmented when none of the large ones forbids it', () => {
    const may = (...forbids: boolean[]) =>
      probed({ echoes: [...small, ...large.map((one, nth) => ({ ...one, dontFragment: forbids[nth] }))] })[0];
    expect(may(true, false).dontFragment).toBe(true);
    expect(may(false, false).dontFragment).toBe(false);
    expect(may(false, false).confirmed).toBe(true);
  });
});

describe('what ICMP said', () => {
  const tooBig = {
    code: 4,
    mtu: 1400,
    from: '10.9.9.9',
    quoted: quoted({ source: '10.244.1.5', destination: '10.244.2.7' }),
  };
  test.each([
    ['nothing', [], { icmp: 'none', icmpMtu: 0, icmpFrom: null }],
    ['to the sender', [icmpError(3, tooBig)], { icmp: 'ignored', icmpMtu: 1400, icmpFrom: '10.9.9.9' }],
    [
      'at another point',
      [icmpError(3, { ...tooBig, point: 1 })],
      { icmp: 'lost', icmpMtu: 1400, icmpFrom: '10.9.9.9' },
    ],
    [
      'to another host',
      [icmpError(3, { ...tooBig, to: '10.244.1.1' })],
      { icmp: 'lost', icmpMtu: 1400, icmpFrom: '10.9.9.9' },
    ],
    [
      'first elsewhere, then to the sender',
      [icmpError(3, { ...tooBig, point: 1 }), icmpError(3, tooBig)],
      { icmp: 'ignored' },
    ],
    ['port unreachable', [icmpError(3, { ...tooBig, code: 3 })], { icmp: 'none' }],
    [
      'about another host',
      [icmpError(3, { ...tooBig, quoted: quoted({ source: '10.244.1.5', destination: '10.9.9.8' }) })],
      { icmp: 'none' },
    ],
    ['without the packet', [icmpError(3, { ...tooBig, quoted: null })], { icmp: 'none' }],
  ])('%s', (_, icmpErrors, expected) => {
    expect(probed({ echoes: [...small, ...large], icmpErrors })[0]).toMatchObject(expected);
  });
});

describe('datagrams', () => {
  const socket = (
    port: number,
    size: number,
    isAnswered: boolean,
    some: Parameters<typeof datagram>[0] = {},
  ): DatagramFlow =>
    datagram({
      client: `10.244.1.5:${port}`,
      sent: [port / 1000],
      back: isAnswered ? [port / 1000 + 0.1] : [],
      largestL3: [size, 70],
      ...some,
    });
  const answered = [1, 2, 3].map((nth) => socket(1000 * nth, 120, true));
  const silent = [4, 5, 6].map((nth) => socket(1000 * nth, 1400, false));
  const found = '10.244.1.5>10.244.2.7: 120 passes, 1400 not (3), of 3 4 5, 3 packets';
  test.each<[string, EvidenceParts, string]>([
    ['three sockets answered, three not', { datagrams: [...answered, ...silent] }, found],
    ['two answered', { datagrams: [...answered.slice(1), ...silent] }, ''],
    ['two not', { datagrams: [...answered, ...silent.slice(1)] }, ''],
    [
      'to another port',
      { datagrams: [...answered, ...silent.map((one) => ({ ...one, server: { address: '10.244.2.7', port: 9 } }))] },
      '',
    ],
    ['of another protocol', { datagrams: [...answered, ...silent.map((one) => ({ ...one, protocol: 132 }))] }, ''],
    [
      'to a group',
      { datagrams: [...answered, ...silent].map((one) => ({ ...one, server: { address: '224.0.0.9', port: 9 } })) },
      '',
    ],
    [
      'in fragments',
      { datagrams: [...answered, ...silent], fragments: [4, 5, 6].map((at) => fragmented({ first: ref(at) })) },
      '',
    ],
    [
      'without a request',
      { datagrams: [...answered, ...silent.map((one) => ({ ...one, samples: [[], []] as DatagramFlow['samples'] }))] },
      '',
    ],
    [
      'an answer may come yet',
      { points: [point({ quality: { lastTime: 6.9 } })], datagrams: [...answered, ...silent] },
      '',
    ],
    [
      'an answer was due',
      { points: [point({ quality: { lastTime: 7 } })], datagrams: [...answered, ...silent] },
      found,
    ],
    [
      'the answered ones are late',
      {
        points: [point({ quality: { lastTime: 7 } })],
        datagrams: [
          ...answered.map((one) => ({ ...one, last: [ref(6.9), ref(6.9)] as DatagramFlow['last'] })),
          ...silent,
        ],
      },
      found,
    ],
  ])('%s', (_, parts, expected) => {
    expect(told(parts)).toBe(expected);
  });
  test('prove less than pings', () => {
    expect(probed({ datagrams: [...answered, ...silent] })[0]).toMatchObject({ confirmed: false, dontFragment: false });
  });
});

describe('hops', () => {
  const sizes: Partial<Hop> = { packets: 6, lost: 3, matched: 3, largestArrived: 1400, smallestLost: 1484 };
  const lostPackets = [ref(1), ref(1.2), ref(1.6)];
  const over = (some: Partial<Hop>, flow = datagram({ protocol: 50 })): string => {
    const far = { ...flow, point: 1 };
    const paths = [{ of: [flow, far], hops: [{ ...sizes, lostPackets, ...some }] }];
    return [...hopCliffs(evidence({ points: [point(), point()], datagrams: [flow, far], paths }))]
      .map(
        ({ sender, receiver, largestPassed, smallestLost, sendings }) =>
          `${sender}>${receiver}: ${largestPassed}, ${smallestLost}, ${sendings}`,
      )
      .join('\n');
  };
  const found = '10.244.1.5>10.244.2.7: 1400, 1484, 3';
  test.each<[string, Partial<Hop>, string]>([
    ['only large ones are lost', {}, found],
    ['back', { direction: 1 }, '10.244.2.7>10.244.1.5: 1400, 1484, 3'],
    ['two lost', { lost: 2 }, ''],
    ['two passed', { matched: 2 }, ''],
    ['one as large passed', { largestArrived: 1484 }, ''],
    ['as large as any host takes', { smallestLost: 576, largestArrived: 500 }, '10.244.1.5>10.244.2.7: 500, 576, 3'],
    ['smaller than any host takes', { smallestLost: 575, largestArrived: 500 }, ''],
    ['unknown', { unknown: { code: 'rows-not-kept' } }, ''],
    ['within a moment', { lostPackets: [ref(1), ref(1), ref(1)] }, found],
  ])('%s', (_, some, expected) => {
    expect(over(some)).toBe(expected);
  });
  test('of TCP whose headers are cut: they stay lost for a while', () => {
    const cut = datagram({ protocol: 6 });
    expect(over({}, cut)).toBe(found);
    expect(over({ lostPackets: [ref(1), ref(1.2), ref(1.59)] }, cut)).toBe('');
  });
  test('the first hop that loses stands for the conversation, whatever lies before it', () => {
    const flow = datagram();
    const far = { ...flow, point: 1 };
    const hops = [
      hop({ ...sizes, lost: 0, lostPackets: [] }),
      { ...sizes, lostPackets },
      { ...sizes, lostPackets, lost: 4 },
    ];
    const all = evidence({ points: [point(), point()], datagrams: [flow, far], paths: [{ of: [flow, far], hops }] });
    expect([...hopCliffs(all)].map(({ sendings }) => sendings)).toEqual([3]);
  });
});
