import { OpenReader } from '../../src/decode/files/open-reader.ts';
import { CaptureTracker } from '../../src/flows/capture/capture-tracker.ts';
import { TimeOrder } from '../../src/flows/capture/time-order.ts';
import type { CoreBuild } from '../../src/flows/ordinary/run-core.ts';
import { COLUMN_NAMES } from '../../src/flows/rows/sighting-columns.ts';
import type { SightingTable } from '../../src/flows/rows/sighting-table.ts';
import { NOTHING_SEEN } from '../../src/flows/trackers/observation.ts';

export const CORE_BUILDS: readonly CoreBuild[] = ['typescript', 'webassembly'];

/** Biflows whose counted packets are compared. */
const BIFLOWS = 200;
/** Packets of which the index is asked. */
const INDEXED = 700;

/** A digest as text in short parts, and how many packets took the general way. */
export interface DigestByCore {
  parts: string[];
  general: number;
}

export interface Reading {
  /** Octets of each chunk but the last. */
  chunk: number;
  /** Records that wait for others that may be earlier, and packets whose checksums are verified. */
  first: number;
  /** Most rows, of one of several captures; without it the capture is analysed alone. */
  rows?: number | undefined;
}

/** Reads a capture in chunks, with the core from the second one on. */
export function digestByCore(
  capture: Uint8Array,
  core: CoreBuild | 'none',
  { chunk, first, rows }: Reading,
): DigestByCore {
  const limits = { pointChecksums: first, ...(rows !== undefined && { sightings: rows, sightingHeads: 2 * rows }) };
  const tracker = new CaptureTracker({ path: 'made', alone: rows === undefined, core, limits });
  let general = 0;
  const onRecord = tracker.onRecord.bind(tracker);
  tracker.onRecord = (record, number) => {
    general++;
    onRecord(record, number);
  };
  const inOrder = new TimeOrder(tracker, first);
  const reader = new OpenReader(inOrder);
  for (let at = 0; at < capture.length; at += chunk) reader.push(capture.slice(at, at + chunk));
  reader.end();
  inOrder.end();
  const { counts, sightings, ...digest } = tracker.finish('pcap');
  const packets = Array.from({ length: BIFLOWS }, (_, flow) => [counts?.packets(flow, 0), counts?.packets(flow, 1)]);
  return { parts: JSON.stringify({ ...digest, packets, ...rowsOf(sightings) }).split(/,(?=")/), general };
}

/** Rows, and what the index says of the packets. */
function rowsOf(table: SightingTable | undefined): Record<string, unknown> {
  if (table === undefined) return {};
  const { length, leftOut, wholeFlows, columns, index } = table;
  const values = COLUMN_NAMES.map((name) => [name, [...columns[name].subarray(0, length)]]);
  const seen = { ...NOTHING_SEEN };
  const indexed = Array.from({ length: INDEXED }, (_, packet) => (index?.recall(packet, seen) ? { ...seen } : 0));
  return { leftOut, isWhole: wholeFlows === null, ...Object.fromEntries(values), indexed };
}
