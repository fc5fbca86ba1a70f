import { describe, expect, test } from 'vitest';
import type { IcmpError, Probe } from '../../../src/flows/evidence/evidence.ts';
import { hopsOf, isAnswerToProbe, isProbing, traceroutesOf } from '../../../src/heuristics/facts/traceroutes.ts';
import {
  connection,
  datagram,
  type EvidenceParts,
  echo,
  evidence,
  icmpError,
  point,
  probe,
  quoted,
  reset,
} from '../../support/evidence.ts';

const [SOURCE, TARGET, ROUTER] = ['10.244.1.5', '10.244.2.7', '10.244.1.1'];
/** UDP probes of traceroute: one socket, a port for each probe; no datagram of the target comes back. */
const UDP = 17;
type Some = Omit<Partial<Probe>, 'source' | 'destination'> & { source?: string; destination?: string };
const udp = (time: number, ttl: number, some: Some = {}) =>
  probe(time, ttl, {
    protocol: UDP,
    source: `${SOURCE}:40000`,
    destination: `${TARGET}:${33434 + ttl}`,
    ipId: ttl,
    ...some,
  });
/** Time exceeded, about a probe. */
const expired = (time: number, about: Probe, some: Partial<IcmpError> = {}, quotes = {}) =>
  icmpError(time, {
    type: 11,
    code: 0,
    from: ROUTER,
    to: SOURCE,
    quoted: quoted({
      source: about.source,
      destination: about.destination,
      protocol: about.protocol,
      ipId: about.ipId,
      sequence: about.sequence,
      ...quotes,
    }),
    ...some,
  });
/** Datagram flows that carry the probes. */
const flows = (probes: readonly Probe[]) =>
  probes.map((one) => datagram({ client: one.source, server: one.destination, sent: [one.time], point: one.point }));
const seen = (probes: Probe[], icmpErrors: IcmpError[] = [], parts: EvidenceParts = {}) =>
  evidence({ probes, icmpErrors, datagrams: flows(probes), ...parts });
const told = (all: ReturnType<typeof evidence>) =>
  traceroutesOf(all).map(
    ({ point: at, protocol, source, target, probes }) =>
      `${at} ${protocol} ${source}>${target}: ${probes.map(({ probe: { ttl }, answer }) => `${ttl}${answer === undefined ? '?' : answer === null ? '-' : `${answer.kind}@${answer.time} of ${answer.from}`}`).join(', ')}`,
  );
const three = [1, 2, 3].map((ttl) => udp(ttl, ttl));
const silent = [`0 17 ${SOURCE}>${TARGET}: 1-, 2-, 3-`];

describe('probes with hop limits that rise from 1', () => {
  test.each<[name: string, probes: Probe[], errors: IcmpError[], expected: string[]]>([
    ['three', three, [], silent],
    ['two', three.slice(0, 2), [], []],
    [
      'two, and a router tells that one expired',
      three.slice(0, 2),
      [expired(1.5, three[0])],
      [`0 17 ${SOURCE}>${TARGET}: 1expired@1.5 of ${ROUTER}, 2-`],
    ],
    [
      'two, and the target refuses one',
      three.slice(0, 2),
      [expired(1.5, three[0], { type: 3, code: 3, from: TARGET })],
      [],
    ],
    ['one, and it expired', three.slice(0, 1), [expired(1.5, three[0])], []],
    ['from 2 on', three.slice(1), [], []],
    ['with a gap', [three[0], three[2], udp(9, 4)], [], []],
    ['falling', [udp(1, 3), udp(2, 2), udp(3, 1)], [], []],
    [
      'the first of each counts',
      [udp(1, 1), udp(2, 2), udp(3, 1), udp(4, 3)],
      [],
      [`0 17 ${SOURCE}>${TARGET}: 1-, 2-, 1-, 3-`],
    ],
    ['of two sources', [...three.slice(0, 2), udp(3, 3, { source: '10.244.1.6:40000' })], [], []],
    ['to two targets', [...three.slice(0, 2), udp(3, 3, { destination: '10.244.2.8:9' })], [], []],
    ['of two protocols', [...three.slice(0, 2), udp(3, 3, { protocol: 6 })], [], []],
    ['in a tunnel and outside', [...three.slice(0, 2), udp(3, 3, { encapsulation: ['vxlan'] })], [], []],
  ])('%s', (_, probes, errors, expected) => expect(told(seen(probes, errors))).toEqual(expected));
  test('at two points', () => {
    const points = [point(), point({ host: 'b' })];
    expect(told(seen([...three.slice(0, 2), udp(3, 3, { point: 1 })], [], { points }))).toEqual([]);
  });
});

