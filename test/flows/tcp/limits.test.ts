import { expect, test } from 'vitest';
import { AddressBook } from '../../../src/decode/address-book.ts';
import { Packet } from '../../../src/decode/packet.ts';
import type { Connection } from '../../../src/flows/evidence/evidence.ts';
import { ITEMS_KEPT, TROUBLES_KEPT, Troubles } from '../../../src/flows/tcp/connection-trouble.ts';
import { LinkAddresses, NO_LINK_ADDRESS } from '../../../src/flows/tcp/link-addresses.ts';
import { HEAD_OCTETS, StreamHeads } from '../../../src/flows/tcp/stream-head.ts';
import { NONE } from '../../../src/flows/tcp/unacked-marks.ts';
import { UnackedSegments } from '../../../src/flows/tcp/unacked-segments.ts';
import { CLIENT, HANDSHAKE, newTracker, SERVER, trace } from './segment-trace.ts';

/** `count` times the lines of `lines`, numbered from 0. */
const times = (count: number, lines: (nth: number) => string): string =>
  Array.from({ length: count }, (_, nth) => lines(nth)).join('\n');
const seconds = (time: number): string => time.toFixed(4);

/** A list of a connection: the lines that fill it from the start, what is kept of it, and what counts all. */
interface Limit {
  lines: (count: number) => string;
  kept: (connection: Connection) => number;
  counted?: (connection: Connection) => number;
  most: number;
}

const range = (nth: number, step: number): string => `${1 + nth * step}:${1 + nth * step + 100}`;

const LIMITS: Record<string, Limit> = {
  events: {
    lines: (count) => HANDSHAKE + times(count, () => '+0.001 < . 1:1 ack 1'),
    kept: ({ events }) => events.length,
    counted: ({ eventsTotal }) => eventsTotal,
    most: 200,
  },
  'repeated ranges': {
    lines: (count) =>
      HANDSHAKE +
      times(count, (nth) => `+0.001 > P. ${range(nth, 100)} ack 1`) +
      '\n+0.3 > . 9000:9000 ack 1\n' +
      times(count, (nth) => `+0.001 > P. ${range(nth, 100)} ack 1`),
    kept: ({ directions }) => directions[0].repeats.length,
    counted: ({ directions }) => directions[0].repeatsTotal,
    most: 32,
  },
  holes: {
    lines: (count) => HANDSHAKE + times(count, (nth) => `+0.001 > . ${range(nth + 1, 200)} ack 1`),
    kept: ({ directions }) => directions[0].holes.length,
    counted: ({ directions }) => directions[0].holesTotal,
    most: 64,
  },
  'open holes, by the octets that an acknowledgement misses': {
    lines: (count) =>
      `${HANDSHAKE}+0.01 > . 1:101 ack 1\n${times(count, (nth) => `+0.001 > . ${range(nth + 1, 101)} ack 1`)}
      +0.01 < . 1:1 ack ${101 + count * 101}`,
    kept: ({ directions }) => directions[0].gapOctets,
    most: 256,
  },
  'SYNs again': {
    lines: (count) => `0 > S 0:0\n${times(count, () => '+1 > S 0:0')}`,
    kept: ({ syn }) => syn.length - 1,
    counted: ({ directions }) => directions[0].synsAgain,
    most: 16,
  },
  'SYN-ACKs again': {
    lines: (count) => `0 > S 0:0\n+0.01 < S. 0:0 ack 1\n${times(count, () => '+1 < S. 0:0 ack 1')}`,
    kept: ({ synAck }) => synAck.length - 1,
    counted: ({ directions }) => directions[1].synsAgain,
    most: 16,
  },
  'sendings of one range': {
    lines: (count) => HANDSHAKE + times(count, () => '+0.5 > P. 1:101 ack 1'),
    kept: ({ directions }) => directions[0].repeats[0].packets.length,
    counted: ({ directions }) => directions[0].repeats[0].sendings,
    most: 16,
  },
  'zero windows': {
    lines: (count) => HANDSHAKE + times(count, () => '+0.01 < . 1:1 ack 1 win 0\n+0.01 < . 1:1 ack 1 win 9'),
    kept: ({ zeroWindowSpans }) => zeroWindowSpans.length,
    counted: ({ directions }) => directions[1].zeroWindows,
    most: 32,
  },
  'slow turns': {
    lines: (count) =>
      HANDSHAKE +
      times(
        count,
        (nth) =>
          `+0.01 > P. ${range(nth, 100)} ack ${1 + nth * 100}\n+0.2 < P. ${range(nth, 100)} ack ${101 + nth * 100}`,
      ),
    kept: ({ slowTurns }) => slowTurns.length,
    counted: ({ turns }) => turns,
    most: 8,
  },
  'other TTLs': {
    lines: (count) => HANDSHAKE + times(count, (nth) => `+0.01 > . 1:1 ack 1 win ${nth + 1} ttl ${nth + 65}`),
    kept: ({ directions }) => directions[0].ttls.length - 1,
    most: 16,
  },
  'other tunnels': {
    lines: (count) => HANDSHAKE + times(count, (nth) => `+0.01 > . 1:1 ack 1 win ${nth + 1} tunnel ${nth}`),
    kept: ({ directions }) => directions[0].tunnels.length,
    most: 16,
  },
  'other link addresses': {
    lines: (count) =>
      `0 > S 0:0 mac 1:2\n${times(count, (nth) => `+0.01 > . 1:1 ack 1 win ${nth + 1} mac ${nth + 3}:2`)}`,
    kept: ({ directions }) => directions[0].sourceMacs.length - 1,
    most: 16,
  },
};

