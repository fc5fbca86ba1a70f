import { describe, expect, test } from 'vitest';
import { emptyRecord } from '../../../src/decode/files/empty-record.ts';
import type { Packet } from '../../../src/decode/packet.ts';
import { CaptureClock } from '../../../src/flows/capture/capture-clock.ts';
import { dropCounts } from '../../../src/flows/capture/drop-counts.ts';
import { countPacket, emptyQuality, undecodedLinkType } from '../../../src/flows/capture/point-quality.ts';
import { type LatestRecord, type OrdinaryRuns, TimeOrder } from '../../../src/flows/capture/time-order.ts';
import { digestOf as digestOfFrames, type TimedFrame } from '../../support/digest-of.ts';
import { arp, ethernet, icmp, ipv4, type LayerOfFrame, tcp, udp, vxlan } from '../../support/frames.ts';

const [A, B] = ['10.0.0.1', '10.0.0.2'];
const timed = (frames: readonly LayerOfFrame[]): TimedFrame[] => frames.map((frame, at) => [at / 1000, frame]);
const digestOf = (frames: readonly LayerOfFrame[], options: Parameters<typeof digestOfFrames>[1] = {}) =>
  digestOfFrames(timed(frames), options);
const ip = (payload: LayerOfFrame | number[], id = 1, some: Parameters<typeof ipv4>[0] = {}) =>
  ethernet({}, ipv4({ source: A, destination: B, id, ...some }, payload));

type DigestOptions = NonNullable<Parameters<typeof digestOfFrames>[1]>;

describe('the times of a capture', () => {
  test('are from its first record on, in whole nanoseconds', () => {
    const clock = new CaptureClock();
    const at = (seconds: number, nanoseconds: number) => clock.timeOf({ ...emptyRecord(), seconds, nanoseconds });
    expect([at(100, 900_000_000), at(102, 100_000_001), at(100, 0), at(101, 0)]).toEqual([0, 1.200000001, -0.9, 0.1]);
    expect([clock.baseSeconds, clock.baseNanoseconds, clock.duration]).toEqual([100, 900_000_000, 1.200000001]);
  });
});

describe('the quality of a point', () => {
  const packet = (some: object = {}) =>
    ({
      start: 0,
      end: 60,
      originalLength: 60,
      protocol: 6,
      etherType: 0x0800,
      networkAt: 14,
      linkType: 1,
      ...some,
    }) as unknown as Packet;
  const quality = (...packets: [time: number, some?: object][]) => {
    const found = emptyQuality();
    let before = packets[0][0];
    for (const [time, some] of packets) {
      countPacket(found, packet(some), time, before);
      before = time;
    }
    return Object.fromEntries(
      Object.entries(found).filter(([, value]) => value !== 0 && JSON.stringify(value) !== '{}'),
    );
  };

  test('has first and last times, and steps back of more than a millisecond', () => {
    expect(quality([5])).toEqual({ packets: 1, firstTime: 5, lastTime: 5 });
    expect(quality([5], [7], [6.9995], [6])).toEqual({
      packets: 4,
      firstTime: 5,
      lastTime: 7,
      timeSteps: 1,
      largestTimeStepBack: expect.closeTo(0.9995, 9),
    });
    expect(quality([5], [4.9991], [4.9971], [4.9])).toMatchObject({
      firstTime: 4.9,
      lastTime: 5,
      timeSteps: 2,
      largestTimeStepBack: expect.closeTo(0.0971, 9),
    });
    expect(quality([1], [0.9989], [0.9])).toMatchObject({
      timeSteps: 2,
      largestTimeStepBack: expect.closeTo(0.0989, 9),
    });
    // By the packet before, not by the latest time.
    expect(quality([5], [4], [4.5]).timeSteps).toBe(1);
  });

  test('counts what was cut, not readable, malformed or not decoded, and messages of devices', () => {
    expect(quality([0, { originalLength: 61 }])).toMatchObject({ cut: 1 });
    expect(quality([0, { end: 61 }])).not.toHaveProperty('cut');
    const stop = (some: object) =>
      quality([0, { stop: { layer: 'tcp', ...some } }], [0, { stop: { layer: 'tcp', ...some } }]);
    expect(stop({ kind: 'too-short', limitedBy: 'snaplen' })).toMatchObject({ unreadable: 2 });
    expect(stop({ kind: 'too-short', limitedBy: 'length' })).toMatchObject({
      malformed: { tcp: 2 },
      malformedTotal: 2,
    });
    expect(stop({ kind: 'bad', limitedBy: 'snaplen' })).toMatchObject({ malformed: { tcp: 2 }, malformedTotal: 2 });
    expect(stop({ kind: 'not-decoded' })).toMatchObject({ notDecoded: 2 });
    expect([
      quality([0, { protocol: 1 }]),
      quality([0, { protocol: 58 }]),
      quality([0, { protocol: 0, etherType: 0x0806 }]),
    ]).toMatchObject([{ icmpPackets: 1 }, { icmpPackets: 1 }, { arpPackets: 1 }]);
    expect(quality([0, { protocol: 17, etherType: 0x0806 }])).toMatchObject({ arpPackets: 1 });
  });

  test('names a link type that is not decoded', () => {
    const named = (some: object, stop: object = {}) =>
      undecodedLinkType(
        packet({
          networkAt: -1,
          linkType: 127,
          stop: { kind: 'not-decoded', layer: 'link', next: 127, ...stop },
          ...some,
        }),
      );
    expect(named({})).toBe('IEEE802_11_RADIOTAP (127)');
    expect([
      named({ networkAt: 14 }),
      named({}, { kind: 'too-short' }),
      named({}, { layer: 'ip' }),
      named({}, { next: 5 }),
      named({ stop: undefined }),
    ]).toEqual(Array(5).fill(undefined));
  });
});