describe('the answer to a probe by ICMP', () => {
  const answered = (...errors: IcmpError[]) => told(seen(three, errors))[0].replace(/^.*: /, '');
  const [, second] = three;
  test.each<[name: string, error: IcmpError, expected: string]>([
    ['expired', expired(2.1, second), '1-, 2expired@2.1 of 10.244.1.1, 3-'],
    [
      'the target has no such port',
      expired(2.1, second, { type: 3, code: 3, from: TARGET }),
      '1-, 2arrived@2.1 of 10.244.2.7, 3-',
    ],
    ['a router refuses', expired(2.1, second, { type: 3, code: 13 }), '1-, 2refused@2.1 of 10.244.1.1, 3-'],
    ['a fragment expired', expired(2.1, second, { code: 1 }), '1-, 2refused@2.1 of 10.244.1.1, 3-'],
    ['ICMPv6', expired(2.1, second, { version: 6, type: 3 }), '1-, 2expired@2.1 of 10.244.1.1, 3-'],
    ['type 11 of ICMPv6', expired(2.1, second, { version: 6, type: 11 }), '1-, 2refused@2.1 of 10.244.1.1, 3-'],
    [
      'in the moment of the probe, later in the file',
      expired(2, second, { packet: second.packet + 1 }),
      '1-, 2expired@2 of 10.244.1.1, 3-',
    ],
    ['before the probe', expired(1.9, second), '1-, 2-, 3-'],
    ['after 10 s', expired(12, second), '1-, 2expired@12 of 10.244.1.1, 3-'],
    ['later', expired(12.01, second), '1-, 2-, 3-'],
    ['at another point', expired(2.1, second, { point: 1 }), '1-, 2-, 3-'],
    ['without a packet', expired(2.1, second, { quoted: null }), '1-, 2-, 3-'],
    ['of another protocol', expired(2.1, second, {}, { protocol: 6 }), '1-, 2-, 3-'],
    ['of another port', expired(2.1, second, {}, { source: { address: SOURCE, port: 40001 } }), '1-, 2-, 3-'],
    ['to another port', expired(2.1, second, {}, { destination: { address: TARGET, port: 9 } }), '1-, 2-, 3-'],
    ['of another sequence number', expired(2.1, second, {}, { sequence: 5 }), '1-, 2-, 3-'],
    [
      'with another IP ID, as translation changes it',
      expired(2.1, second, {}, { ipId: 99 }),
      '1-, 2expired@2.1 of 10.244.1.1, 3-',
    ],
  ])('%s', (_, error, expected) => expect(answered(error)).toBe(expected));
  test('the first answer counts', () =>
    expect(answered(expired(2.1, second), expired(2.2, second, { from: '10.9.9.9' }))).toBe(
      '1-, 2expired@2.1 of 10.244.1.1, 3-',
    ));
  test('probes of one port are told apart by the IP ID', () => {
    const same = { destination: `${TARGET}:33434` };
    const alike = [1, 2, 3].map((ttl) => udp(ttl, ttl, same));
    expect(told(seen(alike, [expired(3.5, alike[1])]))).toEqual([
      `0 17 ${SOURCE}>${TARGET}: 1-, 2expired@3.5 of ${ROUTER}, 3-`,
    ]);
    // Any of the three may be meant.
    expect(told(seen(alike, [expired(3.5, alike[1], {}, { ipId: 99 })]))).toEqual([]);
    // Of one hop limit it does not matter which.
    const twice = [...[1, 2, 3].map((ttl) => udp(ttl, ttl)), udp(4, 3)];
    expect(told(seen(twice, [expired(4.5, twice[3], {}, { ipId: 99 })]))).toEqual([
      `0 17 ${SOURCE}>${TARGET}: 1-, 2-, 3expired@4.5 of ${ROUTER}, 3-`,
    ]);
    const [first] = alike;
    const answeredOnce = [expired(1.5, first), expired(3.5, first, {}, { ipId: 1 }), expired(3.6, alike[1])];
    expect(told(seen([first, alike[1], udp(3, 3)], answeredOnce))).toEqual([
      `0 17 ${SOURCE}>${TARGET}: 1expired@1.5 of ${ROUTER}, 2expired@3.5 of ${ROUTER}, 3-`,
    ]);
  });
  test('asked for, and so is the probing conversation', () => {
    const errors = [expired(2.1, second), expired(2.1, udp(9, 9)), expired(2.1, second, { quoted: null })];
    const all = seen(three, errors, { datagrams: [...flows(three), datagram({ server: '10.9.9.9:9' })] });
    expect(errors.map((error) => isAnswerToProbe(all, error))).toEqual([true, false, false]);
    expect(all.conversations.map((one) => isProbing(all, one))).toEqual([true, true, true, false]);
    const none = seen([], errors, { datagrams: flows(three) });
    expect(errors.map((error) => isAnswerToProbe(none, error))).toEqual([false, false, false]);
    expect(none.conversations.map((one) => isProbing(none, one))).toEqual([false, false, false]);
  });
});

