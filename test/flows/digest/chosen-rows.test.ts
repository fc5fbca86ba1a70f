import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readChosenRows } from '../../../src/flows/digest/chosen-rows.ts';
import { digestCapture, readSightings } from '../../../src/flows/digest/digest-capture.ts';
import { INDEXED_PACKETS, PacketIndex } from '../../../src/flows/rows/packet-index.ts';
import { SightingTable } from '../../../src/flows/rows/sighting-table.ts';
import { NOTHING_SEEN } from '../../../src/flows/trackers/observation.ts';

const FOLDER = fileURLToPath(new URL('../../pcaps/', import.meta.url));
/** Few enough that every capture needs its index. */
const ROWS = 20;
const ALL_ROWS = 1_000_000;

const captures = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((name) => /\.pcap(ng)?$/.test(name));

describe('rows of chosen flows', () => {
  it.each(captures)('are the same as from following all packets again: %s', async (name) => {
    const { sightings } = await digestCapture(FOLDER + name, { limits: { sightings: ROWS } });
    if (sightings!.index === null) return expect(sightings!.length).toBeLessThanOrEqual(ROWS);
    const every = (await readSightings(FOLDER + name, { limits: { sightings: ALL_ROWS } }))!;
    const flows = new Set(every.columns.flow.subarray(0, every.length));
    const wholeFlows = new Set([...flows].filter((flow) => flow % 2 === 0));
    const followed = (await readSightings(FOLDER + name, { wholeFlows }))!;
    // To a worker and back, as in use.
    const index = new PacketIndex(
      structuredClone(SightingTable.from(sightings!.toTransferable()).index!.toTransferable()!),
    );
    const chosen = await readChosenRows(FOLDER + name, { index, wholeFlows, rows: ALL_ROWS });
    expect(chosen.length).toBe(followed.length);
    expect(chosen.toTransferable().columns).toEqual(followed.toTransferable().columns);
  });
});

describe('PacketIndex', () => {
  it('returns what was stored for a packet, and nothing for others', () => {
    const index = new PacketIndex();
    index.set(7, 1_000_000, 1, true, true, 4096);
    index.set(9, 3, 0, false, false, 0);
    const seen = { ...NOTHING_SEEN };
    expect(index.recall(7, seen)).toBe(true);
    expect(seen).toMatchObject({ flow: 1_000_000, direction: 1, copy: true, retransmission: true, tunnel: 4095 });
    expect(index.recall(9, seen)).toBe(true);
    expect(seen).toMatchObject({ flow: 3, direction: 0, copy: false, retransmission: false, tunnel: -1 });
    expect([8, 10, 1_000_000].map((packet) => index.recall(packet, seen))).toEqual([false, false, false]);
  });

  it('is incomplete beyond its limit, and says so', () => {
    const index = new PacketIndex();
    index.set(1, 0, 0, false, false, 0);
    index.set(INDEXED_PACKETS + 1, 0, 0, false, false, 0);
    expect([index.isComplete, index.toTransferable()]).toEqual([false, null]);
  });
});
