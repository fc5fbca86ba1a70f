import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { limitsOfOne } from '../../../src/flows/limits.ts';
import { HEAD_ROWS } from '../../../src/flows/rows/row-marks.ts';
import { SightingTable } from '../../../src/flows/rows/sighting-table.ts';
import { roomFor } from '../../../src/flows/tables/capture-room.ts';
import { NO_FLOW_IN_ROW } from '../../../src/flows/trackers/flow-numbers.ts';
import { NOTHING_SEEN } from '../../../src/flows/trackers/observation.ts';

/** Adds packets 1 to `count`, of the flows in turn, all in direction 0; the numbers of those that have a row. */
function packetsKept(table: SightingTable, count: number, flows: readonly number[]): number[] {
  for (let packet = 1; packet <= count; packet++) {
    const flow = flows[(packet - 1) % flows.length];
    const row = table.addRow(flow, 0);
    if (row < 0) continue;
    table.columns.packet[row] = packet;
    table.columns.flow[row] = flow;
    table.columns.tsValue[row] = 7;
  }
  return [...table.columns.packet.subarray(0, table.length)];
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe('SightingTable', () => {
  it('keeps every row within the limit', () => {
    const table = new SightingTable(3000);
    expect(packetsKept(table, 3000, [5, 6])).toEqual(upTo(3000));
    expect([table.wholeFlows, table.leftOut]).toEqual([null, 0]);
  });

  it('keeps the first rows of each flow and direction when the limit is passed', () => {
    const table = new SightingTable(100);
    expect(packetsKept(table, 200, [0, 1])).toEqual(upTo(2 * HEAD_ROWS));
    expect([table.wholeFlows?.size, table.leftOut]).toEqual([0, 0]);
    // A flow that begins later has its first rows, and so has the other direction.
    const rows = [table.addRow(9, 0), table.addRow(0, 1), table.addRow(0, 0)];
    expect(rows).toEqual([2 * HEAD_ROWS, 2 * HEAD_ROWS + 1, -1]);
    expect(table.columns.tsValue[2 * HEAD_ROWS]).toBe(0);
  });

  it('has room for the rows that a capture analysed alone keeps', () => {
    const limits = limitsOfOne(1);
    const room = roomFor(limits).others;
    const table = new SightingTable(limits.sightings, null, undefined, (rows) => room.take('row', rows));
    for (let packet = 1; packet <= limits.sightingsAlone; packet++) table.addRow(packet % 7, 0);
    expect([table.length, table.wholeFlows, room.refused()]).toEqual([limits.sightingsAlone, null, {}]);
  });

  it.each([0, 1023, 1024, 1025, 5000])('keeps the first rows of flow %i, each direction by itself', (flow) => {
    const table = new SightingTable(1000, new Set());
    const kept = (direction: number) => upTo(HEAD_ROWS + 5).filter(() => table.addRow(flow, direction) >= 0).length;
    expect([kept(0), kept(1), kept(0), kept(1)]).toEqual([HEAD_ROWS, HEAD_ROWS, 0, 0]);
    expect([table.length, table.leftOut]).toEqual([2 * HEAD_ROWS, 0]);
  });

  it('keeps packets of no flow only where all are kept', () => {
    const all = new SightingTable(2);
    for (const row of [0, 1]) {
      expect(all.addRow(NO_FLOW_IN_ROW, 0)).toBe(row);
      all.columns.flow[row] = NO_FLOW_IN_ROW;
    }
    expect([all.addRow(NO_FLOW_IN_ROW, 0), all.length]).toEqual([-1, 0]);
    expect(new SightingTable(9, new Set([1])).addRow(NO_FLOW_IN_ROW, 0)).toBe(-1);
  });

  it('moves the rows that stay, and clears the others', () => {
    const table = new SightingTable(100);
    packetsKept(table, 60, [4, 5, 6]);
    table.keepOnly(new Set([5]));
    const first = upTo(60).filter((packet) => packet % 3 === 2 || packet <= 3 * HEAD_ROWS);
    expect([...table.columns.packet.subarray(0, table.length)]).toEqual(first);
    expect([...table.columns.flow.subarray(0, table.length)]).toEqual(first.map((packet) => 4 + ((packet - 1) % 3)));
    expect(table.columns.packet[table.length]).toBe(0);
    // Of flow 5 all further ones are kept, of the others those that are still among the first.
    const more = upTo(20).map(() =>
      [table.addRow(5, 0), table.addRow(4, 0), table.addRow(4, 1)].map((row) => row >= 0),
    );
    expect(more.map(([whole]) => whole)).toEqual(Array(20).fill(true));
    expect(more.filter(([, same]) => same)).toHaveLength(0);
    expect(more.filter(([, , other]) => other)).toHaveLength(HEAD_ROWS);
  });

  it('takes its index along to another thread', () => {
    const table = new SightingTable(3);
    packetsKept(table, 3, [1]);
    expect(table.toTransferable().index).toBeNull();
    table.addRow(1, 0);
    table.index?.set(9, 5, 1, true, true, 3);
    const seen = { ...NOTHING_SEEN };
    const back = SightingTable.from(structuredClone(table.toTransferable()));
    expect(back.index?.recall(9, seen)).toBe(true);
    expect(seen).toMatchObject({ flow: 5, direction: 1, copy: true, retransmission: true, tunnel: 2 });
    expect([1, 2, 3].map((packet) => back.index?.recall(packet, seen))).toEqual([true, true, true]);
  });

  it('counts first rows that do not fit', () => {
    const table = new SightingTable(4);
    packetsKept(table, 6, [1, 2, 3, 4, 5, 6]);
    expect([table.length, table.leftOut]).toEqual([4, 2]);
  });

  it('keeps all rows of chosen flows beside the first of the others', () => {
    const table = new SightingTable(1000, new Set([3]));
    expect(packetsKept(table, 100, [3, 4])).toEqual(
      upTo(100).filter((packet) => packet % 2 === 1 || packet <= 2 * HEAD_ROWS),
    );
    expect(table.leftOut).toBe(0);
  });

  it('clears the contents of a buffer from another table', () => {
    const other = new SightingTable(100, new Set([3]));
    packetsKept(other, 50, [3]);
    const spare = other.buffer;
    const table = new SightingTable(100, new Set([4]), { rows: 40, spare });
    expect(table.buffer).toBe(spare);
    expect([...table.columns.tsValue]).toEqual(Array(40).fill(0));
    expect(packetsKept(table, 60, [4])).toEqual(upTo(60));
    const tooLarge = new SightingTable(100_000, null, { rows: 50_000, spare });
    expect(tooLarge.buffer).not.toBe(spare);
  });

  it('survives the transfer to another thread and back', () => {
    const table = new SightingTable(100, new Set([3]));
    packetsKept(table, 20, [3]);
    const back = SightingTable.from(structuredClone(table.toTransferable()));
    expect([back.length, back.leftOut, [...back.wholeFlows!]]).toEqual([20, 0, [3]]);
    expect([...back.columns.packet]).toEqual(upTo(20));
    expect(back.index).toBeNull();
  });
});

test('rows are kept as by a list: all within the limit, then the first ones of each flow and direction', () => {
  const packets = fc.array(fc.record({ flow: fc.nat(3), direction: fc.nat(1) }), { maxLength: 90 });
  const options = fc.record({
    limit: fc.integer({ min: 1, max: 60 }),
    heads: fc.option(fc.integer({ min: 1, max: 80 }), { nil: undefined }),
    whole: fc.option(fc.subarray([0, 1, 2, 3]), { freq: 2 }),
  });
  fc.assert(
    fc.property(packets, options, (drawn, { limit, heads, whole }) => {
      const wanted = whole === null ? null : new Set(whole);
      const table = new SightingTable(limit, wanted, undefined, undefined, heads);
      let most = limit;
      let onlyHeads = wanted;
      let kept: { number: number; flow: number; direction: number }[] = [];
      let leftOut = 0;
      const isWanted = (one: (typeof kept)[number], among: typeof kept) =>
        onlyHeads === null ||
        onlyHeads.has(one.flow) ||
        among.filter(({ flow, direction }) => flow === one.flow && direction === one.direction).length < HEAD_ROWS;
      for (const [number, { flow, direction }] of drawn.entries()) {
        const row = table.addRow(flow, direction);
        if (row >= 0) table.columns.packet[row] = number;
        if (row >= 0) [table.columns.flow[row], table.columns.direction[row]] = [flow, direction];
        table.index?.set(number, flow, direction, false, false, 0);
        const one = { number, flow, direction };
        if (onlyHeads === null && kept.length >= most) {
          onlyHeads = new Set();
          most = Math.max(limit, heads ?? limit);
          const first: typeof kept = [];
          for (const before of kept) if (isWanted(before, first)) first.push(before);
          kept = first;
        }
        if (!isWanted(one, kept)) continue;
        if (kept.length >= most) leftOut++;
        else kept.push(one);
      }
      const { packet } = table.columns;
      expect([...packet.subarray(0, table.length)]).toEqual(kept.map(({ number }) => number));
      expect(table.leftOut).toBe(leftOut);
    }),
    { seed: 50, numRuns: Number(process.env.FC_RUNS ?? 400) },
  );
});
