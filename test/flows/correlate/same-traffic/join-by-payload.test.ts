import { describe, expect, test } from 'vitest';
import type { CaptureDigest } from '../../../../src/flows/capture/capture-digest.ts';
import { correlate } from '../../../../src/flows/correlate/correlate.ts';
import { joinByPayload } from '../../../../src/flows/correlate/same-traffic/join-by-payload.ts';
import { LinkedSets } from '../../../../src/flows/correlate/same-traffic/linked-sets.ts';
import { finish } from '../../../../src/flows/correlate/steps.ts';
import { NOTHING_KNOWN } from '../../../../src/flows/evidence/evidence.ts';
import { type MadeUpLeg, madeUpCluster } from '../made-up-cluster.ts';
import {
  type PathPoint,
  plainPoint,
  type SimulatedFlow,
  simulate,
  transfer,
  type WirePacket,
} from '../trace-simulator.ts';

const CLIENT = plainPoint('client.pcap');
/** A gateway in user space: other addresses and ports at both ends. */
const RELAY: PathPoint = plainPoint('relay.pcap', {
  delay: 0.02,
  clockOffset: 3,
  rename: ({ client, server }) => ({
    client: { address: '192.0.2.9', port: client.port + 9 },
    server: { address: '10.19.0.5', port: server.port },
  }),
});
const tunnel = (port: number): SimulatedFlow => ({
  protocol: 'udp',
  client: `10.0.2.15:${port}`,
  server: '198.51.100.7:1194',
});

/** Datagrams of one flow, both ways. */
const datagrams = (flow: number, count: number, some: Partial<WirePacket> = {}): WirePacket[] =>
  transfer({ flow, seed: 3 + flow, start: 1 + flow, segments: 60, burst: 2, seconds: 4 })
    .filter(({ length }) => length > 0)
    .slice(0, count)
    .map((packet) => ({ ...packet, flags: 0, seq: 0, ack: 0, tsValue: 0, tsEcho: 0, ...some }));

/** The gateway gives each datagram its own IP ID. */
function sentAnew([client, relay]: CaptureDigest[]): CaptureDigest[] {
  relay.sightings?.columns.ipId.forEach((_, row, ids) => {
    ids[row] = 40_000 + 7 * row;
  });
  return [client, relay];
}

const joined = (flows: SimulatedFlow[], packets: WirePacket[], path = [CLIENT, RELAY]) =>
  correlate(sentAnew(simulate(flows, packets, path)), { known: NOTHING_KNOWN }).conversations.map(({ legs, hops }) => ({
    legs: legs.length,
    matched: hops.reduce((sum, hop) => sum + hop.matched, 0),
    lost: hops.reduce((sum, hop) => sum + (hop.unknown === null ? hop.lost : 0), 0),
  }));

describe('datagrams with only their payload in common', () => {
  test('are matched, and lost ones are found lost', () => {
    const packets = datagrams(0, 40);
    packets[9].lostAfter = 0;
    expect(joined([tunnel(4000)], packets)).toEqual([{ legs: 2, matched: 39, lost: 1 }]);
  });

  test.each<[string, WirePacket[]]>([
    ['too few', datagrams(0, 2)],
    ['one payload again and again', datagrams(0, 40, { payloadHash: 5 })],
    ['too short to tell', datagrams(0, 40, { length: 16 })],
  ])('%s: they are not joined', (_, packets) => {
    expect(joined([tunnel(4000)], packets).map(({ legs }) => legs)).toEqual([1, 1]);
  });

  test('are joined when few, if others showed how both addresses are translated', () => {
    const packets = [...datagrams(0, 40), ...datagrams(1, 1)];
    expect(joined([tunnel(4000), tunnel(4001)], packets).map(({ legs }) => legs)).toEqual([2, 2]);
  });

  test('are not joined by payloads that two flows of one point share', () => {
    const packets = [
      ...datagrams(0, 40),
      ...datagrams(0, 40).map((packet) => ({ ...packet, flow: 1, time: packet.time + 1 })),
    ];
    expect(joined([tunnel(4000), tunnel(4001)], packets).every(({ legs }) => legs === 1)).toBe(true);
  });

  test('are not joined if their delays differ by more than a queue can hold packets', () => {
    const flows = [tunnel(4000)];
    const packets = datagrams(0, 40);
    const [client] = simulate(flows, packets, [CLIENT, RELAY]);
    const slow = packets.map((packet) => ({ ...packet, time: 3 * packet.time }));
    const [, relay] = simulate(flows, slow, [CLIENT, RELAY]);
    const { conversations } = correlate(sentAnew([client, relay]), { known: NOTHING_KNOWN });
    expect(conversations.map(({ legs }) => legs.length)).toEqual([1, 1]);
  });
});

