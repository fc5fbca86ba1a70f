import { OpenReader } from '../../src/decode/files/open-reader.ts';
import { CaptureTracker } from '../../src/flows/capture/capture-tracker.ts';
import { TimeOrder } from '../../src/flows/capture/time-order.ts';
import type { CoreBuild } from '../../src/flows/ordinary/run-core.ts';

export const CORE_BUILDS: readonly CoreBuild[] = ['typescript', 'webassembly'];

/** Biflows whose counted packets are compared. */
const BIFLOWS = 200;

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
}

/** Reads a capture in chunks, with the core from the second one on. */
export function digestByCore(capture: Uint8Array, core: CoreBuild | 'none', { chunk, first }: Reading): DigestByCore {
  const tracker = new CaptureTracker({ path: 'made', alone: true, core, limits: { pointChecksums: first } });
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
  const { counts, ...digest } = tracker.finish('pcap');
  const packets = Array.from({ length: BIFLOWS }, (_, flow) => [counts?.packets(flow, 0), counts?.packets(flow, 1)]);
  return { parts: JSON.stringify({ ...digest, packets }).split(/,(?=")/), general };
}
