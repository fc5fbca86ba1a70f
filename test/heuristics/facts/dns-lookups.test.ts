import { describe, expect, test } from 'vitest';
import type { DnsExchange, IcmpError } from '../../../src/flows/evidence/evidence.ts';
import {
  isAnswerMissed,
  isUnanswered,
  lookupPackets,
  lookupsOf,
  podsBehind,
  refusedAnswers,
  serverText,
} from '../../../src/heuristics/facts/dns-lookups.ts';
import {
  connection,
  datagram,
  dns,
  type EvidenceParts,
  evidence,
  icmpError,
  point,
  quoted,
} from '../../support/evidence.ts';

const points = [point(), point()];
const withDns = (...exchanges: DnsExchange[]) => evidence({ points, dns: exchanges });

describe('lookups', () => {
  test('a question that two points saw is one, in the order of the path', () => {
    const [near, far] = [dns({ answered: 0.2 }), dns({ point: 1, answered: 0.1 })];
    const carriers = [datagram({ server: '10.96.0.10:53' }), datagram({ point: 1, server: '10.96.0.10:53' })];
    const told = (first: DnsExchange, second: DnsExchange, of: typeof carriers) =>
      lookupsOf(evidence({ points, dns: [first, second], datagrams: carriers, paths: [{ of }] })).map(
        ({ exchange, further }) => `${exchange.point} ${further.map(({ point: at }) => at).join()}`,
      );
    expect(told(near, far, carriers)).toEqual(['0 1']);
    expect(told(far, near, carriers)).toEqual(['0 1']);
    expect(told(near, far, carriers.toReversed())).toEqual(['1 0']);
  });
  test.each<[string, Partial<DnsExchange>, number]>([
    ['the same', {}, 1],
    ['another number', { id: 2 }, 2],
    ['another type', { type: 28 }, 2],
    ['another name', { name: 'other.test' }, 2],
    ['without a query', { id: 2, queries: [] }, 1],
  ])('two exchanges of a socket: %s', (_, some, count) => {
    expect(lookupsOf(withDns(dns(), { ...dns(), ...some }))).toHaveLength(count);
  });
  test('over TCP, exchanges of no conversation are told apart', () => {
    expect(lookupsOf(withDns(dns({ transport: 'tcp' }), dns({ transport: 'tcp' })))).toHaveLength(2);
  });
  test('the answer is that of the server, where another one came too', () => {
    const both = dns({ queries: [1], answered: 1.5 });
    const [own] = both.responses;
    const other = { ...own, time: 1.1, from: { address: '10.244.2.9', port: 53 } };
    const [one, two] = [[other, own], [other]].map((responses) => lookupsOf(withDns({ ...both, responses }))[0]);
    expect([one.fromElsewhere, one.seconds, one.answer?.from.address]).toEqual([false, 0.5, '10.96.0.10']);
    expect([two.fromElsewhere, two.seconds?.toFixed(3), two.answer?.from.address]).toEqual([
      true,
      '0.100',
      '10.244.2.9',
    ]);
    const [none] = lookupsOf(withDns(dns()));
    expect([none.fromElsewhere, none.seconds, none.answer]).toEqual([false, null, null]);
  });

  const about = (some: Partial<IcmpError> = {}, source = '10.244.1.5:40000', destination = '10.96.0.10:53') =>
    icmpError(1, { quoted: quoted({ source, destination }), ...some });
  test.each<[string, IcmpError, boolean]>([
    ['about the query', about(), true],
    ['about the query to the pod behind', about({}, '10.244.1.5:40000', '10.244.2.9:53'), true],
    ['about another port', about({}, '10.244.1.5:40000', '10.96.0.10:54'), false],
    ['about another socket', about({}, '10.244.1.5:40001'), false],
    ['about another client', about({}, '10.244.1.6:40000'), false],
    ['about the answer', about({}, '10.96.0.10:53', '10.244.1.5:40000'), false],
    ['at another point', about({ point: 1 }), false],
    ['about TCP', about({ quoted: { ...about().quoted!, protocol: 6 } }), false],
    ['without the packet', about({ quoted: null }), false],
  ])('an ICMP error %s', (_, error, expected) => {
    const [lookup] = lookupsOf(evidence({ points, dns: [dns()], icmpErrors: [error] }));
    expect(lookup.error !== null).toBe(expected);
  });
  test('of two ICMP errors, the first', () => {
    const errors = [about({ code: 10 }), about({ code: 3 })];
    expect(lookupsOf(evidence({ points, dns: [dns()], icmpErrors: errors }))[0].error?.code).toBe(10);
  });
});

