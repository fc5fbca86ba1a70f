import { describe, expect, test } from 'vitest';
import type { Packet } from '../../../src/decode/packet.ts';
import { digestCapture } from '../../../src/flows/digest/digest-capture.ts';
import { FlowCounts } from '../../../src/flows/rows/flow-counts.ts';
import { INDEXED_PACKETS, MOST_FLOWS, PacketIndex } from '../../../src/flows/rows/packet-index.ts';
import { payloadHash } from '../../../src/flows/rows/payload-hash.ts';
import { COLUMN_NAMES, SightingColumns } from '../../../src/flows/rows/sighting-columns.ts';
import type { SightingTable } from '../../../src/flows/rows/sighting-table.ts';
import { LinearMemory } from '../../../src/flows/tables/linear-memory.ts';
import { NOTHING_SEEN } from '../../../src/flows/trackers/observation.ts';
import { pcapFile } from '../../support/capture-bytes.ts';
import { digestOf, recordsOf, type TimedFrame } from '../../support/digest-of.ts';
import {
  arp,
  ethernet,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  type LayerOfFrame,
  type Payload,
  sll,
  tcp,
  udp,
  vxlan,
} from '../../support/frames.ts';

const be16 = (value: number) => [value >> 8, value & 255];
const be32 = (value: number) => [...be16(value >>> 16), ...be16(value & 0xffff)];

/** The columns of the last of these packets that are not 0, but for its number, time and hash. */
async function row(frames: readonly LayerOfFrame[], linkType = 1, snaplen?: number) {
  const timed = frames.map((frame, at): TimedFrame => [at / 1000, frame]);
  const { sightings } =
    snaplen === undefined
      ? await digestOf(timed, { linkType })
      : await digestCapture(
          pcapFile(
            recordsOf(timed).map((record) => ({ ...record, snaplen })),
            { linkType, nano: true },
          ),
        );
  const { columns, length } = sightings as SightingTable;
  const told = COLUMN_NAMES.filter((name) => !['packet', 'time', 'payloadHash'].includes(name)).map(
    (name) => [name, columns[name][length - 1]] as const,
  );
  return Object.fromEntries(told.filter(([, value]) => value !== 0));
}
const ip = (payload: Payload, some: Parameters<typeof ipv4>[0] = {}) => ethernet({}, ipv4({ id: 9, ...some }, payload));

