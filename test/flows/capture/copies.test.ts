import { describe, expect, it } from 'vitest';
import type { CaptureDigest } from '../../../src/flows/capture/capture-digest.ts';
import { digestCapture } from '../../../src/flows/digest/digest-capture.ts';
import { MARK_COPY } from '../../../src/flows/rows/row-marks.ts';
import { pcapngFile } from '../../support/capture-bytes.ts';
import { digestOf, type TimedFrame } from '../../support/digest-of.ts';
import {
  ethernet,
  type Ipv4Options,
  icmp,
  ipv4,
  ipv6,
  type LayerOfFrame,
  sll,
  type TcpOptions,
  tcp,
  udp,
  vxlan,
} from '../../support/frames.ts';

const ROUTER = '02:00:00:00:00:99';

/** A TCP segment over Ethernet and IPv4. */
const segment = (ip: Ipv4Options, options: TcpOptions, payload = '', source?: string): LayerOfFrame =>
  ethernet(source === undefined ? {} : { source }, ipv4(ip, tcp(options, payload)));

const segment6 = (hopLimit: number, options: TcpOptions, payload = '', source?: string): LayerOfFrame =>
  ethernet(source === undefined ? {} : { source }, ipv6({ hopLimit }, tcp(options, payload)));

/** What the peer of `segment6` sends. */
const back6 = (options: TcpOptions, payload = ''): LayerOfFrame =>
  ethernet(
    { source: ROUTER },
    ipv6(
      { source: '2001:db8::2', destination: '2001:db8::1' },
      tcp({ sourcePort: 80, destinationPort: 40000, ...options }, payload),
    ),
  );

const copiesOf = ({ sightings }: CaptureDigest): number[] => {
  const { packet, marks } = sightings!.columns;
  return [...packet.slice(0, sightings!.length)].filter((_, row) => (marks[row] & MARK_COPY) !== 0);
};

const TIMESTAMPS: TcpOptions = { timestamps: [1000, 900] };
const datagram = (ttl: number, id: number, text = 'same') => ethernet({}, ipv4({ id, ttl }, udp({}, text)));

