import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomFrom } from '../../../benchmarks/lib/seeded-random.mjs';
import type { TunnelKind } from '../../../src/decode/packet.ts';
import { correlate } from '../../../src/flows/correlate/correlate.ts';
import {
  type Conversation,
  type Direction,
  type Endpoint,
  type Evidence,
  type Hop,
  type HopChange,
  type NatMapping,
  NOTHING_KNOWN,
  TO_CLIENT,
  TO_SERVER,
} from '../../../src/flows/evidence/evidence.ts';
import { endpoint } from '../../support/evidence-items.ts';
import { isLong } from '../../support/long-run.ts';
import {
  type PathPoint,
  plainPoint,
  rowsAt,
  type SimulatedFlow,
  simulate,
  transfer,
  type WirePacket,
  withRetransmissions,
} from './trace-simulator.ts';

/** What correlation says of a path that was built, against what was built: every field of every hop. */

const choices = fc.record({
  seed: fc.integer({ min: 1, max: 2 ** 31 }),
  tcp: fc.integer({ min: 1, max: 3 }),
  udp: fc.integer({ min: 0, max: 2 }),
  segments: fc.integer({ min: 1, max: 14 }),
  lossPercent: fc.constantFrom(0, 5, 25),
  latePercent: fc.constantFrom(0, 10),
  offset: fc.constantFrom(0, -7.25, 0.4, 60),
  skewPpm: fc.constantFrom(0, 80, -200),
  dnat: fc.boolean(),
  snat: fc.boolean(),
  tunnel: fc.constantFrom<TunnelKind[]>('vxlan', 'geneve', 'ipip'),
  only: fc
    .uniqueArray(fc.integer({ min: 0, max: 7 }), { minLength: 2, maxLength: 6 })
    .map((list) => list.sort((a, b) => a - b)),
});
type Choice = typeof choices extends fc.Arbitrary<infer T> ? T : never;

interface Built {
  flows: SimulatedFlow[];
  packets: WirePacket[];
  path: PathPoint[];
  only: number[];
  /** What each point sees. */
  rows: ReturnType<typeof rowsAt>[];
}

const SERVICE = '10.96.0.10:80';

function build(choice: Choice): Built {
  const next = randomFrom(choice.seed);
  const flows: SimulatedFlow[] = [];
  const packets: WirePacket[] = [];
  for (let nth = 0; nth < choice.tcp; nth++) {
    const flow = flows.push({ protocol: 'tcp', client: `10.244.1.${2 + nth}:${40_000 + nth}`, server: SERVICE }) - 1;
    const { seed, segments } = choice;
    packets.push(...transfer({ flow, seed: seed + 7919 * nth, start: 5 + next(), segments, burst: 3, seconds: 8 }));
  }
  for (let nth = 0; nth < choice.udp; nth++) {
    const flow = flows.push({ protocol: 'udp', client: `10.244.1.9:${50_000 + nth}`, server: '10.96.0.11:5000' }) - 1;
    packets.push(...datagrams(flow, next, choice.segments + 2));
  }
  packets.sort((a, b) => a.time - b.time);
  const met = new Set<string>();
  for (const packet of packets) {
    const isFirst = !met.has(`${packet.flow} ${packet.direction}`);
    met.add(`${packet.flow} ${packet.direction}`);
    const isUdp = flows[packet.flow].protocol === 'udp';
    if (!(isFirst && isUdp) && next() * 100 < choice.lossPercent) packet.lostAfter = Math.floor(next() * 7);
    else if (next() * 100 < choice.latePercent) packet.late = { after: Math.floor(next() * 7), by: 0.01 + next() / 20 };
  }
  const isTcp = (packet: WirePacket) => flows[packet.flow].protocol === 'tcp';
  const all = [...withRetransmissions(packets.filter(isTcp)), ...packets.filter((packet) => !isTcp(packet))];
  // Other traffic before and after, so that every capture runs from before the first packet to after the last.
  const flow = flows.push({ protocol: 'tcp', client: '10.244.1.250:50000', server: '10.96.0.99:443' }) - 1;
  all.push(...transfer({ flow, seed: 99, start: 1, segments: 40, burst: 1, seconds: 30 }));
  all.sort((a, b) => a.time - b.time);
  const path = pathOf(choice);
  return { flows, packets: all, path, only: choice.only, rows: path.map((_, index) => rowsAt(all, path, index)) };
}

