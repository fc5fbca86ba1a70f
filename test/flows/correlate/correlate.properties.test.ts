import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { randomFrom } from '../../../benchmarks/lib/seeded-random.mjs';
import { correlate } from '../../../src/flows/correlate/correlate.ts';
import {
  type Direction,
  type Evidence,
  type Hop,
  NOTHING_KNOWN,
  TO_SERVER,
} from '../../../src/flows/evidence/evidence.ts';
import {
  type PathPoint,
  plainPoint,
  type SimulatedFlow,
  simulate,
  transfer,
  type WirePacket,
  withRetransmissions,
} from './trace-simulator.ts';

const numRuns = Number(process.env.FC_RUNS ?? 25);

interface Scenario {
  flows: SimulatedFlow[];
  packets: WirePacket[];
  path: PathPoint[];
  only: number[];
}

const HOSTS = [
  { host: 'node1', devices: ['veth1', 'cni0', 'flannel.1', 'eth0'] },
  { host: 'node2', devices: ['eth0', 'flannel.1', 'cni0', 'veth2'] },
];

interface Choice {
  seed: number;
  connections: number;
  segments: number;
  burst: number;
  lossPercent: number;
  offset: number;
  skewPpm: number;
  dnat: boolean;
  snat: boolean;
  named: boolean;
  timestamps: boolean;
  merges: number[];
  tunnel: 'vxlan' | 'geneve' | 'ipip';
  only: number[];
}

const choices: fc.Arbitrary<Choice> = fc.record({
  seed: fc.integer({ min: 1, max: 2 ** 31 }),
  connections: fc.integer({ min: 1, max: 6 }),
  segments: fc.integer({ min: 1, max: 120 }),
  burst: fc.integer({ min: 1, max: 12 }),
  lossPercent: fc.constantFrom(0, 1, 5, 20),
  offset: fc.double({ min: -100, max: 100, noNaN: true }),
  skewPpm: fc.double({ min: -500, max: 500, noNaN: true }),
  dnat: fc.boolean(),
  snat: fc.boolean(),
  named: fc.boolean(),
  timestamps: fc.boolean(),
  merges: fc.array(fc.constantFrom(1, 1, 3, 10), { minLength: 8, maxLength: 8 }),
  tunnel: fc.constantFrom('vxlan', 'geneve', 'ipip'),
  only: fc
    .uniqueArray(fc.integer({ min: 0, max: 7 }), { minLength: 2, maxLength: 8 })
    .map((list) => list.sort((a, b) => a - b)),
});

/** pod → bridge → tunnel device → NIC ═ NIC → tunnel device → bridge → pod, with what the choice does to packets. */
function scenarioOf(choice: Choice): Scenario {
  const next = randomFrom(choice.seed);
  const flows: SimulatedFlow[] = [];
  const packets: WirePacket[] = [];
  for (let flow = 0; flow < choice.connections; flow++) {
    flows.push({ protocol: 'tcp', client: `10.244.1.${2 + flow}:${40_000 + flow}`, server: '10.96.0.10:80' });
    packets.push(
      ...transfer({
        flow,
        seed: choice.seed + 7919 * (flow + 1),
        start: 5 + next(),
        segments: choice.segments,
        burst: choice.burst,
        seconds: 12,
        timestamps: choice.timestamps,
      }),
    );
  }
  packets.sort((a, b) => a.time - b.time);
  for (const packet of packets) if (next() * 100 < choice.lossPercent) packet.lostAfter = Math.floor(next() * 7);
  const devices = HOSTS.flatMap(({ host, devices: names }) => names.map((device) => ({ host, device })));
  const path = devices.map(({ host, device }, index): PathPoint => {
    const isSecond = host === 'node2';
    const isNic = device === 'eth0';
    return plainPoint(choice.named ? `${host}__${device}.pcap` : `capture-${index}.pcap`, {
      clockOffset: isSecond ? choice.offset : 0,
      skewPpm: isSecond ? choice.skewPpm : 0,
      delay: device === 'eth0' && isSecond ? 0.0005 : 0.00002,
      hops: device === 'flannel.1' ? 1 : isSecond && device === 'cni0' ? 1 : 0,
      encapsulation: isNic ? [choice.tunnel] : [],
      merge: choice.merges[index],
      rename: ({ client, server }) => ({
        client: choice.snat && index >= 2 ? { address: '10.244.1.0', port: client.port + 1000 } : client,
        server: choice.dnat && index >= 2 ? { address: '10.244.2.7', port: 8080 } : server,
      }),
    });
  });
  return { flows, packets: keepAlive(withRetransmissions(packets), flows), path, only: choice.only };
}

/** Other traffic before and after, so that every capture runs from before the first packet to after the last. */
function keepAlive(packets: WirePacket[], flows: SimulatedFlow[]): WirePacket[] {
  const flow = flows.length;
  flows.push({ protocol: 'tcp', client: '10.244.1.250:50000', server: '10.96.0.99:443' });
  const probes = transfer({ flow, seed: 99, start: 1, segments: 3, burst: 1, seconds: 30 });
  return [...packets, ...probes].sort((a, b) => a.time - b.time);
}

const run = ({ flows, packets, path, only }: Scenario): Evidence =>
  correlate(simulate(flows, packets, path, only), { known: NOTHING_KNOWN });