test.each(Object.entries(LIMITS))(
  '%s: all are kept up to the limit, and no more beyond; all are counted',
  (_, limit) => {
    for (const count of [limit.most - 1, limit.most, limit.most + 1, limit.most + 5]) {
      const [connection] = trace(limit.lines(count)).connections;
      expect({ count, kept: limit.kept(connection) }).toEqual({ count, kept: Math.min(limit.most, count) });
      if (limit.counted) expect(limit.counted(connection)).toBe(count);
    }
  },
);

test('of a range sent more than 16 times the first 15 and the last are kept', () => {
  const [{ directions }] = trace(HANDSHAKE + times(20, () => '+0.5 > P. 1:101 ack 1')).connections;
  const { packets } = directions[0].repeats[0];
  expect(packets.map(({ packet }) => packet)).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 23]);
  expect(packets[15].time).toBeCloseTo(0.02 + 20 * 0.5);
});

test('a range makes room when its second sending delivered it, and not when the third did', () => {
  const lines = (sendings: number): string =>
    times(33, (nth) => {
      const again = `+0.3 > P. ${range(nth, 100)} ack 1`;
      const acked = nth === 32 ? '' : `+0.02 < . 1:1 ack ${101 + 100 * nth}`;
      return [`+0.01 > P. ${range(nth, 100)} ack 1`, ...Array(sendings - 1).fill(again), acked].join('\n');
    });
  const starts = (sendings: number): number[] =>
    trace(HANDSHAKE + lines(sendings)).connections[0].directions[0].repeats.map(({ seqStart }) => seqStart);
  expect([starts(2)[0], starts(2).at(-1), starts(2).length]).toEqual([101, 3201, 32]);
  expect([starts(3)[0], starts(3).at(-1), starts(3).length]).toEqual([1, 3101, 32]);
});

test('of the slow turns the eight slowest are kept, the slowest first', () => {
  const waits = [0.3, 0.2, 0.9, 0.15, 0.5, 0.4, 0.8, 0.7, 0.6, 0.1];
  const lines = times(
    10,
    (nth) =>
      `+0.01 > P. ${range(nth, 100)} ack ${1 + nth * 100}\n+${waits[nth]} < P. ${range(nth, 100)} ack ${101 + nth * 100}`,
  );
  const [{ slowTurns }] = trace(HANDSHAKE + lines).connections;
  expect(slowTurns.map((turn) => Number(turn.seconds.toFixed(3)))).toEqual([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2]);
});

test.each([
  [1023, 1023],
  [1024, 1024],
  [1025, 1024],
])('of %i unacknowledged segments of a direction %i are remembered', (sent, remembered) => {
  // The largest flight is noted when a segment is remembered.
  const lines = times(sent, (nth) => `+0.0001 > . ${range(nth, 100)} ack 1`);
  const [{ directions, rtt }] = trace(`${HANDSHAKE}\n${lines}\n+0.01 < . 1:1 ack ${1 + 100 * sent}`).connections;
  expect(directions[0].largestFlight).toBe(100 * remembered);
  // The last one gives the round trip, if it is known.
  expect(rtt[0]?.samples).toBe(sent === remembered ? 1 : undefined);
});

test('unacknowledged segments of all connections have a limit, and give their places back', () => {
  const unacked = new UnackedSegments(300);
  let tail = NONE;
  for (let count = 0; count < 300; count++) {
    tail = unacked.append(tail);
    expect(tail).not.toBe(NONE);
    unacked.setPacket(tail, count);
  }
  expect(unacked.append(tail)).toBe(NONE);
  expect(unacked.roomEnd).toBe(unacked.unused);
  expect(unacked.free).toBe(NONE);
  const first = unacked.first(tail);
  tail = unacked.dropThrough(first, tail);
  expect(unacked.free).toBe(first);
  expect(unacked.packet(unacked.first(tail))).toBe(1);
  tail = unacked.append(tail);
  expect(tail).toBe(first);
  expect(unacked.append(tail)).toBe(NONE);
});