describe('several points', () => {
  /** Sets of legs that are joined, each by the numbers of its legs. A leg is a point and payloads, one each 10 ms. */
  function setsOf(legs: readonly [point: number, payloads: readonly number[], delay?: number][]): string[] {
    const made = legs.map(
      ([point, payloads, delay = 0], nth): MadeUpLeg => ({
        point,
        kind: 'datagram',
        client: `10.${nth}.0.1:${4000 + nth}`,
        server: `10.${nth}.0.2:${5000 + nth}`,
        there: payloads.map((payload) => ({
          time: payload / 100 + delay,
          payloadHash: 1000 + payload,
          payloadLength: 200,
        })),
      }),
    );
    const points = Array.from({ length: 1 + Math.max(...legs.map(([point]) => point)) }, () => ({}));
    const { evidence, members, store } = madeUpCluster(made, points);
    const biflows = members.map(({ biflow }) => biflow).sort((a, b) => a.id - b.id);
    const sets = new LinkedSets(biflows.length);
    finish(joinByPayload(evidence, biflows, store, sets));
    const rootOf = (nth: number) => sets.rootOf(members[nth].biflow.id);
    return legs.map((_, nth) => legs.flatMap((_, other) => (rootOf(other) === rootOf(nth) ? [other] : [])).join(' '));
  }
  const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, nth) => from + nth);

  test('a set has one flow of each point: a weaker one of the same point is left alone', () => {
    // 0 shares 1 to 8 with 1 and 2, and 11 to 15 with 3, which is at the point of 2; 1 and 2 share the most.
    const all = [...numbers(1, 8), ...numbers(11, 15)];
    const pair = numbers(1, 10);
    expect(
      setsOf([
        [0, all],
        [1, pair],
        [2, pair],
        [2, numbers(11, 15)],
      ]),
    ).toEqual(['0 1 2', '0 1 2', '0 1 2', '3']);
    // Of two flows of one point, the stronger one is joined, whichever comes first.
    expect(
      setsOf([
        [0, numbers(1, 9)],
        [1, numbers(1, 4)],
        [1, numbers(5, 9)],
      ]),
    ).toEqual(['0 2', '1', '0 2']);
    expect(
      setsOf([
        [0, numbers(1, 9)],
        [1, numbers(1, 5)],
        [1, numbers(6, 9)],
      ]),
    ).toEqual(['0 1', '0 1', '2']);
  });

  test('delays differ by two seconds at most, and three packets are enough', () => {
    const twice = (later: number): string[] => {
      const legs: MadeUpLeg[] = [0, 1].map((point) => ({
        point,
        kind: 'datagram',
        client: `10.${point}.0.1:4000`,
        server: `10.${point}.0.2:5000`,
        there: numbers(1, 4).map((nth) => ({
          time: nth + (point === 1 && nth === 4 ? later : 0),
          payloadHash: nth,
          payloadLength: 200,
        })),
      }));
      const { evidence, members, store } = madeUpCluster(legs, [{}, {}]);
      const sets = new LinkedSets(2);
      finish(
        joinByPayload(
          evidence,
          members.map(({ biflow }) => biflow),
          store,
          sets,
        ),
      );
      return [0, 1].map((id) => String(sets.rootOf(id)));
    };
    expect(twice(2)).toEqual(['0', '0']);
    expect(twice(2.001)).toEqual(['0', '1']);
    expect(
      setsOf([
        [0, numbers(1, 3)],
        [1, numbers(1, 3)],
      ]),
    ).toEqual(['0 1', '0 1']);
    expect(
      setsOf([
        [0, numbers(1, 2)],
        [1, numbers(1, 2)],
      ]),
    ).toEqual(['0', '1']);
  });

  test('two flows of one point with the same payloads are one packet only with one IP ID, at once', () => {
    const joinedBy = (ipId: (nth: number) => number, later = 0.001): string[] => {
      const legs = [0, 1, 1].map(
        (point, nth): MadeUpLeg => ({
          point,
          kind: 'datagram',
          client: `10.${nth}.0.1:${4000 + nth}`,
          server: `10.${nth}.0.2:${5000 + nth}`,
          there: numbers(1, 5).map((payload) => ({
            time: payload + nth * later,
            ipId: ipId(nth) + payload,
            payloadHash: payload,
            payloadLength: 200,
          })),
        }),
      );
      const { evidence, members, store } = madeUpCluster(legs, [{}, {}]);
      const sets = new LinkedSets(3);
      finish(
        joinByPayload(
          evidence,
          members.map(({ biflow }) => biflow),
          store,
          sets,
        ),
      );
      return [0, 1, 2].map((id) => String(sets.rootOf(id)));
    };
    expect(joinedBy(() => 100)).toEqual(['0', '0', '2']);
    expect(joinedBy((nth) => 100 * nth)).toEqual(['0', '1', '2']);
    expect(joinedBy(() => 100, 0.049)).toEqual(['0', '0', '2']);
    expect(joinedBy(() => 100, 0.051)).toEqual(['0', '1', '2']);
  });
});
