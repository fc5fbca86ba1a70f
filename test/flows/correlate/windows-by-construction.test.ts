import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomFrom } from '../../../benchmarks/lib/seeded-random.mjs';
import { correlate } from '../../../src/flows/correlate/correlate.ts';
import {
  type Direction,
  type Evidence,
  type Hop,
  NOTHING_KNOWN,
  TO_CLIENT,
  TO_SERVER,
} from '../../../src/flows/evidence/evidence.ts';
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

/** Captures that begin late or end early, with clocks that are off and drift: only what both could see is counted. */

const choices = fc.record({
  seed: fc.integer({ min: 1, max: 2 ** 31 }),
  connections: fc.integer({ min: 1, max: 3 }),
  lossPercent: fc.constantFrom(0, 4, 12),
  offset: fc.constantFrom(0, -7.25, 0.4, 60),
  skewPpm: fc.constantFrom(0, 80, -200),
  /** Points that were captured, of eight. */
  only: fc.subarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 2 }),
  /** Which of them begins late, which ends early; null: none. */
  late: fc.option(fc.nat(7), { freq: 3 }),
  early: fc.option(fc.nat(7), { freq: 3 }),
});
type Choice = typeof choices extends fc.Arbitrary<infer T> ? T : never;

/** Later than a session of captures of one host begins, and before the connections end. */
const [LATE, EARLY] = [8, 10.5];
/** Where a lost packet is so near to the edge of a capture, what is known of it rests on delays. */
const NEAR_EDGE = 0.2;

interface Built {
  flows: SimulatedFlow[];
  packets: WirePacket[];
  path: PathPoint[];
  only: number[];
  rows: ReturnType<typeof rowsAt>[];
}

function build({ seed, connections, lossPercent, offset, skewPpm, only, late, early }: Choice): Built {
  const next = randomFrom(seed);
  const flows: SimulatedFlow[] = [];
  const packets: WirePacket[] = [];
  for (let flow = 0; flow < connections; flow++) {
    flows.push({ protocol: 'tcp', client: `10.244.1.${2 + flow}:${40_000 + flow}`, server: '10.96.0.10:80' });
    packets.push(
      ...transfer({ flow, seed: seed + 7919 * flow, start: 5 + next(), segments: 40, burst: 2, seconds: 9 }),
    );
  }
  for (const packet of packets) if (next() * 100 < lossPercent) packet.lostAfter = Math.floor(next() * 7);
  const all = withRetransmissions(packets);
  // Other traffic, so that the other captures run from before the first packet to after the last.
  const flow = flows.push({ protocol: 'tcp', client: '10.244.1.250:50000', server: '10.96.0.99:443' }) - 1;
  all.push(...transfer({ flow, seed: 99, start: 1, segments: 80, burst: 1, seconds: 30 }));
  all.sort((a, b) => a.time - b.time);
  const devices = ['veth1', 'cni0', 'flannel.1', 'eth0', 'eth0', 'flannel.1', 'cni0', 'veth2'];
  const path = devices.map((device, index) =>
    plainPoint(`node${index > 3 ? 2 : 1}__${device}.pcap`, {
      clockOffset: index > 3 ? offset : 0,
      skewPpm: index > 3 ? skewPpm : 0,
      delay: index === 4 ? 0.0005 : 0.00002,
      hops: index === 2 || index === 6 ? 1 : 0,
      encapsulation: device === 'eth0' ? ['vxlan'] : [],
      ...(index === late && { from: LATE + next() }),
      ...(index === early && { until: EARLY + next() }),
    }),
  );
  return { flows, packets: all, path, only, rows: path.map((_, index) => rowsAt(all, path, index)) };
}

const keyOf = ({ flow, direction, ipId, time }: WirePacket): string => [flow, direction, ipId, time].join(' ');
const reaches = ({ direction, lostAfter }: WirePacket, index: number): boolean =>
  lostAfter === null || (direction === TO_SERVER ? index <= lostAfter : index > lostAfter);

