import { OpenReader } from '../../src/decode/files/open-reader.ts';
import { CaptureTracker } from '../../src/flows/capture/capture-tracker.ts';
import { TimeOrder } from '../../src/flows/capture/time-order.ts';
import type { CoreBuild } from '../../src/flows/ordinary/run-core.ts';

export const CORE_BUILDS: readonly CoreBuild[] = ['typescript', 'webassembly'];

/** Records after which the core may take some, and packets whose checksums are verified before. */
const FIRST_RECORDS = 8;
/** Biflows whose counted packets are compared. */
const BIFLOWS = 200;

/** A digest as text in short parts, and how many packets took the general way. */
export interface DigestByCore {
  parts: string[];
  general: number;
}

/** Reads a capture in chunks, with the core from the ninth record on. @param chunk octets of each chunk but the last */
export function digestByCore(capture: Uint8Array, core: CoreBuild | 'none', chunk: number): DigestByCore {
  const tracker = new CaptureTracker({ path: 'made', alone: true, core, limits: { pointChecksums: FIRST_RECORDS } });
  let general = 0;
  const onRecord = tracker.onRecord.bind(tracker);
  tracker.onRecord = (record, number) => {
    general++;
    onRecord(record, number);
  };
  const inOrder = new TimeOrder(tracker, FIRST_RECORDS);
  const reader = new OpenReader(inOrder);
  for (let at = 0; at < capture.length; at += chunk) reader.push(capture.slice(at, at + chunk));
  reader.end();
  inOrder.end();
  const { counts, ...digest } = tracker.finish('pcap');
  const packets = Array.from({ length: BIFLOWS }, (_, flow) => [counts?.packets(flow, 0), counts?.packets(flow, 1)]);
  return { parts: JSON.stringify({ ...digest, packets }).split(/,(?=")/), general };
}
