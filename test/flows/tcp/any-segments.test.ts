import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AddressBook } from '../../../src/decode/address-book.ts';
import { Packet } from '../../../src/decode/packet.ts';
import type { Connection } from '../../../src/flows/evidence/evidence.ts';
import { newTracker } from './segment-trace.ts';

/** Few different numbers near each other and near the wrap, so that segments meet; and any number at all. */
const near = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 60 }).map((step) => (0xffffff00 + step * 100) >>> 0) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xffffffff }) },
);

const segment = fc.record({
  fromClient: fc.boolean(),
  flags: fc.oneof(fc.constantFrom(2, 18, 16, 24, 17, 4, 20), fc.nat(255)),
  seq: near,
  ack: near,
  length: fc.constantFrom(0, 0, 1, 100, 100, 1460, 65495),
  window: fc.constantFrom(0, 1, 500, 65535),
  scale: fc.constantFrom(-1, 0, 14),
  mss: fc.constantFrom(-1, 0, 100, 1460),
  sack: fc.array(fc.tuple(near, near), { maxLength: 4 }),
  timestamp: fc.option(near),
  ipId: fc.nat(65535),
  ttl: fc.nat(255),
  port: fc.constantFrom(40000, 40000, 40001),
  pause: fc.oneof(fc.double({ min: 0, max: 3, noNaN: true }), fc.constantFrom(-1, 0, 0.0001, 100)),
});
type Segment = typeof segment extends fc.Arbitrary<infer T> ? T : never;

function run(segments: readonly Segment[]): { connections: Connection[]; packets: number } {
  const tracker = newTracker({ unackedSegments: 50 });
  const packet = new Packet(new AddressBook());
  packet.ipVersion = 4;
  packet.protocol = 6;
  packet.transportAt = 0;
  let time = 0;
  for (const [index, one] of segments.entries()) {
    time += one.pause;
    packet.number = index + 1;
    packet.source = one.fromClient ? 1 : 2;
    packet.destination = one.fromClient ? 2 : 1;
    packet.sourcePort = one.fromClient ? one.port : 80;
    packet.destinationPort = one.fromClient ? 80 : one.port;
    packet.tcpFlags = one.flags;
    packet.tcpSeq = one.seq;
    packet.tcpAck = one.ack;
    packet.tcpWindow = one.window;
    packet.tcpWindowScale = one.scale;
    packet.tcpMss = one.mss;
    packet.tcpSackCount = one.sack.length;
    one.sack.flat().forEach((edge, at) => {
      packet.tcpSack[at] = edge;
    });
    packet.tcpHasTimestamps = one.timestamp !== null;
    packet.tcpTsValue = one.timestamp ?? 0;
    packet.ipId = one.ipId;
    packet.ttl = one.ttl;
    packet.payloadLength = one.length;
    packet.l3Length = 40 + one.length;
    tracker.onPacket(packet, 0, time, -1, 0);
  }
  return { connections: tracker.finish(1000).connections, packets: segments.length };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

test('any segments: nothing throws, nothing is lost, and nothing grows without a limit', () => {
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 120 }), (segments) => {
      const { connections, packets } = run(segments);
      const directions = connections.flatMap((connection) => connection.directions);
      expect(sum(directions.map((direction) => direction.packets))).toBe(packets);
      expect(sum(directions.map((direction) => direction.payloadOctets))).toBe(
        sum(segments.map(({ length }) => length)),
      );
      for (const direction of directions) {
        expect(direction.spuriousRetransmissions + direction.fastRetransmissions).toBeLessThanOrEqual(
          direction.retransmissions,
        );
        expect(direction.dataSegments).toBeLessThanOrEqual(direction.packets);
        expect(direction.repeats.length).toBeLessThanOrEqual(direction.repeatsTotal);
        expect(direction.holes.length).toBeLessThanOrEqual(direction.holesTotal);
        expect(direction.largestAckedL3).toBeLessThanOrEqual(40 + 65495);
        expect(direction.gapOctets).toBeGreaterThanOrEqual(0);
        expect(direction.unackedOctets).toBeGreaterThanOrEqual(0);
        for (const { packets: refs, sendings } of direction.repeats) expect(refs.length).toBeLessThanOrEqual(sendings);
      }
      for (const connection of connections) {
        expect(connection.events.length).toBeLessThanOrEqual(Math.min(200, connection.eventsTotal));
        expect(connection.idleGaps.length).toBeLessThanOrEqual(8);
        expect(connection.history.length).toBeLessThanOrEqual(11);
      }
    }),
    { numRuns: 300 },
  );
});

test('evidence of any segments is plain data: it survives a structured clone and JSON', () => {
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 60 }), (segments) => {
      const { connections } = run(segments);
      expect(structuredClone(connections)).toEqual(connections);
      expect(JSON.stringify(connections)).not.toMatch(/NaN|Infinity|undefined/);
      for (const text of JSON.stringify(connections).match(/-?\d+\.?\d*(e[+-]\d+)?/g) ?? [])
        expect(Number.isFinite(Number(text))).toBe(true);
    }),
    { numRuns: 100 },
  );
});

test('the same segments give the same evidence, wherever the sequence numbers begin', () => {
  const step = fc.record({
    at: fc.nat(20),
    length: fc.constantFrom<Segment['length'][]>(0, 100, 1460),
    fromClient: fc.boolean(),
    gap: fc.nat(400),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.nat(0xffffffff), (steps, start) => {
      const shifted = (base: number): Segment[] => [
        { ...plain, fromClient: true, flags: 2, seq: base, ack: 0 },
        { ...plain, fromClient: false, flags: 18, seq: base, ack: (base + 1) >>> 0 },
        ...steps.map(({ at, length, fromClient, gap }) => ({
          ...plain,
          fromClient,
          seq: (base + 1 + at * 100) >>> 0,
          ack: (base + 1 + at * 50) >>> 0,
          length,
          pause: gap / 1000,
        })),
      ];
      const words = (base: number) =>
        run(shifted(base)).connections.map(({ events, directions, history }) => ({
          events,
          history,
          counts: directions.map(({ retransmissions, outOfOrder, holes, repeats, gapOctets }) => ({
            retransmissions,
            outOfOrder,
            holes,
            repeats,
            gapOctets,
          })),
        }));
      expect(words(start)).toEqual(words(1000));
    }),
    { numRuns: 200 },
  );
});

const plain: Segment = {
  fromClient: true,
  flags: 16,
  seq: 0,
  ack: 0,
  length: 0,
  window: 65535,
  scale: 0,
  mss: 1460,
  sack: [],
  timestamp: null,
  ipId: 0,
  ttl: 64,
  port: 40000,
  pause: 0.01,
};
