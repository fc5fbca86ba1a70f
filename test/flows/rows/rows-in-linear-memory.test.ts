import { expect, test } from 'vitest';
import { randomFrom } from '../../../benchmarks/lib/seeded-random.mjs';
import { PacketIndex } from '../../../src/flows/rows/packet-index.ts';
import { COLUMN_NAMES } from '../../../src/flows/rows/sighting-columns.ts';
import { SightingTable } from '../../../src/flows/rows/sighting-table.ts';
import { LinearMemory } from '../../../src/flows/tables/linear-memory.ts';
import { NOTHING_SEEN } from '../../../src/flows/trackers/observation.ts';

/** What is written in pages of linear memory, where a core writes too, is what is written without them. */

const PAGE = 4096;

function recalled(index: PacketIndex, most: number): string[] {
  return Array.from({ length: most }, (_, packet) => {
    const seen = { ...NOTHING_SEEN };
    if (!index.recall(packet, seen)) return '-';
    const { flow, direction, copy, retransmission, tunnel } = seen;
    return [flow, direction, copy, retransmission, tunnel].join(' ');
  });
}

test('the index of packets, also of those that come late or far on', () => {
  const next = randomFrom(5);
  const most = 3 * PAGE + 100;
  const [plain, paged] = [new PacketIndex(), new PacketIndex()];
  const both = [plain, paged];
  const note = (packet: number): void => {
    const flow = Math.floor(next() * 1000);
    const [direction, copy, again] = [next() < 0.5 ? 0 : 1, next() < 0.1, next() < 0.1];
    const tunnel = next() < 0.3 ? 1 + Math.floor(next() * 5) : 0;
    for (const index of both) index.set(packet, flow, direction, copy, again, tunnel);
  };
  for (let packet = 1; packet <= 50; packet++) note(packet);
  paged.moveInto(new LinearMemory(64));
  for (let packet = 51; packet < 2 * PAGE + 200; packet++) if (next() < 0.9) note(packet);
  // Records in order of time bring a later packet first, and an earlier one after the page was turned.
  for (const packet of [2 * PAGE + 500, 2 * PAGE + 201, 60, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE + 50, 2 * PAGE + 499])
    note(packet);
  paged.moveOut();
  expect(recalled(paged, most)).toEqual(recalled(plain, most));
  expect(paged.places).toEqual({ index: 0, indexTunnels: 0, firstIndexed: 0, mostIndexed: 0 });
  note(3 * PAGE + 51);
  expect(recalled(paged, most)).toEqual(recalled(plain, most));
  expect(recalled(new PacketIndex(paged.toTransferable() ?? undefined), most)).toEqual(recalled(plain, most));
});

test('a page of the index begins at the packet that is behind the one before', () => {
  const index = new PacketIndex();
  index.moveInto(new LinearMemory(64));
  const { index: address } = index.places;
  expect(index.places).toMatchObject({ firstIndexed: 0, mostIndexed: 0 });
  index.set(7, 1, 0, false, false, 0);
  expect(index.places).toEqual({
    index: address,
    indexTunnels: address + 4 * PAGE,
    firstIndexed: 7,
    mostIndexed: PAGE,
  });
  index.set(6 + PAGE, 1, 0, false, false, 0);
  expect(index.places.firstIndexed).toBe(7);
  index.set(7 + PAGE, 1, 0, false, false, 0);
  expect(index.places.firstIndexed).toBe(7 + PAGE);
});

interface Drawn {
  flow: number;
  direction: number;
  marks: number;
}

/** Rows of these packets in a table of this limit: as lines, with the index of what was left out. */
function tableOf(drawn: readonly Drawn[], limit: number, linear: LinearMemory | null, heads?: number): string[] {
  const table = new SightingTable(limit, null, undefined, undefined, heads);
  for (const [at, { flow, direction, marks }] of drawn.entries()) {
    if (linear !== null && at === 10) table.moveInto(linear);
    const row = table.addRow(flow, direction);
    table.index?.set(at + 1, flow, direction, false, (marks & 1) !== 0, 0);
    if (row < 0) continue;
    Object.entries({ packet: at + 1, flow, direction, marks: 0, tsValue: marks, seq: at * 7 }).forEach(
      ([name, value]) => {
        table.open[name as 'seq'][row] = value;
      },
    );
  }
  if (linear !== null) table.moveOut();
  const { columns, length, leftOut, wholeFlows } = table;
  const lines = Array.from({ length }, (_, row) => COLUMN_NAMES.map((name) => columns[name][row]).join(' '));
  const indexed = table.index === null ? [] : recalled(table.index, drawn.length + 2);
  return [...lines, `${leftOut} left out, ${wholeFlows?.size ?? 'all'}`, ...indexed];
}

test.each<[string, number, number | undefined]>([
  ['all within the limit', 20_000, undefined],
  ['the first ones of each flow, past the limit', 3000, undefined],
  ['the first ones, with more room for these', 900, 5000],
  ['the first ones, which do not fit', 60, undefined],
])('rows: %s', (_, limit, heads) => {
  const next = randomFrom(9);
  const drawn = Array.from({ length: 5000 }, (): Drawn => {
    const flow = next() < 0.5 ? Math.floor(next() * 3) : Math.floor(next() * 400);
    return { flow, direction: next() < 0.6 ? 0 : 1, marks: Math.floor(next() * 4) };
  });
  const plain = tableOf(drawn, limit, null, heads);
  expect(tableOf(drawn, limit, new LinearMemory(64), heads)).toEqual(plain);
  expect(plain.length).toBeGreaterThan(50);
});