/** Frames, and the packet numbers that are copies. */
const rows: Record<string, [TimedFrame[], number[]]> = {
  'the same packet, same IP id, 1 ms later': [
    [
      [0, segment({ id: 7 }, TIMESTAMPS, 'data')],
      [0.001, segment({ id: 7 }, TIMESTAMPS, 'data')],
    ],
    [2],
  ],
  'bridged, then routed: TTL one less, MAC of the bridge': [
    [
      [0, segment({ id: 7, ttl: 64 }, TIMESTAMPS, 'data')],
      [0.02, segment({ id: 7, ttl: 63 }, TIMESTAMPS, 'data', ROUTER)],
    ],
    [2],
  ],
  'three times': [
    [
      [0, segment({ id: 7 }, TIMESTAMPS)],
      [0.001, segment({ id: 7 }, TIMESTAMPS)],
      [0.002, segment({ id: 7 }, TIMESTAMPS)],
    ],
    [2, 3],
  ],
  'a retransmission has a new IP id': [
    [
      [0, segment({ id: 7 }, TIMESTAMPS, 'data')],
      [0.001, segment({ id: 8 }, TIMESTAMPS, 'data')],
    ],
    [],
  ],
  'equal but for the timestamp': [
    [
      [0, segment({ id: 7 }, { timestamps: [1000, 900] }, 'data')],
      [0.001, segment({ id: 7 }, { timestamps: [1001, 900] }, 'data')],
    ],
    [],
  ],
  'same link, too late to be a copy': [
    [
      [0, segment({ id: 7 }, {}, 'data')],
      [0.2, segment({ id: 7 }, {}, 'data')],
    ],
    [],
  ],
  'two places a second apart, merged: a retransmission has another IP id and timestamp': [
    [
      [0, segment({ id: 7 }, TIMESTAMPS, 'data')],
      [1.2, segment({ id: 7 }, TIMESTAMPS, 'data')],
    ],
    [2],
  ],
  'IP id 0: a SYN-ACK by its timer and one for a SYN that came again': [
    [
      [0, segment({ id: 0 }, { ...TIMESTAMPS, flags: 'SA' })],
      [0.0001, segment({ id: 0 }, { ...TIMESTAMPS, flags: 'SA' })],
    ],
    [],
  ],
  'IP id 0: a SYN from a mirror port, within 1 ms': [
    [
      [0, segment({ id: 0 }, { ...TIMESTAMPS, flags: 'S' })],
      [0.0005, segment({ id: 0 }, { ...TIMESTAMPS, flags: 'S' })],
    ],
    [2],
  ],
  'IP id 0: a SYN-ACK sent again after 1 s': [
    [
      [0, segment({ id: 0 }, { ...TIMESTAMPS, flags: 'SA' })],
      [1, segment({ id: 0 }, { ...TIMESTAMPS, flags: 'SA' })],
    ],
    [],
  ],
  'IPv6: duplicate ACKs on the same link are no copies': [
    [
      [0, segment6(64, { ...TIMESTAMPS, ack: 500 })],
      [0.0001, segment6(64, { ...TIMESTAMPS, ack: 500 })],
      [0.0002, segment6(64, { ...TIMESTAMPS, ack: 500 })],
    ],
    [],
  ],
  'IPv6: data within 1 ms on the same link is a copy': [
    [
      [0, segment6(64, TIMESTAMPS, 'data')],
      [0.0001, segment6(64, TIMESTAMPS, 'data')],
    ],
    [2],
  ],
  'IPv6: data that is sent again within 1 ms, after the peer spoke, is a retransmission': [
    [
      [0, segment6(64, { ...TIMESTAMPS, seq: 1 }, 'data')],
      [0.0001, back6({ ...TIMESTAMPS, ack: 1 })],
      [0.0003, segment6(64, { ...TIMESTAMPS, seq: 1 }, 'data')],
    ],
    [],
  ],
  'IPv6: where packets come twice anyway, it is a copy': [
    [
      [0, segment6(64, { ...TIMESTAMPS, seq: 1 }, 'data')],
      [0.0001, segment6(64, { ...TIMESTAMPS, seq: 1 }, 'data')],
      [0.01, segment6(64, { ...TIMESTAMPS, seq: 5 }, 'data')],
      [0.0101, back6({ ...TIMESTAMPS, ack: 9 })],
      [0.0103, segment6(64, { ...TIMESTAMPS, seq: 5 }, 'data')],
    ],
    [2, 5],
  ],
  'IPv6: a DNS query within 1 ms on the same link is a copy, another datagram is none': [
    [53, 7000].flatMap((destinationPort, nth): TimedFrame[] => [
      [nth, ethernet({}, ipv6({}, udp({ destinationPort }, 'same')))],
      [nth + 0.0001, ethernet({}, ipv6({}, udp({ destinationPort }, 'same')))],
    ]),
    [2],
  ],
  'IPv6: where all comes twice, so do pure ACKs': [
    [
      ...[1, 2, 3, 4].flatMap((nth): TimedFrame[] => [
        [nth, segment6(64, { ...TIMESTAMPS, seq: nth }, 'data')],
        [nth + 0.0001, segment6(64, { ...TIMESTAMPS, seq: nth }, 'data')],
      ]),
      [6, back6({ ...TIMESTAMPS, ack: 9 })],
      [6.0001, back6({ ...TIMESTAMPS, ack: 9 })],
    ],
    [2, 4, 6, 8, 10],
  ],
  'IPv6: data after 3 ms on the same link is a retransmission': [
    [
      [0, segment6(64, TIMESTAMPS, 'data')],
      [0.003, segment6(64, TIMESTAMPS, 'data')],
    ],
    [],
  ],
  'IPv6: an ACK that was routed in between is a copy': [
    [
      [0, segment6(64, { ...TIMESTAMPS, ack: 500 })],
      [0.003, segment6(63, { ...TIMESTAMPS, ack: 500 }, '', ROUTER)],
    ],
    [2],
  ],
  'a closed socket answers each segment with the same RST': [
    [
      [0, segment({ id: 0 }, { flags: 'R' })],
      [0.0001, segment({ id: 0 }, { flags: 'R' })],
    ],
    [],
  ],
  'equal datagrams without IP id on one link are ordinary': [
    [
      [0, datagram(64, 0)],
      [0.0001, datagram(64, 0)],
    ],
    [],
  ],
  'a datagram with IP id comes twice': [
    [
      [0, datagram(64, 9)],
      [0.0001, datagram(64, 9)],
    ],
    [2],
  ],
  'an encapsulated packet is no copy of the plain one': [
    [
      [0, segment({ id: 7 }, TIMESTAMPS, 'data')],
      [
        0.0001,
        ethernet(
          {},
          ipv4(
            { source: '198.51.100.1', destination: '198.51.100.2' },
            udp({ destinationPort: 8472 }, vxlan({}, segment({ id: 7 }, TIMESTAMPS, 'data'))),
          ),
        ),
      ],
    ],
    [],
  ],
  'the payload differs': [
    [
      [0, segment({ id: 7 }, TIMESTAMPS, 'data')],
      [0.0001, segment({ id: 7 }, TIMESTAMPS, 'DATA')],
    ],
    [],
  ],
};

