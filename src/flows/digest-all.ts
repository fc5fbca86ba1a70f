import type { CaptureSource } from '../decode/files/capture-source.ts';
import { digestCapture } from './digest-capture.ts';
import type { CaptureDigest } from './evidence.ts';

export interface DigestAllOptions {
  sightings?: number;
  onProgress?: (bytesRead: number, totalBytes: number | undefined) => void;
  signal?: AbortSignal;
  onUnreadable?: (error: Error) => void;
}

/** Digests every capture, in the given order. */
export async function digestAll(sources: readonly CaptureSource[], options: DigestAllOptions): Promise<CaptureDigest[]> {
  const digests: CaptureDigest[] = [];
  for (const source of sources) {
    try {
      digests.push(await digestCapture(source, { ...(options.onProgress && { onProgress: options.onProgress }) }));
    } catch (error) {
      if (options.onUnreadable === undefined || !(error instanceof Error)) throw error;
      options.onUnreadable(error);
    }
  }
  return digests;
}
