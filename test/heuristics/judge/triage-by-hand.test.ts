import { describe, expect, test } from 'vitest';
import type { Evidence } from '../../../src/flows/evidence/evidence.ts';
import type { TriageReason } from '../../../src/heuristics/judge/judgement.ts';
import { triageOf } from '../../../src/heuristics/judge/triage.ts';
import { readConnections } from '../../../src/heuristics/judge/triage-applications.ts';
import {
  answeredPings,
  countLookups,
  halfwayConnections,
  mostAtOnePoint,
  openedUnjudged,
  udpUnjudged,
  workingConnections,
} from '../../../src/heuristics/judge/triage-counts.ts';
import { applicationFacts, use } from '../../support/application-items.ts';
import {
  capture,
  connection,
  datagram,
  dns,
  type EvidenceParts,
  echo,
  evidence,
  hop,
  point,
  tunnel,
} from '../../support/evidence.ts';

const two = (parts: EvidenceParts): Evidence => evidence({ points: [point(), point()], ...parts });
const reasonOf = (name: string, parts: EvidenceParts): TriageReason | undefined =>
  triageOf(two(parts), [], {}).find((row) => row.class === name)?.reason;

type Some = NonNullable<Parameters<typeof connection>[0]>;
const ends = (nth: number): Some => ({ client: `10.0.0.1:${4000 + nth}`, server: '10.0.0.2:80' });
const opened = (nth: number, some: Some = {}) => connection({ ...ends(nth), ...some }, { established: true });