test('trouble of 25,000 connections is kept, and as much again when it is grave', () => {
  const troubles = new Troubles();
  for (let connection = 0; connection <= TROUBLES_KEPT; connection++) troubles.make(connection, connection >= 25_001);
  expect([24_999, 25_000, 25_001, 50_000].map((connection) => troubles.of(connection) !== undefined)).toEqual([
    true,
    false,
    true,
    true,
  ]);
  troubles.make(50_001, true);
  expect(troubles.of(50_001)).toBeUndefined();
  expect(TROUBLES_KEPT).toBe(50_000);
});

test('trouble is found by any number of a connection', () => {
  const troubles = new Troubles();
  for (const connection of [2047, 0, 31, 2048, 32, 5000, 100_000]) troubles.make(connection).eventsTotal = connection;
  expect([0, 31, 32, 2047, 2048, 5000, 100_000].map((connection) => troubles.of(connection)?.eventsTotal)).toEqual([
    0, 31, 32, 2047, 2048, 5000, 100_000,
  ]);
  expect([1, 30, 33, 2046, 2049, 4999, 99_999, 200_000].map((connection) => troubles.of(connection))).toEqual(
    Array(8).fill(undefined),
  );
});

test('400,000 items are kept in all lists', () => {
  const troubles = new Troubles();
  let taken = 0;
  while (taken < 500_000 && troubles.takeItem([], 1)) taken++;
  expect([taken, ITEMS_KEPT]).toEqual([400_000, 400_000]);
});

test('65,535 link addresses get a number; the next one has none, and those before keep theirs', () => {
  const addresses = new LinkAddresses();
  const bytes = new Uint8Array(8);
  const numberOf = (value: number): number => {
    bytes.set([0, 0, 0xfe, 0xff, 0, value >>> 16, (value >>> 8) & 255, value & 255]);
    return addresses.numberAt(bytes, 2);
  };
  for (let value = 0; value < 65_535; value++)
    if (numberOf(value) !== value + 1) expect(numberOf(value)).toBe(value + 1);
  expect([numberOf(65_535), numberOf(0), numberOf(65_534)]).toEqual([NO_LINK_ADDRESS, 1, 65_535]);
  expect(addresses.isAt(bytes, 2, 65_535)).toBe(true);
  expect(addresses.isAt(bytes, 2, 65_534)).toBe(false);
  expect(addresses.isAt(bytes, 2, NO_LINK_ADDRESS)).toBe(false);
  expect([addresses.addressOf(1), addresses.addressOf(65_535)]).toEqual([0xfeff00000000, 0xfeff0000fffe]);
  const all = addresses.all();
  expect([all.length, all[1], all[300], all[65_535]]).toEqual([65_536, 0xfeff00000000, 0xfeff0000012b, 0xfeff0000fffe]);
  bytes[3] = 1;
  expect(addresses.isAt(bytes, 2, 65_535)).toBe(false);
  expect(addresses.numberAt(bytes, -1)).toBe(NO_LINK_ADDRESS);
});

test('64 heads are open at once; then each new one takes the place of the one that is open longest', () => {
  const heads = new StreamHeads();
  const evicted: number[] = [];
  const open = (owner: number): number => heads.open(owner, owner * 10, (gone) => evicted.push(gone));
  expect(Array.from({ length: 64 }, (_, owner) => open(owner))).toEqual(
    Array.from({ length: 64 }, (_, nth) => nth + 1),
  );
  expect(evicted).toEqual([]);
  expect([open(100), open(101)]).toEqual([1, 2]);
  heads.close(40);
  expect([open(102), open(103)]).toEqual([40, 3]);
  expect(evicted).toEqual([0, 1, 2]);
  for (let owner = 200; owner < 262; owner++) open(owner);
  expect(evicted.slice(3, 6)).toEqual([3, 4, 5]);
  expect(evicted.slice(-2)).toEqual([63, 100]);
  expect([heads.baseOf(40), heads.startOf(40), heads.octetsOf(40)]).toEqual([2360, 39 * HEAD_OCTETS, 0]);
});