describe('dropped packets', () => {
  test('are believed up to what 100 Gb/s carry in the time of the capture, in one second at least', () => {
    const dropped = (count: number, seconds: number) => dropCounts([{ interfaceDropped: count }], 0, seconds).dropped;
    const most = 148_809_524;
    expect([
      dropped(most, 0),
      dropped(most + 1, 0),
      dropped(most, 1),
      dropped(2 * most, 2),
      dropped(2 * most + 1, 2),
    ]).toEqual([most, null, most, 2 * most, null]);
    expect(dropCounts([{ systemDropped: 3 }], 0, 1)).toEqual({ dropped: 3, doubted: 0 });
    expect(dropCounts([{}], 4, 1)).toEqual({ dropped: 4, doubted: 0 });
    expect(dropCounts([{ interfaceDropped: 9 }], 4, 1)).toEqual({ dropped: 9, doubted: 0 });
  });
});

describe('records in order of time', () => {
  const record = (time: number, some: object = {}) => ({
    ...emptyRecord(),
    seconds: Math.floor(time),
    nanoseconds: Math.round((time % 1) * 1e9),
    ...some,
  });
  /** What is handed on after each record, "|" at the end. @param trial records that wait for earlier ones */
  function handed(times: readonly number[], trial = 100): string {
    const told: string[] = [];
    const order = new TimeOrder(
      { onInterface: () => {}, onProblem: () => {}, onRecord: (_, number) => void told.push(`${number}`) },
      trial,
    );
    for (const time of times) {
      order.onRecord(record(time));
      told.push(',');
    }
    told.push('|');
    order.end();
    return told.join('');
  }

  test('wait until one is a millisecond later', () => {
    expect(handed([1, 1.0009])).toBe(',,|12');
    expect(handed([1, 1.001])).toBe(',1,|2');
    expect(handed([1, 1.0005, 1.0012])).toBe(',,1,|23');
    expect(handed([1, 1.0005, 1.0002, 1.002])).toBe(',,,132,|4');
  });

  test('after so many in order are handed on at once; a small step back makes them wait again', () => {
    expect(handed([1, 2, 3, 4], 2)).toBe(',1,23,4,|');
    expect(handed([1, 1.0001, 1.0002, 1.0003], 2)).toBe(',,123,4,|');
    expect(handed([1, 2, 3, 2.9995, 2.9999, 3.0001], 1)).toBe(',12,3,,,,|456');
    // A larger one is another clock: nothing waits.
    expect(handed([1, 2, 3, 1.5, 1.6], 1)).toBe(',12,3,4,5,|');
    expect(handed([1, 2, 3, 2.999], 1)).toBe(',12,3,4,|');
    expect(handed([1, 2, 3, 2.9991], 1)).toBe(',12,3,,|4');
  });

  test('keep their fields while they wait', () => {
    const told: object[] = [];
    const order = new TimeOrder({
      onInterface: () => {},
      onProblem: () => {},
      onRecord: (one) => void told.push({ ...one, bytes: [...one.bytes.subarray(one.start, one.end)] }),
    });
    const given = record(5, {
      bytes: Uint8Array.from([9, 1, 2, 3, 9]),
      start: 1,
      end: 4,
      originalLength: 77,
      interfaceIndex: 3,
      flags: 6,
      dropCount: 8,
      offset: 1234,
    });
    order.onRecord(given);
    given.bytes.fill(0);
    order.end();
    expect(told).toMatchObject([
      {
        bytes: [1, 2, 3],
        seconds: 5,
        nanoseconds: 0,
        originalLength: 77,
        interfaceIndex: 3,
        flags: 6,
        dropCount: 8,
        offset: 1234,
      },
    ]);
  });

  test('runs of ordinary records are taken when none waits, and during the trial only where more follow in order', () => {
    const asked: string[] = [];
    let ordered = 0;
    const runs: OrdinaryRuns = {
      memory: (bytes) => new Uint8Array(bytes + 1),
      take(latest: LatestRecord, _octets, at, end) {
        asked.push(`take ${latest.number} ${at}-${end}`);
        return at + 7;
      },
      findOrdered(latest, _octets, at, end, spare) {
        asked.push(`find ${latest.number} ${at}-${end} ${spare}`);
        return ordered;
      },
      orderedEnd: 33,
    };
    const told: number[] = [];
    const order = new TimeOrder(
      {
        onInterface: () => {},
        onProblem: () => {},
        onRecord: (_, number) => void told.push(number),
        ordinary: () => runs,
      },
      3,
    );
    const octets = new Uint8Array(99);
    expect([order.runs({} as never), order.memory(4).length, order.take(octets, 5, 50)]).toEqual([undefined, 4, 5]);
    order.onRecord(record(1));
    expect([order.runs({} as never) === order, order.memory(4).length]).toEqual([true, 5]);
    // In the trial: where 64 more can be seen in order. None is: it stays where it is.
    expect([order.take(octets, 5, 50), asked.splice(0), told]).toEqual([5, ['find 1 5-50 64'], []]);
    ordered = 2;
    expect([order.take(octets, 5, 50), asked.splice(0), told.splice(0)]).toEqual([
      12,
      ['find 1 5-50 64', 'take 1 5-33'],
      [1],
    ]);
    // The next two are known to be in order: they do not wait.
    order.onRecord(record(2));
    order.onRecord(record(2.0001));
    expect(told.splice(0)).toEqual([2, 3]);
    // After the trial.
    expect([order.take(octets, 5, 50), asked.splice(0)]).toEqual([12, ['take 3 5-50']]);
    // Out of order: not any more.
    order.onRecord(record(2));
    expect([order.runs({} as never), order.take(octets, 5, 50), asked]).toEqual([undefined, 5, []]);
  });
});