describe('copies', () => {
  for (const [name, [frames, copies]] of Object.entries(rows)) {
    it(name, async () => {
      const digest = await digestOf(frames);
      expect(copiesOf(digest)).toEqual(copies);
      expect(digest.points[0].quality.copies).toBe(copies.length);
    });
  }

  it('on SLL without interfaces, the outgoing sighting of a packet is a copy, even of a pure ACK without IP ID', async () => {
    const ack = (packetType: number) => sll({ packetType }, ipv4({ id: 0 }, tcp({ ...TIMESTAMPS, ack: 5 })));
    const digest = await digestOf(
      [
        [0, ack(0)],
        [0.0001, ack(4)],
      ],
      { linkType: 113 },
    );
    expect(copiesOf(digest)).toEqual([2]);
  });

  it('a copy keeps the biflow and direction of its original and is not counted elsewhere', async () => {
    const digest = await digestOf([
      [0, datagram(64, 9)],
      [0.0001, datagram(63, 9)],
    ]);
    expect(digest.datagrams[0].packets).toEqual([1, 0]);
    expect(digest.hosts.map(({ sent }) => sent)).toEqual([1, 0]);
    const { flow, direction } = digest.sightings!.columns;
    expect([flow[1], direction[1]]).toEqual([flow[0], direction[0]]);
  });

  it('sightings at two points are never copies', async () => {
    const plain = segment({ id: 7 }, TIMESTAMPS, 'data');
    const outer = { source: '198.51.100.1', destination: '198.51.100.2' };
    const tunnelled = ethernet({}, ipv4(outer, udp({ destinationPort: 8472 }, vxlan({}, plain))));
    const records = [plain, tunnelled, plain, tunnelled].map((frame, index) => ({
      frame,
      interfaceIndex: index >> 1,
      seconds: 1,
      nanoseconds: index,
    }));
    const digest = await digestCapture(pcapngFile(records, [{}, {}]));
    expect(digest.points.map(({ quality }) => quality.packets)).toEqual([2, 2]);
    expect(copiesOf(digest)).toEqual([]);
  });

  it('counts how often one packet comes by with the same hop limit', async () => {
    const timesOf = async (frames: TimedFrame[]) => (await digestOf(frames)).points[0].quality.mostTimes;
    const round = (ttl: (at: number) => number): TimedFrame[] =>
      Array.from({ length: 12 }, (_, at): TimedFrame => [at / 1000, datagram(ttl(at), 9)]);
    expect(await timesOf(round(() => 64))).toBe(12);
    expect(await timesOf(round((at) => 64 - at))).toBe(1);
    expect(await timesOf(round((at) => 64 - (at >> 1)))).toBe(2);
    expect(await timesOf([[0, datagram(64, 9)]])).toBe(0);
  });

  it('finds a copy after many other packets, and forgets it beyond the ring', async () => {
    const between = (count: number): TimedFrame[] =>
      Array.from({ length: count }, (_, index) => [0.0001, segment({ id: 100 + index }, TIMESTAMPS)]);
    const first: TimedFrame = [0, segment({ id: 7 }, TIMESTAMPS, 'data')];
    const again: TimedFrame = [0.0002, segment({ id: 7 }, TIMESTAMPS, 'data')];
    expect(copiesOf(await digestOf([first, ...between(4000), again]))).toEqual([4002]);
    expect(copiesOf(await digestOf([first, ...between(4200), again]))).toEqual([]);
  });
});

describe('loops', () => {
  const pass = (ttl: number, id = 9) => ethernet({}, ipv4({ id, ttl }, icmp({ type: 8, id: 1, sequence: 1 }, 'ping')));
  const passes = (ttls: number[], id?: number): TimedFrame[] => ttls.map((ttl, index) => [index / 10, pass(ttl, id)]);

  it('a packet that passes three times with falling TTL is a loop', async () => {
    const { loops } = await digestOf(passes([60, 58, 56, 54]));
    expect(loops).toEqual([
      {
        point: 0,
        source: '192.0.2.1',
        destination: '192.0.2.2',
        protocol: 1,
        ipId: 9,
        ttls: [60, 58, 56, 54],
        packets: [1, 2, 3, 4].map((packet, index) => ({ packet, time: index / 10 })),
        rises: 0,
      },
    ]);
  });

  it('counts where the TTL rises again: before the loop, after it, and beyond passes with the same TTL', async () => {
    const risesOf = async (ttls: number[]) =>
      (await digestOf(ttls.map((ttl, at): TimedFrame => [at / 1000, pass(ttl)]))).loops.map(({ rises }) => rises);
    expect(await risesOf([60, 58, 56, 54])).toEqual([0]);
    expect(await risesOf([23, 22, 23, 22, 21])).toEqual([1]);
    expect(await risesOf([24, 22, 21, 23])).toEqual([1]);
    expect(await risesOf([24, 22, 21, 21, 20, 23, 22])).toEqual([1]);
    const [{ ttls }] = (await digestOf([24, 22, 21, 21, 20].map((ttl, at): TimedFrame => [at / 1000, pass(ttl)])))
      .loops;
    expect(ttls).toEqual([24, 22, 21, 20]);
  });

  it('two passes, and passes with equal or rising TTL, are not a loop', async () => {
    expect((await digestOf(passes([60, 58]))).loops).toEqual([]);
    expect((await digestOf(passes([60, 60, 60]))).loops).toEqual([]);
    expect((await digestOf(passes([60, 61, 62]))).loops).toEqual([]);
  });
});
