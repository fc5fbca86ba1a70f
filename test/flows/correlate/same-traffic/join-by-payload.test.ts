import { describe, expect, test } from 'vitest';
import type { CaptureDigest } from '../../../../src/flows/capture/capture-digest.ts';
import { correlate } from '../../../../src/flows/correlate/correlate.ts';
import { NOTHING_KNOWN } from '../../../../src/flows/evidence/evidence.ts';
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