describe('counts', () => {
  test('at the point that has most of them', () => {
    expect(
      [[], [0], [0, 1], [0, 1, 1, 0, 1]].map((points) => mostAtOnePoint(points.map((at) => ({ point: at })))),
    ).toEqual([0, 1, 1, 3]);
    const server = { address: '10.0.0.2', port: 80 };
    const left = (...times: number[][]) =>
      openedUnjudged(two({ openedLeftOut: times.map((of, nth) => ({ point: nth % 2, server, times: of })) }));
    expect([left(), left([1], [1, 2]), left([1], [1, 2], [3, 4])]).toEqual([0, 2, 3]);
    const udp = (...counts: number[]) =>
      udpUnjudged(two({ answeredLeftOut: counts.map((of, nth) => ({ point: nth, udp: of, lookups: 0 })) }));
    expect([udp(), udp(3, 5), udp(5, 3)]).toEqual([0, 5, 5]);
  });

  test('of connections with packets both ways', () => {
    const flow = (there: number, back: number, resets = 0): Some => ({
      toServer: { packets: there },
      toClient: { packets: back, resets },
    });
    const both = (...some: Some[]) => {
      const facts = two({ connections: some.map((one, nth) => connection({ ...ends(nth), ...one })) });
      return [workingConnections(facts), halfwayConnections(facts)];
    };
    expect(both(flow(1, 1))).toEqual([1, 1]);
    expect(both(flow(0, 1))).toEqual([0, 0]);
    expect(both(flow(1, 0))).toEqual([0, 0]);
    expect(both(flow(1, 1, 1))).toEqual([0, 1]);
    expect(both(flow(1, 2, 1))).toEqual([1, 1]);
    expect(both({ syn: [0], synAck: [0.1] })).toEqual([0, 1]);
    expect(both(flow(1, 1), flow(2, 2), flow(1, 0))).toEqual([2, 2]);
    // Each point may show one direction only.
    const legs = [flow(1, 0), flow(0, 1)].map((some, at) => connection({ ...ends(0), ...some, point: at }));
    const facts = two({ connections: legs, paths: [{ of: legs }] });
    expect([workingConnections(facts), halfwayConnections(facts)]).toEqual([1, 1]);
  });

  test('a SYN-ACK without a SYN belongs to the SYN of its client and number', () => {
    const asked = (nth: number, some: Some = {}) =>
      connection({ ...ends(nth), syn: [0], toServer: { iss: 100 + nth }, ...some });
    const answered = (nth: number, acks: number | null, server = '10.96.0.2:80') =>
      connection({ ...ends(nth), server, synAck: [0.001], synAckAcks: acks });
    const attempts = (...connections: ReturnType<typeof connection>[]) => {
      const reason = reasonOf('port-unreachable', { connections });
      return reason?.code === 'not-acknowledged' ? `${reason.offered} offered` : reason?.code;
    };
    const halves = (facts: Evidence) => halfwayConnections(facts);
    const pair = (acks: number | null, iss = 100, server?: string) =>
      halves(two({ connections: [asked(0, { toServer: { iss, packets: 1 } }), answered(0, acks, server)] }));
    expect(attempts(asked(0), answered(0, 101))).toBe('1 offered');
    expect([pair(101), pair(102), pair(null)]).toEqual([1, 0, 0]);
    expect([pair(0, 2 ** 32 - 1), pair(1, 0)]).toEqual([1, 1]);
    // Two SYNs of one number: the port tells.
    const scan = [80, 81].map((port) =>
      connection({ client: '10.0.0.1:4000', server: `10.0.0.2:${port}`, syn: [0], toServer: { iss: 7, packets: 1 } }),
    );
    const reply = (port: number) =>
      connection({ client: '10.0.0.1:4000', server: `10.96.0.2:${port}`, synAck: [0.1], synAckAcks: 8 });
    expect([80, 81, 82].map((port) => halves(two({ connections: [...scan, reply(port)] })))).toEqual([1, 1, 0]);
    // Where another point shows the SYN, too, the conversation is one that asks.
    const legs = [
      connection({ ...ends(0), synAck: [0.1], synAckAcks: 101 }),
      connection({
        ...ends(0),
        point: 1,
        syn: [0],
        synAck: [0.1],
        synAckAcks: 101,
        toServer: { iss: 100, packets: 1 },
      }),
    ];
    expect(
      halves(
        two({
          connections: [...legs, asked(0, { server: '10.96.0.2:80', toServer: { iss: 100, packets: 1 } })],
          paths: [{ of: legs }],
        }),
      ),
    ).toBe(1);
  });

  test('of lookups and pings', () => {
    const lookups = (parts: EvidenceParts) => countLookups(two(parts));
    const asked = (id: number, answered: number | null, at = 0) => dns({ id, point: at, answered });
    expect(lookups({ dns: [asked(1, 0.1), asked(2, null), asked(3, null)] })).toEqual({
      of: 3,
      answered: 1,
      isAll: true,
    });
    const left = [3, 2].map((count, nth) => ({ point: nth, udp: 0, lookups: count }));
    expect(lookups({ dns: [asked(1, 0.1)], dnsTotal: 6, answeredLeftOut: left })).toEqual({
      of: 4,
      answered: 4,
      isAll: true,
    });
    expect(lookups({ dns: [asked(1, 0.1)], dnsTotal: 7, answeredLeftOut: left })).toMatchObject({ isAll: false });
    const pings = [
      echo(),
      echo({ sequence: 2, request: 1 }),
      echo({ sequence: 3, reply: null }),
      echo({ sequence: 4, request: null, reply: 1 }),
    ];
    expect(answeredPings(two({ echoes: pings }))).toBe(2);
    const far = echo({ point: 1 });
    expect(answeredPings(two({ echoes: [...pings, far], paths: [{ of: [pings[0], far] }] }))).toBe(2);
  });
});