describe('who is the client of a datagram', () => {
  const client = async (sourcePort: number, destinationPort: number) => {
    const { datagrams } = await digestOf([ip(udp({ sourcePort, destinationPort }, 'x'))]);
    return datagrams[0].client.port === sourcePort ? 'sender' : 'receiver';
  };
  test('is the sender, unless its port alone is that of a server', async () => {
    expect([
      await client(40_000, 53),
      await client(53, 40_000),
      await client(1023, 1024),
      await client(1024, 1023),
      await client(1024, 1024),
      await client(500, 500),
    ]).toEqual(['sender', 'receiver', 'receiver', 'sender', 'sender', 'sender']);
  });
});

describe('what a capture that is analysed alone hands on', () => {
  const datagrams = (count: number, answered = true) =>
    Array.from({ length: count }, (_, nth) => [
      ip(udp({ sourcePort: 20_000 + nth, destinationPort: 9 }, 'x'), nth + 1),
      ...(answered
        ? [
            ethernet(
              {},
              ipv4(
                { source: B, destination: A, id: nth + 1 },
                udp({ sourcePort: 9, destinationPort: 20_000 + nth }, 'x'),
              ),
            ),
          ]
        : []),
    ]).flat();
  const connections = (count: number) =>
    Array.from({ length: count }, (_, nth) => ip(tcp({ sourcePort: 20_000 + nth, flags: '.', seq: 5 }, [1]), nth + 1));
  const alone = (limits: DigestOptions['limits'], isAlone = true): DigestOptions => ({
    alone: isAlone,
    ...(limits && { limits }),
  });

  test('are so many answered datagrams, and all without an answer', async () => {
    const count = async (answered: boolean, isAlone: boolean) =>
      (await digestOf(datagrams(5, answered), alone({ ordinaryExchangesAlone: 3 }, isAlone))).datagrams.length;
    expect([await count(true, true), await count(false, true), await count(true, false)]).toEqual([3, 5, 5]);
  });

  test('are so many connections', async () => {
    const kept = async (limits: DigestOptions['limits'], isAlone: boolean) => {
      const { connections: list, connectionsTotal } = await digestOf(connections(5), alone(limits, isAlone));
      return `${list.length} of ${connectionsTotal}`;
    };
    expect([
      await kept({ keptConnectionsAlone: 3 }, true),
      await kept({ keptConnectionsAlone: 3 }, false),
      await kept({ keptConnections: 2 }, false),
      await kept({ keptConnections: 2 }, true),
    ]).toEqual(['3 of 5', '5 of 5', '2 of 5', '5 of 5']);
  });

  test('has room for further lookups, as ordinary ones go; so they do in a compact one', async () => {
    const message = (id: number, flags: number) => [
      ...[id >> 8, id & 255, flags, 0, 0, 1, 0, 0, 0, 0, 0, 0],
      ...[1, 0x61, 0, 0, 1, 0, 1],
    ];
    const lookups = Array.from({ length: 5000 }, (_, id): TimedFrame[] => [
      [id / 50, ip(udp({ sourcePort: 20_000 + id, destinationPort: 53 }, message(id, 0)), id + 1)],
      [
        id / 50 + 0.001,
        ip(udp({ sourcePort: 53, destinationPort: 20_000 + id }, message(id, 0x80)), id + 1, {
          source: B,
          destination: A,
        }),
      ],
    ]).flat();
    const refused = async (options: DigestOptions) =>
      (await digestOfFrames(lookups, { ...options, limits: { otherBytes: 27 * 2 ** 20 } })).capture.noRoom?.lookup;
    expect([await refused({ alone: true }), await refused({ compact: true }), await refused({})]).toEqual([
      undefined,
      undefined,
      311,
    ]);
  });

  test('are of each kind 2,000 objects at least, whatever the bytes', async () => {
    const pings = Array.from({ length: 2002 }, (_, nth) => ip(icmp({ type: 8, id: nth, sequence: 1 }), nth + 1));
    const { echoes, echoesTotal } = await digestOf(pings, { limits: { handedOnBytes: 1 } });
    expect([echoes.length, echoesTotal]).toEqual([2000, 2002]);
    const asks = Array.from({ length: 2002 }, (_, nth) =>
      ethernet({}, arp({ operation: 1, sender: A, target: `10.1.${nth >> 8}.${nth & 255}` })),
    );
    expect((await digestOf(asks, { limits: { handedOnBytes: 1 } })).arp).toHaveLength(2000);
  });
});

describe('packets that are neither IP nor ARP', () => {
  test('count the outer addresses of their tunnel; ARP inside one as well', async () => {
    const outer = (inner: LayerOfFrame) => ip(udp({ destinationPort: 4789 }, vxlan({ vni: 1 }, inner)));
    const hosts = async (inner: LayerOfFrame) =>
      (await digestOf([outer(inner)])).hosts.map(
        ({ address, outer: is, sent, received }) => `${address} ${is} ${sent}/${received}`,
      );
    expect(await hosts(ethernet({ etherType: 0x88cc }, [1, 2, 3, 4]))).toEqual([`${A} true 1/0`, `${B} true 0/1`]);
    expect(await hosts(ethernet({}, arp({ operation: 1 })))).toEqual([`${A} true 1/0`, `${B} true 0/1`]);
    expect((await digestOf([ethernet({}, arp({ operation: 1 }))])).hosts).toEqual([]);
    // An operation that is neither request nor reply has no row.
    const { sightings, arp: list } = await digestOf([ethernet({}, arp({ operation: 9 }))]);
    expect([sightings?.length, list]).toEqual([0, []]);
  });
});
