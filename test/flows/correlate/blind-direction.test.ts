import { describe, expect, test } from 'vitest';
import { correlate } from '../../../src/flows/correlate/correlate.ts';
import { type CaptureDigest, NOTHING_KNOWN, TO_CLIENT, TO_SERVER } from '../../../src/flows/evidence.ts';
import { SightingTable } from '../../../src/flows/sightings.ts';
import {
  plainPoint,
  type SimulatedFlow,
  simulate,
  transfer,
  type WirePacket,
  withRetransmissions,
} from './trace-simulator.ts';

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
  return { ...digest, sightings: SightingTable.from({ columns, length: rows.length, leftOut: 0, wholeFlows: null }) };
}

const assessableLosses = (digests: CaptureDigest[]): [number, number][] =>
  correlate(digests, { known: NOTHING_KNOWN })
    .conversations.flatMap(({ hops }) => hops)
    .filter(({ assessable, lost }) => assessable && lost > 0)
    .map(({ direction, lost }) => [direction, lost]);

describe('a point that does not see all that passes', () => {
  test('it captures one direction only: what was acknowledged is not lost, nor what no ACK speaks of', () => {
    const [first, second] = simulate([flow(4000), flow(4001)], [...download(0), ...download(1)], PATH);
    expect(assessableLosses([only(first, (direction) => direction === TO_SERVER), second])).toEqual([]);
    expect(assessableLosses([first, only(second, (direction) => direction === TO_CLIENT)])).toEqual([]);
  });

  test('it missed a few packets', () => {
    const [first, second] = simulate([flow(4000)], download(0), PATH);
    expect(assessableLosses([only(first, (_, row) => row % 9 !== 8), second])).toEqual([]);
  });

  test('packets that were lost and sent again are lost', () => {
    const packets = download(0);
    packets[20].lostAfter = 0;
    packets[21].lostAfter = 0;
    expect(assessableLosses(simulate([flow(4000)], withRetransmissions(packets), PATH))).toEqual([[TO_CLIENT, 2]]);
  });

  test('no packet gets through, and none is answered: they are lost', () => {
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
});
