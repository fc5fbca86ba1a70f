import { describe, expect, test } from 'vitest';
import type { CaptureDigest } from '../../../../src/flows/capture/capture-digest.ts';
import { correlate } from '../../../../src/flows/correlate/correlate.ts';
import { NOTHING_KNOWN, TO_CLIENT, TO_SERVER } from '../../../../src/flows/evidence/evidence.ts';
import { SightingTable } from '../../../../src/flows/rows/sighting-table.ts';
import { hostActivity } from '../../../support/evidence-items.ts';
import {
  plainPoint,
  type SimulatedFlow,
  simulate,
  transfer,
  type WirePacket,
  withRetransmissions,
} from '../trace-simulator.ts';

const PATH = [plainPoint('node1__eth0.pcap'), plainPoint('node2__eth0.pcap', { delay: 0.0003, hops: 1 })];
const flow = (port: number): SimulatedFlow => ({ protocol: 'tcp', client: `10.0.0.5:${port}`, server: '10.0.0.9:80' });
const download = (index: number): WirePacket[] =>
  transfer({ flow: index, seed: 5 + index, start: 1 + index, segments: 40, burst: 4, seconds: 3 });

/** The rows of a capture for which `keep` holds. */
function only(digest: CaptureDigest, keep: (direction: number, row: number) => boolean): CaptureDigest {
  const table = digest.sightings as SightingTable;
  const rows = Array.from({ length: table.length }, (_, row) => row).filter((row) =>
    keep(table.columns.direction[row], row),
  );
  const columns = Object.fromEntries(
    Object.entries(table.columns).map(([name, column]) => [
      name,
      rows.reduce(
        (to, row, at) => {
          to[at] = column[row];
          return to;
        },
        column.slice(0, rows.length),
      ),
    ]),
  ) as unknown as typeof table.columns;
  return {
    ...digest,
    sightings: SightingTable.from({ columns, length: rows.length, leftOut: 0, wholeFlows: null, index: null }),
  };
}

const assessableLosses = (digests: CaptureDigest[]): [number, number][] =>
  correlate(digests, { known: NOTHING_KNOWN })
    .conversations.flatMap(({ hops }) => hops)
    .filter(({ unknown, lost }) => unknown === null && lost > 0)
    .map(({ direction, lost }) => [direction, lost]);

describe('a point that does not see all packets on its path', () => {
  test('has lost neither acknowledged packets nor those without ACK, if it captures one direction only', () => {
    const [first, second] = simulate([flow(4000), flow(4001)], [...download(0), ...download(1)], PATH);
    expect(assessableLosses([only(first, (direction) => direction === TO_SERVER), second])).toEqual([]);
    expect(assessableLosses([first, only(second, (direction) => direction === TO_CLIENT)])).toEqual([]);
  });

  test('has not lost the few packets that its capture missed', () => {
    const [first, second] = simulate([flow(4000)], download(0), PATH);
    expect(assessableLosses([only(first, (_, row) => row % 9 !== 8), second])).toEqual([]);
  });

  test('has lost packets that were sent again', () => {
    const packets = download(0);
    packets[20].lostAfter = 0;
    packets[21].lostAfter = 0;
    expect(assessableLosses(simulate([flow(4000)], withRetransmissions(packets), PATH))).toEqual([[TO_CLIENT, 2]]);
  });

  test('has lost packets of which none gets through and none is answered', () => {
    const [syn] = download(1);
    const syns = [0, 1, 2].map((n) => ({
      ...syn,
      time: 1.5 + n / 2,
      ipId: 90 + n,
      tsValue: syn.tsValue + 1000 * n,
      lostAfter: 0,
    }));
    expect(assessableLosses(simulate([flow(4000), flow(4001)], [...download(0), ...syns], PATH))).toEqual([
      [TO_SERVER, 3],
    ]);
  });

  test('has lost packets to other nets, even if a bridge forwards between ports past its own device', () => {
    const [syn] = download(1);
    const syns = [0, 1, 2].map((n) => ({
      ...syn,
      time: 1.5 + n / 2,
      ipId: 90 + n,
      tsValue: syn.tsValue + n,
      lostAfter: 0,
    }));
    const lossesOf = (server: string): [number, number][] => {
      const flows = [flow(4000), { ...flow(4001), server }];
      const path = [plainPoint('node1__veth1a2b3c4d.pcap'), plainPoint('node1__cni0.pcap', { delay: 0.00001 })];
      const [veth, device] = simulate(flows, [...download(0), ...syns], path);
      const bridge = { ...device, hosts: [hostActivity('10.0.0.5', { received: 41 })] };
      return assessableLosses([veth, only(bridge, (direction) => direction === TO_CLIENT)]);
    };
    expect(lossesOf('10.0.7.9:80')).toEqual([[TO_SERVER, 3]]);
    expect(lossesOf('10.0.0.8:80')).toEqual([]);
  });

  describe('without acknowledgements', () => {
    const lookups = (index: number, count: number): WirePacket[] =>
      Array.from({ length: 2 * count }, (_, nth) => ({
        flow: index,
        time: 1 + index / 10 + Math.floor(nth / 2) + (nth % 2) / 100,
        direction: nth % 2 === 0 ? TO_SERVER : TO_CLIENT,
        flags: 0,
        seq: 100 * index + Math.floor(nth / 2),
        ack: 0,
        length: 60,
        tsValue: 0,
        tsEcho: 0,
        ipId: 1000 + 50 * index + nth,
        payloadHash: 7919 * (1 + 50 * index + nth),
        batch: 0,
        lostAfter: null,
      }));
    const flows = [0, 1, 2, 3].map(
      (nth): SimulatedFlow => ({ protocol: 'udp', client: `10.0.0.5:${4000 + nth}`, server: '10.0.0.9:53' }),
    );
    const packets = flows.flatMap((_, nth) => lookups(nth, 5)).sort((a, b) => a.time - b.time);
    const seenBy = (sees: (packet: WirePacket) => boolean, path = PATH): CaptureDigest[] => [
      simulate(flows, packets, path)[0],
      simulate(flows, packets.filter(sees), path)[1],
      ...simulate(flows, packets, path).slice(2),
    ];

    test('is blind to requests if answers pass it', () => {
      expect(assessableLosses(seenBy(({ direction }) => direction === TO_CLIENT))).toEqual([]);
    });

    test('is not on the path of flows that take another path (ECMP), at the end and in the middle', () => {
      const further = [...PATH, plainPoint('node3__eth0.pcap', { delay: 0.0002, hops: 1 })];
      for (const path of [PATH, further]) {
        expect(assessableLosses(seenBy(({ flow }) => flow % 2 === 0, path))).toEqual([]);
        expect(assessableLosses(seenBy(({ flow, direction }) => flow % 2 === direction, path))).toEqual([]);
      }
    });

    test('has lost requests that were lost before they could be answered', () => {
      const unanswered = packets
        .filter(({ flow, direction }) => flow !== 1 || direction === TO_SERVER)
        .map((packet) => (packet.flow === 1 ? { ...packet, lostAfter: 0 } : packet));
      expect(assessableLosses(simulate(flows, unanswered, PATH))).toEqual([[TO_SERVER, 5]]);
    });
  });
});