describe('the answer of the target itself', () => {
  const [echoes, tcp] = [1, 6].map((protocol) =>
    [1, 2, 3].map((ttl) =>
      udp(ttl, ttl, { protocol, ...(protocol === 1 && { source: `${SOURCE}:7`, destination: `${TARGET}:7` }) }),
    ),
  );
  test('a datagram', () => {
    const carried = flows(three);
    carried[1] = datagram({ client: three[1].source, server: three[1].destination, sent: [2], back: [2.5, 2.6] });
    expect(told(seen(three, [], { datagrams: carried }))).toEqual([
      `0 17 ${SOURCE}>${TARGET}: 1-, 2arrived@2.5 of ${TARGET}, 3-`,
    ]);
    expect(told(seen(three, [], { datagrams: carried.slice(1) }))).toEqual([
      `0 17 ${SOURCE}>${TARGET}: 1?, 2arrived@2.5 of ${TARGET}, 3-`,
    ]);
  });
  test('an echo reply to its request', () => {
    const ping = (nth: number, reply: number | null, some = {}) =>
      echo({ source: SOURCE, destination: TARGET, id: 7, sequence: nth, request: nth, reply, ...some });
    const of = (...list: ReturnType<typeof echo>[]) => told(evidence({ probes: echoes, echoes: list }));
    expect(of(ping(1, null), ping(2, 2.5), ping(3, null))).toEqual([
      `0 1 ${SOURCE}>${TARGET}: 1-, 2arrived@2.5 of ${TARGET}, 3-`,
    ]);
    expect(of(ping(1, null), ping(2, null, { request: null }), ping(3, 3.5))).toEqual([
      `0 1 ${SOURCE}>${TARGET}: 1-, 2?, 3arrived@3.5 of ${TARGET}`,
    ]);
  });
  test('a SYN-ACK, or a reset', () => {
    const opens = (nth: number, some: Parameters<typeof connection>[0] = {}) =>
      connection({ client: tcp[nth].source, server: tcp[nth].destination, syn: [nth + 1], ...some });
    const both = [opens(0), opens(1, { synAck: [2.5] }), opens(2, { resets: [reset(3.1, 0), reset(3.5, 1)] })];
    expect(told(evidence({ probes: tcp, connections: both }))).toEqual([
      `0 6 ${SOURCE}>${TARGET}: 1-, 2arrived@2.5 of ${TARGET}, 3arrived@3.5 of ${TARGET}`,
    ]);
  });
});

