import { type CaptureSource, type ReadOptions, readCapture, sourceName } from '../decode/files/capture-source.ts';
import { CaptureTracker, type CaptureTrackerOptions } from './capture-tracker.ts';
import type { CaptureDigest } from './evidence.ts';

export type DigestOptions = Omit<CaptureTrackerOptions, 'path'> &
  ReadOptions & {
    /** Name of the capture in its summary, when the source itself has none or another is wanted. */
    path?: string;
  };

/** Stands for the path of a capture that came as nameless bytes. */
export const NAMELESS = 'capture';

/**
 * Reads one capture and digests it: all that later layers may know of it, as plain data that can be cloned and sent.
 *
 * @throws PcapdiagError when the source cannot be read as a capture (see `readCapture`); broken packets never throw
 */
export async function digestCapture(source: CaptureSource, options: DigestOptions = {}): Promise<CaptureDigest> {
  const { onProgress, signal, ...tracking } = options;
  const tracker = new CaptureTracker({ path: sourceName(source) ?? NAMELESS, ...tracking });
  const { format } = await readCapture(source, tracker, {
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
  });
  return tracker.finish(format);
}