function datagrams(flow: number, next: () => number, count: number): WirePacket[] {
  const word = () => Math.floor(next() * 2 ** 32);
  const start = 6 + next();
  return Array.from({ length: 2 * count }, (_, nth) => ({
    flow,
    time: start + 0.05 * nth,
    direction: nth % 2 === 0 ? TO_SERVER : TO_CLIENT,
    flags: 0,
    seq: 0,
    ack: 0,
    length: 1 + (word() % 1200),
    tsValue: 0,
    tsEcho: 0,
    ipId: 1 + (word() % 65_000),
    payloadHash: word(),
    batch: 0,
    lostAfter: null,
  }));
}

function pathOf({ offset, skewPpm, tunnel, dnat, snat }: Choice): PathPoint[] {
  const devices = ['veth1', 'cni0', 'flannel.1', 'eth0', 'eth0', 'flannel.1', 'cni0', 'veth2'];
  return devices.map((device, index) => {
    const isSecond = index > 3;
    return plainPoint(`node${isSecond ? 2 : 1}__${device}.pcap`, {
      clockOffset: isSecond ? offset : 0,
      skewPpm: isSecond ? skewPpm : 0,
      delay: index === 4 ? 0.0005 : 0.00002,
      hops: index === 2 || index === 6 ? 1 : 0,
      encapsulation: device === 'eth0' ? [tunnel] : [],
      rename: ({ client, server }) => ({
        client: snat && index >= 2 ? { address: '10.244.1.0', port: client.port + 1000 } : client,
        server: dnat && index >= 2 ? { address: '10.244.2.7', port: 8080 } : server,
      }),
    });
  });
}

const reaches = ({ direction, lostAfter }: WirePacket, index: number): boolean =>
  lostAfter === null || (direction === TO_SERVER ? index <= lostAfter : index > lostAfter);

/** What a hop has to say, but for delays between hosts. */
function expectedHop(built: Built, flow: number, direction: Direction, from: number, to: number) {
  const { flows, rows } = built;
  const isTcp = flows[flow].protocol === 'tcp';
  const all = rows[from].map((row, at) => ({ ...row, number: at + 1 }));
  const sent = all.filter((row) => row.flow === flow && row.direction === direction);
  const arrived = sent.filter((row) => reaches(row, to));
  const lost = sent.filter((row) => !reaches(row, to));
  const l3Of = ({ length }: WirePacket): number => length + (isTcp ? 52 : 28);
  const octets = (rows: WirePacket[]) => rows.reduce((sum, row) => sum + l3Of(row), 0);
  const isControl = ({ flags, length }: WirePacket) => (flags & 3) !== 0 && length === 0;
  const sizes = lost.map(l3Of);
  const lastArrived = arrived.at(-1)?.number ?? 0;
  return {
    direction,
    from,
    to,
    packets: sent.length,
    octets: octets(sent),
    lost: lost.length,
    lostOctets: octets(lost),
    lostData: lost.filter(({ length }) => length > 0).length,
    lostControl: lost.filter((row) => isTcp && isControl(row) && sent.some((other) => isAgain(row, other))).length,
    largestArrived: Math.max(0, ...arrived.map(l3Of)),
    smallestLost: lost.length === 0 ? 0 : Math.min(...sizes),
    largestLost: Math.max(0, ...sizes),
    lostPackets: lost.map(({ number }) => number),
    matched: arrived.length,
    matchedData: arrived.filter(({ length }) => length > 0).length,
    lostSinceMatch: lost.filter(({ number }) => number > lastArrived).length,
    reordered: reorderedOf(built, arrived, from, to),
    changes: changesOf(built, flow, direction, from, to),
    unknown: null,
  };
}

const isAgain = (row: WirePacket, other: WirePacket): boolean =>
  other.time > row.time && other.seq === row.seq && (other.flags & 3) === (row.flags & 3);

