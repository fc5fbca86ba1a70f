import { describe, expect, test } from 'vitest';
import { AddressBook, FIRST_IPV6 } from '../../../src/decode/address-book.ts';
import { encapsulationCode } from '../../../src/flows/encapsulation.ts';
import type { CapturePoint, Connection } from '../../../src/flows/evidence/evidence.ts';
import {
  type AnyConnection,
  CompactConnection,
  mergeConnections,
  splitConnections,
} from '../../../src/flows/tcp/compact-connection.ts';
import type { TcpTracker } from '../../../src/flows/tcp/tcp-tracker.ts';
import { newTracker, trace } from './segment-trace.ts';

const ORDINARY = (port: number, listener = 80): string => `
  +0.010 > S  0:0       port ${port} listener ${listener} mss 1460 ws 7 sackok ts 5
  +0.010 < S. 0:0 ack 1 port ${port} listener ${listener} mss 1300 ts 9
  +0.010 > .  1:1 ack 1 port ${port} listener ${listener} ts 6`;
/** Seen in one direction only. */
const NOTABLE = (port: number): string => `+0.010 > S 0:0 port ${port}`;
/** Data was sent again. */
const GRAVE = (port: number): string => `${ORDINARY(port)}
  +0.010 > P. 1:101 ack 1 port ${port}
  +0.300 > P. 1:101 ack 1 port ${port}`;

/** Connections of each worth in turn, as long as there are some. Ports tell the worth: its place, and a number. */
function filled(ordinary: number, notable: number, grave: number): TcpTracker {
  const tracker = newTracker();
  const lines: string[] = [];
  for (let nth = 0; nth < Math.max(ordinary, notable, grave); nth++) {
    if (nth < ordinary) lines.push(ORDINARY(10_000 + nth));
    if (nth < notable) lines.push(NOTABLE(20_000 + nth));
    if (nth < grave) lines.push(GRAVE(30_000 + nth));
  }
  trace(lines.join('\n'), { tracker });
  return tracker;
}

const worths = (connections: readonly AnyConnection[]): number[] =>
  [1, 2, 3].map((worth) => connections.filter(({ client }) => Math.floor(client.port / 10_000) === worth).length);

describe('beyond the limit the gravest are kept, and a quarter of the places is for ordinary ones', () => {
  test.each<[[number, number, number], number, [number, number, number]]>([
    [[8, 4, 4], 16, [8, 4, 4]],
    [[8, 4, 4], 15, [7, 4, 4]],
    [[8, 4, 4], 8, [2, 2, 4]],
    [[8, 4, 4], 7, [1, 2, 4]],
    [[8, 4, 4], 4, [1, 0, 3]],
    [[8, 4, 4], 3, [0, 0, 3]],
    [[8, 4, 10], 8, [2, 0, 6]],
    [[1, 4, 10], 8, [1, 0, 7]],
    [[20, 1, 1], 10, [8, 1, 1]],
    [[0, 9, 0], 5, [0, 5, 0]],
    [[0, 0, 9], 5, [0, 0, 5]],
  ])('of %j within %i: %j', (counts, kept, expected) => {
    const { connections, total, evicted } = filled(...counts).finish(kept);
    expect(worths(connections)).toEqual(expected);
    expect([total, evicted]).toEqual([counts[0] + counts[1] + counts[2], 0]);
    expect(connections.map(({ index }) => index)).toEqual(connections.map((_, nth) => nth));
    // The first of each worth are kept, in the order in which they began.
    const ports = connections.map(({ client }) => client.port);
    expect(new Set(ports)).toEqual(
      new Set(
        expected.flatMap((count, worth) => Array.from({ length: count }, (_, nth) => (worth + 1) * 10_000 + nth)),
      ),
    );
    expect(connections.map(({ first }) => first.packet)).toEqual(
      connections.map(({ first }) => first.packet).sort((a, b) => a - b),
    );
  });

  test('further ordinary ones are kept as records', () => {
    const { connections } = filled(8, 4, 4).finishCompact(8, 3);
    expect(worths(connections)).toEqual([5, 2, 4]);
    expect(connections.map((one) => one instanceof CompactConnection)).toEqual(
      connections.map(({ client }) => client.port < 20_000),
    );
    expect(connections.map(({ index }) => index)).toEqual(connections.map((_, nth) => nth));
    expect(worths(filled(8, 4, 4).finishCompact(8, 100).connections)).toEqual([8, 2, 4]);
  });
});

