import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { CaptureSource } from '../decode/files/capture-source.ts';
import { digestCapture } from './digest-capture.ts';
import { digestInWorker, workersAvailable } from './digest-in-worker.ts';
import type { CaptureDigest } from './evidence.ts';

/** A thread costs some 40 ms to start: below this many bytes in all, reading in turn is faster (measured). */
const WORKER_BYTES = 16 * 1024 * 1024;

export interface DigestAllOptions {
  /** Rows of sightings kept per capture at most. */
  sightings?: number;
  /** Bytes read and in all, over all captures; undefined when a size is not known. */
  onProgress?: (bytesRead: number, totalBytes: number | undefined) => void;
  signal?: AbortSignal;
  /** Called instead of throwing when one of the captures cannot be read. */
  onUnreadable?: (error: Error) => void;
}

/** Digests every capture, in the given order; large files side by side, in this thread and in one for each further core. */
export async function digestAll(
  sources: readonly CaptureSource[],
  options: DigestAllOptions,
): Promise<CaptureDigest[]> {
  const progress = new Progress(sources.length, options.onProgress);
  const threaded = worthThreads(sources);
  const digestOne = (index: number, lane: number): Promise<CaptureDigest> => {
    const source = sources[index];
    const onProgress = progress.of(index);
    if (lane > 0 && typeof source === 'string' && source !== '-') {
      return digestInWorker({ path: source, sightings: options.sightings }, onProgress, options.signal);
    }
    return digestCapture(source, {
      alone: sources.length === 1,
      ...(options.sightings !== undefined && { limits: { sightings: options.sightings } }),
      ...(options.signal && { signal: options.signal }),
      onProgress,
    });
  };
  const results = await inTurn(sources.length, threaded ? availableParallelism() : 1, digestOne);
  const digests: CaptureDigest[] = [];
  for (const result of results) {
    if (result.status === 'fulfilled') digests.push(result.value);
    else if (options.onUnreadable !== undefined && result.reason instanceof Error) options.onUnreadable(result.reason);
    else throw result.reason;
  }
  return digests;
}

/** Runs task 0 to count - 1 in `width` lanes, one after the other in each; results in order. */
async function inTurn<T>(
  count: number,
  width: number,
  task: (index: number, lane: number) => Promise<T>,
): Promise<PromiseSettledResult<T>[]> {
  const results: PromiseSettledResult<T>[] = [];
  let next = 0;
  const runLane = async (lane: number): Promise<void> => {
    while (next < count) {
      const index = next++;
      [results[index]] = await Promise.allSettled([task(index, lane)]);
    }
  };
  // This thread last: once it is at work, workers cannot be started for a while.
  const lanes = Array.from({ length: Math.min(width, count) }, (_, lane) => lane).reverse();
  await Promise.all(lanes.map(runLane));
  return results;
}

function worthThreads(sources: readonly CaptureSource[]): boolean {
  if (sources.length < 2 || !workersAvailable()) return false;
  const bytes = sources.map((source) =>
    typeof source === 'string' ? (statSync(source, { throwIfNoEntry: false })?.size ?? 0) : 0,
  );
  return bytes.reduce((sum, size) => sum + size, 0) >= WORKER_BYTES;
}

/** Adds up what all captures have read. */
class Progress {
  readonly #read: number[];
  readonly #total: (number | undefined)[];
  readonly #report: ((bytesRead: number, totalBytes: number | undefined) => void) | undefined;

  constructor(count: number, report: ((bytesRead: number, totalBytes: number | undefined) => void) | undefined) {
    this.#read = Array<number>(count).fill(0);
    this.#total = Array<number | undefined>(count).fill(undefined);
    this.#report = report;
  }

  of(index: number): (bytesRead: number, totalBytes: number | undefined) => void {
    return (bytesRead, totalBytes) => {
      this.#read[index] = bytesRead;
      this.#total[index] = totalBytes;
      const total = this.#total.every((size) => size !== undefined)
        ? this.#total.reduce<number>((sum, size) => sum + size!, 0)
        : undefined;
      this.#report?.(
        this.#read.reduce((sum, size) => sum + size, 0),
        total,
      );
    };
  }
}