describe('the row of a packet', () => {
  test('of TCP has all that its header tells', async () => {
    const segment = tcp(
      { seq: 4_000_000_000, ack: 3_000_000_000, flags: 'PA', window: 500, timestamps: [70_000, 80_000] },
      'abc',
    );
    // Kind 1; 20 + 32 + 3 octets; DF is mark 2.
    expect(await row([ip(segment, { ttl: 61, tos: 0x28, dontFragment: true })])).toEqual({
      kind: 1,
      ipId: 9,
      ttl: 61,
      dscp: 10,
      l3Length: 55,
      payloadLength: 3,
      flags: 0x18,
      seq: 4_000_000_000,
      ack: 3_000_000_000,
      window: 500,
      tsValue: 70_000,
      tsEcho: 80_000,
      marks: 2,
    });
    // Sent again (mark 16), with another IP ID, so that it is no copy.
    const data = (id: number) => ip(tcp({ seq: 5, flags: '.' }, 'abc'), { id });
    expect((await row([data(1), data(2)])).marks).toBe(16);
    expect((await row([data(1), data(1)])).marks).toBe(1);
  });

  test('of UDP has the id of DNS, the index of WireGuard, or no number', async () => {
    const seq = async (ports: [number, number], payload: Payload) =>
      (await row([ip(udp({ sourcePort: ports[0], destinationPort: ports[1] }, payload))])).seq;
    const dns = [...be16(0x1234), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    expect([
      await seq([9, 53], dns),
      await seq([53, 9], dns),
      await seq([9, 54], dns),
      await seq([9, 53], dns.slice(1)),
    ]).toEqual([0x1234, 0x1234, undefined, undefined]);
    expect(await seq([9, 51_820], [4, 0, 0, 0, 5, 6, 7, 8, ...Array(24).fill(0)])).toBe(0x0807_0605);
    expect(await row([ip(udp({}, 'abc'))])).toEqual({ kind: 2, ipId: 9, ttl: 64, l3Length: 31, payloadLength: 3 });
  });

  test('of a ping has type, code and sequence; of ARP the operation', async () => {
    expect(await row([ip(icmp({ type: 8, code: 3, id: 4, sequence: 77 }))])).toMatchObject({
      kind: 3,
      flags: 0x803,
      seq: 77,
    });
    expect(await row([ethernet({}, ipv6({}, icmpv6({ type: 128, id: 4, sequence: 77 })))])).toMatchObject({
      kind: 3,
      flags: 0x8000,
      seq: 77,
    });
    expect(await row([ethernet({}, arp({ operation: 2 }))])).toMatchObject({ kind: 4, flags: 2 });
  });

  test('of ESP has its index, of a later fragment its place', async () => {
    expect(await row([ip([...be32(0x8000_0003), ...be32(1), ...Array(40).fill(1)], { protocol: 50 })])).toMatchObject({
      kind: 5,
      seq: 0x8000_0003,
    });
    const piece = (fragmentOffset: number) =>
      ip(new Uint8Array(16), { protocol: 17, fragmentOffset, moreFragments: true });
    expect(await row([piece(1480)])).toMatchObject({ kind: 5, seq: 1480, marks: 4 });
    expect((await row([piece(0)])).kind).toBe(2);
    expect((await row([ip(new Uint8Array(16), { protocol: 132 })])).kind).toBe(5);
  });

  test('has the tunnel plus one, and the innermost header', async () => {
    const inner = ethernet({}, ipv4({ id: 5, ttl: 7 }, udp({}, 'x')));
    expect(await row([ip(udp({ destinationPort: 4789 }, vxlan({ vni: 1 }, inner)))])).toMatchObject({
      tunnel: 1,
      ipId: 5,
      ttl: 7,
    });
  });

  test('has the way where the capture tells it, and marks for what was cut', async () => {
    const marks = async (packetType: number) => (await row([sll({ packetType }, ipv4({}, udp({}, 'x')))], 113)).marks;
    // 4 is outgoing (mark 32); to this host is incoming (64).
    expect([await marks(4), await marks(0)]).toEqual([32, 64]);
    const cut = async (snaplen: number) =>
      (await row([ip(tcp({ seq: 5, flags: '.' }, new Uint8Array(50)))], 1, snaplen)).marks;
    // 14 + 20 + 20 + 50 octets.
    expect([await cut(104), await cut(103), await cut(54), await cut(50)]).toEqual([undefined, 8, 8, 136]);
  });
});

describe('the hash of a payload', () => {
  const hash = (octets: number[], payloadLength = octets.length) =>
    payloadHash({
      bytes: Uint8Array.from([9, ...octets, 9]),
      payloadAt: 1,
      payloadEnd: 1 + octets.length,
      payloadLength,
    } as unknown as Packet);
  const filled = (length: number, at = -1) => Array.from({ length }, (_, nth) => (nth === at ? 5 : 1));

  test('is of the first 64 octets and the length', () => {
    expect(hash(filled(70))).toBe(hash(filled(70, 64)));
    for (const at of [0, 3, 4, 62, 63]) expect(hash(filled(70))).not.toBe(hash(filled(70, at)));
    for (const at of [0, 60, 61, 62]) expect(hash(filled(63))).not.toBe(hash(filled(63, at)));
    expect(hash(filled(70))).not.toBe(hash(filled(71)));
    expect(hash(filled(70), 500)).not.toBe(hash(filled(70), 501));
    expect([hash([]), hash([], 10), hash([1], 0)]).toEqual([0, 0, 0]);
    expect(hash([1])).toBeGreaterThan(0);
  });
});

describe('the index of packets', () => {
  test('tells flow, direction, copy, retransmission and tunnel of each', () => {
    const index = new PacketIndex();
    const told = (packet: number) => {
      const seen = { ...NOTHING_SEEN };
      if (!index.recall(packet, seen)) return null;
      return [seen.flow, seen.direction, seen.copy, seen.retransmission, seen.tunnel];
    };
    index.set(1, 7, 0, false, false, 0);
    index.set(3, 8, 1, true, true, 4);
    index.set(500, MOST_FLOWS - 1, 1, false, true, 0);
    index.set(501, MOST_FLOWS, 0, false, false, 0);
    expect([told(1), told(2), told(3), told(500), told(501), told(9999)]).toEqual([
      [7, 0, false, false, -1],
      null,
      [8, 1, true, true, 3],
      [MOST_FLOWS - 1, 1, false, true, -1],
      null,
      null,
    ]);
    const again = new PacketIndex(index.toTransferable() ?? undefined);
    const seen = { ...NOTHING_SEEN };
    expect([again.recall(3, seen), seen.flow, seen.tunnel, again.isComplete]).toEqual([true, 8, 3, true]);
  });

  test('is given up beyond 10 million packets', () => {
    const index = new PacketIndex();
    index.set(5, 1, 0, false, false, 0);
    index.set(INDEXED_PACKETS + 1, 1, 0, false, false, 0);
    index.set(6, 1, 0, false, false, 0);
    expect([
      index.isComplete,
      index.toTransferable(),
      index.recall(5, { ...NOTHING_SEEN }),
      index.recall(6, { ...NOTHING_SEEN }),
    ]).toEqual([false, null, false, false]);
  });
});

describe('counts of packets', () => {
  test('are by flow and direction, for any flow number, there and in linear memory', () => {
    const counts = new FlowCounts();
    counts.add(3, 0);
    counts.add(3, 1);
    counts.add(3, 1);
    counts.add(1023, 1);
    counts.add(1024, 0);
    counts.add(MOST_FLOWS, 0);
    const told = () => [
      counts.packets(3, 0),
      counts.packets(3, 1),
      counts.packets(1023, 1),
      counts.packets(1024, 0),
      counts.packets(2, 1),
      counts.packets(99_999, 0),
    ];
    expect(told()).toEqual([1, 2, 1, 1, 0, 0]);
    expect(counts.rows).toBe(4096);
    counts.moveInto(new LinearMemory(64));
    counts.add(3, 0);
    counts.add(5000, 0);
    expect(counts.linearAddress).toBeGreaterThan(0);
    expect([...told(), counts.packets(5000, 0)]).toEqual([2, 2, 1, 1, 0, 0, 1]);
    counts.moveOut();
    counts.add(20_000, 0);
    expect([counts.linearAddress, counts.packets(20_000, 0), counts.packets(3, 0)]).toEqual([0, 1, 2]);
  });
});

describe('columns', () => {
  test('use a buffer that is large enough, and clear it', () => {
    const spare = new ArrayBuffer(59 * 10);
    new Uint8Array(spare).fill(255);
    const columns = new SightingColumns(10, spare);
    expect(columns.time.buffer).toBe(spare);
    for (const name of COLUMN_NAMES) expect([...columns[name]]).toEqual(Array(10).fill(0));
    expect(new SightingColumns(11, spare).time.buffer).not.toBe(spare);
    // None overlaps another.
    for (const [nth, name] of COLUMN_NAMES.entries()) columns[name].fill(nth + 1);
    for (const [nth, name] of COLUMN_NAMES.entries()) expect([...columns[name]]).toEqual(Array(10).fill(nth + 1));
  });
});