test('those that are left out and opened at the first SYN are counted by listener', () => {
  const tracker = newTracker();
  trace(
    [
      ...[1, 2, 3, 4].map((port) => ORDINARY(port)),
      ORDINARY(5, 443),
      ORDINARY(6, 443),
      // Opened at the second SYN, half open, and without its SYN.
      ...[7, 17].map(
        (port) =>
          `+0 > S 0:0 port ${port}\n+1 > S 0:0 port ${port}\n+0.01 < S. 0:0 ack 1 port ${port}\n+0.01 > . 1:1 ack 1 port ${port}`,
      ),
      '+0.01 > S 0:0 port 8\n+0.01 < S. 0:0 ack 1 port 8',
      '+0.01 < . 1:1 ack 1 port 9\n+0.01 > . 1:1 ack 1 port 9',
    ].join('\n'),
    { tracker, point: 3 },
  );
  const { connections, openedLeftOut } = tracker.finish(1);
  expect(connections).toHaveLength(1);
  const times = (seconds: readonly number[]): number[] => seconds.map((time) => expect.closeTo(time, 6) as never);
  expect(openedLeftOut).toEqual([
    { point: 3, server: { address: '10.0.0.2', port: 80 }, times: times([0.01, 0.04, 0.07, 0.1]) },
    { point: 3, server: { address: '10.0.0.2', port: 443 }, times: times([0.13, 0.16]) },
  ]);
  expect(tracker.finish(100).openedLeftOut).toEqual([]);
});

const book = new AddressBook();
const formatAddress = (address: number): string =>
  address >= FIRST_IPV6 ? `fd00::${(address - FIRST_IPV6).toString(16)}` : book.format(address);
const formatMac = (mac: number): string => `02:00:00:00:00:0${mac}`;

/** Every field that a record has is that of the object. */
function expectSame(compact: CompactConnection, object: Connection): void {
  const { point, flow, client, server, encapsulation, rolesFrom, syn, synAckAcks, first, directions } = object;
  expect(compact).toMatchObject({ point, flow, client, server, encapsulation, rolesFrom, syn, synAckAcks, first });
  for (const [side, one] of compact.directions.entries()) {
    const { packets, payloadOctets, iss, tsFirst, syns, mss, windowScale, sackPermitted, timestamps, destinationMacs } =
      directions[side];
    expect(one).toMatchObject({ packets, payloadOctets, iss, tsFirst, syns, mss, windowScale, sackPermitted });
    expect([one.timestamps, one.destinationMacs.map(({ count }) => count)]).toEqual([
      timestamps,
      destinationMacs.map(({ count }) => count),
    ]);
  }
}

describe('a record of an ordinary connection tells what its object tells', () => {
  const TRACES: Record<string, string> = {
    'with options on both sides': ORDINARY(7),
    'without a SYN-ACK, from the server on': `
      0.0 < P. 5:105 ack 1 mac 3:2 port 7
      0.1 > .  1:1 ack 105 mac 2:3 port 7`,
    'a late SYN-ACK': `
      0.0 < . 1:1 ack 1 port 7
      0.1 > S 0:0 ws 3 port 7
      0.2 < S. 0:0 ack 1 mss 900 port 7
      0.3 > . 1:1 ack 1 port 7`,
    'a pause and an exchange': `${ORDINARY(7)}
      3.0 > P. 1:11 ack 1 mac 2:3 port 7
      3.1 < P. 1:1001 ack 11 mac 3:2 port 7
      3.15 > . 11:11 ack 1001 mac 2:3 port 7`,
  };

  test.each(Object.entries(TRACES))('%s', (_, text) => {
    for (const isIpv6 of [false, true])
      for (const encapsulation of [0, encapsulationCode(['vxlan']), encapsulationCode(['ipip', 'geneve'])]) {
        const tracker = newTracker({ formatAddress, formatMac });
        trace(text, { tracker, point: 5, encapsulation, isIpv6 });
        const objects = tracker.finish(9).connections;
        const { connections } = tracker.finishCompact(9, 0);
        for (const [index, compact] of connections.entries()) {
          if (!(compact instanceof CompactConnection)) continue;
          expectSame(compact, objects[index]);
          expect(objects[index].ipVersion).toBe(isIpv6 ? 6 : 4);
          expect(objects[index].complete).toBe(true);
          expect(objects[index].encapsulation.length).toBe(
            [0, 1, 2][encapsulation > 15 ? 2 : Math.min(1, encapsulation)],
          );
          const placed = compact.placed(12, { firstPoint: 40, firstTunnel: 7 });
          expect([placed.index, placed.point, compact.point]).toEqual([12, 45, 5]);
          expect(placed.toObject(12)).toMatchObject({ index: 12, point: 45, first: compact.first });
        }
      }
  });

  test('its roles may be opposite to those of the connection before', () => {
    const tracker = newTracker();
    trace(
      `${ORDINARY(7)}
      9.00 < S 90000:90000 port 7
      9.01 > S. 70000:70000 ack 90001 port 7
      9.02 < . 90001:90001 ack 70001 port 7`,
      { tracker },
    );
    const objects = tracker.finish(9).connections;
    expect(objects.map(({ client, server }) => [client.port, server.port])).toEqual([
      [7, 80],
      [80, 7],
    ]);
    expect(objects[1]).toMatchObject({ rolesFrom: 'syn', syn: [{ packet: 4 }], synAck: [{ packet: 5 }] });
  });

  test('in its tunnel, which is counted from the first of the capture', () => {
    const tracker = newTracker();
    const lines = ORDINARY(7).replaceAll('port 7', 'port 7 tunnel 2');
    trace(lines, { tracker });
    const [compact] = tracker.finishCompact(9, 0).connections as CompactConnection[];
    expect(compact.toObject(0).directions.map(({ tunnels }) => tunnels)).toEqual([[2], [2]]);
    const placed = compact.placed(3, { firstPoint: 1, firstTunnel: 10 });
    expect(placed.toObject(3).directions.map(({ tunnels }) => tunnels)).toEqual([[12], [12]]);
  });

  test('beyond 4,096 records, which is one block of them', () => {
    const tracker = newTracker({ connections: 5000 });
    trace(Array.from({ length: 4_099 }, (_, nth) => ORDINARY(1000 + nth)).join('\n'), { tracker });
    const { connections } = tracker.finishCompact(5000, 0);
    for (const nth of [0, 1, 4_094, 4_095, 4_096, 4_098]) {
      const compact = connections[nth] as CompactConnection;
      expect([compact.client.port, compact.syn[0].packet, compact.index]).toEqual([1000 + nth, 3 * nth + 1, nth]);
      expect(compact.toObject(nth).handshakeAck?.packet).toBe(3 * nth + 3);
    }
  });
});

