import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AddressBook } from '../../../src/decode/address-book.ts';
import { Packet } from '../../../src/decode/packet.ts';
import type { Connection, SegmentSeries, SentKind } from '../../../src/flows/evidence/evidence.ts';
import { ConnectionSeries } from '../../../src/flows/series/connection-series.ts';
import { isLong } from '../../support/long-run.ts';
import { drawn, fill, play, segmentsOf } from '../tcp/drawn-segments.ts';
import type { Seen } from '../tcp/reference-connection.ts';
import { newTracker } from '../tcp/segment-trace.ts';

/** The course of a connection from drawn segments, against a naive one: numbers that do not wrap, lists that are searched. */

const KINDS: Record<string, SentKind> = {
  retransmission: 'again',
  fastRetransmission: 'again',
  spuriousRetransmission: 'again',
  outOfOrder: 'late',
  keepAlive: 'probe',
  zeroWindowProbe: 'probe',
};

function reference(
  segments: readonly Seen[],
  connection: Connection,
  side: 0 | 1,
): Omit<SegmentSeries, 'point' | 'connection' | 'direction'> {
  const mine = segments.filter((one) => one.side === side);
  const base = mine.find(({ syn }) => syn)?.seq ?? mine[0]?.seq ?? 0;
  const [first, last] = [segments[0], segments[segments.length - 1]];
  const width = Math.max(1e-6, last.time - first.time) / 120;
  const bins = { fresh: Array<number>(120).fill(0), again: Array<number>(120).fill(0) };
  const told: Omit<SegmentSeries, 'point' | 'connection' | 'direction' | 'sizes'> = {
    sent: [],
    acks: [],
    sacks: [],
    roundTrips: [],
    rate: { start: first.time, width, ...bins },
    packets: segments.length,
    leftOut: { sent: 0, sacks: 0, sizes: 0 },
  };
  const waiting: { from: number; to: number; octets: number; time: number; sendings: number; isSacked: boolean }[] = [];
  const sizes = new Map<number, { octets: number; sent: number; delivered: number }>();
  const arrived = ({ octets }: { octets: number }) => void (sizes.get(octets) as { delivered: number }).delivered++;
  let highest = 0;
  let isBegun = false;
  for (const s of segments) {
    if (s.side === side) {
      isBegun = true;
      const from = s.seq - base;
      const to = from + s.length + (s.syn ? 1 : 0) + (s.fin ? 1 : 0);
      const event = connection.events.find(({ packet }) => packet === s.number)?.kind ?? '';
      let kind: SentKind | undefined = s.rst ? 'reset' : KINDS[event];
      if (kind === undefined && to > from)
        kind = from < highest && to <= highest ? 'again' : s.syn ? 'open' : s.length === 0 ? 'close' : 'new';
      highest = Math.max(highest, to);
      if (kind === undefined) continue;
      told.sent.push({ time: s.time, until: s.time, from, to, packets: 1, kind });
      if (s.length === 0 || kind === 'probe') continue;
      const bin = Math.min(119, Math.floor((s.time - first.time) / width));
      bins[kind === 'again' ? 'again' : 'fresh'][bin] += s.length;
      const octets = 40 + s.length;
      const size = sizes.get(octets) ?? { octets, sent: 0, delivered: 0 };
      size.sent++;
      sizes.set(octets, size);
      const before = waiting.filter((one) => one.to <= to).at(-1);
      if (before?.from === from && before.to === to) {
        before.sendings++;
        before.octets = Math.min(before.octets, octets);
      } else waiting.push({ from, to, octets, time: s.time, sendings: 1, isSacked: false });
      waiting.sort((a, b) => a.to - b.to);
      continue;
    }
    if (s.ack === null || s.rst || !isBegun) continue;
    const ack = s.ack - base;
    const limit = windowOf(s, segments);
    const before = told.acks.at(-1);
    const isSameWindow = limit !== null && before?.limit === ack + limit;
    const duplicate = before?.ack === ack && isSameWindow && s.length === 0;
    told.acks.push({ time: s.time, ack, limit: limit === null ? null : ack + limit, duplicate });
    const acked = waiting.filter(({ to }) => to <= ack);
    waiting.splice(0, acked.length);
    const news = acked.filter(({ isSacked }) => !isSacked);
    news.forEach(arrived);
    let newest = news.filter(({ sendings }) => sendings === 1).at(-1);
    for (const [left, right] of s.sack) {
      const range = { from: left - base, to: right - base };
      if (range.from < 0 || range.to <= range.from) continue;
      told.sacks.push({ time: s.time, ...range });
      const inside = waiting.filter(({ to }) => to <= range.to).reverse();
      const known = inside.findIndex(({ from, isSacked }) => from < range.from || isSacked);
      const named = known < 0 ? inside : inside.slice(0, known);
      for (const one of named) {
        one.isSacked = true;
        arrived(one);
      }
      newest = named.find(({ sendings }) => sendings === 1) ?? newest;
    }
    if (newest !== undefined) told.roundTrips.push({ time: s.time, seconds: s.time - newest.time });
  }
  return { ...told, sizes: [...sizes.values()].sort((a, b) => a.octets - b.octets) };
}

/** Window of the sender of `s` in octets; null where a SYN is missing, which tells the scale. */
function windowOf(s: Seen, segments: readonly Seen[]): number | null {
  if (s.syn) return s.window;
  const [own, other] = [s.side, 1 - s.side].map((side) => segments.find((one) => one.syn && one.side === side));
  if (own === undefined || other === undefined) return s.window === 0 ? 0 : null;
  return own.scale === null || other.scale === null ? s.window : s.window * 2 ** own.scale;
}

test('ranges, acknowledgements, SACKs, round trips, rates and sizes are those of a naive reading', () => {
  fc.assert(
    fc.property(drawn, fc.constantFrom<0 | 1>(0, 1), (draw, side) => {
      const segments = segmentsOf(draw);
      const tracker = newTracker();
      play(segments, tracker);
      const [connection] = tracker.finish(1).connections;
      const series = new ConnectionSeries(connection, side);
      const packet = new Packet(new AddressBook());
      for (const s of segments) {
        fill(packet, s);
        series.add(packet, s.time, s.side);
      }
      const { point, connection: index, direction, ...told } = series.finish(3, 7);
      expect([point, index, direction]).toEqual([3, 7, side]);
      expect(told).toEqual(reference(segments, connection, side));
    }),
    { seed: 44, numRuns: Number(process.env.FC_RUNS ?? (isLong() ? 600 : 250)) },
  );
});
