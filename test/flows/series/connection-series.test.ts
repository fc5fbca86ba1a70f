import { describe, expect, it } from 'vitest';
import { dropOrdinary } from '../../../src/flows/correlate/conversations/drop-ordinary.ts';
import type { Direction, Series } from '../../../src/flows/evidence/evidence.ts';
import { NOTHING_KNOWN } from '../../../src/flows/evidence/evidence.ts';
import { MOST_MARKS } from '../../../src/flows/series/bounded-marks.ts';
import { evidenceOfCaptures } from '../../../src/pipeline/evidence-of-captures.ts';
import { readSeries } from '../../../src/pipeline/read-series.ts';
import { pcapFile } from '../../support/capture-bytes.ts';
import { recordsOf, type TimedFrame } from '../../support/digest-of.ts';
import { ethernet, ipv4, type TcpOptions, tcp, udp, vxlan } from '../../support/frames.ts';

const CLIENT = '10.244.1.10';
const SERVER = '10.244.2.20';
/** Close to the end of the sequence numbers, so that they wrap. */
const ISS = 4_294_967_000;
const SEGMENT = new Uint8Array(1000);

let ipId = 0;
const frame = (isClient: boolean, options: TcpOptions, payload: Uint8Array = new Uint8Array()) => {
  const [source, destination] = isClient ? [CLIENT, SERVER] : [SERVER, CLIENT];
  const [sourcePort, destinationPort] = isClient ? [40_000, 80] : [80, 40_000];
  return ipv4({ source, destination, id: ++ipId }, tcp({ sourcePort, destinationPort, ...options }, payload));
};
const sent = (octet: number): TcpOptions => ({ seq: (ISS + octet) >>> 0, ack: 501, flags: '.P', window: 512 });
const acked = (octet: number, window: number, sack: [number, number][] = []): TcpOptions => ({
  seq: 501,
  ack: (ISS + octet) >>> 0,
  flags: '.',
  window,
  ...(sack.length > 0 && { sack: sack.map(([from, to]) => [(ISS + from) >>> 0, (ISS + to) >>> 0]) }),
});

type Packet = readonly [seconds: number, frame: ReturnType<typeof frame>];
const handshake = (): Packet[] => [
  [0, frame(true, { seq: ISS, flags: 'S', mss: 1460, windowScale: 7, sackPermitted: true, window: 64_000 })],
  [0.01, frame(false, { seq: 500, ack: (ISS + 1) >>> 0, flags: 'S.', mss: 1460, windowScale: 3, window: 60_000 })],
  [0.011, frame(true, { seq: (ISS + 1) >>> 0, ack: 501, flags: '.', window: 512 })],
];

async function seriesOf(
  packets: readonly Packet[],
  direction: Direction,
  wanted: readonly number[] = [],
  wrap = (packet: Packet[1]) => packet,
  snaplen = 65_535,
) {
  const frames = packets.map(([time, packet]): TimedFrame => [time, ethernet({}, wrap(packet))]);
  const source = pcapFile(recordsOf(frames).map((record) => ({ ...record, snaplen })));
  const { evidence, sources } = await evidenceOfCaptures([source], { known: NOTHING_KNOWN, points: {} });
  const telling = dropOrdinary(evidence);
  const request = {
    connections: [{ point: 0, connection: 0, direction }],
    packets: new Map([[0, new Set(wanted)]]),
  };
  const series: Series = await readSeries(sources, telling, request, {});
  return { ...series.connections[0], fields: series.packets };
}

const LOSSY = (): Packet[] => [
  ...handshake(),
  [0.02, frame(true, sent(1), SEGMENT)],
  [0.021, frame(true, sent(1001), SEGMENT)],
  [0.022, frame(true, sent(2001), SEGMENT)],
  [0.03, frame(false, acked(1001, 7000))],
  [0.032, frame(false, acked(1001, 7000, [[2001, 3001]]))],
  [0.25, frame(true, sent(1001), SEGMENT)],
  [0.26, frame(false, acked(3001, 0))],
  [0.4, frame(false, acked(3001, 7000))],
];