test('a list is split into objects and records, and put together again', () => {
  const lists: [string, string[]][] = [
    ['records before, between and behind', ['o', 'o', 'g', 'o', 'n', 'g', 'o', 'o']],
    ['objects at both ends', ['g', 'o', 'n']],
    ['records alone', ['o', 'o']],
    ['objects alone', ['g', 'n']],
    ['nothing', []],
  ];
  for (const [, kinds] of lists) {
    const tracker = newTracker();
    const lines = kinds.map((kind, nth) => ({ o: ORDINARY, n: NOTABLE, g: GRAVE })[kind as 'o'](1000 + nth));
    trace(lines.join('\n'), { tracker });
    const { connections } = tracker.finishCompact(100, 0);
    const split = splitConnections(connections);
    expect(split.connections.map(({ client }) => client.port - 1000)).toEqual(
      kinds.flatMap((kind, nth) => (kind === 'o' ? [] : [nth])),
    );
    expect(split.compact === null).toBe(!kinds.includes('o'));
    const merged = mergeConnections(structuredClone(split.connections), structuredClone(split.compact));
    expect(merged.map(({ client, index }) => [client.port - 1000, index])).toEqual(kinds.map((_, nth) => [nth, nth]));
  }
});

test('points get the sums of their connections', () => {
  const tracker = newTracker();
  const offload = `${ORDINARY(7)}
    +0.1 > P. 1:1301    ack 1 port 7
    +0.1 > P. 1301:2602 ack 1 port 7
    +0.1 < P. 1:1462    ack 2602 port 7
    +0.1 < P. 1562:1662 ack 2602 port 7
    +0.1 > .  2602:2602 ack 1662 port 7`;
  trace(offload, { tracker, point: 1 });
  trace(NOTABLE(8), { tracker, point: 1 });
  trace('0 < . 1:11 ack 1 port 9', { tracker, point: 2 });
  trace(ORDINARY(10), { tracker, point: 0 });
  const points = [0, 1, 2].map(() => ({
    quality: { connections: 0, oneWayConnections: 0, tcpOctets: 0, gapOctets: 0, superSegments: 5 },
  }));
  tracker.countSuperSegments(2, 3);
  tracker.countSuperSegments(2, 4);
  tracker.countSuperSegments(0, 0);
  tracker.countQuality(points as unknown as CapturePoint[]);
  expect(points.map(({ quality }) => quality)).toEqual([
    { connections: 1, oneWayConnections: 0, tcpOctets: 0, gapOctets: 0, superSegments: 5 },
    { connections: 2, oneWayConnections: 1, tcpOctets: 2601 + 1561, gapOctets: 100, superSegments: 7 },
    { connections: 1, oneWayConnections: 1, tcpOctets: 10, gapOctets: 0, superSegments: 12 },
  ]);
});