describe('reasons', () => {
  test('network: each kind of what passed both ways', () => {
    const flow = (protocol: number, port: number, back: number[] = [0.1]) =>
      datagram({ client: `10.0.0.1:${port}`, server: '10.0.0.3:9', protocol, back });
    const datagrams = [flow(6, 1), flow(17, 2), flow(17, 3), flow(132, 4), flow(17, 5, [])];
    const reason = reasonOf('network-unreachable', { connections: [opened(0)], echoes: [echo()], datagrams });
    expect(reason).toEqual({ code: 'both-ways', connections: 1, cutFlows: 1, echoes: 1, udp: 2, others: 1 });
    expect(reasonOf('network-unreachable', { datagrams: [flow(6, 1)] })).toMatchObject({
      code: 'both-ways',
      cutFlows: 1,
    });
    expect(reasonOf('network-unreachable', { datagrams: [flow(17, 5, [])] })).toEqual({
      code: 'nothing-both-ways',
      halfway: 0,
      gate: null,
    });
  });

  test('ports: opened, running, offered, tried, and nothing', () => {
    const code = (parts: EvidenceParts) => reasonOf('port-unreachable', parts);
    const running = connection({ ...ends(0), toServer: { packets: 2 }, toClient: { packets: 2 } });
    const offered = (nth: number) => connection({ ...ends(nth), syn: [0], synAck: [0.1] });
    const tried = (nth: number, at = 0) => connection({ ...ends(nth), point: at, syn: [0], toServer: { syns: 1 } });
    expect(code({ connections: [opened(0), running] })).toEqual({ code: 'connections-opened', connections: 1 });
    expect(code({ connections: [running, offered(1)] })).toEqual({ code: 'connections-running', connections: 1 });
    expect(code({ connections: [offered(1), offered(2), tried(3)] })).toEqual({ code: 'not-acknowledged', offered: 2 });
    expect(code({ connections: [tried(3), tried(4)] })).toEqual({ code: 'no-syn-ack', attempts: 2, gate: null });
    expect(code({ datagrams: [datagram({ protocol: 6 })] })).toEqual({ code: 'flags-cut' });
    expect(code({ datagrams: [datagram({ protocol: 17 })] })).toEqual({ code: 'no-attempt' });
    // The gate is told where each point that has the question is closed.
    const dropping = capture({ dropped: 5000 });
    const gateOf = (...captures: ReturnType<typeof capture>[]) =>
      code({
        captures,
        points: captures.map((_, at) => point({ capture: at })),
        connections: captures.map((_, at) => tried(at, at)),
      });
    expect(gateOf(dropping, dropping)).toMatchObject({ gate: { code: 'dropped', point: 0 } });
    expect(gateOf(dropping, capture())).toMatchObject({ gate: null });
    expect(gateOf(capture(), dropping)).toMatchObject({ gate: null });
  });

  test('large packets: acknowledged either way, a ping that came back, or seen at another point', () => {
    const size = (parts: EvidenceParts) => reasonOf('large-packet-loss', parts);
    const acked = (there: number, back: number) =>
      opened(0, { toServer: { largestAckedL3: there }, toClient: { largestAckedL3: back } });
    expect(size({ connections: [acked(1370, 0)] })).toEqual({ code: 'large-arrived', octets: 1370 });
    expect(size({ connections: [acked(60, 1400)] })).toEqual({ code: 'large-arrived', octets: 1400 });
    expect(size({ connections: [acked(1369, 0)] })).toEqual({ code: 'no-large-packet', octets: 1369, isAll: true });
    expect(size({ connections: [acked(0, 0)] })).toEqual({ code: 'nothing-arrived' });
    expect(size({ echoes: [echo({ l3Length: 1450 })] })).toMatchObject({ octets: 1450 });
    expect(size({ echoes: [echo({ l3Length: 1450, reply: null })] })).toEqual({ code: 'nothing-arrived' });
    expect(size({ echoes: [echo({ l3Length: 1450, request: null, reply: 1 })] })).toEqual({ code: 'nothing-arrived' });
    const legs = [
      opened(0, { toServer: { largestAckedL3: 0 } }),
      opened(0, { point: 1, toServer: { largestAckedL3: 0 } }),
    ];
    expect(
      size({ connections: legs, paths: [{ of: legs, hops: [hop({ from: 0, to: 1, largestArrived: 1500 })] }] }),
    ).toMatchObject({ octets: 1500 });
    const server = { address: '10.0.0.2', port: 80 };
    expect(size({ connections: [acked(500, 0)], connectionsTotal: 2 })).toMatchObject({ isAll: false });
    expect(size({ connections: [acked(500, 0)], openedLeftOut: [{ point: 0, server, times: [1] }] })).toMatchObject({
      isAll: false,
    });
  });

  test('overlays: what works, with tunnels and translations counted', () => {
    const [there, back] = [tunnel(), tunnel({ source: '192.168.0.2', destination: '192.168.0.1' })];
    const end = { address: '10.0.0.1', port: 1 };
    const nat = [
      {
        kind: 'snat' as const,
        protocol: 'tcp' as const,
        before: end,
        after: end,
        between: [0, 1] as [number, number],
        conversations: 1,
      },
    ];
    const cni = (parts: EvidenceParts) => reasonOf('cni', parts);
    expect(cni({ nat })).toEqual({ code: 'overlay-works', tunnels: false, translations: 1 });
    expect(cni({ nat, tunnels: [there, back] })).toEqual({ code: 'overlay-works', tunnels: true, translations: 1 });
    expect(cni({ tunnels: [there, back] })).toEqual({ code: 'overlay-works', tunnels: true, translations: 0 });
    expect(cni({ nat, tunnels: [there] })).toEqual({ code: 'tunnels-one-way', gate: null });
  });

  test('applications: at the point with most answers, then most connections', () => {
    const read = (...applications: ReturnType<typeof use>[]) => readConnections(two({ applications }));
    const at = (index: number, some: Parameters<typeof use>[0]) => use({ point: index, ...some });
    expect(read(at(0, { answers: 3, connections: 9 }), at(1, { answers: 4, connections: 1 }))).toMatchObject({
      answers: 4,
    });
    expect(
      read(at(0, { answers: 4, connections: 2, answered: 1 }), at(1, { answers: 4, connections: 3, answered: 2 })),
    ).toMatchObject({ answered: 2 });
    expect(
      read(at(0, { answers: 4, connections: 3, answered: 1 }), at(1, { answers: 4, connections: 3, answered: 2 })),
    ).toMatchObject({ answered: 1 });
    const mixed = ['http1', 'http2', 'postgresql', 'mysql', 'redis', 'mail', 'memcached', 'tls', 'unknown'] as const;
    const each = mixed.map((protocol, nth) =>
      at(0, { protocol, answers: 10 ** nth, errors: nth, answered: 1, cut: 1, connections: 1 + nth }),
    );
    expect(read(...each)).toEqual({ answers: 1_111_111, errors: 21, answered: 7, encrypted: 8, unread: 9, cut: 7 });
    const cut = (some: boolean) => opened(0, { application: applicationFacts({ errorCut: some } as never) });
    const facts = (some: boolean) =>
      readConnections(two({ connections: [cut(some)], applications: [at(0, { cut: 2 })] }));
    expect([facts(true).cut, facts(false).cut]).toEqual([3, 2]);
    const code = (some: Parameters<typeof use>[0]) => reasonOf('application', { applications: [at(0, some)] });
    expect(code({ answers: 1, cut: 1 })).toEqual({ code: 'content-cut', connections: 1 });
    expect(code({ answers: 1, cut: 0 })).toMatchObject({ code: 'answers-read', answers: 1 });
    expect(code({ protocol: 'tls', answers: 0, connections: 1 })).toEqual({
      code: 'encrypted',
      connections: 1,
      unread: 0,
    });
    expect(code({ protocol: 'unknown', answers: 0, connections: 1 })).toEqual({
      code: 'protocol-not-read',
      connections: 1,
    });
    expect(code({ answers: 0, connections: 1 })).toEqual({ code: 'no-content' });
  });
});