describe('a lookup without an answer', () => {
  const isSilent = (parts: EvidenceParts): boolean => {
    const all = evidence({ points, ...parts });
    return isUnanswered(all, lookupsOf(all)[0]);
  };
  const carried = (back: number[], packets = back.length) =>
    datagram({ server: '10.96.0.10:53', sent: [0], back, packets: [1, packets] });
  test.each<[string, EvidenceParts, boolean]>([
    ['so', { dns: [dns()] }, true],
    ['answered', { dns: [dns({ answered: 0.1 })] }, false],
    [
      'refused by ICMP',
      {
        dns: [dns()],
        icmpErrors: [icmpError(1, { quoted: quoted({ source: '10.244.1.5:40000', destination: '10.96.0.10:53' }) })],
      },
      false,
    ],
    ['of a group', { dns: [dns({ server: '224.0.0.251:53' })] }, false],
    ['of a port where names are asked on the link', { dns: [dns({ server: '10.96.0.10:5353' })] }, false],
    ['a second before the end', { dns: [dns({ queries: [58] })] }, true],
    ['at the end', { dns: [dns({ queries: [59.9] })] }, false],
    [
      'the clock went back by more than is left',
      { points: [point({ quality: { timeSteps: 1, largestTimeStepBack: 61 } })], dns: [dns()] },
      false,
    ],
    ['the server sent something that was not read', { dns: [dns()], datagrams: [carried([1])] }, false],
    ['it sent that before', { dns: [dns({ queries: [2] })], datagrams: [carried([1])] }, true],
    ['it sent as many as were read', { dns: [dns(), dns({ id: 2, answered: 1 })], datagrams: [carried([1])] }, true],
    ['it sent one more', { dns: [dns(), dns({ id: 2, answered: 1 })], datagrams: [carried([1, 2])] }, false],
    ['it sent more, and not all lookups were kept', { dns: [dns()], dnsTotal: 2, datagrams: [carried([1])] }, true],
    [
      'answers of these nets pass unseen',
      { dns: [dns()], connections: [connection({ server: '10.96.0.9:80', toServer: { packets: 3, ackHigh: 9 } })] },
      false,
    ],
  ])('%s', (_, parts, expected) => {
    expect(isSilent(parts)).toBe(expected);
  });
});

describe('an answer that the capture missed', () => {
  const bad = [
    point({ quality: { gapOctets: 50_000, tcpOctets: 100_000 } }),
    point({ quality: { gapOctets: 50_000, tcpOctets: 100_000 } }),
  ];
  const isMissed = (exchanges: DnsExchange[], of = bad): boolean => {
    const all = evidence({ points: of, dns: exchanges });
    return isAnswerMissed(all, lookupsOf(all)[0]);
  };
  const again = (some: Parameters<typeof dns>[0] = {}) =>
    dns({ id: 2, client: '10.244.1.5:40009', queries: [5], ...some });
  test.each<[string, DnsExchange[], boolean]>([
    ['not asked again', [dns()], true],
    ['asked twice', [dns({ queries: [0, 5] })], false],
    ['answered', [dns({ answered: 1 })], false],
    ['asked again from another port', [dns(), again()], false],
    ['asked before', [dns(), again({ queries: [-5] })], true],
    ['another name', [dns(), again({ name: 'other.test' })], true],
    ['another type', [dns(), again({ type: 28 })], true],
    ['another client', [dns(), again({ client: '10.244.1.6:1' })], true],
    ['elsewhere', [dns(), again({ point: 1 })], true],
  ])('%s', (_, exchanges, expected) => {
    expect(isMissed(exchanges)).toBe(expected);
  });
  test('the capture misses nothing', () => expect(isMissed([dns()], points)).toBe(false));
});

test.each<[string, Partial<IcmpError>, boolean]>([
  ['port unreachable', {}, true],
  ['host unreachable', { code: 1 }, false],
  ['time exceeded', { type: 11 }, false],
  ['over IPv6', { version: 6, type: 1, code: 4 }, true],
  ['over IPv6, no route', { version: 6, type: 1, code: 0 }, false],
  ['over IPv6, too big', { version: 6, type: 2, code: 4 }, false],
  ['about another port', { quoted: quoted({ source: '10.96.0.10:54', destination: '10.244.1.5:40000' }) }, false],
  ['without the packet', { quoted: null }, false],
])('an answer that its socket refused: %s', (_, some, expected) => {
  const error = icmpError(1, { quoted: quoted({ source: '10.96.0.10:53', destination: '10.244.1.5:40000' }), ...some });
  expect([...refusedAnswers(evidence({ icmpErrors: [error] }))]).toEqual(expected ? ['0 10.244.1.5 40000'] : []);
});

test('the packets of a lookup, in order of time', () => {
  const [lookup] = lookupsOf(withDns(dns({ queries: [1, 3], answered: 2.5, rcode: 2 })));
  expect(lookupPackets(lookup).map(({ packet, direction, note }) => `${packet} ${direction} ${note}`)).toEqual([
    '1001 > query A web.example.test',
    '2501 < SERVFAIL from 10.96.0.10 after 1.500 s',
    '3001 > query A web.example.test again after 2.00 s',
  ]);
});

test('names of servers, and the pods behind one', () => {
  expect(
    ['10.0.0.1', '10.0.0.1', 'fd00::1', 'fd00::1'].map((address, nth) =>
      serverText({ address, port: [53, 54, 53, 54][nth] }),
    ),
  ).toEqual(['10.0.0.1', '10.0.0.1:54', 'fd00::1', '[fd00::1]:54']);
  const carriers = [datagram({ server: '10.96.0.10:53' }), datagram({ point: 1, server: '10.244.2.9:53' })];
  const exchanges = [dns(), dns({ point: 1, server: '10.244.2.9:53' })];
  const all = evidence({ points, dns: exchanges, datagrams: carriers, paths: [{ of: carriers }] });
  expect(podsBehind(lookupsOf(all))).toEqual(['10.244.2.9']);
  expect(podsBehind(lookupsOf(withDns(dns())))).toEqual([]);
});