test('a head takes its octets in any order, and nothing outside', () => {
  const heads = new StreamHeads();
  const before = heads.open(0, 0, () => {});
  const head = heads.open(1, 0xfffffff0, () => {});
  const other = heads.open(2, 0, () => {});
  const from = Uint8Array.from({ length: 5000 }, (_, at) => at % 251);
  const put = (sequence: number, at: number, end: number): number => {
    heads.put(head, sequence >>> 0, from, at, end);
    return heads.octetsOf(head);
  };
  expect(put(0xffffffea, 0, 6)).toBe(0);
  expect(put(0xfffffff4, 10, 20)).toBe(0);
  expect(put(0xffffffec, 2, 10)).toBe(14);
  expect([...heads.bytes.subarray(heads.startOf(head), heads.startOf(head) + 14)]).toEqual([
    6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
  ]);
  expect(put(0xfffffff0 + HEAD_OCTETS, 0, 10)).toBe(14);
  expect(put(0xfffffff0 + HEAD_OCTETS - 2, 100, 110)).toBe(14);
  expect(put(0xfffffff0 + 14, 20, 5000)).toBe(HEAD_OCTETS);
  const end = heads.startOf(head) + HEAD_OCTETS;
  expect([...heads.bytes.subarray(end - 2, end + 1)]).toEqual([
    (20 + HEAD_OCTETS - 16) % 251,
    (20 + HEAD_OCTETS - 15) % 251,
    0,
  ]);
  expect(heads.octetsOf(other)).toBe(0);
  heads.moveTo(head, 0xfffffff8);
  expect([heads.octetsOf(head), heads.baseOf(head)]).toEqual([HEAD_OCTETS - 8, 0xfffffff8]);
  expect(heads.bytes[heads.startOf(head)]).toBe(14);
  expect(put(0xfffffff8 + HEAD_OCTETS - 8, 0, 4)).toBe(HEAD_OCTETS - 4);
  heads.moveTo(head, 0xfffffff0);
  expect(heads.octetsOf(head)).toBe(HEAD_OCTETS - 4);
  heads.moveTo(head, (0xfffffff0 + 2 * HEAD_OCTETS) >>> 0);
  expect(heads.octetsOf(head)).toBe(0);
  expect([before, heads.octetsOf(before), heads.bytes[HEAD_OCTETS - 1]]).toEqual([1, 0, 0]);
  // Another stream in the place of a full one begins with nothing.
  heads.put(other, 0, from, 0, HEAD_OCTETS);
  expect(heads.octetsOf(other)).toBe(HEAD_OCTETS);
  heads.close(other);
  expect(heads.open(9, 5, () => {})).toBe(other);
  heads.put(other, 6, from, 0, 4);
  expect(heads.octetsOf(other)).toBe(0);
  heads.put(other, 5, from, 100, 101);
  expect([heads.octetsOf(other), heads.bytes[heads.startOf(other)]]).toEqual([5, 100]);
  heads.moveTo(other, 7);
  expect([heads.octetsOf(other), heads.bytes[heads.startOf(other)]]).toEqual([3, 1]);
  heads.put(other, 5 + HEAD_OCTETS, from, 0, 2);
  expect(heads.octetsOf(other)).toBe(3);
});

test('10,000 large transfers are measured, one for each connection', () => {
  const tracker = newTracker({ connections: 20_000, unackedSegments: 10 });
  const packet = new Packet(new AddressBook());
  Object.assign(packet, { ipVersion: 4, protocol: 6, transportAt: 0, source: CLIENT, destination: SERVER });
  Object.assign(packet, { destinationPort: 80, tcpFlags: 16, tcpWindow: 9000, ttl: 64 });
  const send = (port: number, number: number, seq: number, octets: number, time: number): void => {
    Object.assign(packet, { sourcePort: port, number, tcpSeq: seq, payloadLength: octets, l3Length: octets + 40 });
    tracker.onPacket(packet, 0, time, -1, 0);
  };
  for (let nth = 0; nth <= 10_000; nth++) {
    send(1024 + nth, 2 * nth + 1, 1, 16_384, nth);
    send(1024 + nth, 2 * nth + 2, 16_385, 40_000, nth + 1.5);
  }
  const { connections } = tracker.finish(20_000);
  expect(connections.filter(({ transfer }) => transfer !== null)).toHaveLength(10_000);
  expect(connections[9_999].transfer).toMatchObject({ octets: 40_000, segments: 1, seconds: 1.5 });
  expect(connections[10_000].transfer).toBeNull();
});

test('lengths of packets are kept up to 65,535 octets', () => {
  const [{ directions }] = trace(`${HANDSHAKE}
    ${seconds(0.03)} > . 1:101 ack 1 len 65534
    ${seconds(0.04)} < . 1:1 ack 101
    ${seconds(0.05)} > . 101:201 ack 1 len 65536
    ${seconds(0.06)} < . 1:1 ack 201`).connections;
  expect([directions[0].largestL3, directions[0].largestAckedL3]).toEqual([65_535, 65_535]);
});