/** Arrived after a packet that was sent more than 50 µs later. */
function reorderedOf({ rows }: Built, arrived: WirePacket[], from: number, to: number): number {
  const keyOf = ({ flow, direction, ipId, time }: WirePacket) => [flow, direction, ipId, time].join(' ');
  const timesAt = (point: number) => {
    const times = new Map(rows[point].map((row) => [keyOf(row), row.at]));
    return arrived.map((one) => times.get(keyOf(one)) as number);
  };
  const [departures, arrivals] = [timesAt(from), timesAt(to)];
  return departures.filter((left, i) =>
    departures.some((other, j) => other - left > 50e-6 && arrivals[j] < arrivals[i]),
  ).length;
}

function changesOf({ flows, path }: Built, flow: number, direction: Direction, from: number, to: number): HopChange[] {
  const [x, y] = [from, to].map((index) => endsAt(flows[flow], path[index]));
  const [source, destination] =
    direction === TO_SERVER ? (['client', 'server'] as const) : (['server', 'client'] as const);
  const changes: HopChange[] = [];
  const note = (code: 'source' | 'destination', before: Endpoint, after: Endpoint) => {
    if (before.address !== after.address || before.port !== after.port) changes.push({ code, from: before, to: after });
  };
  note('source', x[source], y[source]);
  note('destination', x[destination], y[destination]);
  const ttl = (index: number) => {
    const passed = direction === TO_SERVER ? path.slice(1, index + 1) : path.slice(index + 1);
    return 64 - passed.reduce((sum, { hops }) => sum + hops, 0);
  };
  if (ttl(from) !== ttl(to)) changes.push({ code: 'ttl', from: ttl(from), to: ttl(to) });
  const [outside, inside] = [path[from].encapsulation, path[to].encapsulation];
  if (outside.join() !== inside.join()) changes.push({ code: 'tunnels', from: outside, to: inside });
  return changes;
}

const endsAt = (flow: SimulatedFlow, at: PathPoint) =>
  at.rename({ client: endpoint(flow.client), server: endpoint(flow.server) });

/** Each hop of a conversation, in the order of the evidence. */
function expectedHops(built: Built, flow: number) {
  const there = built.only.slice(1).map((to, nth) => expectedHop(built, flow, TO_SERVER, built.only[nth], to));
  const back = [...built.only].reverse();
  return [...there, ...back.slice(1).map((to, nth) => expectedHop(built, flow, TO_CLIENT, back[nth], to))];
}

const plain = (evidence: Evidence, built: Built, { delay: _, lostPackets, from, to, ...hop }: Hop) => ({
  ...hop,
  from: indexOf(evidence, built, from),
  to: indexOf(evidence, built, to),
  lostPackets: lostPackets.map(({ packet }) => packet),
});

const indexOf = (evidence: Evidence, { path }: Built, point: number): number =>
  path.findIndex((at) => at.path === evidence.captures[evidence.points[point].capture].path);

/** Delays of the packets that arrived, seconds. */
function checkDelay(built: Built, flow: number, hop: Hop, from: number, to: number): void {
  const passed = ({ direction, late }: WirePacket): number => {
    const [low, high] = direction === TO_SERVER ? [from, to] : [to, from];
    const links = built.path.slice(low + 1, high + 1).reduce((sum, { delay }) => sum + delay, 0);
    return links + (late !== undefined && late.after >= low && late.after < high ? late.by : 0);
  };
  const arrived = built.packets.filter(
    (packet) =>
      packet.flow === flow && packet.direction === hop.direction && reaches(packet, from) && reaches(packet, to),
  );
  const delays = arrived.map(passed).sort((a, b) => a - b);
  const delay = hop.delay ?? expect.fail('no delay');
  // The clock of one host may run fast: 200 ppm of the delay.
  for (const [told, expected] of [
    [delay.p50, delays[Math.floor(delays.length * 0.5)]],
    [delay.p95, delays[Math.min(delays.length - 1, Math.floor(delays.length * 0.95))]],
    [delay.max, delays[delays.length - 1]],
  ])
    expect(Math.abs(told - expected)).toBeLessThanOrEqual(delay.error + 1e-6 + expected * 2e-4);
  const isOneHost = from > 3 === to > 3;
  expect(delay.error).toBeGreaterThanOrEqual(0);
  if (isOneHost) expect(delay.error).toBe(0);
  else expect(delay.error).toBeLessThan(0.01);
}