describe('the hops as mtr reports them', () => {
  const hops = (probes: Probe[], errors: IcmpError[], lastTime = 60) => {
    const all = seen(probes, errors, { points: [point({ quality: { lastTime } })] });
    return hopsOf(all, traceroutesOf(all)[0]).map(
      ({ hop, host, loss, sent, last, average, best, worst, deviation }) =>
        `${hop} ${host} ${loss} of ${sent}: ${[last, average, best, worst, deviation].map((value) => (value === null ? '-' : Math.round(value * 10) / 10)).join(' ')}`,
    );
  };
  const arrives = (time: number, about: Probe) => expired(time, about, { type: 3, code: 3, from: TARGET });
  test('times in milliseconds, of those that were answered', () => {
    const probes = [udp(1, 1), udp(2, 2), udp(3, 3), udp(4, 1), udp(5, 1), udp(6, 1)];
    const errors = [
      expired(1.03, probes[0]),
      expired(4.01, probes[3], { from: '10.244.1.2' }),
      expired(5.02, probes[4], { from: '10.244.1.3' }),
    ];
    // 30, 10 and 20 ms: the deviation is the root of 200/3.
    expect(hops(probes, errors)).toEqual([
      '1 10.244.1.3 0.25 of 4: 20 20 10 30 8.2',
      '2 null 1 of 1: - - - - -',
      '3 null 1 of 1: - - - - -',
    ]);
  });
  test('up to the target: what is sent with more got there also', () => {
    const probes = [udp(1, 1), udp(2, 2), udp(3, 3), udp(4, 4)];
    expect(hops(probes, [expired(1.01, probes[0]), arrives(2.02, probes[1]), arrives(4.02, probes[3])])).toEqual([
      `1 ${ROUTER} 0 of 1: 10 10 10 10 0`,
      `2 ${TARGET} ${1 - 2 / 3} of 3: 20 20 20 20 0`,
    ]);
  });
  test('of the target, datagrams that were sent too fast do not count', () => {
    const at = (...times: number[]) => [udp(1, 1), udp(2, 2), ...times.map((time) => udp(time, 3))];
    const fast = (...times: number[]) => {
      const probes = at(...times);
      return hops(probes, [arrives(times[0] + 0.01, probes[2])])[2];
    };
    expect(fast(3, 3.5, 3.8)).toBe(`3 ${TARGET} 0 of 1: 10 10 10 10 0`);
    expect(fast(3, 4)).toBe(`3 ${TARGET} 0.5 of 2: 10 10 10 10 0`);
    expect(fast(3, 3.91)).toBe(`3 ${TARGET} 0.5 of 2: 10 10 10 10 0`);
    expect(fast(3, 3.89)).toBe(`3 ${TARGET} 0 of 1: 10 10 10 10 0`);
    expect(fast(3, 3.5, 4.45)).toBe(`3 ${TARGET} 0.5 of 2: 10 10 10 10 0`);
    // Of a router they do.
    const probes = [udp(1, 1), udp(1.1, 1), udp(2, 2), udp(3, 3)];
    expect(hops(probes, [])[0]).toBe('1 null 1 of 2: - - - - -');
  });
  test('echo requests are never too fast', () => {
    const probes = [1, 2, 3, 3.1].map((time) =>
      udp(time, Math.floor(time), { protocol: 1, source: `${SOURCE}:7`, destination: `${TARGET}:7` }),
    );
    const echoes = probes.map(({ time }, nth) =>
      echo({
        source: SOURCE,
        destination: TARGET,
        id: 7,
        sequence: nth,
        request: time,
        reply: nth === 2 ? 3.01 : null,
      }),
    );
    const all = evidence({ probes, echoes });
    expect(hopsOf(all, traceroutesOf(all)[0]).map(({ hop, sent }) => [hop, sent])).toEqual([
      [1, 1],
      [2, 1],
      [3, 2],
    ]);
  });
  test('probes without an answer at the end of the capture do not count', () => {
    const probes = [udp(1, 1), udp(2, 2), udp(3, 3), udp(4, 4)];
    expect(hops(probes, [], 5)).toHaveLength(3);
    expect(hops(probes, [], 4.9)).toHaveLength(2);
    expect(hops(probes, [expired(4.1, probes[3])], 4.9).map((text) => text[0])).toEqual(['1', '2', '4']);
  });
  test('nor do those of which nothing tells whether they were answered', () => {
    const all = evidence({ probes: three, datagrams: flows(three).slice(1) });
    expect(hopsOf(all, traceroutesOf(all)[0]).map(({ hop }) => hop)).toEqual([2, 3]);
  });
});