/** Flow of the scenario that a conversation is, by its legs; fails when they are of several. */
function flowOf(conversation: Evidence['conversations'][number], flows: SimulatedFlow[]): number {
  const numbers = new Set(conversation.legs.map(({ flow }) => flow % flows.length));
  expect(numbers.size).toBe(1);
  return [...numbers][0];
}

const pathIndex = (evidence: Evidence, path: PathPoint[], point: number): number =>
  path.findIndex((at) => at.path === evidence.captures[evidence.points[point].capture].path);

/** Wire packets with data that pass `from` and not `to`. */
function droppedBetween(
  packets: WirePacket[],
  flow: number,
  direction: Direction,
  from: number,
  to: number,
): WirePacket[] {
  const passes = ({ lostAfter }: WirePacket, at: number) =>
    lostAfter === null || (direction === TO_SERVER ? at <= lostAfter : at > lostAfter);
  return packets.filter(
    (packet) => packet.flow === flow && packet.direction === direction && passes(packet, from) && !passes(packet, to),
  );
}

describe('any NAT, any tunnel, any clock, any offload, any choice of points', () => {
  test('give one conversation for each connection, never two in one, in the order of the path', () => {
    fc.assert(
      fc.property(choices, (choice) => {
        const scenario = scenarioOf(choice);
        const evidence = run(scenario);
        const seen = new Set<number>();
        for (const conversation of evidence.conversations) {
          const flow = flowOf(conversation, scenario.flows);
          expect(seen.has(flow)).toBe(false);
          seen.add(flow);
          const order = conversation.legs.map(({ point }) => pathIndex(evidence, scenario.path, point));
          expect(order).toEqual([...order].sort((a, b) => a - b));
        }
      }),
      { numRuns },
    );
  });

  test('find exactly the dropped octets lost', () => {
    fc.assert(
      fc.property(choices, (choice) => {
        const scenario = scenarioOf(choice);
        const evidence = run(scenario);
        for (const conversation of evidence.conversations) {
          const flow = flowOf(conversation, scenario.flows);
          for (const hop of conversation.hops) {
            const [from, to] = [hop.from, hop.to].map((point) => pathIndex(evidence, scenario.path, point));
            const dropped = droppedBetween(scenario.packets, flow, hop.direction, from, to).filter(
              ({ length }) => length > 0,
            );
            const octets = dropped.reduce((sum, { length }) => sum + length, 0);
            expect({ from, to, direction: hop.direction, octets: payloadLost(hop) }).toEqual({
              from,
              to,
              direction: hop.direction,
              octets,
            });
          }
        }
      }),
      { numRuns },
    );
  });

  test('name every lost packet and no other, without offload', () => {
    fc.assert(
      fc.property(choices, (choice) => {
        const scenario = scenarioOf({ ...choice, merges: choice.merges.map(() => 1) });
        const evidence = run(scenario);
        for (const conversation of evidence.conversations) {
          const flow = flowOf(conversation, scenario.flows);
          for (const hop of conversation.hops) {
            const [from, to] = [hop.from, hop.to].map((point) => pathIndex(evidence, scenario.path, point));
            const dropped = droppedBetween(scenario.packets, flow, hop.direction, from, to);
            expect(hop.lost).toBe(dropped.length);
            expect(hop.lostData).toBe(dropped.filter(({ length }) => length > 0).length);
          }
        }
      }),
      { numRuns },
    );
  });

  test('find the clock offset within its own error bound', () => {
    fc.assert(
      fc.property(choices, (choice) => {
        const evidence = run(
          scenarioOf({ ...choice, named: true, lossPercent: 0, segments: 60, burst: 1, only: [3, 4] }),
        );
        const [relation] = evidence.clocks;
        expect(relation.offsetSeconds).not.toBeNull();
        expect(Math.abs((relation.skewPpm ?? 0) - choice.skewPpm)).toBeLessThan(1);
        // The offset is that at the first packet of all; the drift before it is part of it.
        const starts = evidence.captures.map(
          (capture) => capture.baseSeconds - 1_700_000_000 + capture.baseNanoseconds / 1e9,
        );
        const expected = choice.offset + (choice.skewPpm / 1e6) * Math.min(...starts);
        expect(Math.abs((relation.offsetSeconds ?? 0) - expected)).toBeLessThanOrEqual(
          (relation.errorSeconds ?? 0) + 1e-6,
        );
      }),
      { numRuns },
    );
  });

  test('give the same result for the files in another order', () => {
    fc.assert(
      fc.property(choices, (choice) => {
        const { flows, packets, path, only } = scenarioOf(choice);
        const digests = simulate(flows, packets, path, only);
        const told = (evidence: Evidence) =>
          evidence.conversations
            .map(({ legs, hops, client, server }) =>
              JSON.stringify({
                client,
                server,
                legs: legs.map(({ point }) => pathIndex(evidence, path, point)),
                hops: hops.map((hop) => [
                  hop.direction,
                  pathIndex(evidence, path, hop.from),
                  pathIndex(evidence, path, hop.to),
                  hop.lost,
                  hop.matched,
                  hop.lostOctets,
                ]),
              }),
            )
            .sort();
        const options = { known: NOTHING_KNOWN };
        expect(told(correlate([...digests].reverse(), options))).toEqual(told(correlate(digests, options)));
      }),
      { numRuns },
    );
  });
});

const HEADERS = 52;
/** Payload octets that a hop lost. */
const payloadLost = (hop: Hop): number => hop.lostOctets - HEADERS * hop.lost;