describe('the course of a connection', () => {
  it('has each segment with its octets, also where sequence numbers wrap', async () => {
    const { sent: ranges } = await seriesOf(LOSSY(), 0);
    expect(ranges.map(({ time, from, to, kind }) => [time, from, to, kind])).toEqual([
      [0, 0, 1, 'open'],
      [0.02, 1, 1001, 'new'],
      [0.021, 1001, 2001, 'new'],
      [0.022, 2001, 3001, 'new'],
      [0.25, 1001, 2001, 'again'],
    ]);
  });

  it('has acknowledgements with the end of the scaled window, duplicates and SACK blocks', async () => {
    const { acks, sacks } = await seriesOf(LOSSY(), 0);
    expect(acks.map(({ time, ack, limit, duplicate }) => [time, ack, limit, duplicate])).toEqual([
      [0.01, 1, 60_001, false],
      [0.03, 1001, 1001 + 7000 * 8, false],
      [0.032, 1001, 1001 + 7000 * 8, true],
      [0.26, 3001, 3001, false],
      [0.4, 3001, 3001 + 7000 * 8, false],
    ]);
    expect(sacks).toEqual([{ time: 0.032, from: 2001, to: 3001 }]);
  });

  it('measures round trips of segments that were sent once', async () => {
    const { roundTrips } = await seriesOf(LOSSY(), 0);
    expect(roundTrips.map(({ time, seconds }) => [time, Math.round(seconds * 1e6)])).toEqual([
      [0.03, 10_000],
      [0.032, 10_000],
    ]);
  });

  it('counts sizes that arrived, and octets in bins', async () => {
    const { sizes, rate } = await seriesOf(LOSSY(), 0);
    expect(sizes).toEqual([{ octets: 1040, sent: 4, delivered: 3 }]);
    expect(rate.fresh.reduce((a, b) => a + b)).toBe(3000);
    expect(rate.again.reduce((a, b) => a + b)).toBe(1000);
  });

  it('does not know the end of a window whose scale was not captured', async () => {
    const { acks } = await seriesOf(LOSSY().slice(3), 0);
    expect(acks.map(({ limit }) => limit)).toEqual([null, null, acks[2].ack, null]);
  });

  it('does not know it either where the options of a SYN were cut off', async () => {
    const { acks } = await seriesOf(LOSSY(), 0, [], (packet) => packet, 60);
    expect(acks.map(({ limit }) => limit)).toEqual([60_001, null, null, 3001, null]);
  });

  it('says by SACK that a later segment arrived, and of what was never acknowledged that it did not', async () => {
    const packets: Packet[] = [
      ...handshake(),
      [0.02, frame(true, sent(1), SEGMENT)],
      [0.021, frame(true, sent(1001), new Uint8Array(200))],
      [0.03, frame(false, acked(1, 7000, [[1001, 1201]]))],
      [0.3, frame(true, sent(1), SEGMENT)],
      [0.9, frame(true, sent(1), SEGMENT)],
    ];
    expect((await seriesOf(packets, 0)).sizes).toEqual([
      { octets: 240, sent: 1, delivered: 1 },
      { octets: 1040, sent: 3, delivered: 0 },
    ]);
  });

  it('sees copies of a packet once, and tunnels opened', async () => {
    const packets = LOSSY();
    const doubled = packets.flatMap(([time, packet]): Packet[] => [
      [time, packet],
      [time + 1e-4, packet],
    ]);
    expect((await seriesOf(doubled, 0)).sent).toHaveLength(5);
    const inside = (packet: Packet[1]) =>
      ipv4(
        { source: '192.168.0.1', destination: '192.168.0.2', id: ++ipId },
        udp({ destinationPort: 4789 }, vxlan({ vni: 1 }, ethernet({}, packet))),
      );
    expect((await seriesOf(packets, 0, [], inside)).sent).toHaveLength(5);
  });

  it('joins ordinary segments where there are very many, and keeps what is odd', async () => {
    const packets: Packet[] = [...handshake()];
    const count = 3 * MOST_MARKS;
    for (let at = 0; at < count; at++) {
      const time = 0.02 + at * 1e-4;
      packets.push([time, frame(true, sent(1 + at * 1000), SEGMENT)]);
      packets.push([time + 5e-5, frame(false, acked(1 + (at + 1) * 1000, 7000))]);
    }
    packets.push([5, frame(true, sent(1), SEGMENT)]);
    const { sent: ranges, acks, roundTrips, leftOut, packets: read } = await seriesOf(packets, 0);
    expect(read).toBe(packets.length);
    expect(ranges.length).toBeLessThanOrEqual(2 * MOST_MARKS);
    expect(acks.length).toBeLessThanOrEqual(2 * MOST_MARKS);
    expect(roundTrips.length).toBeLessThanOrEqual(MOST_MARKS);
    expect(leftOut).toEqual({ sent: 0, sacks: 0, sizes: 0 });
    expect(ranges.filter(({ kind }) => kind === 'new').reduce((sum, range) => sum + range.packets, 0)).toBe(count);
    expect(ranges.filter(({ kind }) => kind === 'again')).toMatchObject([{ from: 1, to: 1001 }]);
    expect(acks.at(-1)?.ack).toBe(1 + count * 1000);
  });

  it('gives the fields of single packets', async () => {
    const { fields } = await seriesOf(LOSSY(), 0, [1, 10]);
    expect(fields.map(({ packet }) => packet)).toEqual([1, 10]);
    const of = (at: number) => Object.fromEntries(fields[at].fields.map(({ name, value }) => [name, value]));
    expect(of(0)).toMatchObject({
      'ip.src': CLIENT,
      'tcp.flags': 'SYN',
      'tcp.options.mss_val': '1460',
      'tcp.len': '0',
    });
    expect(of(1)).toMatchObject({ 'ip.src': SERVER, 'tcp.flags': 'ACK', 'tcp.window': '0' });
  });
});