/** Whether a lost packet is within the time of the second point; null too near to its edges. */
function isWithin({ rows }: Built, at: number, to: number): boolean | null {
  const [first, last] = [rows[to][0].at, rows[to][rows[to].length - 1].at];
  if (Math.min(Math.abs(at - first), Math.abs(at - last)) < NEAR_EDGE) return null;
  return at > first && at < last;
}

function expectedHop(built: Built, flow: number, direction: Direction, from: number, to: number) {
  const seenThere = new Set(built.rows[to].map(keyOf));
  const sent = built.rows[from]
    .map((row, at) => ({ ...row, number: at + 1 }))
    .filter((row) => row.flow === flow && row.direction === direction);
  const arrived = sent.filter((row) => seenThere.has(keyOf(row)));
  const missing = sent.filter((row) => !reaches(row, to));
  if (missing.some(({ at }) => isWithin(built, at, to) === null)) return null;
  const lost = missing.filter(({ at }) => isWithin(built, at, to));
  const l3Of = ({ length }: WirePacket): number => length + 52;
  const octets = (list: WirePacket[]) => list.reduce((sum, row) => sum + l3Of(row), 0);
  const hasData = ({ length }: WirePacket) => length > 0;
  const lastArrived = arrived.at(-1)?.number ?? 0;
  return {
    direction,
    from,
    to,
    packets: arrived.length + lost.length,
    octets: octets(arrived) + octets(lost),
    matched: arrived.length,
    matchedData: arrived.filter(hasData).length,
    lost: lost.length,
    lostOctets: octets(lost),
    lostData: lost.filter(hasData).length,
    lostPackets: lost.map(({ number }) => number),
    lostSinceMatch: lost.filter(({ number }) => number > lastArrived).length,
    largestArrived: Math.max(0, ...arrived.map(l3Of)),
    unknown: null,
  };
}

const indexOf = (evidence: Evidence, { path }: Built, point: number): number =>
  path.findIndex((at) => at.path === evidence.captures[evidence.points[point].capture].path);

function told(evidence: Evidence, built: Built, hop: Hop) {
  const { direction, packets, octets, matched, matchedData, lost, lostOctets, lostData, lostSinceMatch } = hop;
  const { largestArrived, unknown, lostPackets } = hop;
  const [from, to] = [hop.from, hop.to].map((point) => indexOf(evidence, built, point));
  const numbers = lostPackets.map(({ packet }) => packet);
  const counts = { packets, octets, matched, matchedData, lost, lostOctets, lostData, lostSinceMatch, largestArrived };
  return { direction, from, to, ...counts, lostPackets: numbers, unknown };
}

test('hops count what both points could see', () => {
  let compared = 0;
  fc.assert(
    fc.property(choices, (choice) => {
      const built = build(choice);
      const evidence = correlate(simulate(built.flows, built.packets, built.path, built.only), {
        known: NOTHING_KNOWN,
      });
      expect(evidence.conversations).toHaveLength(built.flows.length);
      for (const conversation of evidence.conversations) {
        const flow = conversation.legs[0].flow % built.flows.length;
        expect(conversation.legs.map(({ point }) => indexOf(evidence, built, point))).toEqual(built.only);
        const back = [...built.only].reverse();
        const pairs = [
          ...built.only.slice(1).map((to, nth) => [TO_SERVER, built.only[nth], to] as const),
          ...back.slice(1).map((to, nth) => [TO_CLIENT, back[nth], to] as const),
        ];
        expect(conversation.hops).toHaveLength(pairs.length);
        for (const [nth, [direction, from, to]] of pairs.entries()) {
          const expected = expectedHop(built, flow, direction, from, to);
          if (expected === null) continue;
          compared++;
          expect(told(evidence, built, conversation.hops[nth])).toEqual(expected);
        }
      }
    }),
    { seed: 51, numRuns: Number(process.env.FC_RUNS ?? 12) },
  );
  expect(compared).toBeGreaterThan(60);
});
