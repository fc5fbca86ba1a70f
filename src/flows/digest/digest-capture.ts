import type { RecordSink } from '../../decode/files/capture-record.ts';
import {
  type CaptureSource,
  isInParts,
  type ReadOptions,
  readCapture,
  sourceName,
} from '../../decode/files/capture-source.ts';
import type { CaptureDigest } from '../capture/capture-digest.ts';
import type { CaptureTrackerOptions } from '../capture/capture-options.ts';
import { CaptureTracker } from '../capture/capture-tracker.ts';
import { TimeOrder } from '../capture/time-order.ts';
import type { SightingTable } from '../rows/sighting-table.ts';

export type DigestOptions = Omit<CaptureTrackerOptions, 'path'> &
  ReadOptions & {
    /** Name of the capture in its summary. Overrides the name of the source, and is needed when the source has none. */
    path?: string;
    /** What records go through before anything else, such as a redaction. */
    through?: (sink: RecordSink) => RecordSink;
  };

/** Replaces the path of a capture from unnamed bytes. */
export const NAMELESS = 'capture';

/**
 * Reads one capture and returns its digest: everything that later layers may know about it, as plain data that can be
 * cloned and sent.
 *
 * @throws PcapdiagError when the source cannot be read as a capture (see `readCapture`); broken packets never throw
 */
export async function digestCapture(source: CaptureSource, options: DigestOptions = {}): Promise<CaptureDigest> {
  const { tracker, format, isPartial } = await track(source, options);
  const digest = tracker.finish(format);
  if (isPartial) digest.capture.isPartial = true;
  return digest;
}

/** What a pass for rows keeps of everything else. Tunnels are kept, because rows refer to them by number. */
const NOTHING_BESIDE_ROWS = { dnsExchanges: 0, echoExchanges: 0, arpExchanges: 0, datagrams: 0, icmpErrors: 0 };

/** Reads a capture again, only for its sightings. @throws PcapdiagError as `digestCapture` does */
export async function readSightings(
  source: CaptureSource,
  options: DigestOptions = {},
): Promise<SightingTable | undefined> {
  const { tracker } = await track(source, { ...options, limits: { ...options.limits, ...NOTHING_BESIDE_ROWS } });
  return tracker.sightings;
}

async function track(
  source: CaptureSource,
  options: DigestOptions,
): Promise<{ tracker: CaptureTracker; format: string; isPartial: boolean }> {
  const { onProgress, signal, stop, inflateLimit, through, ...tracking } = options;
  const parts = isInParts(source) ? source.parts.map((part) => sourceName(part) ?? '') : undefined;
  const path = sourceName(source) ?? NAMELESS;
  const tracker = new CaptureTracker({ path, ...(parts && { parts }), ...tracking });
  const inOrder = new TimeOrder(tracker);
  const { format, isPartial } = await readCapture(source, through?.(inOrder) ?? inOrder, {
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
    ...(stop && { stop }),
    ...(inflateLimit !== undefined && { inflateLimit }),
  });
  inOrder.end();
  return { tracker, format, isPartial: isPartial === true };
}
