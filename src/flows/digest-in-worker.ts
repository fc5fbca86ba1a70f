import { Worker } from 'node:worker_threads';
import { type ErrorCode, PcapdiagError } from '../decode/pcapdiag-error.ts';
import type { CaptureDigest } from './evidence.ts';
import { type SightingData, SightingTable } from './sightings.ts';

export interface WorkerTask {
  path: string;
  /** Rows of sightings kept at most. */
  sightings: number;
  /** For a second reading, which gives rows and no digest: flows of which every row is kept. */
  wholeFlows?: ReadonlySet<number>;
}

export interface WorkerResult {
  /** Without its sightings; null after a second reading. */
  digest: CaptureDigest | null;
  rows: SightingTable | undefined;
}

export type WorkerMessage =
  | { kind: 'progress'; bytesRead: number; totalBytes: number | undefined }
  | { kind: 'result'; digest: CaptureDigest | null; rows: SightingData | undefined }
  | { kind: 'error'; code: ErrorCode; message: string; path: string | undefined; offset: number | undefined };

/** Workers are compiled JavaScript: run from source (tests), captures are digested in turn. */
export const workersAvailable = (): boolean => !import.meta.url.endsWith('.ts');

/** Reads one capture in a thread of its own; the rows of sightings come over without a copy. */
export function digestInWorker(
  task: WorkerTask,
  onProgress: (bytesRead: number, totalBytes: number | undefined) => void,
  signal: AbortSignal | undefined,
): Promise<WorkerResult> {
  const worker = new Worker(new URL('./digest-worker.js', import.meta.url), { workerData: task });
  const stop = (): void => void worker.terminate();
  signal?.addEventListener('abort', stop, { once: true });
  return new Promise<WorkerResult>((resolve, reject) => {
    worker.on('message', (message: WorkerMessage) => {
      if (message.kind === 'progress') onProgress(message.bytesRead, message.totalBytes);
      else if (message.kind === 'result') {
        resolve({ digest: message.digest, rows: message.rows && SightingTable.from(message.rows) });
      } else reject(new PcapdiagError(message.code, message.message, message));
    });
    worker.on('error', reject);
    worker.on('exit', () => reject(signal?.reason ?? new Error('a worker ended without a result')));
  }).finally(() => signal?.removeEventListener('abort', stop));
}
