import { expect, test } from 'vitest';
import type { Timeline } from '../../../../src/flows/correlate/hosts-and-clocks/clocks.ts';
import { compareByPackets } from '../../../../src/flows/correlate/paths/order-by-packets.ts';
import type { Member } from '../../../../src/flows/correlate/same-traffic/same-traffic.ts';
import type { SightingStore } from '../../../../src/flows/correlate/same-traffic/sighting-store.ts';
import { TO_SERVER } from '../../../../src/flows/evidence/evidence.ts';
import { SIGHTING_UDP } from '../../../../src/flows/rows/row-marks.ts';
import { type MadeUpPacket, madeUpTrack } from '../made-up-track.ts';

const [ACK, FIN] = [16, 17];
/** Two points of one clock, of which only the way to the server was captured. */
function signOf(...packets: [MadeUpPacket[], MadeUpPacket[]]): number {
  const tracks = packets.map((list) => madeUpTrack(list));
  const nothing = madeUpTrack([]);
  const track = ({ point }: { point: number }, direction: number) =>
    direction === TO_SERVER ? tracks[point] : nothing;
  const store = { track, rows: (...of: Parameters<typeof track>) => track(...of).rows.length };
  const timeline = { clockOf: () => 0, at: (_: number, time: number) => time, error: () => 0 };
  const [a, b] = [0, 1].map((point) => ({ biflow: { point }, flipped: false }) as unknown as Member);
  return compareByPackets(a, b, store as unknown as SightingStore, timeline as unknown as Timeline).sign;
}
const packet = (flags: number, time: number): MadeUpPacket => ({ seq: 5, ack: 9, flags, time });

test('an acknowledgement is not the FIN with the same numbers that another point saw', () => {
  expect(signOf([packet(ACK, 0), packet(FIN, 1)], [packet(FIN, 1.001)])).toBe(1);
  expect(signOf([packet(ACK, 0), packet(FIN, 1)], [packet(FIN, 0.999)])).toBe(-1);
});

/** A packet that is seen 1 ms earlier at the second point, behind another one there that differs by these fields. */
const beside = (some: MadeUpPacket, base: MadeUpPacket = {}): number => {
  const seen: MadeUpPacket = { seq: 5, ack: 9, flags: ACK, ipId: 3, tsValue: 70, ...base };
  return signOf(
    [
      { ...seen, ...some, time: 0 },
      { ...seen, time: 1 },
    ],
    [{ ...seen, time: 0.999 }],
  );
};

test.each<[string, MadeUpPacket, MadeUpPacket?]>([
  ['its sequence number', { seq: 6 }],
  ['what it acknowledges', { ack: 8 }],
  ['its IP ID', { ipId: 4 }],
  ['its flags', { flags: FIN }],
  ['its time stamp', { tsValue: 71 }],
  ['the payload of a datagram without an IP ID', { payloadHash: 1 }, { kind: SIGHTING_UDP, ipId: 0 }],
])('another packet differs by %s', (_, some, base) => expect(beside(some, base)).toBe(-1));

test('the payload is not compared of TCP, nor of a datagram with an IP ID', () => {
  expect(beside({ payloadHash: 1 })).toBe(1);
  expect(beside({ payloadHash: 1 }, { ipId: 0 })).toBe(1);
  expect(beside({ payloadHash: 1 }, { kind: SIGHTING_UDP })).toBe(1);
});

test('the mean of the first 16 packets counts; equal ones are paired in turn', () => {
  const list = (times: readonly number[], some: (nth: number) => MadeUpPacket = (nth) => ({ seq: nth })) =>
    times.map((time, nth): MadeUpPacket => ({ ack: 9, flags: ACK, time, ...some(nth) }));
  const late = (nth: number) => (nth < 16 ? 0.001 : -1);
  const times = Array.from({ length: 20 }, (_, nth) => nth);
  expect(signOf(list(times), list(times.map((time) => time + late(time))))).toBe(1);
  expect(signOf(list(times), list(times.map((time) => time + (time === 15 ? -0.5 : 0.001))))).toBe(-1);
  const same = () => ({ seq: 5 });
  expect(signOf(list([0, 1, 2], same), list([0.001, 1.001, 2.001], same))).toBe(1);
  expect(signOf(list([0, 1, 2], same), list([-0.001, 0.999, 1.999], same))).toBe(-1);
  // A capture that began later shares none of the first ones: then the first that both saw count.
  const many = Array.from({ length: 40 }, (_, nth) => nth);
  const numbered = (from: number) => (nth: number) => ({
    seq: 1000 + from + nth,
    ipId: 1 + from + nth,
    payloadLength: 10,
  });
  expect(
    signOf(
      list(many, numbered(0)),
      list(
        many.slice(20).map((time) => time + 0.002),
        numbered(20),
      ),
    ),
  ).toBe(1);
  expect(
    signOf(
      list(many, numbered(0)),
      list(
        many.slice(20).map((time) => time - 0.002),
        numbered(20),
      ),
    ),
  ).toBe(-1);
});