function expectedNat(built: Built, evidence: Evidence): NatMapping[] {
  const { flows, path, only } = built;
  const point = (index: number) => evidence.points.findIndex((_, nth) => indexOf(evidence, built, nth) === index);
  const found = new Map<string, NatMapping>();
  for (const flow of flows)
    for (const [nth, to] of only.slice(1).entries()) {
      const [x, y] = [endsAt(flow, path[only[nth]]), endsAt(flow, path[to])];
      const between: [number, number] = [point(only[nth]), point(to)];
      for (const [kind, side] of [
        ['dnat', 'server'],
        ['snat', 'client'],
      ] as const) {
        const [before, after] = [x[side], y[side]];
        if (before.address === after.address && before.port === after.port) continue;
        const mapping = { kind, protocol: flow.protocol, before, after, between, conversations: 0 };
        const key = JSON.stringify(mapping);
        const known = found.get(key) ?? mapping;
        known.conversations++;
        found.set(key, known);
      }
    }
  return [...found.values()];
}

const sorted = <T>(items: readonly T[]): string[] => items.map((item) => JSON.stringify(item)).sort();

function checkPaths(built: Built, evidence: Evidence): void {
  const { flows, packets, rows, only } = built;
  const counted = (direction: Direction) =>
    only.map((index) => rows[index].filter((row) => row.direction === direction).length);
  const lost = (direction: Direction) =>
    only.map((from, nth) => {
      const to = only[direction === TO_SERVER ? nth + 1 : nth - 1];
      if (to === undefined) return 0;
      return packets.filter((one) => one.direction === direction && reaches(one, from) && !reaches(one, to)).length;
    });
  const [summary, ...others] = evidence.paths;
  expect(others).toEqual([]);
  expect({ ...summary, points: summary.points.map((point) => indexOf(evidence, built, point)) }).toEqual({
    points: only,
    conversations: flows.length,
    packets: [counted(TO_SERVER), counted(TO_CLIENT)],
    lost: [lost(TO_SERVER), lost(TO_CLIENT)],
  });
}

const flowOf = ({ legs }: Conversation, { flows }: Built): number => legs[0].flow % flows.length;

test('hops, delays, translations and paths are those that were built', () => {
  fc.assert(
    fc.property(choices, (choice) => {
      const built = build(choice);
      const evidence = correlate(simulate(built.flows, built.packets, built.path, built.only), {
        known: NOTHING_KNOWN,
      });
      expect(evidence.conversations).toHaveLength(built.flows.length);
      for (const conversation of evidence.conversations) {
        const flow = flowOf(conversation, built);
        expect(conversation.hops.map((hop) => plain(evidence, built, hop))).toEqual(expectedHops(built, flow));
        for (const hop of conversation.hops)
          checkDelay(built, flow, hop, indexOf(evidence, built, hop.from), indexOf(evidence, built, hop.to));
        const [first, last] = [built.only[0], built.only[built.only.length - 1]].map((index) =>
          endsAt(built.flows[flow], built.path[index]),
        );
        const { client, server, clientAfterNat, serverBeforeNat } = conversation;
        const isSame = (a: Endpoint, b: Endpoint) => a.address === b.address && a.port === b.port;
        expect({ client, server, clientAfterNat, serverBeforeNat }).toEqual({
          client: first.client,
          server: last.server,
          clientAfterNat: isSame(first.client, last.client) ? null : last.client,
          serverBeforeNat: isSame(first.server, last.server) ? null : first.server,
        });
      }
      expect(sorted(evidence.nat)).toEqual(sorted(expectedNat(built, evidence)));
      checkPaths(built, evidence);
    }),
    { seed: 43, numRuns: Number(process.env.FC_RUNS ?? (isLong() ? 75 : 25)) },
  );
});
